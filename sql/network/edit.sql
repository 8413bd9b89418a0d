-- edit.sql: changing, archiving and deleting networks and changing their
-- nodes. Each routine locks the networks and writes the history, as described
-- in switch.sql.

CREATE FUNCTION chimera.check_network_changes(changes jsonb) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    wrong text;
BEGIN
    IF jsonb_typeof(changes) IS DISTINCT FROM 'object' THEN
        RAISE EXCEPTION 'changes must be a JSON object' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    SELECT k INTO wrong FROM jsonb_object_keys(changes) k
    WHERE k NOT IN (SELECT a.attname FROM pg_attribute a
                    WHERE a.attrelid = 'chimera.network_configs'::regclass AND a.attnum > 0 AND NOT a.attisdropped)
       OR k IN ('network_id', 'name', 'is_enabled', 'is_active', 'archived_at', 'created_at', 'updated_at')
    ORDER BY k LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'network setting "%" cannot be changed', wrong
            USING ERRCODE = 'invalid_parameter_value',
                HINT = CASE WHEN wrong IN ('network_id', 'name') THEN 'Change display_name instead.'
                            WHEN wrong = 'is_enabled' THEN 'Use chimera.enable_network() or chimera.disable_network().'
                            WHEN wrong = 'is_active' THEN 'Use chimera.switch_active_network().'
                            WHEN wrong = 'archived_at' THEN 'Use chimera.archive_network().'
                            WHEN wrong LIKE 'rpc%' THEN 'Use chimera.update_node().'
                            ELSE 'See the columns of chimera.network_configs.' END;
    END IF;

    -- text accepts any JSON as it is written
    SELECT c.key INTO wrong
    FROM jsonb_each(changes) c JOIN pg_attribute a ON a.attrelid = 'chimera.network_configs'::regclass AND a.attname = c.key
    JOIN pg_type t ON t.oid = a.atttypid
    WHERE jsonb_typeof(c.value) = 'object' OR (jsonb_typeof(c.value) = 'array' AND t.typcategory <> 'A')
    ORDER BY c.key LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION '% must be a single value', wrong USING ERRCODE = 'invalid_parameter_value';
    END IF;
END;
$$;
COMMENT ON FUNCTION chimera.check_network_changes(jsonb) IS
'Rejects changes that update_network() does not make: unknown columns, and columns that other routines change. '
'Errors: 22023.';

CREATE FUNCTION chimera.update_network(network text, changes jsonb, reason text DEFAULT NULL) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    SET log_min_error_statement = 'panic' -- the statement holds a secret
AS $$
DECLARE
    target CONSTANT chimera.network_configs := chimera.lock_network(network);
    wanted chimera.network_configs;
    changed jsonb;
BEGIN
    PERFORM chimera.check_network_changes(changes);
    wanted := jsonb_populate_record(target, changes);
    wanted.genesis_hash := lower(wanted.genesis_hash);
    changed := chimera.changed_values(to_jsonb(target), to_jsonb(wanted));
    IF changed = '{}' THEN
        RETURN NULL;
    END IF;

    IF changed ?| '{algorithm,genesis_hash}' THEN
        IF target.is_enabled OR EXISTS (SELECT FROM chimera.jobs j WHERE j.network_id = target.network_id) THEN
            RAISE EXCEPTION 'cannot change algorithm or genesis_hash of network "%"', target.name
                USING ERRCODE = 'object_not_in_prerequisite_state',
                    DETAIL = CASE WHEN target.is_enabled THEN 'The network is enabled.' ELSE 'The network has had jobs.' END,
                    HINT = 'Add a new network for another chain.';
        END IF;
        PERFORM chimera.require_no_history(target);
    END IF;
    -- the names were checked against the table's columns
    EXECUTE format('UPDATE chimera.network_configs n SET %s WHERE n.network_id = $2',
                   (SELECT string_agg(format('%1$I = ($1).%1$I', k), ', ') FROM jsonb_object_keys(changed) k))
        USING wanted, target.network_id;
    RETURN chimera.record_network_change('edit', target, reason, 'changed', changes => changed);
