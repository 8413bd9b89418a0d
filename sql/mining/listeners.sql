-- listeners.sql: the ports that miners connect to, and how stratumd reads
-- them.

CREATE SEQUENCE chimera.listeners_listener_id_seq AS int;
CREATE TABLE chimera.listeners (
    listener_id int PRIMARY KEY DEFAULT nextval('chimera.listeners_listener_id_seq'),
    address text NOT NULL DEFAULT '0.0.0.0',
    port int NOT NULL CHECK (port BETWEEN 1 AND 65535),
    network_id uuid REFERENCES chimera.network_configs ON DELETE CASCADE,
    algorithm text CHECK (chimera.is_algorithm(algorithm)),
    public_host text,
    public_port int,
    start_difficulty float8 CHECK (start_difficulty > 0 AND start_difficulty < 'infinity'),
    min_difficulty float8 CHECK (min_difficulty > 0 AND min_difficulty < 'infinity'),
    max_difficulty float8 CHECK (max_difficulty > 0 AND max_difficulty < 'infinity'),
    tls boolean NOT NULL DEFAULT false,
    proxy_protocol boolean NOT NULL DEFAULT false,
    drain_until timestamptz,
    CONSTRAINT listeners_serves CHECK (num_nonnulls(network_id, algorithm) = 1),
    CONSTRAINT listeners_public_host CHECK (public_host ~ '^[A-Za-z0-9]([A-Za-z0-9.-]{0,252}[A-Za-z0-9])?$' OR public_host ~ '^[0-9A-Fa-f:.]{2,45}$'),
    CONSTRAINT listeners_public_port CHECK (public_port BETWEEN 1 AND 65535)
);
-- a port may be opened again while miners of its former listener continue
CREATE UNIQUE INDEX listeners_address_port ON chimera.listeners (address, port) WHERE drain_until IS NULL;
ALTER SEQUENCE chimera.listeners_listener_id_seq OWNED BY chimera.listeners.listener_id;
COMMENT ON TABLE chimera.listeners IS
'Ports that stratumd listens on: each serves one network, or the active network of an algorithm';
COMMENT ON COLUMN chimera.listeners.listener_id IS 'The listener''s number';
COMMENT ON COLUMN chimera.listeners.address IS 'Address to listen on';
COMMENT ON COLUMN chimera.listeners.port IS 'TCP port to listen on';
COMMENT ON COLUMN chimera.listeners.network_id IS 'The network that it serves; NULL: the active one of an algorithm';
COMMENT ON COLUMN chimera.listeners.algorithm IS
'The algorithm whose active network it serves; NULL: it serves network_id';
COMMENT ON COLUMN chimera.listeners.public_host IS
'Name or address by which miners reach the port; NULL: the host of the web page';
COMMENT ON COLUMN chimera.listeners.public_port IS
'Port by which miners reach it if it is mapped to another one; NULL: the port itself';
COMMENT ON COLUMN chimera.listeners.start_difficulty IS 'Difficulty that a miner starts with; NULL: the network''s';
COMMENT ON COLUMN chimera.listeners.min_difficulty IS 'Lowest difficulty of a miner; NULL: the network''s';
COMMENT ON COLUMN chimera.listeners.max_difficulty IS 'Highest difficulty of a miner; NULL: the network''s';
COMMENT ON COLUMN chimera.listeners.tls IS
'Whether its connections are encrypted (TLS 1.2 or later), with the certificate that stratumd was started with';
COMMENT ON COLUMN chimera.listeners.proxy_protocol IS
'Whether connections come through a load balancer: each must begin with a PROXY header (version 1 or 2), before '
'TLS, whose address then counts as the miner''s. The header is trusted, so nobody else may be able to reach the '
'port';
COMMENT ON COLUMN chimera.listeners.drain_until IS
'When its last miners are disconnected: the listener has been removed and accepts no more connections; NULL: not '
'removed';
COMMENT ON CONSTRAINT listeners_port_check ON chimera.listeners IS 'port must be from 1 to 65535';
COMMENT ON CONSTRAINT listeners_algorithm_check ON chimera.listeners IS 'algorithm must be one of chimera.algorithms()';
COMMENT ON CONSTRAINT listeners_start_difficulty_check ON chimera.listeners IS
'start_difficulty must be greater than 0 and finite';
COMMENT ON CONSTRAINT listeners_min_difficulty_check ON chimera.listeners IS
'min_difficulty must be greater than 0 and finite';
COMMENT ON CONSTRAINT listeners_max_difficulty_check ON chimera.listeners IS
'max_difficulty must be greater than 0 and finite';
COMMENT ON CONSTRAINT listeners_serves ON chimera.listeners IS 'specify either a network or an algorithm, not both';
COMMENT ON CONSTRAINT listeners_public_host ON chimera.listeners IS 'public_host must be a host name or an IP address';
COMMENT ON CONSTRAINT listeners_public_port ON chimera.listeners IS 'public_port must be from 1 to 65535';

