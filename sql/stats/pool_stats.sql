-- pool_stats.sql: statistics of networks, accounts and miners by time window.
--
-- A window ends now and begins its length before the current minute began. It
-- is therefore up to a minute longer than its name, nothing is estimated, and
-- no figure jumps when a minute begins. `seconds` is the time that it really
-- covers, over which hashrates are averaged. Windows end at now(), which does
-- not move within a transaction.
--
-- A window's shares come from the longest periods that fit: days, hours
-- before and after them, minutes before and after those, and the deltas that
-- the accountant has not applied yet. All of this is one query and so one
-- snapshot, in which each share is in one place: the figures are correct at
-- any moment.
--
-- The views run with the rights of their owner, who can read everything; the
-- internal ones below are granted to nobody.

-- not in days: a day has 23 or 25 hours where the session's time zone says so
CREATE VIEW chimera.stat_windows AS
    SELECT w."window", w.length
    FROM (VALUES ('1m'::text, interval '1 minute'), ('5m', '5 minutes'), ('15m', '15 minutes'), ('1h', '1 hour'),
                 ('24h', '24 hours'), ('7d', '168 hours')) w ("window", length);
COMMENT ON VIEW chimera.stat_windows IS
'The time windows of network_pool_stats, user_network_stats and miner_network_stats';
COMMENT ON COLUMN chimera.stat_windows."window" IS 'The window''s name: 1m, 5m, 15m, 1h, 24h or 7d';
COMMENT ON COLUMN chimera.stat_windows.length IS 'Its length, without the elapsed part of the current minute';

-- ---------- the shares in a window ----------

CREATE VIEW chimera.window_bounds AS
    SELECT w."window", w.length, b.since, extract(epoch FROM now() - b.since)::float8 AS seconds,
           date_trunc('hour', b.since + interval '59 minutes', 'UTC') AS hours_from,
           date_trunc('day', b.since + interval '23 hours 59 minutes', 'UTC') AS days_from,
           least(coalesce((SELECT p.closed_until FROM chimera.rollup_progress p WHERE p.level = 'day'), '-infinity'),
                 date_trunc('day', now(), 'UTC')) AS days_until,
           least(coalesce((SELECT p.closed_until FROM chimera.rollup_progress p WHERE p.level = 'hour'), '-infinity'),
                 date_trunc('hour', now(), 'UTC')) AS hours_until,
           date_trunc('minute', now(), 'UTC') + interval '1 minute' AS minutes_until
    FROM chimera.stat_windows w
    CROSS JOIN LATERAL (SELECT date_trunc('minute', now(), 'UTC') - w.length AS since) b;
COMMENT ON VIEW chimera.window_bounds IS 'Internal: where each window begins now, and which rollups it uses';
COMMENT ON COLUMN chimera.window_bounds."window" IS 'The window''s name';
COMMENT ON COLUMN chimera.window_bounds.length IS 'Its length';
COMMENT ON COLUMN chimera.window_bounds.since IS 'Its beginning';
COMMENT ON COLUMN chimera.window_bounds.seconds IS 'The seconds that it covers until now';
COMMENT ON COLUMN chimera.window_bounds.hours_from IS 'The first full hour in it';
COMMENT ON COLUMN chimera.window_bounds.days_from IS 'The first full day (UTC) in it';
COMMENT ON COLUMN chimera.window_bounds.days_until IS 'Days are closed until here';
COMMENT ON COLUMN chimera.window_bounds.hours_until IS 'Hours are closed until here';
COMMENT ON COLUMN chimera.window_bounds.minutes_until IS 'The end of the current minute';

