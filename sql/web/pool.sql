-- pool.sql: the public routines of /pool, /networks and /health of the REST API.

CREATE FUNCTION chimera.web_pool_stats(network text DEFAULT NULL) RETURNS jsonb
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' SET jit = off
AS $$
    WITH wanted AS MATERIALIZED (
        SELECT chimera.public_network_id(web_pool_stats.network) AS network_id
    ), networks AS (
        SELECT n.network_id, n.name, n.algorithm, chimera.network_stats_json(n.network_id) AS stats
        FROM wanted w JOIN chimera.network_configs n ON n.network_id = coalesce(w.network_id, n.network_id)
        WHERE n.archived_at IS NULL AND chimera.is_public_network(n)
    ), counted AS MATERIALIZED (
        -- a miner that moved between networks counts once; usually the accountant has counted
        SELECT t.algorithm, t.miners, t.accounts FROM chimera.pool_standings t
        WHERE t.taken_at > now() - interval '1 minute'
    ), pool AS MATERIALIZED (
        SELECT c.* FROM counted c, wanted w WHERE w.network_id IS NULL
        UNION ALL
        SELECT m.* FROM wanted w CROSS JOIN LATERAL (SELECT p.* FROM chimera.pool_miners p OFFSET 0) m
        WHERE w.network_id IS NULL AND NOT EXISTS (SELECT FROM counted)
        UNION ALL
        SELECT v.algorithm, (n.stats ->> 'miners')::bigint, (n.stats ->> 'accounts')::bigint
        FROM networks n, wanted w, LATERAL (VALUES (n.algorithm), ('')) v (algorithm) WHERE w.network_id IS NOT NULL
    ), algorithms AS (
        SELECT n.algorithm, jsonb_build_object('algorithm', n.algorithm, 'networks', count(*),
                   'hashrate_hs', sum((n.stats -> 'hashrate_hs')::float8),
                   'miners', coalesce(max(p.miners), 0), 'accounts', coalesce(max(p.accounts), 0)) AS sums
        FROM networks n LEFT JOIN pool p USING (algorithm) GROUP BY 1
    )
    SELECT jsonb_build_object(
        'miners', coalesce((SELECT p.miners FROM pool p WHERE p.algorithm = ''), 0),
        'accounts', coalesce((SELECT p.accounts FROM pool p WHERE p.algorithm = ''), 0),
        'algorithms', coalesce((SELECT jsonb_agg(a.sums ORDER BY a.algorithm) FROM algorithms a), '[]'),
        'networks', coalesce((SELECT jsonb_agg(n.stats ORDER BY n.name) FROM networks n), '[]'))
    FROM wanted;
$$;
COMMENT ON FUNCTION chimera.web_pool_stats(text) IS
'GET /pool/stats: the current state of each network or of one (see chimera.network_stats_json()), with the blocks and '
'shares of the last 24 hours, and the sums per algorithm and of the whole pool. A miner that moved between networks in '
'the last 15 minutes counts once. Errors: 42704 for an unknown network.';

CREATE FUNCTION chimera.web_hashrate(network text DEFAULT NULL, range text DEFAULT NULL) RETURNS jsonb
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' SET jit = off
AS $$
    SELECT chimera.hashrate_json(coalesce(web_hashrate.range, '24h'), chimera.public_network_id(web_hashrate.network), NULL);
$$;
COMMENT ON FUNCTION chimera.web_hashrate(text, text) IS
'GET /pool/stats/hashrate: the pool''s hashrate over a range, 24h by default; see chimera.hashrate_json(). Errors: 42704 '
'for an unknown network, 22023 for an unknown range.';

CREATE FUNCTION chimera.web_blocks(network text DEFAULT NULL, status text DEFAULT NULL, before bigint DEFAULT NULL,
    "limit" int DEFAULT NULL) RETURNS jsonb
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' SET jit = off SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    wanted CONSTANT uuid := chimera.public_network_id(network);
    most CONSTANT int := chimera.page_limit("limit");
    items jsonb;
BEGIN
    IF status <> ALL (enum_range(NULL::chimera.block_status)::text[]) THEN
        RAISE EXCEPTION 'block status "%" does not exist', status USING ERRCODE = 'invalid_parameter_value',
            HINT = format('Use one of %s.', array_to_string(enum_range(NULL::chimera.block_status), ', '));
    END IF;
    SELECT jsonb_agg(chimera.block_json(p.block_id) ORDER BY p.block_id DESC) INTO items
    FROM (SELECT b.block_id FROM chimera.blocks b
          WHERE (wanted IS NULL OR b.network_id = wanted)
            AND (web_blocks.status IS NULL OR b.status = web_blocks.status::chimera.block_status)
            AND (before IS NULL OR b.block_id < before)
          ORDER BY b.block_id DESC LIMIT most + 1) p;
    RETURN chimera.page_json(items, "limit", 'block_id');
