-- admin.sql: what the pool's admins do with networks and nodes on the web
-- (/admin of the REST API).
--
-- The routines are those an operator calls in SQL. Each first finds out by
-- chimera.web_caller() that an admin calls; what changes something does it in
-- that admin's name (chimera.act_as_caller). Logins of nodes are taken, and
-- never shown.

-- ---------- how a network is shown ----------

CREATE FUNCTION chimera.admin_nodes_json(network chimera.network_configs) RETURNS jsonb
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    WITH worker AS (
        SELECT w.kind, w.state, w.message, w.node_id, w.node_problems FROM chimera.worker_status() w
        WHERE w.network_id = network.network_id AND w.kind IN ('template', 'payer') AND w.state IN ('ok', 'failing')
    ), nodes AS (
        SELECT n.*, CASE WHEN c.rpc_cookie_file IS NOT NULL THEN 'cookie' WHEN c.rpc_password IS NOT NULL THEN 'password' END AS login
        FROM chimera.network_nodes n LEFT JOIN chimera.network_credentials c USING (node_id)
        WHERE n.network_id = network.network_id
    )
    SELECT coalesce(jsonb_agg(jsonb_build_object('node_id', n.node_id, 'kind', n.kind, 'rpc_url', n.rpc_url,
        'priority', n.priority, 'login', n.login,
        'is_current', CASE n.kind WHEN 'node' THEN w.state = 'ok' AND w.node_id = n.node_id END,
        'last_problem', CASE WHEN n.kind = 'node' THEN w.node_problems ->> n.node_id::text
            WHEN w.state = 'failing' THEN w.message END)
        ORDER BY n.kind, n.priority), '[]')
    FROM nodes n LEFT JOIN worker w ON w.kind = CASE n.kind WHEN 'node' THEN 'template' ELSE 'payer' END;
$$;
COMMENT ON FUNCTION chimera.admin_nodes_json(chimera.network_configs) IS
'Internal: a network''s endpoints: login says how the pool logs in there (cookie, password or null), is_current whether the network''s templates come from there (null: no worker says so), last_problem what the worker says of it.';

CREATE FUNCTION chimera.admin_health_json() RETURNS TABLE (network text, health jsonb)
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT h.name, jsonb_agg(jsonb_build_object('part', h.part, 'ok', h.ok, 'message', h.message,
               'since', h.since, 'last_success', h.last_success) ORDER BY h.part)
    FROM chimera.health h WHERE h.subject = 'network'
    GROUP BY h.name;
$$;
COMMENT ON FUNCTION chimera.admin_health_json() IS 'Internal: the health of each network that has something to say, as admins see it.';

CREATE FUNCTION chimera.admin_network_json(network chimera.network_configs, health jsonb) RETURNS jsonb
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT to_jsonb(network) - 'name' || jsonb_build_object('network', network.name,
        'minimum_payout_sats', network.minimum_payout_sats::text, 'dust_sats', network.dust_sats::text,
        'pool_reserve_sats', network.pool_reserve_sats::text,
        'dust_relay_fee_sats', network.dust_relay_fee_sats::text,
        'state', CASE WHEN network.archived_at IS NOT NULL THEN 'archived'
                      WHEN network.is_enabled THEN 'enabled' ELSE 'disabled' END,
        'nodes', chimera.admin_nodes_json(network),
        'health', coalesce(health, '[]'),
        'reward_settings', (SELECT coalesce(jsonb_agg(jsonb_build_object('scheme', r.scheme, 'parameters', r.parameters,
                       'reason', r.reason, 'set_by', r.set_by, 'set_at', r.set_at, 'is_pending', r.from_share_id IS NULL)
                       ORDER BY r.setting_id DESC), '[]')
                   FROM chimera.reward_settings r WHERE r.network_id = network.network_id));
$$;
COMMENT ON FUNCTION chimera.admin_network_json(chimera.network_configs, jsonb) IS
'Internal: a network with all its settings, as admins see it: the columns of network_configs (network for name), state (enabled, disabled, archived), nodes, health and reward_settings, the newest first.';

CREATE FUNCTION chimera.web_admin_networks(session_hash bytea) RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' SET jit = off
AS $$
BEGIN
    PERFORM chimera.web_caller(session_hash, false, true);
    RETURN (SELECT jsonb_build_object('items', coalesce(jsonb_agg(chimera.admin_network_json(n, h.health) ORDER BY n.name), '[]'))
            FROM chimera.network_configs n LEFT JOIN chimera.admin_health_json() h ON h.network = n.name);
