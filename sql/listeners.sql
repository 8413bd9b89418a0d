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
    UNIQUE (address, port),
    CHECK (num_nonnulls(network_id, algorithm) = 1)
);
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

CREATE TRIGGER networks_changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON chimera.listeners
    FOR EACH STATEMENT EXECUTE FUNCTION chimera.networks_changed();

CREATE FUNCTION chimera.add_listener(
    port int, network text DEFAULT NULL, algorithm text DEFAULT NULL, address text DEFAULT '0.0.0.0',
    start_difficulty float8 DEFAULT NULL, min_difficulty float8 DEFAULT NULL, max_difficulty float8 DEFAULT NULL)
    RETURNS int
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    INSERT INTO chimera.listeners (address, port, network_id, algorithm, start_difficulty, min_difficulty, max_difficulty)
    VALUES (address, port, CASE WHEN network IS NOT NULL THEN chimera.network_id(network) END, algorithm,
            start_difficulty, min_difficulty, max_difficulty)
    RETURNING listener_id;
$$;
COMMENT ON FUNCTION chimera.add_listener(int, text, text, text, float8, float8, float8) IS
'Opens a port in every stratumd, for one network or for the active network of an algorithm (give one of the two); returns the listener_id. Errors: 23505 when address and port are taken, 23514 unless exactly one of network and algorithm is given, 42704 for an unknown network.';

CREATE FUNCTION chimera.remove_listener(listener_id int) RETURNS boolean
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    WITH gone AS (DELETE FROM chimera.listeners l WHERE l.listener_id = remove_listener.listener_id RETURNING 1)
    SELECT EXISTS (SELECT FROM gone);
$$;
COMMENT ON FUNCTION chimera.remove_listener(int) IS 'Closes a port in every stratumd; false when there was no such listener.';

CREATE FUNCTION chimera.stratum_listeners(
    OUT listener_id int, OUT address text, OUT port int, OUT network_id uuid,
    OUT start_difficulty float8, OUT min_difficulty float8, OUT max_difficulty float8,
    OUT vardiff_target_s float8, OUT vardiff_retarget_s float8, OUT vardiff_retarget_shares int,
    OUT vardiff_variance float8, OUT hashes_per_difficulty float8)
    RETURNS SETOF record
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    SELECT l.listener_id, l.address, l.port, n.network_id,
           least(greatest(coalesce(l.start_difficulty, n.start_difficulty, 1), lim.min_difficulty), lim.max_difficulty),
           lim.min_difficulty, lim.max_difficulty,
           coalesce(n.vardiff_target_s, 10), coalesce(n.vardiff_retarget_s, 180),
           coalesce(n.vardiff_retarget_shares, 30), coalesce(n.vardiff_variance, 0.15),
           chimera.expected_hashes(1, coalesce(n.algorithm, l.algorithm, f.algorithm))
    FROM chimera.listeners l
    LEFT JOIN chimera.network_configs n
        ON n.is_enabled AND (n.network_id = l.network_id OR (n.algorithm = l.algorithm AND n.is_active))
    LEFT JOIN chimera.network_configs f ON f.network_id = l.network_id
    CROSS JOIN LATERAL (
        SELECT coalesce(l.min_difficulty, n.min_difficulty, 0.001) AS min_difficulty,
               greatest(coalesce(l.max_difficulty, n.max_difficulty, 1e12),
                        coalesce(l.min_difficulty, n.min_difficulty, 0.001)) AS max_difficulty) lim
    ORDER BY l.listener_id;
$$;
COMMENT ON FUNCTION chimera.stratum_listeners() IS
'For stratumd: every listener with the network it serves now (NULL: none is enabled) and its vardiff parameters. Channel chimera_listeners tells of changes.';

REVOKE ALL ON FUNCTION chimera.add_listener(int, text, text, text, float8, float8, float8),
    chimera.remove_listener(int), chimera.stratum_listeners() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION chimera.add_listener(int, text, text, text, float8, float8, float8),
    chimera.remove_listener(int) TO chimera_admin;
GRANT EXECUTE ON FUNCTION chimera.stratum_listeners() TO chimera_stratum;
GRANT SELECT ON chimera.listeners TO chimera_admin, chimera_web, chimera_reader;

SELECT pg_catalog.pg_extension_config_dump('chimera.listeners', '');
SELECT pg_catalog.pg_extension_config_dump('chimera.listeners_listener_id_seq', '');
