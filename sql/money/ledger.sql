-- ledger.sql: every movement of money, by double entry.
--
-- A ledger transaction moves amounts between the accounts of one network; its
-- entries sum to zero and are inserted by one statement. Rows are never
-- changed or deleted: another transaction reverses a mistake.

CREATE TYPE chimera.ledger_account AS ENUM (
    'rewards', 'immature', 'balance', 'pool_immature', 'pool', 'donation_immature', 'donation', 'sending', 'paid', 'network_fee');
COMMENT ON TYPE chimera.ledger_account IS
'rewards: the source of all block rewards, hence the negative of their sum; immature and balance: an account''s '
'money before and after its blocks are confirmed; pool and donation: fees and the pool''s own risk, donations; '
'sending: an account''s money in an unfinished payout; paid: what an account has been sent; network_fee: the '
'transaction fees of payouts';

CREATE TYPE chimera.ledger_kind AS ENUM ('block', 'maturity', 'orphan', 'shares', 'payout', 'payout_return', 'payout_end', 'payout_correction', 'adjustment');
COMMENT ON TYPE chimera.ledger_kind IS
'block: a block''s reward is divided, immature; maturity: the block is confirmed, the reward spendable; orphan: '
'its credit is reversed; shares: payment by share (PPS); payout: balances go into a batch; payout_return: some of '
'them are returned before it is signed; payout_end: the batch is confirmed or has failed; payout_correction: a '
'failed batch is paid after all; adjustment: manual';

CREATE SEQUENCE chimera.ledger_transactions_transaction_id_seq;
CREATE TABLE chimera.ledger_transactions (
    transaction_id bigint PRIMARY KEY DEFAULT nextval('chimera.ledger_transactions_transaction_id_seq'),
    network_id uuid NOT NULL REFERENCES chimera.network_configs,
    kind chimera.ledger_kind NOT NULL,
    block_id bigint REFERENCES chimera.blocks,
    step int,
    batch_id bigint,
    memo text,
    created_at timestamptz NOT NULL DEFAULT now(),
    from_share_id bigint,
    to_share_id bigint,
    shares_since timestamptz,
    -- two concurrent accountants would both insert the next step
    UNIQUE (block_id, step),
    CHECK ((kind IN ('block', 'maturity', 'orphan')) = (block_id IS NOT NULL)),
    CHECK ((block_id IS NULL) = (step IS NULL)),
    CHECK ((kind IN ('payout', 'payout_return', 'payout_end', 'payout_correction')) = (batch_id IS NOT NULL)),
    CHECK ((kind = 'shares') = (from_share_id IS NOT NULL)),
    CHECK ((from_share_id IS NULL) = (to_share_id IS NULL) AND (from_share_id IS NULL) = (shares_since IS NULL)),
    CHECK (from_share_id < to_share_id)
);
ALTER SEQUENCE chimera.ledger_transactions_transaction_id_seq OWNED BY chimera.ledger_transactions.transaction_id;
CREATE INDEX ledger_transactions_network_id_idx ON chimera.ledger_transactions (network_id, transaction_id);
CREATE INDEX ledger_transactions_from_share_id_idx ON chimera.ledger_transactions (network_id, from_share_id)
    WHERE from_share_id IS NOT NULL;
CREATE UNIQUE INDEX ledger_transactions_batch_id_idx ON chimera.ledger_transactions (batch_id, kind)
    WHERE kind IN ('payout', 'payout_end');
CREATE INDEX ledger_transactions_batch_id_returned_idx ON chimera.ledger_transactions (batch_id) WHERE batch_id IS NOT NULL;
COMMENT ON TABLE chimera.ledger_transactions IS 'Movements of money and their reasons; append only';
COMMENT ON COLUMN chimera.ledger_transactions.transaction_id IS 'The transaction''s number';
COMMENT ON COLUMN chimera.ledger_transactions.network_id IS 'The coin''s network';
COMMENT ON COLUMN chimera.ledger_transactions.kind IS 'Kind of movement';
COMMENT ON COLUMN chimera.ledger_transactions.block_id IS 'The block that it concerns';
COMMENT ON COLUMN chimera.ledger_transactions.step IS
'Number of the transaction among the block''s, from 1: a block may be orphaned and return';
COMMENT ON COLUMN chimera.ledger_transactions.batch_id IS 'The payout batch that it concerns';
COMMENT ON COLUMN chimera.ledger_transactions.memo IS 'Description';
COMMENT ON COLUMN chimera.ledger_transactions.created_at IS 'When it was posted';
COMMENT ON COLUMN chimera.ledger_transactions.from_share_id IS
'For kind shares: it pays the network''s shares after this one';
COMMENT ON COLUMN chimera.ledger_transactions.to_share_id IS
'For kind shares: it pays the network''s shares up to this one';
COMMENT ON COLUMN chimera.ledger_transactions.shares_since IS
'For kind shares: no such share is older, apart from chimera.clock_slack()';

