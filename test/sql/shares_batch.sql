-- shares_batch.sql: the bytes of a batch, its limits, and where it is refused as a whole.
BEGIN;
\ir begin.psql
\if :is_pool
\else
    \echo :skip_file
    \quit
\endif
\ir work.psql
SELECT plan(25);

SELECT pg_temp.make_network('test_batch') AS network, pg_temp.make_miner('test_alice') AS alice \gset
SELECT pg_temp.make_job(:'network', :hard_nbits) AS job \gset

SELECT is(chimera.submit_shares(NULL), NULL, 'a batch of NULL is answered NULL');
SELECT is(chimera.submit_shares('\x00000001'), '', 'an empty batch is answered by nothing');
SELECT throws_ok(format('SELECT chimera.submit_shares(%L)', batch), '22P03', NULL, 'refuses ' || why)
FROM (VALUES
    (''::bytea, 'no bytes at all'),
    ('\x000001', 'bytes too few for the format''s number'),
    ('\x00000000' || pg_temp.share(:job, :alice), 'another format''s number'),
    ('\x01000000' || pg_temp.share(:job, :alice), 'the format''s number with its bytes turned'),
    ('\x00000001' || substr(pg_temp.share(:job, :alice), 2), 'a record without its first byte'),
    ('\x00000001' || pg_temp.share(:job, :alice) || '\x00', 'a byte too many'),
    ('\x00000001' || pg_temp.share(:job, :alice, difficulty => 0), 'a difficulty of 0'),
    ('\x00000001' || pg_temp.share(:job, :alice, difficulty => -1), 'a negative difficulty'),
    ('\x00000001' || pg_temp.share(:job, :alice, difficulty => 'nan'), 'a difficulty that is no number'),
    ('\x00000001' || pg_temp.share(:job, :alice, difficulty => 'infinity'), 'an infinite difficulty'),
    ('\x00000001' || pg_temp.share(:job, :alice) || pg_temp.share(:job, :alice, 1, difficulty => 0),
     'a batch of which one record is malformed')) bad (batch, why);
SELECT is_empty(format('SELECT 1 FROM chimera.shares WHERE network_id = %L', :'network'), 'a refused batch stores nothing');

CREATE FUNCTION pg_temp.batch_of(count int, job bigint, miner int) RETURNS bytea LANGUAGE sql AS $$
    SELECT '\x00000001'::bytea || string_agg(pg_temp.share(job, miner, n), '' ORDER BY n) FROM generate_series(1, count) n
$$;
SELECT throws_ok(format('SELECT chimera.submit_shares(pg_temp.batch_of(4097, %s, %s))', :job, :alice), '22P03', NULL,
                 'refuses 4097 records');
SELECT pg_temp.codes(chimera.submit_shares(pg_temp.batch_of(4096, :job, :alice))) AS codes \gset
SELECT is(array_length(:'codes'::int[], 1), 4096, 'a batch of 4096 records gets 4096 answers');
-- one hash in 65536 is no share even at the lowest difficulty: so nearly all
SELECT cmp_ok((SELECT count(*) FROM unnest(:'codes'::int[]) code WHERE code = 0), '>', 4080::bigint, 'they are accepted');
SELECT is((SELECT count(*) FROM chimera.shares WHERE network_id = :'network'),
          (SELECT count(*) FROM unnest(:'codes'::int[]) code WHERE code = 0), 'and stored');
SELECT is((SELECT count(DISTINCT share_id) FROM chimera.shares WHERE network_id = :'network'),
          (SELECT count(*) FROM chimera.shares WHERE network_id = :'network'), 'each under a number of its own');
SELECT cmp_ok(chimera.summarize_shares(), '>', 0, 'so many are more than a range of the time index, which is summarized');
-- into pages that the index has summed up already
SELECT pg_temp.make_job(:'network', :hard_nbits) AS later_job, clock_timestamp() AS later \gset
SELECT chimera.submit_shares(pg_temp.batch_of(2000, :later_job, :alice)) IS NOT NULL AS taken \gset
SET LOCAL enable_seqscan = off;
SELECT is((SELECT count(*) FROM chimera.shares WHERE network_id = :'network' AND submitted_at >= :'later'),
          (SELECT count(*) FROM (SELECT * FROM chimera.shares WHERE network_id = :'network' OFFSET 0) s WHERE s.job_id = :later_job),
          'the time index finds every share of a later batch');
RESET enable_seqscan;

-- each algorithm's lanes: the hashes of a run are each share's own
SELECT is((SELECT count(*) FROM (SELECT * FROM chimera.shares WHERE job_id = :job AND extranonce2 < 300 OFFSET 0) s
           WHERE s.share_difficulty = chimera.difficulty(
                   chimera.hash('sha256d', pg_temp.header(s.job_id, s.extranonce2)), 'sha256d')::float4),
          299::bigint, 'sha256d: every share of a batch has its own hash');
SELECT pg_temp.make_job(pg_temp.make_network('test_' || name, name), :hard_nbits) AS job, name INTO TEMP jobs
FROM chimera.algorithms() WHERE name <> 'sha256d';
SELECT is((SELECT pg_temp.codes(chimera.submit_shares('\x00000001'::bytea || string_agg(
               pg_temp.share(job, :alice, n, difficulty => 1.0001 / hashes_per_difficulty), '' ORDER BY n)))
           FROM generate_series(1, 5) n, jobs JOIN chimera.algorithms() USING (name)) @> '{0}', true,
          'shares of two algorithms come in one batch');
SELECT is((SELECT count(*) FROM chimera.shares s JOIN jobs j ON j.job = s.job_id WHERE j.name = a.name
               AND s.share_difficulty = chimera.difficulty(
                   chimera.hash(a.name, pg_temp.header(s.job_id, s.extranonce2)), a.name)::float4),
          5::bigint, a.name || ': every share of a batch has its own hash')
FROM jobs a ORDER BY name;

SELECT * FROM finish();
ROLLBACK;
