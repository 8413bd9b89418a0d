-- merged_networks.sql: who may be whose child, and what health says of it.
BEGIN;
\ir begin.psql
SELECT plan(31);

-- a pool's own networks don't matter here
UPDATE chimera.network_configs SET is_active = false, is_enabled = false WHERE is_active;
SELECT pg_temp.make_network('test_parent') AS parent, pg_temp.make_network('test_second') AS second, pg_temp.make_network('test_a') AS a,
       pg_temp.make_network('test_b') AS b, pg_temp.make_network('test_scrypt') AS scrypt \gset
UPDATE chimera.network_configs SET algorithm = 'scrypt' WHERE network_id = :'scrypt';
SELECT chimera.enable_network(n) FROM unnest('{test_parent,test_second,test_a,test_b}'::text[]) n \g /dev/null

-- a network's newest job, with a chain id, made that long ago
CREATE FUNCTION pg_temp.job(network uuid, chain_id bigint, age interval DEFAULT '0', tree bigint DEFAULT NULL) RETURNS bigint LANGUAGE sql AS $$
    INSERT INTO chimera.jobs (job_id, network_id, template_id, algorithm, height, version, prevhash, nbits, curtime, mintime,
        coinbase_value, coinbase_prefix, coinbase_suffix, merkle_branch, has_witness, version_mask, clean_jobs, created_at, tree_id)
    VALUES (nextval('chimera.jobs_job_id_seq'), network, 0, 'sha256d', 7, chain_id << 16 | 4, sha256('tip'), 486604799, 5, 0, 1000,
        '\x01', '\x02', '', false, 0, true, clock_timestamp() - age, tree)
    RETURNING job_id
$$;
CREATE FUNCTION pg_temp.tree(VARIADIC carried bigint[]) RETURNS bigint LANGUAGE sql AS $$
    WITH tree AS (SELECT nextval('chimera.carried_jobs_tree_id_seq') AS id), stored AS (
        INSERT INTO chimera.carried_jobs (tree_id, network_id, job_id, slot, branch)
        SELECT t.id, j.network_id, j.job_id, 0, '' FROM chimera.jobs j, tree t WHERE j.job_id = ANY (carried))
    SELECT id FROM tree
$$;
CREATE FUNCTION pg_temp.says(network text, named_part text DEFAULT 'merged') RETURNS text LANGUAGE sql AS $$
    SELECT h.message FROM chimera.health_merged h WHERE h.name = network AND h.part = named_part
$$;

-- ---------- who may ----------

SELECT throws_ok($$ SELECT chimera.merge_network('test_none', 'test_parent') $$, '42704', NULL, 'a child must exist');
SELECT throws_ok($$ SELECT chimera.merge_network('test_a', 'test_none') $$, '42704', NULL, 'so must a parent');
SELECT throws_ok($$ SELECT chimera.merge_network('test_a', 'test_a') $$, '22023', 'network "test_a" cannot be its own parent', 'another one');
SELECT throws_ok($$ SELECT chimera.merge_network('test_scrypt', 'test_parent') $$, '22023',
                 'network "test_scrypt" has algorithm "scrypt", but its parent "test_parent" has "sha256d"', 'of the same algorithm');
SELECT pg_temp.job(:'a', 98, '1 minute') AS job_a, pg_temp.job(:'b', 98, '1 minute') AS job_b, pg_temp.job(:'parent', 8192, '2 minutes') AS job_p \gset
SELECT ok(chimera.merge_network('test_a', 'test_parent', 'a test') > 0, 'then it is merged');
SELECT is(chimera.merge_network('test_a', 'test_parent'), NULL, 'once');
SELECT throws_ok($$ SELECT chimera.merge_network('test_b', 'test_parent') $$, '55000', 'networks "test_b" and "test_a" have the same chain id, 98',
                 'two chains of an id cannot be told apart');
SELECT ok(chimera.merge_network('test_b', 'test_second') > 0, 'under another parent they can');
SELECT throws_ok($$ SELECT chimera.merge_network('test_second', 'test_parent') $$, '55000', 'network "test_second" cannot be a child, because it is the parent of "test_b"', 'a parent is no child');
SELECT throws_ok($$ SELECT chimera.merge_network('test_scrypt', 'test_b') $$, '22023', NULL, 'algorithms first');
SELECT throws_ok($$ SELECT chimera.merge_network('test_second', 'test_a') $$, '55000', 'network "test_a" cannot be a parent, because it is a child of "test_parent"', 'a child is no parent');
SELECT is(array_agg(concat_ws(' ', kind, network_name, reason, result) ORDER BY history_id), '{merge test_a a test child of test_parent,merge test_b child of test_second}'::text[],
          'the history has it') FROM chimera.network_switch_history WHERE kind = 'merge';
