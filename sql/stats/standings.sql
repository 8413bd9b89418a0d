-- standings.sql: who is at work and who did most, counted ahead of the question.
--
-- Counting a big pool's miners in a window reads a row a miner and minute: too
-- much while a page is loading. The accountant does it in turns, each window
-- anew when a sixtieth of its length has passed; the REST API reads what stands
-- here. chimera.network_pool_stats and its like count at the moment they are asked.

CREATE TABLE chimera.network_standings (
    network_id uuid NOT NULL REFERENCES chimera.network_configs ON DELETE CASCADE,
    "window" text NOT NULL CHECK ("window" IN ('15m', '1h', '24h', '7d')),
    taken_at timestamptz NOT NULL,
    seconds float8 NOT NULL,
    miners bigint NOT NULL,
    accounts bigint NOT NULL,
    PRIMARY KEY (network_id, "window")
);
COMMENT ON TABLE chimera.network_standings IS 'How many worked on each network in a window, counted by the accountant from time to time';
COMMENT ON COLUMN chimera.network_standings.network_id IS 'The network';
COMMENT ON COLUMN chimera.network_standings."window" IS 'The window, as in chimera.stat_windows';
COMMENT ON COLUMN chimera.network_standings.taken_at IS 'When it was counted: the window ends then';
COMMENT ON COLUMN chimera.network_standings.seconds IS 'What the window covers';
COMMENT ON COLUMN chimera.network_standings.miners IS 'Miners that had a share accepted in it';
COMMENT ON COLUMN chimera.network_standings.accounts IS 'Accounts that had a share accepted in it';

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
COMMENT ON TABLE chimera.account_standings IS 'The hundred accounts that did most on each network in a window';
COMMENT ON COLUMN chimera.account_standings.network_id IS 'The network';
COMMENT ON COLUMN chimera.account_standings."window" IS 'The window; network_standings says when it ended and how long it is';
COMMENT ON COLUMN chimera.account_standings.rank IS '1 did most';
COMMENT ON COLUMN chimera.account_standings.account_id IS 'The account';
COMMENT ON COLUMN chimera.account_standings.accepted IS 'Its accepted shares';
COMMENT ON COLUMN chimera.account_standings.difficulty IS 'Their credited difficulty';
COMMENT ON COLUMN chimera.account_standings.miners IS 'Its miners that had a share accepted';

CREATE TABLE chimera.pool_standings (
    algorithm text PRIMARY KEY,
    taken_at timestamptz NOT NULL,
    miners bigint NOT NULL,
    accounts bigint NOT NULL
);
COMMENT ON TABLE chimera.pool_standings IS 'How many worked in the last 15 minutes on an algorithm''s networks and on all of them: who moved between networks counts once';
COMMENT ON COLUMN chimera.pool_standings.algorithm IS 'The algorithm; empty: all of them';
COMMENT ON COLUMN chimera.pool_standings.taken_at IS 'When it was counted';
COMMENT ON COLUMN chimera.pool_standings.miners IS 'Miners that had a share accepted';
COMMENT ON COLUMN chimera.pool_standings.accounts IS 'Accounts that had a share accepted';

CREATE VIEW chimera.pool_miners AS
    SELECT coalesce(s.algorithm, '') AS algorithm, count(DISTINCT s.miner_id) AS miners,
           count(DISTINCT s.account_id) AS accounts
    FROM chimera.window_sums s
    WHERE s."window" = '15m' AND s.accepted > 0
    GROUP BY GROUPING SETS ((s.algorithm), ());
COMMENT ON VIEW chimera.pool_miners IS 'The same, counted now; no row for an algorithm that nobody worked on';
COMMENT ON COLUMN chimera.pool_miners.algorithm IS 'The algorithm; empty: all of them';
COMMENT ON COLUMN chimera.pool_miners.miners IS 'Miners that had a share accepted';
COMMENT ON COLUMN chimera.pool_miners.accounts IS 'Accounts that had a share accepted';

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
COMMENT ON FUNCTION chimera.refresh_standings(uuid, text) IS 'Internal: counts a window of a network anew.';

CREATE FUNCTION chimera.refresh_pool_standings() RETURNS void
    LANGUAGE sql SET search_path = pg_catalog, pg_temp
AS $$
    DELETE FROM chimera.pool_standings;
    INSERT INTO chimera.pool_standings (algorithm, taken_at, miners, accounts)
    SELECT m.algorithm, now(), m.miners, m.accounts FROM chimera.pool_miners m;
$$;
COMMENT ON FUNCTION chimera.refresh_pool_standings() IS 'Internal: counts who worked on each algorithm and on all of them anew.';

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
          -- a new network has less to count, and who begins to work there is to be seen
          AND (s.taken_at IS NULL OR s.taken_at <= now() - CASE WHEN s.miners = 0 THEN interval '15 seconds'
               ELSE greatest(interval '15 seconds', least(w.length, now() - n.created_at) / 60) END)
          -- without work for longer than the window, nothing changes any more
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
'Counts again the windows of a network (NULL: of each) of which a sixtieth (of a network younger than the window, a sixtieth of its age; where nobody worked, 15 seconds) has passed since they were; returns how many. The accountant calls it.';

REVOKE ALL ON FUNCTION chimera.refresh_standings(uuid, text), chimera.refresh_pool_standings(), chimera.refresh_due_standings(uuid) FROM PUBLIC;
GRANT SELECT ON chimera.network_standings, chimera.account_standings, chimera.pool_standings, chimera.pool_miners TO chimera_admin, chimera_reader;
-- standings are not dumped: they are taken anew
