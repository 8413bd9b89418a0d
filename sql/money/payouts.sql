-- payouts.sql: payouts of balances, in batches of one transaction each
-- (extension/payout/payer.c).
--
-- A run queues all accounts that are due, the longest unpaid first, and the
-- payer makes batches from the queue until it is empty: whole accounts, as
-- many as fit into one transaction and the wallet's money covers. Accounts
-- that the wallet cannot pay leave the batch before its transaction is stored
-- (chimera.return_payouts). A part that an account's address has missed stays
-- that address's (chimera.payout_arrears).
--
-- The network's wallet makes and signs a batch's transaction, which is stored
-- before it is sent. Sending it again is then the same payment, not another
-- one: a batch is paid once, whatever crashes. Only the chain decides whether
-- it is paid (sql/money/payout_verdicts.sql): a batch returns its amounts
-- when another transaction, which pays none of them, has spent its inputs for
-- good.

CREATE TYPE chimera.payout_state AS ENUM ('prepared', 'sending', 'sent', 'confirmed', 'failed');
COMMENT ON TYPE chimera.payout_state IS
'prepared: the amounts are taken from the balances; sending: the transaction is signed and stored; sent: the '
'wallet has it; confirmed: it is final; failed: it cannot get into the chain, and the amounts have been returned '
'to the balances';

CREATE SEQUENCE chimera.payout_batches_batch_id_seq;
CREATE TABLE chimera.payout_batches (
    batch_id bigint PRIMARY KEY DEFAULT nextval('chimera.payout_batches_batch_id_seq'),
    network_id uuid NOT NULL REFERENCES chimera.network_configs,
    state chimera.payout_state NOT NULL DEFAULT 'prepared',
    fee_payer text NOT NULL CHECK (fee_payer IN ('pool', 'recipients')),
    run_id bigint,
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
    start_height int CHECK (start_height >= 0),
    block_hash text CHECK (block_hash ~ '^[0-9a-f]{64}$'),
    block_height int,
    replaced_txid text CHECK (replaced_txid ~ '^[0-9a-f]{64}$'),
    replaced_fee_sats bigint CHECK (replaced_fee_sats >= 0),
    verdict text CHECK (verdict IN ('paid', 'void')),
    verdict_txid text CHECK (verdict_txid ~ '^[0-9a-f]{64}$'),
    verdict_fee_sats bigint CHECK (verdict_fee_sats >= 0),
    verdict_by text,
    verdict_at timestamptz,
    verdict_reason text,
    verdict_is_pending boolean NOT NULL DEFAULT false,
    looked_at timestamptz,
    CHECK (raw IS NULL OR txid IS NOT NULL),
    CHECK (txid IS NOT NULL OR fee_sats IS NULL),
    -- the fee may be unknown only for a previous pool's transaction, which is final
    CHECK (fee_sats IS NOT NULL OR txid IS NULL OR (state = 'confirmed' AND raw IS NULL)),
    CHECK (state <> 'prepared' OR txid IS NULL),
    CHECK (state NOT IN ('sending', 'sent') OR raw IS NOT NULL),
    CHECK (state <> 'confirmed' OR txid IS NOT NULL),
    CHECK ((problem IS NULL) = (problem_since IS NULL)),
    CHECK ((held_at IS NULL) = (held_by IS NULL)),
    CHECK ((block_hash IS NULL) = (block_height IS NULL)),
    CHECK ((replaced_txid IS NULL) = (replaced_fee_sats IS NULL)),
    CHECK ((verdict = 'paid') = (verdict_txid IS NOT NULL)),
    CHECK (num_nulls(verdict, verdict_by, verdict_at, verdict_reason) IN (0, 4)),
    CHECK (NOT verdict_is_pending OR verdict IS NOT NULL)
);
ALTER SEQUENCE chimera.payout_batches_batch_id_seq OWNED BY chimera.payout_batches.batch_id;
-- the next batch may choose its inputs once the wallet knows this one's
CREATE UNIQUE INDEX payout_batches_one_unsent ON chimera.payout_batches (network_id) WHERE state IN ('prepared', 'sending');
CREATE INDEX payout_batches_network_id_idx ON chimera.payout_batches (network_id, batch_id);
-- to find when the last run began
CREATE INDEX payout_batches_runs_idx ON chimera.payout_batches (network_id, created_at) WHERE run_id IS NULL OR run_id = batch_id;
CREATE INDEX payout_batches_txid_idx ON chimera.payout_batches (txid) WHERE txid IS NOT NULL;
CREATE INDEX payout_batches_failed_idx ON chimera.payout_batches (network_id, failed_at) WHERE state = 'failed' AND txid IS NOT NULL;
CREATE INDEX payout_batches_open_idx ON chimera.payout_batches (network_id) WHERE state IN ('prepared', 'sending', 'sent');
ALTER TABLE chimera.ledger_transactions ADD FOREIGN KEY (batch_id) REFERENCES chimera.payout_batches;
COMMENT ON TABLE chimera.payout_batches IS 'Payout batches: each is one transaction of the network''s wallet';
COMMENT ON COLUMN chimera.payout_batches.batch_id IS 'The batch''s number';
COMMENT ON COLUMN chimera.payout_batches.network_id IS 'The coin''s network';
COMMENT ON COLUMN chimera.payout_batches.state IS 'Current state';
COMMENT ON COLUMN chimera.payout_batches.fee_payer IS 'Who pays the transaction fee: pool, or recipients';
COMMENT ON COLUMN chimera.payout_batches.run_id IS 'The first batch of its run; NULL: a previous pool''s';
COMMENT ON COLUMN chimera.payout_batches.created_at IS 'When the amounts were taken from the balances';
COMMENT ON COLUMN chimera.payout_batches.raw IS 'The signed transaction, serialized; kept until it is final';
COMMENT ON COLUMN chimera.payout_batches.txid IS 'The transaction''s id as explorers show it';
COMMENT ON COLUMN chimera.payout_batches.fee_sats IS
'The transaction''s fee; NULL: not signed yet, or not known for a previous pool''s batch (extension chimera_legacy)';
COMMENT ON COLUMN chimera.payout_batches.confirmations IS 'The transaction''s confirmations at the last check';
COMMENT ON COLUMN chimera.payout_batches.sent_at IS 'When the wallet was first seen to have it';
COMMENT ON COLUMN chimera.payout_batches.confirmed_at IS 'When it became final';
COMMENT ON COLUMN chimera.payout_batches.failed_at IS 'When it failed';
COMMENT ON COLUMN chimera.payout_batches.problem IS
'What it is waiting for, such as a locked wallet or too little money in it; the payer retries automatically. For '
'a failed batch: its transaction is in the chain after all. NULL: no problem';
COMMENT ON COLUMN chimera.payout_batches.problem_since IS 'When the problem began';
COMMENT ON COLUMN chimera.payout_batches.held_at IS
'When it was held: it stops until it is released or settled; NULL: not held';
COMMENT ON COLUMN chimera.payout_batches.held_by IS
'Who held it; payer: the payer did, because the chain does not show whether it is paid';
COMMENT ON COLUMN chimera.payout_batches.note IS 'Why it was held, cancelled or marked as failed';
COMMENT ON COLUMN chimera.payout_batches.start_height IS
'The chain''s height before its transaction was signed: a transaction that spends its inputs is in a later block';
COMMENT ON COLUMN chimera.payout_batches.block_hash IS
'The block in which its transaction was last seen; NULL: never seen in a block';
COMMENT ON COLUMN chimera.payout_batches.block_height IS 'That block''s height';
COMMENT ON COLUMN chimera.payout_batches.replaced_txid IS
'The transaction that was signed for it, if another one pays it: a bumped fee, or an operator''s verdict';
COMMENT ON COLUMN chimera.payout_batches.replaced_fee_sats IS 'The fee of that transaction, which the recipients bear';
COMMENT ON COLUMN chimera.payout_batches.verdict IS
'An operator''s verdict (chimera.settle_payout_batch): paid or void; NULL: none';
COMMENT ON COLUMN chimera.payout_batches.verdict_txid IS 'The transaction that pays it, according to the verdict';
COMMENT ON COLUMN chimera.payout_batches.verdict_fee_sats IS
'That transaction''s fee, according to the verdict; NULL: as in the chain or the batch';
COMMENT ON COLUMN chimera.payout_batches.verdict_by IS 'Who gave the verdict';
COMMENT ON COLUMN chimera.payout_batches.verdict_at IS 'When it was given';
COMMENT ON COLUMN chimera.payout_batches.verdict_reason IS 'Reason for the verdict';
COMMENT ON COLUMN chimera.payout_batches.verdict_is_pending IS 'Whether the payer has not checked the verdict yet';
COMMENT ON COLUMN chimera.payout_batches.looked_at IS
'When the transaction of a failed batch was last looked for in the chain';

