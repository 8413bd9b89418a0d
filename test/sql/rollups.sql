-- rollups.sql: what batches add to minutes, hours and days, once each and agreeing with a recount.
BEGIN;
\ir begin.psql
SELECT plan(66);
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

-- applying, of rows made by hand; the tables are ours for the transaction
LOCK TABLE chimera.rollup_progress IN ACCESS EXCLUSIVE MODE;
DELETE FROM chimera.share_deltas;
DELETE FROM chimera.rollup_progress;
DELETE FROM chimera.rollup_retention;
DELETE FROM chimera.share_rollups_minute;
DELETE FROM chimera.network_rollups_minute;
DELETE FROM chimera.network_rollups_hour;
DELETE FROM chimera.share_rollups_hour;
DELETE FROM chimera.share_rollups_day;
SELECT is(chimera.close_rollups(), 0::bigint, 'an empty pool has nothing to close');
SELECT is_empty('SELECT 1 FROM chimera.rollup_progress', 'and nothing to remember');
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

-- ---------- closing ----------

-- a zone whose hours and days begin at other times
SET LOCAL timezone = 'Asia/Kolkata';
DELETE FROM chimera.share_rollups_minute;
DELETE FROM chimera.network_rollups_minute;
DELETE FROM chimera.network_rollups_hour;
SELECT pg_temp.make_network('test_closing') AS network, pg_temp.make_miner('test_carol') AS carol \gset
SELECT account_id AS account FROM chimera.miners WHERE miner_id = :carol \gset
CREATE FUNCTION pg_temp.count_at(network uuid, miner int, VARIADIC times timestamptz[]) RETURNS bigint LANGUAGE sql AS $$
    INSERT INTO chimera.share_deltas (network_id, submitted_at, counts)
    SELECT network, t, int4send(miner) || '\x1f000100020003000400053ff8000000000000'::bytea FROM unnest(times) t;
    SELECT chimera.apply_share_deltas()
$$;
CREATE TEMP VIEW hours AS SELECT to_char(hour AT TIME ZONE 'UTC', 'MM-DD HH24:MI') AS hour, accepted FROM chimera.share_rollups_hour;
CREATE TEMP VIEW days AS SELECT to_char(day AT TIME ZONE 'UTC', 'MM-DD HH24:MI') AS day, accepted FROM chimera.share_rollups_day;

SELECT pg_temp.count_at(:'network', :carol, '2024-03-09 22:59:59.999999+00', '2024-03-09 23:00+00', '2024-03-09 23:59:59.999999+00',
                        '2024-03-10 00:00+00', '2024-03-10 00:30+00') AS applied \gset
SELECT is_empty('SELECT * FROM hours', 'nothing is in the hours before they are closed');
SELECT is(chimera.close_rollups('2024-03-10 00:59:59.999999+00'), 3::bigint, 'close_rollups says how many rows it made');
SELECT set_eq('SELECT * FROM hours', $$ VALUES ('03-09 22:00', 1::bigint), ('03-09 23:00', 2) $$, 'hours that are over are summed up, in UTC');
SELECT set_eq('SELECT * FROM days', $$ VALUES ('03-09 00:00', 3::bigint) $$, 'and the day that is over');
SELECT results_eq('SELECT accepted, stale, duplicate, low_difficulty, invalid, difficulty, account_id FROM chimera.share_rollups_day',
                  format('VALUES (3::bigint, 6::bigint, 9::bigint, 12::bigint, 15::bigint, 4.5::float8, %s)', :account), 'with every count');
SELECT results_eq('SELECT level, closed_until, kept_from FROM chimera.rollup_progress ORDER BY level',
                  $$ VALUES ('day', '2024-03-10 00:00+00'::timestamptz, NULL::timestamptz), ('hour', '2024-03-10 00:00+00', NULL) $$,
                  'rollup_progress says up to when');
SELECT is(chimera.close_rollups('2024-03-10 00:59+00') + chimera.close_rollups('2024-03-09 12:00+00'), 0::bigint,
          'what is closed is not closed again');
SELECT pg_temp.count_at(:'network', :carol, '2024-03-09 22:10+00', '2024-03-09 23:59:30+00', '2024-03-10 00:40+00') AS applied \gset
SELECT set_eq('SELECT * FROM hours', $$ VALUES ('03-09 22:00', 2::bigint), ('03-09 23:00', 3) $$,
              'what comes later than its hour was closed is added to it');
SELECT set_eq('SELECT * FROM days', $$ VALUES ('03-09 00:00', 5::bigint) $$, 'and to the day');
SELECT is(chimera.close_rollups('2024-03-10 01:00+00'), 1::bigint, 'the next hour');
SELECT set_eq('SELECT * FROM hours', $$ VALUES ('03-09 22:00', 2::bigint), ('03-09 23:00', 3), ('03-10 00:00', 3) $$,
              'has all that came for it before');
