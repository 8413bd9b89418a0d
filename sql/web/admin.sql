-- admin.sql: the routines of /admin of the REST API for networks and nodes.
--
-- They call the same routines as an operator in SQL. Each first checks with
-- chimera.web_caller() that the caller is an admin; those that change something
-- do it in that admin's name (chimera.act_as_caller). Credentials of nodes can
-- be set, but are never shown.

-- ---------- networks as admins see them ----------

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
'Internal: a network''s nodes and wallets as admins see them. login is how the pool authenticates: cookie, password or '
'null. is_current says whether the network''s templates come from the node; it is null for a wallet, and while no template worker runs. last_problem is the '
'problem that the background worker reports.';

CREATE FUNCTION chimera.admin_health_json() RETURNS TABLE (network text, health jsonb)
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT h.name, jsonb_agg(jsonb_build_object('part', h.part, 'ok', h.ok, 'message', h.message,
               'since', h.since, 'last_success', h.last_success) ORDER BY h.part)
    FROM chimera.health h WHERE h.subject = 'network'
    GROUP BY h.name;
$$;
COMMENT ON FUNCTION chimera.admin_health_json() IS 'Internal: the rows of chimera.health per network, as admins see them.';

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
'Internal: a network with all its settings, as admins see it: the columns of network_configs (name is called network), '
'state (enabled, disabled or archived), nodes, health, and reward_settings, newest first.';

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
'GET /admin/networks: all networks; see chimera.admin_network_json(). Errors: 28000, 42501 as web_caller().';

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
'GET /admin/networks/:network: one network; see chimera.admin_network_json(). Errors: 28000, 42501 as web_caller(), '
'42704 for an unknown network.';

-- ---------- changing networks ----------

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
'Internal: rejects settings that are not a JSON object, or contain a value of another JSON type than types, {"key": '
'"type"}, specifies. Errors: 22023 with the key, never with its value.';

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
        RAISE EXCEPTION 'missing settings of the network: %', missing USING ERRCODE = 'invalid_parameter_value';
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
'POST /admin/networks: adds a network, not yet enabled, with its first node, and returns {"network_id"}. settings must '
'contain rpc_url and pool_address, and may contain the node''s login (rpc_user and rpc_password, or rpc_cookie_file). '
'With preset, it may also contain name and the columns of network_configs that differ from the preset; without, it must '
'contain name, symbol, algorithm and genesis_hash, and may contain the columns that differ from their defaults. Errors: '
'28000, 42501 as web_caller(), 42704 for an unknown preset, 22023 for an unknown or missing setting or an invalid value, '
'23505 if the name is taken, 22P02, 22003, 23502 and 23514 for a value of another type or out of range.';

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
'PATCH /admin/networks/:network: calls update_network() and returns {"history_id"}, null if nothing changed. Errors: '
'28000, 42501 as web_caller(), and those of update_network().';

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
'POST /admin/networks/:network/enable: calls enable_network() and returns {"history_id", "warning"}. history_id is null '
'if the network was already enabled; warning, if not null, says that background workers are lacking. Errors: 28000, '
'42501 as web_caller(), and those of enable_network().';

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
'POST /admin/networks/:network/disable: calls disable_network() and returns {"history_id"}, null if the network was '
'already disabled. Errors: 28000, 42501 as web_caller(), and those of disable_network().';

CREATE FUNCTION chimera.web_admin_merge_network(session_hash bytea, network text, parent text, reason text DEFAULT NULL)
    RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET timezone = 'UTC'
    SET chimera.acting_user = ''
AS $$
BEGIN
    PERFORM chimera.act_as_caller(session_hash, true);
    RETURN jsonb_build_object('history_id', chimera.merge_network(network, parent, reason)::text);
END;
$$;
COMMENT ON FUNCTION chimera.web_admin_merge_network(bytea, text, text, text) IS
'POST /admin/networks/:network/merge: calls merge_network() and returns {"history_id"}, null if the networks were '
'already merged. Errors: 28000, 42501 as web_caller(), and those of merge_network().';

