-- rounds.sql: the work between two blocks equals a recount of the shares, and outlives them.
BEGIN;
\ir begin.psql
SELECT plan(20);
\ir work.psql
LOCK TABLE chimera.rollup_progress IN ACCESS EXCLUSIVE MODE;
DELETE FROM chimera.share_deltas;
DELETE FROM chimera.rollup_progress;
DELETE FROM chimera.share_rollups_minute;
DELETE FROM chimera.share_rollups_hour;
DELETE FROM chimera.share_rollups_day;
DELETE FROM chimera.network_rollups_minute;
DELETE FROM chimera.network_rollups_hour;
SET LOCAL timezone = 'Asia/Kathmandu';

SELECT pg_temp.make_network('test_rounds') AS network, pg_temp.make_network('test_other') AS other, pg_temp.make_miner('test_alice') AS alice \gset
SELECT pg_temp.make_job(:'network', :hard_nbits) AS job, pg_temp.make_job(:'other', :hard_nbits) AS other_job \gset
SELECT chimera.make_share_partitions(n.network_id, (now() AT TIME ZONE 'UTC')::date - 12, (now() AT TIME ZONE 'UTC')::date) AS made
FROM chimera.network_configs n WHERE n.network_id IN (:'network', :'other') \g /dev/null

CREATE SEQUENCE pg_temp.share_ids;
-- a share as a batch writes it, with its delta
CREATE FUNCTION pg_temp.share_at(job bigint, at timestamptz, difficulty float8, share_difficulty float8 DEFAULT 1) RETURNS bigint LANGUAGE sql AS $$
    INSERT INTO chimera.share_deltas (network_id, submitted_at, counts)
    SELECT j.network_id, at, int4send(m.miner_id) || '\x010001'::bytea || float8send(difficulty)
    FROM chimera.jobs j, chimera.miners m JOIN chimera.accounts a USING (account_id)
    WHERE j.job_id = job AND a.name = 'test_alice' AND m.name = '';
    INSERT INTO chimera.shares (share_id, network_id, submitted_at, job_id, extranonce2, difficulty, miner_id, extranonce1, ntime, nonce, version, share_difficulty)
    SELECT nextval('pg_temp.share_ids'), j.network_id, at, job, 0, share_at.difficulty, m.miner_id, 0, 0, 0, 0, share_at.share_difficulty
    FROM chimera.jobs j, chimera.miners m JOIN chimera.accounts a USING (account_id)
    WHERE j.job_id = job AND a.name = 'test_alice' AND m.name = ''
    RETURNING share_id
$$;
-- a block and its share, which is a little later than the transaction that took it
CREATE FUNCTION pg_temp.block_at(job bigint, at timestamptz, difficulty float8) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    achieved CONSTANT float8 := 1000 + random() * 1000;
    id bigint;
BEGIN
    PERFORM pg_temp.share_at(job, at, difficulty, achieved);
    INSERT INTO chimera.blocks (network_id, height, hash, job_id, account_id, miner_id, reward_sats, network_difficulty, share_difficulty, found_at)
    SELECT j.network_id, 7, sha256(float8send(achieved)), job, m.account_id, m.miner_id, 1, 1000, achieved, at - interval '3 milliseconds'
    FROM chimera.jobs j, chimera.miners m JOIN chimera.accounts a USING (account_id)
    WHERE j.job_id = job AND a.name = 'test_alice' AND m.name = ''
    RETURNING block_id INTO id;
    RETURN id;
END;
$$;

-- each block's round by a plain recount of the shares
CREATE TEMP VIEW counted AS
    WITH found AS (
        SELECT b.block_id, b.network_id, s.submitted_at, s.share_id,
               lag(s.submitted_at, 1, '-infinity') OVER w AS previous_at, lag(s.share_id, 1, 0) OVER w AS previous_share
        FROM chimera.blocks b JOIN chimera.shares s ON s.network_id = b.network_id AND s.job_id = b.job_id
             AND s.share_difficulty = b.share_difficulty::float4 AND s.submitted_at BETWEEN b.found_at AND b.found_at + interval '1 second'
        WINDOW w AS (PARTITION BY b.network_id ORDER BY s.submitted_at, s.share_id))
    SELECT f.block_id, sum(s.difficulty) AS difficulty
    FROM found f JOIN chimera.shares s ON s.network_id = f.network_id
         AND (s.submitted_at, s.share_id) > (f.previous_at, f.previous_share) AND (s.submitted_at, s.share_id) <= (f.submitted_at, f.share_id)
    GROUP BY f.block_id;
CREATE FUNCTION pg_temp.wrong() RETURNS TABLE (block bigint, is float8, counted float8) LANGUAGE sql AS $$
    SELECT block_id, l.round_difficulty, c.difficulty
    FROM (SELECT * FROM chimera.block_luck WHERE network LIKE 'test\_%') l FULL JOIN counted c USING (block_id)
    WHERE NOT abs(l.round_difficulty - c.difficulty) <= 1e-9 IS TRUE
$$;

SELECT date_trunc('day', now(), 'UTC') AS today \gset
SELECT pg_temp.share_at(:job, :'today'::timestamptz - interval '10 days', 10), pg_temp.share_at(:job, :'today'::timestamptz - interval '9 days 5 hours', 20) \g /dev/null
SELECT is((SELECT round_difficulty FROM chimera.network_stats WHERE network = 'test_rounds'), 30::float8, 'the first round begins with the first share');
SELECT pg_temp.block_at(:job, :'today'::timestamptz - interval '9 days 5 hours', 5) AS first_block \gset
SELECT is((SELECT round_difficulty FROM chimera.network_stats WHERE network = 'test_rounds'), NULL, 'a block that is not recorded leaves the round unknown');
SELECT results_eq(format('SELECT round_difficulty, effort, luck FROM chimera.block_luck WHERE block_id = %s', :first_block),
                  'VALUES (NULL::float8, NULL::float8, NULL::float8)', 'and its own too');
