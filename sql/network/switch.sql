-- switch.sql: which network of an algorithm is active: enabling, switching,
-- rolling back, and the history of changes.
--
-- Every routine that changes networks first locks chimera.network_configs
-- against other writers (chimera.lock_network) and writes the history before
-- it commits. Changes therefore happen one after the other, and history_id
-- grows in their order. Readers are not blocked.
--
-- Miners follow by the trigger reassign_sessions (sql/mining/assignments.sql),
-- which notifies stratumd.
--
-- The invariant: an algorithm with enabled networks has exactly one active
-- network. A unique index prevents two, a deferred constraint trigger
-- prevents none; both also apply to direct UPDATEs.

CREATE SEQUENCE chimera.network_switch_history_history_id_seq;
CREATE TABLE chimera.network_switch_history (
    history_id bigint PRIMARY KEY DEFAULT nextval('chimera.network_switch_history_history_id_seq'),
    happened_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    who text NOT NULL DEFAULT session_user,
    acting_user text DEFAULT chimera.acting_user(),
    kind text NOT NULL CHECK (kind IN ('switch', 'rollback', 'enable', 'disable', 'add', 'edit', 'archive', 'delete',
                                      'merge', 'unmerge')),
    algorithm text NOT NULL,
    network_id uuid NOT NULL,
    network_name text NOT NULL,
    from_network uuid,
    to_network uuid,
    reason text,
    undoes bigint UNIQUE REFERENCES chimera.network_switch_history,
    changes jsonb,
    result text NOT NULL,
    CHECK ((kind = 'rollback') = (undoes IS NOT NULL)),
    CHECK (kind NOT IN ('switch', 'rollback') OR (to_network = network_id AND reason IS NOT NULL)),
    CHECK (kind NOT IN ('add', 'edit', 'delete', 'merge', 'unmerge') OR num_nonnulls(from_network, to_network) = 0)
);
ALTER SEQUENCE chimera.network_switch_history_history_id_seq OWNED BY chimera.network_switch_history.history_id;
COMMENT ON TABLE chimera.network_switch_history IS
'Every change of a network by the pool''s routines, in the order of their commits. Rows are only added, and '
'outlive their network';
COMMENT ON COLUMN chimera.network_switch_history.history_id IS
'The change''s number, increasing in the order of the changes';
COMMENT ON COLUMN chimera.network_switch_history.happened_at IS 'When it happened';
COMMENT ON COLUMN chimera.network_switch_history.who IS 'The database user who was logged in';
COMMENT ON COLUMN chimera.network_switch_history.acting_user IS
'The user on whose behalf it acted, from chimera.acting_user(); NULL: it acted for itself';
COMMENT ON COLUMN chimera.network_switch_history.kind IS
'switch, rollback, enable, disable, archive: changes of is_active or is_enabled; merge, unmerge: as a child of '
'another network; add, edit (also of its nodes), delete: all others';
COMMENT ON COLUMN chimera.network_switch_history.algorithm IS 'The network''s algorithm, before the change';
COMMENT ON COLUMN chimera.network_switch_history.network_id IS
'The network that was changed; for a switch or rollback, the one that became active';
COMMENT ON COLUMN chimera.network_switch_history.network_name IS 'Its name, kept when the network is deleted';
COMMENT ON COLUMN chimera.network_switch_history.from_network IS
'The algorithm''s active network before the change; NULL: no network was active, or the change does not concern it';
COMMENT ON COLUMN chimera.network_switch_history.to_network IS
'The algorithm''s active network after the change; NULL as for from_network';
COMMENT ON COLUMN chimera.network_switch_history.reason IS 'The reason that the person who made the change gave';
COMMENT ON COLUMN chimera.network_switch_history.undoes IS 'The switch that a rollback undoes';
COMMENT ON COLUMN chimera.network_switch_history.changes IS
'Changed settings, {"column": [old, new]}; a node''s as node.N.column; for a secret only that it changed';
COMMENT ON COLUMN chimera.network_switch_history.result IS 'The outcome';

CREATE FUNCTION chimera.forbid_history_change() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RAISE EXCEPTION 'cannot change rows of append-only table %.%', TG_TABLE_SCHEMA, TG_TABLE_NAME
        USING ERRCODE = 'object_not_in_prerequisite_state';
