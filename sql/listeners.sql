-- listeners.sql: the ports miners connect to, and how stratumd reads them.

CREATE SEQUENCE chimera.listeners_listener_id_seq AS int;
CREATE TABLE chimera.listeners (
    listener_id int PRIMARY KEY DEFAULT nextval('chimera.listeners_listener_id_seq'),
    address text NOT NULL DEFAULT '0.0.0.0',
    port int NOT NULL CHECK (port BETWEEN 1 AND 65535),
    network_id uuid REFERENCES chimera.network_configs ON DELETE CASCADE,
    algorithm text CHECK (chimera.is_algorithm(algorithm)),
    start_difficulty float8 CHECK (start_difficulty > 0 AND start_difficulty < 'infinity'),
    min_difficulty float8 CHECK (min_difficulty > 0 AND min_difficulty < 'infinity'),
    max_difficulty float8 CHECK (max_difficulty > 0 AND max_difficulty < 'infinity'),
    tls boolean NOT NULL DEFAULT false,
    proxy_protocol boolean NOT NULL DEFAULT false,
    drain_until timestamptz,
    CHECK (num_nonnulls(network_id, algorithm) = 1)
);
-- a port may be opened anew while an earlier listener's miners go on
CREATE UNIQUE INDEX listeners_address_port ON chimera.listeners (address, port) WHERE drain_until IS NULL;
ALTER SEQUENCE chimera.listeners_listener_id_seq OWNED BY chimera.listeners.listener_id;
COMMENT ON TABLE chimera.listeners IS 'Ports on which stratumd listens: each serves one network, or the active network of an algorithm';
COMMENT ON COLUMN chimera.listeners.listener_id IS 'The listener''s number';
COMMENT ON COLUMN chimera.listeners.address IS 'Address to listen on';
COMMENT ON COLUMN chimera.listeners.port IS 'TCP port to listen on';
COMMENT ON COLUMN chimera.listeners.network_id IS 'The network served; NULL: the active one of an algorithm';
COMMENT ON COLUMN chimera.listeners.algorithm IS 'Whose active network is served; NULL: a certain network';
COMMENT ON COLUMN chimera.listeners.start_difficulty IS 'Difficulty a miner starts with; NULL takes the network''s';
COMMENT ON COLUMN chimera.listeners.min_difficulty IS 'Lowest difficulty a miner is given; NULL takes the network''s';
COMMENT ON COLUMN chimera.listeners.max_difficulty IS 'Highest difficulty a miner is given; NULL takes the network''s';
COMMENT ON COLUMN chimera.listeners.tls IS 'Whether its connections are encrypted (TLS 1.2 or later), with the certificate that stratumd was started with';
COMMENT ON COLUMN chimera.listeners.proxy_protocol IS 'Whether a load balancer stands before it: each connection must begin with a PROXY header (version 1 or 2), before TLS, whose address then counts as the miner''s. Let nobody else reach the port: the header is believed';
COMMENT ON COLUMN chimera.listeners.drain_until IS 'When its last miners are sent away: it has been removed and accepts nobody any more; NULL: it has not';

CREATE TRIGGER networks_changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON chimera.listeners
    FOR EACH STATEMENT EXECUTE FUNCTION chimera.networks_changed();

CREATE FUNCTION chimera.add_listener(
    port int, network text DEFAULT NULL, algorithm text DEFAULT NULL, address text DEFAULT '0.0.0.0',
    start_difficulty float8 DEFAULT NULL, min_difficulty float8 DEFAULT NULL, max_difficulty float8 DEFAULT NULL,
    tls boolean DEFAULT false, proxy_protocol boolean DEFAULT false)
    RETURNS int
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    INSERT INTO chimera.listeners (address, port, network_id, algorithm, start_difficulty, min_difficulty, max_difficulty, tls,
        proxy_protocol)
    VALUES (address, port, CASE WHEN network IS NOT NULL THEN chimera.network_id(network) END, algorithm,
            start_difficulty, min_difficulty, max_difficulty, tls, proxy_protocol)
    RETURNING listener_id;
$$;
COMMENT ON FUNCTION chimera.add_listener(int, text, text, text, float8, float8, float8, boolean, boolean) IS
'Opens a port in every stratumd, for one network or for the active network of an algorithm (give one of the two), in the clear or by TLS, directly or behind a load balancer that speaks the PROXY protocol; returns the listener_id. Errors: 23505 when address and port are taken, 23514 unless exactly one of network and algorithm is given, 42704 for an unknown network.';