CREATE SEQUENCE chimera.payouts_payout_id_seq;
CREATE TABLE chimera.payouts (
    payout_id bigint PRIMARY KEY DEFAULT nextval('chimera.payouts_payout_id_seq'),
    batch_id bigint NOT NULL REFERENCES chimera.payout_batches,
    network_id uuid NOT NULL REFERENCES chimera.network_configs,
    account_id int NOT NULL REFERENCES chimera.accounts,
    address text,
    amount_sats bigint NOT NULL CHECK (amount_sats > 0),
    fee_sats bigint NOT NULL DEFAULT 0 CHECK (fee_sats >= 0 AND fee_sats < amount_sats),
    returned_sats bigint NOT NULL DEFAULT 0,
    txid text,
    CHECK (returned_sats BETWEEN 0 AND amount_sats - fee_sats),
    UNIQUE (batch_id, account_id, address)
);
ALTER SEQUENCE chimera.payouts_payout_id_seq OWNED BY chimera.payouts.payout_id;
CREATE INDEX payouts_account_id_idx ON chimera.payouts (account_id, payout_id);
CREATE INDEX payouts_network_id_idx ON chimera.payouts (network_id, payout_id);
CREATE INDEX payouts_network_id_account_id_idx ON chimera.payouts (network_id, account_id, payout_id);
CREATE INDEX payouts_batch_id_idx ON chimera.payouts (batch_id, payout_id);
COMMENT ON TABLE chimera.payouts IS 'The amounts that a batch pays to the addresses of accounts';
COMMENT ON COLUMN chimera.payouts.payout_id IS 'The payout''s number';
COMMENT ON COLUMN chimera.payouts.batch_id IS 'The batch that pays it';
COMMENT ON COLUMN chimera.payouts.network_id IS 'The coin''s network';
COMMENT ON COLUMN chimera.payouts.account_id IS 'The account whose balance it comes from';
COMMENT ON COLUMN chimera.payouts.address IS 'Address that is paid; NULL: not known for a previous pool''s payout';
COMMENT ON COLUMN chimera.payouts.amount_sats IS 'Amount taken from the balance, in the coin''s smallest unit';
COMMENT ON COLUMN chimera.payouts.fee_sats IS 'The part of it that pays the transaction''s fee; the rest arrives';
COMMENT ON COLUMN chimera.payouts.returned_sats IS
'The part of it that returns to the balance, because the transaction that pays the batch does not pay it';
COMMENT ON COLUMN chimera.payouts.txid IS 'The transaction''s id, once it is signed';

CREATE TABLE chimera.payout_minimums (
    account_id int NOT NULL REFERENCES chimera.accounts ON DELETE CASCADE,
    network_id uuid NOT NULL REFERENCES chimera.network_configs ON DELETE CASCADE,
    minimum_payout_sats bigint NOT NULL CHECK (minimum_payout_sats > 0),
    set_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (account_id, network_id)
);
COMMENT ON TABLE chimera.payout_minimums IS 'Accounts that chose a higher minimum payout than the network''s';
COMMENT ON COLUMN chimera.payout_minimums.account_id IS 'The account';
COMMENT ON COLUMN chimera.payout_minimums.network_id IS 'The network';
COMMENT ON COLUMN chimera.payout_minimums.minimum_payout_sats IS
'Lowest balance that is paid out, in the coin''s smallest unit; the network''s minimum applies if it is higher';
COMMENT ON COLUMN chimera.payout_minimums.set_at IS 'When it was set';

CREATE FUNCTION chimera.wake_payer(network_id uuid) RETURNS void
    AS 'MODULE_PATHNAME', 'chimera_wake_payer'
    LANGUAGE C VOLATILE STRICT;
COMMENT ON FUNCTION chimera.wake_payer(uuid) IS 'Internal: wakes the network''s payer when this transaction commits.';

CREATE FUNCTION chimera.failed_payout_watch() RETURNS interval
    LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$ SELECT interval '14 days' $$;
COMMENT ON FUNCTION chimera.failed_payout_watch() IS
'Internal: how long the payer checks whether the transaction of a failed batch is in the chain after all.';

CREATE FUNCTION chimera.batches_changed() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    -- a network without a schedule has a payer only while it has batches
    PERFORM chimera.reload_workers();
    RETURN NULL;
END;
$$;
COMMENT ON FUNCTION chimera.batches_changed() IS 'Trigger: makes the launcher check whether a payer is needed';
CREATE TRIGGER batches_changed AFTER INSERT ON chimera.payout_batches
    FOR EACH STATEMENT EXECUTE FUNCTION chimera.batches_changed();

-- ---------- payable amounts ----------

-- A balance is divided among the account's addresses once. The part of an
-- address that is not paid (too small for an output, rejected by the nodes,
-- or in a failed batch) stays in the balance, and stays that address's.
CREATE TABLE chimera.payout_arrears (
    network_id uuid NOT NULL REFERENCES chimera.network_configs ON DELETE CASCADE,
    account_id int NOT NULL REFERENCES chimera.accounts,
    address text NOT NULL,
    amount_sats bigint NOT NULL CHECK (amount_sats >= 0),
    refusal text,
    refused_at timestamptz,
    PRIMARY KEY (network_id, account_id, address),
    CHECK (amount_sats > 0 OR refusal IS NOT NULL),
    CHECK ((refusal IS NULL) = (refused_at IS NULL))
);
CREATE INDEX payout_arrears_refused_idx ON chimera.payout_arrears (network_id, account_id) WHERE refusal IS NOT NULL;
COMMENT ON TABLE chimera.payout_arrears IS
'Parts of an account''s balance that one of its addresses has missed in earlier payouts; they are added to the '
'address''s next part. The arrears of an address that the account no longer uses are divided again';
COMMENT ON COLUMN chimera.payout_arrears.network_id IS 'The coin''s network';
COMMENT ON COLUMN chimera.payout_arrears.account_id IS 'The account whose balance contains it';
COMMENT ON COLUMN chimera.payout_arrears.address IS 'The address that has missed it';
COMMENT ON COLUMN chimera.payout_arrears.amount_sats IS 'Amount, in the coin''s smallest unit';
COMMENT ON COLUMN chimera.payout_arrears.refusal IS
'The node''s error, because of which nothing is sent to this address until chimera.retry_payout() or a change of '
'address; NULL: the part was too small, or its batch failed';
COMMENT ON COLUMN chimera.payout_arrears.refused_at IS 'When it was refused';

CREATE SEQUENCE chimera.payout_queue_place_seq;
CREATE TABLE chimera.payout_queue (
    place bigint PRIMARY KEY DEFAULT nextval('chimera.payout_queue_place_seq'),
    network_id uuid NOT NULL REFERENCES chimera.network_configs ON DELETE CASCADE,
    account_id int NOT NULL REFERENCES chimera.accounts,
    batch_id bigint REFERENCES chimera.payout_batches,
    problem text,
    retry_at timestamptz,
    UNIQUE (network_id, account_id)
);
ALTER SEQUENCE chimera.payout_queue_place_seq OWNED BY chimera.payout_queue.place;
CREATE INDEX payout_queue_waiting_idx ON chimera.payout_queue (network_id, place) WHERE batch_id IS NULL;
CREATE INDEX payout_queue_batch_id_idx ON chimera.payout_queue (batch_id) WHERE batch_id IS NOT NULL;
COMMENT ON TABLE chimera.payout_queue IS 'Accounts that a run of payouts has yet to pay, the longest unpaid first';
COMMENT ON COLUMN chimera.payout_queue.place IS 'The lowest is paid first';
COMMENT ON COLUMN chimera.payout_queue.network_id IS 'The coin''s network';
COMMENT ON COLUMN chimera.payout_queue.account_id IS 'The account';
COMMENT ON COLUMN chimera.payout_queue.batch_id IS 'The batch that is about to pay it; NULL: none yet';
COMMENT ON COLUMN chimera.payout_queue.problem IS
'Why the wallet could not pay it; NULL: not tried yet, or the wallet only had too little money';
COMMENT ON COLUMN chimera.payout_queue.retry_at IS 'When it is tried again; NULL: as soon as possible';

CREATE TABLE chimera.payer_notes (
    network_id uuid PRIMARY KEY REFERENCES chimera.network_configs ON DELETE CASCADE,
    run_is_new boolean NOT NULL DEFAULT false,
    spendable_sats bigint,
    seen_at timestamptz
);
COMMENT ON TABLE chimera.payer_notes IS 'What the payer of a network remembers between its checks';
COMMENT ON COLUMN chimera.payer_notes.network_id IS 'The payer''s network';
COMMENT ON COLUMN chimera.payer_notes.run_is_new IS 'Whether the next batch is the first of a run';
COMMENT ON COLUMN chimera.payer_notes.spendable_sats IS
'What the wallet could spend at the last check, in the coin''s smallest unit; NULL: the wallet did not report it';
COMMENT ON COLUMN chimera.payer_notes.seen_at IS 'When the wallet was first seen to have that amount';