SELECT is(chimera.record_rounds(:'today'::timestamptz - interval '9 days 6 hours'), 0, 'blocks are recorded some time after they were found');
SELECT is(chimera.record_rounds(), 1, 'then they are');
SELECT results_eq(format('SELECT round_difficulty, effort, luck, round_seconds, previous_block_id FROM chimera.block_luck WHERE block_id = %s', :first_block),
                  'VALUES (35::float8, 0.035::float8, 1000 / 35::float8, NULL::float8, NULL::bigint)', 'the first round: difficulty, effort, luck');
SELECT is(chimera.record_rounds(), 0, 'once');
SELECT is((SELECT round_difficulty FROM chimera.network_stats WHERE network = 'test_rounds'), 0::float8, 'the next round begins after the block''s share');

-- rounds of all lengths: within a minute, an hour, a day, over days; two blocks of one batch; the last minute of a day
SELECT setseed(0.75) \g /dev/null
SELECT count(pg_temp.share_at(CASE WHEN random() < 0.8 THEN :job ELSE :other_job END, :'today'::timestamptz - interval '9 days' + random() * interval '8 days', exp(random() * 5)))
FROM generate_series(1, 1500) \g /dev/null
SELECT count(pg_temp.share_at(:job, :'today'::timestamptz - interval '8 days 3 hours' + random() * interval '3 minutes', exp(random() * 5)))
FROM generate_series(1, 300) \g /dev/null
SELECT count(pg_temp.block_at(:job, :'today'::timestamptz - before, 1)) FROM unnest('{8 days 2:59:40,8 days 2:59:20,8 days 2:57:30,8 days 2:00,8 days 00:00:10,
    7 days 10:00,7 days 10:00:00.000001,4 days 1:00,4 days,2 days 00:00:00.000001}'::interval[]) before \g /dev/null
SELECT count(pg_temp.block_at(:other_job, :'today'::timestamptz - before, 1)) FROM unnest('{8 days 2:59:40,5 days}'::interval[]) before \g /dev/null
SAVEPOINT recorded;
SELECT is(chimera.record_rounds(), 12, 'many blocks at once');
SELECT is_empty('SELECT * FROM pg_temp.wrong()', 'from waiting deltas: each round equals a recount of its shares');
ROLLBACK TO recorded;
SELECT chimera.apply_share_deltas() \g /dev/null
SELECT is(chimera.record_rounds(), 12, 'the same again');
SELECT is_empty('SELECT * FROM pg_temp.wrong()', 'from minutes: each round equals a recount of its shares');
ROLLBACK TO recorded;
SELECT chimera.apply_share_deltas(), chimera.close_rollups() \g /dev/null
SELECT is(chimera.record_rounds(), 12, 'the same again');
SELECT is_empty('SELECT * FROM pg_temp.wrong()', 'from days: each round equals a recount of its shares');
SELECT chimera.record_rounds() \g /dev/null
SELECT is((SELECT count(*) FROM chimera.block_rounds WHERE rest_of_day IS NULL AND network_id IN (:'network', :'other')), 0::bigint, 'what followed a block on its day is recorded when that is over');
SELECT is((SELECT abs(round_difficulty - (SELECT sum(difficulty) FROM chimera.shares WHERE network_id = :'network' AND submitted_at > :'today'::timestamptz - interval '2 days 00:00:00.000001')) < 1e-9
           FROM chimera.network_stats WHERE network = 'test_rounds'), true, 'the present round too');

-- shares and minutes go, the round goes on
CREATE TEMP TABLE expected AS SELECT sum(difficulty) + 7 + 1 AS difficulty FROM chimera.shares WHERE network_id = :'network' AND submitted_at > :'today'::timestamptz - interval '2 days 00:00:00.000001';
DELETE FROM chimera.shares;
DELETE FROM chimera.share_rollups_minute;
DELETE FROM chimera.share_rollups_hour;
DELETE FROM chimera.network_rollups_minute;
UPDATE chimera.rollup_progress SET kept_from = closed_until WHERE level = 'hour';
SELECT pg_temp.share_at(:job, now() - interval '2 minutes', 7), pg_temp.block_at(:job, now() - interval '1 minute', 1) \g /dev/null
SELECT chimera.apply_share_deltas(), chimera.record_rounds() \g /dev/null
SELECT is((SELECT abs(round_difficulty - (SELECT difficulty FROM expected)) < 1e-9 FROM chimera.block_luck WHERE network = 'test_rounds' ORDER BY block_id DESC LIMIT 1),
          true, 'a round that lasts longer than its shares are kept is exact');
SELECT is((SELECT count(*) FROM chimera.block_luck WHERE network LIKE 'test\_%' AND round_difficulty IS NOT NULL), 14::bigint, 'and rounds that are over stay known');
SELECT pg_temp.share_at(:job, now() - interval '50 seconds', 7) \g /dev/null
DELETE FROM chimera.shares WHERE submitted_at < now() - interval '50 seconds';
SELECT is((SELECT round_difficulty FROM chimera.network_stats WHERE network = 'test_rounds'), NULL, 'what can''t be had is NULL');
SELECT pg_temp.block_at(:job, now() - interval '40 seconds', 1) AS last_block \gset
SELECT chimera.record_rounds() \g /dev/null
SELECT is((SELECT round_difficulty FROM chimera.block_luck WHERE block_id = :last_block), NULL, 'a round whose begin is gone too');

SELECT * FROM finish();
ROLLBACK;
