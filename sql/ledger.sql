-- ledger.sql: every movement of money, double entry.
--
-- A ledger transaction moves amounts between the accounts of one network; its
-- entries sum to zero and come in one statement. Nothing is ever changed or
-- taken away: what was wrong is reversed by another transaction.

CREATE TYPE chimera.ledger_account AS ENUM (
    'rewards', 'immature', 'balance', 'pool_immature', 'pool', 'donation_immature', 'donation', 'sending', 'paid', 'network_fee');
COMMENT ON TYPE chimera.ledger_account IS
'rewards: where blocks'' rewards come from, so minus all that came; immature and balance: an account''s, before and after its blocks are confirmed; pool and donation: fees and the pool''s own risk, donations; sending: an account''s, on its way in a payout; paid: what an account has been sent; network_fee: what the payouts'' transactions cost';

CREATE TYPE chimera.ledger_kind AS ENUM ('block', 'maturity', 'orphan', 'shares', 'payout', 'payout_return', 'payout_end', 'adjustment');
COMMENT ON TYPE chimera.ledger_kind IS
'block: a block''s reward is shared out, immature; maturity: it is confirmed, and spendable; orphan: its credit is reversed; shares: shares paid as they come (PPS); payout: balances go into a batch; payout_return: some of them come back before it is signed; payout_end: the batch is confirmed or has failed; adjustment: by hand';

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
    -- two accountants at once would both be the next
    UNIQUE (block_id, step),
    CHECK ((kind IN ('block', 'maturity', 'orphan')) = (block_id IS NOT NULL)),
    CHECK ((block_id IS NULL) = (step IS NULL)),
    CHECK ((kind IN ('payout', 'payout_return', 'payout_end')) = (batch_id IS NOT NULL))
);
ALTER SEQUENCE chimera.ledger_transactions_transaction_id_seq OWNED BY chimera.ledger_transactions.transaction_id;
CREATE INDEX ledger_transactions_network_id_idx ON chimera.ledger_transactions (network_id, transaction_id);
CREATE UNIQUE INDEX ledger_transactions_batch_id_idx ON chimera.ledger_transactions (batch_id, kind)
    WHERE kind IN ('payout', 'payout_end');
CREATE INDEX ledger_transactions_batch_id_returned_idx ON chimera.ledger_transactions (batch_id) WHERE batch_id IS NOT NULL;
COMMENT ON TABLE chimera.ledger_transactions IS 'What moved money and why; append only';
COMMENT ON COLUMN chimera.ledger_transactions.transaction_id IS 'The transaction''s number';
COMMENT ON COLUMN chimera.ledger_transactions.network_id IS 'Whose coin it is';
COMMENT ON COLUMN chimera.ledger_transactions.kind IS 'What happened';
COMMENT ON COLUMN chimera.ledger_transactions.block_id IS 'The block it is about';
COMMENT ON COLUMN chimera.ledger_transactions.step IS 'Which of the block''s transactions it is, from 1: a block may be orphaned and return';
COMMENT ON COLUMN chimera.ledger_transactions.batch_id IS 'The payout batch it is about';
COMMENT ON COLUMN chimera.ledger_transactions.memo IS 'Why, in words';
COMMENT ON COLUMN chimera.ledger_transactions.created_at IS 'When it was entered';

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
COMMENT ON TABLE chimera.ledger_entries IS 'The amounts a ledger transaction moves, summing to zero; append only';
COMMENT ON COLUMN chimera.ledger_entries.entry_id IS 'The entry''s number';
COMMENT ON COLUMN chimera.ledger_entries.transaction_id IS 'The transaction it is part of';
COMMENT ON COLUMN chimera.ledger_entries.network_id IS 'The transaction''s network';
COMMENT ON COLUMN chimera.ledger_entries.account IS 'Which of the ledger''s accounts';
COMMENT ON COLUMN chimera.ledger_entries.account_id IS 'Whose, where there is one for each of the pool''s accounts';
COMMENT ON COLUMN chimera.ledger_entries.amount_sats IS 'What is added to it, in the coin''s smallest unit';