-- The bounds come from outside the subquery, so that the planner expects a
-- short range of rollups and uses its index. A filter by miner or account is
-- pushed down to every part.
CREATE VIEW chimera.window_sums AS
    SELECT n.network_id, n.name AS network, n.algorithm, b."window", b.since, b.seconds, s.*
    FROM chimera.network_configs n
    CROSS JOIN chimera.window_bounds b
    CROSS JOIN LATERAL (
        SELECT c.miner_id, c.account_id, sum(c.accepted)::bigint AS accepted, sum(c.stale)::bigint AS stale, sum(c.duplicate)::bigint AS duplicate,
               sum(c.low_difficulty)::bigint AS low_difficulty, sum(c.invalid)::bigint AS invalid, sum(c.difficulty) AS difficulty
        FROM (
            -- days in the middle
            SELECT r.miner_id, r.account_id, r.accepted, r.stale, r.duplicate, r.low_difficulty, r.invalid, r.difficulty
            FROM chimera.share_rollups_day r
            WHERE r.network_id = n.network_id AND r.day >= b.days_from AND r.day < b.days_until
            UNION ALL
            -- hours before and after them
            SELECT r.miner_id, r.account_id, r.accepted, r.stale, r.duplicate, r.low_difficulty, r.invalid, r.difficulty
            FROM chimera.share_rollups_hour r
            WHERE r.network_id = n.network_id AND r.hour >= b.hours_from AND r.hour < least(b.days_from, b.hours_until)
            UNION ALL
            SELECT r.miner_id, r.account_id, r.accepted, r.stale, r.duplicate, r.low_difficulty, r.invalid, r.difficulty
            FROM chimera.share_rollups_hour r
            WHERE r.network_id = n.network_id AND r.hour >= greatest(b.days_from, b.days_until) AND r.hour < b.hours_until
            UNION ALL
            -- minutes before and after those
            SELECT r.miner_id, r.account_id, r.accepted, r.stale, r.duplicate, r.low_difficulty, r.invalid, r.difficulty
            FROM chimera.share_rollups_minute r
            WHERE r.network_id = n.network_id AND r.minute >= b.since AND r.minute < least(b.hours_from, b.minutes_until)
            UNION ALL
            SELECT r.miner_id, r.account_id, r.accepted, r.stale, r.duplicate, r.low_difficulty, r.invalid, r.difficulty
            FROM chimera.share_rollups_minute r
            WHERE r.network_id = n.network_id AND r.minute >= greatest(b.hours_from, b.hours_until) AND r.minute < b.minutes_until
            UNION ALL
            -- deltas that are not applied yet
            SELECT u.miner_id, m.account_id, u.accepted, u.stale, u.duplicate, u.low_difficulty, u.invalid, u.difficulty
            FROM chimera.share_deltas d
            CROSS JOIN LATERAL chimera.unpack_share_deltas(d.counts) u
            LEFT JOIN chimera.miners m ON m.miner_id = u.miner_id
            WHERE d.network_id = n.network_id AND d.submitted_at >= b.since AND d.submitted_at < b.minutes_until
        ) c
        GROUP BY c.miner_id, c.account_id
    ) s;
COMMENT ON VIEW chimera.window_sums IS
'Internal: the shares of each miner in each window; filter by network and window, miner or account';
COMMENT ON COLUMN chimera.window_sums.network_id IS 'The network';
COMMENT ON COLUMN chimera.window_sums.network IS 'The network''s name';
COMMENT ON COLUMN chimera.window_sums.algorithm IS 'The network''s algorithm';
COMMENT ON COLUMN chimera.window_sums."window" IS 'The window''s name';
COMMENT ON COLUMN chimera.window_sums.since IS 'Its beginning';
COMMENT ON COLUMN chimera.window_sums.seconds IS 'The seconds that it covers until now';
COMMENT ON COLUMN chimera.window_sums.miner_id IS 'The miner';
COMMENT ON COLUMN chimera.window_sums.account_id IS 'Its account';
COMMENT ON COLUMN chimera.window_sums.accepted IS 'Accepted shares, including blocks';
COMMENT ON COLUMN chimera.window_sums.stale IS 'Rejected shares of stale jobs';
COMMENT ON COLUMN chimera.window_sums.duplicate IS 'Rejected duplicates';
COMMENT ON COLUMN chimera.window_sums.low_difficulty IS 'Rejected shares whose hash does not meet the difficulty';
COMMENT ON COLUMN chimera.window_sums.invalid IS 'Rejected shares with invalid ntime or version bits';
COMMENT ON COLUMN chimera.window_sums.difficulty IS 'Sum of the credited difficulty of the accepted shares';

CREATE FUNCTION chimera.network_window(network_id uuid, "window" text, OUT accepted bigint, OUT stale bigint,
    OUT duplicate bigint, OUT low_difficulty bigint, OUT invalid bigint, OUT difficulty float8,
    OUT miners bigint, OUT accounts bigint)
    -- compiling the query takes longer than running it
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET jit = off
AS $$
    SELECT coalesce(sum(s.accepted), 0)::bigint, coalesce(sum(s.stale), 0)::bigint, coalesce(sum(s.duplicate), 0)::bigint,
           coalesce(sum(s.low_difficulty), 0)::bigint, coalesce(sum(s.invalid), 0)::bigint, coalesce(sum(s.difficulty), 0),
           count(*) FILTER (WHERE s.accepted > 0), count(DISTINCT s.account_id) FILTER (WHERE s.accepted > 0)
    FROM chimera.window_sums s
    WHERE s.network_id = network_window.network_id AND s."window" = network_window."window";
