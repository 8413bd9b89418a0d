-- events.sql: notifications about blocks and networks, on channel chimera_events.
--
-- A notification contains only {"event", "id"} and is sent at commit. webd
-- listens once for all its clients, and gets the content to send them from
-- chimera.web_event(). Shares cause no notifications; a block causes one, from a
-- row trigger on blocks.

CREATE FUNCTION chimera.notify_event() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF TG_TABLE_NAME = 'blocks' THEN
        PERFORM pg_notify('chimera_events', json_build_object('event', 'block', 'id', NEW.block_id)::text);
    ELSE
        PERFORM pg_notify('chimera_events', json_build_object(
            'event', CASE WHEN NEW.kind IN ('switch', 'rollback') THEN 'switch' ELSE 'network' END, 'id', NEW.history_id)::text);
    END IF;
    RETURN NULL;
END;
$$;
COMMENT ON FUNCTION chimera.notify_event() IS
'Trigger: notifies channel chimera_events of a block found or changed, or of a row of the network history';
-- adopted blocks, which have no job, are not news
CREATE TRIGGER notify_event AFTER INSERT ON chimera.blocks
    FOR EACH ROW WHEN (NEW.job_id IS NOT NULL) EXECUTE FUNCTION chimera.notify_event();
CREATE TRIGGER notify_change AFTER UPDATE OF status ON chimera.blocks
    FOR EACH ROW WHEN (OLD.status IS DISTINCT FROM NEW.status) EXECUTE FUNCTION chimera.notify_event();
CREATE TRIGGER notify_event AFTER INSERT ON chimera.network_switch_history
    FOR EACH ROW EXECUTE FUNCTION chimera.notify_event();

CREATE FUNCTION chimera.web_event(event text, id bigint) RETURNS jsonb
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' SET jit = off
AS $$
DECLARE
    result jsonb;
BEGIN
    IF event = 'block' THEN
        SELECT jsonb_build_object('event', event, 'network_id', b.network_id, 'network', n.name,
                                  'data', chimera.block_json(b.block_id)) INTO result
        FROM chimera.blocks b JOIN chimera.network_configs n USING (network_id) WHERE b.block_id = id;
    ELSIF event = 'switch' THEN
        SELECT jsonb_build_object('event', event, 'network_id', h.network_id, 'network', h.network_name,
                   'data', jsonb_build_object('switch_id', h.history_id::text, 'kind', h.kind, 'at', h.happened_at,
                       'algorithm', h.algorithm, 'from_network', f.name, 'to_network', h.network_name)) INTO result
        FROM chimera.network_switch_history h LEFT JOIN chimera.network_configs f ON f.network_id = h.from_network
        WHERE h.history_id = id AND h.kind IN ('switch', 'rollback');
    ELSIF event = 'network' THEN
        SELECT jsonb_build_object('event', event, 'network_id', n.network_id, 'network', n.name,
                                  'data', chimera.network_stats_json(n.network_id)) INTO result
        FROM chimera.network_switch_history h JOIN chimera.network_configs n USING (network_id)
        WHERE h.history_id = id AND chimera.is_public_network(n);
    ELSE
        RAISE EXCEPTION 'event "%" does not exist', event USING ERRCODE = 'invalid_parameter_value';
    END IF;
    RETURN result;
END;
$$;
COMMENT ON FUNCTION chimera.web_event(text, bigint) IS
'The content of an event of channel chimera_events, by its id: a block''s current state, a switch, or a network''s '
'current state (null if it is archived). It does not say who made a change or why. NULL if the subject no longer exists '
'or is not public. Errors: 22023 for an unknown event.';