SELECT pg_temp.count_at(:'network', :carol, '2024-03-10 00:10+00', '2024-03-01 05:05+00') AS applied \gset
SELECT set_eq('SELECT * FROM hours', $$ VALUES ('03-01 05:00', 1::bigint), ('03-09 22:00', 2), ('03-09 23:00', 3), ('03-10 00:00', 4) $$,
              'what is late for the hour and not for the day');
SELECT set_eq('SELECT * FROM days', $$ VALUES ('03-01 00:00', 1::bigint), ('03-09 00:00', 5) $$, 'is added where it belongs');
SELECT is(chimera.close_rollups('2024-03-13 02:00+00'), 1::bigint, 'days without work are closed too');
SELECT set_eq('SELECT * FROM days', $$ VALUES ('03-01 00:00', 1::bigint), ('03-09 00:00', 5), ('03-10 00:00', 4) $$, 'each with its own');
SELECT is((SELECT closed_until FROM chimera.rollup_progress WHERE level = 'hour'), '2024-03-13 02:00+00'::timestamptz,
          'an hour that is just over is closed');

-- ---------- dropping ----------

SELECT pg_temp.count_at(:'network', :carol, '2024-03-13 02:10+00') AS applied \gset
SELECT is(chimera.drop_old_rollups() > 0, true, 'old rollups are dropped');
SELECT set_eq($$ SELECT to_char(minute AT TIME ZONE 'UTC', 'MM-DD HH24:MI') FROM chimera.share_rollups_minute $$, '{03-13 02:10}'::text[],
              'minutes, but for those that no hour has yet');
SELECT is_empty('SELECT * FROM hours', 'hours');
SELECT is((SELECT sum(accepted) FROM days), 10::numeric, 'no days');
SELECT results_eq('SELECT level, kept_from FROM chimera.rollup_progress ORDER BY level',
                  $$ VALUES ('day', NULL::timestamptz), ('hour', '2024-03-13 00:00+00'), ('minute', '2024-03-13 02:00+00') $$,
                  'rollup_progress says from when on they are there');
SELECT pg_temp.count_at(:'network', :carol, '2024-03-09 22:10+00') AS applied \gset
SELECT is((SELECT sum(accepted) FROM days), 11::numeric, 'what comes after that is in its day');
SELECT is(chimera.drop_old_rollups(), 2::bigint, 'and dropped from the others by the next call');

DELETE FROM chimera.rollup_progress;
DELETE FROM chimera.share_rollups_day;
DELETE FROM chimera.share_rollups_minute;
DELETE FROM chimera.network_rollups_minute;
DELETE FROM chimera.network_rollups_hour;
SELECT pg_temp.count_at(:'network', :carol, now() - interval '26 days', now() - interval '31 days', now() - interval '720 days', now() - interval '732 days') AS applied \gset
SELECT chimera.close_rollups() > 0 AS closed \gset
SELECT chimera.drop_old_rollups() > 0 AS dropped \gset
SELECT is((SELECT sum(accepted) FROM chimera.share_rollups_minute), 1::numeric, 'minutes are kept for 30 days');
SELECT is((SELECT sum(accepted) FROM hours), 3::numeric, 'hours for 2 years');
SELECT chimera.set_rollup_retention('minute', '8 days'), chimera.set_rollup_retention('hour', '60 days') \g /dev/null
SELECT chimera.set_rollup_retention('hour', '32 days') \g /dev/null
SELECT chimera.drop_old_rollups() AS dropped \gset
SELECT is((SELECT sum(accepted) FROM chimera.share_rollups_minute), NULL, 'or for as long as one has set');
SELECT is((SELECT sum(accepted) FROM hours), 2::numeric, 'hours too');
SELECT throws_ok($$ SELECT chimera.set_rollup_retention('minute', '7 days') $$, '23514', NULL, 'but longer than the longest window');
SELECT throws_ok($$ SELECT chimera.set_rollup_retention('day', '700 days') $$, '23514', NULL, 'days stay');
DELETE FROM chimera.network_configs WHERE network_id = :'network';
SELECT is((SELECT count(*) FROM chimera.share_rollups_day WHERE network_id = :'network'), 0::bigint, 'a network that goes takes its rollups along');

-- ---------- whatever the order ----------

SELECT pg_temp.make_network('test_random') AS network \gset
DELETE FROM chimera.rollup_progress;
DELETE FROM chimera.share_rollups_hour;
DELETE FROM chimera.share_rollups_day;
DELETE FROM chimera.share_rollups_minute;
DELETE FROM chimera.network_rollups_minute;
DELETE FROM chimera.network_rollups_hour;
SELECT setseed(0.25) \g /dev/null
CREATE TEMP TABLE sent (submitted_at timestamptz, miner_id int, accepted int, difficulty float8);
DO $$
DECLARE
    network CONSTANT uuid := (SELECT network_id FROM chimera.network_configs WHERE name = 'test_random');
    miner CONSTANT int := (SELECT max(miner_id) FROM chimera.miners);