$$;
COMMENT ON FUNCTION chimera.network_window(uuid, text) IS
'Statistics of the pool on one network in one window; chimera.network_pool_stats has them for all.';

-- ---------- the views ----------

CREATE VIEW chimera.network_pool_stats AS
    SELECT n.network_id, n.name AS network, n.algorithm, b."window", b.since, b.seconds,
           chimera.expected_hashes(s.difficulty, n.algorithm) / nullif(b.seconds, 0) AS hashrate_hs,
           s.accepted, s.stale, s.duplicate, s.low_difficulty, s.invalid, s.difficulty, s.miners, s.accounts,
           (SELECT count(*) FROM chimera.blocks k WHERE k.network_id = n.network_id AND k.found_at >= b.since) AS blocks,
           (SELECT k.height FROM chimera.blocks k WHERE k.network_id = n.network_id
            ORDER BY k.found_at DESC, k.block_id DESC LIMIT 1) AS last_block_height,
           (SELECT max(k.found_at) FROM chimera.blocks k WHERE k.network_id = n.network_id) AS last_block_at
    FROM chimera.network_configs n
    CROSS JOIN chimera.window_bounds b
    CROSS JOIN LATERAL chimera.network_window(n.network_id, b."window") s;
COMMENT ON VIEW chimera.network_pool_stats IS
'Statistics of the pool on each network by time window: one row per network and window, with zeros if it had no '
'shares. Filter by network or network_id and by window. Hashrates of different algorithms must not be added up.';
COMMENT ON COLUMN chimera.network_pool_stats.network_id IS 'The network';
COMMENT ON COLUMN chimera.network_pool_stats.network IS 'The network''s name';
COMMENT ON COLUMN chimera.network_pool_stats.algorithm IS 'The network''s algorithm';
COMMENT ON COLUMN chimera.network_pool_stats."window" IS 'The window: 1m, 5m, 15m, 1h, 24h or 7d';
COMMENT ON COLUMN chimera.network_pool_stats.since IS 'Its beginning: its length before the current minute began';
COMMENT ON COLUMN chimera.network_pool_stats.seconds IS 'The seconds that it covers, from since until now';
COMMENT ON COLUMN chimera.network_pool_stats.hashrate_hs IS
'Average hashes per second: expected hashes of the accepted difficulty, divided by seconds';
COMMENT ON COLUMN chimera.network_pool_stats.accepted IS 'Accepted shares, including blocks';
COMMENT ON COLUMN chimera.network_pool_stats.stale IS 'Rejected shares of stale jobs';
COMMENT ON COLUMN chimera.network_pool_stats.duplicate IS 'Rejected duplicates';
COMMENT ON COLUMN chimera.network_pool_stats.low_difficulty IS
'Rejected shares whose hash does not meet the difficulty';
COMMENT ON COLUMN chimera.network_pool_stats.invalid IS 'Rejected shares with invalid ntime or version bits';
COMMENT ON COLUMN chimera.network_pool_stats.difficulty IS 'Sum of the credited difficulty of the accepted shares';
COMMENT ON COLUMN chimera.network_pool_stats.miners IS 'Miners with an accepted share in it';
COMMENT ON COLUMN chimera.network_pool_stats.accounts IS 'Accounts with an accepted share in it';
COMMENT ON COLUMN chimera.network_pool_stats.blocks IS 'Blocks found in it, whatever their status';
COMMENT ON COLUMN chimera.network_pool_stats.last_block_height IS
'Height of the last block that was found, at any time; NULL: none yet';
COMMENT ON COLUMN chimera.network_pool_stats.last_block_at IS 'When it was found';

CREATE VIEW chimera.user_network_stats AS
    SELECT s.account_id, a.name AS account, s.network_id, s.network, s.algorithm, s."window", s.since, s.seconds,
           chimera.expected_hashes(s.difficulty, s.algorithm) / nullif(s.seconds, 0) AS hashrate_hs,
           s.accepted, s.stale, s.duplicate, s.low_difficulty, s.invalid, s.difficulty, s.miners,
           (SELECT count(*) FROM chimera.blocks k
            WHERE k.network_id = s.network_id AND k.found_at >= s.since AND k.account_id = s.account_id) AS blocks,
           (SELECT max(coalesce(r.last_accepted_at, r.minute)) FROM chimera.share_rollups_minute r
            WHERE r.account_id = s.account_id AND r.network_id = s.network_id AND r.accepted > 0
              AND r.minute = (SELECT max(t.minute) FROM chimera.share_rollups_minute t
                              WHERE t.account_id = s.account_id AND t.network_id = s.network_id AND t.accepted > 0)) AS last_accepted_at
    FROM (SELECT w.network_id, w.network, w.algorithm, w."window", w.since, w.seconds, w.account_id,
                 sum(w.accepted)::bigint AS accepted, sum(w.stale)::bigint AS stale, sum(w.duplicate)::bigint AS duplicate,
                 sum(w.low_difficulty)::bigint AS low_difficulty, sum(w.invalid)::bigint AS invalid, sum(w.difficulty) AS difficulty,
                 count(*) FILTER (WHERE w.accepted > 0) AS miners
          FROM chimera.window_sums w
          GROUP BY w.network_id, w.network, w.algorithm, w."window", w.since, w.seconds, w.account_id) s
    JOIN chimera.accounts a ON a.account_id = s.account_id;
