-- edit.sql: changing networks and their nodes, and putting networks
-- away. Each routine locks the networks and writes the history, as switch.sql
-- says.

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
        RAISE EXCEPTION 'a network has no setting "%" that can be changed', wrong
            USING ERRCODE = 'invalid_parameter_value',
                HINT = CASE WHEN wrong IN ('network_id', 'name') THEN 'It never changes; display_name can.'
                            WHEN wrong = 'is_enabled' THEN 'Use chimera.enable_network() or chimera.disable_network().'
                            WHEN wrong = 'is_active' THEN 'Use chimera.switch_active_network().'
                            WHEN wrong = 'archived_at' THEN 'Use chimera.archive_network().'
                            WHEN wrong LIKE 'rpc%' THEN 'Use chimera.update_node().'
                            ELSE 'See the columns of chimera.network_configs.' END;
    END IF;

    -- text takes any JSON as it is written
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
'Refuses an update_network() of what is no setting, or is another routine''s matter. Errors: 22023 for that.';

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
            RAISE EXCEPTION 'algorithm and genesis_hash of network "%" cannot change any more', target.name
                USING ERRCODE = 'object_not_in_prerequisite_state',
                    DETAIL = CASE WHEN target.is_enabled THEN 'It is enabled.' ELSE 'It has had jobs.' END,
                    HINT = 'Add another network for another chain.';
        END IF;
        PERFORM chimera.require_no_history(target);
    END IF;
    -- the names are the table's own
    EXECUTE format('UPDATE chimera.network_configs n SET %s WHERE n.network_id = $2',
                   (SELECT string_agg(format('%1$I = ($1).%1$I', k), ', ') FROM jsonb_object_keys(changed) k))
        USING wanted, target.network_id;
    RETURN chimera.record_network_change('edit', target, reason, 'changed', changes => changed);
END;
$$;
COMMENT ON FUNCTION chimera.update_network(text, jsonb, text) IS
'Changes settings of a network: changes is an object of columns of network_configs, as {"symbol": "LTC", "template_rules": ["segwit"]}; its workers take them up at once. algorithm and genesis_hash change only before it is first enabled. Returns the change''s history_id, NULL when nothing changed. Errors: 42704 for an unknown network, 22023 for a key that is no setting or another routine''s matter and for a pool_address that is not the coin''s, 22P02 and 22003 for a value of another type, 23502 and 23514 for one out of its range, 55000 for an algorithm or genesis_hash that cannot change any more.';

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
    -- values are never shown: any of them may be a secret in the wrong place
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
        RAISE EXCEPTION 'a node has no setting "%" that can be changed', wrong.key
            USING ERRCODE = 'invalid_parameter_value',
                HINT = 'They are rpc_url, priority, rpc_user, rpc_password and rpc_cookie_file.';
    ELSIF wrong.key IS NOT NULL THEN
        RAISE EXCEPTION '% must be a JSON %', wrong.key, wrong.json_type USING ERRCODE = 'invalid_parameter_value';
    END IF;

    PERFORM chimera.lock_networks();
    SELECT * INTO node FROM chimera.network_nodes n WHERE n.node_id = update_node.node_id;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is no node %', node_id
            USING ERRCODE = 'undefined_object', HINT = 'See the numbers in chimera.network_nodes.';
    END IF;
    SELECT * INTO target FROM chimera.network_configs n WHERE n.network_id = node.network_id;
    SELECT * INTO credentials FROM chimera.network_credentials c WHERE c.node_id = update_node.node_id;
    new_node := jsonb_populate_record(node, changes);
    new_credentials := jsonb_populate_record(credentials, changes);
    PERFORM chimera.check_node(new_node);
    -- who may move a node must not have its login sent to where it likes
    IF substring(new_node.rpc_url FROM '^https?://[^/]*') <> substring(node.rpc_url FROM '^https?://[^/]*')
       AND ((new_credentials.rpc_password IS NOT NULL AND NOT changes ? 'rpc_password')
            OR (new_credentials.rpc_cookie_file IS NOT NULL AND NOT changes ? 'rpc_cookie_file'))
    THEN
        RAISE EXCEPTION 'a node that moves needs its login again' USING ERRCODE = 'invalid_parameter_value',
            HINT = 'Give rpc_password or rpc_cookie_file with the new rpc_url.';
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
'Changes a node of a network: changes is an object of rpc_url, priority, rpc_user, rpc_password and rpc_cookie_file, null for none; its network''s workers take it up at once. With another host in rpc_url the password or cookie file must be given again. Returns the change''s history_id, NULL when nothing changed; the history shows no secrets. Errors: 42704 for an unknown node, 22023 for another key, a value of another JSON type or another host without a login, 23505 when the priority is taken, 23502 and 23514 for a value out of its range.';

