-- merged_refusals.sql: shares that are refused unless they are a new block of a child, and credited once.
BEGIN;
\ir begin.psql
\if :is_pool
\else
    \echo :skip_file
    \quit
\endif
\ir work.psql
SELECT plan(23);

SELECT pg_temp.make_network('test_parent') AS parent, pg_temp.make_network('test_child') AS child,
       pg_temp.make_miner('test_alice') AS alice, pg_temp.make_miner('test_bob') AS bob \gset
CREATE FUNCTION pg_temp.make_template(network uuid) RETURNS bigint LANGUAGE sql AS $$
    INSERT INTO chimera.templates (network_id, height, transaction_count, transactions) VALUES (network, 7, 0, '')
    RETURNING template_id
$$;
-- a job of the parent that carries a new job of the child; only the child's is easy
CREATE FUNCTION pg_temp.carry(parent uuid, child uuid, salt int, OUT job bigint, OUT carried bigint) LANGUAGE plpgsql AS $$
DECLARE
    tree CONSTANT bigint := nextval('chimera.carried_jobs_tree_id_seq');
    made chimera.jobs;
BEGIN
    carried := pg_temp.make_job(child, 545259519, false, template_id => pg_temp.make_template(child), salt => salt);
    INSERT INTO chimera.carried_jobs (tree_id, network_id, job_id, slot, branch) VALUES (tree, child, carried, 0, '');
    job := pg_temp.make_job(parent, 386000000, false, template_id => pg_temp.make_template(parent), salt => salt);
    SELECT * INTO made FROM chimera.jobs j WHERE j.job_id = job;
    made.job_id := nextval('chimera.jobs_job_id_seq');
    made.tree_id := tree;
    INSERT INTO chimera.jobs SELECT made.*;
    job := made.job_id;
END;
$$;
-- the first extranonces2 whose hashes meet the child's target
CREATE FUNCTION pg_temp.meeting(job bigint, ntime bigint DEFAULT 1700000000) RETURNS bigint[] LANGUAGE sql AS $$
    SELECT array_agg(n ORDER BY n) FROM generate_series(0, 63) n
    WHERE pg_temp.reverse(sha256(sha256(pg_temp.header(job, n, ntime => ntime)))) <= pg_temp.reverse(chimera.target(545259519))
$$;
CREATE FUNCTION pg_temp.stored(job bigint) RETURNS bigint LANGUAGE sql AS $$ SELECT count(*) FROM chimera.shares s WHERE s.job_id = job $$;
CREATE FUNCTION pg_temp.reject(carried bigint) RETURNS void LANGUAGE sql AS $$
    UPDATE chimera.blocks SET status = 'rejected', raw = NULL, submit_result = 'high-hash' WHERE job_id = carried
$$;
\set ahead 1700007201
-- hashes of more difficulty than these have are not found
\set high_difficulty 1e300

-- ---------- a block for each job of the child ----------

SELECT job, carried, (pg_temp.meeting(job))[1] AS one, (pg_temp.meeting(job))[2] AS two, (pg_temp.meeting(job))[3] AS three
FROM pg_temp.carry(:'parent', :'child', 1) \gset
SELECT is(pg_temp.submit(pg_temp.share(:job, :alice, :one)), '{1}', 'a share that meets a carried job''s target is a block');
SELECT is(pg_temp.submit(pg_temp.share(:job, :alice, :one)), '{3}', 'once');
SELECT is(pg_temp.submit(pg_temp.share(:job, :bob, :two)), '{0}', 'the next is a share as any');
SELECT is(pg_temp.submit(pg_temp.share(:job, :bob, :three, difficulty => :high_difficulty)), '{4}',
          'and one that is not even a share is below its difficulty, as if the job carried nothing');
SELECT is(pg_temp.submit(pg_temp.share(:job, :bob, :three, difficulty => share_difficulty * 1.5)), '{9}', 'or nearly a share')
FROM (SELECT chimera.difficulty(sha256(sha256(pg_temp.header(:job, :three))), 'sha256d')) d (share_difficulty);
SELECT is(pg_temp.stored(:job), 2::bigint, 'two shares are stored');
SELECT is(array_agg(miner_id), ARRAY[:alice], 'the block is the first one''s') FROM chimera.blocks WHERE network_id = :'child';