COMMENT ON VIEW chimera.user_network_stats IS
'Statistics of each account on each network by time window: one row for each account that submitted a share in '
'it. Filter by account_id, which has an index (by name: account_id = (SELECT account_id FROM chimera.accounts '
'WHERE name = ...)), or by network and window.';
COMMENT ON COLUMN chimera.user_network_stats.account_id IS 'The account';
COMMENT ON COLUMN chimera.user_network_stats.account IS 'Its name or address';
COMMENT ON COLUMN chimera.user_network_stats.network_id IS 'The network';
COMMENT ON COLUMN chimera.user_network_stats.network IS 'The network''s name';
COMMENT ON COLUMN chimera.user_network_stats.algorithm IS 'The network''s algorithm';
COMMENT ON COLUMN chimera.user_network_stats."window" IS 'The window: 1m, 5m, 15m, 1h, 24h or 7d';
COMMENT ON COLUMN chimera.user_network_stats.since IS 'Its beginning: its length before the current minute began';
COMMENT ON COLUMN chimera.user_network_stats.seconds IS 'The seconds that it covers, from since until now';
COMMENT ON COLUMN chimera.user_network_stats.hashrate_hs IS
'Average hashes per second: expected hashes of the accepted difficulty, divided by seconds';
COMMENT ON COLUMN chimera.user_network_stats.accepted IS 'Accepted shares, including blocks';
COMMENT ON COLUMN chimera.user_network_stats.stale IS 'Rejected shares of stale jobs';
COMMENT ON COLUMN chimera.user_network_stats.duplicate IS 'Rejected duplicates';
COMMENT ON COLUMN chimera.user_network_stats.low_difficulty IS
'Rejected shares whose hash does not meet the difficulty';
COMMENT ON COLUMN chimera.user_network_stats.invalid IS 'Rejected shares with invalid ntime or version bits';
COMMENT ON COLUMN chimera.user_network_stats.difficulty IS 'Sum of the credited difficulty of the accepted shares';
COMMENT ON COLUMN chimera.user_network_stats.miners IS 'Miners of the account with an accepted share in it';
COMMENT ON COLUMN chimera.user_network_stats.blocks IS 'Blocks that the account found in it, whatever their status';
COMMENT ON COLUMN chimera.user_network_stats.last_accepted_at IS
'Time of the last accepted share that is applied and kept; its minute if it was adopted from a previous pool';

CREATE VIEW chimera.miner_network_stats AS
    SELECT s.miner_id, s.account_id, a.name AS account, m.name AS miner, s.network_id, s.network, s.algorithm,
           s."window", s.since, s.seconds,
           chimera.expected_hashes(s.difficulty, s.algorithm) / nullif(s.seconds, 0) AS hashrate_hs,
           s.accepted, s.stale, s.duplicate, s.low_difficulty, s.invalid, s.difficulty,
           (SELECT count(*) FROM chimera.blocks k
            WHERE k.network_id = s.network_id AND k.found_at >= s.since AND k.miner_id = s.miner_id) AS blocks,
           (SELECT coalesce(r.last_accepted_at, r.minute) FROM chimera.share_rollups_minute r
            WHERE r.miner_id = s.miner_id AND r.network_id = s.network_id AND r.accepted > 0
            ORDER BY r.minute DESC LIMIT 1) AS last_accepted_at
    FROM chimera.window_sums s
    JOIN chimera.miners m ON m.miner_id = s.miner_id
    JOIN chimera.accounts a ON a.account_id = s.account_id;