END;
$$;
COMMENT ON FUNCTION chimera.web_admin_networks(bytea) IS
'GET /admin/networks: all networks, as chimera.admin_network_json() shows them. Errors: 28000 without a session, 42501 for who is no admin.';

CREATE FUNCTION chimera.web_admin_network(session_hash bytea, network text) RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' SET jit = off
AS $$
BEGIN
    PERFORM chimera.web_caller(session_hash, false, true);
    RETURN (SELECT chimera.admin_network_json(n, h.health)
            FROM chimera.network_configs n LEFT JOIN chimera.admin_health_json() h ON h.network = n.name
            WHERE n.network_id = chimera.network_id(web_admin_network.network));
END;
$$;
COMMENT ON FUNCTION chimera.web_admin_network(bytea, text) IS
'GET /admin/networks/:network: one of them. Errors: 28000 without a session, 42501 for who is no admin, 42704 for an unknown network.';

-- ---------- what admins give ----------

CREATE FUNCTION chimera.check_web_settings(settings jsonb, types jsonb) RETURNS void
    LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    wrong text;
BEGIN
    IF jsonb_typeof(settings) IS DISTINCT FROM 'object' THEN
        RAISE EXCEPTION 'settings must be a JSON object' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    -- values are never shown: any of them may be a secret in the wrong place
    SELECT s.key INTO wrong FROM jsonb_each(settings) s JOIN jsonb_each_text(types) t USING (key)
    WHERE jsonb_typeof(s.value) NOT IN (t.value, 'null') ORDER BY s.key LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION '% must be a JSON %', wrong, types ->> wrong USING ERRCODE = 'invalid_parameter_value';
    END IF;
END;
$$;
COMMENT ON FUNCTION chimera.check_web_settings(jsonb, jsonb) IS
'Internal: refuses what an admin gives when it is no object, or has another JSON type than types, {"key": "type"}, says. Errors: 22023 with the key, never with its value.';

CREATE FUNCTION chimera.web_admin_add_network(session_hash bytea, settings jsonb) RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET timezone = 'UTC'
    SET chimera.acting_user = ''
AS $$
DECLARE
    types CONSTANT jsonb := '{"preset": "string", "name": "string", "rpc_url": "string", "rpc_user": "string",
        "rpc_password": "string", "rpc_cookie_file": "string", "pool_address": "string"}';
    others jsonb;
    missing text;
BEGIN
    PERFORM chimera.act_as_caller(session_hash, true);
    PERFORM chimera.check_web_settings(settings, types);
    others := settings - ARRAY(SELECT jsonb_object_keys(types));
    PERFORM chimera.check_network_changes(others);
    SELECT string_agg(k, ', ' ORDER BY n) INTO missing
    FROM unnest('{rpc_url,pool_address}' || CASE WHEN settings ->> 'preset' IS NULL
                THEN '{name,symbol,algorithm,genesis_hash}'::text[] END) WITH ORDINALITY needed (k, n)
    WHERE settings ->> k IS NULL;
    IF missing IS NOT NULL THEN
        RAISE EXCEPTION 'a network needs %', missing USING ERRCODE = 'invalid_parameter_value';
    END IF;

    IF settings ->> 'preset' IS NOT NULL THEN
        RETURN jsonb_build_object('network_id', chimera.add_network_from_preset(settings ->> 'preset',
            settings ->> 'rpc_url', settings ->> 'pool_address', settings ->> 'rpc_user', settings ->> 'rpc_password',
            settings ->> 'rpc_cookie_file', settings ->> 'name', others));
    END IF;
    RETURN jsonb_build_object('network_id', chimera.add_network(settings ->> 'name', settings ->> 'algorithm',
        settings ->> 'symbol', settings ->> 'genesis_hash', settings ->> 'rpc_url', settings ->> 'pool_address',
        settings ->> 'rpc_user', settings ->> 'rpc_password', settings ->> 'rpc_cookie_file',
        others - '{algorithm,symbol,genesis_hash}'::text[]));
END;
$$;
COMMENT ON FUNCTION chimera.web_admin_add_network(bytea, jsonb) IS
'POST /admin/networks: adds a network, not yet enabled, with its first node: settings has rpc_url, pool_address, the node''s login (rpc_user and rpc_password, or rpc_cookie_file), and either preset, with name and columns of network_configs where they are to differ, or name, symbol, algorithm, genesis_hash and whatever columns are not to have their defaults. Returns {"network_id"}. Errors: 28000 without a session, 42501 for who is no admin or a token of scope read, 42704 for an unknown preset, 22023 for a key that is no setting, is missing or has a wrong value, 23505 when the name is taken, 22P02, 22003, 23502 and 23514 for a value of another type or out of its range.';