-- a block that is no share is worth the child's difficulty
SELECT job, carried, (pg_temp.meeting(job))[1] AS one FROM pg_temp.carry(:'parent', :'child', 2) \gset
SELECT is(pg_temp.submit(pg_temp.share(:job, :alice, :one, difficulty => :high_difficulty)), '{1}', 'a block below its miner''s difficulty is taken');
SELECT is(difficulty, chimera.difficulty(chimera.target(:easy_nbits), 'sha256d'), 'for the difficulty that it meets')
FROM chimera.shares WHERE job_id = :job;
SELECT is(pg_temp.submit(pg_temp.share(:job, :alice, :one, difficulty => :high_difficulty)), '{3}', 'once');
SELECT is(pg_temp.stored(:job), 1::bigint, 'nor stored');

-- ---------- another proof of a rejected block ----------

SELECT job, carried, (pg_temp.meeting(job))[1] AS one, (pg_temp.meeting(job))[2] AS two, (pg_temp.meeting(job))[3] AS three
FROM pg_temp.carry(:'parent', :'child', 3) \gset
SELECT pg_temp.submit(pg_temp.share(:job, :alice, :one)) \g /dev/null
SELECT pg_temp.reject(:carried);
SELECT is(pg_temp.submit(pg_temp.share(:job, :bob, :two)), '{1}', 'when the nodes have rejected a proof, another share''s is tried');
SELECT results_eq(format('SELECT miner_id, status::text, raw IS NOT NULL FROM chimera.blocks WHERE job_id = %s', :carried),
                  format('VALUES (%s, ''found'', true)', :bob), 'whose block it then is');
UPDATE chimera.blocks SET status = 'rejected', ledger_state = 'reversed' WHERE job_id = :carried;
SELECT is(pg_temp.submit(pg_temp.share(:job, :alice, :three)), '{0}', 'but not of a block that the ledger has seen');
SELECT is(miner_id, :bob, 'which stays whose it was') FROM chimera.blocks WHERE job_id = :carried;
UPDATE chimera.blocks SET ledger_state = 'none' WHERE job_id = :carried;
SELECT job AS later, (pg_temp.meeting(job))[1] AS later_one FROM pg_temp.carry(:'parent', :'child', 4) \gset
SELECT pg_temp.submit(pg_temp.share(:later, :alice, :later_one)) \g /dev/null
SELECT is(pg_temp.submit(pg_temp.share(:job, :alice, (pg_temp.meeting(:job))[4])), '{0}',
          'nor of one whose round another has followed');
SELECT is(miner_id, :bob, 'so that rounds stay as they are') FROM chimera.blocks WHERE job_id = :carried;

-- ---------- a share that is refused otherwise has no key ----------

SELECT job, carried, (pg_temp.meeting(job, :ahead))[1] AS one, (pg_temp.meeting(job, :ahead))[2] AS two FROM pg_temp.carry(:'parent', :'child', 5) \gset
SELECT is(pg_temp.submit(pg_temp.share(:job, :alice, :one, ntime => :ahead)), '{1}', 'a share ahead of its time that is a child''s block is taken');
SELECT pg_temp.reject(:carried);
SELECT is(pg_temp.submit(pg_temp.share(:job, :alice, :one, ntime => :ahead), pg_temp.share(:job, :alice, :two, ntime => :ahead)), '{3,6}',
          'and once only, even if the nodes have rejected the block');
SELECT is(pg_temp.stored(:job), 1::bigint, 'it is credited once');
SELECT chimera.retire_jobs(:'parent', :job);
SELECT is(pg_temp.submit(pg_temp.share(:job, :alice, :one, ntime => :ahead)), '{3}', 'also when it is late');
SELECT is(pg_temp.submit(pg_temp.share(:job, :bob, (pg_temp.meeting(:job))[1])), '{2}', 'a late share does not replace a proof either');
SELECT is(pg_temp.stored(:job), 1::bigint, 'and is not credited');

SELECT * FROM finish();
ROLLBACK;