COMMENT ON VIEW chimera.miner_network_stats IS
'Statistics of each miner on each network by time window: one row for each miner that submitted a share in it. '
'Filter by miner_id or account_id, which have indexes, or by network and window.';
COMMENT ON COLUMN chimera.miner_network_stats.miner_id IS 'The miner';
COMMENT ON COLUMN chimera.miner_network_stats.account_id IS 'Its account';
COMMENT ON COLUMN chimera.miner_network_stats.account IS 'The account''s name or address';
COMMENT ON COLUMN chimera.miner_network_stats.miner IS 'The rig''s name; empty if the user name has none';
COMMENT ON COLUMN chimera.miner_network_stats.network_id IS 'The network';
COMMENT ON COLUMN chimera.miner_network_stats.network IS 'The network''s name';
COMMENT ON COLUMN chimera.miner_network_stats.algorithm IS 'The network''s algorithm';
COMMENT ON COLUMN chimera.miner_network_stats."window" IS 'The window: 1m, 5m, 15m, 1h, 24h or 7d';
COMMENT ON COLUMN chimera.miner_network_stats.since IS 'Its beginning: its length before the current minute began';
COMMENT ON COLUMN chimera.miner_network_stats.seconds IS 'The seconds that it covers, from since until now';
COMMENT ON COLUMN chimera.miner_network_stats.hashrate_hs IS
'Average hashes per second: expected hashes of the accepted difficulty, divided by seconds';
COMMENT ON COLUMN chimera.miner_network_stats.accepted IS 'Accepted shares, including blocks';
COMMENT ON COLUMN chimera.miner_network_stats.stale IS 'Rejected shares of stale jobs';
COMMENT ON COLUMN chimera.miner_network_stats.duplicate IS 'Rejected duplicates';
COMMENT ON COLUMN chimera.miner_network_stats.low_difficulty IS
'Rejected shares whose hash does not meet the difficulty';
COMMENT ON COLUMN chimera.miner_network_stats.invalid IS 'Rejected shares with invalid ntime or version bits';
COMMENT ON COLUMN chimera.miner_network_stats.difficulty IS 'Sum of the credited difficulty of the accepted shares';
COMMENT ON COLUMN chimera.miner_network_stats.blocks IS 'Blocks that the miner found in it, whatever their status';
COMMENT ON COLUMN chimera.miner_network_stats.last_accepted_at IS
'Time of the last accepted share that is applied and kept; its minute if it was adopted from a previous pool';

CREATE VIEW chimera.network_stats AS
    SELECT n.network_id, n.name AS network, n.display_name, n.symbol, n.icon, n.algorithm, n.is_enabled, n.is_active,
           s.hashrate_hs, s.miners, s.accounts, s.last_block_height, s.last_block_at,
           j.height, j.created_at AS job_at, j.network_difficulty,
           w.round_difficulty, w.round_difficulty / nullif(j.network_difficulty, 0) AS round_effort
    FROM chimera.network_configs n
    JOIN chimera.network_pool_stats s ON s.network_id = n.network_id AND s."window" = '15m'
    LEFT JOIN LATERAL (
        SELECT k.height, k.created_at, chimera.difficulty(chimera.target(k.nbits), k.algorithm) AS network_difficulty
        FROM chimera.jobs k WHERE k.network_id = n.network_id
        ORDER BY k.job_id DESC LIMIT 1
    ) j ON true
    CROSS JOIN LATERAL (SELECT chimera.round_work(n.network_id) AS round_difficulty OFFSET 0) w
    WHERE n.archived_at IS NULL;
COMMENT ON VIEW chimera.network_stats IS 'Current statistics of each network that is not archived, one row per network';
COMMENT ON COLUMN chimera.network_stats.network_id IS 'The network';
COMMENT ON COLUMN chimera.network_stats.network IS 'The network''s name';
COMMENT ON COLUMN chimera.network_stats.display_name IS 'Name shown to people';
COMMENT ON COLUMN chimera.network_stats.symbol IS 'Its ticker';
COMMENT ON COLUMN chimera.network_stats.icon IS 'Path of the coin''s picture';
COMMENT ON COLUMN chimera.network_stats.algorithm IS 'The network''s algorithm';
COMMENT ON COLUMN chimera.network_stats.is_enabled IS 'Whether it hands out jobs';
COMMENT ON COLUMN chimera.network_stats.is_active IS 'Whether listeners of its algorithm send their miners to it';
COMMENT ON COLUMN chimera.network_stats.hashrate_hs IS
'Average hashes per second in the last 15 minutes: expected hashes of the accepted difficulty';
COMMENT ON COLUMN chimera.network_stats.miners IS 'Miners with an accepted share in the last 15 minutes';
COMMENT ON COLUMN chimera.network_stats.accounts IS 'Accounts with an accepted share in the last 15 minutes';
COMMENT ON COLUMN chimera.network_stats.last_block_height IS 'Height of the last block that was found; NULL: none yet';
COMMENT ON COLUMN chimera.network_stats.last_block_at IS 'When it was found';
COMMENT ON COLUMN chimera.network_stats.height IS 'Block height of its newest job; NULL: it has had no job';
COMMENT ON COLUMN chimera.network_stats.job_at IS 'When that job was made';
COMMENT ON COLUMN chimera.network_stats.network_difficulty IS 'Difficulty that a block of that job needs';
COMMENT ON COLUMN chimera.network_stats.round_difficulty IS
'Credited difficulty of the shares since the last block; NULL for a few seconds after a block, and if it is not known';
COMMENT ON COLUMN chimera.network_stats.round_effort IS
'round_difficulty divided by network_difficulty: 1 is the average effort of a block';

