-- shares_refuse.sql: what is wrong with a share is an answer, and leaves no row.
BEGIN;
\ir begin.psql
\if :is_pool
\else
    \echo :skip_file
    \quit
\endif
\ir work.psql
SELECT plan(21);

SELECT pg_temp.make_network('test_refuse', version_mask => x'1fffe000'::bigint) AS network,
       pg_temp.make_miner('test_alice') AS alice \gset
SELECT pg_temp.make_job(:'network', :hard_nbits, version_mask => x'1fffe000'::bigint) AS job \gset

SELECT is(pg_temp.submit(pg_temp.share(:job + 1000000, :alice)), '{2}', 'an unknown job is answered 2');
SELECT is(pg_temp.submit(pg_temp.share(0, :alice)), '{2}', 'job 0 is unknown');
SELECT is(pg_temp.submit(pg_temp.share(-1, :alice)), '{2}', 'a negative job is unknown');
SELECT is(pg_temp.submit(pg_temp.share(:job + 4294967296, :alice)), '{2}', 'a job alike in its lower half is unknown');
SELECT is(pg_temp.submit(pg_temp.share(:job, :alice + 1000000)), '{5}', 'an unknown miner is answered 5');
SELECT is(pg_temp.submit(pg_temp.share(:job, -1)), '{5}', 'a negative miner is unknown');

SELECT chimera.difficulty(chimera.hash('sha256d', pg_temp.header(:job, 1)), 'sha256d') AS achieved \gset
SELECT is(pg_temp.submit(pg_temp.share(:job, :alice, 1, difficulty => :'achieved'::float8 * 1.000000001)), '{9}',
          'a difficulty just above the hash''s is answered 9');
SELECT is(pg_temp.submit(pg_temp.share(:job, :alice, 1, difficulty => :'achieved'::float8 * 2)), '{9}',
          'so is one that is twice the hash''s');
SELECT is(pg_temp.submit(pg_temp.share(:job, :alice, 1, difficulty => :'achieved'::float8 * 2.000000001)), '{4}',
          'one above that is answered 4');
SELECT is(pg_temp.submit(pg_temp.share(:job, :alice, 1, difficulty => 1e300)), '{4}', 'so is an absurd one');

SELECT is(pg_temp.submit(pg_temp.share(:job, :alice, ntime => :mintime - 1)), '{6}',
          'a time before the template''s earliest is answered 6');
SELECT is(pg_temp.submit(pg_temp.share(:job, :alice, ntime => :curtime + 7201)), '{6}',
          'a time over two hours after the template''s is answered 6');
SELECT is(pg_temp.submit(pg_temp.share(:job, :alice, ntime => 4294967295)), '{6}', 'so is the highest time');

SELECT is(pg_temp.submit(pg_temp.share(:job, :alice, version_bits => x'2000'::bigint)), '{7}',
          'version bits without a mask negotiated are answered 7');
SELECT is(pg_temp.submit(pg_temp.share(:job, :alice, version_mask => x'6000'::bigint, version_bits => x'8000'::bigint)), '{7}',
          'version bits outside the mask negotiated are answered 7');
SELECT is(pg_temp.submit(pg_temp.share(:job, :alice, version_mask => 4294967295, version_bits => 1)), '{7}',
          'version bits outside the job''s mask are answered 7, whatever was negotiated');
SELECT is(pg_temp.submit(pg_temp.share(:job, :alice, version_mask => x'1fffe000'::bigint, version_bits => x'80002000'::bigint)),
          '{7}', 'a single bit too many is enough');

SELECT is_empty(format('SELECT 1 FROM chimera.shares WHERE network_id = %L', :'network'), 'no refused share is stored');
SELECT is_empty(format('SELECT 1 FROM chimera.blocks WHERE network_id = %L', :'network'), 'nor a block');
SELECT is(pg_temp.submit(
    pg_temp.share(:job, :alice, 2), pg_temp.share(0, :alice), pg_temp.share(:job, -1), pg_temp.share(:job, :alice, 2),
    pg_temp.share(:job, :alice, 3, difficulty => 1e9), pg_temp.share(:job, :alice, ntime => 0),
    pg_temp.share(:job, :alice, version_bits => 1), pg_temp.share(:job, :alice, 4)), '{0,2,5,3,4,6,7,0}',
    'bad shares do not take the good ones of their batch along, and answers keep their order');
SELECT is((SELECT count(*) FROM chimera.shares WHERE network_id = :'network'), 2::bigint, 'the good ones of it are stored');

SELECT * FROM finish();
ROLLBACK;
