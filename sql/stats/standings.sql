-- standings.sql: counts of miners and rankings of accounts, computed in
-- advance.
--
-- Counting a big pool's miners in a window reads one row per miner and
-- minute: too much while a page is loading. The accountant counts them
-- periodically, each window again after a sixtieth of its length; the REST
-- API reads the result here. chimera.network_pool_stats and similar views
-- count when they are read.

CREATE TABLE chimera.network_standings (
    network_id uuid NOT NULL REFERENCES chimera.network_configs ON DELETE CASCADE,
    "window" text NOT NULL CHECK ("window" IN ('15m', '1h', '24h', '7d')),
    taken_at timestamptz NOT NULL,
    seconds float8 NOT NULL,
    miners bigint NOT NULL,
    accounts bigint NOT NULL,
    PRIMARY KEY (network_id, "window")
);
COMMENT ON TABLE chimera.network_standings IS
'Number of miners and accounts on each network in a window, counted periodically by the accountant';
COMMENT ON COLUMN chimera.network_standings.network_id IS 'The network';
COMMENT ON COLUMN chimera.network_standings."window" IS 'The window, as in chimera.stat_windows';
COMMENT ON COLUMN chimera.network_standings.taken_at IS 'When it was counted: the end of the window';
COMMENT ON COLUMN chimera.network_standings.seconds IS 'The seconds that the window covers';
COMMENT ON COLUMN chimera.network_standings.miners IS 'Miners with an accepted share in it';
COMMENT ON COLUMN chimera.network_standings.accounts IS 'Accounts with an accepted share in it';

CREATE TABLE chimera.account_standings (
    network_id uuid NOT NULL,
    "window" text NOT NULL,
    rank int NOT NULL,
    account_id int NOT NULL,
    accepted bigint NOT NULL,
    difficulty float8 NOT NULL,
    miners bigint NOT NULL,
    PRIMARY KEY (network_id, "window", rank),
    FOREIGN KEY (network_id, "window") REFERENCES chimera.network_standings ON DELETE CASCADE
);
COMMENT ON TABLE chimera.account_standings IS 'The hundred accounts with the most work on each network in a window';
COMMENT ON COLUMN chimera.account_standings.network_id IS 'The network';
COMMENT ON COLUMN chimera.account_standings."window" IS 'The window; network_standings has its end and length';
COMMENT ON COLUMN chimera.account_standings.rank IS 'Rank; 1 has the most work';
COMMENT ON COLUMN chimera.account_standings.account_id IS 'The account';
COMMENT ON COLUMN chimera.account_standings.accepted IS 'Its accepted shares';
COMMENT ON COLUMN chimera.account_standings.difficulty IS 'Their credited difficulty';
COMMENT ON COLUMN chimera.account_standings.miners IS 'Its miners with an accepted share';

CREATE TABLE chimera.pool_standings (
    algorithm text PRIMARY KEY,
    taken_at timestamptz NOT NULL,
    miners bigint NOT NULL,
    accounts bigint NOT NULL
);
COMMENT ON TABLE chimera.pool_standings IS
'Number of miners and accounts in the last 15 minutes on the networks of an algorithm and on all networks; those '
'that moved between networks count once';
COMMENT ON COLUMN chimera.pool_standings.algorithm IS 'The algorithm; empty: all algorithms';
COMMENT ON COLUMN chimera.pool_standings.taken_at IS 'When it was counted';
COMMENT ON COLUMN chimera.pool_standings.miners IS 'Miners with an accepted share';
COMMENT ON COLUMN chimera.pool_standings.accounts IS 'Accounts with an accepted share';

CREATE VIEW chimera.pool_miners AS
    SELECT coalesce(s.algorithm, '') AS algorithm, count(DISTINCT s.miner_id) AS miners,
           count(DISTINCT s.account_id) AS accounts
    FROM chimera.window_sums s
    WHERE s."window" = '15m' AND s.accepted > 0
    GROUP BY GROUPING SETS ((s.algorithm), ());
COMMENT ON VIEW chimera.pool_miners IS
'As pool_standings, but counted when it is read; no row for an algorithm without miners';
COMMENT ON COLUMN chimera.pool_miners.algorithm IS 'The algorithm; empty: all algorithms';
COMMENT ON COLUMN chimera.pool_miners.miners IS 'Miners with an accepted share';
COMMENT ON COLUMN chimera.pool_miners.accounts IS 'Accounts with an accepted share';

