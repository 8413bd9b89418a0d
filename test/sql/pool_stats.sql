-- pool_stats.sql: the views and series by window equal a recount of what was sent, from whatever level they are taken.
BEGIN;
\ir begin.psql
SELECT plan(78);
LOCK TABLE chimera.rollup_progress IN ACCESS EXCLUSIVE MODE;
DELETE FROM chimera.share_deltas;
DELETE FROM chimera.rollup_progress;
DELETE FROM chimera.rollup_retention;
DELETE FROM chimera.share_rollups_minute;
DELETE FROM chimera.network_rollups_minute;
DELETE FROM chimera.network_rollups_hour;
DELETE FROM chimera.share_rollups_hour;
DELETE FROM chimera.share_rollups_day;
-- windows are the same in any zone
SET LOCAL timezone = 'America/St_Johns';

SELECT results_eq('SELECT "window", extract(epoch FROM length)::int FROM chimera.stat_windows ORDER BY length',
                  $$ VALUES ('1m', 60), ('5m', 300), ('15m', 900), ('1h', 3600), ('24h', 86400), ('7d', 604800) $$, 'the windows');
SELECT pg_temp.make_network('test_sha') AS sha, pg_temp.make_network('test_scrypt', 'scrypt') AS scrypt, pg_temp.make_network('test_idle', 'blake2s') AS idle \gset
CREATE TEMP TABLE nets AS SELECT network_id, name, algorithm FROM chimera.network_configs WHERE name LIKE 'test\_%';
SELECT count(pg_temp.make_miner('test_account_' || a)) AS miners FROM generate_series(1, 4) a \gset
INSERT INTO chimera.miners (account_id, name)
SELECT account_id, 'rig' || i FROM chimera.accounts, generate_series(1, 3) i WHERE name LIKE 'test\_account\_%';
CREATE TEMP TABLE rigs AS SELECT m.miner_id, m.account_id, row_number() OVER (ORDER BY m.miner_id) AS number
    FROM chimera.miners m JOIN chimera.accounts a USING (account_id) WHERE a.name LIKE 'test\_account\_%' AND m.name <> 'spare';

-- what is sent, kept as rows for the recount and put in as deltas
CREATE TEMP TABLE sent (network_id uuid, submitted_at timestamptz, miner_id int, accepted int, stale int, duplicate int,
    low_difficulty int, invalid int, difficulty float8);
CREATE FUNCTION pg_temp.packed(s sent) RETURNS bytea LANGUAGE sql AS $$
    SELECT int4send(s.miner_id) || '\x1f'::bytea || int2send(s.accepted::int2) || int2send(s.stale::int2) || int2send(s.duplicate::int2)
        || int2send(s.low_difficulty::int2) || int2send(s.invalid::int2) || float8send(s.difficulty)
    WHERE s.accepted > 0
    UNION ALL
    SELECT int4send(s.miner_id) || '\x1e'::bytea || int2send(s.stale::int2) || int2send(s.duplicate::int2)
        || int2send(s.low_difficulty::int2) || int2send(s.invalid::int2)
    WHERE s.accepted = 0
$$;
CREATE FUNCTION pg_temp.send(network text, rig int, at timestamptz, accepted int DEFAULT 1, difficulty float8 DEFAULT 1) RETURNS void LANGUAGE sql AS $$
    WITH new AS (
        INSERT INTO sent SELECT n.network_id, at, r.miner_id, send.accepted, 1, 2, 3, 4, CASE WHEN send.accepted > 0 THEN send.difficulty ELSE 0 END
        FROM nets n, rigs r WHERE n.name = network AND r.number = rig RETURNING sent)
    INSERT INTO chimera.share_deltas (network_id, submitted_at, counts)
    SELECT (new.sent).network_id, (new.sent).submitted_at, pg_temp.packed(new.sent) FROM new
