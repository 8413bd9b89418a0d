-- block_accounts.sql: what blocks and shares move in the ledger, step by step, and what the audit finds.
BEGIN;
\ir begin.psql
SELECT plan(53);
\ir work.psql

SELECT pg_temp.make_network('test_gold') AS gold, pg_temp.make_miner('test_alice') AS alice,
       pg_temp.make_miner('test_bob') AS bob \gset
SELECT account_id AS a FROM chimera.miners WHERE miner_id = :alice \gset
SELECT account_id AS b FROM chimera.miners WHERE miner_id = :bob \gset
SELECT pg_temp.make_job(:'gold', :hard_nbits) AS job \gset

-- shares and blocks as submit_shares leaves them; a horizon long past, so that they are settled
CREATE FUNCTION pg_temp.add_share(id bigint, miner int, difficulty float8 DEFAULT 1) RETURNS void LANGUAGE sql AS $$
    INSERT INTO chimera.shares (share_id, network_id, submitted_at, job_id, extranonce2, difficulty, miner_id, extranonce1, ntime, nonce,
                                version, share_difficulty)
    SELECT id, network_id, date_trunc('day', now()) + id * interval '1 millisecond', job_id, id, difficulty, miner, 1, 1700000000, 2, 536870912, 1
    FROM chimera.jobs ORDER BY jobs.job_id DESC LIMIT 1
$$;
CREATE FUNCTION pg_temp.add_block(id bigint, miner int, status text DEFAULT 'accepted') RETURNS bigint LANGUAGE sql AS $$
    INSERT INTO chimera.blocks (network_id, height, hash, status, job_id, share_id, settles_after, account_id, miner_id, reward_sats,
                                network_difficulty, share_difficulty, found_at)
    SELECT j.network_id, 7, sha256(int8send(id)), status::chimera.block_status, j.job_id, id,
           '3'::xid8,
           m.account_id, m.miner_id, 1000, 4, 5, date_trunc('day', now()) + id * interval '1 millisecond'
    FROM (SELECT * FROM chimera.jobs ORDER BY job_id DESC LIMIT 1) j, chimera.miners m WHERE m.miner_id = miner
    RETURNING block_id
$$;
CREATE FUNCTION pg_temp.balance(which text, whose int DEFAULT 0) RETURNS bigint LANGUAGE sql AS $$
    SELECT coalesce((SELECT amount_sats FROM chimera.balances b JOIN chimera.network_configs USING (network_id)
                     WHERE name = 'test_gold' AND account = which::chimera.ledger_account AND account_id = whose), 0)
$$;
CREATE FUNCTION pg_temp.set_status(block bigint, new_status text) RETURNS void LANGUAGE sql AS $$
    UPDATE chimera.blocks SET status = new_status::chimera.block_status WHERE block_id = block
$$;

-- a round of four: one of alice's, three of bob's, the last of which is the block
SELECT pg_temp.add_share(1, :alice), pg_temp.add_share(2, :bob), pg_temp.add_share(3, :bob), pg_temp.add_share(4, :bob);
SELECT pg_temp.add_block(4, :bob) AS block \gset
SELECT is(chimera.post_blocks(), 0, 'a network without a reward scheme credits nothing');
SELECT lives_ok($$ SELECT chimera.set_reward_scheme('test_gold', 'prop', '{"fee_percent": 1}', 'to begin with') $$, 'a scheme is set');
SELECT is(chimera.post_blocks(), 1, 'a block that is accepted is credited');
SELECT is(pg_temp.balance('immature', :a), 248::bigint, 'a quarter of 1000 less 1 percent, rounded down for the pool');
SELECT is(pg_temp.balance('immature', :b), 743::bigint, 'three quarters of it');
SELECT is(pg_temp.balance('pool_immature'), 9::bigint, 'the fee is the pool''s');
SELECT is(pg_temp.balance('rewards'), -1000::bigint, 'all of it comes from the reward');
SELECT is(pg_temp.balance('balance', :a), 0::bigint, 'nothing is spendable yet');
SELECT is(chimera.post_blocks(), 0, 'it is credited once');
SELECT is_empty($$ SELECT * FROM chimera.audit('test_gold') $$, 'the audit finds nothing');

-- confirmed
SELECT pg_temp.set_status(:block, 'confirmed');
SELECT is(chimera.post_blocks(), 1, 'a block that is confirmed matures');
SELECT is(pg_temp.balance('balance', :a), 248::bigint, 'what was immature is spendable');
SELECT is(pg_temp.balance('immature', :a) + pg_temp.balance('immature', :b) + pg_temp.balance('pool_immature'), 0::numeric::bigint,
          'and immature no more');
SELECT is(pg_temp.balance('pool'), 9::bigint, 'the pool''s as well');
SELECT is(chimera.post_blocks(), 0, 'it matures once');

