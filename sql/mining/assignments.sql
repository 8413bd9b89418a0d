-- assignments.sql: the network that each connected miner mines on, how it was
-- chosen, and the history of both.

CREATE TABLE chimera.stratum_servers (
    server_id uuid PRIMARY KEY,
    pid int NOT NULL,
    backend_start timestamptz NOT NULL,
    client inet,
    started_at timestamptz NOT NULL DEFAULT now(),
    lost_at timestamptz
);
COMMENT ON TABLE chimera.stratum_servers IS
'The stratumd processes that are running, and those that ended without saying goodbye';
COMMENT ON COLUMN chimera.stratum_servers.server_id IS 'Id that a stratumd generates each time it starts';
COMMENT ON COLUMN chimera.stratum_servers.pid IS
'The backend of its connection for logins; the stratumd counts as alive while this backend runs';
COMMENT ON COLUMN chimera.stratum_servers.backend_start IS 'When that backend started, since pids are reused';
COMMENT ON COLUMN chimera.stratum_servers.client IS 'Address its connection comes from; NULL: a local socket';
COMMENT ON COLUMN chimera.stratum_servers.started_at IS 'When it was first seen';
COMMENT ON COLUMN chimera.stratum_servers.lost_at IS 'When its connection was found closed; NULL: it is open';

-- No foreign keys: every login would pay for their checks.
-- reassign_sessions() and drop_old_assignments() close and drop the rows that
-- they would guard.
CREATE SEQUENCE chimera.miner_network_assignments_assignment_id_seq;
CREATE TABLE chimera.miner_network_assignments (
    assignment_id bigint PRIMARY KEY DEFAULT nextval('chimera.miner_network_assignments_assignment_id_seq'),
    server_id uuid NOT NULL,
    session_id bigint NOT NULL,
    miner_id int NOT NULL,
    first_miner_id int NOT NULL,
    listener_id int NOT NULL,
    network_id uuid,
    requested_network uuid,
    address inet,
    account_name text,
    rig_name text,
    chosen_by text NOT NULL CHECK (chosen_by IN ('assignment', 'password', 'listener', 'default')),
    connected_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    disconnected_at timestamptz,
    CHECK ((miner_id > 0) = (account_name IS NULL)),
    CHECK ((miner_id > 0) = (rig_name IS NULL))
);
ALTER SEQUENCE chimera.miner_network_assignments_assignment_id_seq
    OWNED BY chimera.miner_network_assignments.assignment_id;
-- one row per miner and connection, however often stratumd asks
CREATE UNIQUE INDEX miner_network_assignments_open ON chimera.miner_network_assignments
    (server_id, session_id, miner_id, coalesce(account_name, ''), coalesce(rig_name, ''))
    WHERE disconnected_at IS NULL;
CREATE INDEX miner_network_assignments_miner ON chimera.miner_network_assignments (miner_id, assignment_id);
COMMENT ON TABLE chimera.miner_network_assignments IS
'One row per interval in which a connected miner mines on a network; disconnected_at is NULL while it lasts. Rows '
'that a dead stratumd left open are closed within a second. A rig without an accepted share has a row only while '
'it is connected.';
COMMENT ON COLUMN chimera.miner_network_assignments.assignment_id IS 'The interval''s number';
COMMENT ON COLUMN chimera.miner_network_assignments.server_id IS 'The stratumd that serves the connection';
COMMENT ON COLUMN chimera.miner_network_assignments.session_id IS 'The stratumd''s number of the connection';
COMMENT ON COLUMN chimera.miner_network_assignments.miner_id IS
'The miner; for a rig without an accepted share 0, or its account_id with a minus sign if the account exists';
COMMENT ON COLUMN chimera.miner_network_assignments.account_name IS
'The name of the account that such a rig will have; NULL: the rig has a miner_id';
COMMENT ON COLUMN chimera.miner_network_assignments.rig_name IS 'The name that such a rig will have in it';
COMMENT ON COLUMN chimera.miner_network_assignments.first_miner_id IS
'The first miner of the connection: its choice applies to all others, since a connection has one job at a time';
COMMENT ON COLUMN chimera.miner_network_assignments.listener_id IS 'The listener that the miner connected to';
COMMENT ON COLUMN chimera.miner_network_assignments.network_id IS
'The network that it mines on; NULL: none is available';
COMMENT ON COLUMN chimera.miner_network_assignments.requested_network IS
'The network that the password requests (c=SYMBOL); NULL: none';
COMMENT ON COLUMN chimera.miner_network_assignments.address IS
'Address that the connection comes from, behind a load balancer the one in the PROXY header; NULL: not known';
COMMENT ON COLUMN chimera.miner_network_assignments.chosen_by IS
'How the network was chosen: by chimera.assign_miner (assignment), by the miner''s password, as its listener''s '
'only network, or by default as the active network of the listener''s algorithm';
COMMENT ON COLUMN chimera.miner_network_assignments.connected_at IS 'When it began to mine on the network';
COMMENT ON COLUMN chimera.miner_network_assignments.disconnected_at IS
'When it stopped mining on the network, because it moved to another one or disconnected';