END;
$$;
COMMENT ON FUNCTION chimera.update_network(text, jsonb, text) IS
'Changes settings of a network. changes is an object of columns of network_configs, such as {"symbol": "LTC", '
'"template_rules": ["segwit"]}; the network''s background workers apply them at once. algorithm and genesis_hash '
'can be changed only before the network is first enabled. Returns the change''s history_id, or NULL if nothing '
'changed. Errors: 42704 for an unknown network, 22023 for an unknown setting, a setting that another routine '
'changes or a pool_address that is not valid for the coin, 22P02 and 22003 for a value of the wrong type, 23502 '
'and 23514 for a value out of range, 55000 if algorithm or genesis_hash cannot be changed any more.';

CREATE FUNCTION chimera.update_node(node_id int, changes jsonb, reason text DEFAULT NULL) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    SET log_min_error_statement = 'panic' -- the statement holds a secret
AS $$
DECLARE
    wrong record;
    node chimera.network_nodes;
    new_node chimera.network_nodes;
    credentials chimera.network_credentials;
    new_credentials chimera.network_credentials;
    target chimera.network_configs;
    prefix CONSTANT text := format('node.%s.', node_id);
    changed jsonb;
    changed_credentials jsonb;
BEGIN
    -- never show a value: it may be a secret under the wrong key
    IF jsonb_typeof(changes) IS DISTINCT FROM 'object' THEN
        RAISE EXCEPTION 'changes must be a JSON object' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    SELECT c.key, coalesce(k.json_type, '') AS json_type INTO wrong
    FROM jsonb_each(changes) c
    LEFT JOIN (VALUES ('rpc_url', 'string'), ('priority', 'number'), ('rpc_user', 'string'),
                      ('rpc_password', 'string'), ('rpc_cookie_file', 'string')) k (key, json_type) USING (key)
    WHERE k.json_type IS NULL OR jsonb_typeof(c.value) NOT IN (k.json_type, 'null')
    ORDER BY c.key LIMIT 1;
    IF wrong.json_type = '' THEN
        RAISE EXCEPTION 'node setting "%" cannot be changed', wrong.key
            USING ERRCODE = 'invalid_parameter_value',
                HINT = 'Settings are rpc_url, priority, rpc_user, rpc_password and rpc_cookie_file.';
    ELSIF wrong.key IS NOT NULL THEN
        RAISE EXCEPTION '% must be a JSON %', wrong.key, wrong.json_type USING ERRCODE = 'invalid_parameter_value';
    END IF;

    PERFORM chimera.lock_networks();
    SELECT * INTO node FROM chimera.network_nodes n WHERE n.node_id = update_node.node_id;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'node % does not exist', node_id
            USING ERRCODE = 'undefined_object', HINT = 'See chimera.network_nodes.';
    END IF;
    SELECT * INTO target FROM chimera.network_configs n WHERE n.network_id = node.network_id;
    SELECT * INTO credentials FROM chimera.network_credentials c WHERE c.node_id = update_node.node_id;
    new_node := jsonb_populate_record(node, changes);
    new_credentials := jsonb_populate_record(credentials, changes);
    PERFORM chimera.check_node(new_node);
    -- a user who may move a node must not be able to send its credentials to another host
    IF substring(new_node.rpc_url FROM '^https?://[^/]*') <> substring(node.rpc_url FROM '^https?://[^/]*')
       AND ((new_credentials.rpc_password IS NOT NULL AND NOT changes ? 'rpc_password')
            OR (new_credentials.rpc_cookie_file IS NOT NULL AND NOT changes ? 'rpc_cookie_file'))
    THEN
        RAISE EXCEPTION 'credentials must be given again for a new host' USING ERRCODE = 'invalid_parameter_value',
            HINT = 'Specify rpc_password or rpc_cookie_file together with rpc_url.';
    END IF;

    changed := chimera.changed_values(to_jsonb(node), to_jsonb(new_node), prefix);
    changed_credentials := chimera.changed_values(to_jsonb(credentials), to_jsonb(new_credentials), prefix, true);
    IF changed <> '{}' THEN
        UPDATE chimera.network_nodes n SET rpc_url = new_node.rpc_url, priority = new_node.priority
        WHERE n.node_id = update_node.node_id;
    END IF;
    IF changed_credentials <> '{}' THEN
        INSERT INTO chimera.network_credentials (node_id, rpc_user, rpc_password, rpc_cookie_file)
        VALUES (update_node.node_id, new_credentials.rpc_user, new_credentials.rpc_password, new_credentials.rpc_cookie_file)
        ON CONFLICT ON CONSTRAINT network_credentials_pkey DO UPDATE SET rpc_user = EXCLUDED.rpc_user,
            rpc_password = EXCLUDED.rpc_password, rpc_cookie_file = EXCLUDED.rpc_cookie_file;
    END IF;
    IF changed || changed_credentials = '{}' THEN
        RETURN NULL;
    END IF;
    RETURN chimera.record_network_change('edit', target, reason, 'node changed', changes => changed || changed_credentials);