$$;
CREATE FUNCTION pg_temp.send_some(count int, over interval) RETURNS void LANGUAGE sql AS $$
    SELECT pg_temp.send(CASE WHEN random() < 0.6 THEN 'test_sha' ELSE 'test_scrypt' END, 1 + floor(random() * 15)::int,
                        now() - random() * over, floor(random() * 5)::int, exp(random() * 12))
    FROM generate_series(1, count)
$$;

-- the recount, and where the views are something else
CREATE TEMP VIEW recount AS
    SELECT n.network_id, n.algorithm, w."window", r.account_id, s.*, w.seconds
    FROM nets n
    CROSS JOIN (SELECT "window", date_trunc('minute', now()) - length AS since,
                       extract(epoch FROM now() - date_trunc('minute', now()) + length)::float8 AS seconds FROM chimera.stat_windows) w
    JOIN (SELECT network_id AS net, submitted_at, miner_id, accepted, stale, duplicate, low_difficulty, invalid, difficulty FROM sent) s
      ON s.net = n.network_id AND s.submitted_at >= w.since
    JOIN rigs r USING (miner_id);
CREATE FUNCTION pg_temp.hashes(algorithm text) RETURNS float8 LANGUAGE sql AS $$ SELECT CASE algorithm WHEN 'scrypt' THEN 65536 ELSE 4294967296 END $$;
CREATE FUNCTION pg_temp.near(a float8, b float8) RETURNS boolean LANGUAGE sql AS $$ SELECT abs(a - b) <= 1e-12 * greatest(abs(a), abs(b)) $$;