CREATE FUNCTION chimera.needs_payer(network_id uuid) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    SELECT EXISTS (SELECT FROM chimera.network_configs n
                   WHERE n.network_id = needs_payer.network_id AND n.payout_interval IS NOT NULL AND n.archived_at IS NULL)
        OR EXISTS (SELECT FROM chimera.payout_batches b
                   WHERE b.network_id = needs_payer.network_id AND b.state IN ('prepared', 'sending', 'sent'))
        OR EXISTS (SELECT FROM chimera.payout_batches b
                   WHERE b.network_id = needs_payer.network_id AND b.state = 'failed' AND b.txid IS NOT NULL
                     AND b.failed_at > now() - chimera.failed_payout_watch())
        OR EXISTS (SELECT FROM chimera.payout_queue q WHERE q.network_id = needs_payer.network_id);
$$;
COMMENT ON FUNCTION chimera.needs_payer(uuid) IS
'For the launcher: whether a network has a schedule of payouts, unfinished batches, failed ones whose '
'transactions are watched, or accounts in the queue.';

-- An index on the amounts would double the cost of each credit (no heap-only
-- updates of balances).
CREATE TABLE chimera.due_balances (
    network_id uuid NOT NULL REFERENCES chimera.network_configs ON DELETE CASCADE,
    account_id int NOT NULL,
    PRIMARY KEY (network_id, account_id)
);
COMMENT ON TABLE chimera.due_balances IS
'Balances that have reached their network''s minimum payout; maintained by triggers, like the balances';
COMMENT ON COLUMN chimera.due_balances.network_id IS 'The coin''s network';
COMMENT ON COLUMN chimera.due_balances.account_id IS 'The account';

CREATE FUNCTION chimera.track_due_balances() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    DELETE FROM chimera.due_balances d USING changed c JOIN chimera.network_configs n USING (network_id)
    WHERE d.network_id = c.network_id AND d.account_id = c.account_id
      AND c.account = 'balance' AND c.amount_sats < n.minimum_payout_sats;
    INSERT INTO chimera.due_balances (network_id, account_id)
    SELECT c.network_id, c.account_id FROM changed c JOIN chimera.network_configs n USING (network_id)
    WHERE c.account = 'balance' AND c.amount_sats >= n.minimum_payout_sats
    ON CONFLICT DO NOTHING;
    RETURN NULL;
END;
$$;
COMMENT ON FUNCTION chimera.track_due_balances() IS 'Trigger: records balances that have reached the minimum payout';
CREATE TRIGGER track_due_balances AFTER UPDATE ON chimera.balances
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION chimera.track_due_balances();

CREATE FUNCTION chimera.find_due_balances() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    -- blocks credits meanwhile, which would still use the previous minimum and be missed
    LOCK TABLE chimera.balances IN SHARE MODE;
    DELETE FROM chimera.due_balances d WHERE d.network_id = NEW.network_id;
    INSERT INTO chimera.due_balances (network_id, account_id)
    SELECT b.network_id, b.account_id FROM chimera.balances b
    WHERE b.network_id = NEW.network_id AND b.account = 'balance' AND b.amount_sats >= NEW.minimum_payout_sats;
    RETURN NULL;
END;
$$;
COMMENT ON FUNCTION chimera.find_due_balances() IS
'Trigger: finds the balances that have reached a changed minimum payout';
CREATE TRIGGER find_due_balances AFTER UPDATE OF minimum_payout_sats ON chimera.network_configs
    FOR EACH ROW WHEN (OLD.minimum_payout_sats <> NEW.minimum_payout_sats) EXECUTE FUNCTION chimera.find_due_balances();

CREATE FUNCTION chimera.skip_known_due_balance() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF EXISTS (SELECT FROM chimera.due_balances d WHERE (d.network_id, d.account_id) = (NEW.network_id, NEW.account_id)) THEN
        RETURN NULL;
    END IF;
    RETURN NEW;
END;
$$;
COMMENT ON FUNCTION chimera.skip_known_due_balance() IS
'Trigger: skips a row of a dump that exists already, because the ledger was restored first';
CREATE TRIGGER skip_known_due_balance BEFORE INSERT ON chimera.due_balances
    FOR EACH ROW WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION chimera.skip_known_due_balance();

CREATE FUNCTION chimera.due_accounts(network_id uuid) RETURNS int[]
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT coalesce(array_agg(b.account_id), '{}')
    FROM chimera.network_configs n
    JOIN chimera.due_balances d USING (network_id)
    JOIN chimera.balances b ON b.network_id = d.network_id AND b.account = 'balance' AND b.account_id = d.account_id
    JOIN chimera.accounts a ON a.account_id = d.account_id
    LEFT JOIN chimera.payout_minimums m ON m.network_id = d.network_id AND m.account_id = d.account_id
    WHERE n.network_id = due_accounts.network_id AND b.amount_sats >= greatest(n.minimum_payout_sats, m.minimum_payout_sats)
      -- other accounts cannot have an address
      AND (chimera.address_error(a.name, n) IS NULL OR EXISTS (
          SELECT FROM chimera.wallet_sets s
          WHERE s.account_id = a.account_id AND (s.network_id = n.network_id OR s.network_id IS NULL)));
$$;
COMMENT ON FUNCTION chimera.due_accounts(uuid) IS
'Internal: the accounts whose balance has reached their minimum and that may have an address.';

CREATE FUNCTION chimera.payout_parts(network_id uuid, account_ids int[], OUT account_id int, OUT address text,
    OUT amount_sats bigint, OUT is_payable boolean) RETURNS SETOF record
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    WITH wallets AS (
        SELECT r.account_id, array_agg(r.address ORDER BY r.address COLLATE "C") AS addresses,
               array_agg(r.percent ORDER BY r.address COLLATE "C") AS percents,
               array_agg(coalesce(x.amount_sats, 0) ORDER BY r.address COLLATE "C") AS arrears,
               array_agg(coalesce(r.problem, x.refusal) ORDER BY r.address COLLATE "C") AS problems,
               coalesce(sum(x.amount_sats), 0) AS missed_sats
        FROM unnest(payout_parts.account_ids) u (account_id)
        JOIN chimera.payout_routes r ON r.account_id = u.account_id AND r.network_id = payout_parts.network_id
        LEFT JOIN chimera.payout_arrears x
            ON x.network_id = payout_parts.network_id AND x.account_id = r.account_id AND x.address = r.address
        GROUP BY 1
    ), parts AS (
        -- a balance below the arrears (after an adjustment) is divided in their proportion
        SELECT w.account_id, n AS network, p.address, p.problem, p.divided + CASE WHEN e.is_enough THEN p.arrears ELSE 0 END AS amount_sats,
               greatest(n.minimum_payout_sats, m.minimum_payout_sats) AS minimum_sats
        FROM chimera.network_configs n
        CROSS JOIN wallets w
        -- an index lookup, for few accounts or many; what exceeds a bigint stays in the balance for a later batch
        CROSS JOIN LATERAL (
            SELECT least(s.amount_sats, 9223372036854775807) AS amount_sats FROM chimera.balances s
            WHERE s.network_id = n.network_id AND s.account = 'balance' AND s.account_id = w.account_id OFFSET 0) b
        LEFT JOIN chimera.payout_minimums m ON m.network_id = n.network_id AND m.account_id = w.account_id
        CROSS JOIN LATERAL (SELECT b.amount_sats >= w.missed_sats) e (is_enough)
        CROSS JOIN LATERAL unnest(w.addresses, w.problems, w.arrears,
            CASE WHEN e.is_enough THEN chimera.split_amount((b.amount_sats - w.missed_sats)::bigint, w.percents)
                 ELSE chimera.split_amount(b.amount_sats::bigint, w.arrears::numeric[]) END) p (address, problem, arrears, divided)
        WHERE n.network_id = payout_parts.network_id
    ), due AS (
        SELECT p.*, sum(p.amount_sats) FILTER (WHERE p.problem IS NULL) OVER (PARTITION BY p.account_id) >= p.minimum_sats AS is_due
        FROM parts p
    )
    SELECT d.account_id, d.address, d.amount_sats,
           CASE WHEN d.problem IS NULL AND d.is_due
                     AND NOT EXISTS (SELECT FROM chimera.shortfalls s
                                     WHERE s.network_id = payout_parts.network_id AND s.account_id = d.account_id
                                       AND s.written_off_at IS NULL)
                THEN d.amount_sats >= chimera.least_output(chimera.address_script(d.address, d.network), d.network)
                ELSE false END
    FROM due d;
$$;
COMMENT ON FUNCTION chimera.payout_parts(uuid, int[]) IS
'Internal: how the balances of these accounts are divided among their addresses, by largest remainder, each with '
'its arrears. is_payable is false for a part that is too small for an output, an address that the wallet refuses '
'to pay, and an account below its minimum or with a shortfall.';

CREATE FUNCTION chimera.payable_accounts(network_id uuid, OUT account_id int, OUT address text, OUT amount_sats bigint)
    RETURNS SETOF record
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    SELECT p.account_id, p.address, p.amount_sats
    FROM chimera.payout_parts(payable_accounts.network_id, chimera.due_accounts(payable_accounts.network_id)) p
    WHERE p.is_payable
    ORDER BY p.account_id, p.address COLLATE "C";
