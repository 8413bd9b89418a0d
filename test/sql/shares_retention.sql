-- shares_retention.sql: days of shares are days of UTC, wherever the session is.
BEGIN;
\ir begin.psql
SELECT plan(9);

SELECT pg_temp.make_network('test_days') AS network \gset
SELECT pg_temp.make_miner('test_days') AS miner \gset
UPDATE chimera.network_configs SET share_retention = '2 days' WHERE name = 'test_days';
SELECT to_char((now() - interval '3 days') AT TIME ZONE 'UTC', 'YYYYMMDD') AS old,
       to_char((now() - interval '2 days') AT TIME ZONE 'UTC', 'YYYYMMDD') AS kept \gset

-- at each time of the day one of the two zones has another date than UTC
\set zone Pacific/Kiritimati
SAVEPOINT before;
SELECT chimera.make_share_partitions(:'network', :'old', :'kept') \g /dev/null
SET LOCAL timezone = :'zone';
SELECT chimera.drop_old_shares() \g /dev/null
SELECT hasnt_table('chimera', 'shares_test_days_' || :'old', 'the old day is gone, 14 hours ahead');
SELECT has_table('chimera', 'shares_test_days_' || :'kept', 'and the next stays');
ROLLBACK TO before;

SELECT chimera.make_share_partitions(:'network', :'old', :'kept') \g /dev/null
SET LOCAL timezone = 'Etc/GMT+12';
SELECT chimera.drop_old_shares() \g /dev/null
SELECT hasnt_table('chimera', 'shares_test_days_' || :'old', 'the old day is gone, 12 hours behind');
SELECT has_table('chimera', 'shares_test_days_' || :'kept', 'and the next stays');
ROLLBACK TO before;

-- until when shares are gone
SELECT chimera.make_share_partitions(:'network', :'old', :'kept') \g /dev/null
INSERT INTO chimera.shares (network_id, submitted_at, share_id, miner_id, difficulty, job_id, extranonce1, extranonce2, ntime, nonce, version, share_difficulty)
SELECT :'network', :'old'::date::timestamp AT TIME ZONE 'UTC' + interval '1 hour', 1, :miner, 1, 1, 0, 0, 0, 0, 0, 1;
SAVEPOINT stored;
SET LOCAL timezone = :'zone';
SELECT chimera.drop_old_shares() \g /dev/null
SELECT is(dropped_until, (:'old'::date + 1)::timestamp AT TIME ZONE 'UTC', 'shares are gone until the end of the day in UTC, 14 hours ahead')
FROM chimera.expired_shares WHERE network_id = :'network';
ROLLBACK TO stored;
SET LOCAL timezone = 'Etc/GMT+12';
SELECT chimera.drop_old_shares() \g /dev/null
SELECT is(dropped_until, (:'old'::date + 1)::timestamp AT TIME ZONE 'UTC', 'and 12 hours behind')
FROM chimera.expired_shares WHERE network_id = :'network';
ROLLBACK TO stored;

-- the newest day that is gone counts
INSERT INTO chimera.expired_shares (network_id, dropped_until) VALUES (:'network', now());
SELECT chimera.drop_old_shares() \g /dev/null
SELECT is(dropped_until, now(), 'a day dropped later does not bring newer shares back')
FROM chimera.expired_shares WHERE network_id = :'network';
ROLLBACK TO stored;

-- a retention in hours ends within a day
SET LOCAL timezone = 'UTC';
UPDATE chimera.network_configs SET share_retention = '47 hours' WHERE name = 'test_days';
SELECT is(chimera.drop_old_share_day(:'network'), true, 'the old day goes');
SELECT is(chimera.drop_old_share_day(:'network'), (now() - interval '47 hours') AT TIME ZONE 'UTC' >= :'kept'::date + 1,
          'the next one only when its last microsecond is older');
SELECT * FROM finish();
ROLLBACK;
