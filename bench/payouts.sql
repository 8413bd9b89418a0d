-- payouts.sql: bench/payouts; :accounts of a network, of which :due have an
-- address and what they are to be paid.

SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS chimera;
SELECT chimera.add_network('bench', 'sha256d', 'BEN', repeat('0', 64), 'http://127.0.0.1:1', '1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2',
    rpc_user => 'bench', rpc_password => 'bench', settings => '{"p2pkh_version": 0, "p2sh_version": 5}') AS network \gset
SELECT chimera.update_network('bench', '{"payout_interval": "1 day", "minimum_payout_sats": 100000}') \g /dev/null

-- the median of some calls of a statement, in ms
CREATE FUNCTION pg_temp.ms(what text, statement text, times int DEFAULT 7) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    began timestamptz;
    taken float8[];
BEGIN
    FOR i IN 1..times LOOP
        began := clock_timestamp();
        EXECUTE statement;
        taken := taken || extract(epoch FROM clock_timestamp() - began)::float8 * 1000;
    END LOOP;
    RETURN format('| %s | %s |', what, (SELECT round(percentile_cont(0.5) WITHIN GROUP (ORDER BY t)::numeric, 1) FROM unnest(taken) t));
END;
$$;
CREATE FUNCTION pg_temp.give(up_to int, sats bigint) RETURNS void LANGUAGE sql AS $$
    WITH moved AS (
        INSERT INTO chimera.ledger_transactions (network_id, kind, memo)
        VALUES (chimera.network_id('bench'), 'adjustment', 'bench') RETURNING transaction_id, network_id
    )
    INSERT INTO chimera.ledger_entries (transaction_id, network_id, account, account_id, amount_sats)
    SELECT m.transaction_id, m.network_id, e.account, e.account_id, e.sats
    FROM moved m, (SELECT 'balance'::chimera.ledger_account AS account, a.account_id, give.sats FROM chimera.accounts a WHERE a.account_id <= up_to
                   UNION ALL SELECT 'pool', NULL, -give.sats * up_to) e;
$$;
-- a batch after the other, as a wallet that has enough would send them
CREATE PROCEDURE pg_temp.pay_all() LANGUAGE plpgsql AS $$
DECLARE
    batch bigint;
BEGIN
    LOOP
        batch := chimera.collect_due_payouts(chimera.network_id('bench'), 9000000000000000);
        EXIT WHEN batch IS NULL;
        PERFORM chimera.store_payout_transaction(batch, '\x00', encode(sha256(int8send(batch)), 'hex'), 500);
        PERFORM chimera.record_payout(batch, 0);
        COMMIT;
    END LOOP;
END;
$$;

INSERT INTO chimera.accounts (name) SELECT 'bench' || n FROM generate_series(1, :accounts) n;
SELECT pg_temp.give(:accounts, 1000) \g /dev/null
ANALYZE chimera.accounts, chimera.balances;
\echo '| | ms |'
\echo '|---|--:|'
SELECT pg_temp.ms('nobody is due', format('SELECT chimera.queue_due_payouts(%L)', :'network'));
SELECT chimera.adjust_balance('bench', 'bench' || :accounts, 1000000, 'bench') \g /dev/null
SELECT pg_temp.ms('one is due, and has no address', format('SELECT chimera.queue_due_payouts(%L)', :'network'));
SELECT pg_temp.ms('health of that', 'SELECT * FROM chimera.waiting_payouts()');

INSERT INTO chimera.wallet_sets (account_id, network_id, set_by, valid_from)
SELECT a.account_id, :'network', 'bench', now() FROM chimera.accounts a WHERE a.account_id <= :due;
-- as a restored dump would load them
SET session_replication_role = replica;
INSERT INTO chimera.wallets (set_id, address, percent) SELECT set_id, '1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2', 100 FROM chimera.wallet_sets;
RESET session_replication_role;
SELECT pg_temp.give(:due, 200000) \g /dev/null
ANALYZE;
SELECT pg_temp.ms(:due || ' are due: health', 'SELECT * FROM chimera.waiting_payouts()', 3);
SELECT pg_temp.ms('their queue', format('SELECT chimera.queue_due_payouts(%L)', :'network'), 1);
SELECT pg_temp.ms('a batch of 1000', format('SELECT chimera.collect_payouts(%L, 9000000000000000)', :'network'), 1);
SELECT chimera.store_payout_transaction(max(batch_id), '\x00', repeat('ab', 32), 500), chimera.record_payout(max(batch_id), 0)
FROM chimera.payout_batches \g /dev/null
SELECT clock_timestamp() AS began \gset
CALL pg_temp.pay_all();
SELECT format('| all of the others, by batches of 1000 | %s |', round(extract(epoch FROM clock_timestamp() - :'began')::numeric * 1000, 0));
SELECT format('| accounts paid, batches | %s, %s |', count(DISTINCT account_id), count(DISTINCT batch_id)) FROM chimera.payouts;
