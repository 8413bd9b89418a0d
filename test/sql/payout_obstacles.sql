-- payout_obstacles.sql: while a block that was paid for may not be in the chain, its network pays nothing out.
BEGIN;
\ir begin.psql
\ir rewards.psql
\ir payouts.psql
SELECT plan(31);

-- two confirmed blocks: the first is test_lost's, the second test_kept's
SELECT pg_temp.make('test_lost'), pg_temp.make('test_kept'), pg_temp.make('test_other') \g /dev/null
INSERT INTO chimera.miners (account_id, name) SELECT account_id, 'rig' FROM chimera.accounts WHERE name ~ '^test_(lost|kept)$';
SELECT miner_id AS lost FROM chimera.miners JOIN chimera.accounts a USING (account_id) WHERE a.name = 'test_lost' \gset
SELECT miner_id AS kept FROM chimera.miners JOIN chimera.accounts a USING (account_id) WHERE a.name = 'test_kept' \gset
SELECT chimera.make_share_partitions(:'network', (now() AT TIME ZONE 'UTC')::date - 1, (now() AT TIME ZONE 'UTC')::date + 1) \g /dev/null
SELECT chimera.set_reward_scheme('test_payouts', 'solo') \g /dev/null
SELECT pg_temp.add_job(:'network', 1000000) AS job \gset
SELECT pg_temp.add_share(:'network', 4097, now(), :lost, 1, :job), pg_temp.add_share(:'network', 4098, now(), :kept, 1, :job) \g /dev/null
SELECT pg_temp.add_block(:'network', 4097, now(), :lost, 1000000, job_id => :job) AS block,
       pg_temp.add_block(:'network', 4098, now(), :kept, 1000000, job_id => :job) AS kept_block \gset
UPDATE chimera.blocks SET settles_after = '3', status = 'confirmed' WHERE network_id = :'network';
SELECT chimera.post_blocks(:'network') \g /dev/null

-- as the block worker and the accountant do
CREATE FUNCTION pg_temp.miss(block bigint) RETURNS void LANGUAGE sql AS $$
    UPDATE chimera.blocks SET missing_since = now(), confirmations = 0 WHERE block_id = block
$$;
CREATE FUNCTION pg_temp.orphan(block bigint) RETURNS void LANGUAGE sql AS $$
    UPDATE chimera.blocks SET missing_since = NULL, status = 'orphaned' WHERE block_id = block
$$;
CREATE FUNCTION pg_temp.waits() RETURNS text LANGUAGE sql AS $$
    SELECT message FROM chimera.health WHERE name = 'test_payouts' AND part = 'payouts' AND NOT ok
$$;
CREATE FUNCTION pg_temp.batches() RETURNS bigint LANGUAGE sql AS $$
    SELECT count(*) FROM chimera.payout_batches WHERE network_id = pg_temp.id()
$$;

SELECT is(chimera.payout_obstacle(:'network'), NULL, 'a network whose blocks are in the chain may pay out');

-- ---------- a block is missing ----------

SAVEPOINT missing;
SELECT pg_temp.miss(:block);
SELECT is(pg_temp.waits(), format('payouts wait: confirmed blocks are missing from the chain: 1; block %s, height 7', :block), 'health gives the reason');
SELECT is(chimera.collect_due_payouts(:'network'), NULL, 'no batch is made by schedule');
SELECT is(chimera.collect_payouts(:'network'), NULL, 'nor from the queue');
SELECT throws_ok($$ SELECT chimera.prepare_payouts('test_payouts') $$, '55000', 'network "test_payouts" cannot pay out now', 'nor by an operator');
SELECT is(pg_temp.batches(), 0::bigint, 'and no amount has left a balance');
SELECT pg_temp.make_network('test_next') AS next \gset
SELECT is(chimera.payout_obstacle(:'next'), NULL, 'another network goes on');
UPDATE chimera.blocks SET missing_since = NULL, confirmations = 100 WHERE block_id = :block;
SELECT is(pg_temp.waits(), NULL, 'when the block is back, nothing waits');
SELECT is(pg_temp.pays(chimera.collect_due_payouts(:'network')), 'test_lost 1000000, test_kept 1000000', 'and all are paid');
ROLLBACK TO missing;

-- a queue from before
SELECT chimera.queue_due_payouts(:'network') AS was_queued \gset
SELECT pg_temp.miss(:block);
SELECT is(chimera.queue_due_payouts(:'network'), false, 'accounts that are queued wait too');
SELECT is(chimera.collect_payouts(:'network'), NULL, 'however they are asked for');
ROLLBACK TO missing;