CREATE SEQUENCE chimera.network_choices_choice_id_seq;
CREATE TABLE chimera.network_choices (
    choice_id bigint PRIMARY KEY DEFAULT nextval('chimera.network_choices_choice_id_seq'),
    account_id int NOT NULL REFERENCES chimera.accounts ON DELETE CASCADE,
    miner_id int REFERENCES chimera.miners ON DELETE CASCADE,
    algorithm text NOT NULL,
    network_id uuid NOT NULL REFERENCES chimera.network_configs ON DELETE CASCADE,
    reason text,
    made_by text NOT NULL,
    made_at timestamptz NOT NULL DEFAULT now()
);
ALTER SEQUENCE chimera.network_choices_choice_id_seq OWNED BY chimera.network_choices.choice_id;
CREATE UNIQUE INDEX network_choices_whose ON chimera.network_choices (account_id, algorithm, coalesce(miner_id, 0));
COMMENT ON TABLE chimera.network_choices IS
'Miners and accounts that chimera.assign_miner sends to a network, whatever their listener serves';
COMMENT ON COLUMN chimera.network_choices.choice_id IS 'The choice''s number';
COMMENT ON COLUMN chimera.network_choices.account_id IS 'The account of the miners';
COMMENT ON COLUMN chimera.network_choices.miner_id IS
'Only this miner; takes precedence over a choice for the account. NULL: all miners of the account';
COMMENT ON COLUMN chimera.network_choices.algorithm IS
'The network''s algorithm: a choice applies only to listeners of this algorithm';
COMMENT ON COLUMN chimera.network_choices.network_id IS
'The network that they are sent to while it is enabled and not stopped';
COMMENT ON COLUMN chimera.network_choices.reason IS 'Reason given by the admin';
COMMENT ON COLUMN chimera.network_choices.made_by IS 'Who made the choice';
COMMENT ON COLUMN chimera.network_choices.made_at IS 'When it was made';

-- ---------- choosing a network ----------

CREATE VIEW chimera.mineable_networks AS
    SELECT n.network_id, n.algorithm
    FROM chimera.network_configs n
    WHERE n.is_enabled AND NOT EXISTS (SELECT FROM chimera.stopped_networks w WHERE w.network_id = n.network_id);
COMMENT ON VIEW chimera.mineable_networks IS 'The networks that a miner may be sent to by choice';
COMMENT ON COLUMN chimera.mineable_networks.network_id IS 'An enabled network that is not stopped';
COMMENT ON COLUMN chimera.mineable_networks.algorithm IS 'Its proof of work';

CREATE VIEW chimera.miner_choices AS
    SELECT DISTINCT ON (m.miner_id, c.algorithm) m.miner_id, c.algorithm, c.network_id
    FROM chimera.network_choices c
    JOIN chimera.mineable_networks w USING (network_id)
    JOIN chimera.miners m ON m.account_id = c.account_id AND (c.miner_id IS NULL OR c.miner_id = m.miner_id)
    ORDER BY m.miner_id, c.algorithm, c.miner_id NULLS LAST;
CREATE VIEW chimera.rig_choices AS
    SELECT m.miner_id, m.algorithm, m.network_id FROM chimera.miner_choices m
    UNION ALL
    SELECT -c.account_id, c.algorithm, c.network_id
    FROM chimera.network_choices c JOIN chimera.mineable_networks w USING (network_id)
    WHERE c.miner_id IS NULL;
COMMENT ON VIEW chimera.rig_choices IS 'Like miner_choices, with the networks of rigs that have no accepted share yet';
COMMENT ON COLUMN chimera.rig_choices.miner_id IS
'The miner; for new rigs, their account_id with a minus sign, as in chimera.miner_network_assignments';
COMMENT ON COLUMN chimera.rig_choices.algorithm IS 'On listeners of this algorithm';
COMMENT ON COLUMN chimera.rig_choices.network_id IS 'To this network';
COMMENT ON VIEW chimera.miner_choices IS
'The network that chimera.assign_miner now sends each miner to, with choices for an account expanded to its miners';
COMMENT ON COLUMN chimera.miner_choices.miner_id IS 'The miner';
COMMENT ON COLUMN chimera.miner_choices.algorithm IS 'On listeners of this algorithm';
COMMENT ON COLUMN chimera.miner_choices.network_id IS 'To this network';