$$;
COMMENT ON FUNCTION chimera.payable_accounts(uuid) IS
'What would be paid out now: balances that have reached their minimum, of accounts with an address, divided among '
'their addresses by largest remainder, each with its arrears. A part that is too small for an output (dust_sats, '
'dust_relay_fee_sats), or whose address the wallet refuses to pay, stays in the balance, and so does the balance '
'of an account with a shortfall that is not written off.';

-- ---------- making batches ----------

CREATE FUNCTION chimera.start_payout_run(network_id uuid) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    new_ids CONSTANT int[] := ARRAY(
        SELECT d.account_id FROM unnest(chimera.due_accounts(start_payout_run.network_id)) d (account_id)
        WHERE NOT EXISTS (SELECT FROM chimera.payout_queue q
                          WHERE q.network_id = start_payout_run.network_id AND q.account_id = d.account_id));
BEGIN
    IF new_ids = '{}' THEN
        RETURN;
    END IF;
    INSERT INTO chimera.payout_queue (network_id, account_id)
    SELECT start_payout_run.network_id, d.account_id
    FROM (SELECT DISTINCT p.account_id FROM chimera.payout_parts(start_payout_run.network_id, new_ids) p WHERE p.is_payable) d
    LEFT JOIN LATERAL (
        SELECT o.payout_id FROM chimera.payouts o JOIN chimera.payout_batches b USING (batch_id)
        WHERE o.network_id = start_payout_run.network_id AND o.account_id = d.account_id AND b.state <> 'failed'
        ORDER BY o.payout_id DESC LIMIT 1) last ON true
    ORDER BY last.payout_id NULLS FIRST, d.account_id;
    IF FOUND THEN
        INSERT INTO chimera.payer_notes AS k (network_id, run_is_new) VALUES (start_payout_run.network_id, true)
        ON CONFLICT ON CONSTRAINT payer_notes_pkey DO UPDATE SET run_is_new = true;
    END IF;
END;
$$;
COMMENT ON FUNCTION chimera.start_payout_run(uuid) IS
'Internal: queues all accounts that are payable and not queued yet, the longest unpaid first.';

CREATE FUNCTION chimera.queue_due_payouts(network_id uuid) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    wait interval;
BEGIN
    SELECT n.payout_interval INTO wait FROM chimera.network_configs n
    WHERE n.network_id = queue_due_payouts.network_id AND n.archived_at IS NULL FOR NO KEY UPDATE;
    IF EXISTS (SELECT FROM chimera.payout_batches b
               WHERE b.network_id = queue_due_payouts.network_id AND b.state IN ('prepared', 'sending'))
        OR chimera.payout_obstacle(queue_due_payouts.network_id) IS NOT NULL
    THEN
        RETURN false;
    END IF;
    -- a run begins with its first batch
    IF wait IS NOT NULL AND NOT EXISTS (
        SELECT FROM chimera.payout_batches b
        WHERE b.network_id = queue_due_payouts.network_id AND (b.run_id IS NULL OR b.run_id = b.batch_id)
          AND b.created_at > now() - wait)
    THEN
        PERFORM chimera.start_payout_run(queue_due_payouts.network_id);
    END IF;
    RETURN EXISTS (SELECT FROM chimera.payout_queue q
                   WHERE q.network_id = queue_due_payouts.network_id AND q.batch_id IS NULL
                     AND (q.retry_at IS NULL OR q.retry_at <= now()));
END;
$$;
COMMENT ON FUNCTION chimera.queue_due_payouts(uuid) IS
'For the payer: starts a run of payouts if the last one began payout_interval ago; returns whether the queue has '
'accounts for a batch.';

CREATE FUNCTION chimera.choose_payouts(network_id uuid, spendable_sats bigint, OUT account_ids int[], OUT addresses text[],
    OUT amounts bigint[], OUT payable boolean[], OUT is_over boolean)
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    -- a transaction of about 35 kB, well below the nodes' relay limit
    most_outputs CONSTANT int := 1000;
    next_ids int[];
    payable_ids int[];
BEGIN
    -- skip an account that needs more than is left, so that it does not block the others
    next_ids := ARRAY(
        SELECT q.account_id
        FROM chimera.payout_queue q
        JOIN chimera.balances b ON b.network_id = q.network_id AND b.account = 'balance' AND b.account_id = q.account_id
        WHERE q.network_id = choose_payouts.network_id AND q.batch_id IS NULL AND (q.retry_at IS NULL OR q.retry_at <= now())
          AND (spendable_sats IS NULL OR b.amount_sats - coalesce((
                   SELECT sum(x.amount_sats) FROM chimera.payout_arrears x
                   WHERE x.network_id = q.network_id AND x.account_id = q.account_id AND x.refusal IS NOT NULL), 0) <= spendable_sats)
        ORDER BY q.place LIMIT most_outputs);
    -- nothing else changes them meanwhile
    PERFORM FROM chimera.balances b
    WHERE b.network_id = choose_payouts.network_id AND b.account = 'balance' AND b.account_id = ANY (next_ids)
    ORDER BY b.account_id FOR UPDATE;

    WITH parts AS MATERIALIZED (
        SELECT q.place, p.account_id, p.address, p.amount_sats, p.is_payable
        FROM chimera.payout_parts(choose_payouts.network_id, next_ids) p
        JOIN chimera.payout_queue q ON q.network_id = choose_payouts.network_id AND q.account_id = p.account_id
    ), accounts AS (
        SELECT p.account_id, p.place, count(*) AS outputs, sum(p.amount_sats) AS sats FROM parts p WHERE p.is_payable GROUP BY 1, 2
    ), chosen AS (
        SELECT a.account_id
        FROM (SELECT a.account_id, sum(a.outputs) OVER w AS outputs, sum(a.sats) OVER w AS sats
              FROM accounts a WINDOW w AS (ORDER BY a.place)) a
        WHERE a.outputs <= most_outputs AND a.sats <= coalesce(spendable_sats, 9223372036854775807)
    )
    SELECT array_agg(p.account_id ORDER BY p.place, p.address COLLATE "C"), array_agg(p.address ORDER BY p.place, p.address COLLATE "C"),
           array_agg(p.amount_sats ORDER BY p.place, p.address COLLATE "C"), array_agg(p.is_payable ORDER BY p.place, p.address COLLATE "C"),
           (SELECT array_agg(a.account_id) FROM accounts a)
    INTO choose_payouts.account_ids, choose_payouts.addresses, choose_payouts.amounts, choose_payouts.payable, payable_ids
    FROM parts p JOIN chosen c USING (account_id);

    -- accounts that were payable when they were queued may not be any more
    DELETE FROM chimera.payout_queue q
    WHERE q.network_id = choose_payouts.network_id AND q.account_id = ANY (next_ids) AND q.account_id <> ALL (coalesce(payable_ids, '{}'));
    is_over := account_ids IS NOT NULL OR NOT FOUND;
END;
$$;
COMMENT ON FUNCTION chimera.choose_payouts(uuid, bigint) IS
'Internal: the next accounts of the queue that one transaction can pay as a whole and that together need no more '
'than spendable_sats (NULL: not limited): their parts, payable or not, in the order of the queue. Accounts that '
'are no longer payable leave the queue; is_over is false if nothing else happened.';

CREATE FUNCTION chimera.collect_payouts(network_id uuid, spendable_sats bigint DEFAULT NULL) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    chosen record;
    new_batch_id bigint;
    new_id bigint;