END;
$$;
COMMENT ON FUNCTION chimera.update_node(int, jsonb, text) IS
'Changes a node of a network. changes is an object of rpc_url, priority, rpc_user, rpc_password and '
'rpc_cookie_file (null removes a value); the network''s background workers apply them at once. If rpc_url names '
'another host, the password or cookie file must be given again. Returns the change''s history_id, or NULL if '
'nothing changed; the history shows no secrets. Errors: 42704 for an unknown node, 22023 for an unknown key, a '
'value of the wrong JSON type or a new host without credentials, 23505 if the priority is taken, 23502 and 23514 '
'for a value out of range.';

-- ---------- archiving and deleting ----------

CREATE FUNCTION chimera.refuse_network_in_use(target chimera.network_configs) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    connected CONSTANT bigint := (SELECT count(DISTINCT (a.server_id, a.session_id)) FROM chimera.miner_network_assignments a
                                  WHERE a.network_id = target.network_id AND a.disconnected_at IS NULL);
BEGIN
    IF target.is_enabled THEN
        RAISE EXCEPTION 'network "%" is enabled', target.name USING ERRCODE = 'object_not_in_prerequisite_state',
            DETAIL = format('%s connections mine on the network.', connected),
            HINT = 'Disable the network first, or set even_if_in_use.';
    ELSIF connected > 0 THEN
        RAISE EXCEPTION 'network "%" has % mining connections', target.name, connected
            USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Wait until the miners have disconnected, or set even_if_in_use.';
    END IF;
END;
$$;
COMMENT ON FUNCTION chimera.refuse_network_in_use(chimera.network_configs) IS
'Refuses to archive a network that is enabled or mined on. Errors: 55000.';

CREATE FUNCTION chimera.archive_network(network text, reason text, even_if_in_use boolean DEFAULT false) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    target CONSTANT chimera.network_configs := chimera.lock_network(network);
    active_id CONSTANT uuid := chimera.active_network(target.algorithm);
BEGIN
    PERFORM chimera.require_reason(reason);
    IF target.archived_at IS NOT NULL THEN
        RAISE EXCEPTION 'network "%" is already archived', target.name USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    PERFORM chimera.require_dispensable(target);
    IF even_if_in_use IS NOT TRUE THEN
        PERFORM chimera.refuse_network_in_use(target);
    END IF;
    DELETE FROM chimera.listeners l WHERE l.network_id = target.network_id;
    UPDATE chimera.network_configs n SET is_enabled = false, is_active = false, archived_at = clock_timestamp()
    WHERE n.network_id = target.network_id;
    RETURN chimera.record_network_change('archive', target, reason, 'archived',
        active_id, nullif(active_id, target.network_id));
END;
$$;
COMMENT ON FUNCTION chimera.archive_network(text, text, boolean) IS
'Archives a network for good: removes its own listeners and never lets it be enabled again; its shares, blocks '
'and money remain readable and are still paid. A network that is enabled or mined on is archived only with '
'even_if_in_use, which disables it. Returns the change''s history_id. Errors: 42704 for an unknown network, 22023 '
'for a missing reason, 55000 for a network that is already archived, in use, or the active one of an algorithm '
'that has other enabled networks.';

CREATE FUNCTION chimera.network_history_tables(network_id uuid) RETURNS text
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    history CONSTANT text[] := '{shares,blocks,ledger_transactions}';
    history_table regclass;
    has_rows boolean;
    found text;
BEGIN
    FOR history_table IN
        SELECT c.oid FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'network_id'
        WHERE c.relnamespace = 'chimera'::regnamespace AND c.relname = ANY (history) AND c.relkind IN ('r', 'p')
        ORDER BY array_position(history, c.relname::text)
    LOOP
        EXECUTE format('SELECT EXISTS (SELECT FROM %s t WHERE t.network_id = $1)', history_table)
            INTO has_rows USING network_history_tables.network_id;
        IF has_rows THEN
            found := concat_ws(', ', found, history_table);
        END IF;
    END LOOP;
    RETURN found;
