-- legacy.sql: how chimera.adopt_legacy() reads old pools that differ; what it
-- does as a whole is tested in test/t/legacy/adopt_legacy.pl.
BEGIN;
\ir begin.psql
CREATE EXTENSION IF NOT EXISTS chimera_legacy;
SELECT plan(20);

SELECT pg_temp.make_network('test_legacy') AS network \gset
CREATE TABLE public.users (id int PRIMARY KEY, name text);
CREATE TABLE public.miners (id int PRIMARY KEY, user_id int, name text);
CREATE TABLE public.shares (id int PRIMARY KEY, miner_id int, difficulty numeric, is_valid boolean, sent timestamp);
CREATE TABLE public.blocks (id int PRIMARY KEY, height int, hash text, reward numeric(20, 8), status text, created_at timestamptz);
CREATE TABLE public.payouts (id int PRIMARY KEY, user_id int, amount float8, txid text, status text, created_at timestamptz);
CREATE TABLE public.user_wallets (id int, user_id int, address text, percentage numeric, is_active boolean);
CREATE TABLE public.user_balances (user_id int, balance bigint, pending_balance bigint);
INSERT INTO users VALUES (1, 'legacy1'), (2, 'legacy2');
INSERT INTO miners VALUES (10, 1, 'rig');
INSERT INTO shares VALUES (100, 10, 2.5, true, '2026-01-01 12:00'), (101, 10, 1.5, true, '2026-01-01 12:00:59'), (102, 10, NULL, false, '2026-01-01 12:00');
INSERT INTO blocks VALUES (5, 7, repeat('ab', 32), 12.50000001, 'confirmed', '2026-01-01'), (6, 8, repeat('cd', 32), 1, 'orphaned', '2026-01-01');
INSERT INTO payouts VALUES (3, 1, 0.1, repeat('0f', 32), 'sent', '2026-01-02'), (4, 1, 'Infinity', repeat('0e', 32), 'sent', '2026-01-02'),
    (8, 1, 1e-9, repeat('0e', 32), 'sent', '2026-01-02');
INSERT INTO user_wallets VALUES (1, 1, '1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2', 70, true), (2, 1, '3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy', 30, true),
    (3, 1, 'old', 100, false), (4, 2, '1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2', 70, true);
INSERT INTO user_balances VALUES (1, 500, 0), (2, 500, 1);

SELECT throws_ok($$ SELECT chimera.begin_legacy('test_legacy', 10, '{}', NULL, NULL) $$, '42703',
                 'could not find the column of table public.shares for submitted_at', 'a column that cannot be found must be told');
SELECT throws_ok($$ SELECT chimera.begin_legacy('test_legacy', 10, '{"shares": {"submitted_at": "difficulty"}}', NULL, NULL) $$, '42804',
                 'column "difficulty" of table public.shares must be a timestamp', 'times are timestamps');
ALTER TABLE public.blocks ADD network_id uuid;
SELECT throws_ok($$ SELECT chimera.begin_legacy('test_legacy', 10, '{"shares": {"submitted_at": "sent"}}', NULL, NULL) $$, '55000',
                 'table public.blocks has rows without a network', 'migration 017 must have ended');
ALTER TABLE public.blocks DROP network_id;