BEGIN
    -- one batch at a time
    PERFORM FROM chimera.network_configs n WHERE n.network_id = collect_payouts.network_id FOR NO KEY UPDATE;
    INSERT INTO chimera.payer_notes AS k (network_id, spendable_sats, seen_at)
    VALUES (collect_payouts.network_id, collect_payouts.spendable_sats, now())
    ON CONFLICT ON CONSTRAINT payer_notes_pkey DO UPDATE SET spendable_sats = excluded.spendable_sats, seen_at = excluded.seen_at
    WHERE k.spendable_sats IS DISTINCT FROM excluded.spendable_sats;
    PERFORM FROM chimera.payout_batches b
    WHERE b.network_id = collect_payouts.network_id AND b.state IN ('prepared', 'sending');
    IF FOUND OR chimera.payout_obstacle(collect_payouts.network_id) IS NOT NULL THEN
        RETURN NULL;
    END IF;

    LOOP
        SELECT * INTO chosen FROM chimera.choose_payouts(collect_payouts.network_id, collect_payouts.spendable_sats);
        EXIT WHEN chosen.is_over;
    END LOOP;
    IF chosen.account_ids IS NULL THEN
        RETURN NULL;
    END IF;

    new_batch_id := nextval('chimera.payout_batches_batch_id_seq');
    INSERT INTO chimera.payout_batches (batch_id, network_id, fee_payer, run_id)
    SELECT new_batch_id, n.network_id, n.payout_fee_payer, CASE WHEN k.run_is_new THEN new_batch_id ELSE coalesce(
               (SELECT b.run_id FROM chimera.payout_batches b WHERE b.network_id = n.network_id ORDER BY b.batch_id DESC LIMIT 1), new_batch_id) END
    FROM chimera.network_configs n JOIN chimera.payer_notes k USING (network_id) WHERE n.network_id = collect_payouts.network_id;
    UPDATE chimera.payer_notes k SET run_is_new = false WHERE k.network_id = collect_payouts.network_id AND k.run_is_new;
    UPDATE chimera.payout_queue q SET batch_id = new_batch_id, problem = NULL, retry_at = NULL
    WHERE q.network_id = collect_payouts.network_id AND q.account_id = ANY (chosen.account_ids);

    INSERT INTO chimera.payouts (batch_id, network_id, account_id, address, amount_sats)
    SELECT new_batch_id, collect_payouts.network_id, c.account_id, c.address, c.amount_sats
    FROM unnest(chosen.account_ids, chosen.addresses, chosen.amounts, chosen.payable) WITH ORDINALITY
        c (account_id, address, amount_sats, is_payable, place)
    WHERE c.is_payable ORDER BY c.place;
    -- arrears of the parts that are not paid
    DELETE FROM chimera.payout_arrears x
    WHERE x.network_id = collect_payouts.network_id AND x.account_id = ANY (chosen.account_ids)
      AND NOT EXISTS (SELECT FROM unnest(chosen.account_ids, chosen.addresses, chosen.payable) c (account_id, address, is_payable)
                      WHERE c.account_id = x.account_id AND c.address = x.address AND NOT c.is_payable);
    INSERT INTO chimera.payout_arrears (network_id, account_id, address, amount_sats)
    SELECT collect_payouts.network_id, c.account_id, c.address, c.amount_sats
    FROM unnest(chosen.account_ids, chosen.addresses, chosen.amounts, chosen.payable) c (account_id, address, amount_sats, is_payable)
    WHERE NOT c.is_payable AND c.amount_sats > 0
    ON CONFLICT ON CONSTRAINT payout_arrears_pkey DO UPDATE SET amount_sats = excluded.amount_sats;

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
COMMENT ON FUNCTION chimera.collect_payouts(uuid, bigint) IS
'For the payer: takes the amounts of the queue''s next accounts from the balances into a new batch, as far as one '
'transaction and spendable_sats (the wallet''s money; NULL: not known) allow. Returns its batch_id, or NULL if no '
'account is queued, the wallet has too little for any of them, an earlier batch is not sent yet, or '
'chimera.payout_obstacle gives a reason to wait.';

CREATE FUNCTION chimera.collect_due_payouts(network_id uuid, spendable_sats bigint DEFAULT NULL) RETURNS bigint
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE WHEN chimera.queue_due_payouts($1) THEN chimera.collect_payouts($1, $2) END;
$$;
COMMENT ON FUNCTION chimera.collect_due_payouts(uuid, bigint) IS
'Internal: the next batch of a run of payouts that is in progress or due (the last one began payout_interval '
'ago): its batch_id, or NULL.';

CREATE FUNCTION chimera.prepare_payouts(network text) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    wanted CONSTANT uuid := chimera.network_id(network);
    obstacle text;
    unsent bigint;
BEGIN
    PERFORM FROM chimera.network_configs n WHERE n.network_id = wanted FOR NO KEY UPDATE;
    obstacle := chimera.payout_obstacle(wanted);
    IF obstacle IS NOT NULL THEN
        RAISE EXCEPTION 'network "%" cannot pay out now', network
            USING ERRCODE = 'object_not_in_prerequisite_state', DETAIL = format('Payouts wait: %s.', obstacle);
    END IF;
    SELECT b.batch_id INTO unsent FROM chimera.payout_batches b
    WHERE b.network_id = wanted AND b.state IN ('prepared', 'sending');
    IF FOUND THEN
        RAISE EXCEPTION 'payout batch % of network "%" has not been sent yet', unsent, network
            USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    PERFORM chimera.start_payout_run(wanted);
    UPDATE chimera.payout_queue q SET retry_at = NULL WHERE q.network_id = wanted AND q.retry_at IS NOT NULL;
    RETURN chimera.collect_payouts(wanted);
END;
$$;
COMMENT ON FUNCTION chimera.prepare_payouts(text) IS
'Pays out all balances that have reached their minimum now, whatever the schedule: makes the first batch and '
'returns its batch_id, or NULL if nothing is payable; the payer makes the others, one after another, until all '
'accounts are paid. Errors: 42704 for an unknown network, 55000 while a batch has not been sent, or a block that '
'left the chain makes payouts wait.';

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
        RAISE EXCEPTION 'minimum payout of network "%" must be at least % of its smallest unit', least.name, least.sats
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
'Sets the balance (in the coin''s smallest unit) from which on an account is paid out on a network; NULL: the '
'network''s own minimum. Errors: 42704 for an unknown account or network, 22023 for less than the network''s '
'minimum.';

-- ---------- payouts that a batch does not pay ----------

CREATE FUNCTION chimera.add_arrears(network_id uuid, payout_ids bigint[], refusal text DEFAULT NULL) RETURNS void
    LANGUAGE sql SET search_path = pg_catalog, pg_temp
AS $$
    INSERT INTO chimera.payout_arrears AS x (network_id, account_id, address, amount_sats, refusal, refused_at)
    SELECT add_arrears.network_id, m.account_id, m.address, sum(m.missed_sats), add_arrears.refusal,
           CASE WHEN add_arrears.refusal IS NOT NULL THEN now() END
    FROM (SELECT p.account_id, p.address, CASE b.state WHEN 'confirmed' THEN p.returned_sats ELSE p.amount_sats END AS missed_sats
          FROM chimera.payouts p JOIN chimera.payout_batches b USING (batch_id)
          WHERE p.payout_id = ANY (add_arrears.payout_ids) AND p.address IS NOT NULL) m
    WHERE m.missed_sats > 0
    GROUP BY m.account_id, m.address
    ON CONFLICT ON CONSTRAINT payout_arrears_pkey DO UPDATE
    SET amount_sats = x.amount_sats + excluded.amount_sats, refusal = coalesce(excluded.refusal, x.refusal),
        refused_at = coalesce(excluded.refused_at, x.refused_at);
$$;
COMMENT ON FUNCTION chimera.add_arrears(uuid, bigint[], text) IS
'Internal: adds these payouts to the arrears of their addresses, with the wallet''s error if it refused to pay '
'them (NULL: it did not).';

CREATE FUNCTION chimera.withdraw_arrears(batch_id bigint) RETURNS void
    LANGUAGE sql SET search_path = pg_catalog, pg_temp
AS $$
    WITH paid AS (
        SELECT p.network_id, p.account_id, p.address, sum(p.amount_sats) AS sats
        FROM chimera.payouts p WHERE p.batch_id = withdraw_arrears.batch_id AND p.address IS NOT NULL GROUP BY 1, 2, 3
    ), over AS (
        DELETE FROM chimera.payout_arrears x USING paid p
        WHERE (x.network_id, x.account_id, x.address) = (p.network_id, p.account_id, p.address)
          AND x.amount_sats <= p.sats AND x.refusal IS NULL
    )
    UPDATE chimera.payout_arrears x SET amount_sats = greatest(x.amount_sats - p.sats, 0) FROM paid p
    WHERE (x.network_id, x.account_id, x.address) = (p.network_id, p.account_id, p.address)
      AND (x.amount_sats > p.sats OR x.refusal IS NOT NULL);
$$;
COMMENT ON FUNCTION chimera.withdraw_arrears(bigint) IS
'Internal: removes the arrears of a failed batch that has been paid after all.';

CREATE FUNCTION chimera.batch_state_changed() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF OLD.state = 'failed' THEN
        PERFORM chimera.withdraw_arrears(NEW.batch_id);
    ELSIF NEW.state IN ('failed', 'confirmed') THEN
        PERFORM chimera.add_arrears(NEW.network_id, ARRAY(SELECT p.payout_id FROM chimera.payouts p WHERE p.batch_id = NEW.batch_id));
    END IF;
    DELETE FROM chimera.payout_queue q WHERE q.batch_id = NEW.batch_id;
    RETURN NULL;
END;
$$;
COMMENT ON FUNCTION chimera.batch_state_changed() IS
'Trigger: amounts that a batch returns, because it failed or its transaction does not pay them, become arrears of '
'their addresses; accounts leave the queue once their transaction is made';
CREATE TRIGGER batch_state_changed AFTER UPDATE OF state ON chimera.payout_batches
    FOR EACH ROW WHEN (OLD.state <> NEW.state AND NEW.state <> 'prepared') EXECUTE FUNCTION chimera.batch_state_changed();

CREATE FUNCTION chimera.return_payouts(batch_id bigint, payout_ids bigint[], fate text, reason text DEFAULT NULL) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    batch chimera.payout_batches;
    new_id bigint;
