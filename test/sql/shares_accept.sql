-- shares_accept.sql: what an accepted share becomes.
BEGIN;
\ir begin.psql
\if :is_pool
\else
    \echo :skip_file
    \quit
\endif
\ir work.psql
SELECT plan(28);

SELECT pg_temp.make_network('test_shares', version_mask => x'1fffe000'::bigint) AS network,
       pg_temp.make_miner('test_alice', 'rig1') AS alice, pg_temp.make_miner('test_bob') AS bob \gset
SELECT pg_temp.make_job(:'network', :hard_nbits, version_mask => x'1fffe000'::bigint) AS job,
       pg_temp.make_job(:'network', :hard_nbits, false) AS plain_job \gset

-- one batch: a plain share, one with the highest values on the wire, one with rolled version bits
SELECT pg_temp.submit(
    pg_temp.share(:job, :alice, extranonce2 => 11, extranonce1 => 12, ntime => 1700000013, nonce => 14),
    pg_temp.share(:job, :bob, extranonce2 => -1, extranonce1 => 4294967295, nonce => 4294967295),
    pg_temp.share(:job, :alice, extranonce2 => 15, version_mask => x'1fffe000'::bigint, version_bits => x'00004000'::bigint)
) AS codes \gset
SELECT is(:'codes'::int[], '{0,0,0}', 'shares that are good are accepted');
CREATE TEMP VIEW stored AS SELECT *, tableoid::regclass AS partition FROM chimera.shares WHERE network_id = :'network';
SELECT is((SELECT count(*) FROM stored), 3::bigint, 'a row is stored for each');

SELECT results_eq(
    'SELECT network_id, job_id, extranonce2, extranonce1, ntime, nonce, version FROM stored WHERE extranonce2 = 11',
    format('VALUES (%L::uuid, %s::bigint, 11::bigint, 12, 1700000013, 14, 536870912)', :'network', :job),
    'a row holds what was sent');
SELECT results_eq('SELECT extranonce2, extranonce1, nonce FROM stored WHERE extranonce2 < 0',
    'VALUES (-1::bigint, -1, -1)', 'unsigned values stand by their bits');
SELECT is((SELECT version FROM stored WHERE extranonce2 = 15), x'20004000'::int, 'the version holds the rolled bits');
SELECT is((SELECT difficulty FROM stored WHERE extranonce2 = 11), :free_difficulty::float8,
          'the credited difficulty is what the miner had been told');
SELECT results_eq('SELECT s.extranonce2, a.name, m.name FROM stored s JOIN chimera.miners m USING (miner_id)
                   JOIN chimera.accounts a USING (account_id) ORDER BY 1',
                  $$ VALUES (-1::bigint, 'test_bob', ''), (11, 'test_alice', 'rig1'), (15, 'test_alice', 'rig1') $$,
                  'a share is credited to its miner''s account');
SELECT ok(bool_and(submitted_at BETWEEN now() AND clock_timestamp()), 'submitted_at is the server''s time') FROM stored;
SELECT is(min(share_difficulty),
    chimera.difficulty(chimera.hash('sha256d', pg_temp.header(:job, 11, 12, 1700000013, 14)), 'sha256d')::float4,
    'share_difficulty is that of the hash') FROM stored WHERE extranonce2 = 11;

-- BIP 310: within the mask the miner's bits replace the job's, its zeros too
SELECT pg_temp.make_job(:'network', :hard_nbits, false, version_mask => x'3fffe000'::bigint) AS wide_job \gset
SELECT pg_temp.submit(pg_temp.share(:wide_job, :alice, version_mask => x'3fffe000'::bigint, version_bits => x'4000'::bigint)) AS codes \gset
SELECT is(version, x'4000'::int, 'version bits replace the job''s') FROM stored WHERE job_id = :wide_job;
DELETE FROM chimera.shares WHERE job_id = :wide_job AND network_id = :'network';

