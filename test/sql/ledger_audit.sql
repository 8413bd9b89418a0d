-- ledger_audit.sql: sums larger than a bigint, rows that a dump restores one by one, and what the audit finds of them.
BEGIN;
\ir begin.psql
\ir rewards.psql
SELECT plan(20);

SELECT pg_temp.make_reward_network('test_huge') AS huge, pg_temp.make_reward_network('test_other') AS other \gset
SELECT pg_temp.make_miner('test_alice') AS alice \gset
SELECT account_id AS a FROM chimera.miners WHERE miner_id = :alice \gset

-- ---------- more than a bigint ----------

SELECT pg_temp.add_job(:'huge', 1000000000000000000) AS job \gset
SELECT chimera.set_reward_scheme('test_huge', 'solo', '{"fee_percent": 1}') \g /dev/null
SELECT pg_temp.add_share(:'huge', 4096 + n, now() - interval '60 min' + n * interval '1 s', :alice, 1, :job),
       pg_temp.add_block(:'huge', 4096 + n, now() - interval '60 min' + n * interval '1 s', :alice, 1000000000000000000, job_id => :job)
FROM generate_series(1, 20) n \g /dev/null
UPDATE chimera.blocks SET settles_after = '3', status = 'confirmed' WHERE network_id = :'huge';
SELECT is(chimera.post_blocks(:'huge'), 40, 'blocks are credited whatever a coin has paid before');
SELECT results_eq(format('SELECT account::text, amount_sats FROM chimera.balances WHERE network_id = %L AND amount_sats <> 0 ORDER BY 1', :'huge'),
                  $$ VALUES ('balance', 19800000000000000000::numeric), ('pool', 200000000000000000), ('rewards', -20000000000000000000) $$,
                  'sums may be larger than a bigint');
SELECT is(balance_sats, 19800000000000000000::numeric, 'so they are shown') FROM chimera.account_balances WHERE account_id = :a;
SELECT is_empty($$ SELECT * FROM chimera.audit('test_huge') $$, 'and audited');
SELECT throws_ok(format('SELECT chimera.split_amount(%s, %L)', amount, '{1}'), state, NULL, 'not to be split: ' || amount)
FROM (VALUES ('1.5', '22023'), ('9223372036854775808', '22003'), ('-1', '22023')) bad (amount, state);

-- ---------- a dump restored row by row ----------

CREATE FUNCTION pg_temp.post_one(network uuid, transaction_id bigint, account text, whose int, amount bigint) RETURNS void LANGUAGE sql AS $$
    INSERT INTO chimera.ledger_entries (transaction_id, network_id, account, account_id, amount_sats)
    VALUES (post_one.transaction_id, network, account::chimera.ledger_account, whose, amount)
$$;
INSERT INTO chimera.ledger_transactions (network_id, kind, memo) VALUES (:'other', 'adjustment', 'x') RETURNING transaction_id AS t \gset
SELECT throws_ok(format('SELECT pg_temp.post_one(%L, %s, ''balance'', %s, 5)', :'other', :t, :a), '23514', NULL, 'entries come together');
SELECT is_empty(format($$ SELECT 1 FROM chimera.audit('test_other') WHERE check_name = 'every transaction has entries' AND subject <> 'transaction %s' $$, :t),
                'the audit finds a transaction');
SELECT is((SELECT count(*) FROM chimera.audit('test_other') WHERE check_name = 'every transaction has entries'), 1::bigint, 'that has none');
SET LOCAL row_security = off;
SET LOCAL check_function_bodies = off;
SELECT lives_ok(format('SELECT pg_temp.post_one(%L, %s, ''pool'', NULL, -5), pg_temp.post_one(%L, %s, ''balance'', %s, 5)',
                       :'other', :t, :'other', :t, :a), 'but for those of a dump');
SELECT is((SELECT sum(amount_sats) FROM chimera.balances WHERE network_id = :'other' AND account = 'balance'), 5::numeric, 'which keep the balances as well');
SELECT is_empty($$ SELECT * FROM chimera.audit('test_other') $$, 'and the audit finds nothing when all are there');
CREATE ROLE test_operator IN ROLE chimera_admin;
SET LOCAL SESSION AUTHORIZATION test_operator;
SELECT throws_ok($$ SELECT chimera.adjust_balance('test_other', 'test_alice', -6, 'a mistake') $$, '23514', NULL,
                 'who does not own the extension restores no dump, whatever he sets');
RESET SESSION AUTHORIZATION;
RESET row_security;
RESET check_function_bodies;

-- ---------- balances that were left behind ----------

SAVEPOINT behind;
ALTER TABLE chimera.balances DISABLE TRIGGER USER;
UPDATE chimera.balances SET amount_sats = 7 WHERE network_id = :'other' AND account = 'balance';
DELETE FROM chimera.balances WHERE network_id = :'other' AND account = 'pool';
INSERT INTO chimera.balances (network_id, account, account_id, amount_sats) VALUES (:'other', 'paid', :a, 3);
ALTER TABLE chimera.balances ENABLE TRIGGER USER;
SELECT is(chimera.rebuild_balances(), 3::bigint, 'balances that are wrong, missing or of no entry are made of the entries');
SELECT results_eq(format('SELECT account::text, amount_sats FROM chimera.balances WHERE network_id = %L ORDER BY 1', :'other'),
                  $$ VALUES ('balance', 5::numeric), ('paid', 0), ('pool', -5) $$, 'to the unit');
SELECT is(chimera.rebuild_balances(), 0::bigint, 'once');
ROLLBACK TO behind;

-- ---------- what else the audit finds ----------

ALTER TABLE chimera.ledger_entries DISABLE TRIGGER USER;
ALTER TABLE chimera.balances DISABLE TRIGGER USER;
UPDATE chimera.ledger_entries SET network_id = :'huge' WHERE transaction_id = :t AND account = 'balance';
UPDATE chimera.balances SET amount_sats = -1 WHERE network_id = :'other' AND account = 'balance';
SELECT set_has($$ SELECT check_name FROM chimera.audit() WHERE network_name IN ('test_huge', 'test_other') $$,
               $$ VALUES ('every entry is of its transaction''s network'), ('no balance is negative'), ('balances equal the ledger') $$,
               'entries of another network and balances below nothing are found');
UPDATE chimera.blocks SET missing_since = now() WHERE network_id = :'huge' AND share_id = 4097;
SELECT is((SELECT count(*) FROM chimera.audit('test_huge') WHERE check_name = 'every confirmed block is in the chain'), 1::bigint,
          'a confirmed block that the chain does not have is found');
SELECT chimera.set_wallets('test_alice', 'test_huge', '{1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2,1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa}', '{70,30}') \g /dev/null
ALTER TABLE chimera.wallets DISABLE TRIGGER USER;
DELETE FROM chimera.wallets WHERE percent = 30;
SELECT is((SELECT found FROM chimera.audit('test_huge') WHERE check_name = 'wallet sets are complete'), 70::numeric, 'so are wallets of which a part is missing');

SELECT * FROM finish();
ROLLBACK;
