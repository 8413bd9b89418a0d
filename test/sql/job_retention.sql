-- job_retention.sql: old jobs go, and none that something still needs.
BEGIN;
\ir begin.psql
\ir work.psql
SELECT plan(13);

SELECT pg_temp.make_network('test_one') AS one, pg_temp.make_network('test_two') AS two \gset
SELECT chimera.update_network('test_one', '{"share_retention": "3 days"}') \g /dev/null
SELECT pg_temp.make_miner('test_alice') AS miner \gset

-- a job as old as that; jobs never change, so its age comes with it
CREATE FUNCTION pg_temp.old_job(network uuid, age interval) RETURNS bigint LANGUAGE sql AS $$
    INSERT INTO chimera.jobs (job_id, network_id, template_id, algorithm, height, version, prevhash, nbits, curtime, mintime,
        coinbase_value, coinbase_prefix, coinbase_suffix, merkle_branch, has_witness, version_mask, clean_jobs, created_at)
    SELECT nextval('chimera.jobs_job_id_seq'), network, 0, 'sha256d', 1, 1, sha256(''), 545259519, 1, 1, 1, '', '', '', false, 0, true, now() - age
    RETURNING job_id
$$;
SELECT pg_temp.old_job(:'one', '20 days') AS unused, pg_temp.old_job(:'one', '19 days') AS with_block,
       pg_temp.old_job(:'one', '18 days') AS with_share, pg_temp.old_job(:'one', '17 days') AS long_lived,
       pg_temp.old_job(:'one', '3 days 23 hours') AS young, pg_temp.old_job(:'one', '1 hour') AS present,
       pg_temp.old_job(:'two', '300 days') AS before, pg_temp.old_job(:'two', '299 days') AS last_one \gset
INSERT INTO chimera.blocks (network_id, height, hash, job_id, account_id, miner_id, reward_sats, network_difficulty, share_difficulty)
SELECT :'one', 7, sha256('block'), :with_block, m.account_id, m.miner_id, 1000, 1, 2 FROM chimera.miners m WHERE m.miner_id = :miner;
SELECT chimera.make_share_partitions(:'one', (now() AT TIME ZONE 'UTC')::date - 19, (now() AT TIME ZONE 'UTC')::date - 16) \g /dev/null
INSERT INTO chimera.shares (share_id, network_id, job_id, miner_id, difficulty, share_difficulty, submitted_at, extranonce1, extranonce2, ntime, nonce, version)
VALUES (1, :'one', :with_share, :miner, 1, 1, now() - interval '17 days 23 hours', 1, 1, 1, 1, 1);

CREATE FUNCTION pg_temp.kept() RETURNS bigint[] LANGUAGE sql AS $$ SELECT array_agg(job_id ORDER BY job_id) FROM chimera.jobs WHERE coinbase_prefix = '' $$;
SELECT is((chimera.drop_old_jobs(:'one') + chimera.drop_old_jobs(:'two')), 2, 'old jobs are dropped');
SELECT is(pg_temp.kept(), ARRAY[:with_block, :with_share, :long_lived, :young, :present, :last_one]::bigint[],
          'but for those of blocks and stored shares, one that was not superseded then, young ones and each network''s newest');
SELECT is((chimera.drop_old_jobs(:'one') + chimera.drop_old_jobs(:'two')), 0, 'once');
DELETE FROM chimera.shares WHERE job_id = :with_share;
SELECT is((chimera.drop_old_jobs(:'one') + chimera.drop_old_jobs(:'two')), 1, 'a job goes when its shares have');
SELECT is(pg_temp.kept(), ARRAY[:with_block, :long_lived, :young, :present, :last_one]::bigint[], 'that one');
SELECT count(pg_temp.old_job(:'one', '30 days')) FROM generate_series(1, 5) \g /dev/null
SELECT pg_temp.old_job(:'one', '1 hour') \g /dev/null
SELECT is(chimera.drop_old_jobs(:'one', 3), 3, 'so many of a network at once');
SELECT is(chimera.drop_old_jobs(:'one', 3), 1, 'the rest later, but for the one that lasts until now');
-- a job that a parent's job carries goes after that one, also when that one's network is deleted
SELECT pg_temp.make_network('test_child') AS child, pg_temp.make_network('test_parent') AS parent \gset
CREATE FUNCTION pg_temp.carry(parent uuid, child uuid, carried bigint) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    tree CONSTANT bigint := nextval('chimera.carried_jobs_tree_id_seq');
    made chimera.jobs;
BEGIN
    INSERT INTO chimera.carried_jobs (tree_id, network_id, job_id, slot, branch) VALUES (tree, child, carried, 0, '');
    SELECT * INTO made FROM chimera.jobs j WHERE j.job_id = carried;
    made.job_id := nextval('chimera.jobs_job_id_seq');
    made.network_id := parent;
    made.tree_id := tree;
    INSERT INTO chimera.jobs SELECT made.*;
    RETURN made.job_id;
END $$;
SELECT pg_temp.old_job(:'child', '300 days') AS first_one, pg_temp.old_job(:'child', '299 days') AS second_one,
       pg_temp.old_job(:'child', '298 days') AS third_one \gset
SELECT pg_temp.carry(:'parent', :'child', :first_one), pg_temp.carry(:'parent', :'child', :second_one) \g /dev/null
SELECT is(chimera.drop_old_jobs(:'child'), 0, 'a job that is carried stays');
SELECT is(chimera.drop_old_jobs(:'parent'), 1, 'until the parent''s goes');
SELECT is(chimera.drop_old_jobs(:'child'), 1, 'and then goes as well');
SELECT chimera.disable_network('test_parent', 'a test') WHERE (SELECT is_enabled FROM chimera.network_configs WHERE network_id = :'parent') \g /dev/null
SELECT chimera.delete_network('test_parent', 'a test') \g /dev/null
SELECT is(chimera.drop_old_jobs(:'child'), 1, 'or with the parent');
SELECT is(count(*), 0::bigint, 'and its place in the tree with it') FROM chimera.carried_jobs WHERE network_id = :'child';

-- a full scan of a year's jobs each hour would be felt
SET LOCAL enable_seqscan = off;
CREATE FUNCTION pg_temp.plan() RETURNS text LANGUAGE plpgsql AS $$
DECLARE line text; plan text := '';
BEGIN
    FOR line IN EXPLAIN SELECT FROM chimera.jobs j WHERE j.network_id = gen_random_uuid() AND j.created_at < now() LOOP plan := plan || line; END LOOP;
    RETURN plan;
END $$;
SELECT matches(pg_temp.plan(), 'jobs_network_id_created_at_idx', 'an index finds them');

SELECT * FROM finish();
ROLLBACK;