CREATE SEQUENCE chimera.ledger_entries_entry_id_seq;
CREATE TABLE chimera.ledger_entries (
    entry_id bigint PRIMARY KEY DEFAULT nextval('chimera.ledger_entries_entry_id_seq'),
    transaction_id bigint NOT NULL REFERENCES chimera.ledger_transactions,
    network_id uuid NOT NULL,
    account chimera.ledger_account NOT NULL,
    account_id int REFERENCES chimera.accounts,
    amount_sats bigint NOT NULL CHECK (amount_sats <> 0),
    CHECK ((account IN ('immature', 'balance', 'sending', 'paid')) = (account_id IS NOT NULL))
);
ALTER SEQUENCE chimera.ledger_entries_entry_id_seq OWNED BY chimera.ledger_entries.entry_id;
CREATE INDEX ledger_entries_transaction_id_idx ON chimera.ledger_entries (transaction_id);
CREATE INDEX ledger_entries_account_idx ON chimera.ledger_entries (account_id, network_id, entry_id) WHERE account_id IS NOT NULL;
COMMENT ON TABLE chimera.ledger_entries IS
'The amounts that ledger transactions move, each summing to zero; append only';
COMMENT ON COLUMN chimera.ledger_entries.entry_id IS 'The entry''s number';
COMMENT ON COLUMN chimera.ledger_entries.transaction_id IS 'The entry''s transaction';
COMMENT ON COLUMN chimera.ledger_entries.network_id IS 'The transaction''s network';
COMMENT ON COLUMN chimera.ledger_entries.account IS 'The ledger account';
COMMENT ON COLUMN chimera.ledger_entries.account_id IS 'The pool''s account, for ledger accounts that each of them has';
COMMENT ON COLUMN chimera.ledger_entries.amount_sats IS 'The amount added, in the coin''s smallest unit';

CREATE TABLE chimera.balances (
    network_id uuid NOT NULL,
    account chimera.ledger_account NOT NULL,
    account_id int NOT NULL DEFAULT 0,
    -- the sum of everything a coin ever paid may exceed a bigint
    amount_sats numeric(40, 0) NOT NULL,
    PRIMARY KEY (network_id, account, account_id)
);
CREATE INDEX balances_account_id_idx ON chimera.balances (account_id) WHERE account_id <> 0;
COMMENT ON TABLE chimera.balances IS
'The sums of the ledger accounts, maintained by a trigger; only the pool''s own may be negative';
COMMENT ON COLUMN chimera.balances.network_id IS 'The coin''s network';
COMMENT ON COLUMN chimera.balances.account IS 'The ledger account';
COMMENT ON COLUMN chimera.balances.account_id IS 'The pool''s account; 0 for ledger accounts that exist only once';
COMMENT ON COLUMN chimera.balances.amount_sats IS 'The sum, in the coin''s smallest unit';

CREATE FUNCTION chimera.may_be_negative(account chimera.ledger_account) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT account IN ('rewards', 'pool', 'pool_immature');
$$;
COMMENT ON FUNCTION chimera.may_be_negative(chimera.ledger_account) IS
'Whether a ledger account may be below zero: only the pool''s own may, since the pool bears losses.';

CREATE FUNCTION chimera.ledger_amounts(total_sats numeric) RETURNS SETOF bigint
    LANGUAGE sql IMMUTABLE PARALLEL SAFE ROWS 1 SET search_path = pg_catalog, pg_temp
AS $$
    SELECT (sign(total_sats) * least(abs(total_sats) - sent, 9223372036854775807))::bigint
    FROM generate_series(0, abs(total_sats) - 1, 9223372036854775807) sent;
$$;
COMMENT ON FUNCTION chimera.ledger_amounts(numeric) IS
'Internal: the amounts of the ledger entries that make up a total, which may exceed a bigint: one entry for most '
'totals, none for 0.';

-- ---------- triggers that enforce it ----------

-- A dump may restore all entries in one statement or each in its own, before
-- or after the balances, or without any trigger. The restored rows were
-- consistent, so the triggers only maintain the balances, and chimera.audit()
-- checks whether everything has arrived. The balances are dumped too, for
-- restores without triggers; with triggers they are computed from the
-- entries.