CREATE VIEW chimera.due_assignments AS
    SELECT a.assignment_id, coalesce(m.network_id, w.network_id, l.network_id) AS network_id,
           CASE WHEN m.network_id IS NOT NULL THEN 'assignment'
                WHEN w.network_id IS NOT NULL THEN 'password'
                ELSE l.chosen_by END AS chosen_by,
           a.network_id AS current_network, a.chosen_by AS current_chosen_by
    FROM chimera.miner_network_assignments a
    JOIN chimera.listener_networks l USING (listener_id)
    LEFT JOIN chimera.rig_choices m ON m.miner_id = a.first_miner_id AND m.algorithm = l.algorithm
    LEFT JOIN chimera.mineable_networks w ON w.network_id = a.requested_network AND w.algorithm = l.algorithm
    WHERE a.disconnected_at IS NULL;
COMMENT ON VIEW chimera.due_assignments IS
'The network that each connected miner should mine on by the current rules; chimera.reassign_sessions applies it';
COMMENT ON COLUMN chimera.due_assignments.assignment_id IS 'Its open assignment';
COMMENT ON COLUMN chimera.due_assignments.network_id IS 'The network that it should mine on; NULL: none';
COMMENT ON COLUMN chimera.due_assignments.chosen_by IS 'The rule that chose it';
COMMENT ON COLUMN chimera.due_assignments.current_network IS 'The network that it mines on now';
COMMENT ON COLUMN chimera.due_assignments.current_chosen_by IS 'The rule that chose that one';

CREATE FUNCTION chimera.reassign_sessions() RETURNS int
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    moment CONSTANT timestamptz := clock_timestamp();
    moved int;
BEGIN
    WITH due AS MATERIALIZED (
        SELECT d.assignment_id, d.network_id, d.chosen_by FROM chimera.due_assignments d
        WHERE d.network_id IS DISTINCT FROM d.current_network OR d.chosen_by <> d.current_chosen_by
    ), closed AS (
        UPDATE chimera.miner_network_assignments a
        SET disconnected_at = greatest(moment, a.connected_at)
        FROM due d
        WHERE a.assignment_id = d.assignment_id AND a.disconnected_at IS NULL
        RETURNING a.server_id, a.session_id, a.miner_id, a.first_miner_id, a.listener_id, d.network_id, a.requested_network,
                  a.address, a.account_name, a.rig_name, d.chosen_by, a.disconnected_at
    )
    INSERT INTO chimera.miner_network_assignments (server_id, session_id, miner_id, first_miner_id, listener_id,
        network_id, requested_network, address, account_name, rig_name, chosen_by, connected_at)
    SELECT * FROM closed;
    GET DIAGNOSTICS moved = ROW_COUNT;
    IF moved > 0 THEN
        NOTIFY chimera_listeners;
    END IF;
    RETURN moved;
END;
$$;
COMMENT ON FUNCTION chimera.reassign_sessions() IS
'Moves every connected miner to the network that the current rules give it, and notifies stratumd; returns how '
'many assignments changed. Triggers call it in the transaction of a change. The accountant also calls it each '
'second, since a login and a change that commit at the same time do not see each other.';

CREATE FUNCTION chimera.assignments_changed() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM chimera.reassign_sessions();
    NOTIFY chimera_listeners;
    RETURN NULL;
END;
$$;
COMMENT ON FUNCTION chimera.assignments_changed() IS 'Trigger: moves miners to their networks after a change';
CREATE TRIGGER reassign_sessions AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON chimera.network_choices
    FOR EACH STATEMENT EXECUTE FUNCTION chimera.assignments_changed();
CREATE TRIGGER reassign_sessions AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON chimera.listeners
    FOR EACH STATEMENT EXECUTE FUNCTION chimera.assignments_changed();
-- each job deletes from this table, nearly always no row: fire only for a row
CREATE TRIGGER reassign_sessions AFTER INSERT OR UPDATE OR DELETE ON chimera.stopped_networks
    FOR EACH ROW EXECUTE FUNCTION chimera.assignments_changed();