SELECT is(chimera.begin_legacy('test_legacy', 10, '{"shares": {"submitted_at": "sent"}}', NULL, NULL), :'network'::uuid, 'begun');
-- what adopt_legacy() does, in this transaction
CREATE FUNCTION pg_temp.run(VARIADIC steps text[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    network uuid := chimera.network_id('test_legacy');
    step text;
    key text;
BEGIN
    FOREACH step IN ARRAY steps LOOP
        key := NULL;
        LOOP
            key := chimera.adopt_batch(network, step, key, 1);
            EXIT WHEN key IS NULL;
        END LOOP;
    END LOOP;
END;
$$;
SELECT pg_temp.run('users', 'wallets', 'miners', 'blocks', 'payouts');
-- this transaction has written into shares itself, and would wait for its own end
UPDATE chimera.legacy_networks SET shares_until = 102 WHERE network_id = :'network';
SELECT pg_temp.run('shares', 'owed', 'balances');

SELECT results_eq($$ SELECT height, reward_sats, status::text FROM chimera.blocks WHERE job_id IS NULL ORDER BY 1 $$,
                  $$ VALUES (7, 1250000001::bigint, 'confirmed'), (8, 100000000, 'orphaned') $$, 'coins become smallest units');
SELECT is(chimera.block_json(block_id) - '{block_id,network_id}'::text[] @> '{"height": 7, "finder": null, "is_private": false, "network_difficulty": null}',
          true, 'the API shows a block whose finder is not known') FROM chimera.blocks WHERE job_id IS NULL AND height = 7;
SELECT results_eq($$ SELECT amount_sats, address FROM chimera.payouts JOIN chimera.accounts USING (account_id) WHERE name = 'legacy1' $$,
                  $$ VALUES (10000000::bigint, NULL) $$, 'floating point ones too; an address not known is NULL');
SELECT results_eq($$ SELECT legacy_id, reason FROM chimera.legacy_refused WHERE source = 'payouts' ORDER BY 1 $$,
                  $$ VALUES (4::bigint, 'amount is not valid'), (8, 'amount is not valid') $$,
                  'infinity and parts of a unit are no amounts');
SELECT results_eq($$ SELECT address, percent FROM chimera.account_wallets WHERE account = 'legacy1' AND network = 'test_legacy' ORDER BY 1 $$,
                  $$ VALUES ('1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2', 70::numeric), ('3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy', 30) $$,
                  'several wallets with their parts, those in use');
SELECT is(reason, 'addresses or percentages are not valid for the network', 'parts that are not the whole are refused')
FROM chimera.legacy_refused WHERE source = 'wallets' AND legacy_id = 2;
SELECT is(balance_sats, 500::numeric, 'a balance in smallest units') FROM chimera.account_balances WHERE account = 'legacy1' AND network = 'test_legacy';
SELECT is(reason, 'a part of the balance waits for blocks of the old pool', 'a balance that is not final is refused')
FROM chimera.legacy_refused WHERE source = 'balances' AND legacy_id = 2;
SELECT results_eq(format($$ SELECT d.submitted_at, m.name, u.accepted, u.invalid, u.difficulty FROM chimera.share_deltas d
                     CROSS JOIN LATERAL chimera.unpack_share_deltas(d.counts) u JOIN chimera.miners m USING (miner_id)
                     WHERE d.network_id = %L AND u.accepted + u.invalid > 0 ORDER BY u.difficulty $$, :'network'),
                  $$ VALUES ('2026-01-01 12:00+00'::timestamptz, 'rig', 0, 1, 0::float8), ('2026-01-01 12:00+00', 'rig', 1, 0, 1.5),
                            ('2026-01-01 12:00+00', 'rig', 1, 0, 2.5) $$, 'shares by minute, a timestamp without zone being UTC');
SELECT is_empty($$ SELECT * FROM chimera.legacy_report('test_legacy') WHERE NOT ok $$, 'counts and amounts add up');
SELECT is_empty($$ SELECT * FROM chimera.audit('test_legacy') $$, 'and so do the books');

SELECT results_eq($$ SELECT * FROM chimera.unpack_share_deltas(chimera.pack_share_delta(7, 65535, 2, 0.5) || chimera.pack_share_delta(8, 0, 1, 0)) $$,
                  $$ VALUES (7, 65535, 0, 0, 0, 2, 0.5::float8), (8, 0, 0, 0, 0, 1, 0) $$, 'counts are packed as they are read');
SELECT throws_ok($$ SELECT chimera.pack_share_delta(7, 65536, 0, 1) $$, '22003', NULL, 'more than a record holds is refused');

SELECT throws_ok('DROP EXTENSION chimera', '2BP01', NULL, 'the pool''s extension cannot be dropped alone');
CREATE TEMP TABLE adopted AS
    SELECT (SELECT count(*) FROM chimera.blocks) AS blocks, (SELECT count(*) FROM chimera.payouts) AS payouts,
           (SELECT sum(amount_sats) FROM chimera.ledger_entries WHERE account = 'balance') AS balances,
           (SELECT count(*) FROM chimera.wallets) AS wallets, (SELECT count(*) FROM chimera.share_deltas) AS deltas;
DROP EXTENSION chimera_legacy;
SELECT results_eq('SELECT count(*), (SELECT count(*) FROM chimera.payouts), (SELECT sum(amount_sats) FROM chimera.ledger_entries WHERE account = ''balance''),
                       (SELECT count(*) FROM chimera.wallets), (SELECT count(*) FROM chimera.share_deltas) FROM chimera.blocks',
                  'SELECT * FROM adopted', 'DROP EXTENSION chimera_legacy leaves what was adopted');
CREATE EXTENSION chimera_legacy;
SELECT throws_ok($$ SELECT chimera.begin_legacy('test_legacy', 10, '{"shares": {"submitted_at": "sent"}}', NULL, NULL) $$, '55000',
                 'network "test_legacy" was already adopted', 'which is not adopted again without its record');

SELECT * FROM finish();
ROLLBACK;