CREATE VIEW chimera.listener_networks AS
    SELECT l.listener_id, coalesce(l.algorithm, f.algorithm) AS algorithm, n.network_id,
           CASE WHEN l.network_id IS NULL THEN 'default' ELSE 'listener' END AS chosen_by,
           CASE WHEN n.network_id IS NULL THEN 'this port serves no network now' ELSE w.reason END AS no_work
    FROM chimera.listeners l
    LEFT JOIN chimera.network_configs f ON f.network_id = l.network_id
    LEFT JOIN chimera.network_configs n
        ON n.is_enabled AND (n.network_id = l.network_id OR (n.algorithm = l.algorithm AND n.is_active))
    LEFT JOIN chimera.network_work w ON w.network_id = n.network_id;
COMMENT ON VIEW chimera.listener_networks IS 'The network that each listener serves now';
COMMENT ON COLUMN chimera.listener_networks.listener_id IS 'The listener';
COMMENT ON COLUMN chimera.listener_networks.algorithm IS 'Proof of work of all its miners';
COMMENT ON COLUMN chimera.listener_networks.network_id IS 'The network it serves; NULL: none is enabled';
COMMENT ON COLUMN chimera.listener_networks.chosen_by IS 'listener: it serves this network only; default: the active one of its algorithm';
COMMENT ON COLUMN chimera.listener_networks.no_work IS 'Why there is no work for its miners, NULL when there is';

CREATE FUNCTION chimera.remove_listener(listener_id int, drain interval DEFAULT '10 minutes') RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    found_one boolean;
BEGIN
    IF drain IS NULL THEN
        RAISE EXCEPTION 'drain must not be NULL'
            USING ERRCODE = 'null_value_not_allowed', HINT = 'Give 0 to send the miners away at once.';
    END IF;
    UPDATE chimera.listeners l SET drain_until = clock_timestamp() + drain
    WHERE l.listener_id = remove_listener.listener_id;
    found_one := FOUND;
    IF found_one THEN
        PERFORM chimera.drop_drained_listeners();
    END IF;
    RETURN found_one;
END;
$$;
COMMENT ON FUNCTION chimera.remove_listener(int, interval) IS
'Closes a port in every stratumd at once; its connected miners go on, and follow switches, for as long as drain says (0: not at all), then they are told and sent away. Called again it sets another end. False when there was no such listener. Errors: 22004 for a drain of NULL.';

CREATE FUNCTION chimera.drop_drained_listeners() RETURNS int
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    dropped int;
BEGIN
    -- a DELETE of none would still fire the triggers of a change
    IF NOT EXISTS (SELECT FROM chimera.listeners l WHERE l.drain_until IS NOT NULL) THEN
        RETURN 0;
    END IF;
    DELETE FROM chimera.listeners l
    WHERE l.drain_until <= clock_timestamp()
       OR (l.drain_until IS NOT NULL AND NOT EXISTS (
           SELECT FROM chimera.miner_network_assignments a
           WHERE a.listener_id = l.listener_id AND a.disconnected_at IS NULL));
    GET DIAGNOSTICS dropped = ROW_COUNT;
    RETURN dropped;
END;
$$;
COMMENT ON FUNCTION chimera.drop_drained_listeners() IS
'For the accountant: deletes the removed listeners whose drain is over or whose last miner has left, by which stratumd sends away who is still there; returns how many.';

CREATE FUNCTION chimera.listener_vardiff(listener chimera.listeners, network chimera.network_configs,
    OUT start_difficulty float8, OUT min_difficulty float8, OUT max_difficulty float8,
    OUT vardiff_target_s float8, OUT vardiff_retarget_s float8, OUT vardiff_retarget_shares int, OUT vardiff_variance float8)
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    min_difficulty := coalesce(listener.min_difficulty, network.min_difficulty, 0.001);
    max_difficulty := greatest(coalesce(listener.max_difficulty, network.max_difficulty, 1e12), min_difficulty);
    start_difficulty := least(greatest(coalesce(listener.start_difficulty, network.start_difficulty, 1), min_difficulty), max_difficulty);
    vardiff_target_s := coalesce(network.vardiff_target_s, 10);
    vardiff_retarget_s := coalesce(network.vardiff_retarget_s, 180);
    vardiff_retarget_shares := coalesce(network.vardiff_retarget_shares, 30);
    vardiff_variance := coalesce(network.vardiff_variance, 0.15);