-- orphaned, and back
SELECT pg_temp.add_share(5, :alice), pg_temp.add_share(6, :alice);
SELECT pg_temp.add_block(6, :alice) AS orphan \gset
SELECT is(chimera.post_blocks(), 1, 'the next block is credited');
SELECT is(pg_temp.balance('immature', :a), 990::bigint, 'its round is all alice''s');
SELECT pg_temp.set_status(:orphan, 'orphaned');
SELECT is(chimera.post_blocks(), 1, 'a block that is orphaned is taken back');
SELECT is(pg_temp.balance('immature', :a), 0::bigint, 'exactly what it had credited');
SELECT is(pg_temp.balance('rewards'), -1000::bigint, 'and it is no reward');
SELECT is(pg_temp.balance('balance', :a), 248::bigint, 'what is spendable stays');
SELECT pg_temp.set_status(:orphan, 'accepted');
DELETE FROM chimera.shares WHERE network_id = :'gold' AND share_id = 5;
SELECT is(chimera.post_blocks(), 1, 'a block that returns is credited again');
SELECT is(pg_temp.balance('immature', :a), 990::bigint, 'as it was, without another look at the shares');
SELECT pg_temp.set_status(:orphan, 'confirmed');
SELECT is(chimera.post_blocks(), 1, 'and matures');
SELECT is(pg_temp.balance('balance', :a), 1238::bigint, 'into the balance');
SELECT is((SELECT string_agg(kind::text, ' ' ORDER BY step) FROM chimera.ledger_transactions WHERE block_id = :orphan),
          'block orphan block maturity', 'each step is in the ledger');
SELECT is((SELECT array_agg(step ORDER BY step) FROM chimera.ledger_transactions WHERE block_id = :orphan), '{1,2,3,4}', 'in their order');

-- a block found and confirmed while nobody was looking, and one that never was in the chain
SELECT pg_temp.add_share(7, :bob), pg_temp.add_share(8, :bob);
SELECT pg_temp.add_block(7, :bob, 'confirmed'), pg_temp.add_block(8, :bob, 'orphaned') \gset
SELECT is(chimera.post_blocks(), 2, 'the one takes two steps at once, the other none');

-- another scheme, from the next block on
SELECT chimera.set_reward_scheme('test_gold', 'solo', '{}', 'a try');
SELECT pg_temp.add_share(10, :alice), pg_temp.add_share(11, :bob);
SELECT pg_temp.add_block(11, :bob) AS boundary \gset
SELECT is(chimera.post_blocks(), 1, 'the block at which a scheme changes is credited');
SELECT is((SELECT memo FROM chimera.ledger_transactions WHERE block_id = :boundary), 'prop', 'by the scheme of its round');
SELECT pg_temp.add_share(12, :alice), pg_temp.add_share(13, :bob);
SELECT pg_temp.add_block(13, :bob) AS solo \gset
SELECT chimera.post_blocks() \gset
SELECT is((SELECT memo FROM chimera.ledger_transactions WHERE block_id = :solo), 'solo', 'the next one by the new scheme');
SELECT is((SELECT array_agg(amount_sats) FROM chimera.ledger_entries JOIN chimera.ledger_transactions t USING (transaction_id)
           WHERE t.block_id = :solo AND account = 'immature'), '{1000}', 'which gives all to the finder');

-- paid by share
SELECT chimera.set_reward_scheme('test_gold', 'pps', '{"donation_percent": 10}');
SELECT pg_temp.add_share(14, :alice);
SELECT pg_temp.add_block(14, :alice) AS last_solo \gset
SELECT chimera.post_blocks() \gset
-- so much that even a share of this hard job is worth something
INSERT INTO chimera.jobs SELECT (jsonb_populate_record(j, jsonb_build_object('job_id', nextval('chimera.jobs_job_id_seq'),
    'coinbase_value', 9000000000000007, 'fees', 7))).* FROM chimera.jobs j WHERE job_id = :job;
INSERT INTO chimera.pps_progress (network_id, share_id, next_share_id, next_settles_after, next_taken_at)
VALUES (:'gold', 0, 16, '3', now() + interval '1 day');
SELECT pg_temp.add_share(15, :alice, 3), pg_temp.add_share(16, :bob, 1), pg_temp.add_share(17, :bob, 1);
SELECT is(chimera.post_pps_shares(), 1, 'the shares after the boundary are paid');
SELECT results_eq(format($$ SELECT l.account::text, l.account_id, l.amount_sats FROM chimera.ledger_entries l JOIN chimera.ledger_transactions t USING (transaction_id)
                     WHERE t.network_id = %L AND t.kind = 'shares' AND l.account = 'balance' ORDER BY l.account_id $$, :'gold'),
                  format($$ SELECT 'balance', m.account_id, floor(0.9 * trunc(9000000000000000 * chimera.work(d) / chimera.work(chimera.difficulty(chimera.target(%s), 'sha256d')), 18))::bigint
                     FROM (VALUES (%s, 3::float8), (%s, 1)) s (miner, d) JOIN chimera.miners m ON m.miner_id = s.miner ORDER BY 2 $$, :hard_nbits, :alice, :bob),
                  'each for what it is worth, less the donation, in whole units');
