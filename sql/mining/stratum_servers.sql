-- stratum_servers.sql: starting and ending stratumd processes, and what they
-- report about their ports. chimera.health shows it to operators.

CREATE TABLE chimera.listener_problems (
    server_id uuid NOT NULL REFERENCES chimera.stratum_servers ON DELETE CASCADE,
    listener_id int NOT NULL REFERENCES chimera.listeners ON DELETE CASCADE,
    problem text NOT NULL,
    since timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (server_id, listener_id)
);
COMMENT ON TABLE chimera.listener_problems IS 'The listeners that a stratumd cannot open now';
COMMENT ON COLUMN chimera.listener_problems.server_id IS 'The stratumd';
COMMENT ON COLUMN chimera.listener_problems.listener_id IS 'The listener';
COMMENT ON COLUMN chimera.listener_problems.problem IS 'The operating system''s error';
COMMENT ON COLUMN chimera.listener_problems.since IS 'Since when, for this reason';

CREATE FUNCTION chimera.stratum_report_listeners(server_id uuid, listener_ids int[], problems text[]) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    DELETE FROM chimera.listener_problems p
    WHERE p.server_id = stratum_report_listeners.server_id AND p.listener_id <> ALL (listener_ids);
    INSERT INTO chimera.listener_problems AS p (server_id, listener_id, problem)
    SELECT s.server_id, l.listener_id, left(t.problem, 200)
    FROM unnest(listener_ids, problems) t (listener_id, problem)
    JOIN chimera.listeners l USING (listener_id)
    JOIN chimera.stratum_servers s ON s.server_id = stratum_report_listeners.server_id
    ON CONFLICT ON CONSTRAINT listener_problems_pkey
    DO UPDATE SET problem = excluded.problem, since = excluded.since WHERE p.problem <> excluded.problem;
END;
$$;
COMMENT ON FUNCTION chimera.stratum_report_listeners(uuid, int[], text[]) IS
'For stratumd, after each hello and after each change: the listeners that it cannot open, and the errors (arrays '
'of equal length); all others are open.';

CREATE FUNCTION chimera.replace_lost_server(server_id uuid) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF EXISTS (SELECT FROM chimera.stratum_servers s WHERE s.server_id = replace_lost_server.server_id) THEN
        RETURN;
    END IF;
    -- its predecessor may have died a moment ago
    PERFORM chimera.end_dead_servers();
    DELETE FROM chimera.stratum_servers s
    WHERE s.server_id = (SELECT g.server_id FROM chimera.stratum_servers g
                         WHERE g.lost_at IS NOT NULL AND g.client IS NOT DISTINCT FROM inet_client_addr()
                         ORDER BY g.lost_at LIMIT 1 FOR UPDATE SKIP LOCKED);
END;
$$;
COMMENT ON FUNCTION chimera.replace_lost_server(uuid) IS
'Internal: lets a new stratumd replace a lost one of the same host.';

CREATE FUNCTION chimera.stratum_goodbye(server_id uuid) RETURNS void
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    DELETE FROM chimera.stratum_servers s WHERE s.server_id = stratum_goodbye.server_id;
    UPDATE chimera.miner_network_assignments a SET disconnected_at = clock_timestamp()
    WHERE a.server_id = stratum_goodbye.server_id AND a.disconnected_at IS NULL;
$$;
COMMENT ON FUNCTION chimera.stratum_goodbye(uuid) IS
'For stratumd, when it shuts down normally: removes it, so that health does not report it as lost.';

CREATE FUNCTION chimera.forget_stratum_server(server_id uuid) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    DELETE FROM chimera.stratum_servers s
    WHERE s.server_id = forget_stratum_server.server_id AND s.lost_at IS NOT NULL;
    RETURN FOUND;
END;
$$;
COMMENT ON FUNCTION chimera.forget_stratum_server(uuid) IS
'Removes a stratumd that is lost for good from chimera.health; false if no lost one has this id. A stratumd that '
'restarts on the same host replaces it automatically.';
