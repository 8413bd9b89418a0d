-- stats.sql: what batches add to the rollups, applied once and agreeing with a recount.
BEGIN;
\ir begin.psql
SELECT plan(28);
\ir work.psql

-- packed counts: miner_id, which counts follow, the counts, the difficulty; big-endian
\set record '\\x000000071f000100020003000400053ff8000000000000'
SELECT results_eq(format('SELECT * FROM chimera.unpack_share_deltas(%L)', :'record'),
                  'VALUES (7, 1, 2, 3, 4, 5, 1.5::float8)', 'unpack_share_deltas gives a record''s counts');
SELECT results_eq(format('SELECT miner_id FROM chimera.unpack_share_deltas(%L::bytea || set_byte(%1$L, 3, 8))', :'record'),
                  'VALUES (7), (8)', 'one row a record');
SELECT results_eq($$ SELECT * FROM chimera.unpack_share_deltas('\x00000007010fff3ff8000000000000' || '\x00000008020002'::bytea) $$,
                  'VALUES (7, 4095, 0, 0, 0, 0, 1.5::float8), (8, 0, 2, 0, 0, 0, 0)', 'counts of zero are not written');
SELECT is_empty($$ SELECT * FROM chimera.unpack_share_deltas('') $$, 'no bytes are no rows');
SELECT is_empty($$ SELECT * FROM chimera.unpack_share_deltas(NULL) $$, 'NULL is no rows');
SELECT throws_ok(format('SELECT * FROM chimera.unpack_share_deltas(substr(%L::bytea, 1, %s))', :'record', n), '22P03', NULL,
                 format('unpack_share_deltas refuses a record cut to %s bytes', n)) FROM unnest('{1,4,5,22}'::int[]) n;
SELECT throws_ok(format('SELECT * FROM chimera.unpack_share_deltas(%L::bytea || ''\x00'')', :'record'), '22P03', NULL,
                 'unpack_share_deltas refuses a byte too many');
SELECT throws_ok($$ SELECT * FROM chimera.unpack_share_deltas('\x00000007200001') $$, '22P03', NULL,
                 'unpack_share_deltas refuses a count there is none of');

-- applying, of rows made by hand; the table is ours for the transaction
DELETE FROM chimera.share_deltas;
SELECT gen_random_uuid() AS ghost, gen_random_uuid() AS other \gset
INSERT INTO chimera.share_deltas (network_id, submitted_at, counts) VALUES
    (:'ghost', '2030-01-01 00:00:59.999999+00', :'record'), (:'ghost', '2030-01-01 00:01:00+00', :'record'),
    (:'ghost', '2030-01-01 00:01:30+00', :'record'), (:'other', '2030-01-01 00:01:30+00', :'record');
SELECT is(chimera.apply_share_deltas(), 4::bigint, 'apply_share_deltas says how many rows it took');
SELECT is_empty('SELECT 1 FROM chimera.share_deltas', 'they are gone');
SELECT is(chimera.apply_share_deltas(), 0::bigint, 'and not applied again');
SELECT results_eq(
    format($$ SELECT minute, miner_id, accepted, stale, duplicate, low_difficulty, invalid, difficulty
              FROM chimera.share_rollups_minute WHERE network_id = %L ORDER BY minute $$, :'ghost'),
    $$ VALUES ('2030-01-01 00:00+00'::timestamptz, 7, 1::bigint, 2::bigint, 3::bigint, 4::bigint, 5::bigint, 1.5::float8),
              ('2030-01-01 00:01+00', 7, 2, 4, 6, 8, 10, 3) $$, 'counts are added up by minute');
INSERT INTO chimera.share_deltas (network_id, submitted_at, counts) VALUES (:'ghost', '2030-01-01 00:01:59+00', :'record');
SELECT chimera.apply_share_deltas();
SELECT is((SELECT accepted FROM chimera.share_rollups_minute WHERE network_id = :'ghost' AND minute = '2030-01-01 00:01+00'),
          3::bigint, 'later ones are added to what is there');
SELECT is((SELECT accepted FROM chimera.share_rollups_minute WHERE network_id = :'other'), 1::bigint,
          'each network''s are its own');
SAVEPOINT before_apply;
INSERT INTO chimera.share_deltas (network_id, submitted_at, counts) VALUES (:'ghost', '2030-01-01 00:01:59+00', '\x00');
SELECT throws_ok('SELECT chimera.apply_share_deltas()', '22P03', NULL, 'a malformed row is an error, not a loss');
ROLLBACK TO before_apply;