END;
$$;
COMMENT ON FUNCTION chimera.network_history_tables(uuid) IS
'The tables that hold history of a network which must not be lost, such as chimera.shares; NULL if none does.';

CREATE FUNCTION chimera.remove_network_rows(target chimera.network_configs) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    own_table regclass;
    has_rows boolean;
BEGIN
    -- any table that references networks, including those of later versions
    FOR own_table IN
        SELECT c.oid FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'network_id'
        WHERE c.relnamespace = 'chimera'::regnamespace AND c.relkind = 'r' AND NOT c.relispartition
          AND c.relname NOT IN ('network_configs', 'network_switch_history')
    LOOP
        EXECUTE format('SELECT EXISTS (SELECT FROM %s t WHERE t.network_id = $1)', own_table)
            INTO has_rows USING target.network_id;
        IF has_rows THEN
            EXECUTE format('DELETE FROM %s t WHERE t.network_id = $1', own_table) USING target.network_id;
        END IF;
    END LOOP;
    EXECUTE format('DROP TABLE IF EXISTS chimera.%I', 'shares_' || target.name);
    DELETE FROM chimera.network_configs n WHERE n.network_id = target.network_id;
END;
$$;
COMMENT ON FUNCTION chimera.remove_network_rows(chimera.network_configs) IS
'Deletes a network and every row that references it, except its history. The caller has made sure that nothing of '
'value is lost.';

CREATE FUNCTION chimera.require_no_history(target chimera.network_configs) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    history CONSTANT text := chimera.network_history_tables(target.network_id);
BEGIN
    IF history IS NOT NULL THEN
        RAISE EXCEPTION 'network "%" has history', target.name
            USING ERRCODE = 'object_not_in_prerequisite_state', DETAIL = format('The network has rows in %s.', history),
                HINT = 'Use chimera.archive_network() instead.';
    END IF;
END;
$$;
COMMENT ON FUNCTION chimera.require_no_history(chimera.network_configs) IS
'Refuses a network that has shares, blocks or ledger entries. Errors: 55000.';

CREATE FUNCTION chimera.delete_network(network text, reason text) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '2s'
AS $$
DECLARE
    target CONSTANT chimera.network_configs := chimera.lock_network(network);
BEGIN
    PERFORM chimera.require_reason(reason);
    IF target.is_enabled THEN
        RAISE EXCEPTION 'network "%" is enabled', target.name
            USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Use chimera.disable_network() first.';
    END IF;
    PERFORM chimera.require_no_history(target);

    -- backends cache its jobs: they should find a share of such a job stale, not its partition
    -- missing
    IF current_setting('chimera.database', true) IS NOT NULL THEN
        PERFORM chimera.retire_jobs(target.network_id, max(j.job_id)) FROM chimera.jobs j
        WHERE j.network_id = target.network_id;
        PERFORM chimera.release_jobs(target.network_id);
    END IF;
    -- No share may arrive between the check and the drop. Lock the parent first, as attaching a
    -- partition does.
    LOCK TABLE ONLY chimera.shares IN ACCESS EXCLUSIVE MODE;
    IF to_regclass(format('chimera.%I', 'shares_' || target.name)) IS NOT NULL THEN
        EXECUTE format('LOCK TABLE chimera.%I IN ACCESS EXCLUSIVE MODE', 'shares_' || target.name);
    END IF;
    PERFORM chimera.require_no_history(target);
    PERFORM chimera.remove_network_rows(target);
    RETURN chimera.record_network_change('delete', target, reason, 'deleted',
        changes => chimera.changed_values(to_jsonb(target), NULL));
END;
$$;
COMMENT ON FUNCTION chimera.delete_network(text, text) IS
'Deletes a disabled network that has no history, with its nodes, listeners, jobs, rollups and partitions; its '
'settings remain in the history of changes. Shares of all networks wait until the transaction ends, so run it in '
'a transaction of its own. Returns the change''s history_id. Errors: 42704 for an unknown network, 22023 for a '
'missing reason, 55000 for a network that is enabled or has shares, blocks, ledger entries or payouts (archive it '
'instead), 55P03 if shares are read or written for longer than 2 s.';