END;
$$;
COMMENT ON FUNCTION chimera.forbid_history_change() IS 'Trigger: rejects UPDATE, DELETE and TRUNCATE';
CREATE TRIGGER forbid_history_change BEFORE UPDATE OR DELETE OR TRUNCATE ON chimera.network_switch_history
    FOR EACH STATEMENT EXECUTE FUNCTION chimera.forbid_history_change();
ALTER TABLE chimera.network_switch_history ENABLE ALWAYS TRIGGER forbid_history_change;

-- ---------- helpers ----------

CREATE FUNCTION chimera.lock_networks() RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    -- an older snapshot would not show changes made before the lock was granted
    IF current_setting('transaction_isolation') NOT IN ('read committed', 'read uncommitted') THEN
        RAISE EXCEPTION 'cannot change networks in a transaction that is not READ COMMITTED'
            USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    LOCK TABLE chimera.network_configs IN SHARE ROW EXCLUSIVE MODE;
END;
$$;
COMMENT ON FUNCTION chimera.lock_networks() IS
'Blocks other changes of networks until this transaction ends; reads are not blocked. Errors: 55000 in a '
'transaction that is not READ COMMITTED.';

CREATE FUNCTION chimera.lock_network(network text) RETURNS chimera.network_configs
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    found chimera.network_configs;
BEGIN
    PERFORM chimera.lock_networks();
    SELECT * INTO STRICT found FROM chimera.network_configs n WHERE n.network_id = chimera.network_id(network);
    RETURN found;
END;
$$;
COMMENT ON FUNCTION chimera.lock_network(text) IS
'A network given by name or id, locked as by lock_networks(), so that it stays as it is until this transaction ends.';

CREATE FUNCTION chimera.active_network(algorithm text) RETURNS uuid
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT n.network_id FROM chimera.network_configs n WHERE n.algorithm = active_network.algorithm AND n.is_active;
$$;
COMMENT ON FUNCTION chimera.active_network(text) IS 'The active network of an algorithm; NULL if it has none.';

CREATE FUNCTION chimera.require_reason(reason text) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF btrim(coalesce(reason, '')) = '' THEN
        RAISE EXCEPTION 'reason must not be empty' USING ERRCODE = 'invalid_parameter_value',
            HINT = 'The reason is stored in chimera.network_switch_history.';
    END IF;
END;
$$;
COMMENT ON FUNCTION chimera.require_reason(text) IS 'Rejects an empty reason. Errors: 22023.';

CREATE FUNCTION chimera.record_network_change(
    kind text, network chimera.network_configs, reason text, result text, from_network uuid DEFAULT NULL,
    to_network uuid DEFAULT NULL, undoes bigint DEFAULT NULL, changes jsonb DEFAULT NULL)
    RETURNS bigint
    LANGUAGE sql SET search_path = pg_catalog, pg_temp
AS $$
    INSERT INTO chimera.network_switch_history
        (kind, algorithm, network_id, network_name, from_network, to_network, reason, undoes, changes, result)
    VALUES (kind, network.algorithm, network.network_id, network.name, from_network, to_network,
            nullif(btrim(reason), ''), undoes, changes, result)
    RETURNING history_id;
$$;
COMMENT ON FUNCTION chimera.record_network_change(text, chimera.network_configs, text, text, uuid, uuid, bigint, jsonb) IS
'Writes a row of history; returns its history_id.';

CREATE FUNCTION chimera.changed_values(before jsonb, after jsonb, prefix text DEFAULT '', is_secret boolean DEFAULT false)
    RETURNS jsonb
    LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT coalesce(jsonb_object_agg(prefix || key, jsonb_build_array(
               CASE WHEN is_secret AND old_value <> 'null' THEN '"(hidden)"' ELSE old_value END,
               CASE WHEN is_secret AND new_value <> 'null' THEN '"(hidden)"' ELSE new_value END)), '{}')
    FROM jsonb_each(before) b (key, old_value) FULL JOIN jsonb_each(after) a (key, new_value) USING (key)
    WHERE coalesce(old_value, 'null') <> coalesce(new_value, 'null')
      AND key NOT IN ('network_id', 'node_id', 'created_at', 'updated_at');
$$;
COMMENT ON FUNCTION chimera.changed_values(jsonb, jsonb, text, boolean) IS
'The differences between two rows of a table, given as JSON, in the form of the history: {"prefix and column": '
'[old, new]}; for secrets only whether there was and is a value.';