-- ---------- putting away ----------

CREATE FUNCTION chimera.refuse_network_in_use(target chimera.network_configs) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    connected CONSTANT bigint := (SELECT count(DISTINCT (a.server_id, a.session_id)) FROM chimera.miner_network_assignments a
                                  WHERE a.network_id = target.network_id AND a.disconnected_at IS NULL);
BEGIN
    IF target.is_enabled THEN
        RAISE EXCEPTION 'network "%" is enabled', target.name USING ERRCODE = 'object_not_in_prerequisite_state',
            DETAIL = format('%s connections mine on it.', connected),
            HINT = 'Disable it first, or give even_if_in_use.';
    ELSIF connected > 0 THEN
        RAISE EXCEPTION '% connections mine on network "%"', connected, target.name
            USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Wait until they have left, or give even_if_in_use.';
    END IF;
END;
$$;
COMMENT ON FUNCTION chimera.refuse_network_in_use(chimera.network_configs) IS
'Refuses to put away a network that is enabled or mined on. Errors: 55000 for one.';

CREATE FUNCTION chimera.archive_network(network text, reason text, even_if_in_use boolean DEFAULT false) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    target CONSTANT chimera.network_configs := chimera.lock_network(network);
    active_id CONSTANT uuid := chimera.active_network(target.algorithm);
BEGIN
    PERFORM chimera.require_reason(reason);
    IF target.archived_at IS NOT NULL THEN
        RAISE EXCEPTION 'network "%" is archived already', target.name USING ERRCODE = 'object_not_in_prerequisite_state';
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
'Puts a network away for good: its own listeners are closed, and it cannot be enabled again; its shares, blocks and money stay to be read and paid. One that is enabled or mined on is archived with even_if_in_use only, which disables it. Returns the change''s history_id. Errors: 42704 for an unknown network, 22023 for no reason, 55000 for one that is archived already, in use, or the active one of an algorithm that has other enabled ones.';

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
'The tables in which a network has a past that must not be lost, such as chimera.shares; NULL when there is none.';

CREATE FUNCTION chimera.remove_network_rows(target chimera.network_configs) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    own_table regclass;
    has_rows boolean;
BEGIN
    -- whatever table names the network, a later version's too
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
'Removes a network with all that names it but its history; the caller has seen to it that nothing is lost.';

CREATE FUNCTION chimera.require_no_history(target chimera.network_configs) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    history CONSTANT text := chimera.network_history_tables(target.network_id);
BEGIN
    IF history IS NOT NULL THEN
        RAISE EXCEPTION 'network "%" has a past', target.name
            USING ERRCODE = 'object_not_in_prerequisite_state', DETAIL = format('It has rows in %s.', history),
                HINT = 'Use chimera.archive_network() instead.';
    END IF;
END;
$$;
COMMENT ON FUNCTION chimera.require_no_history(chimera.network_configs) IS
'Refuses a network of which there are shares, blocks or money. Errors: 55000 for one.';

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

    -- backends remember its jobs: they shall find a share of one stale, not its partition missing
    IF current_setting('chimera.database', true) IS NOT NULL THEN
        PERFORM chimera.retire_jobs(target.network_id, max(j.job_id)) FROM chimera.jobs j
        WHERE j.network_id = target.network_id;
        PERFORM chimera.release_jobs(target.network_id);
    END IF;
    -- no share may come between looking and dropping; the parent first, as those lock who attach partitions
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
'Removes a disabled network that has no past, with its nodes, listeners, jobs, rollups and partitions; its settings stay in the history. Shares of all networks wait until the transaction ends, so it should do nothing else. Returns the change''s history_id. Errors: 42704 for an unknown network, 22023 for no reason, 55000 for one that is enabled or has shares, blocks, ledger entries or payouts (archive it then), 55P03 when shares are read or written for longer than 2 s.';

REVOKE ALL ON FUNCTION chimera.check_network_changes(jsonb), chimera.update_network(text, jsonb, text),
    chimera.update_node(int, jsonb, text), chimera.archive_network(text, text, boolean),
    chimera.refuse_network_in_use(chimera.network_configs), chimera.network_history_tables(uuid),
    chimera.remove_network_rows(chimera.network_configs), chimera.require_no_history(chimera.network_configs),
    chimera.delete_network(text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION chimera.update_network(text, jsonb, text), chimera.update_node(int, jsonb, text),
    chimera.archive_network(text, text, boolean), chimera.delete_network(text, text) TO chimera_admin;