SELECT pg_temp.make_network('test_plain') AS plain \gset
SELECT pg_temp.job(:'plain', 0) \g /dev/null
SELECT throws_ok($$ SELECT chimera.merge_network('test_plain', 'test_parent') $$, '55000', 'network "test_plain" cannot be a child, because its templates have no chain id', 'a chain without an id cannot be a child');

-- ---------- what is carried ----------

SELECT is(j.job_id || ' ' || j.chain_id, :'job_a' || ' 98', 'the newest job of a child is carried') FROM chimera.jobs_to_carry(:'parent') j;
SELECT is(j.hash, sha256(sha256(chimera.aux_header(k))), 'by the hash of its header') FROM chimera.jobs_to_carry(:'parent') j JOIN chimera.jobs k USING (job_id);
SELECT is(pg_temp.says('test_a'), NULL, 'a job that is newer than the parent''s waits for the parent''s next');
SELECT pg_temp.job(:'parent', 8192) \g /dev/null
SELECT is(pg_temp.says('test_a'), 'not mined with test_parent: the parent''s coinbase has no room for the commitment (shorten coinbase_tag), or its version contains the chain id',
          'a job that does not carry it says so in health');
SELECT pg_temp.job(:'parent', 8192, tree => pg_temp.tree(:job_a)) \g /dev/null
SELECT is(pg_temp.says('test_a'), NULL, 'one that does is well');
SELECT pg_temp.job(:'second', 8192, tree => pg_temp.tree(:job_b)) \g /dev/null
INSERT INTO chimera.merged_networks (network_id, parent_id) VALUES (:'a', :'second');
SELECT is(pg_temp.says('test_a'), 'not mined with test_second: network "test_b" has the same chain id, 98', 'an id that two have is named');
UPDATE chimera.network_configs SET is_enabled = false WHERE network_id = :'second';
SELECT is(pg_temp.says('test_a'), 'not mined with test_second: the parent is disabled or stopped', 'so is a parent that is off');
SELECT pg_temp.job(:'a', 50) AS job_a2 \gset
SELECT is(pg_temp.says('test_a', 'chain id'), 'the chain id in templates has changed from 98 to 50', 'a chain id that changes is reported');
SELECT is(j.chain_id, 50::bigint, 'and used') FROM chimera.jobs_to_carry(:'parent') j;
INSERT INTO chimera.stopped_networks (network_id, reason) VALUES (:'a', 'a test');
SELECT is_empty(format('SELECT * FROM chimera.jobs_to_carry(%L)', :'parent'), 'a child that is stopped is not carried');
DELETE FROM chimera.stopped_networks WHERE network_id = :'a';
UPDATE chimera.network_configs SET is_enabled = false WHERE network_id = :'a';
SELECT is_empty(format('SELECT * FROM chimera.jobs_to_carry(%L)', :'parent'), 'nor is one that is disabled');
UPDATE chimera.network_configs SET is_enabled = true WHERE network_id = :'a';

-- ---------- the end ----------

SELECT ok(chimera.unmerge_network('test_a', 'test_parent', 'enough') > 0, 'it is unmerged');
SELECT is(chimera.unmerge_network('test_a', 'test_parent'), NULL, 'once');
SELECT is_empty(format('SELECT * FROM chimera.jobs_to_carry(%L)', :'parent'), 'and not carried any more');
SELECT ok(chimera.merge_network('test_a', 'test_parent') > 0, 'until it is merged again');
SELECT is(count(*), 2::bigint, 'each time has its row') FROM chimera.merged_networks WHERE network_id = :'a' AND parent_id = :'parent';

-- jobs are kept as long as a parent's are
UPDATE chimera.network_configs SET share_retention = '1 day' WHERE network_id IN (:'a', :'parent');
SELECT is(chimera.drop_old_jobs(:'a'), 0, 'no job that is carried is dropped');

-- ---------- proofs ----------

SELECT pg_temp.make_miner('test_m', 'rig') AS miner \gset
INSERT INTO chimera.blocks (network_id, height, hash, job_id, account_id, miner_id, reward_sats, network_difficulty, share_difficulty, proof_problem)
SELECT :'a', 7, sha256('a'), :job_a, account_id, miner_id, 1, 1, 1, 'it is wrong' FROM chimera.miners WHERE miner_id = :miner;
SELECT ok(pg_temp.says('test_a', 'proofs') ~ '^blocks of the last day whose proof of the parent''s work is not valid: 1; block [0-9]+: it is wrong$', 'a proof that is wrong shows in health');

SELECT * FROM finish();
ROLLBACK;