-- a batch from before, which is not signed
SELECT chimera.collect_due_payouts(:'network') AS batch \gset
SELECT pg_temp.miss(:block);
SELECT is(chimera.store_payout_transaction(:batch, '\x00', repeat('a', 64), 500), false, 'a batch that is made is not signed');
SELECT is(state, 'prepared', 'and stays as it is') FROM chimera.payout_batches WHERE batch_id = :batch;
SELECT lives_ok(format('SELECT chimera.cancel_payout_batch(%s, ''a test'')', :batch), 'an operator may cancel it');
SELECT is(pg_temp.balance('test_kept'), 1000000::bigint, 'which returns its amounts');
ROLLBACK TO missing;

-- ---------- it is orphaned ----------

SELECT pg_temp.miss(:block), pg_temp.orphan(:block);
SELECT is(pg_temp.waits(), format('payouts wait: rewards of blocks that left the chain are not taken back yet: 1; block %s', :block),
          'until the accountant has taken its reward back, the balances still contain it');
SELECT is(chimera.collect_due_payouts(:'network'), NULL, 'so nothing is paid');
SELECT chimera.post_blocks(:'network') \g /dev/null
SELECT is(chimera.payout_obstacle(:'network'), NULL, 'if all of it could be taken back, nothing is to be decided');
SELECT is(pg_temp.pays(chimera.collect_due_payouts(:'network')), 'test_kept 1000000', 'and those who have their money are paid');
ROLLBACK TO missing;

-- ---------- it was paid out before ----------

SELECT pg_temp.finish(chimera.collect_due_payouts(:'network'));
SELECT pg_temp.miss(:block), pg_temp.orphan(:block);
SELECT chimera.post_blocks(:'network') \g /dev/null
SELECT pg_temp.earn('test_lost', 300000), pg_temp.earn('test_other', 200000);
SELECT is(pg_temp.waits() ~ '^payouts wait: shortfalls of 1 accounts are undecided', true, 'health asks for a decision');
SELECT throws_ok($$ SELECT chimera.prepare_payouts('test_payouts') $$, '55000', NULL, 'until then nothing is paid');

SAVEPOINT undecided;
SELECT is(chimera.write_off_shortfalls('test_payouts', 'a test'), 1000000::numeric, 'who writes it off has decided');
SELECT is((SELECT string_agg(p, ', ' ORDER BY p) FROM unnest(string_to_array(pg_temp.pays(chimera.prepare_payouts('test_payouts')), ', ')) p),
          'test_lost 300000, test_other 200000', 'and all are paid');
ROLLBACK TO undecided;

SELECT is(chimera.recover_shortfalls('test_payouts'), 700000::numeric, 'so has who recovers it');
SELECT pg_temp.earn('test_lost', 600000);
SELECT is(pg_temp.waits(), '1 accounts are due 600000 of the smallest unit, but have shortfalls: see chimera.recover_shortfalls and '
          'chimera.write_off_shortfalls', 'health names what an account earns meanwhile');
SELECT is(pg_temp.pays(chimera.prepare_payouts('test_payouts')), 'test_other 200000', 'the others are paid, but not who has a shortfall');
SELECT pg_temp.finish(max(batch_id)) FROM chimera.payout_batches;
SELECT is(chimera.recover_shortfalls('test_payouts'), 100000::numeric, 'it is recovered from what the account earns');
SELECT pg_temp.earn('test_lost', 300000);
SELECT is(chimera.recover_shortfalls('test_payouts'), 0::numeric, 'until it is whole');
SELECT is(pg_temp.pays(chimera.prepare_payouts('test_payouts')), 'test_lost 200000', 'then it is paid again');
SELECT pg_temp.finish(max(batch_id)) FROM chimera.payout_batches;
SELECT is_empty($$ SELECT * FROM chimera.audit('test_payouts') $$, 'the audit finds nothing');

-- a second reorganization needs a decision of its own
SELECT pg_temp.miss(:kept_block), pg_temp.orphan(:kept_block);
SELECT chimera.post_blocks(:'network') \g /dev/null
SELECT is(chimera.payout_obstacle(:'network') ~ '^shortfalls of 1 accounts are undecided', true, 'another block needs another decision');

SELECT * FROM finish();
ROLLBACK;