CREATE FUNCTION chimera.check_entries_whole(transaction_ids bigint[], given bigint[]) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    wrong record;
BEGIN
    SELECT e.transaction_id, sum(e.amount_sats) AS sum, count(*) FILTER (WHERE e.network_id <> t.network_id) AS strays INTO wrong
    FROM unnest(transaction_ids, given) w (transaction_id, given)
    JOIN chimera.ledger_transactions t USING (transaction_id)
    JOIN chimera.ledger_entries e USING (transaction_id)
    GROUP BY 1, w.given
    HAVING sum(e.amount_sats) <> 0 OR count(*) FILTER (WHERE e.network_id <> t.network_id) > 0 OR count(*) <> w.given
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'entries of ledger transaction % do not balance', wrong.transaction_id
            USING ERRCODE = 'check_violation',
                  DETAIL = format('The entries sum to %s; %s of them are of another network.', wrong.sum, wrong.strays),
                  HINT = 'Insert all entries of a transaction in one statement; they must sum to zero.';
    END IF;
END;
$$;
COMMENT ON FUNCTION chimera.check_entries_whole(bigint[], bigint[]) IS
'Internal: rejects ledger transactions whose entries do not sum to zero, are of another network or are not all '
'among the given ones. Part of chimera.post_entries. Errors: 23514.';

CREATE FUNCTION chimera.post_entries() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    restored CONSTANT boolean := chimera.is_restoring();
    owing record;
BEGIN
    IF NOT restored THEN
        PERFORM chimera.check_entries_whole(array_agg(w.transaction_id), array_agg(w.given))
        FROM (SELECT e.transaction_id, count(*) AS given FROM entered e GROUP BY 1) w;
    END IF;

    -- always in the same order, to avoid deadlocks
    INSERT INTO chimera.balances (network_id, account, account_id, amount_sats)
    SELECT DISTINCT e.network_id, e.account, coalesce(e.account_id, 0), 0
    FROM entered e ORDER BY 1, 2, 3
    ON CONFLICT DO NOTHING;
    PERFORM FROM chimera.balances b
    WHERE (b.network_id, b.account, b.account_id) IN (SELECT e.network_id, e.account, coalesce(e.account_id, 0) FROM entered e)
    ORDER BY b.network_id, b.account, b.account_id FOR UPDATE;
    UPDATE chimera.balances b SET amount_sats = b.amount_sats + s.amount_sats
    FROM (SELECT e.network_id, e.account, coalesce(e.account_id, 0) AS account_id, sum(e.amount_sats) AS amount_sats
          FROM entered e GROUP BY 1, 2, 3) s
    WHERE (b.network_id, b.account, b.account_id) = (s.network_id, s.account, s.account_id);

    IF NOT restored THEN
        SELECT b.account, b.account_id, b.amount_sats INTO owing FROM chimera.balances b
        WHERE (b.network_id, b.account, b.account_id) IN (SELECT e.network_id, e.account, coalesce(e.account_id, 0) FROM entered e)
          AND b.amount_sats < 0 AND NOT chimera.may_be_negative(b.account)
        ORDER BY b.account, b.account_id LIMIT 1;
        IF FOUND THEN
            RAISE EXCEPTION 'balance of account % must not be negative', owing.account_id
                USING ERRCODE = 'check_violation', DETAIL = format('Its ledger account "%s" would be %s.', owing.account, owing.amount_sats);
        END IF;
    END IF;
    RETURN NULL;
END;
$$;
COMMENT ON FUNCTION chimera.post_entries() IS
'Trigger: maintains the balances, and rejects entries that do not sum to zero or make a balance negative';
CREATE TRIGGER post_entries AFTER INSERT ON chimera.ledger_entries
    REFERENCING NEW TABLE AS entered FOR EACH STATEMENT EXECUTE FUNCTION chimera.post_entries();

CREATE FUNCTION chimera.derive_balance() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF EXISTS (SELECT FROM chimera.balances b
               WHERE (b.network_id, b.account, b.account_id) = (NEW.network_id, NEW.account, NEW.account_id)) THEN
        RETURN NULL;
    END IF;
    NEW.amount_sats := coalesce((
        SELECT sum(e.amount_sats) FROM chimera.ledger_entries e
        WHERE e.network_id = NEW.network_id AND e.account = NEW.account
          AND CASE WHEN NEW.account_id = 0 THEN e.account_id IS NULL ELSE e.account_id = NEW.account_id END), 0);
    RETURN NEW;
END;
$$;
COMMENT ON FUNCTION chimera.derive_balance() IS
'Trigger: computes a balance that post_entries did not write, such as one from a dump, from the entries, '
'whichever of them is restored first';
CREATE TRIGGER derive_balance BEFORE INSERT ON chimera.balances
    FOR EACH ROW WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION chimera.derive_balance();

CREATE FUNCTION chimera.rebuild_balances() RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    wrong bigint;
    missing bigint;
