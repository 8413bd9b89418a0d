-- payouts.sql: what is paid out of balances, in batches of one transaction each
-- (extension/worker/payer.c).
--
-- A batch's transaction is made and signed by the network's wallet, and stored,
-- before it is sent. Sending it again is then the same payment, not another:
-- whatever crashes, a batch is paid once. A batch that cannot be in the chain
-- any more gives its amounts back.

CREATE TYPE chimera.payout_state AS ENUM ('prepared', 'sending', 'sent', 'confirmed', 'failed');
COMMENT ON TYPE chimera.payout_state IS
'prepared: amounts are taken from the balances; sending: its transaction is signed and stored; sent: the wallet has it; confirmed: it is final; failed: it cannot be in the chain, the balances have their amounts back';

CREATE SEQUENCE chimera.payout_batches_batch_id_seq;
CREATE TABLE chimera.payout_batches (
    batch_id bigint PRIMARY KEY DEFAULT nextval('chimera.payout_batches_batch_id_seq'),
    network_id uuid NOT NULL REFERENCES chimera.network_configs,
    state chimera.payout_state NOT NULL DEFAULT 'prepared',
    fee_payer text NOT NULL CHECK (fee_payer IN ('pool', 'recipients')),
    created_at timestamptz NOT NULL DEFAULT now(),
    raw bytea,
    txid text CHECK (txid ~ '^[0-9a-f]{64}$'),
    fee_sats bigint CHECK (fee_sats >= 0),
    confirmations int NOT NULL DEFAULT 0,
    sent_at timestamptz,
    confirmed_at timestamptz,
    failed_at timestamptz,
    problem text,
    problem_since timestamptz,
    held_at timestamptz,
    held_by text,
    note text,
    CHECK (raw IS NULL OR txid IS NOT NULL),
    CHECK (txid IS NOT NULL OR fee_sats IS NULL),
    -- only of an older pool's transaction may the fee not be known, and that is final
    CHECK (fee_sats IS NOT NULL OR txid IS NULL OR (state = 'confirmed' AND raw IS NULL)),
    CHECK (state <> 'prepared' OR txid IS NULL),
    CHECK (state NOT IN ('sending', 'sent') OR raw IS NOT NULL),
    CHECK (state <> 'confirmed' OR txid IS NOT NULL),
    CHECK ((problem IS NULL) = (problem_since IS NULL)),
    CHECK ((held_at IS NULL) = (held_by IS NULL))
);
ALTER SEQUENCE chimera.payout_batches_batch_id_seq OWNED BY chimera.payout_batches.batch_id;
-- the next one may choose its inputs when the wallet knows this one's
CREATE UNIQUE INDEX payout_batches_one_unsent ON chimera.payout_batches (network_id) WHERE state IN ('prepared', 'sending');
CREATE INDEX payout_batches_network_id_idx ON chimera.payout_batches (network_id, batch_id);
CREATE INDEX payout_batches_txid_idx ON chimera.payout_batches (txid) WHERE txid IS NOT NULL;
CREATE INDEX payout_batches_open_idx ON chimera.payout_batches (network_id) WHERE state IN ('prepared', 'sending', 'sent');
ALTER TABLE chimera.ledger_transactions ADD FOREIGN KEY (batch_id) REFERENCES chimera.payout_batches;
COMMENT ON TABLE chimera.payout_batches IS 'Payouts that one transaction makes';
COMMENT ON COLUMN chimera.payout_batches.batch_id IS 'The batch''s number';
COMMENT ON COLUMN chimera.payout_batches.network_id IS 'Whose coin it is';
COMMENT ON COLUMN chimera.payout_batches.state IS 'How far it is';
COMMENT ON COLUMN chimera.payout_batches.fee_payer IS 'Who bears the transaction''s fee: pool, or recipients';
COMMENT ON COLUMN chimera.payout_batches.created_at IS 'When the amounts were taken from the balances';
COMMENT ON COLUMN chimera.payout_batches.raw IS 'The signed transaction, serialized; kept until it is final';
COMMENT ON COLUMN chimera.payout_batches.txid IS 'The transaction''s id as explorers show it';
COMMENT ON COLUMN chimera.payout_batches.fee_sats IS 'The transaction''s fee; NULL: there is none yet, or it is not known of an older pool''s (chimera.adopt_legacy)';
COMMENT ON COLUMN chimera.payout_batches.confirmations IS 'The transaction''s confirmations when last looked at';
COMMENT ON COLUMN chimera.payout_batches.sent_at IS 'When the wallet was first seen to have it';
COMMENT ON COLUMN chimera.payout_batches.confirmed_at IS 'When it was final';
COMMENT ON COLUMN chimera.payout_batches.failed_at IS 'When it was given up';
COMMENT ON COLUMN chimera.payout_batches.problem IS 'What it waits for, such as a locked wallet or too little money in it; NULL: nothing. It is tried again by itself';
COMMENT ON COLUMN chimera.payout_batches.problem_since IS 'Since when';
COMMENT ON COLUMN chimera.payout_batches.held_at IS 'When somebody held it: nothing more is done with it until it is released; NULL: it is not held';
COMMENT ON COLUMN chimera.payout_batches.held_by IS 'Who held it';
COMMENT ON COLUMN chimera.payout_batches.note IS 'Why it was held, cancelled or given up';