CREATE FUNCTION pg_temp.views_are_true(situation text) RETURNS SETOF text LANGUAGE plpgsql AS $$
BEGIN
    RETURN NEXT is((SELECT count(*) FROM nets n CROSS JOIN chimera.stat_windows w
        LEFT JOIN (SELECT network_id, "window", sum(accepted) AS accepted, sum(stale) AS stale, sum(duplicate) AS duplicate,
                          sum(low_difficulty) AS low_difficulty, sum(invalid) AS invalid, sum(difficulty) AS difficulty,
                          sum(difficulty) * pg_temp.hashes(algorithm) / seconds AS rate,
                          count(DISTINCT miner_id) FILTER (WHERE accepted > 0) AS miners,
                          count(DISTINCT account_id) FILTER (WHERE accepted > 0) AS accounts
                   FROM recount GROUP BY network_id, "window", algorithm, seconds) c USING (network_id, "window")
        JOIN chimera.network_pool_stats v USING (network_id, "window")
        WHERE (v.accepted, v.stale, v.duplicate, v.low_difficulty, v.invalid, v.miners, v.accounts)
            = (coalesce(c.accepted, 0), coalesce(c.stale, 0), coalesce(c.duplicate, 0), coalesce(c.low_difficulty, 0),
               coalesce(c.invalid, 0), coalesce(c.miners, 0), coalesce(c.accounts, 0))
          AND pg_temp.near(v.difficulty, coalesce(c.difficulty, 0)) AND pg_temp.near(v.hashrate_hs, coalesce(c.rate, 0))),
        18::bigint, 'network_pool_stats equals a recount: ' || situation);
    RETURN NEXT is_empty($q$
        SELECT * FROM (SELECT network_id, "window", account_id, sum(accepted) AS accepted, sum(stale) AS stale,
                              sum(duplicate) AS duplicate, sum(low_difficulty) AS low_difficulty, sum(invalid) AS invalid,
                              sum(difficulty) AS difficulty, sum(difficulty) * pg_temp.hashes(algorithm) / seconds AS rate,
                              count(DISTINCT miner_id) FILTER (WHERE accepted > 0) AS miners
                       FROM recount GROUP BY network_id, "window", account_id, algorithm, seconds) c
        FULL JOIN chimera.user_network_stats v USING (network_id, "window", account_id)
        WHERE (v.accepted, v.stale, v.duplicate, v.low_difficulty, v.invalid, v.miners)
           IS DISTINCT FROM (c.accepted, c.stale, c.duplicate, c.low_difficulty, c.invalid, c.miners)
           OR NOT pg_temp.near(v.difficulty, c.difficulty) OR NOT pg_temp.near(v.hashrate_hs, c.rate) $q$,
        'user_network_stats equals a recount: ' || situation);
    RETURN NEXT is_empty($q$
        SELECT * FROM (SELECT network_id, "window", miner_id, account_id, sum(accepted) AS accepted, sum(stale) AS stale,
                              sum(duplicate) AS duplicate, sum(low_difficulty) AS low_difficulty, sum(invalid) AS invalid,
                              sum(difficulty) AS difficulty, sum(difficulty) * pg_temp.hashes(algorithm) / seconds AS rate
                       FROM recount GROUP BY network_id, "window", miner_id, account_id, algorithm, seconds) c
        FULL JOIN chimera.miner_network_stats v USING (network_id, "window", miner_id, account_id)
        WHERE (v.accepted, v.stale, v.duplicate, v.low_difficulty, v.invalid)
           IS DISTINCT FROM (c.accepted, c.stale, c.duplicate, c.low_difficulty, c.invalid)
           OR NOT pg_temp.near(v.difficulty, c.difficulty) OR NOT pg_temp.near(v.hashrate_hs, c.rate) $q$,
        'miner_network_stats equals a recount: ' || situation);
    RETURN QUERY SELECT is_empty(format($q$
        SELECT * FROM (
            SELECT s.network_id, to_timestamp(floor(extract(epoch FROM submitted_at)::float8 / %1$s) * %1$s) AS at,
                   sum(accepted) AS accepted, sum(stale) AS stale, sum(difficulty) AS difficulty
            FROM sent s WHERE submitted_at >= to_timestamp(floor(extract(epoch FROM now() - %2$L::interval)::float8 / %1$s) * %1$s) GROUP BY 1, 2) c
        FULL JOIN (SELECT * FROM chimera.pool_hashrate(now() - %2$L::interval, now(), %1$s * interval '1 second') WHERE stale > 0) v USING (network_id, at)
        WHERE (v.accepted, v.stale) IS DISTINCT FROM (c.accepted, c.stale)
           OR NOT pg_temp.near(v.difficulty, c.difficulty)
           OR NOT pg_temp.near(v.hashrate_hs, c.difficulty * pg_temp.hashes(v.algorithm) / extract(epoch FROM least(now(), c.at + %1$s * interval '1 second') - c.at)::float8) $q$,
        step, over), format('pool_hashrate in steps of %s s equals a recount: %s', step, situation))
    FROM (VALUES (60, '100 minutes'), (3600, '30 hours'), (7200, '172 hours'), (86400, '180 hours')) t (step, over);
END;
$$;

-- ---------- nothing ----------

SELECT results_eq($$ SELECT DISTINCT accepted, stale, difficulty, hashrate_hs, miners, accounts, blocks, last_block_at FROM chimera.network_pool_stats WHERE network LIKE 'test\_%' $$,
                  $$ VALUES (0::bigint, 0::bigint, 0::float8, 0::float8, 0::bigint, 0::bigint, 0::bigint, NULL::timestamptz) $$, 'a pool without work does nothing');
SELECT is_empty('SELECT 1 FROM chimera.miner_network_stats UNION ALL SELECT 1 FROM chimera.user_network_stats', 'nor do accounts and miners');

-- ---------- edges ----------