END;
$$;
COMMENT ON FUNCTION chimera.web_blocks(text, text, bigint, int) IS
'GET /pool/blocks: the blocks found, newest first. Errors: 42704 for an unknown network, 22023 for an unknown status or '
'an invalid limit.';

CREATE FUNCTION chimera.web_top_miners(network text DEFAULT NULL, range text DEFAULT NULL, "limit" int DEFAULT NULL) RETURNS jsonb
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' SET jit = off SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    wanted CONSTANT uuid := chimera.public_network_id(network);
    most CONSTANT int := chimera.page_limit("limit");
    wanted_range CONSTANT text := coalesce(range, '24h');
    items jsonb;
BEGIN
    IF wanted_range NOT IN ('1h', '24h', '7d') THEN
        RAISE EXCEPTION 'invalid range "%"', range
            USING ERRCODE = 'invalid_parameter_value', HINT = 'Use one of 1h, 24h, 7d.';
    END IF;
    SELECT jsonb_agg(jsonb_build_object('rank', s.rank, 'network_id', n.network_id, 'network', n.name,
               'algorithm', n.algorithm, 'account', CASE WHEN chimera.is_public_account(s.account_id) THEN a.name END,
               'hashrate_hs', chimera.expected_hashes(s.difficulty, n.algorithm) / nullif(w.seconds, 0),
               'accepted', s.accepted, 'difficulty', s.difficulty, 'miners', s.miners)
               ORDER BY n.name, s.rank) INTO items
    FROM chimera.network_configs n
    JOIN chimera.network_standings w USING (network_id)
    JOIN chimera.account_standings s USING (network_id, "window")
    JOIN chimera.accounts a USING (account_id)
    WHERE n.network_id = coalesce(wanted, n.network_id) AND n.archived_at IS NULL
      AND s."window" = wanted_range AND s.rank <= most
      AND w.taken_at > now() - (SELECT v.length FROM chimera.stat_windows v WHERE v."window" = wanted_range);
    RETURN jsonb_build_object('range', wanted_range, 'items', coalesce(items, '[]'));
END;
$$;
COMMENT ON FUNCTION chimera.web_top_miners(text, text, int) IS
'GET /pool/top-miners: the accounts with the most work in the last 1h, 24h or 7d, 24h by default, ranked within each '
'network by the accountant''s last count. The name of a private account is null. Errors: 42704 for an unknown network, '
'22023 for another range or an invalid limit.';

-- ---------- networks ----------

CREATE FUNCTION chimera.network_listeners_json(network chimera.network_configs) RETURNS jsonb
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT coalesce(jsonb_agg(jsonb_build_object('host', l.public_host, 'port', l.seen_port, 'tls', l.tls, 'is_own', l.network_id IS NOT NULL,
               'is_serving_now', coalesce(s.network_id = network.network_id AND s.no_work IS NULL, false),
               'start_difficulty', least(greatest(coalesce(l.start_difficulty, network.start_difficulty), d.min), d.max),
               'min_difficulty', d.min, 'max_difficulty', d.max) ORDER BY l.seen_port, l.public_host), '[]')
    -- a port may be open on several addresses of the server
    FROM (SELECT DISTINCT ON (seen_port, p.public_host) p.*, seen_port
          FROM chimera.listeners p CROSS JOIN LATERAL coalesce(p.public_port, p.port) seen_port
          WHERE p.drain_until IS NULL AND (p.network_id = network.network_id OR p.algorithm = network.algorithm)
          ORDER BY seen_port, p.public_host, p.listener_id) l
    JOIN chimera.listener_networks s USING (listener_id)
    CROSS JOIN LATERAL (SELECT coalesce(l.min_difficulty, network.min_difficulty) AS min,
                               greatest(coalesce(l.max_difficulty, network.max_difficulty),
                                        coalesce(l.min_difficulty, network.min_difficulty)) AS max) d;
$$;
COMMENT ON FUNCTION chimera.network_listeners_json(chimera.network_configs) IS
'The ports that miners of a network can use: its own, and those of its algorithm, which serve it while it is the active '
'network. host is null if the port is on the web site''s host.';

CREATE FUNCTION chimera.network_json(network_id uuid) RETURNS jsonb
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT chimera.network_stats_json(n.network_id) - '{blocks_24h,shares_24h}'::text[] || jsonb_build_object(
        'explorer_block_url', n.block_url, 'explorer_address_url', n.address_url,
        'ports', (SELECT coalesce(jsonb_agg(DISTINCT l -> 'port'), '[]') FROM jsonb_array_elements(chimera.network_listeners_json(n)) l))
    FROM chimera.network_configs n WHERE n.network_id = network_json.network_id;
$$;
COMMENT ON FUNCTION chimera.network_json(uuid) IS 'A network as GET /networks shows it; NULL for an archived network.';