CREATE SEQUENCE chimera.payouts_payout_id_seq;
CREATE TABLE chimera.payouts (
    payout_id bigint PRIMARY KEY DEFAULT nextval('chimera.payouts_payout_id_seq'),
    batch_id bigint NOT NULL REFERENCES chimera.payout_batches,
    network_id uuid NOT NULL REFERENCES chimera.network_configs,
    account_id int NOT NULL REFERENCES chimera.accounts,
    address text,
    amount_sats bigint NOT NULL CHECK (amount_sats > 0),
    fee_sats bigint NOT NULL DEFAULT 0 CHECK (fee_sats >= 0 AND fee_sats < amount_sats),
    txid text,
    UNIQUE (batch_id, account_id, address)
);
ALTER SEQUENCE chimera.payouts_payout_id_seq OWNED BY chimera.payouts.payout_id;
CREATE INDEX payouts_account_id_idx ON chimera.payouts (account_id, payout_id);
CREATE INDEX payouts_network_id_idx ON chimera.payouts (network_id, payout_id);
COMMENT ON TABLE chimera.payouts IS 'What an account is paid to an address by a batch';
COMMENT ON COLUMN chimera.payouts.payout_id IS 'The payout''s number';
COMMENT ON COLUMN chimera.payouts.batch_id IS 'The batch that pays it';
COMMENT ON COLUMN chimera.payouts.network_id IS 'Whose coin it is';
COMMENT ON COLUMN chimera.payouts.account_id IS 'From whose balance';
COMMENT ON COLUMN chimera.payouts.address IS 'Where to; NULL: not known of an older pool''s';
COMMENT ON COLUMN chimera.payouts.amount_sats IS 'What was taken from the balance, in the coin''s smallest unit';
COMMENT ON COLUMN chimera.payouts.fee_sats IS 'The part of it that goes to the transaction''s fee; the rest arrives';
COMMENT ON COLUMN chimera.payouts.txid IS 'The transaction, once it is signed';

CREATE TABLE chimera.payout_minimums (
    account_id int NOT NULL REFERENCES chimera.accounts ON DELETE CASCADE,
    network_id uuid NOT NULL REFERENCES chimera.network_configs ON DELETE CASCADE,
    minimum_payout_sats bigint NOT NULL CHECK (minimum_payout_sats > 0),
    set_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (account_id, network_id)
);
COMMENT ON TABLE chimera.payout_minimums IS 'Accounts that want to be paid later than at the network''s minimum';
COMMENT ON COLUMN chimera.payout_minimums.account_id IS 'Whose wish it is';
COMMENT ON COLUMN chimera.payout_minimums.network_id IS 'Where';
COMMENT ON COLUMN chimera.payout_minimums.minimum_payout_sats IS 'Lowest balance to be paid out, in the coin''s smallest unit; the network''s own holds where that is higher';
COMMENT ON COLUMN chimera.payout_minimums.set_at IS 'When it was set';

CREATE FUNCTION chimera.wake_payer(network_id uuid) RETURNS void
    AS 'MODULE_PATHNAME', 'chimera_wake_payer'
    LANGUAGE C VOLATILE STRICT;
COMMENT ON FUNCTION chimera.wake_payer(uuid) IS
'Internal: has the network''s payer look at its batches when this transaction commits.';

CREATE FUNCTION chimera.needs_payer(network_id uuid) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    SELECT EXISTS (SELECT FROM chimera.network_configs n
                   WHERE n.network_id = needs_payer.network_id AND n.payout_interval IS NOT NULL AND n.archived_at IS NULL)
        OR EXISTS (SELECT FROM chimera.payout_batches b
                   WHERE b.network_id = needs_payer.network_id AND b.state IN ('prepared', 'sending', 'sent'));
$$;
COMMENT ON FUNCTION chimera.needs_payer(uuid) IS
'For the launcher: whether a network has a schedule of payouts, or batches under way.';

CREATE FUNCTION chimera.batches_changed() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    -- a network without a schedule has a payer only while there are batches
    PERFORM chimera.reload_workers();
    RETURN NULL;