CREATE FUNCTION chimera.web_admin_unmerge_network(session_hash bytea, network text, parent text, reason text DEFAULT NULL)
    RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET timezone = 'UTC'
    SET chimera.acting_user = ''
AS $$
BEGIN
    PERFORM chimera.act_as_caller(session_hash, true);
    RETURN jsonb_build_object('history_id', chimera.unmerge_network(network, parent, reason)::text);
END;
$$;
COMMENT ON FUNCTION chimera.web_admin_unmerge_network(bytea, text, text, text) IS
'POST /admin/networks/:network/unmerge: calls unmerge_network() and returns {"history_id"}, null if the networks were '
'not merged. Errors: 28000, 42501 as web_caller(), and those of unmerge_network().';

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
'POST /admin/networks/:network/archive: calls archive_network() and returns {"history_id"}. Errors: 28000, 42501 as '
'web_caller(), and those of archive_network().';

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
'DELETE /admin/networks/:network: calls delete_network(), which refuses a network with history, and returns '
'{"history_id"}. Errors: 28000, 42501 as web_caller(), and those of delete_network().';

CREATE FUNCTION chimera.web_admin_test_network(session_hash bytea, network text) RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET timezone = 'UTC'
AS $$
BEGIN
    -- it takes long and changes nothing, so it locks nothing, not even the session's row
    PERFORM chimera.web_caller(session_hash, false, true, touches => false);
    RETURN (SELECT jsonb_build_object('items', coalesce(jsonb_agg(jsonb_build_object('node_id', t.node_id,
                'check_name', t.check_name, 'ok', t.ok, 'message', t.message, 'duration_ms', t.duration_ms)
                ORDER BY t.ordinality), '[]'))
            FROM chimera.test_network(network) WITH ORDINALITY t);
END;
$$;
COMMENT ON FUNCTION chimera.web_admin_test_network(bytea, text) IS
'POST /admin/networks/:network/test: calls test_network() and returns one item per row. It may take more than a minute. '
'Errors: 28000, 42501 as web_caller(), 42704 for an unknown network.';

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
        RAISE EXCEPTION 'node setting "%" does not exist', wrong USING ERRCODE = 'invalid_parameter_value',
            HINT = 'The settings are rpc_url, rpc_user, rpc_password, rpc_cookie_file, priority and kind.';
    ELSIF settings ->> 'rpc_url' IS NULL THEN
        RAISE EXCEPTION 'missing settings of the node: rpc_url' USING ERRCODE = 'invalid_parameter_value';
    ELSIF settings ->> 'kind' NOT IN ('node', 'wallet') THEN
        RAISE EXCEPTION 'kind must be node or wallet' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    RETURN jsonb_build_object('node_id', chimera.add_node(network, settings ->> 'rpc_url', settings ->> 'rpc_user',
        settings ->> 'rpc_password', settings ->> 'rpc_cookie_file', (settings ->> 'priority')::int,
        coalesce(settings ->> 'kind', 'node')));
END;
$$;
COMMENT ON FUNCTION chimera.web_admin_add_node(bytea, text, jsonb) IS
'POST /admin/networks/:network/nodes: calls add_node() with its parameters from settings, and returns {"node_id"}. '
'Errors: 28000, 42501 as web_caller(), 22023 for an unknown or missing setting or an invalid value, and those of '
'add_node().';

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
'PATCH /admin/nodes/:node_id: calls update_node() and returns {"history_id"}, null if nothing changed. Errors: 28000, '
'42501 as web_caller(), and those of update_node().';

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
'DELETE /admin/nodes/:node_id: calls remove_node(). Errors: 28000, 42501 as web_caller(), 42704 for an unknown node.';

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
'PUT /admin/networks/:network/reward-scheme: calls set_reward_scheme() and returns {"setting_id"}. Errors: 28000, 42501 '
'as web_caller(), and those of set_reward_scheme().';