CREATE TRIGGER violations_in_words BEFORE INSERT OR UPDATE ON chimera.listeners
    FOR EACH ROW EXECUTE FUNCTION chimera.check_row();
CREATE TRIGGER networks_changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON chimera.listeners
    FOR EACH STATEMENT EXECUTE FUNCTION chimera.networks_changed();

CREATE FUNCTION chimera.listener_address(address text) RETURNS inet
    LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    -- the zone of a link-local address says where the address is, not which one it is
    IF address NOT LIKE '%/%' THEN
        RETURN split_part(address, '%', 1)::inet;
    END IF;
    RAISE invalid_text_representation;
EXCEPTION WHEN invalid_text_representation THEN
    RAISE EXCEPTION 'invalid IP address: "%"', address USING ERRCODE = 'invalid_parameter_value',
        HINT = 'Use 0.0.0.0 or :: for all addresses of the server.';
END;
$$;
COMMENT ON FUNCTION chimera.listener_address(text) IS
'Internal: normalizes an address to listen on. Errors: 22023 for an invalid address.';

CREATE FUNCTION chimera.check_free_port(address text, port int) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    wanted CONSTANT inet := chimera.listener_address(address);
    taken text;
BEGIN
    SELECT l.address INTO taken
    FROM chimera.listeners l CROSS JOIN LATERAL chimera.listener_address(l.address) there
    WHERE l.port = check_free_port.port AND l.drain_until IS NULL AND family(there) = family(wanted)
      -- a listener on all addresses takes the port on each of them
      AND (there = wanted OR inet '0.0.0.0' IN (there, wanted) OR inet '::' IN (there, wanted))
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'port % of address % is taken by the listener on %', port, address, taken
            USING ERRCODE = 'unique_violation', HINT = 'Choose another port, or remove that listener.';
    END IF;
END;
$$;
COMMENT ON FUNCTION chimera.check_free_port(text, int) IS
'Internal: rejects a port on which another listener already takes the same connections. The caller has locked the '
'listeners. Errors: 23505, and 22023 for an invalid address.';

CREATE FUNCTION chimera.add_listener(
    port int, network text DEFAULT NULL, algorithm text DEFAULT NULL, address text DEFAULT '0.0.0.0',
    start_difficulty float8 DEFAULT NULL, min_difficulty float8 DEFAULT NULL, max_difficulty float8 DEFAULT NULL,
    tls boolean DEFAULT false, proxy_protocol boolean DEFAULT false, public_host text DEFAULT NULL,
    public_port int DEFAULT NULL)
    RETURNS int
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    wanted CONSTANT uuid := CASE WHEN network IS NOT NULL THEN chimera.network_id(network) END;
    new_id int;
BEGIN
    LOCK TABLE chimera.listeners IN SHARE ROW EXCLUSIVE MODE;
    PERFORM chimera.check_free_port(address, port);
    INSERT INTO chimera.listeners AS l (address, port, network_id, algorithm, public_host, public_port, start_difficulty,
        min_difficulty, max_difficulty, tls, proxy_protocol)
    VALUES (add_listener.address, add_listener.port, wanted, add_listener.algorithm, add_listener.public_host,
            add_listener.public_port, add_listener.start_difficulty, add_listener.min_difficulty,
            add_listener.max_difficulty, add_listener.tls, add_listener.proxy_protocol)
    RETURNING l.listener_id INTO new_id;
    RETURN new_id;
END;
$$;
COMMENT ON FUNCTION chimera.add_listener(int, text, text, text, float8, float8, float8, boolean, boolean, text, int) IS
'Opens a port in every stratumd, for one network or for the active network of an algorithm (give one of the two), '
'with or without TLS, directly or behind a load balancer that speaks the PROXY protocol; returns the listener_id. '
'public_host and public_port say how miners reach it if that differs. Errors: 23505 if address and port are '
'taken, also by 0.0.0.0 or ::, 23514 unless exactly one of network and algorithm is given and for a value out of '
'range, 22023 for an invalid IP address, 42704 for an unknown network.';

CREATE VIEW chimera.listener_networks AS
    SELECT l.listener_id, coalesce(l.algorithm, f.algorithm) AS algorithm, n.network_id,
           CASE WHEN l.network_id IS NULL THEN 'default' ELSE 'listener' END AS chosen_by,
           CASE WHEN n.network_id IS NULL THEN 'no network is enabled for this port' ELSE w.reason END AS no_work
    FROM chimera.listeners l
    LEFT JOIN chimera.network_configs f ON f.network_id = l.network_id
    LEFT JOIN chimera.network_configs n
        ON n.is_enabled AND (n.network_id = l.network_id OR (n.algorithm = l.algorithm AND n.is_active))
    LEFT JOIN chimera.stopped_networks w ON w.network_id = n.network_id;