-- At the end of the transaction: between the two steps of a switch no network
-- is active, and miners would be moved away and back.
CREATE CONSTRAINT TRIGGER reassign_sessions AFTER UPDATE OF algorithm, is_enabled, is_active OR DELETE ON chimera.network_configs
    DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION chimera.assignments_changed();

-- ---------- calls of stratumd ----------

CREATE FUNCTION chimera.drop_new_rigs() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    DELETE FROM chimera.miner_network_assignments a
    USING ended e WHERE a.assignment_id = e.assignment_id AND e.miner_id <= 0 AND a.disconnected_at IS NOT NULL;
    RETURN NULL;
END;
$$;
COMMENT ON FUNCTION chimera.drop_new_rigs() IS
'Trigger: keeps no history of rigs without an accepted share, so that nobody can fill the table without doing work';
CREATE TRIGGER drop_new_rigs AFTER UPDATE ON chimera.miner_network_assignments
    REFERENCING NEW TABLE AS ended FOR EACH STATEMENT EXECUTE FUNCTION chimera.drop_new_rigs();

CREATE FUNCTION chimera.end_sessions(server_id uuid, session_ids bigint[]) RETURNS int
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    ended int;
BEGIN
    -- after a crash that loses this, stratumd reports its sessions again
    PERFORM set_config('synchronous_commit', 'off', true);
    UPDATE chimera.miner_network_assignments a SET disconnected_at = clock_timestamp()
    FROM unnest(session_ids) ended_session (session_id)
    WHERE a.server_id = end_sessions.server_id AND a.session_id = ended_session.session_id AND a.disconnected_at IS NULL;
    GET DIAGNOSTICS ended = ROW_COUNT;
    RETURN ended;
END;
$$;
COMMENT ON FUNCTION chimera.end_sessions(uuid, bigint[]) IS
'For stratumd: closes the assignments of connections that have ended; returns how many.';

CREATE FUNCTION chimera.stratum_hello(
    server_id uuid, session_ids bigint[] DEFAULT '{}', miner_ids int[] DEFAULT '{}', first_miner_ids int[] DEFAULT '{}',
    listener_ids int[] DEFAULT '{}', requested_networks uuid[] DEFAULT '{}', addresses inet[] DEFAULT '{}',
    account_names text[] DEFAULT '{}', rig_names text[] DEFAULT '{}')
    RETURNS int
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    opened int;
BEGIN
    PERFORM chimera.replace_lost_server(stratum_hello.server_id);
    INSERT INTO chimera.stratum_servers AS s (server_id, pid, backend_start, client)
    SELECT stratum_hello.server_id, b.pid, b.backend_start, inet_client_addr() FROM pg_stat_get_activity(pg_backend_pid()) b
    ON CONFLICT ON CONSTRAINT stratum_servers_pkey
    DO UPDATE SET pid = excluded.pid, backend_start = excluded.backend_start, client = excluded.client, lost_at = NULL;

    UPDATE chimera.miner_network_assignments a SET disconnected_at = clock_timestamp()
    WHERE a.server_id = stratum_hello.server_id AND a.disconnected_at IS NULL
      AND NOT EXISTS (SELECT FROM unnest(stratum_hello.session_ids) t (session_id) WHERE t.session_id = a.session_id);
    INSERT INTO chimera.miner_network_assignments (server_id, session_id, miner_id, first_miner_id, listener_id,
        network_id, requested_network, address, account_name, rig_name, chosen_by)
    SELECT stratum_hello.server_id, t.session_id, t.miner_id, t.first_miner_id, t.listener_id,
           coalesce(m.network_id, w.network_id, l.network_id), t.requested_network, t.address,
           CASE WHEN t.miner_id <= 0 THEN coalesce(t.account_name, '') END, CASE WHEN t.miner_id <= 0 THEN coalesce(t.rig_name, '') END,
           CASE WHEN m.network_id IS NOT NULL THEN 'assignment'
                WHEN w.network_id IS NOT NULL THEN 'password'
                ELSE l.chosen_by END
    FROM unnest(session_ids, miner_ids, first_miner_ids, listener_ids, requested_networks, addresses, account_names, rig_names)
        t (session_id, miner_id, first_miner_id, listener_id, requested_network, address, account_name, rig_name)
    JOIN chimera.listener_networks l USING (listener_id)
    LEFT JOIN chimera.rig_choices m ON m.miner_id = t.first_miner_id AND m.algorithm = l.algorithm
    LEFT JOIN chimera.mineable_networks w ON w.network_id = t.requested_network AND w.algorithm = l.algorithm
    ON CONFLICT DO NOTHING;
    GET DIAGNOSTICS opened = ROW_COUNT;
    RETURN opened;