BEGIN
    SELECT * INTO batch FROM chimera.payout_batches b
    WHERE b.batch_id = return_payouts.batch_id AND b.state = 'prepared' AND b.held_at IS NULL FOR UPDATE;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    IF cardinality(payout_ids) = 0 THEN
        RETURN true;
    END IF;
    PERFORM chimera.add_arrears(batch.network_id, payout_ids, CASE fate WHEN 'refused' THEN reason END);
    INSERT INTO chimera.ledger_transactions (network_id, kind, batch_id, memo)
    VALUES (batch.network_id, 'payout_return', batch.batch_id, reason) RETURNING transaction_id INTO new_id;
    WITH returned AS (
        DELETE FROM chimera.payouts p WHERE p.batch_id = batch.batch_id AND p.payout_id = ANY (payout_ids)
        RETURNING p.account_id, p.amount_sats
    )
    INSERT INTO chimera.ledger_entries (transaction_id, network_id, account, account_id, amount_sats)
    SELECT new_id, batch.network_id, moved.account, r.account_id, moved.sign * r.amount_sats
    FROM (SELECT d.account_id, sum(d.amount_sats) AS amount_sats FROM returned d GROUP BY 1) r
    CROSS JOIN (VALUES ('balance'::chimera.ledger_account, 1), ('sending', -1)) moved (account, sign);

    -- an account returns to its place in the queue as a whole
    IF fate = 'later' THEN
        UPDATE chimera.payout_queue q
        SET batch_id = NULL, problem = reason, retry_at = CASE WHEN reason IS NOT NULL THEN now() + interval '1 hour' END
        WHERE q.batch_id = batch.batch_id
          AND NOT EXISTS (SELECT FROM chimera.payouts p WHERE p.batch_id = batch.batch_id AND p.account_id = q.account_id);
    ELSE
        DELETE FROM chimera.payout_queue q
        WHERE q.batch_id = batch.batch_id
          AND NOT EXISTS (SELECT FROM chimera.payouts p WHERE p.batch_id = batch.batch_id AND p.account_id = q.account_id);
    END IF;
    UPDATE chimera.payout_batches b
    SET state = 'failed', failed_at = now(), problem = NULL, problem_since = NULL,
        note = concat_ws(': ', 'no payout of the batch could be made', reason)
    WHERE b.batch_id = batch.batch_id
      AND NOT EXISTS (SELECT FROM chimera.payouts p WHERE p.batch_id = batch.batch_id);
    RETURN true;
END;
$$;
COMMENT ON FUNCTION chimera.return_payouts(bigint, bigint[], text, text) IS
'For the payer: returns payouts of a prepared batch to the balances. fate: refused (the wallet refused to pay '
'these addresses, reason says why: see payout_arrears), dust (too small after their part of the fee: they wait '
'for more), later (whole accounts, which return to the queue; with a reason they are tried again in an hour). A '
'batch without payouts left fails. False if the batch is held or no longer prepared.';

CREATE FUNCTION chimera.retry_payout(account text, network text) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    wanted CONSTANT uuid := chimera.network_id(network);
    owner_id CONSTANT int := chimera.account_id(account);
    was_refused boolean;
BEGIN
    PERFORM FROM chimera.network_configs n WHERE n.network_id = wanted FOR NO KEY UPDATE;
    DELETE FROM chimera.payout_arrears x
    WHERE x.network_id = wanted AND x.account_id = owner_id AND x.refusal IS NOT NULL AND x.amount_sats = 0;
    was_refused := FOUND;
    UPDATE chimera.payout_arrears x SET refusal = NULL, refused_at = NULL
    WHERE x.network_id = wanted AND x.account_id = owner_id AND x.refusal IS NOT NULL;
    was_refused := was_refused OR FOUND;
    UPDATE chimera.payout_queue q SET retry_at = NULL
    WHERE q.network_id = wanted AND q.account_id = owner_id AND q.retry_at IS NOT NULL;
    IF NOT (was_refused OR FOUND) THEN
        RETURN false;
    END IF;
    INSERT INTO chimera.payout_queue (network_id, account_id)
    SELECT DISTINCT wanted, p.account_id FROM chimera.payout_parts(wanted, ARRAY[owner_id]) p WHERE p.is_payable
    ON CONFLICT DO NOTHING;
    PERFORM chimera.reload_workers();
    PERFORM chimera.wake_payer(wanted);
    RETURN true;
END;
$$;
COMMENT ON FUNCTION chimera.retry_payout(text, text) IS
'Makes the payer try again what it could not pay an account on a network, including addresses that the wallet '
'refused to pay (chimera.refused_payouts); false if nothing needs a retry. Errors: 42704 for an unknown account '
'or network.';

CREATE VIEW chimera.refused_payouts AS
    SELECT a.name AS account, n.name AS network, x.address, x.amount_sats, x.refusal, x.refused_at, x.account_id, x.network_id
    FROM chimera.payout_arrears x
    JOIN chimera.accounts a USING (account_id)
    JOIN chimera.network_configs n USING (network_id)
    -- an address that the account no longer uses does not matter
    WHERE x.refusal IS NOT NULL
      AND EXISTS (SELECT FROM chimera.payout_routes r
                  WHERE r.account_id = x.account_id AND r.network_id = x.network_id AND r.address = x.address);
COMMENT ON VIEW chimera.refused_payouts IS
'Addresses of accounts that nothing is sent to, because the wallet refused to pay them';
COMMENT ON COLUMN chimera.refused_payouts.account IS 'The account that is not paid';
COMMENT ON COLUMN chimera.refused_payouts.network IS 'The network';
COMMENT ON COLUMN chimera.refused_payouts.address IS
'The address; another address is paid automatically (chimera.set_wallets), this one after chimera.retry_payout()';
COMMENT ON COLUMN chimera.refused_payouts.amount_sats IS
'Its arrears so far, in the coin''s smallest unit; part of the balance';
COMMENT ON COLUMN chimera.refused_payouts.refusal IS 'The node''s error';
COMMENT ON COLUMN chimera.refused_payouts.refused_at IS 'When the wallet refused to pay it';
COMMENT ON COLUMN chimera.refused_payouts.account_id IS 'The account''s number';
COMMENT ON COLUMN chimera.refused_payouts.network_id IS 'The network''s id';

CREATE FUNCTION chimera.waiting_payouts(OUT network text, OUT message text, OUT since timestamptz) RETURNS SETOF record
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    WITH problems AS (
        SELECT 0 AS place, n.name AS network, 'payouts wait: ' || o.reason AS message, NULL::timestamptz AS since
        FROM chimera.network_configs n
        CROSS JOIN LATERAL chimera.payout_obstacle(n.network_id) o (reason)
        WHERE o.reason IS NOT NULL
          AND (EXISTS (SELECT FROM chimera.due_balances d WHERE d.network_id = n.network_id)
               OR EXISTS (SELECT FROM chimera.payout_queue q WHERE q.network_id = n.network_id))
        UNION ALL
        SELECT 1, r.network, 'addresses refused by the wallet: ' || count(*) || '; ' || string_agg(
                   CASE WHEN r.number <= 5 THEN format('%s to %s: %s', r.account, r.address, r.refusal) WHEN r.number = 6 THEN '...' END,
                   '; ' ORDER BY r.number) AS message, min(r.refused_at) AS since
        FROM (SELECT p.*, row_number() OVER (PARTITION BY p.network ORDER BY p.refused_at, p.account, p.address) AS number
              FROM chimera.refused_payouts p) r
        GROUP BY r.network
        UNION ALL
        SELECT 2, q.network, string_agg(format('%s: %s', q.account, q.problem), '; ' ORDER BY q.place), NULL
        FROM (SELECT n.name AS network, a.name AS account, w.problem, w.place,
                     row_number() OVER (PARTITION BY w.network_id ORDER BY w.place) AS number
              FROM chimera.payout_queue w JOIN chimera.network_configs n USING (network_id) JOIN chimera.accounts a USING (account_id)
              WHERE w.problem IS NOT NULL) q
        WHERE q.number <= 5 GROUP BY q.network
        UNION ALL
        SELECT 3, n.name, format('%s accounts wait for money in the wallet: it has %s, but they are due %s (%s more)',
                                 q.accounts, k.spendable_sats, q.sats, q.sats - k.spendable_sats), k.seen_at
        FROM chimera.network_configs n
        JOIN chimera.payer_notes k USING (network_id)
        CROSS JOIN LATERAL (
            SELECT count(*) AS accounts, sum(b.amount_sats) AS sats
            FROM chimera.payout_queue w
            JOIN chimera.balances b ON b.network_id = w.network_id AND b.account = 'balance' AND b.account_id = w.account_id
            WHERE w.network_id = n.network_id AND w.batch_id IS NULL) q
        WHERE q.sats > k.spendable_sats
        UNION ALL
        -- an account without a wallet set can be paid only at its name, which is fast to check
        SELECT 4, n.name, format('%s accounts with %s of the smallest unit have no address that can be paid', count(*), sum(b.amount_sats)), NULL
        FROM chimera.network_configs n
        JOIN chimera.due_balances d USING (network_id)
        JOIN chimera.balances b ON b.network_id = d.network_id AND b.account = 'balance' AND b.account_id = d.account_id
        JOIN chimera.accounts a ON a.account_id = d.account_id
        WHERE CASE WHEN EXISTS (SELECT FROM chimera.wallet_sets s
                                WHERE s.account_id = d.account_id AND (s.network_id = d.network_id OR s.network_id IS NULL))
                   THEN coalesce((SELECT bool_or(r.problem IS NOT NULL) FROM chimera.payout_routes r
                                  WHERE r.account_id = d.account_id AND r.network_id = d.network_id), true)
                   ELSE chimera.address_error(a.name, n) IS NOT NULL END
        GROUP BY n.name
        UNION ALL
        SELECT 5, n.name, format('network is archived, but %s accounts are due %s of the smallest unit: see '
                                 'chimera.prepare_payouts()',
                                 count(*), sum(b.amount_sats)), n.archived_at
        FROM chimera.network_configs n
        JOIN chimera.due_balances d USING (network_id)
        JOIN chimera.balances b ON b.network_id = d.network_id AND b.account = 'balance' AND b.account_id = d.account_id
        WHERE n.archived_at IS NOT NULL
        GROUP BY n.network_id
        UNION ALL
        SELECT 6, n.name, format('%s accounts are due %s of the smallest unit, but have shortfalls: see '
                                 'chimera.recover_shortfalls and chimera.write_off_shortfalls',
                                 count(*), sum(b.amount_sats)), NULL
        FROM chimera.network_configs n
        JOIN chimera.due_balances d USING (network_id)
        JOIN chimera.balances b ON b.network_id = d.network_id AND b.account = 'balance' AND b.account_id = d.account_id
        WHERE EXISTS (SELECT FROM chimera.shortfalls s
                      WHERE s.network_id = d.network_id AND s.account_id = d.account_id AND s.written_off_at IS NULL)
        GROUP BY n.name
    )
    SELECT p.network, string_agg(p.message, '; ' ORDER BY p.place), min(p.since) FROM problems p GROUP BY 1;