CREATE FUNCTION chimera.web_admin_update_network(session_hash bytea, network text, changes jsonb, reason text DEFAULT NULL)
    RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET timezone = 'UTC'
    SET chimera.acting_user = ''
AS $$
BEGIN
    PERFORM chimera.act_as_caller(session_hash, true);
    RETURN jsonb_build_object('history_id', chimera.update_network(network, changes, reason)::text);
END;
$$;
COMMENT ON FUNCTION chimera.web_admin_update_network(bytea, text, jsonb, text) IS
'PATCH /admin/networks/:network: as update_network(); returns {"history_id"}, null when nothing changed. Errors: 28000 without a session, 42501 for who is no admin or a token of scope read, and those of update_network().';

CREATE FUNCTION chimera.web_admin_enable_network(session_hash bytea, network text, reason text DEFAULT NULL)
    RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET timezone = 'UTC'
    SET chimera.acting_user = ''
AS $$
BEGIN
    PERFORM chimera.act_as_caller(session_hash, true);
    RETURN jsonb_build_object('history_id', chimera.enable_network(network, reason)::text,
                              'warning', chimera.worker_shortage());
END;
$$;
COMMENT ON FUNCTION chimera.web_admin_enable_network(bytea, text, text) IS
'POST /admin/networks/:network/enable: as enable_network(); returns {"history_id", "warning"}: the first null when it was enabled already, the second saying that there is no room for its workers. Errors: 28000 without a session, 42501 for who is no admin or a token of scope read, and those of enable_network().';

CREATE FUNCTION chimera.web_admin_disable_network(session_hash bytea, network text, reason text DEFAULT NULL)
    RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET timezone = 'UTC'
    SET chimera.acting_user = ''
AS $$
BEGIN
    PERFORM chimera.act_as_caller(session_hash, true);
    RETURN jsonb_build_object('history_id', chimera.disable_network(network, reason)::text);
END;
$$;
COMMENT ON FUNCTION chimera.web_admin_disable_network(bytea, text, text) IS
'POST /admin/networks/:network/disable: as disable_network(); returns {"history_id"}, null when it was disabled already. Errors: 28000 without a session, 42501 for who is no admin or a token of scope read, and those of disable_network().';

CREATE FUNCTION chimera.web_admin_archive_network(session_hash bytea, network text, reason text, even_if_in_use boolean DEFAULT NULL)
    RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET timezone = 'UTC'
    SET chimera.acting_user = ''
AS $$
BEGIN
    PERFORM chimera.act_as_caller(session_hash, true);
    RETURN jsonb_build_object('history_id', chimera.archive_network(network, reason, even_if_in_use)::text);
END;
$$;
COMMENT ON FUNCTION chimera.web_admin_archive_network(bytea, text, text, boolean) IS
'POST /admin/networks/:network/archive: as archive_network(); returns {"history_id"}. Errors: 28000 without a session, 42501 for who is no admin or a token of scope read, and those of archive_network().';

CREATE FUNCTION chimera.web_admin_delete_network(session_hash bytea, network text, reason text) RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET timezone = 'UTC'
    SET chimera.acting_user = ''
AS $$
BEGIN
    PERFORM chimera.act_as_caller(session_hash, true);
    RETURN jsonb_build_object('history_id', chimera.delete_network(network, reason)::text);
END;
$$;
COMMENT ON FUNCTION chimera.web_admin_delete_network(bytea, text, text) IS
'DELETE /admin/networks/:network: as delete_network(), which refuses a network that has a past; returns {"history_id"}. Errors: 28000 without a session, 42501 for who is no admin or a token of scope read, and those of delete_network().';

CREATE FUNCTION chimera.web_admin_test_network(session_hash bytea, network text) RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET timezone = 'UTC'
AS $$
BEGIN
    -- it takes long and changes nothing, so it locks nothing either, the session's row included
    PERFORM chimera.web_caller(session_hash, false, true, touches => false);
    RETURN (SELECT jsonb_build_object('items', coalesce(jsonb_agg(jsonb_build_object('node_id', t.node_id,
                'check_name', t.check_name, 'ok', t.ok, 'message', t.message, 'duration_ms', t.duration_ms)
                ORDER BY t.ordinality), '[]'))
            FROM chimera.test_network(network) WITH ORDINALITY t);
