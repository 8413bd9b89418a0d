-- ledger.sql: every movement of money balances, for good.
BEGIN;
\ir begin.psql
SELECT plan(27);
\ir work.psql

SELECT pg_temp.make_network('test_gold') AS gold, pg_temp.make_network('test_silver') AS silver \gset
INSERT INTO chimera.accounts (name) VALUES ('test_alice'), ('test_bob');
SELECT account_id AS alice FROM chimera.accounts WHERE name = 'test_alice' \gset
SELECT account_id AS bob FROM chimera.accounts WHERE name = 'test_bob' \gset

CREATE FUNCTION pg_temp.post(network uuid, entries text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    id bigint;
BEGIN
    INSERT INTO chimera.ledger_transactions (network_id, kind, memo) VALUES (network, 'adjustment', 'test')
    RETURNING transaction_id INTO id;
    EXECUTE format('INSERT INTO chimera.ledger_entries (transaction_id, network_id, account, account_id, amount_sats)
                    SELECT %s, coalesce(e.network, %L), e.account::chimera.ledger_account, e.account_id, e.amount
                    FROM (VALUES %s) e (account, account_id, amount, network)', id, network, entries);
    RETURN id;
END;
$$;
CREATE FUNCTION pg_temp.balance(network uuid, which text, whose int DEFAULT 0) RETURNS bigint LANGUAGE sql AS $$
    SELECT amount_sats FROM chimera.balances WHERE network_id = network AND account = which::chimera.ledger_account AND account_id = whose
$$;
CREATE FUNCTION pg_temp.refused(network uuid, entries text, state text, name text) RETURNS text LANGUAGE sql AS $$
    SELECT throws_ok(format('SELECT pg_temp.post(%L, %L)', network, entries), state, NULL, 'refused: ' || name)
$$;

-- what balances
SELECT isnt(pg_temp.post(:'gold', format($$ ('rewards', NULL::int, -5000000000::bigint, NULL::uuid), ('balance', %s, 3000000001, NULL),
                                            ('balance', %s, 1999999998, NULL), ('pool', NULL, 1, NULL) $$, :alice, :bob)),
            NULL, 'entries that sum to zero are taken');
SELECT is(pg_temp.balance(:'gold', 'balance', :alice), 3000000001::bigint, 'an account''s balance is the sum of its entries');
SELECT is(pg_temp.balance(:'gold', 'balance', :bob), 1999999998::bigint, 'each its own');
SELECT is(pg_temp.balance(:'gold', 'rewards'), -5000000000::bigint, 'where it came from is counted as well');
SELECT pg_temp.post(:'gold', format($$ ('balance', %s, -1::bigint, NULL::uuid), ('balance', %s, 1, NULL) $$, :alice, :bob)) IS NOT NULL AS posted \gset
SELECT is(pg_temp.balance(:'gold', 'balance', :alice), 3000000000::bigint, 'a second transaction adds to it');
SELECT is(pg_temp.balance(:'silver', 'balance', :alice), NULL::bigint, 'another network''s balances are others');

-- what does not
SELECT pg_temp.refused(:'gold', format($$ ('balance', %s, 1::bigint, NULL::uuid) $$, :alice), '23514', 'one entry alone');
SELECT pg_temp.refused(:'gold', format($$ ('balance', %s, 2::bigint, NULL::uuid), ('pool', NULL, -1, NULL) $$, :alice), '23514', 'a sum that is not zero');
SELECT pg_temp.refused(:'gold', format($$ ('balance', %s, 1::bigint, NULL::uuid), ('pool', NULL, -1, %L) $$, :alice, :'silver'), '23514',
                       'an entry of another network');
SELECT pg_temp.refused(:'gold', format($$ ('balance', %s, 0::bigint, NULL::uuid) $$, :alice), '23514', 'an amount of nothing');
SELECT pg_temp.refused(:'gold', $$ ('balance', NULL::int, 1::bigint, NULL::uuid), ('pool', NULL, -1, NULL) $$, '23514', 'a balance of nobody');
SELECT pg_temp.refused(:'gold', format($$ ('balance', %s, 1::bigint, NULL::uuid), ('pool', %1$s, -1, NULL) $$, :alice), '23514', 'the pool''s account of somebody');
SELECT pg_temp.refused(:'gold', format($$ ('balance', %s, -3000000001::bigint, NULL::uuid), ('balance', %s, 3000000001, NULL) $$, :alice, :bob), '23514',
                       'more than there is');
SELECT throws_ok(format('SELECT pg_temp.post(%L, %L)', :'gold', format($$ ('balance', %s, -9000000000::bigint, NULL::uuid), ('balance', %s, -9000000000, NULL),
                                                                          ('pool', NULL, 18000000000, NULL) $$, :bob, :alice)), '23514',
                 format('balance of account %s must not be negative', :alice), 'of two that have too little the first is named');
SELECT pg_temp.refused(:'gold', $$ ('balance', 2147483647, 1::bigint, NULL::uuid), ('pool', NULL, -1, NULL) $$, '23503', 'an account that is not there');
SELECT pg_temp.post(:'silver', format($$ ('balance', %s, 5::bigint, NULL::uuid), ('pool', NULL, -5, NULL) $$, :alice)) AS posted \gset
SELECT throws_ok(format($$ INSERT INTO chimera.ledger_entries (transaction_id, network_id, account, account_id, amount_sats)
                           VALUES (%s, %L, 'balance', %s, 1), (%1$s, %2$L, 'pool', NULL, -1) $$, :posted, :'silver', :alice), '23514', NULL,
                 'refused: more entries of a transaction that has been');
SELECT is(pg_temp.balance(:'gold', 'balance', :alice), 3000000000::bigint, 'what was refused has changed nothing');

-- for good
SELECT throws_ok(format(statement, :posted), '55000', NULL, 'refused: ' || statement) FROM (VALUES
    ('UPDATE chimera.ledger_entries SET amount_sats = 6 WHERE transaction_id = %s'),
    ('DELETE FROM chimera.ledger_entries WHERE transaction_id = %s'),
    ('UPDATE chimera.ledger_transactions SET memo = ''x'' WHERE transaction_id = %s'),
    ('DELETE FROM chimera.ledger_transactions WHERE transaction_id = %s'),
    ('TRUNCATE chimera.ledger_entries --%s')) bad (statement);

-- by hand
SELECT chimera.adjust_balance('test_gold', 'test_bob', 7, 'a bonus') AS adjusted \gset
SELECT is(pg_temp.balance(:'gold', 'balance', :bob), 2000000006::bigint, 'adjust_balance gives from the pool''s account');
SELECT throws_ok($$ SELECT chimera.adjust_balance('test_gold', 'test_nobody', 7, 'a bonus') $$, '42704', NULL, 'adjust_balance refuses an unknown account');
SELECT throws_ok($$ SELECT chimera.adjust_balance('test_gold', 'test_bob', 7, ' ') $$, '22023', NULL, 'adjust_balance wants a memo');
SELECT throws_ok($$ SELECT chimera.adjust_balance('test_gold', 'test_bob', 0, 'nothing') $$, '22023', NULL, 'adjust_balance wants an amount');
SELECT throws_ok($$ SELECT chimera.adjust_balance('test_silver', 'test_alice', -6, 'a mistake') $$, '23514', NULL,
                 'adjust_balance takes no more than there is');

SELECT * FROM finish();
ROLLBACK;
