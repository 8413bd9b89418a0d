-- merged_shares.sql: shares of a job that carries jobs of children.
BEGIN;
\ir begin.psql
\if :is_pool
\else
SELECT :'skip_file';
\q
\endif
\ir work.psql
SELECT plan(33);
-- the made-up coinbases prove nothing, which warnings say
SET client_min_messages = error;

SELECT pg_temp.make_network('test_parent') AS parent, pg_temp.make_network('test_child') AS child, pg_temp.make_network('test_hard') AS hard \gset
SELECT pg_temp.make_miner('test_m', 'rig') AS miner \gset
INSERT INTO chimera.templates (network_id, height, transaction_count, transactions) VALUES (:'child', 7, 2, '\xeeff') RETURNING template_id AS template \gset
INSERT INTO chimera.templates (network_id, height, transaction_count, transactions) VALUES (:'parent', 7, 0, '') RETURNING template_id AS own_template \gset
SELECT chimera.merge_network('test_child', 'test_parent'), chimera.merge_network('test_hard', 'test_parent') \g /dev/null

-- a job of a parent that carries a job of the child, which half of all hashes meet, and one that none meets
CREATE FUNCTION pg_temp.carry(job bigint, VARIADIC carried bigint[]) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    tree CONSTANT bigint := nextval('chimera.carried_jobs_tree_id_seq');
    row chimera.jobs;
BEGIN
    INSERT INTO chimera.carried_jobs (tree_id, network_id, job_id, slot, branch)
    SELECT tree, j.network_id, j.job_id, 1, sha256('sibling') FROM chimera.jobs j WHERE j.job_id = ANY (carried);
    SELECT * INTO row FROM chimera.jobs j WHERE j.job_id = job;
    row.job_id := nextval('chimera.jobs_job_id_seq');
    row.tree_id := tree;
    row.coinbase_prefix := row.coinbase_prefix || int8send(row.job_id);
    INSERT INTO chimera.jobs SELECT row.*;
    RETURN row.job_id;
END;
$$;
SELECT pg_temp.make_job(:'child', :easy_nbits, template_id => :template, has_witness => true) AS child_job, pg_temp.make_job(:'hard', :hard_nbits) AS hard_job,
       pg_temp.make_job(:'parent', :hard_nbits, template_id => :own_template, version_mask => 536862720) AS plain \gset
SELECT pg_temp.carry(:plain, :child_job, :hard_job) AS job \gset
-- the n-th extranonce2 whose hash does, or does not, meet the child's target
CREATE FUNCTION pg_temp.hit(job bigint, is_hit boolean, n int) RETURNS bigint LANGUAGE sql AS $$
    SELECT e FROM generate_series(0, 255) e
    WHERE is_hit = (pg_temp.reverse(chimera.hash('sha256d', pg_temp.header(job, e))) <= pg_temp.reverse(chimera.target(545259519)))
    ORDER BY e OFFSET n LIMIT 1
$$;
CREATE FUNCTION pg_temp.blocks(network uuid) RETURNS bigint LANGUAGE sql AS $$ SELECT count(*) FROM chimera.blocks b WHERE b.network_id = network $$;

-- ---------- a good share ----------

SELECT is(pg_temp.submit(pg_temp.share(:job, :miner, pg_temp.hit(:job, false, 0))), '{0}', 'a share that meets no target is a share');
SELECT is(pg_temp.submit(pg_temp.share(:job, :miner, pg_temp.hit(:job, true, 0))), '{1}', 'one that meets a child''s is a block');
SELECT is(pg_temp.blocks(:'child') || ' ' || pg_temp.blocks(:'hard') || ' ' || pg_temp.blocks(:'parent'), '1 0 0', 'of that child alone');
SELECT is(b.job_id, :child_job::bigint, 'its job is the child''s') FROM chimera.blocks b WHERE b.network_id = :'child';
SELECT is(s.job_id, :job::bigint, 'its share is the parent''s') FROM chimera.blocks b JOIN chimera.shares s USING (share_id) WHERE b.network_id = :'child';
SELECT is(b.hash, pg_temp.reverse(sha256(sha256(chimera.aux_header(j)))), 'its hash is that of the child''s header')
FROM chimera.blocks b JOIN chimera.jobs j USING (job_id) WHERE b.network_id = :'child';
SELECT is(substr(b.raw, 1, 80), chimera.aux_header(j), 'with which it begins') FROM chimera.blocks b JOIN chimera.jobs j USING (job_id) WHERE b.network_id = :'child';
SELECT is(get_byte(chimera.aux_header(j), 1), 1, 'and bit 8 is set') FROM chimera.jobs j WHERE j.job_id = :child_job;
SELECT ok(position(pg_temp.header(:job, pg_temp.hit(:job, true, 0)) || '\x03'::bytea IN b.raw) > 0, 'then comes the proof up to the parent''s header, then three transactions')
FROM chimera.blocks b WHERE b.network_id = :'child';
SELECT is(substr(b.raw, length(b.raw) - 1), '\xeeff'::bytea, 'the last of them the template''s') FROM chimera.blocks b WHERE b.network_id = :'child';
SELECT isnt(b.proof_problem, NULL, 'the made-up coinbase is no proof, which its row says') FROM chimera.blocks b WHERE b.network_id = :'child';
SELECT is(b.status, 'found', 'and is sent nevertheless') FROM chimera.blocks b WHERE b.network_id = :'child';