END;
$$;
COMMENT ON FUNCTION chimera.batches_changed() IS 'Trigger: has the launcher look whether a payer is needed';
CREATE TRIGGER batches_changed AFTER INSERT ON chimera.payout_batches
    FOR EACH STATEMENT EXECUTE FUNCTION chimera.batches_changed();

-- ---------- making batches ----------

-- as many outputs as make a transaction of about 35 kB, well below what nodes relay
CREATE FUNCTION chimera.payable_accounts(network_id uuid, OUT account_id int, OUT address text, OUT amount_sats bigint)
    RETURNS SETOF record
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    WITH due AS (
        SELECT b.account_id, b.amount_sats, n.dust_sats
        FROM chimera.network_configs n JOIN chimera.balances b USING (network_id)
        LEFT JOIN chimera.payout_minimums m USING (account_id, network_id)
        WHERE n.network_id = payable_accounts.network_id AND b.account = 'balance'
          AND b.amount_sats >= greatest(n.minimum_payout_sats, m.minimum_payout_sats)
    ), shared AS (
        SELECT d.account_id, w.addresses[s.place] AS address, s.amount_sats, d.dust_sats
        FROM due d
        JOIN (SELECT a.account_id, array_agg(a.address ORDER BY a.address COLLATE "C") AS addresses,
                     array_agg(a.percent ORDER BY a.address COLLATE "C") AS percents
              FROM chimera.payout_addresses(payable_accounts.network_id) a GROUP BY 1) w USING (account_id)
        CROSS JOIN LATERAL unnest(chimera.split_amount(d.amount_sats, w.percents)) WITH ORDINALITY s (amount_sats, place)
    )
    SELECT s.account_id, s.address, s.amount_sats
    FROM shared s WHERE s.amount_sats >= greatest(s.dust_sats, 1)
    ORDER BY s.account_id, s.address COLLATE "C" LIMIT 1000;
$$;
COMMENT ON FUNCTION chimera.payable_accounts(uuid) IS
'What would be paid out now, at most 1000 payouts: balances that have reached their minimum, of accounts with an address, divided among their wallets by largest remainder. A part below dust_sats stays in the balance.';

CREATE FUNCTION chimera.collect_payouts(network_id uuid) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    new_batch_id bigint;
    new_id bigint;
BEGIN
    -- one at a time
    PERFORM FROM chimera.network_configs n WHERE n.network_id = collect_payouts.network_id FOR NO KEY UPDATE;
    PERFORM FROM chimera.payout_batches b
    WHERE b.network_id = collect_payouts.network_id AND b.state IN ('prepared', 'sending');
    IF FOUND THEN
        RETURN NULL;
    END IF;

    WITH payable AS MATERIALIZED (
        SELECT * FROM chimera.payable_accounts(collect_payouts.network_id)
    ), batch AS (
        INSERT INTO chimera.payout_batches (network_id, fee_payer)
        SELECT n.network_id, n.payout_fee_payer FROM chimera.network_configs n
        WHERE n.network_id = collect_payouts.network_id AND EXISTS (SELECT FROM payable)
        RETURNING batch_id
    ), paid AS (
        INSERT INTO chimera.payouts (batch_id, network_id, account_id, address, amount_sats)
        SELECT b.batch_id, collect_payouts.network_id, p.account_id, p.address, p.amount_sats FROM batch b, payable p
    )
    SELECT b.batch_id INTO new_batch_id FROM batch b;
    IF new_batch_id IS NULL THEN
        RETURN NULL;
    END IF;

    INSERT INTO chimera.ledger_transactions (network_id, kind, batch_id)
    VALUES (collect_payouts.network_id, 'payout', new_batch_id) RETURNING transaction_id INTO new_id;
    INSERT INTO chimera.ledger_entries (transaction_id, network_id, account, account_id, amount_sats)
    SELECT new_id, collect_payouts.network_id, moved.account, p.account_id, moved.sign * p.amount_sats
    FROM (SELECT o.account_id, sum(o.amount_sats) AS amount_sats FROM chimera.payouts o
          WHERE o.batch_id = new_batch_id GROUP BY 1) p
    CROSS JOIN (VALUES ('balance'::chimera.ledger_account, -1), ('sending', 1)) moved (account, sign);
    RETURN new_batch_id;
END;
$$;
COMMENT ON FUNCTION chimera.collect_payouts(uuid) IS
'Internal: takes what is to be paid out from the balances into a new batch; returns its batch_id, NULL when there is nothing to pay or a batch that is not sent yet.';