END;
$$;
COMMENT ON FUNCTION chimera.stratum_hello(uuid, bigint[], int[], int[], int[], uuid[], inet[], text[], text[]) IS
'For stratumd, on each new connection to the database: the stratumd is alive while this connection is, and serves '
'exactly these miners. The arrays have equal length, one element per miner of a connection; addresses may be left '
'out; account_names and rig_names apply to elements whose miner_id is not above 0. Returns how many assignments '
'were opened.';

CREATE FUNCTION chimera.stratum_sessions(server_id uuid, OUT session_id bigint, OUT network_id uuid)
    RETURNS SETOF record
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    SELECT DISTINCT a.session_id, a.network_id
    FROM chimera.miner_network_assignments a
    WHERE a.server_id = stratum_sessions.server_id AND a.disconnected_at IS NULL
      AND a.chosen_by IN ('assignment', 'password')
    ORDER BY a.session_id;
$$;
COMMENT ON FUNCTION chimera.stratum_sessions(uuid) IS
'For stratumd: its connections whose network differs from their listener''s, ordered by number.';

-- ---------- periodic duties ----------

CREATE FUNCTION chimera.end_dead_servers() RETURNS int
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    dead uuid[];
    ended int;
BEGIN
    dead := ARRAY(SELECT s.server_id FROM chimera.stratum_servers s
                  WHERE s.lost_at IS NULL AND NOT EXISTS (
                      SELECT FROM pg_stat_get_activity(NULL) b WHERE b.pid = s.pid AND b.backend_start = s.backend_start));
    IF cardinality(dead) > 0 THEN
        -- one may be saying hello on a new connection, which a transaction with an earlier snapshot
        -- does not see
        PERFORM FROM chimera.stratum_servers s WHERE s.server_id = ANY (dead) ORDER BY s.server_id FOR UPDATE;
        PERFORM pg_stat_clear_snapshot();
        UPDATE chimera.stratum_servers s SET lost_at = clock_timestamp()
        WHERE s.server_id = ANY (dead) AND s.lost_at IS NULL AND NOT EXISTS (
            SELECT FROM pg_stat_get_activity(NULL) b WHERE b.pid = s.pid AND b.backend_start = s.backend_start);
    END IF;
    UPDATE chimera.miner_network_assignments a SET disconnected_at = clock_timestamp()
    WHERE a.disconnected_at IS NULL
      AND NOT EXISTS (SELECT FROM chimera.stratum_servers s WHERE s.server_id = a.server_id AND s.lost_at IS NULL);
    GET DIAGNOSTICS ended = ROW_COUNT;
    RETURN ended;
END;
$$;
COMMENT ON FUNCTION chimera.end_dead_servers() IS
'For the accountant, each second: marks each stratumd whose connection is closed, for health, and closes its open '
'assignments; returns how many. A stratumd that is alive reports its sessions again once it reconnects.';

CREATE FUNCTION chimera.drop_old_assignments() RETURNS int
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    dropped int;
BEGIN
    DELETE FROM chimera.miner_network_assignments a
    WHERE a.disconnected_at < now() - coalesce(
        (SELECT n.share_retention FROM chimera.network_configs n WHERE n.network_id = a.network_id), interval '1 day');
    GET DIAGNOSTICS dropped = ROW_COUNT;
    RETURN dropped;
END;
$$;
COMMENT ON FUNCTION chimera.drop_old_assignments() IS
'For the accountant, each hour: drops assignments that ended longer ago than their network''s share_retention (a '
'day for assignments without a network); returns how many.';

-- ---------- for operators ----------

CREATE FUNCTION chimera.assign_miner(who text, network text, reason text DEFAULT NULL) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    target CONSTANT uuid := chimera.network_id(network);
    named CONSTANT record := chimera.read_user_name(who);
    rig CONSTANT text := CASE WHEN strpos(who, '.') > 0 THEN named.rig END;