CREATE FUNCTION pg_temp.seen(what text) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg("window", ' ' ORDER BY seconds) FROM chimera.network_pool_stats WHERE network = what AND accepted > 0
$$;
SAVEPOINT edges;
SELECT pg_temp.send('test_sha', 1, now()) \g /dev/null
SELECT is(pg_temp.seen('test_sha'), '1m 5m 15m 1h 24h 7d', 'what came this instant is in every window');
ROLLBACK TO edges;
SELECT pg_temp.send('test_sha', 1, date_trunc('minute', now()) - interval '1 minute') \g /dev/null
SELECT is(pg_temp.seen('test_sha'), '1m 5m 15m 1h 24h 7d', 'what came at the begin of the last minute too');
ROLLBACK TO edges;
SELECT pg_temp.send('test_sha', 1, date_trunc('minute', now()) - interval '1 minute' - interval '1 microsecond') \g /dev/null
SELECT is(pg_temp.seen('test_sha'), '5m 15m 1h 24h 7d', 'what came before it is not in the last minute');
ROLLBACK TO edges;
SELECT pg_temp.send('test_sha', 1, date_trunc('minute', now()) - interval '168 hours') \g /dev/null
SELECT is(pg_temp.seen('test_sha'), '7d', 'a week is exact');
ROLLBACK TO edges;
SELECT pg_temp.send('test_sha', 1, date_trunc('minute', now()) - interval '168 hours' - interval '1 microsecond') \g /dev/null
SELECT is(pg_temp.seen('test_sha'), NULL, 'to the microsecond');
ROLLBACK TO edges;
SELECT is((SELECT array_agg(since = date_trunc('minute', now()) - CASE "window" WHEN '7d' THEN interval '168 hours' ELSE interval '24 hours' END
                            AND seconds = extract(epoch FROM now() - since)::float8)
           FROM chimera.network_pool_stats WHERE network = 'test_sha' AND "window" IN ('7d', '24h')), '{t,t}', 'since and seconds say what is covered');

-- ---------- at every level ----------

SELECT setseed(0.5) \g /dev/null
SELECT pg_temp.send_some(700, '8 days'), pg_temp.send_some(500, '26 hours'), pg_temp.send_some(400, '80 minutes'), pg_temp.send_some(300, '17 minutes') \g /dev/null
SELECT pg_temp.send('test_sha', 3, date_trunc('minute', now()) - length), pg_temp.send('test_scrypt', 4, date_trunc('minute', now()) - length - interval '1 microsecond')
FROM chimera.stat_windows \g /dev/null
SELECT pg_temp.send('test_sha', 5, date_trunc(unit, now() - ago, 'UTC') + shift)
FROM unnest('{minute,hour,day}'::text[]) unit, unnest('{0,59 minutes,60 minutes,24 hours,168 hours}'::interval[]) ago,
     unnest('{0,-1 microsecond}'::interval[]) shift \g /dev/null
SELECT cmp_ok((SELECT count(*) FROM sent), '>', 1900::bigint, 'some random work of eight days');
SELECT pg_temp.views_are_true('all waits to be applied');
SELECT chimera.apply_share_deltas() AS applied \gset
SELECT pg_temp.views_are_true('all is in minutes');
SELECT chimera.close_rollups() AS closed \gset
SELECT cmp_ok(:closed, '>', 500, 'hours and days are closed');
SELECT pg_temp.views_are_true('hours and days are closed');
SELECT pg_temp.send_some(200, '8 days'), pg_temp.send_some(200, '3 hours') \g /dev/null
SELECT pg_temp.views_are_true('some comes late and waits');
SELECT chimera.apply_share_deltas() AS applied \gset
SELECT pg_temp.views_are_true('some came late');
SELECT chimera.set_rollup_retention('minute', '8 days'), chimera.set_rollup_retention('hour', '32 days') \g /dev/null
SELECT pg_temp.send_some(10, '9 days'), chimera.apply_share_deltas(), chimera.drop_old_rollups() \g /dev/null
SELECT chimera.close_rollups(now() + interval '2 days') AS closed \gset
SELECT pg_temp.send_some(100, '8 days'), pg_temp.send_some(100, '3 hours'), chimera.apply_share_deltas(), pg_temp.send_some(50, '20 minutes') \g /dev/null
SELECT pg_temp.views_are_true('more is closed than is over, minutes are dropped');