CREATE FUNCTION chimera.collect_due_payouts(network_id uuid) RETURNS bigint
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    SELECT chimera.collect_payouts(n.network_id)
    FROM chimera.network_configs n
    WHERE n.network_id = collect_due_payouts.network_id AND n.payout_interval IS NOT NULL AND n.archived_at IS NULL
      AND NOT EXISTS (SELECT FROM chimera.payout_batches b
                      WHERE b.network_id = n.network_id
                        AND (b.created_at > now() - n.payout_interval OR b.state IN ('prepared', 'sending')));
$$;
COMMENT ON FUNCTION chimera.collect_due_payouts(uuid) IS
'For the payer: a new batch when the last one is payout_interval ago; its batch_id, or NULL.';

CREATE FUNCTION chimera.prepare_payouts(network text) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    wanted CONSTANT uuid := chimera.network_id(network);
    unsent bigint;
    new_id CONSTANT bigint := chimera.collect_payouts(wanted);
BEGIN
    IF new_id IS NULL THEN
        SELECT b.batch_id INTO unsent FROM chimera.payout_batches b
        WHERE b.network_id = wanted AND b.state IN ('prepared', 'sending');
        IF FOUND THEN
            RAISE EXCEPTION 'payout batch % of network "%" is not sent yet', unsent, network
                USING ERRCODE = 'object_not_in_prerequisite_state';
        END IF;
    END IF;
    RETURN new_id;
END;
$$;
COMMENT ON FUNCTION chimera.prepare_payouts(text) IS
'Pays out now what has reached its minimum, whatever the schedule says; returns the batch_id, NULL when there is nothing to pay. Errors: 42704 for an unknown network, 55000 while a batch is not sent yet.';

CREATE FUNCTION chimera.set_minimum_payout(account text, network text, minimum_payout_sats bigint) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    wanted CONSTANT uuid := chimera.network_id(network);
    owner_id CONSTANT int := chimera.account_id(set_minimum_payout.account);
    least record;
BEGIN
    SELECT n.name, n.minimum_payout_sats AS sats INTO least FROM chimera.network_configs n WHERE n.network_id = wanted;
    IF set_minimum_payout.minimum_payout_sats < least.sats THEN
        RAISE EXCEPTION 'the minimum payout of network "%" is % of its smallest unit', least.name, least.sats
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF set_minimum_payout.minimum_payout_sats IS NULL THEN
        DELETE FROM chimera.payout_minimums m WHERE m.account_id = owner_id AND m.network_id = wanted;
    ELSE
        INSERT INTO chimera.payout_minimums AS m (account_id, network_id, minimum_payout_sats)
        VALUES (owner_id, wanted, set_minimum_payout.minimum_payout_sats)
        ON CONFLICT ON CONSTRAINT payout_minimums_pkey
        DO UPDATE SET minimum_payout_sats = excluded.minimum_payout_sats, set_at = now();
    END IF;
END;
$$;
COMMENT ON FUNCTION chimera.set_minimum_payout(text, text, bigint) IS
'From which balance (the coin''s smallest unit) on an account is paid out on a network; NULL: from the network''s own minimum. Errors: 42704 for an unknown account or network, 22023 for less than the network''s minimum.';

-- ---------- a batch's way: the payer's steps ----------

CREATE FUNCTION chimera.payout_outputs(batch_id bigint, total_fee_sats bigint, OUT payout_id bigint, OUT address text,
    OUT amount_sats bigint, OUT fee_sats bigint) RETURNS SETOF record
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    WITH rows AS (
        SELECT array_agg(p.payout_id ORDER BY p.payout_id) AS ids, array_agg(p.address ORDER BY p.payout_id) AS addresses,
               array_agg(p.amount_sats ORDER BY p.payout_id) AS amounts
        FROM chimera.payouts p WHERE p.batch_id = payout_outputs.batch_id
    )
    SELECT s.payout_id, s.address, s.amount_sats, s.fee_sats
    FROM rows r
    CROSS JOIN LATERAL unnest(r.ids, r.addresses, r.amounts, chimera.split_amount(total_fee_sats, r.amounts::numeric[]))
        s (payout_id, address, amount_sats, fee_sats)
    WHERE r.ids IS NOT NULL;
$$;
COMMENT ON FUNCTION chimera.payout_outputs(bigint, bigint) IS
'Internal: the payouts of a batch and each one''s part of a fee, in proportion to the amounts by largest remainder.';