END;
$$;
COMMENT ON FUNCTION chimera.web_admin_test_network(bytea, text) IS
'POST /admin/networks/:network/test: as test_network(), a row an item. May take a minute and more. Errors: 28000 without a session, 42501 for who is no admin, 42704 for an unknown network.';

-- ---------- nodes, rewards ----------

CREATE FUNCTION chimera.web_admin_add_node(session_hash bytea, network text, settings jsonb) RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET timezone = 'UTC'
    SET chimera.acting_user = ''
AS $$
DECLARE
    types CONSTANT jsonb := '{"rpc_url": "string", "rpc_user": "string", "rpc_password": "string",
        "rpc_cookie_file": "string", "priority": "number", "kind": "string"}';
    wrong text;
BEGIN
    PERFORM chimera.act_as_caller(session_hash, true);
    PERFORM chimera.check_web_settings(settings, types);
    SELECT k INTO wrong FROM jsonb_object_keys(settings) k WHERE NOT types ? k ORDER BY k LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'a node has no setting "%"', wrong USING ERRCODE = 'invalid_parameter_value',
            HINT = 'They are rpc_url, rpc_user, rpc_password, rpc_cookie_file, priority and kind.';
    ELSIF settings ->> 'rpc_url' IS NULL THEN
        RAISE EXCEPTION 'a node needs rpc_url' USING ERRCODE = 'invalid_parameter_value';
    ELSIF settings ->> 'kind' NOT IN ('node', 'wallet') THEN
        RAISE EXCEPTION 'kind is node or wallet' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    RETURN jsonb_build_object('node_id', chimera.add_node(network, settings ->> 'rpc_url', settings ->> 'rpc_user',
        settings ->> 'rpc_password', settings ->> 'rpc_cookie_file', (settings ->> 'priority')::int,
        coalesce(settings ->> 'kind', 'node')));
END;
$$;
COMMENT ON FUNCTION chimera.web_admin_add_node(bytea, text, jsonb) IS
'POST /admin/networks/:network/nodes: as add_node(), settings having its parameters; returns {"node_id"}. Errors: 28000 without a session, 42501 for who is no admin or a token of scope read, 22023 for a key that is no setting, is missing or has a wrong value, and those of add_node().';

CREATE FUNCTION chimera.web_admin_update_node(session_hash bytea, node_id int, changes jsonb, reason text DEFAULT NULL)
    RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET timezone = 'UTC'
    SET chimera.acting_user = ''
AS $$
BEGIN
    PERFORM chimera.act_as_caller(session_hash, true);
    RETURN jsonb_build_object('history_id', chimera.update_node(node_id, changes, reason)::text);
END;
$$;
COMMENT ON FUNCTION chimera.web_admin_update_node(bytea, int, jsonb, text) IS
'PATCH /admin/nodes/:node_id: as update_node(); returns {"history_id"}, null when nothing changed. Errors: 28000 without a session, 42501 for who is no admin or a token of scope read, and those of update_node().';

CREATE FUNCTION chimera.web_admin_remove_node(session_hash bytea, node_id int) RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET timezone = 'UTC'
    SET chimera.acting_user = ''
AS $$
BEGIN
    PERFORM chimera.act_as_caller(session_hash, true);
    IF NOT chimera.remove_node(node_id) THEN
        RAISE EXCEPTION 'node % does not exist', node_id USING ERRCODE = 'undefined_object';
    END IF;
    RETURN '{}';
END;
$$;
COMMENT ON FUNCTION chimera.web_admin_remove_node(bytea, int) IS
'DELETE /admin/nodes/:node_id: as remove_node(). Errors: 28000 without a session, 42501 for who is no admin or a token of scope read, 42704 for an unknown node.';

CREATE FUNCTION chimera.web_admin_set_reward_scheme(session_hash bytea, network text, scheme text, parameters jsonb, reason text DEFAULT NULL)
    RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET timezone = 'UTC'
    SET chimera.acting_user = ''
AS $$
BEGIN
    PERFORM chimera.act_as_caller(session_hash, true);
    RETURN jsonb_build_object('setting_id',
        chimera.set_reward_scheme(network, scheme, coalesce(parameters, '{}'), reason));
END;
$$;
COMMENT ON FUNCTION chimera.web_admin_set_reward_scheme(bytea, text, text, jsonb, text) IS
'PUT /admin/networks/:network/reward-scheme: as set_reward_scheme(); returns {"setting_id"}. Errors: 28000 without a session, 42501 for who is no admin or a token of scope read, and those of set_reward_scheme().';