BEGIN
    -- each turn some batches of these five days come, those before the watermark late, and some hours are closed
    FOR turn IN 1..60 LOOP
        WITH batch AS (
            INSERT INTO sent SELECT '2024-05-01 00:00+00'::timestamptz + random() * interval '5 days', miner - (random() * 1)::int,
                                    1 + (random() * 100)::int, exp(random() * 20)
            FROM generate_series(1, 20) RETURNING *)
        INSERT INTO chimera.share_deltas (network_id, submitted_at, counts)
        SELECT network, submitted_at, int4send(miner_id) || '\x0100'::bytea || substr(int4send(accepted), 4) || float8send(difficulty)
        FROM batch;
        IF turn % 3 <> 0 THEN
            PERFORM chimera.apply_share_deltas();
        END IF;
        PERFORM chimera.close_rollups('2024-05-01 00:00+00'::timestamptz + turn * interval '110 minutes');
    END LOOP;
    PERFORM chimera.apply_share_deltas();
END;
$$;
SELECT is((SELECT string_agg(to_char(closed_until AT TIME ZONE 'UTC', 'DD HH24'), ',' ORDER BY level) FROM chimera.rollup_progress),
          '05 00,05 14', 'after many turns days and hours are closed so far');
SELECT is_empty(format($$
    SELECT * FROM (SELECT date_trunc(%1$L, submitted_at, 'UTC') AS at, miner_id, sum(accepted) AS accepted, sum(difficulty) AS difficulty
                   FROM sent WHERE submitted_at < coalesce((SELECT closed_until FROM chimera.rollup_progress WHERE level = %1$L), 'infinity')
                   GROUP BY 1, 2) counted
    FULL JOIN (SELECT %1$I AS at, miner_id, accepted, difficulty FROM chimera.share_rollups_%1$s) rolled_up USING (at, miner_id)
    WHERE counted.accepted IS DISTINCT FROM rolled_up.accepted
       OR abs(counted.difficulty - rolled_up.difficulty) > 1e-13 * counted.difficulty $$, level),
    level || 's equal a recount of what was sent') FROM unnest('{minute,hour,day}'::text[]) level;
SELECT is_empty($$
    SELECT * FROM (SELECT date_trunc('minute', submitted_at, 'UTC') AS minute, sum(accepted) AS accepted, sum(difficulty) AS difficulty FROM sent GROUP BY 1) counted
    FULL JOIN (SELECT minute, accepted, difficulty FROM chimera.network_rollups_minute) rolled_up USING (minute)
    WHERE counted.accepted IS DISTINCT FROM rolled_up.accepted
       OR abs(counted.difficulty - rolled_up.difficulty) > 1e-13 * counted.difficulty $$, 'so do the minutes of all miners');
SELECT is_empty($$
    SELECT * FROM (SELECT date_trunc('hour', submitted_at, 'UTC') AS hour, sum(accepted) AS accepted, sum(difficulty) AS difficulty,
                          count(DISTINCT miner_id) FILTER (WHERE accepted > 0) AS miners,
                          count(DISTINCT account_id) FILTER (WHERE accepted > 0) AS accounts
                   FROM sent JOIN chimera.miners USING (miner_id)
                   WHERE submitted_at < (SELECT closed_until FROM chimera.rollup_progress WHERE level = 'hour') GROUP BY 1) counted
    FULL JOIN (SELECT hour, accepted, difficulty, miners, accounts FROM chimera.network_rollups_hour) rolled_up USING (hour)
    WHERE (counted.accepted, counted.miners, counted.accounts) IS DISTINCT FROM (rolled_up.accepted, rolled_up.miners, rolled_up.accounts)
       OR abs(counted.difficulty - rolled_up.difficulty) > 1e-13 * counted.difficulty $$, 'and the hours, miners and accounts counted once, whatever came late');
SET LOCAL timezone = 'UTC';
DELETE FROM chimera.rollup_progress;
DELETE FROM chimera.share_rollups_minute;
DELETE FROM chimera.network_rollups_minute;
DELETE FROM chimera.network_rollups_hour;

-- ---------- of submissions ----------

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
SELECT is((SELECT count(*) FROM pg_proc WHERE oid = 'chimera.apply_share_deltas(uuid)'::regprocedure AND prosecdef), 1::bigint,
          'apply_share_deltas works as the extension''s owner');

SELECT * FROM finish();
ROLLBACK;