-- ---------- one active network ----------

-- a deferred trigger runs as the user who commits, not as the owner of the
-- routine that changed the row
CREATE FUNCTION chimera.check_active_network() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    touched text;
BEGIN
    -- a restore may load the active one after the others
    IF TG_OP = 'INSERT' AND chimera.is_restoring() THEN
        RETURN NULL;
    END IF;
    IF current_setting('transaction_isolation') NOT IN ('read committed', 'read uncommitted') THEN
        RAISE EXCEPTION 'cannot change networks in a transaction that is not READ COMMITTED'
            USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    FOR touched IN SELECT DISTINCT a FROM unnest(ARRAY[OLD.algorithm, NEW.algorithm]) a WHERE a IS NOT NULL ORDER BY a LOOP
        -- two concurrent transactions, each valid by itself, could leave none: the second one
        -- checks once the first has finished
        PERFORM pg_advisory_xact_lock('chimera.network_configs'::regclass::oid::int, hashtext(touched));
        IF chimera.active_network(touched) IS NULL AND EXISTS (
            SELECT FROM chimera.network_configs n WHERE n.algorithm = touched AND n.is_enabled)
        THEN
            RAISE EXCEPTION 'algorithm "%" has enabled networks but no active one', touched
                USING ERRCODE = 'check_violation', SCHEMA = 'chimera', TABLE = 'network_configs',
                    CONSTRAINT = 'one_active_network',
                    HINT = 'Use chimera.switch_active_network(), chimera.enable_network() and chimera.disable_network().';
        END IF;
    END LOOP;
    RETURN NULL;
END;
$$;
COMMENT ON FUNCTION chimera.check_active_network() IS
'Trigger, at commit: ensures that an algorithm with enabled networks has an active one';
-- a new network that is not enabled needs no check
CREATE CONSTRAINT TRIGGER one_active_network_of_new
    AFTER INSERT ON chimera.network_configs DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.is_enabled) EXECUTE FUNCTION chimera.check_active_network();
CREATE CONSTRAINT TRIGGER one_active_network
    AFTER UPDATE OF algorithm, is_enabled, is_active OR DELETE ON chimera.network_configs
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION chimera.check_active_network();

CREATE FUNCTION chimera.activate_network(target chimera.network_configs) RETURNS void
    LANGUAGE sql SET search_path = pg_catalog, pg_temp
AS $$
    -- one statement, so that no statement-level trigger sees an algorithm without an active network
    WITH was_active AS (
        UPDATE chimera.network_configs n SET is_active = false
        WHERE n.algorithm = target.algorithm AND n.is_active
        RETURNING n.network_id
    )
    UPDATE chimera.network_configs n SET is_enabled = true, is_active = true
    WHERE n.network_id = target.network_id
      -- the count makes this update run second: the index never allows two active networks
      AND (SELECT count(*) FROM was_active) >= 0;
$$;
COMMENT ON FUNCTION chimera.activate_network(chimera.network_configs) IS
'Makes a network, enabled or not, the active one of its algorithm in place of the current one.';

CREATE FUNCTION chimera.switch_active_network(algorithm text, network text, reason text) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    target chimera.network_configs;
    old_id uuid;
BEGIN
    PERFORM chimera.require_reason(reason);
    IF NOT coalesce(chimera.is_algorithm(switch_active_network.algorithm), false) THEN
        RAISE EXCEPTION 'algorithm "%" does not exist', switch_active_network.algorithm
            USING ERRCODE = 'invalid_parameter_value', HINT = 'See chimera.algorithms().';
    END IF;
    target := chimera.lock_network(network);
    IF target.algorithm <> switch_active_network.algorithm THEN
        RAISE EXCEPTION 'network "%" has algorithm "%", not "%"', target.name, target.algorithm, switch_active_network.algorithm
            USING ERRCODE = 'invalid_parameter_value';
    ELSIF target.archived_at IS NOT NULL THEN
        RAISE EXCEPTION 'network "%" is archived', target.name USING ERRCODE = 'object_not_in_prerequisite_state';
    ELSIF NOT target.is_enabled THEN
        RAISE EXCEPTION 'network "%" is not enabled', target.name
            USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Use chimera.enable_network() first.';
    ELSIF target.is_active THEN
        RAISE EXCEPTION 'network "%" is already active', target.name USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;

    old_id := chimera.active_network(target.algorithm);
    PERFORM chimera.activate_network(target);
    RETURN chimera.record_network_change('switch', target, reason, 'active', old_id, target.network_id);