CREATE FUNCTION chimera.store_payout_transaction(batch_id bigint, raw bytea, txid text, fee_sats bigint) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    payer text;
BEGIN
    -- what is sent must be on the disk first
    IF current_setting('synchronous_commit') IN ('off', 'local') THEN
        PERFORM set_config('synchronous_commit', 'on', true);
    END IF;
    UPDATE chimera.payout_batches b
    SET state = 'sending', raw = store_payout_transaction.raw, txid = store_payout_transaction.txid,
        fee_sats = store_payout_transaction.fee_sats, problem = NULL, problem_since = NULL
    WHERE b.batch_id = store_payout_transaction.batch_id AND b.state = 'prepared' AND b.held_at IS NULL
    RETURNING b.fee_payer INTO payer;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    UPDATE chimera.payouts p
    SET txid = store_payout_transaction.txid, fee_sats = CASE payer WHEN 'recipients' THEN o.fee_sats ELSE 0 END
    FROM chimera.payout_outputs(store_payout_transaction.batch_id, store_payout_transaction.fee_sats) o
    WHERE p.payout_id = o.payout_id;
    RETURN true;
END;
$$;
COMMENT ON FUNCTION chimera.store_payout_transaction(bigint, bytea, text, bigint) IS
'For the payer: keeps a batch''s signed transaction, which may be sent from then on; false when the batch was held or cancelled meanwhile.';

CREATE FUNCTION chimera.note_payout(batch_id bigint, confirmations int, problem text DEFAULT NULL) RETURNS void
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    UPDATE chimera.payout_batches b
    SET state = CASE WHEN note_payout.confirmations IS NULL THEN b.state ELSE 'sent' END,
        sent_at = CASE WHEN note_payout.confirmations IS NULL THEN b.sent_at ELSE coalesce(b.sent_at, now()) END,
        confirmations = coalesce(note_payout.confirmations, b.confirmations),
        problem = note_payout.problem,
        problem_since = CASE WHEN note_payout.problem IS NULL THEN NULL
                             WHEN b.problem = note_payout.problem THEN b.problem_since ELSE now() END
    WHERE b.batch_id = note_payout.batch_id AND b.state IN ('prepared', 'sending', 'sent')
      AND (b.problem IS DISTINCT FROM note_payout.problem
           OR note_payout.confirmations IS NOT NULL
              AND (b.state, b.confirmations) IS DISTINCT FROM ('sent'::chimera.payout_state, note_payout.confirmations));
$$;
COMMENT ON FUNCTION chimera.note_payout(bigint, int, text) IS
'For the payer: what was seen of a batch: the confirmations of its transaction when the wallet has it (NULL: it was not looked for), and what is wrong.';

CREATE FUNCTION chimera.end_payout(batch_id bigint, has_failed boolean, note text DEFAULT NULL) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    batch record;
    new_id bigint;
BEGIN
    UPDATE chimera.payout_batches b
    SET state = CASE WHEN has_failed THEN 'failed' ELSE 'confirmed' END::chimera.payout_state,
        confirmed_at = CASE WHEN NOT has_failed THEN now() END, failed_at = CASE WHEN has_failed THEN now() END,
        raw = NULL, problem = NULL, problem_since = NULL, held_at = NULL, held_by = NULL,
        note = coalesce(end_payout.note, b.note)
    WHERE b.batch_id = end_payout.batch_id AND b.state = ANY (CASE WHEN has_failed THEN '{prepared,sending,sent}'
                                                                   ELSE '{sent}' END::chimera.payout_state[])
    RETURNING b.network_id, b.fee_sats INTO batch;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;

    INSERT INTO chimera.ledger_transactions (network_id, kind, batch_id, memo)
    VALUES (batch.network_id, 'payout_end', end_payout.batch_id, end_payout.note) RETURNING transaction_id INTO new_id;
    WITH paid AS (
        SELECT p.account_id, sum(p.amount_sats) AS amount_sats, sum(p.fee_sats) AS fee_sats
        FROM chimera.payouts p WHERE p.batch_id = end_payout.batch_id GROUP BY 1
    ), moved AS (
        SELECT 'sending'::chimera.ledger_account AS account, p.account_id, -p.amount_sats AS sats FROM paid p
        UNION ALL
        SELECT 'balance', p.account_id, p.amount_sats FROM paid p WHERE has_failed
        UNION ALL
        SELECT 'paid', p.account_id, p.amount_sats - p.fee_sats FROM paid p WHERE NOT has_failed
        UNION ALL
        SELECT 'network_fee', NULL, batch.fee_sats WHERE NOT has_failed
        UNION ALL
        SELECT 'pool', NULL, sum(p.fee_sats) - batch.fee_sats FROM paid p WHERE NOT has_failed
    )
    INSERT INTO chimera.ledger_entries (transaction_id, network_id, account, account_id, amount_sats)
    SELECT new_id, batch.network_id, m.account, m.account_id, m.sats FROM moved m WHERE m.sats <> 0;
    RETURN new_id;
END;
$$;
COMMENT ON FUNCTION chimera.end_payout(bigint, boolean, text) IS
'For the payer: a batch is final, and paid; or has failed, and the balances get its amounts back. Returns the ledger''s transaction_id, NULL when the batch was at its end already.';