BEGIN
    -- blocks inserts meanwhile
    LOCK TABLE chimera.ledger_entries, chimera.balances IN SHARE ROW EXCLUSIVE MODE;
    UPDATE chimera.balances b SET amount_sats = s.amount_sats
    FROM (SELECT k.network_id, k.account, k.account_id, coalesce(sum(e.amount_sats), 0) AS amount_sats
          FROM chimera.balances k LEFT JOIN chimera.ledger_entries e
               ON e.network_id = k.network_id AND e.account = k.account AND coalesce(e.account_id, 0) = k.account_id
          GROUP BY 1, 2, 3) s
    WHERE (b.network_id, b.account, b.account_id) = (s.network_id, s.account, s.account_id) AND b.amount_sats <> s.amount_sats;
    GET DIAGNOSTICS wrong = ROW_COUNT;
    -- the trigger sums the entries
    INSERT INTO chimera.balances (network_id, account, account_id, amount_sats)
    SELECT DISTINCT e.network_id, e.account, coalesce(e.account_id, 0), 0 FROM chimera.ledger_entries e
    WHERE NOT EXISTS (SELECT FROM chimera.balances b
                      WHERE (b.network_id, b.account, b.account_id) = (e.network_id, e.account, coalesce(e.account_id, 0)));
    GET DIAGNOSTICS missing = ROW_COUNT;
    RETURN wrong + missing;
END;
$$;
COMMENT ON FUNCTION chimera.rebuild_balances() IS
'Recomputes the balances from the ledger''s entries, after a restore or copy that missed them; returns how many '
'were wrong. Blocks the ledger meanwhile. chimera.audit() shows whether it is needed.';

CREATE FUNCTION chimera.forbid_removal() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RAISE EXCEPTION 'cannot delete rows of table %.%', TG_TABLE_SCHEMA, TG_TABLE_NAME
        USING ERRCODE = 'object_not_in_prerequisite_state';
END;
$$;
COMMENT ON FUNCTION chimera.forbid_removal() IS 'Trigger: rejects any DELETE or TRUNCATE';
CREATE TRIGGER forbid_change BEFORE UPDATE ON chimera.ledger_transactions
    FOR EACH STATEMENT EXECUTE FUNCTION chimera.forbid_change();
CREATE TRIGGER forbid_removal BEFORE DELETE OR TRUNCATE ON chimera.ledger_transactions
    FOR EACH STATEMENT EXECUTE FUNCTION chimera.forbid_removal();
CREATE TRIGGER forbid_change BEFORE UPDATE ON chimera.ledger_entries
    FOR EACH STATEMENT EXECUTE FUNCTION chimera.forbid_change();
CREATE TRIGGER forbid_removal BEFORE DELETE OR TRUNCATE ON chimera.ledger_entries
    FOR EACH STATEMENT EXECUTE FUNCTION chimera.forbid_removal();

CREATE FUNCTION chimera.adjust_balance(network text, account text, amount_sats bigint, memo text) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    wanted CONSTANT uuid := chimera.network_id(network);
    owner_id int;
    new_id bigint;
BEGIN
    IF coalesce(btrim(memo), '') = '' THEN
        RAISE EXCEPTION 'memo must not be empty' USING ERRCODE = 'invalid_parameter_value';
    ELSIF coalesce(adjust_balance.amount_sats, 0) = 0 THEN
        RAISE EXCEPTION 'amount_sats must not be 0' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    owner_id := chimera.account_id(adjust_balance.account);

    INSERT INTO chimera.ledger_transactions (network_id, kind, memo) VALUES (wanted, 'adjustment', adjust_balance.memo)
    RETURNING transaction_id INTO new_id;
    INSERT INTO chimera.ledger_entries (transaction_id, network_id, account, account_id, amount_sats)
    VALUES (new_id, wanted, 'balance', owner_id, adjust_balance.amount_sats),
           (new_id, wanted, 'pool', NULL, -adjust_balance.amount_sats);
    RETURN new_id;
END;
$$;
COMMENT ON FUNCTION chimera.adjust_balance(text, text, bigint, text) IS
'Moves an amount (in the coin''s smallest unit) from the pool''s own account to an account''s balance, or back if it '
'is negative; returns the transaction_id. Errors: 42704 for an unknown network or account, 22023 for a missing '
'memo or amount, 23514 if the balance would be negative.';

SELECT pg_catalog.pg_extension_config_dump('chimera.ledger_transactions', '');
SELECT pg_catalog.pg_extension_config_dump('chimera.ledger_transactions_transaction_id_seq', '');
SELECT pg_catalog.pg_extension_config_dump('chimera.ledger_entries', '');
SELECT pg_catalog.pg_extension_config_dump('chimera.ledger_entries_entry_id_seq', '');
SELECT pg_catalog.pg_extension_config_dump('chimera.balances', '');