CREATE FUNCTION chimera.web_networks() RETURNS jsonb
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' SET jit = off
AS $$
    SELECT jsonb_build_object('items', coalesce(jsonb_agg(chimera.network_json(n.network_id) ORDER BY n.name), '[]'))
    FROM chimera.network_configs n WHERE n.archived_at IS NULL AND chimera.is_public_network(n);
$$;
COMMENT ON FUNCTION chimera.web_networks() IS
'GET /networks: the public networks that are not archived, with their current state and ports.';

CREATE FUNCTION chimera.web_network(network text) RETURNS jsonb
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' SET jit = off
AS $$
DECLARE
    result CONSTANT jsonb := chimera.network_json(chimera.public_network_id(network));
BEGIN
    IF result IS NULL THEN
        RAISE EXCEPTION 'network "%" does not exist', network USING ERRCODE = 'undefined_object';
    END IF;
    RETURN result;
END;
$$;
COMMENT ON FUNCTION chimera.web_network(text) IS
'GET /networks/:network: one of these networks. Errors: 42704 for an unknown or archived network.';

CREATE FUNCTION chimera.web_active_networks() RETURNS jsonb
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' SET jit = off
AS $$
    SELECT jsonb_build_object('items', coalesce(jsonb_agg(jsonb_build_object('algorithm', n.algorithm,
        'network_id', n.network_id, 'network', n.name, 'display_name', n.display_name, 'symbol', n.symbol,
        'since', (SELECT h.happened_at FROM chimera.network_switch_history h
                  WHERE h.to_network = n.network_id AND h.from_network IS DISTINCT FROM n.network_id
                  ORDER BY h.history_id DESC LIMIT 1)) ORDER BY n.algorithm), '[]'))
    FROM chimera.network_configs n WHERE n.is_active;
$$;
COMMENT ON FUNCTION chimera.web_active_networks() IS
'GET /networks/active: the active network of each algorithm, and since when it is active; null if the history does not '
'contain the switch.';

CREATE FUNCTION chimera.web_connect(network text) RETURNS jsonb
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' SET jit = off
AS $$
    SELECT jsonb_build_object('network_id', n.network_id, 'network', n.name, 'symbol', n.symbol, 'algorithm', n.algorithm,
        'listeners', chimera.network_listeners_json(n),
        'password_options', jsonb_build_array('x', 'd=' || n.start_difficulty, 'c=' || lower(n.symbol)),
        'address_example', coalesce(n.bech32_hrp || '1q...', n.cashaddr_prefix || ':q...'))
    FROM chimera.network_configs n WHERE n.network_id = chimera.public_network_id(web_connect.network);
$$;
COMMENT ON FUNCTION chimera.web_connect(text) IS
'GET /networks/:network/connect: how to connect a miner to a network: its ports, the options of the password, and an '
'example of an address. Errors: 42704 for an unknown network.';

CREATE FUNCTION chimera.web_check_address(network text, address text) RETURNS jsonb
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' SET jit = off
AS $$
DECLARE
    wanted CONSTANT text := chimera.public_network_id(network)::text;
    problem text;
BEGIN
    IF address IS NULL THEN
        RAISE EXCEPTION 'address must not be null' USING ERRCODE = 'null_value_not_allowed';
    END IF;
    problem := chimera.network_address_error(wanted, address);
    RETURN jsonb_build_object('is_valid', problem IS NULL, 'error', problem,
        'type', CASE WHEN problem IS NULL THEN chimera.network_address_type(wanted, address) END);
END;
$$;
COMMENT ON FUNCTION chimera.web_check_address(text, text) IS
'GET /networks/:network/address: whether an address is valid on a network, and its type, or the error. Errors: 42704 for '
'an unknown network, 22004 without an address.';

-- ---------- health ----------

CREATE FUNCTION chimera.web_health() RETURNS jsonb
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' SET jit = off
AS $$
DECLARE
    result jsonb;
BEGIN
    WITH health AS MATERIALIZED (SELECT h.subject, h.name, h.ok FROM chimera.health h)
    SELECT jsonb_build_object('ok', (SELECT bool_and(h.ok) FROM health h),
        'networks', coalesce((SELECT jsonb_agg(jsonb_build_object('network', n.name, 'ok', n.ok) ORDER BY n.name)
                              FROM (SELECT h.name, bool_and(h.ok) AS ok FROM health h
                                    WHERE h.subject = 'network' GROUP BY 1) n), '[]')) INTO result;
    RETURN result;
EXCEPTION
    -- without the library the pool does not work, and that is the result
    WHEN object_not_in_prerequisite_state THEN
        RETURN jsonb_build_object('ok', false, 'networks', '[]'::jsonb);
END;
$$;
COMMENT ON FUNCTION chimera.web_health() IS
'GET /health: whether all parts of the pool and of each network are healthy. Only the operator sees the reasons, in '
'chimera.health.';