-- ---------- time series ----------

CREATE FUNCTION chimera.hashrate_series(begins timestamptz, ends timestamptz, step interval,
    wanted uuid, account int, miner int,
    OUT network_id uuid, OUT network text, OUT algorithm text, OUT from_time timestamptz, OUT seconds float8,
    OUT hashrate_hs float8, OUT accepted bigint, OUT stale bigint, OUT duplicate bigint, OUT low_difficulty bigint,
    OUT invalid bigint, OUT difficulty float8)
    RETURNS SETOF record
    -- the plan depends on which of wanted, account and miner are NULL; compiling it would take
    -- longer than running it
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    SET plan_cache_mode = force_custom_plan SET jit = off
AS $$
#variable_conflict use_column
DECLARE
    most_steps CONSTANT int := 10000;
    step_s CONSTANT float8 := extract(epoch FROM step);
    -- the longest periods that divide a step
    grain CONSTANT text := CASE WHEN step_s::numeric % 86400 = 0 THEN 'day' WHEN step_s::numeric % 3600 = 0 THEN 'hour' ELSE 'minute' END;
    is_pool CONSTANT boolean := account IS NULL AND miner IS NULL;
    first timestamptz;
    past timestamptz;
    days_until timestamptz;
    hours_until timestamptz;
    kept timestamptz;