END;
$$;
COMMENT ON FUNCTION chimera.listener_vardiff(chimera.listeners, chimera.network_configs) IS
'Internal: the difficulties that a listener''s miners have on a network (NULL: none is served): the listener''s own figures, where it has none the network''s; and the network''s vardiff parameters.';

CREATE FUNCTION chimera.stratum_difficulties(
    OUT listener_id int, OUT network_id uuid, OUT start_difficulty float8, OUT min_difficulty float8, OUT max_difficulty float8,
    OUT vardiff_target_s float8, OUT vardiff_retarget_s float8, OUT vardiff_retarget_shares int, OUT vardiff_variance float8)
    RETURNS SETOF record
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    SELECT l.listener_id, n.network_id, v.*
    FROM chimera.listeners l
    JOIN chimera.listener_networks s USING (listener_id)
    JOIN chimera.network_configs n ON n.is_enabled AND n.algorithm = s.algorithm
    CROSS JOIN LATERAL chimera.listener_vardiff(l, n) v
    ORDER BY l.listener_id, n.network_id;
$$;
COMMENT ON FUNCTION chimera.stratum_difficulties() IS
'For stratumd: the difficulties and vardiff parameters of a listener''s miners on each network that they may choose or be sent to. Channel chimera_listeners tells of changes.';

CREATE FUNCTION chimera.stratum_listeners(
    OUT listener_id int, OUT address text, OUT port int, OUT network_id uuid,
    OUT start_difficulty float8, OUT min_difficulty float8, OUT max_difficulty float8,
    OUT vardiff_target_s float8, OUT vardiff_retarget_s float8, OUT vardiff_retarget_shares int,
    OUT vardiff_variance float8, OUT hashes_per_difficulty float8, OUT no_work text, OUT is_draining boolean, OUT tls boolean,
    OUT proxy_protocol boolean, OUT version_mask bigint)
    RETURNS SETOF record
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    SELECT l.listener_id, l.address, l.port, n.network_id,
           v.start_difficulty, v.min_difficulty, v.max_difficulty,
           v.vardiff_target_s, v.vardiff_retarget_s, v.vardiff_retarget_shares, v.vardiff_variance,
           chimera.expected_hashes(1, s.algorithm), s.no_work, l.drain_until IS NOT NULL, l.tls,
           l.proxy_protocol, coalesce(n.version_mask, 0)
    FROM chimera.listeners l
    JOIN chimera.listener_networks s USING (listener_id)
    LEFT JOIN chimera.network_configs n ON n.network_id = s.network_id
    CROSS JOIN LATERAL chimera.listener_vardiff(l, n) v
    ORDER BY l.listener_id;
$$;
COMMENT ON FUNCTION chimera.stratum_listeners() IS
'For stratumd: every listener with the network it serves now (NULL: none is enabled), why there is no work (NULL: there is), whether it accepts nobody any more, whether it is encrypted, whether PROXY headers come first, the version bits its network lets miners roll, and the vardiff parameters of its miners, except those that have a network of their own (stratum_difficulties()). Channel chimera_listeners tells of changes.';

REVOKE ALL ON FUNCTION chimera.add_listener(int, text, text, text, float8, float8, float8, boolean, boolean),
    chimera.remove_listener(int, interval), chimera.drop_drained_listeners(), chimera.stratum_listeners(),
    chimera.listener_vardiff(chimera.listeners, chimera.network_configs), chimera.stratum_difficulties() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION chimera.add_listener(int, text, text, text, float8, float8, float8, boolean, boolean),
    chimera.remove_listener(int, interval) TO chimera_admin;
GRANT EXECUTE ON FUNCTION chimera.stratum_listeners(), chimera.stratum_difficulties() TO chimera_stratum;
GRANT SELECT ON chimera.listeners, chimera.listener_networks TO chimera_admin, chimera_reader;

SELECT pg_catalog.pg_extension_config_dump('chimera.listeners', '');
SELECT pg_catalog.pg_extension_config_dump('chimera.listeners_listener_id_seq', '');