COMMENT ON VIEW chimera.listener_networks IS 'The network that each listener serves now';
COMMENT ON COLUMN chimera.listener_networks.listener_id IS 'The listener';
COMMENT ON COLUMN chimera.listener_networks.algorithm IS 'Algorithm of all its miners';
COMMENT ON COLUMN chimera.listener_networks.network_id IS 'The network that it serves; NULL: none is enabled';
COMMENT ON COLUMN chimera.listener_networks.chosen_by IS
'listener: it serves only this network; default: the active network of its algorithm';
COMMENT ON COLUMN chimera.listener_networks.no_work IS 'Why its miners get no jobs; NULL: they get jobs';

CREATE FUNCTION chimera.find_listener(port int, address text) RETURNS int
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    found_ids int[];
BEGIN
    SELECT array_agg(l.listener_id) INTO found_ids FROM chimera.listeners l
    WHERE l.port = find_listener.port AND l.drain_until IS NULL
      AND (find_listener.address IS NULL
           OR chimera.listener_address(l.address) = chimera.listener_address(find_listener.address));
    IF cardinality(found_ids) > 1 THEN
        RAISE EXCEPTION 'port % is open on more than one address', port USING ERRCODE = 'ambiguous_parameter',
            HINT = 'Specify the address or the listener_id.';
    END IF;
    RETURN found_ids[1];
END;
$$;
COMMENT ON FUNCTION chimera.find_listener(int, text) IS
'Internal: the listener on a port, and on an address if it is given; NULL if it does not exist. Errors: 42P08 if '
'there are several.';

CREATE FUNCTION chimera.remove_listener(listener_id int DEFAULT NULL, drain interval DEFAULT '10 minutes',
    port int DEFAULT NULL, address text DEFAULT NULL) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    wanted CONSTANT int := CASE WHEN port IS NULL THEN listener_id ELSE chimera.find_listener(port, address) END;
    found_one boolean;
BEGIN
    IF drain IS NULL THEN
        RAISE EXCEPTION 'drain must not be NULL'
            USING ERRCODE = 'null_value_not_allowed', HINT = 'Use 0 to disconnect the miners at once.';
    ELSIF num_nonnulls(listener_id, port) <> 1 THEN
        RAISE EXCEPTION 'either listener_id or port must be given' USING ERRCODE = 'invalid_parameter_value',
            HINT = 'For example, use chimera.remove_listener(port => 3333).';
    END IF;
    UPDATE chimera.listeners l SET drain_until = clock_timestamp() + drain WHERE l.listener_id = wanted;
    found_one := FOUND;
    IF found_one THEN
        PERFORM chimera.drop_drained_listeners();
    ELSIF chimera.find_listener(remove_listener.listener_id, NULL) IS NOT NULL THEN
        RAISE EXCEPTION 'listener % does not exist', listener_id USING ERRCODE = 'undefined_object',
            HINT = format('Use chimera.remove_listener(port => %s) for the listener on that port.', listener_id);
    END IF;
    RETURN found_one;
END;
$$;
COMMENT ON FUNCTION chimera.remove_listener(int, interval, int, text) IS
'Closes a port in every stratumd at once, given by its listener_id or as port => 3333, with its address if it is '
'open on several. Its connected miners continue, and follow switches, for as long as drain says (0: not at all); '
'then they are notified and disconnected. Another call with the listener_id changes the end. Returns false if the '
'listener does not exist. Errors: 22004 for a drain of NULL, 22023 unless listener_id or port is given, 42P08 if '
'the port is open on several addresses, 42704 for a port number in place of a listener_id.';

CREATE FUNCTION chimera.drop_drained_listeners() RETURNS int
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    dropped int;
BEGIN
    -- a DELETE of no row would still fire the triggers
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
'For the accountant: deletes removed listeners whose drain is over or whose last miner has disconnected, which '
'makes stratumd disconnect the remaining miners; returns how many.';

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
'Internal: the difficulties of a listener''s miners on a network (NULL: none is served), from the listener or else '
'from the network, and the network''s vardiff parameters.';

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
'For stratumd: the difficulties and vardiff parameters of a listener''s miners on each network that they may '
'choose or be sent to. Channel chimera_listeners announces changes.';

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
'For stratumd: every listener with the network that it serves now (NULL: none is enabled), why its miners get no '
'jobs (NULL: they do), whether it accepts no more connections, whether it is encrypted, whether PROXY headers '
'come first, the version bits that miners may roll, and the vardiff parameters of its miners, except of those on '
'a network of their own (stratum_difficulties()). Channel chimera_listeners announces changes.';

SELECT pg_catalog.pg_extension_config_dump('chimera.listeners', '');
SELECT pg_catalog.pg_extension_config_dump('chimera.listeners_listener_id_seq', '');