-- a filter goes down to the index of every level
SET LOCAL enable_seqscan = off;
CREATE FUNCTION pg_temp.indexes_used(query text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
    line text;
BEGIN
    FOR line IN EXECUTE 'EXPLAIN ' || query LOOP
        RETURN NEXT substring(line FROM 'share_rollups_\w+_idx');
    END LOOP;
END;
$$;
SELECT set_has(format($$ SELECT pg_temp.indexes_used('SELECT accepted FROM chimera.%s WHERE %s = 7') $$, v, c),
               format($$ SELECT format('share_rollups_%%s_%s_%%1$s_idx', l) FROM unnest('{minute,hour,day}'::text[]) l $$, c),
               format('%s by %s is read by indexes', v, c))
FROM (VALUES ('user_network_stats', 'account_id'), ('miner_network_stats', 'account_id'), ('miner_network_stats', 'miner_id')) t (v, c);
SET LOCAL enable_seqscan = on;

-- ---------- series ----------

SELECT results_eq($$ SELECT network_name, count(*), count(DISTINCT at), min(at) = date_trunc('hour', now() - interval '3 hours', 'UTC'), sum(accepted) IS NULL
                     FROM chimera.pool_hashrate(now() - interval '3 hours', now(), '1 hour', 'test_idle') GROUP BY 1 $$,
                  $$ VALUES ('test_idle', 4::bigint, 4::bigint, true, false) $$, 'steps without work are zeros');
SELECT set_eq($$ SELECT DISTINCT network_name FROM chimera.pool_hashrate(now() - interval '1 hour', now(), '5 minutes') $$,
              '{test_sha,test_scrypt}'::text[], 'without a network there is a series of each with work');
SELECT chimera.enable_network('test_idle') \g /dev/null
SELECT set_has($$ SELECT DISTINCT network_name FROM chimera.pool_hashrate(now() - interval '1 hour', now(), '5 minutes') $$,
              $$ VALUES ('test_idle') $$, 'and of each that is enabled');
SELECT is_empty($$
    SELECT * FROM (SELECT network_id, date_trunc('hour', submitted_at, 'UTC') AS at, sum(accepted) AS accepted, sum(invalid) AS invalid, sum(difficulty) AS difficulty
                   FROM sent JOIN rigs r USING (miner_id) JOIN chimera.accounts a USING (account_id) WHERE a.name = 'test_account_2'
                   AND submitted_at >= date_trunc('hour', now() - interval '50 hours', 'UTC') GROUP BY 1, 2) c
    FULL JOIN (SELECT * FROM chimera.account_hashrate('test_account_2', now() - interval '50 hours', now(), '1 hour') WHERE invalid > 0) v USING (network_id, at)
    WHERE (c.accepted, c.invalid) IS DISTINCT FROM (v.accepted, v.invalid) OR NOT pg_temp.near(c.difficulty, v.difficulty) $$,
    'account_hashrate equals a recount');
SELECT is_empty($$
    SELECT * FROM (SELECT network_id, to_timestamp(floor(extract(epoch FROM submitted_at)::float8 / 300) * 300) AS at, sum(accepted) AS accepted, sum(invalid) AS invalid, sum(difficulty) AS difficulty
                   FROM sent JOIN rigs r USING (miner_id) JOIN chimera.miners m USING (miner_id) JOIN chimera.accounts a ON a.account_id = m.account_id
                   WHERE a.name = 'test_account_3' AND m.name = 'rig2' AND submitted_at >= date_trunc('hour', now(), 'UTC') - interval '2 hours' GROUP BY 1, 2) c
    FULL JOIN (SELECT * FROM chimera.miner_hashrate('test_account_3.rig2', date_trunc('hour', now(), 'UTC') - interval '2 hours', now(), '5 minutes') WHERE invalid > 0) v USING (network_id, at)
    WHERE (c.accepted, c.invalid) IS DISTINCT FROM (v.accepted, v.invalid) OR NOT pg_temp.near(c.difficulty, v.difficulty) $$,
    'miner_hashrate equals a recount');
SELECT is((SELECT count(*) FROM chimera.miner_hashrate('test_account_3', now() - interval '1 hour', now(), '20 minutes', 'test_idle')), 4::bigint,
          'the rig without a name is a miner too');
SELECT results_eq($$ SELECT at, seconds = extract(epoch FROM now() - at)::float8, hashrate_hs = difficulty * 65536 / seconds
                     FROM chimera.pool_hashrate(now(), now() + interval '1 day', '1 day', 'test_scrypt') $$,
                  $$ VALUES (date_trunc('day', now(), 'UTC'), true, true) $$, 'a step that is not over is averaged over what has passed, none is made of the future');
SELECT is_empty($$ SELECT * FROM chimera.pool_hashrate(now() + interval '1 day', now() + interval '2 days', '1 day') $$, 'the future is empty');
SELECT results_eq($$ SELECT count(*), count(accepted), count(hashrate_hs)
                     FROM chimera.account_hashrate('test_account_1', now() - interval '20 days', now() - interval '19 days', '5 minutes', 'test_sha') $$,
                  'VALUES (289::bigint, 0::bigint, 0::bigint)', 'where minutes are dropped, steps of them are NULL');
SELECT is((SELECT count(accepted) FROM chimera.account_hashrate('test_account_1', now() - interval '20 days', now() - interval '19 days', '1 hour', 'test_sha')), 25::bigint,
          'steps of hours are not');
SELECT is((SELECT count(accepted) FROM chimera.pool_hashrate(now() - interval '20 days', now() - interval '19 days', '5 minutes', 'test_sha')), 289::bigint,
          'and those of the pool are not');
SELECT throws_ok(format('SELECT * FROM chimera.pool_hashrate(%s)', arguments), state, NULL, 'pool_hashrate refuses ' || what)
FROM (VALUES ('now() - interval ''1 hour'', now(), ''1 second''', '22023', 'steps of a second'),
             ('now() - interval ''1 hour'', now(), ''90 seconds''', '22023', 'steps of one and a half minutes'),
             ('now() - interval ''1 year'', now(), ''1 month''', '22023', 'steps of months'),
             ('now() - interval ''1 hour'', now(), NULL', '22023', 'no step'),
             ('''-infinity'', now(), ''1 day''', '22023', 'an endless time'),
             ('now() - interval ''8 days'', now(), ''1 minute''', '22023', 'number of steps must be at most 10000'),
             ('now() - interval ''1 hour'', now(), ''5 minutes'', ''nowhere''', '42704', 'an unknown network')) t (arguments, state, what);
SELECT throws_ok($$ SELECT * FROM chimera.account_hashrate('test_nobody', now() - interval '1 hour', now(), '1 hour') $$, '42704', NULL, 'account_hashrate refuses an unknown account');
SELECT throws_ok($$ SELECT * FROM chimera.miner_hashrate('test_account_1.no', now() - interval '1 hour', now(), '1 hour') $$, '42704', NULL, 'miner_hashrate refuses an unknown miner');

-- ---------- who reads them ----------

SET LOCAL ROLE chimera_reader;
SELECT count(*) AS rows FROM chimera.network_pool_stats, chimera.user_network_stats, chimera.miner_network_stats, chimera.network_stats, chimera.block_luck \gset
SELECT count(*) AS rows FROM chimera.pool_hashrate(now() - interval '1 hour', now(), '1 hour') \gset
SELECT count(*) AS seen FROM chimera.network_stats WHERE network LIKE 'test\_%' \gset
RESET ROLE;
SELECT is(:seen, 3, 'a reader sees them all');
SELECT results_eq($$ SELECT s.hashrate_hs = p.hashrate_hs, s.miners = p.miners, s.symbol, s.height, s.network_difficulty
                     FROM chimera.network_stats s JOIN chimera.network_pool_stats p USING (network) WHERE network = 'test_scrypt' AND "window" = '15m' $$,
                  $$ VALUES (true, true, 'TST', NULL::int, NULL::float8) $$, 'network_stats shows the last 15 minutes');

SELECT * FROM finish();
ROLLBACK;