BEGIN
    INSERT INTO chimera.network_choices AS c (account_id, miner_id, algorithm, network_id, reason, made_by)
    SELECT a.account_id, m.miner_id, n.algorithm, target, assign_miner.reason,
           chimera.actor()
    FROM chimera.accounts a
    JOIN chimera.network_configs n ON n.network_id = target
    LEFT JOIN chimera.miners m ON m.account_id = a.account_id AND m.name = rig
    WHERE a.name = named.account AND (rig IS NULL OR m.miner_id IS NOT NULL)
    ON CONFLICT (account_id, algorithm, coalesce(miner_id, 0))
    DO UPDATE SET network_id = excluded.network_id, reason = excluded.reason, made_by = excluded.made_by, made_at = now();
    IF NOT FOUND THEN
        RAISE EXCEPTION 'miner or account "%" does not exist', who
            USING ERRCODE = 'undefined_object', HINT = 'Miners and accounts are created by their first accepted share.';
    END IF;
END;
$$;
COMMENT ON FUNCTION chimera.assign_miner(text, text, text) IS
'Sends a miner (account.rig, with a dot) or all miners of an account to a network, whatever their listeners '
'serve, at once and until chimera.unassign_miner. While the network is disabled or stopped, the other rules '
'apply. Listeners of other algorithms are not affected. Errors: 42704 for an unknown miner, account or network.';

CREATE FUNCTION chimera.unassign_miner(who text, algorithm text DEFAULT NULL) RETURNS int
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    named CONSTANT record := chimera.read_user_name(who);
    rig CONSTANT text := CASE WHEN strpos(who, '.') > 0 THEN named.rig END;
    removed int;
BEGIN
    DELETE FROM chimera.network_choices c
    USING chimera.accounts a
    WHERE a.name = named.account AND c.account_id = a.account_id
      AND c.algorithm = coalesce(unassign_miner.algorithm, c.algorithm)
      AND CASE WHEN rig IS NULL THEN c.miner_id IS NULL
               ELSE c.miner_id = (SELECT m.miner_id FROM chimera.miners m WHERE m.account_id = a.account_id AND m.name = rig) END;
    GET DIAGNOSTICS removed = ROW_COUNT;
    RETURN removed;
END;
$$;
COMMENT ON FUNCTION chimera.unassign_miner(text, text) IS
'Removes the choices of chimera.assign_miner for this miner or account, of one algorithm or of all; returns how '
'many. A choice for the account still applies to its miners, and the other way round.';

CREATE VIEW chimera.miner_connections AS
    SELECT coalesce(c.name, a.account_name) AS account, coalesce(m.name, a.rig_name) AS rig, n.name AS network, a.chosen_by, a.connected_at, a.address, l.port,
           a.listener_id, a.miner_id, a.network_id, a.server_id, a.session_id
    FROM chimera.miner_network_assignments a
    LEFT JOIN chimera.miners m USING (miner_id)
    LEFT JOIN chimera.accounts c ON c.account_id = m.account_id
    LEFT JOIN chimera.network_configs n ON n.network_id = a.network_id
    LEFT JOIN chimera.listeners l ON l.listener_id = a.listener_id
    WHERE a.disconnected_at IS NULL;
COMMENT ON VIEW chimera.miner_connections IS 'The connected miners and the network that each mines on';
COMMENT ON COLUMN chimera.miner_connections.account IS 'The account that is credited';
COMMENT ON COLUMN chimera.miner_connections.rig IS 'The miner''s name in its account';
COMMENT ON COLUMN chimera.miner_connections.network IS 'The network that it mines on; NULL: none is available';
COMMENT ON COLUMN chimera.miner_connections.chosen_by IS 'assignment, password, listener or default';
COMMENT ON COLUMN chimera.miner_connections.connected_at IS 'Since when it mines on it';
COMMENT ON COLUMN chimera.miner_connections.address IS 'Address that it connects from; NULL: not known';
COMMENT ON COLUMN chimera.miner_connections.port IS 'The port that it connected to';
COMMENT ON COLUMN chimera.miner_connections.listener_id IS 'That port''s listener';
COMMENT ON COLUMN chimera.miner_connections.miner_id IS 'Its number; not above 0 until its first share is accepted';
COMMENT ON COLUMN chimera.miner_connections.network_id IS 'The network''s id';
COMMENT ON COLUMN chimera.miner_connections.server_id IS 'The stratumd it is connected to';
COMMENT ON COLUMN chimera.miner_connections.session_id IS 'Its connection there, which several miners may share';

SELECT pg_catalog.pg_extension_config_dump('chimera.miner_network_assignments', '');
SELECT pg_catalog.pg_extension_config_dump('chimera.miner_network_assignments_assignment_id_seq', '');
SELECT pg_catalog.pg_extension_config_dump('chimera.network_choices', '');
SELECT pg_catalog.pg_extension_config_dump('chimera.network_choices_choice_id_seq', '');