-- ---------- by hand ----------

CREATE FUNCTION chimera.lock_payout_batch(batch_id bigint) RETURNS chimera.payout_batches
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    batch chimera.payout_batches;
BEGIN
    SELECT * INTO batch FROM chimera.payout_batches b WHERE b.batch_id = lock_payout_batch.batch_id FOR UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is no payout batch %', batch_id USING ERRCODE = 'undefined_object';
    ELSIF batch.state IN ('confirmed', 'failed') THEN
        RAISE EXCEPTION 'payout batch % is %', batch_id, batch.state USING ERRCODE = 'object_not_in_prerequisite_state',
            HINT = CASE WHEN batch.state = 'failed' THEN 'Its amounts are back in the balances: see chimera.prepare_payouts().' END;
    END IF;
    RETURN batch;
END;
$$;
COMMENT ON FUNCTION chimera.lock_payout_batch(bigint) IS
'Internal: locks a batch that is not at its end. Errors: 42704 for an unknown batch, 55000 for one that is confirmed or has failed.';

CREATE FUNCTION chimera.hold_payout_batch(batch_id bigint, reason text DEFAULT NULL) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    batch CONSTANT chimera.payout_batches := chimera.lock_payout_batch(batch_id);
BEGIN
    IF batch.state = 'sent' THEN
        RAISE EXCEPTION 'payout batch % is sent', batch.batch_id USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    UPDATE chimera.payout_batches b
    SET held_at = now(), held_by = chimera.actor(),
        note = coalesce(reason, b.note)
    WHERE b.batch_id = batch.batch_id AND b.held_at IS NULL;
END;
$$;
COMMENT ON FUNCTION chimera.hold_payout_batch(bigint, text) IS
'Holds a batch that is not sent: nothing is done with it, and no other is made on its network, until it is released or cancelled. One whose sending has just begun may be sent all the same. Errors: 42704 for an unknown batch, 55000 for one that is sent or at its end.';

CREATE FUNCTION chimera.release_payout_batch(batch_id bigint) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    batch CONSTANT chimera.payout_batches := chimera.lock_payout_batch(batch_id);
BEGIN
    UPDATE chimera.payout_batches b SET held_at = NULL, held_by = NULL WHERE b.batch_id = batch.batch_id;
    PERFORM chimera.wake_payer(batch.network_id);
END;
$$;
COMMENT ON FUNCTION chimera.release_payout_batch(bigint) IS
'Lets a batch that was held go on. Errors: 42704 for an unknown batch, 55000 for one at its end.';

CREATE FUNCTION chimera.retry_payout_batch(batch_id bigint) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    batch CONSTANT chimera.payout_batches := chimera.lock_payout_batch(batch_id);
BEGIN
    IF batch.held_at IS NOT NULL THEN
        RAISE EXCEPTION 'payout batch % is held', batch.batch_id
            USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Use chimera.release_payout_batch().';
    END IF;
    PERFORM chimera.wake_payer(batch.network_id);
END;
$$;
COMMENT ON FUNCTION chimera.retry_payout_batch(bigint) IS
'Has the payer try a batch at once (after the wallet was unlocked or filled, say); it also does by itself every chimera.block_poll_interval. Errors: 42704 for an unknown batch, 55000 for one that is held or at its end.';