SELECT is(pg_temp.submit(pg_temp.share(:job, :miner, pg_temp.hit(:job, true, 1))), '{0}', 'another one that meets it is only a share: a job has one block of a child');
SELECT is(pg_temp.submit(pg_temp.share(:job, :miner, pg_temp.hit(:job, true, 1))), '{3}', 'and the same again is a duplicate');
SELECT is(pg_temp.blocks(:'child'), 1::bigint, 'no block is stored twice');

-- another proof for a block that was rejected
UPDATE chimera.blocks SET status = 'rejected', submit_attempts = 1, raw = NULL WHERE network_id = :'child';
SELECT is(pg_temp.submit(pg_temp.share(:job, :miner, pg_temp.hit(:job, true, 2))), '{1}', 'if the nodes have rejected it, another proof is tried');
SELECT is(count(*) FILTER (WHERE status = 'found' AND raw IS NOT NULL AND submit_attempts = 0), 1::bigint, 'in the same row') FROM chimera.blocks WHERE network_id = :'child';
UPDATE chimera.blocks SET status = 'accepted' WHERE network_id = :'child';
SELECT is(pg_temp.submit(pg_temp.share(:job, :miner, pg_temp.hit(:job, true, 3))), '{0}', 'but not for one that was accepted');
DELETE FROM chimera.blocks WHERE network_id = :'child';

-- ---------- shares that are good for nothing else ----------

SELECT is(pg_temp.submit(pg_temp.share(:job, :miner, pg_temp.hit(:job, false, 1), difficulty => 1000)), '{4}', 'a share below its difficulty is refused');
SELECT is(pg_temp.submit(pg_temp.share(:job, :miner, pg_temp.hit(:job, true, 4), difficulty => 1000)), '{1}', 'unless it is a block of a child');
SELECT is(s.difficulty, chimera.difficulty(chimera.target(:easy_nbits), 'sha256d'), 'which is credited with the child''s difficulty')
FROM chimera.shares s WHERE s.network_id = :'parent' ORDER BY s.share_id DESC LIMIT 1;
SELECT is(pg_temp.submit(pg_temp.share(:job, :miner, pg_temp.hit(:job, true, 5), difficulty => 1000)), '{4}', 'that is not known yet');
DELETE FROM chimera.blocks WHERE network_id = :'child';

SELECT chimera.retire_jobs(:'parent', :job) \g /dev/null
SELECT is(pg_temp.submit(pg_temp.share(:job, :miner, pg_temp.hit(:job, false, 2))), '{2}', 'a share of a stale job is refused');
SELECT is(pg_temp.submit(pg_temp.share(:job, :miner, pg_temp.hit(:job, true, 6))), '{1}', 'unless it is a block of a child');
SELECT is(pg_temp.submit(pg_temp.share(:job, :miner, pg_temp.hit(:job, true, 7))), '{2}', 'and that only once');
SELECT is(pg_temp.blocks(:'child'), 1::bigint, 'it is stored');

-- ---------- a lone job ----------

SELECT is(pg_temp.submit(pg_temp.share(:child_job, :miner, pg_temp.find(:child_job, true))), '{1}', 'a child may be mined alone, too');
SELECT is(pg_temp.blocks(:'child'), 2::bigint, 'which makes a block of its own');

-- ---------- the magic ----------

SELECT pg_temp.carry(:plain, :child_job) AS job2 \gset
SELECT is(pg_temp.submit(pg_temp.share(:job2, :miner, x'fabe6d6d00000000'::bigint), pg_temp.share(:job2, :miner, x'00fabe6d6d000000'::bigint),
                         pg_temp.share(:job2, :miner, x'00000000fabe6d6d'::bigint), pg_temp.share(:job2, :miner, x'6d00000000000000'::bigint, extranonce1 => x'00fabe6d'::bigint)),
          '{10,10,10,10}', 'an extranonce2 that repeats the magic is refused, wherever it begins');
SELECT is(pg_temp.submit(pg_temp.share(:job2, :miner, 1, extranonce1 => x'fabe6d6d'::bigint)) <@ '{0,1}', true, 'an extranonce1 that is the magic is nobody''s fault');
SELECT pg_temp.make_job(:'parent', :hard_nbits, false, salt => 9) AS lone \gset
SELECT is(pg_temp.submit(pg_temp.share(:lone, :miner, x'fabe6d6d00000000'::bigint)) <@ '{0,1}', true, 'without children it is a number as any other');

-- ---------- what miners are told ----------

SELECT is(j.difficulty_cap, chimera.difficulty(chimera.target(:easy_nbits), 'sha256d'), 'no miner''s difficulty exceeds the lowest of parent and children')
FROM chimera.stratum_job(:job2) j;
UPDATE chimera.network_configs SET caps_difficulty = false WHERE network_id = :'child';
SELECT is(j.difficulty_cap, chimera.difficulty(chimera.target(:hard_nbits), 'sha256d'), 'of those that limit it') FROM chimera.stratum_job(:job2) j;

SELECT * FROM finish();
ROLLBACK;