-- the header of the row, rebuilt in SQL
SELECT is(chimera.share_hash(s.job_id, s.extranonce1, s.extranonce2, s.ntime, s.nonce, s.version),
          pg_temp.reverse(sha256(sha256(pg_temp.header(s.job_id, s.extranonce2,
              s.extranonce1 & 4294967295, s.ntime, s.nonce & 4294967295, s.version)))),
          format('share_hash agrees with the header of share %s, rebuilt in SQL', s.extranonce2))
FROM stored s ORDER BY extranonce2;
SELECT is(chimera.share_hash(0, 0, 0, 0, 0, 0), NULL, 'share_hash is NULL when there is no such job');

-- neighbours in a batch with other merkle branches
INSERT INTO chimera.jobs
SELECT other.* FROM chimera.jobs j
CROSS JOIN LATERAL jsonb_populate_record(j, jsonb_build_object(
    'job_id', nextval('chimera.jobs_job_id_seq'), 'clean_jobs', false, 'merkle_branch', sha256('another branch'))) other
WHERE j.job_id = :job RETURNING job_id AS other_job \gset
SELECT pg_temp.submit(pg_temp.share(:job, :alice, extranonce2 => 121), pg_temp.share(:other_job, :alice, extranonce2 => 122),
    pg_temp.share(:job, :alice, extranonce2 => 123)) AS codes \gset
SELECT is(s.share_difficulty,
          chimera.difficulty(chimera.hash('sha256d', pg_temp.header(s.job_id, s.extranonce2)), 'sha256d')::float4,
          format('share %s among those of another job is hashed by its own', s.extranonce2))
FROM stored s WHERE extranonce2 BETWEEN 121 AND 123 ORDER BY extranonce2;
DELETE FROM chimera.shares WHERE network_id = :'network' AND extranonce2 BETWEEN 121 AND 123;

-- numbers
SELECT is((SELECT array_agg(share_id % 4096 ORDER BY share_id) FROM stored), '{0,1,2}', 'share_id holds the place in the batch');
SELECT is((SELECT count(DISTINCT share_id / 4096) FROM stored), 1::bigint, 'and the batch''s number');
SELECT pg_temp.submit(pg_temp.share(:job, :alice, extranonce2 => 16)) AS codes \gset
SELECT ok((SELECT share_id FROM stored WHERE extranonce2 = 16) > (SELECT max(share_id) FROM stored WHERE extranonce2 <> 16),
          'a later batch has higher ones');
SELECT pg_temp.submit(pg_temp.share(0, :alice), pg_temp.share(:job, :alice, extranonce2 => 17)) AS codes \gset
SELECT is((SELECT share_id % 4096 FROM stored WHERE extranonce2 = 17), 1::bigint, 'a refused share keeps its place');

-- limits of what is accepted
SELECT is(pg_temp.submit(pg_temp.share(:job, :alice, extranonce2 => 20, ntime => :mintime)), '{0}',
          'the template''s earliest time is accepted');
SELECT is(pg_temp.submit(pg_temp.share(:job, :alice, extranonce2 => 20, ntime => :curtime + 7200)), '{0}',
          'two hours after the template''s time are accepted');
SELECT chimera.difficulty(chimera.hash('sha256d', pg_temp.header(:job, 21)), 'sha256d') AS achieved \gset
SELECT is(pg_temp.submit(pg_temp.share(:job, :alice, extranonce2 => 21, difficulty => :'achieved'::float8 * 0.999999999)), '{0}',
          'a difficulty just below the hash''s is met');
SELECT is(pg_temp.submit(pg_temp.share(:plain_job, :alice)), '{0}', 'a later job without clean_jobs leaves both live');
SELECT is(pg_temp.submit(pg_temp.share(:job, :alice, extranonce2 => 22)), '{0}', 'the earlier one too');

-- a role that may do nothing else may submit
SET LOCAL ROLE chimera_stratum;
SELECT chimera.submit_shares(decode('00000001', 'hex')) AS answer \gset
RESET ROLE;
SELECT is(:'answer'::bytea, '', 'stratumd''s role may submit');

SELECT is((SELECT is_ready FROM chimera.share_set()), true, 'the share set says that it is loaded');

SELECT * FROM finish();
ROLLBACK;