BEGIN
    IF step_s IS NULL OR extract(month FROM step) <> 0 OR extract(year FROM step) <> 0 OR step_s < 60 OR step_s::numeric % 60 <> 0 THEN
        RAISE EXCEPTION 'step must be a whole number of minutes, hours or days'
            USING ERRCODE = 'invalid_parameter_value';
    ELSIF NOT coalesce(isfinite(begins) AND isfinite(ends), false) THEN
        RAISE EXCEPTION 'from and to must be finite'
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    first := to_timestamp(floor(extract(epoch FROM begins)::float8 / step_s) * step_s);
    past := least(ends, now());
    IF extract(epoch FROM past - first)::float8 / step_s > most_steps THEN
        RAISE EXCEPTION 'number of steps must be at most %', most_steps
            USING ERRCODE = 'invalid_parameter_value', HINT = 'Choose a longer step.';
    ELSIF past <= first THEN
        RETURN;
    END IF;
    -- the last step continues to its end, unless that is in the future
    past := to_timestamp(ceil(extract(epoch FROM past)::float8 / step_s) * step_s);
    -- the pool as a whole has no daily rollups: it has few hourly ones, and they are kept
    days_until := CASE WHEN grain = 'day' AND NOT is_pool THEN least(chimera.rollups_closed('day'), past) ELSE first END;
    hours_until := CASE WHEN grain <> 'minute' THEN least(chimera.rollups_closed('hour'), past) ELSE first END;
    SELECT p.kept_from INTO kept FROM chimera.rollup_progress p
    WHERE p.level = CASE WHEN NOT is_pool THEN grain WHEN grain = 'minute' THEN 'hour' END;

    RETURN QUERY
    WITH counts AS (
        SELECT r.network_id, r.day AS at, r.accepted, r.stale, r.duplicate, r.low_difficulty, r.invalid, r.difficulty
        FROM chimera.share_rollups_day r
        WHERE r.day >= first AND r.day < days_until AND NOT is_pool
          AND (wanted IS NULL OR r.network_id = wanted) AND (account IS NULL OR r.account_id = account)
          AND (miner IS NULL OR r.miner_id = miner)
        UNION ALL
        SELECT r.network_id, r.hour AS at, r.accepted, r.stale, r.duplicate, r.low_difficulty, r.invalid, r.difficulty
        FROM chimera.share_rollups_hour r
        WHERE r.hour >= greatest(first, days_until) AND r.hour < hours_until AND NOT is_pool
          AND (wanted IS NULL OR r.network_id = wanted) AND (account IS NULL OR r.account_id = account)
          AND (miner IS NULL OR r.miner_id = miner)
        UNION ALL
        SELECT r.network_id, r.minute AS at, r.accepted, r.stale, r.duplicate, r.low_difficulty, r.invalid, r.difficulty
        FROM chimera.share_rollups_minute r
        WHERE r.minute >= greatest(first, hours_until) AND r.minute < past AND NOT is_pool
          AND (wanted IS NULL OR r.network_id = wanted) AND (account IS NULL OR r.account_id = account)
          AND (miner IS NULL OR r.miner_id = miner)
        UNION ALL
        SELECT r.network_id, r.hour, r.accepted, r.stale, r.duplicate, r.low_difficulty, r.invalid, r.difficulty
        FROM chimera.network_configs n JOIN chimera.network_rollups_hour r ON r.network_id = n.network_id
        WHERE r.hour >= first AND r.hour < hours_until AND is_pool
          AND (wanted IS NULL OR n.network_id = wanted)
        UNION ALL
        SELECT r.network_id, r.minute, r.accepted, r.stale, r.duplicate, r.low_difficulty, r.invalid, r.difficulty
        FROM chimera.network_configs n JOIN chimera.network_rollups_minute r ON r.network_id = n.network_id
        WHERE r.minute >= greatest(first, hours_until) AND r.minute < past AND is_pool
          AND (wanted IS NULL OR n.network_id = wanted)
        UNION ALL
        SELECT d.network_id, d.submitted_at, u.accepted, u.stale, u.duplicate, u.low_difficulty, u.invalid, u.difficulty
        FROM chimera.share_deltas d
        CROSS JOIN LATERAL chimera.unpack_share_deltas(d.counts) u
        WHERE d.submitted_at >= first AND d.submitted_at < past
          AND (wanted IS NULL OR d.network_id = wanted)
          AND (account IS NULL OR u.miner_id IN (SELECT m.miner_id FROM chimera.miners m WHERE m.account_id = account))
          AND (miner IS NULL OR u.miner_id = miner)
    ), sums AS (
        SELECT c.network_id, floor(extract(epoch FROM c.at)::float8 / step_s)::bigint AS number,
               sum(c.accepted)::bigint AS accepted, sum(c.stale)::bigint AS stale, sum(c.duplicate)::bigint AS duplicate,
               sum(c.low_difficulty)::bigint AS low_difficulty, sum(c.invalid)::bigint AS invalid,
               sum(c.difficulty) AS difficulty
        FROM counts c GROUP BY 1, 2
    ), steps AS (
        SELECT n.network_id, n.name, n.algorithm, number, t.at,
               extract(epoch FROM least(now(), to_timestamp((number + 1) * step_s)) - t.at)::float8 AS seconds,
               t.at < kept IS TRUE AS is_gone
        FROM chimera.network_configs n
        CROSS JOIN generate_series((extract(epoch FROM first)::float8 / step_s)::bigint,
                                   (extract(epoch FROM past)::float8 / step_s)::bigint - 1) number
        CROSS JOIN LATERAL (SELECT to_timestamp(number * step_s) AS at) t
        WHERE n.network_id = wanted
           OR wanted IS NULL AND (n.network_id IN (SELECT s.network_id FROM sums s)
                                  OR is_pool AND n.is_enabled)
    )
    SELECT n.network_id, n.name, n.algorithm, n.at, n.seconds,
           CASE WHEN NOT n.is_gone THEN
               chimera.expected_hashes(coalesce(s.difficulty, 0), n.algorithm) / nullif(n.seconds, 0) END,
           CASE WHEN NOT n.is_gone THEN coalesce(s.accepted, 0) END,
           CASE WHEN NOT n.is_gone THEN coalesce(s.stale, 0) END,
           CASE WHEN NOT n.is_gone THEN coalesce(s.duplicate, 0) END,
           CASE WHEN NOT n.is_gone THEN coalesce(s.low_difficulty, 0) END,
           CASE WHEN NOT n.is_gone THEN coalesce(s.invalid, 0) END,
           CASE WHEN NOT n.is_gone THEN coalesce(s.difficulty, 0) END
    FROM steps n LEFT JOIN sums s ON s.network_id = n.network_id AND s.number = n.number
    ORDER BY n.name, n.number;
END;
$$;
COMMENT ON FUNCTION chimera.hashrate_series(timestamptz, timestamptz, interval, uuid, int, int) IS
'Internal: the result of pool_hashrate, account_hashrate and miner_hashrate. Errors: 22023 for a step that is not '
'a whole number of minutes, times that are not finite, or more than 10000 steps.';