END;
$$;
COMMENT ON FUNCTION chimera.switch_active_network(text, text, text) IS
'Makes an enabled network the active one of its algorithm: once this commits, listeners of the algorithm send '
'their miners there. Returns the change''s history_id. Errors: 42704 for an unknown network, 22023 for an unknown '
'algorithm, a network of another algorithm or a missing reason, 55000 for a network that is archived, not enabled '
'or already active.';

CREATE FUNCTION chimera.rollback_switch(reason text, algorithm text DEFAULT NULL) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    undone chimera.network_switch_history;
    target chimera.network_configs;
    old_id uuid;
    is_gone boolean;
BEGIN
    PERFORM chimera.require_reason(reason);
    IF NOT coalesce(chimera.is_algorithm(rollback_switch.algorithm), true) THEN
        RAISE EXCEPTION 'algorithm "%" does not exist', rollback_switch.algorithm
            USING ERRCODE = 'invalid_parameter_value', HINT = 'See chimera.algorithms().';
    END IF;
    PERFORM chimera.lock_networks();

    -- a switch whose previous network is active now has been undone by other means
    SELECT h.* INTO undone FROM chimera.network_switch_history h
    WHERE h.kind = 'switch' AND h.from_network IS NOT NULL
      AND h.algorithm = coalesce(rollback_switch.algorithm, h.algorithm)
      AND NOT EXISTS (SELECT FROM chimera.network_switch_history r WHERE r.undoes = h.history_id)
      AND h.from_network IS DISTINCT FROM chimera.active_network(h.algorithm)
    ORDER BY h.history_id DESC LIMIT 1;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'no switch to undo' USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;

    SELECT * INTO target FROM chimera.network_configs n WHERE n.network_id = undone.from_network;
    is_gone := NOT FOUND;
    IF is_gone OR target.archived_at IS NOT NULL OR target.algorithm <> undone.algorithm THEN
        RAISE EXCEPTION 'cannot undo the switch to network "%"', undone.network_name
            USING ERRCODE = 'object_not_in_prerequisite_state',
                DETAIL = CASE WHEN is_gone THEN 'The network that was active before was deleted.'
                              WHEN target.archived_at IS NULL THEN format('Network "%s" now has another algorithm.', target.name)
                              ELSE format('Network "%s" was archived.', target.name) END,
                HINT = 'Use chimera.switch_active_network().';
    END IF;

    old_id := chimera.active_network(target.algorithm);
    PERFORM chimera.activate_network(target);
    RETURN chimera.record_network_change('rollback', target, reason,
        CASE WHEN target.is_enabled THEN 'active' ELSE 'enabled and active' END, old_id, target.network_id,
        undone.history_id, CASE WHEN NOT target.is_enabled THEN '{"is_enabled": [false, true]}'::jsonb END);
END;
$$;
COMMENT ON FUNCTION chimera.rollback_switch(text, text) IS
'Undoes the most recent switch not yet undone, of one algorithm or of all: the network that was active before '
'becomes active again, and is enabled if it was disabled meanwhile. Further calls go further back. Returns the '
'change''s history_id. Errors: 22023 for an unknown algorithm or a missing reason, 55000 if no switch can be '
'undone, or the network was archived or deleted.';

-- ---------- enabling and disabling ----------

CREATE FUNCTION chimera.worker_shortage(network_id uuid DEFAULT NULL) RETURNS text
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    -- launcher and accountant; each network's template and block workers; payers
    own CONSTANT bigint := 2 + (SELECT coalesce(sum(
        2 * (n.is_enabled OR n.network_id IS NOT DISTINCT FROM $1)::int + chimera.needs_payer(n.network_id)::int), 0)
                                FROM chimera.network_configs n);
    -- background workers of other databases and extensions; parallel workers come and go
    others CONSTANT bigint := (
        SELECT count(*) FROM pg_stat_get_activity(NULL) a LEFT JOIN pg_database d ON d.oid = a.datid
        WHERE a.backend_type NOT IN ('client backend', 'parallel worker', 'autovacuum launcher', 'autovacuum worker', 'archiver',
                  'background writer', 'checkpointer', 'startup', 'walreceiver', 'walsender', 'walwriter', 'walsummarizer',
                  'slotsync worker', 'io worker', 'standalone backend', 'logger')
          AND NOT (a.backend_type LIKE 'chimera %' AND coalesce(d.datname, current_database()) = current_database()));
    room CONSTANT bigint := current_setting('max_worker_processes')::bigint;