CREATE FUNCTION chimera.refresh_standings(network_id uuid, "window" text) RETURNS void
    LANGUAGE sql SET search_path = pg_catalog, pg_temp
AS $$
    DELETE FROM chimera.account_standings s
    WHERE s.network_id = refresh_standings.network_id AND s."window" = refresh_standings."window";
    WITH worked AS MATERIALIZED (
        SELECT s.account_id, sum(s.accepted) AS accepted, sum(s.difficulty) AS difficulty, count(*) AS miners
        FROM chimera.window_sums s
        WHERE s.network_id = refresh_standings.network_id AND s."window" = refresh_standings."window" AND s.accepted > 0
        GROUP BY 1
    ), counted AS (
        INSERT INTO chimera.network_standings AS s (network_id, "window", taken_at, seconds, miners, accounts)
        SELECT refresh_standings.network_id, b."window", now(), b.seconds,
               (SELECT coalesce(sum(w.miners), 0) FROM worked w), (SELECT count(w.account_id) FROM worked w)
        FROM chimera.window_bounds b WHERE b."window" = refresh_standings."window"
        ON CONFLICT ON CONSTRAINT network_standings_pkey
        DO UPDATE SET taken_at = excluded.taken_at, seconds = excluded.seconds,
                      miners = excluded.miners, accounts = excluded.accounts
    )
    INSERT INTO chimera.account_standings (network_id, "window", rank, account_id, accepted, difficulty, miners)
    SELECT refresh_standings.network_id, refresh_standings."window",
           row_number() OVER (ORDER BY w.difficulty DESC, w.account_id), w.account_id, w.accepted, w.difficulty, w.miners
    FROM worked w WHERE w.account_id IS NOT NULL
    ORDER BY w.difficulty DESC, w.account_id LIMIT 100;
$$;
COMMENT ON FUNCTION chimera.refresh_standings(uuid, text) IS 'Internal: counts a window of a network again.';

CREATE FUNCTION chimera.refresh_pool_standings() RETURNS void
    LANGUAGE sql SET search_path = pg_catalog, pg_temp
AS $$
    DELETE FROM chimera.pool_standings;
    INSERT INTO chimera.pool_standings (algorithm, taken_at, miners, accounts)
    SELECT m.algorithm, now(), m.miners, m.accounts FROM chimera.pool_miners m;
$$;
COMMENT ON FUNCTION chimera.refresh_pool_standings() IS
'Internal: counts the miners and accounts of each algorithm and of all again.';

CREATE FUNCTION chimera.refresh_due_standings(network_id uuid DEFAULT NULL) RETURNS int
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET jit = off
AS $$
DECLARE
    due record;
    taken int := 0;
    moves boolean := false;
BEGIN
    FOR due IN
        SELECT n.network_id, w."window"
        FROM chimera.network_configs n
        CROSS JOIN chimera.stat_windows w
        LEFT JOIN chimera.network_standings s ON s.network_id = n.network_id AND s."window" = w."window"
        WHERE n.network_id = coalesce(refresh_due_standings.network_id, n.network_id)
          AND w."window" IN ('15m', '1h', '24h', '7d')
          -- a new network has less to count, and its first miners should be visible soon
          AND (s.taken_at IS NULL OR s.taken_at <= now() - CASE WHEN s.miners = 0 THEN interval '15 seconds'
               ELSE greatest(interval '15 seconds', least(w.length, now() - n.created_at) / 60) END)
          -- without shares for longer than the window, nothing changes any more
          AND (n.is_enabled OR s.miners > 0)
        ORDER BY n.name, w.length
    LOOP
        PERFORM chimera.refresh_standings(due.network_id, due."window");
        taken := taken + 1;
        moves := moves OR due."window" = '15m';
    END LOOP;
    IF moves THEN
        PERFORM chimera.refresh_pool_standings();
    END IF;
    RETURN taken;
END;
$$;
COMMENT ON FUNCTION chimera.refresh_due_standings(uuid) IS
'Counts the windows of a network (NULL: of each) again whose last count is older than a sixtieth of their length '
'(for a network younger than the window, a sixtieth of its age; for a window without shares, 15 seconds); returns '
'how many. The accountant calls it.';

-- standings are not dumped: they are counted again