SELECT is((SELECT share_id FROM chimera.pps_progress WHERE network_id = :'gold'), 16::bigint, 'and never again');
SELECT results_eq($$ SELECT ok, message ~ '-[0-9]+ of the smallest unit, with [0-9]+ immature and a reserve of 0' FROM chimera.health WHERE name = 'test_gold' AND part = 'pool account' $$,
                  'VALUES (false, true)', 'health tells that the pool has paid ahead');
SELECT results_eq($$ SELECT pool_sats < 0, owed_sats, is_covered FROM chimera.pool_accounts WHERE network = 'test_gold' $$,
                  format('VALUES (true, %s::numeric, false)', pg_temp.balance('balance', :a) + pg_temp.balance('balance', :b) + pg_temp.balance('donation')), 'and how much is owed to whom');
SELECT chimera.update_network('test_gold', jsonb_build_object('pool_reserve_sats', -1 - pg_temp.balance('pool'))) \gset
SELECT ok(NOT ok, 'a reserve of a unit less does not do') FROM chimera.health WHERE name = 'test_gold' AND part = 'pool account';
SELECT chimera.update_network('test_gold', jsonb_build_object('pool_reserve_sats', -pg_temp.balance('pool'))) \gset
SELECT is_empty($$ SELECT * FROM chimera.audit('test_gold') WHERE check_name <> 'every credit equals a recount of the shares' $$,
                'the audit finds nothing but the share that this test took away');
SELECT ok(ok, 'with such a reserve health is content') FROM chimera.health WHERE name = 'test_gold' AND part = 'pool account';

-- a block that can't be credited
SELECT pg_temp.add_block(17, :bob) AS before_it, pg_temp.add_block(18, :bob) AS lost \gset
UPDATE chimera.reward_settings SET scheme = 'prop', parameters = '{}' WHERE scheme = 'pps';
SELECT pg_temp.add_share(19, :bob);
SELECT pg_temp.add_block(19, :bob) AS after_it \gset
SET LOCAL client_min_messages = error;
SELECT is(chimera.post_blocks(), 2, 'a block without shares holds up no other');
SET LOCAL client_min_messages = warning;
SELECT isnt((SELECT ledger_problem FROM chimera.blocks WHERE block_id = :lost), NULL, 'it says what is wrong with it');
SELECT set_has($$ SELECT check_name FROM chimera.audit('test_gold') $$, $$ VALUES ('every block is posted') $$, 'so does the audit');
SELECT is(chimera.post_blocks(), 0, 'it is not tried again and again');
SELECT pg_temp.add_share(18, :bob);
SELECT ok(chimera.retry_posting(:lost), 'but when it is told to');
SELECT is(chimera.post_blocks(), 1, 'and then it is credited');
SELECT ok(NOT chimera.retry_posting(:lost), 'there is nothing more to try');

-- a block that is worth nothing, as after the last halving
SELECT pg_temp.add_share(20, :bob);
SELECT pg_temp.add_block(20, :bob) AS worthless \gset
UPDATE chimera.blocks SET reward_sats = 0 WHERE block_id = :worthless;
SELECT is(chimera.post_blocks(), 1, 'a block that is worth nothing is credited');
SELECT pg_temp.set_status(:worthless, 'confirmed');
SELECT is(chimera.post_blocks(), 1, 'and matures');
SELECT is_empty(format('SELECT 1 FROM chimera.ledger_entries JOIN chimera.ledger_transactions t USING (transaction_id) WHERE t.block_id = %s', :worthless), 'nothing moves');
SELECT is_empty($$ SELECT * FROM chimera.audit('test_gold')
                   WHERE check_name NOT IN ('every credit equals a recount of the shares', 'payments by share equal a recount of the shares') $$,
                'and nothing is missing but what this test took away');

-- what the audit is for
UPDATE chimera.balances SET amount_sats = amount_sats + 1 WHERE network_id = :'gold' AND account = 'balance' AND account_id = :a;
UPDATE chimera.blocks SET ledger_state = 'credited' WHERE block_id = :block;
DELETE FROM chimera.shares WHERE network_id = :'gold' AND share_id = 1;
SELECT set_has($$ SELECT check_name FROM chimera.audit('test_gold') $$,
               $$ VALUES ('balances equal the ledger'), ('every block''s ledger_state is that of its last step'), ('every credit equals a recount of the shares') $$,
               'a wrong balance, a wrong state and a missing share are found');
SELECT throws_ok($$ SELECT * FROM chimera.audit('test_none') $$, '42704', NULL, 'the audit refuses an unknown network');

SELECT * FROM finish();
ROLLBACK;