CREATE FUNCTION chimera.cancel_payout_batch(batch_id bigint, reason text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    batch CONSTANT chimera.payout_batches := chimera.lock_payout_batch(batch_id);
BEGIN
    IF batch.state <> 'prepared' THEN
        RAISE EXCEPTION 'payout batch % has a signed transaction', batch.batch_id
            USING ERRCODE = 'object_not_in_prerequisite_state', DETAIL = format('Its id is %s; it may be in the network.', batch.txid),
                HINT = 'Spend one of its inputs by another transaction of the wallet: when that is in the chain, the payer gives the amounts back.';
    END IF;
    PERFORM chimera.end_payout(batch.batch_id, true, concat_ws(': ', 'cancelled by ' || chimera.actor(), reason));
END;
$$;
COMMENT ON FUNCTION chimera.cancel_payout_batch(bigint, text) IS
'Gives the amounts of a batch that has no transaction yet back to the balances. Errors: 42704 for an unknown batch, 55000 for one whose transaction is signed or that is at its end.';

-- ---------- looking ----------

CREATE VIEW chimera.account_balances AS
    SELECT b.account_id, a.name AS account, b.network_id, n.name AS network, n.symbol,
           b.immature_sats, b.balance_sats, b.sending_sats, b.paid_sats,
           greatest(n.minimum_payout_sats, m.minimum_payout_sats) AS minimum_payout_sats
    FROM (SELECT s.account_id, s.network_id,
                 coalesce(sum(s.amount_sats) FILTER (WHERE s.account = 'immature'), 0) AS immature_sats,
                 coalesce(sum(s.amount_sats) FILTER (WHERE s.account = 'balance'), 0) AS balance_sats,
                 coalesce(sum(s.amount_sats) FILTER (WHERE s.account = 'sending'), 0) AS sending_sats,
                 coalesce(sum(s.amount_sats) FILTER (WHERE s.account = 'paid'), 0) AS paid_sats
          FROM chimera.balances s WHERE s.account_id <> 0 GROUP BY 1, 2) b
    JOIN chimera.accounts a USING (account_id)
    JOIN chimera.network_configs n USING (network_id)
    LEFT JOIN chimera.payout_minimums m USING (account_id, network_id);
COMMENT ON VIEW chimera.account_balances IS 'What each account has on each network, in the coin''s smallest unit';
COMMENT ON COLUMN chimera.account_balances.account_id IS 'Whose';
COMMENT ON COLUMN chimera.account_balances.account IS 'The account''s name';
COMMENT ON COLUMN chimera.account_balances.network_id IS 'Whose coin it is';
COMMENT ON COLUMN chimera.account_balances.network IS 'The network''s name';
COMMENT ON COLUMN chimera.account_balances.symbol IS 'The coin';
COMMENT ON COLUMN chimera.account_balances.immature_sats IS 'Of blocks that are not confirmed yet';
COMMENT ON COLUMN chimera.account_balances.balance_sats IS 'To be paid out';
COMMENT ON COLUMN chimera.account_balances.sending_sats IS 'In batches that are not final';
COMMENT ON COLUMN chimera.account_balances.paid_sats IS 'Paid so far, without fees';
COMMENT ON COLUMN chimera.account_balances.minimum_payout_sats IS 'The balance from which on it is paid out';

CREATE VIEW chimera.account_payouts AS
    SELECT p.payout_id, p.batch_id, p.account_id, a.name AS account, p.network_id, n.name AS network, n.symbol,
           b.state, b.held_at IS NOT NULL AS is_held, p.address, p.amount_sats, p.fee_sats, p.amount_sats - p.fee_sats AS sent_sats,
           p.txid, b.confirmations, b.created_at, b.sent_at, b.confirmed_at
    FROM chimera.payouts p
    JOIN chimera.payout_batches b USING (batch_id)
    JOIN chimera.accounts a USING (account_id)
    JOIN chimera.network_configs n ON n.network_id = p.network_id;
COMMENT ON VIEW chimera.account_payouts IS 'What each account has been or is being paid';
COMMENT ON COLUMN chimera.account_payouts.payout_id IS 'The payout''s number';
COMMENT ON COLUMN chimera.account_payouts.batch_id IS 'The batch that pays it';
COMMENT ON COLUMN chimera.account_payouts.account_id IS 'Who is paid';
COMMENT ON COLUMN chimera.account_payouts.account IS 'The account''s name';
COMMENT ON COLUMN chimera.account_payouts.network_id IS 'Whose coin it is';
COMMENT ON COLUMN chimera.account_payouts.network IS 'The network''s name';
COMMENT ON COLUMN chimera.account_payouts.symbol IS 'The coin';
COMMENT ON COLUMN chimera.account_payouts.state IS 'How far it is: prepared, sending, sent, confirmed or failed';
COMMENT ON COLUMN chimera.account_payouts.is_held IS 'Whether somebody has held it';
COMMENT ON COLUMN chimera.account_payouts.address IS 'Where to';
COMMENT ON COLUMN chimera.account_payouts.amount_sats IS 'What was taken from the balance, in the coin''s smallest unit';
COMMENT ON COLUMN chimera.account_payouts.fee_sats IS 'The part of it that goes to the transaction''s fee';
COMMENT ON COLUMN chimera.account_payouts.sent_sats IS 'What arrives';
COMMENT ON COLUMN chimera.account_payouts.txid IS 'The transaction, once it is signed';
COMMENT ON COLUMN chimera.account_payouts.confirmations IS 'Its confirmations when last looked at';
COMMENT ON COLUMN chimera.account_payouts.created_at IS 'When the amount was taken from the balance';
COMMENT ON COLUMN chimera.account_payouts.sent_at IS 'When the wallet was first seen to have the transaction';
COMMENT ON COLUMN chimera.account_payouts.confirmed_at IS 'When it was final';

CREATE FUNCTION chimera.audit_payouts(network_id uuid, OUT check_name text, OUT subject text, OUT expected numeric, OUT found numeric)
    RETURNS SETOF record
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    WITH batches AS (
        SELECT b.batch_id, b.state, b.fee_sats, b.fee_payer, sum(p.amount_sats) AS amount_sats, sum(p.fee_sats) AS paid_fee_sats
        FROM chimera.payout_batches b LEFT JOIN chimera.payouts p USING (batch_id)
        WHERE b.network_id = audit_payouts.network_id GROUP BY b.batch_id
    ), moved AS (
        SELECT t.batch_id, e.account, sum(e.amount_sats) AS sats
        FROM chimera.ledger_transactions t JOIN chimera.ledger_entries e USING (transaction_id)
        WHERE t.network_id = audit_payouts.network_id AND t.batch_id IS NOT NULL GROUP BY 1, 2
    ), owed AS (
        SELECT b.batch_id, o.account, o.sats
        FROM batches b
        CROSS JOIN LATERAL (VALUES
            ('balance'::chimera.ledger_account, CASE WHEN b.state <> 'failed' THEN -b.amount_sats END),
            ('sending', CASE WHEN b.state IN ('prepared', 'sending', 'sent') THEN b.amount_sats END),
            ('paid', CASE WHEN b.state = 'confirmed' THEN b.amount_sats - b.paid_fee_sats END),
            ('network_fee', CASE WHEN b.state = 'confirmed' THEN b.fee_sats END),
            ('pool', CASE WHEN b.state = 'confirmed' THEN b.paid_fee_sats - b.fee_sats END)) o (account, sats)
    )
    SELECT 'a payout batch is what the ledger says', format('batch %s: %s', coalesce(o.batch_id, m.batch_id), coalesce(o.account, m.account)),
           coalesce(o.sats, 0), coalesce(m.sats, 0)
    FROM owed o FULL JOIN moved m USING (batch_id, account)
    WHERE coalesce(o.sats, 0) <> coalesce(m.sats, 0)
    UNION ALL
    SELECT 'recipients bear their fee', format('batch %s', b.batch_id), CASE b.fee_payer WHEN 'recipients' THEN b.fee_sats ELSE 0 END, b.paid_fee_sats
    FROM batches b
    WHERE b.fee_sats IS NOT NULL AND b.paid_fee_sats <> CASE b.fee_payer WHEN 'recipients' THEN b.fee_sats ELSE 0 END;
$$;
COMMENT ON FUNCTION chimera.audit_payouts(uuid) IS
'Internal: recounts the payout batches of a network for chimera.audit().';

REVOKE ALL ON FUNCTION chimera.wake_payer(uuid), chimera.needs_payer(uuid), chimera.batches_changed(), chimera.payable_accounts(uuid), chimera.collect_payouts(uuid),
    chimera.collect_due_payouts(uuid), chimera.prepare_payouts(text), chimera.set_minimum_payout(text, text, bigint),
    chimera.payout_outputs(bigint, bigint), chimera.store_payout_transaction(bigint, bytea, text, bigint),
    chimera.note_payout(bigint, int, text), chimera.end_payout(bigint, boolean, text), chimera.lock_payout_batch(bigint),
    chimera.hold_payout_batch(bigint, text), chimera.release_payout_batch(bigint), chimera.retry_payout_batch(bigint),
    chimera.cancel_payout_batch(bigint, text), chimera.audit_payouts(uuid) FROM PUBLIC;
-- chimera.health asks it for whoever looks
GRANT EXECUTE ON FUNCTION chimera.needs_payer(uuid) TO chimera_admin, chimera_reader;
GRANT EXECUTE ON FUNCTION chimera.payable_accounts(uuid), chimera.prepare_payouts(text), chimera.set_minimum_payout(text, text, bigint),
    chimera.hold_payout_batch(bigint, text), chimera.release_payout_batch(bigint), chimera.retry_payout_batch(bigint),
    chimera.cancel_payout_batch(bigint, text) TO chimera_admin;
GRANT SELECT ON chimera.payout_minimums, chimera.account_balances, chimera.account_payouts, chimera.payouts
    TO chimera_admin, chimera_reader;
-- who has the signed transaction can send it, though the batch be held
GRANT SELECT (batch_id, network_id, state, fee_payer, created_at, txid, fee_sats, confirmations, sent_at, confirmed_at, failed_at,
    problem, problem_since, held_at, held_by, note) ON chimera.payout_batches TO chimera_admin, chimera_reader;

SELECT pg_catalog.pg_extension_config_dump('chimera.payout_batches', '');
SELECT pg_catalog.pg_extension_config_dump('chimera.payout_batches_batch_id_seq', '');
SELECT pg_catalog.pg_extension_config_dump('chimera.payouts', '');
SELECT pg_catalog.pg_extension_config_dump('chimera.payouts_payout_id_seq', '');
SELECT pg_catalog.pg_extension_config_dump('chimera.payout_minimums', '');