BEGIN
    IF own + others > room THEN
        RETURN format('max_worker_processes is %s, but %s are needed; a background worker cannot start until it is '
                      'raised and the server is restarted',
                      room, own + others);
    END IF;
    RETURN NULL;
END;
$$;
COMMENT ON FUNCTION chimera.worker_shortage(uuid) IS
'Internal: a message if max_worker_processes is too low for the workers of the enabled networks and of this one; '
'NULL if it is high enough.';

CREATE FUNCTION chimera.enable_network(network text, reason text DEFAULT NULL) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    target CONSTANT chimera.network_configs := chimera.lock_network(network);
    active_id CONSTANT uuid := chimera.active_network(target.algorithm);
    shortage CONSTANT text := chimera.worker_shortage(target.network_id);
BEGIN
    IF target.archived_at IS NOT NULL THEN
        RAISE EXCEPTION 'network "%" is archived', target.name USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    IF shortage IS NOT NULL THEN
        RAISE WARNING 'network "%" cannot start: %', target.name, shortage;
    END IF;
    IF target.is_enabled AND active_id IS NOT NULL THEN
        RETURN NULL;
    END IF;
    UPDATE chimera.network_configs n SET is_enabled = true, is_active = active_id IS NULL
    WHERE n.network_id = target.network_id;
    RETURN chimera.record_network_change('enable', target, reason,
        CASE WHEN active_id IS NULL THEN 'enabled and active' ELSE 'enabled' END,
        active_id, coalesce(active_id, target.network_id));
END;
$$;
COMMENT ON FUNCTION chimera.enable_network(text, text) IS
'Enables a network: its background workers poll the nodes and hand out jobs. The first enabled network of an '
'algorithm becomes the active one. Returns the change''s history_id; NULL if it was already enabled. Warns if '
'max_worker_processes is too low for its background workers. Errors: 42704 for an unknown network, 55000 for an '
'archived one.';

CREATE FUNCTION chimera.require_dispensable(target chimera.network_configs) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF target.is_active AND EXISTS (
        SELECT FROM chimera.network_configs n
        WHERE n.algorithm = target.algorithm AND n.is_enabled AND n.network_id <> target.network_id)
    THEN
        RAISE EXCEPTION 'network "%" is the active one of algorithm "%"', target.name, target.algorithm
            USING ERRCODE = 'object_not_in_prerequisite_state',
                HINT = 'Use chimera.switch_active_network() first.';
    END IF;
END;
$$;
COMMENT ON FUNCTION chimera.require_dispensable(chimera.network_configs) IS
'Refuses to disable the active network of an algorithm that has other enabled networks. Errors: 55000.';

CREATE FUNCTION chimera.disable_network(network text, reason text DEFAULT NULL) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    target CONSTANT chimera.network_configs := chimera.lock_network(network);
    active_id CONSTANT uuid := chimera.active_network(target.algorithm);
BEGIN
    IF NOT target.is_enabled THEN
        RETURN NULL;
    END IF;
    PERFORM chimera.require_dispensable(target);
    UPDATE chimera.network_configs n SET is_enabled = false, is_active = false
    WHERE n.network_id = target.network_id;
    RETURN chimera.record_network_change('disable', target, reason, 'disabled',
        active_id, nullif(active_id, target.network_id));
END;
$$;
COMMENT ON FUNCTION chimera.disable_network(text, text) IS
'Disables a network and stops its background workers; its shares, blocks and settings stay. Returns the change''s '
'history_id; NULL if it was already disabled. Errors: 42704 for an unknown network, 55000 for the active one of '
'an algorithm that has other enabled networks.';

SELECT pg_catalog.pg_extension_config_dump('chimera.network_switch_history', '');
SELECT pg_catalog.pg_extension_config_dump('chimera.network_switch_history_history_id_seq', '');