CREATE FUNCTION chimera.pool_hashrate(from_time timestamptz, to_time timestamptz, step interval, network text DEFAULT NULL)
    RETURNS TABLE (network_id uuid, network_name text, algorithm text, at timestamptz, seconds float8, hashrate_hs float8,
        accepted bigint, stale bigint, duplicate bigint, low_difficulty bigint, invalid bigint, difficulty float8)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN QUERY SELECT * FROM chimera.hashrate_series(pool_hashrate.from_time, pool_hashrate.to_time, pool_hashrate.step,
        CASE WHEN pool_hashrate.network IS NOT NULL THEN chimera.network_id(pool_hashrate.network) END, NULL, NULL);
END;
$$;
COMMENT ON FUNCTION chimera.pool_hashrate(timestamptz, timestamptz, interval, text) IS
'Statistics of the pool by step of time, on a network, or on each that is enabled or had shares. One row per step '
'and network, in their order: the beginning of the step (at; steps are counted from 1970-01-01 UTC), the seconds '
'of it that have passed, average hashes per second, counts of shares by result, and credited difficulty. Zeros if '
'it had no shares, NULL if the rollups of the step have been dropped (see chimera.set_rollup_retention): after 2 '
'years, except for steps of full hours. Errors: 42704 for an unknown network, 22023 for a step that is not a '
'whole number of minutes, times that are not finite, or more than 10000 steps.';

CREATE FUNCTION chimera.account_hashrate(account text, from_time timestamptz, to_time timestamptz, step interval, network text DEFAULT NULL)
    RETURNS TABLE (network_id uuid, network_name text, algorithm text, at timestamptz, seconds float8, hashrate_hs float8,
        accepted bigint, stale bigint, duplicate bigint, low_difficulty bigint, invalid bigint, difficulty float8)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    wanted CONSTANT int := chimera.account_id(account_hashrate.account);
BEGIN
    RETURN QUERY SELECT * FROM chimera.hashrate_series(account_hashrate.from_time, account_hashrate.to_time, account_hashrate.step,
        CASE WHEN account_hashrate.network IS NOT NULL THEN chimera.network_id(account_hashrate.network) END, wanted, NULL);
END;
$$;
COMMENT ON FUNCTION chimera.account_hashrate(text, timestamptz, timestamptz, interval, text) IS
'Statistics of an account, given by its name, by step of time, on a network, or on each that it mined on in that '
'time. One row per step and network, in their order: the beginning of the step (at; steps are counted from '
'1970-01-01 UTC), the seconds of it that have passed, average hashes per second, counts of shares by result, and '
'credited difficulty. Zeros if it had no shares, NULL if the rollups of the step have been dropped (see '
'chimera.set_rollup_retention): minutes after 30 days, hours after 2 years, days never; a step uses the longest '
'periods that fit. Errors: 42704 for an unknown account or network, 22023 for a step that is not a whole number '
'of minutes, times that are not finite, or more than 10000 steps.';

CREATE FUNCTION chimera.miner_hashrate(miner text, from_time timestamptz, to_time timestamptz, step interval, network text DEFAULT NULL)
    RETURNS TABLE (network_id uuid, network_name text, algorithm text, at timestamptz, seconds float8, hashrate_hs float8,
        accepted bigint, stale bigint, duplicate bigint, low_difficulty bigint, invalid bigint, difficulty float8)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    named CONSTANT record := chimera.read_user_name(miner_hashrate.miner);
    wanted int;
BEGIN
    SELECT m.miner_id INTO wanted
    FROM chimera.accounts a JOIN chimera.miners m ON m.account_id = a.account_id
    WHERE a.name = named.account AND m.name = named.rig;
    IF wanted IS NULL THEN
        RAISE EXCEPTION 'miner "%" does not exist', miner_hashrate.miner USING ERRCODE = 'undefined_object';
    END IF;
    RETURN QUERY SELECT * FROM chimera.hashrate_series(miner_hashrate.from_time, miner_hashrate.to_time, miner_hashrate.step,
        CASE WHEN miner_hashrate.network IS NOT NULL THEN chimera.network_id(miner_hashrate.network) END, NULL, wanted);
END;
$$;
COMMENT ON FUNCTION chimera.miner_hashrate(text, timestamptz, timestamptz, interval, text) IS
'Statistics of a miner, given by its user name (account.rig), by step of time, on a network, or on each that it '
'mined on in that time. One row per step and network, in their order: the beginning of the step (at; steps are '
'counted from 1970-01-01 UTC), the seconds of it that have passed, average hashes per second, counts of shares by '
'result, and credited difficulty. Zeros if it had no shares, NULL if the rollups of the step have been dropped '
'(see chimera.set_rollup_retention): minutes after 30 days, hours after 2 years, days never; a step uses the '
'longest periods that fit. Errors: 42704 for an unknown miner or network, 22023 for a step that is not a whole '
'number of minutes, times that are not finite, or more than 10000 steps.';
