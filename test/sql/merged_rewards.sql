-- merged_rewards.sql: a child's blocks are divided by its parents' shares whose job carried it.
BEGIN;
\ir begin.psql
\ir rewards.psql
SELECT plan(30);

SELECT pg_temp.make_miner('test_a') AS a, pg_temp.make_miner('test_b') AS b, pg_temp.make_miner('test_c') AS c \gset
SELECT pg_temp.make_reward_network('test_parent') AS parent, pg_temp.make_reward_network('test_parent2') AS parent2,
       pg_temp.make_reward_network('test_child') AS child, pg_temp.make_reward_network('test_other') AS other \gset

-- a parent's job that carries these jobs of children
CREATE FUNCTION pg_temp.carry(network uuid, VARIADIC carried bigint[]) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    tree CONSTANT bigint := nextval('chimera.carried_jobs_tree_id_seq');
    job chimera.jobs;
BEGIN
    INSERT INTO chimera.carried_jobs (tree_id, network_id, job_id, slot, branch)
    SELECT tree, j.network_id, j.job_id, 0, '' FROM chimera.jobs j WHERE j.job_id = ANY (carried);
    SELECT * INTO job FROM chimera.jobs j WHERE j.job_id = carried[1];
    job.job_id := nextval('chimera.jobs_job_id_seq');
    job.network_id := network;
    job.tree_id := tree;
    job.coinbase_value := 7000000000;
    INSERT INTO chimera.jobs SELECT job.*;
    RETURN job.job_id;
END;
$$;
-- what each account gets of a block: test_a 60, ...
CREATE FUNCTION pg_temp.gets(block bigint, scheme text, parameters jsonb DEFAULT '{}') RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(format('%s %s', coalesce(a.name, 'pool'), r.sats), ', ' ORDER BY a.name)
    FROM (SELECT account_id, sum(amount_sats) AS sats FROM chimera.rewards_of_block(block, scheme, parameters) GROUP BY 1) r
    LEFT JOIN chimera.accounts a USING (account_id)
$$;
SELECT now() - interval '3 hours' AS t \gset

SELECT throws_ok($$ SELECT chimera.merge_network('test_child', 'test_child') $$, '22023', 'network "test_child" cannot be its own parent', 'no network is its own child');
SELECT ok(chimera.merge_network('test_child', 'test_parent', 'why not') > 0, 'a network is merged');
SELECT is(chimera.merge_network('test_child', 'test_parent'), NULL, 'once');
SELECT ok(chimera.merge_network('test_child', 'test_parent2') > 0, 'with two parents');
SELECT ok(chimera.merge_network('test_other', 'test_parent') > 0, 'whose one has another child');
SELECT throws_ok($$ SELECT chimera.merge_network('test_parent', 'test_other') $$, '55000', NULL, 'a parent is nobody''s child');
SELECT throws_ok($$ SELECT chimera.merge_network('test_parent2', 'test_child') $$, '55000', NULL, 'nor a child anybody''s parent');

-- what is counted for a network touches no share of others: locks stay until the end of the transaction
CREATE FUNCTION pg_temp.locked_days() RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(DISTINCT substring(c.relname FROM 'shares_(.*)_\d+$'), ' ') FROM pg_locks l JOIN pg_class c ON c.oid = l.relation
    WHERE l.pid = pg_backend_pid() AND l.mode = 'AccessShareLock' AND c.relname ~ '^shares_test.*_\d{8}$' AND c.relkind = 'r'
$$;
SAVEPOINT before;
-- PostgreSQL 18 keeps such locks from making the partitions, above
SELECT pg_temp.locked_days() IS NULL AS is_unlocked \gset
SELECT chimera.pps_credits('test_parent', 0, 5000, 'pps', '{}'), chimera.has_share(:'parent', now(), 1),
       chimera.shares_difficulty(:'parent', now() - interval '1 day', 1, now(), 2) \g /dev/null
SELECT is(CASE WHEN :'is_unlocked' THEN pg_temp.locked_days() ELSE 'test_parent' END, 'test_parent', 'counting a parent''s shares locks no other network''s');
ROLLBACK TO before;
SELECT chimera.pps_credits('test_other', 0, 5000, 'pps', '{}') \g /dev/null
SELECT is(CASE WHEN :'is_unlocked' THEN pg_temp.locked_days() ELSE 'test_other test_parent' END, 'test_other test_parent', 'a child''s, its parents'' as well');

-- a chain without AuxPoW, whose versions have the bits of BIP 9
SELECT pg_temp.make_reward_network('test_plain') AS plain \gset
INSERT INTO chimera.jobs (job_id, network_id, template_id, algorithm, height, version, prevhash, nbits, curtime, mintime,
    coinbase_value, coinbase_prefix, coinbase_suffix, merkle_branch, has_witness, version_mask, clean_jobs)
SELECT nextval('chimera.jobs_job_id_seq'), :'plain', 0, 'sha256d', 7, 536870912, sha256(''), 486604799, 0, 0, 1, '', '', '', false, 0, true;
SELECT throws_ok($$ SELECT chimera.merge_network('test_plain', 'test_parent') $$, '55000', NULL, 'a chain without chain ids is no child');

-- the child's jobs: before and after a halving
SELECT pg_temp.add_job(:'child', 1000, 'one', fees => 100) AS child1, pg_temp.add_job(:'child', 600, 'two', fees => 150) AS child2,
       pg_temp.add_job(:'other', 50, 'one') AS other1 \gset