-- of submissions
\if :is_pool
SELECT pg_temp.make_network('test_stats') AS network, pg_temp.make_network('test_scrypt', 'scrypt') AS scrypt,
       pg_temp.make_miner('test_alice') AS alice, pg_temp.make_miner('test_bob') AS bob \gset
SELECT pg_temp.make_job(:'network', :hard_nbits) AS job, pg_temp.make_job(:'scrypt', :hard_nbits) AS scrypt_job \gset
SELECT pg_temp.submit(
    pg_temp.share(:job, :alice, 1), pg_temp.share(:job, :bob, 2), pg_temp.share(:job, :alice, 1),
    pg_temp.share(:job, :alice, 3, difficulty => 1e9), pg_temp.share(:job, :alice, ntime => 0),
    pg_temp.share(:job, :alice, version_bits => 1), pg_temp.share(0, :alice), pg_temp.share(:job, -1),
    pg_temp.share(:scrypt_job, :alice, 1, difficulty => 2e-5), pg_temp.share(:job, :alice, 4, difficulty => 2.5e-10)) AS codes \gset
SELECT is(:'codes'::int[], '{0,0,3,4,6,7,2,5,0,0}', 'a batch with a bit of everything');
SELECT results_eq('SELECT network_id FROM chimera.share_deltas ORDER BY delta_id',
                  format('VALUES (%L::uuid), (%L)', :'network', :'scrypt'), 'adds one row a network');
SELECT pg_temp.submit(pg_temp.share(:job, :alice, 5)) AS codes \gset
SELECT pg_temp.submit(pg_temp.share(0, :alice), pg_temp.share(:job, -1)) AS codes \gset
SELECT is((SELECT count(*) FROM chimera.share_deltas), 3::bigint, 'a batch without a known job and miner adds none');
SELECT is(chimera.apply_share_deltas(), 3::bigint, 'these are applied');
CREATE TEMP VIEW totals AS
    SELECT network_id, miner_id, sum(accepted) AS accepted, sum(stale) AS stale, sum(duplicate) AS duplicate,
           sum(low_difficulty) AS low_difficulty, sum(invalid) AS invalid, sum(difficulty) AS difficulty
    FROM chimera.share_rollups_minute WHERE network_id IN (:'network', :'scrypt') GROUP BY 1, 2;
SELECT results_eq(format('SELECT accepted, stale, duplicate, low_difficulty, invalid FROM totals WHERE network_id = %L AND miner_id = %s',
                         :'network', :alice), 'VALUES (3::numeric, 0::numeric, 1::numeric, 1::numeric, 2::numeric)',
                  'each answer is counted in its column');
SELECT results_eq(format('SELECT accepted, duplicate FROM totals WHERE network_id = %L AND miner_id = %s', :'network', :bob),
                  'VALUES (1::numeric, 0::numeric)', 'each miner''s are its own');
SELECT results_eq(format('SELECT accepted, low_difficulty FROM totals WHERE network_id = %L', :'scrypt'),
                  'VALUES (1::numeric, 0::numeric)', 'each job''s network is credited');
SELECT set_eq('SELECT network_id, miner_id, accepted, round(difficulty::numeric, 20) FROM totals',
              format('SELECT network_id, miner_id, count(*)::numeric, round(sum(difficulty)::numeric, 20)
                      FROM chimera.shares WHERE network_id IN (%L, %L) GROUP BY 1, 2', :'network', :'scrypt'),
              'the rollups agree with a recount of the shares');
SELECT set_eq(format('SELECT network_id, miner_id, minute FROM chimera.share_rollups_minute
                      WHERE network_id IN (%L, %L) AND accepted > 0', :'network', :'scrypt'),
              format('SELECT DISTINCT network_id, miner_id, date_trunc(''minute'', submitted_at)
                      FROM chimera.shares WHERE network_id IN (%L, %L)', :'network', :'scrypt'),
              'minute by minute');
\else
SELECT skip('chimera is not preloaded with chimera.database = ' || current_database(), 9);
\endif
SELECT is((SELECT count(*) FROM pg_proc WHERE oid = 'chimera.apply_share_deltas()'::regprocedure AND prosecdef), 1::bigint,
          'apply_share_deltas works as the extension''s owner');

SELECT * FROM finish();
ROLLBACK;