$$;
COMMENT ON FUNCTION chimera.waiting_payouts() IS
'Balances that are due but not paid, and why: one row per network; no row for a network without such balances.';

-- ---------- the payer's steps with a batch ----------

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
    -- the transaction must be on disk before it is sent
    IF current_setting('synchronous_commit') IN ('off', 'local') THEN
        PERFORM set_config('synchronous_commit', 'on', true);
    END IF;
    UPDATE chimera.payout_batches b
    SET state = 'sending', raw = store_payout_transaction.raw, txid = store_payout_transaction.txid,
        fee_sats = store_payout_transaction.fee_sats, problem = NULL, problem_since = NULL
    WHERE b.batch_id = store_payout_transaction.batch_id AND b.state = 'prepared' AND b.held_at IS NULL
      AND chimera.payout_obstacle(b.network_id) IS NULL
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
'For the payer: stores a batch''s signed transaction, which may be sent from then on; false if the batch was held '
'or cancelled meanwhile, or has to wait (chimera.payout_obstacle).';

CREATE FUNCTION chimera.record_payout(batch_id bigint, confirmations int, problem text DEFAULT NULL, block_hash text DEFAULT NULL,
    block_height int DEFAULT NULL) RETURNS void
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    UPDATE chimera.payout_batches b
    SET state = CASE WHEN record_payout.confirmations IS NULL THEN b.state ELSE 'sent' END,
        sent_at = CASE WHEN record_payout.confirmations IS NULL THEN b.sent_at ELSE coalesce(b.sent_at, now()) END,
        confirmations = coalesce(record_payout.confirmations, b.confirmations),
        block_hash = coalesce(record_payout.block_hash, b.block_hash),
        block_height = coalesce(record_payout.block_height, b.block_height),
        problem = record_payout.problem,
        problem_since = CASE WHEN record_payout.problem IS NULL THEN NULL
                             WHEN b.problem = record_payout.problem THEN b.problem_since ELSE now() END
    WHERE b.batch_id = record_payout.batch_id AND b.state IN ('prepared', 'sending', 'sent')
      AND (b.problem IS DISTINCT FROM record_payout.problem
           OR record_payout.confirmations IS NOT NULL
              AND (b.state, b.confirmations) IS DISTINCT FROM ('sent'::chimera.payout_state, record_payout.confirmations)
           OR record_payout.block_hash <> coalesce(b.block_hash, ''));
$$;
COMMENT ON FUNCTION chimera.record_payout(bigint, int, text, text, int) IS
'For the payer: records the state of a batch: the confirmations of its transaction if the wallet or the chain has '
'it (NULL: not checked), its block, and the problem.';

CREATE FUNCTION chimera.finish_payout(batch_id bigint, has_failed boolean, note text DEFAULT NULL, confirmations int DEFAULT NULL)
    RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    batch record;
    new_id bigint;