CREATE TABLE chimera.balances (
    network_id uuid NOT NULL,
    account chimera.ledger_account NOT NULL,
    account_id int NOT NULL DEFAULT 0,
    amount_sats bigint NOT NULL,
    PRIMARY KEY (network_id, account, account_id),
    CHECK (amount_sats >= 0 OR account IN ('rewards', 'pool', 'pool_immature'))
);
CREATE INDEX balances_account_id_idx ON chimera.balances (account_id) WHERE account_id <> 0;
COMMENT ON TABLE chimera.balances IS 'The sum of each of the ledger''s accounts, kept by a trigger; nobody has less than nothing but the pool itself';
COMMENT ON COLUMN chimera.balances.network_id IS 'Whose coin it is';
COMMENT ON COLUMN chimera.balances.account IS 'Which of the ledger''s accounts';
COMMENT ON COLUMN chimera.balances.account_id IS 'Whose; 0 where there is but one';
COMMENT ON COLUMN chimera.balances.amount_sats IS 'What is on it, in the coin''s smallest unit';

CREATE FUNCTION chimera.post_entries() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    wrong record;
BEGIN
    SELECT e.transaction_id, sum(e.amount_sats) AS sum, count(*) FILTER (WHERE e.network_id <> t.network_id) AS strays
    INTO wrong
    FROM entered e JOIN chimera.ledger_transactions t USING (transaction_id)
    GROUP BY 1
    HAVING sum(e.amount_sats) <> 0 OR count(*) FILTER (WHERE e.network_id <> t.network_id) > 0
        OR count(*) <> (SELECT count(*) FROM chimera.ledger_entries all_of WHERE all_of.transaction_id = e.transaction_id)
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'ledger transaction % does not balance', wrong.transaction_id
            USING ERRCODE = 'check_violation',
                  DETAIL = format('Its entries sum to %s; %s are of another network.', wrong.sum, wrong.strays),
                  HINT = 'All entries of a transaction come in one statement and sum to zero.';
    END IF;

    -- in one order, so that two at once don't wait for each other; a row is made
    -- first, for a sum below zero is none to insert, whatever it is added to
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
    RETURN NULL;
END;
$$;
REVOKE ALL ON FUNCTION chimera.post_entries() FROM PUBLIC;
COMMENT ON FUNCTION chimera.post_entries() IS 'Trigger: refuses entries that do not sum to zero, and keeps balances';
CREATE TRIGGER post_entries AFTER INSERT ON chimera.ledger_entries
    REFERENCING NEW TABLE AS entered FOR EACH STATEMENT EXECUTE FUNCTION chimera.post_entries();

CREATE FUNCTION chimera.forbid_removal() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RAISE EXCEPTION 'rows of %.% are never removed', TG_TABLE_SCHEMA, TG_TABLE_NAME
        USING ERRCODE = 'object_not_in_prerequisite_state';
END;
$$;
REVOKE ALL ON FUNCTION chimera.forbid_removal() FROM PUBLIC;
COMMENT ON FUNCTION chimera.forbid_removal() IS 'Trigger: refuses any DELETE or TRUNCATE';
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
        RAISE EXCEPTION 'an adjustment needs a memo' USING ERRCODE = 'invalid_parameter_value';
    ELSIF coalesce(adjust_balance.amount_sats, 0) = 0 THEN
        RAISE EXCEPTION 'an adjustment needs an amount' USING ERRCODE = 'invalid_parameter_value';
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
'Moves an amount (the coin''s smallest unit) from the pool''s own account to an account''s balance, or back when it is negative; returns the transaction_id. Errors: 42704 for an unknown network or account, 22023 without memo or amount, 23514 when the balance would be below zero.';

REVOKE ALL ON FUNCTION chimera.adjust_balance(text, text, bigint, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION chimera.adjust_balance(text, text, bigint, text) TO chimera_admin;
GRANT SELECT ON chimera.ledger_transactions, chimera.ledger_entries, chimera.balances
    TO chimera_admin, chimera_reader;

SELECT pg_catalog.pg_extension_config_dump('chimera.ledger_transactions', '');
SELECT pg_catalog.pg_extension_config_dump('chimera.ledger_transactions_transaction_id_seq', '');
SELECT pg_catalog.pg_extension_config_dump('chimera.ledger_entries', '');
SELECT pg_catalog.pg_extension_config_dump('chimera.ledger_entries_entry_id_seq', '');
-- balances are not dumped: restoring the entries makes them