SELECT pg_temp.add_job(:'parent') AS without, pg_temp.carry(:'parent', :child1, :other1) AS with1,
       pg_temp.carry(:'parent', :child2) AS with2, pg_temp.carry(:'parent', :other1) AS with_other,
       pg_temp.carry(:'parent2', :child2) AS second \gset

-- test_a's work carried the child, test_b's did half the time, test_c's never
SELECT pg_temp.add_share(:'parent', 4097, :'t', :a, 1, :with1), pg_temp.add_share(:'parent', 4098, :'t', :b, 1, :with1),
       pg_temp.add_share(:'parent', 4099, :'t', :b, 1, :without), pg_temp.add_share(:'parent', 4100, :'t', :c, 4, :with_other),
       pg_temp.add_share(:'parent2', 4101, :'t', :a, 1, :second), pg_temp.add_share(:'parent', 4102, :'t', :a, 1, :with2) \g /dev/null
SELECT pg_temp.add_block(:'child', 4102, :'t', :a, 600, 2, :child2) AS block \gset
UPDATE chimera.blocks SET settles_after = '3' WHERE block_id = :block;

SELECT is(count(*), 4::bigint, 'four shares count for the child') FROM chimera.network_shares WHERE network_id = :'child';
SELECT is(array_agg(job_id ORDER BY share_id), ARRAY[:child1, :child1, :child2, :child2]::bigint[], 'each for the job that its own carried')
FROM chimera.network_shares WHERE network_id = :'child';
SELECT is(pg_temp.gets(:block, 'prop'), 'test_a 450, test_b 150', 'PROP: the round is the shares that carried it, of both parents');
SELECT is(pg_temp.gets(:block, 'pplns', '{"window": 1}'), 'test_a 600', 'PPLNS: the window is of the child''s difficulty');
SELECT is(pg_temp.gets(:block, 'pplns', '{"window": 1.5}'), 'test_a 400, test_b 200', 'and reaches over parents');
SELECT is(pg_temp.gets(:block, 'pplns', '{"window": 2}'), 'test_a 450, test_b 150', 'as far as shares carried it');
SELECT is(pg_temp.gets(:block, 'solo'), 'test_a 600', 'SOLO: the finder''s');
SELECT is(pg_temp.gets(:block, 'score'), 'test_a 450, test_b 150', 'SCORE: the same shares');
SELECT is(pg_temp.gets(:block, 'slice', '{"window": 2}'), 'test_a 451, test_b 149',
          'SLICE: the subsidy and the fees are those of the child''s templates');

-- paid by share: each by the subsidy of the child's template then
SELECT chimera.set_reward_scheme('test_child', 'pps') \g /dev/null
SELECT is(string_agg(format('%s %s', a.name, trim_scale(p.credit_sats)), ', ' ORDER BY a.name), 'test_a 1800, test_b 900',
          'PPS: a share of difficulty 1 is worth 900 before the halving and 450 after it')
FROM (SELECT account_id, sum(credit_sats) AS credit_sats FROM chimera.pps_credits('test_child', 0, 5000, 'pps', '{}') GROUP BY 1) p
JOIN chimera.accounts a USING (account_id);

-- the ledger, and its audit
SELECT chimera.set_reward_scheme('test_other', 'prop') \g /dev/null
SELECT pg_temp.add_share(:'parent', 4103, :'t', :c, 1, :with1), pg_temp.add_block(:'other', 4103, :'t', :c, 50, 2, :other1) AS other_block \gset
UPDATE chimera.blocks SET settles_after = '3', status = 'confirmed' WHERE block_id = :other_block;
SELECT is(chimera.post_blocks(:'other'), 2, 'a child''s block is credited and matures');
SELECT is(string_agg(format('%s %s', a.name, b.amount_sats), ', ' ORDER BY a.name), 'test_a 7, test_b 7, test_c 36', 'by work, to the unit')
FROM chimera.balances b JOIN chimera.accounts a USING (account_id) WHERE b.network_id = :'other' AND b.account = 'balance' AND b.amount_sats > 0;
SELECT is_empty($$ SELECT * FROM chimera.audit('test_other') $$, 'the audit recounts it');
SELECT is_empty($$ SELECT FROM chimera.blocks WHERE network_id = chimera.network_id('test_parent') $$, 'the parent has no part in it');

-- ---------- the end of it ----------

SELECT ok(chimera.unmerge_network('test_other', 'test_parent', 'enough') > 0, 'a child is unmerged');
SELECT is(pg_temp.gets(:other_block, 'prop'), 'test_a 7, test_b 7, test_c 36', 'and what has been stays');

-- shares of a former parent that are dropped later than they can count
SELECT now() - interval '2 days' AS dropped \gset
INSERT INTO chimera.expired_shares (network_id, dropped_until) VALUES (:'parent', :'dropped');
SELECT is(chimera.shares_dropped_until(:'other'), '-infinity', 'what a parent dropped before the merge never counted');
UPDATE chimera.merged_networks SET merged_at = now() - interval '30 days', unmerged_at = now() - interval '20 days'
WHERE network_id = :'other' AND parent_id = :'parent';
SELECT is(chimera.shares_dropped_until(:'other'), now() - interval '19 days', 'nor does what came after it');
UPDATE chimera.merged_networks SET merged_at = now() - interval '30 days' WHERE network_id = :'child' AND parent_id = :'parent';
SELECT is(chimera.shares_dropped_until(:'child'), :'dropped', 'of a present parent''s shares, all do');
SELECT is(chimera.shares_dropped_until(:'parent'), :'dropped', 'as do its own');

SELECT * FROM finish();
ROLLBACK;