BEGIN
    UPDATE chimera.payout_batches b
    SET state = CASE WHEN has_failed THEN 'failed' ELSE 'confirmed' END::chimera.payout_state,
        confirmed_at = CASE WHEN NOT has_failed THEN now() END, failed_at = CASE WHEN has_failed THEN now() END,
        confirmations = CASE WHEN has_failed THEN 0 ELSE coalesce(finish_payout.confirmations, b.confirmations) END,
        raw = NULL, problem = NULL, problem_since = NULL, held_at = NULL, held_by = NULL, verdict_is_pending = false,
        note = coalesce(finish_payout.note, b.note)
    WHERE b.batch_id = finish_payout.batch_id AND b.state = ANY (CASE WHEN has_failed THEN '{prepared,sending,sent}'
                                                                   ELSE '{sent}' END::chimera.payout_state[])
    RETURNING b.network_id, b.fee_sats,
              CASE WHEN b.verdict IS NOT NULL
                   THEN format('verdict of %s: %s: %s', b.verdict_by, concat_ws(' by ', b.verdict, b.verdict_txid), b.verdict_reason)
              END AS verdict INTO batch;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;

    INSERT INTO chimera.ledger_transactions (network_id, kind, batch_id, memo)
    VALUES (batch.network_id, 'payout_end', finish_payout.batch_id, nullif(concat_ws('; ', batch.verdict, finish_payout.note), ''))
    RETURNING transaction_id INTO new_id;
    WITH paid AS (
        SELECT p.account_id, sum(p.amount_sats) AS amount_sats, sum(p.fee_sats) AS fee_sats,
               sum(CASE WHEN has_failed THEN p.amount_sats ELSE p.returned_sats END) AS returned_sats
        FROM chimera.payouts p WHERE p.batch_id = finish_payout.batch_id GROUP BY 1
    ), moved AS (
        SELECT 'sending'::chimera.ledger_account AS account, p.account_id, -p.amount_sats AS sats FROM paid p
        UNION ALL
        SELECT 'balance', p.account_id, p.returned_sats FROM paid p
        UNION ALL
        SELECT 'paid', p.account_id, p.amount_sats - p.fee_sats - p.returned_sats FROM paid p WHERE NOT has_failed
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
COMMENT ON FUNCTION chimera.finish_payout(bigint, boolean, text, int) IS
'For the payer: ends a batch as confirmed, with this many confirmations, or as failed, which returns its amounts '
'to the balances. Amounts that the transaction of a confirmed batch does not pay return too. Returns the ledger''s '
'transaction_id, or NULL if the batch had already ended.';

-- ---------- operators ----------

CREATE FUNCTION chimera.lock_payout_batch(batch_id bigint) RETURNS chimera.payout_batches
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    batch chimera.payout_batches;
BEGIN
    SELECT * INTO batch FROM chimera.payout_batches b WHERE b.batch_id = lock_payout_batch.batch_id FOR UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'payout batch % does not exist', batch_id USING ERRCODE = 'undefined_object';
    ELSIF batch.state = 'confirmed' THEN
        RAISE EXCEPTION 'payout batch % is already confirmed', batch_id USING ERRCODE = 'object_not_in_prerequisite_state';
    ELSIF batch.state = 'failed' THEN
        RAISE EXCEPTION 'payout batch % has failed', batch_id USING ERRCODE = 'object_not_in_prerequisite_state',
            HINT = 'Its amounts have been returned to the balances: see chimera.prepare_payouts().';
    END IF;
    RETURN batch;
END;
$$;
COMMENT ON FUNCTION chimera.lock_payout_batch(bigint) IS
'Internal: locks a batch that has not ended. Errors: 42704 for an unknown batch, 55000 for one that is confirmed '
'or has failed.';

CREATE FUNCTION chimera.hold_payout_batch(batch_id bigint, reason text DEFAULT NULL) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    batch CONSTANT chimera.payout_batches := chimera.lock_payout_batch(batch_id);
BEGIN
    IF batch.state = 'sent' THEN
        RAISE EXCEPTION 'payout batch % has already been sent', batch.batch_id USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    UPDATE chimera.payout_batches b
    SET held_at = now(), held_by = chimera.actor(),
        note = coalesce(reason, b.note)
    WHERE b.batch_id = batch.batch_id AND b.held_at IS NULL;
END;
$$;
COMMENT ON FUNCTION chimera.hold_payout_batch(bigint, text) IS
'Holds a batch that has not been sent: nothing happens to it, and its network makes no other batch, until it is '
'released or cancelled. A batch that is just being sent may still be sent. Errors: 42704 for an unknown batch, '
'55000 for one that has been sent or has ended.';

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
'Releases a held batch. Errors: 42704 for an unknown batch, 55000 for one that has ended.';

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
'Makes the payer try a batch at once, for example after the wallet was unlocked or funded; without it, the payer '
'retries every chimera.block_poll_interval. Errors: 42704 for an unknown batch, 55000 for one that is held or has '
'ended.';

CREATE FUNCTION chimera.cancel_payout_batch(batch_id bigint, reason text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    batch CONSTANT chimera.payout_batches := chimera.lock_payout_batch(batch_id);
BEGIN
    IF batch.state <> 'prepared' THEN
        RAISE EXCEPTION 'payout batch % already has a signed transaction', batch.batch_id
            USING ERRCODE = 'object_not_in_prerequisite_state', DETAIL = format('Transaction %s may have reached the coin''s network.', batch.txid),
                HINT = 'Spend one of its inputs with another transaction of the wallet: once that is deep enough in '
                       'the chain, the payer returns the amounts. See chimera.settle_payout_batch().';
    END IF;
    PERFORM chimera.finish_payout(batch.batch_id, true, concat_ws(': ', 'cancelled by ' || chimera.actor(), reason));
    DELETE FROM chimera.payout_queue q WHERE q.network_id = batch.network_id;
END;
$$;
COMMENT ON FUNCTION chimera.cancel_payout_batch(bigint, text) IS
'Returns the amounts of a batch without a transaction to the balances, and ends its run. Errors: 42704 for an '
'unknown batch, 55000 for one whose transaction is signed or that has ended.';

-- ---------- views ----------

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
COMMENT ON VIEW chimera.account_balances IS 'The money of each account on each network, in the coin''s smallest unit';
COMMENT ON COLUMN chimera.account_balances.account_id IS 'The account';
COMMENT ON COLUMN chimera.account_balances.account IS 'The account''s name';
COMMENT ON COLUMN chimera.account_balances.network_id IS 'The coin''s network';
COMMENT ON COLUMN chimera.account_balances.network IS 'The network''s name';
COMMENT ON COLUMN chimera.account_balances.symbol IS 'The coin''s ticker';
COMMENT ON COLUMN chimera.account_balances.immature_sats IS 'Rewards of blocks that are not confirmed yet';
COMMENT ON COLUMN chimera.account_balances.balance_sats IS 'Balance, not yet paid out';
COMMENT ON COLUMN chimera.account_balances.sending_sats IS 'In batches that have not ended';
COMMENT ON COLUMN chimera.account_balances.paid_sats IS 'Paid so far, without fees';
COMMENT ON COLUMN chimera.account_balances.minimum_payout_sats IS 'The balance from which on it is paid out';

CREATE VIEW chimera.account_payouts AS
    SELECT p.payout_id, p.batch_id, p.account_id, a.name AS account, p.network_id, n.name AS network, n.symbol,
           b.state, b.held_at IS NOT NULL AS is_held, p.address, p.amount_sats, p.fee_sats,
           p.amount_sats - p.fee_sats - p.returned_sats AS sent_sats,
           p.txid, b.confirmations, b.created_at, b.sent_at, b.confirmed_at
    FROM chimera.payouts p
    JOIN chimera.payout_batches b USING (batch_id)
    JOIN chimera.accounts a USING (account_id)
    JOIN chimera.network_configs n ON n.network_id = p.network_id;
COMMENT ON VIEW chimera.account_payouts IS 'The payouts of each account';
COMMENT ON COLUMN chimera.account_payouts.payout_id IS 'The payout''s number';
COMMENT ON COLUMN chimera.account_payouts.batch_id IS 'The batch that pays it';
COMMENT ON COLUMN chimera.account_payouts.account_id IS 'The account';
COMMENT ON COLUMN chimera.account_payouts.account IS 'The account''s name';
COMMENT ON COLUMN chimera.account_payouts.network_id IS 'The coin''s network';
COMMENT ON COLUMN chimera.account_payouts.network IS 'The network''s name';
COMMENT ON COLUMN chimera.account_payouts.symbol IS 'The coin''s ticker';
COMMENT ON COLUMN chimera.account_payouts.state IS 'State of the batch: prepared, sending, sent, confirmed or failed';
COMMENT ON COLUMN chimera.account_payouts.is_held IS 'Whether the batch is held';
COMMENT ON COLUMN chimera.account_payouts.address IS 'Address that is paid';
COMMENT ON COLUMN chimera.account_payouts.amount_sats IS 'Amount taken from the balance, in the coin''s smallest unit';
COMMENT ON COLUMN chimera.account_payouts.fee_sats IS 'The part of it that pays the transaction''s fee';
COMMENT ON COLUMN chimera.account_payouts.sent_sats IS 'The part of it that arrives';
COMMENT ON COLUMN chimera.account_payouts.txid IS 'The transaction''s id, once it is signed';
COMMENT ON COLUMN chimera.account_payouts.confirmations IS 'The transaction''s confirmations at the last check';
COMMENT ON COLUMN chimera.account_payouts.created_at IS 'When the amount was taken from the balance';
COMMENT ON COLUMN chimera.account_payouts.sent_at IS 'When the wallet was first seen to have the transaction';
COMMENT ON COLUMN chimera.account_payouts.confirmed_at IS 'When the transaction became final';

CREATE FUNCTION chimera.audit_payouts(network_id uuid, OUT check_name text, OUT subject text, OUT expected numeric, OUT found numeric)
    RETURNS SETOF record
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    WITH batches AS (
        SELECT b.batch_id, b.state, b.txid, b.fee_sats, b.fee_payer, b.problem, b.replaced_txid,
               sum(p.amount_sats) AS amount_sats, sum(p.fee_sats) AS paid_fee_sats, sum(p.returned_sats) AS returned_sats
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
            ('balance'::chimera.ledger_account, CASE b.state WHEN 'failed' THEN NULL WHEN 'confirmed' THEN b.returned_sats - b.amount_sats ELSE -b.amount_sats END),
            ('sending', CASE WHEN b.state IN ('prepared', 'sending', 'sent') THEN b.amount_sats END),
            ('paid', CASE WHEN b.state = 'confirmed' THEN b.amount_sats - b.paid_fee_sats - b.returned_sats END),
            ('network_fee', CASE WHEN b.state = 'confirmed' THEN b.fee_sats END),
            ('pool', CASE WHEN b.state = 'confirmed' THEN b.paid_fee_sats - b.fee_sats END)) o (account, sats)
    )
    SELECT 'every payout batch equals its ledger transactions', format('batch %s: %s', coalesce(o.batch_id, m.batch_id), coalesce(o.account, m.account)),
           coalesce(o.sats, 0), coalesce(m.sats, 0)
    FROM owed o FULL JOIN moved m USING (batch_id, account)
    WHERE coalesce(o.sats, 0) <> coalesce(m.sats, 0)
    UNION ALL
    SELECT 'recipients bear the fee of their batch', format('batch %s', b.batch_id), CASE b.fee_payer WHEN 'recipients' THEN b.fee_sats ELSE 0 END, b.paid_fee_sats
    FROM batches b
    WHERE b.fee_sats IS NOT NULL AND b.replaced_txid IS NULL AND b.paid_fee_sats <> CASE b.fee_payer WHEN 'recipients' THEN b.fee_sats ELSE 0 END
    UNION ALL
    SELECT 'every balance at the minimum payout is recorded as due', format('account %s', b.account_id), NULL, b.amount_sats
    FROM chimera.balances b JOIN chimera.network_configs n USING (network_id)
    WHERE b.network_id = audit_payouts.network_id AND b.account = 'balance' AND b.amount_sats >= n.minimum_payout_sats
      AND NOT EXISTS (SELECT FROM chimera.due_balances d WHERE (d.network_id, d.account_id) = (b.network_id, b.account_id))
    UNION ALL
    -- the payer has found it there
    SELECT 'no failed payout is in the chain', format('batch %s: transaction %s', b.batch_id, b.txid), 0, b.amount_sats
    FROM batches b
    WHERE b.state = 'failed' AND b.problem IS NOT NULL;
$$;
COMMENT ON FUNCTION chimera.audit_payouts(uuid) IS
'Internal: recounts the payout batches of a network for chimera.audit().';

SELECT pg_catalog.pg_extension_config_dump('chimera.payout_batches', '');
SELECT pg_catalog.pg_extension_config_dump('chimera.payout_batches_batch_id_seq', '');
SELECT pg_catalog.pg_extension_config_dump('chimera.payouts', '');
SELECT pg_catalog.pg_extension_config_dump('chimera.payouts_payout_id_seq', '');
SELECT pg_catalog.pg_extension_config_dump('chimera.payout_minimums', '');
SELECT pg_catalog.pg_extension_config_dump('chimera.due_balances', '');
SELECT pg_catalog.pg_extension_config_dump('chimera.payout_arrears', '');
SELECT pg_catalog.pg_extension_config_dump('chimera.payout_queue', '');
SELECT pg_catalog.pg_extension_config_dump('chimera.payout_queue_place_seq', '');
SELECT pg_catalog.pg_extension_config_dump('chimera.payer_notes', '');
