-- admin_pool.sql: the routines of /admin of the REST API for switching, payouts,
-- health and audit; admin.sql has those for networks and the rules for both.

-- ---------- switching ----------

CREATE FUNCTION chimera.web_admin_switch(session_hash bytea, network text, reason text) RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET timezone = 'UTC'
    SET chimera.acting_user = ''
AS $$
BEGIN
    PERFORM chimera.act_as_caller(session_hash, true);
    RETURN jsonb_build_object('history_id', chimera.switch_active_network(
        (SELECT n.algorithm FROM chimera.network_configs n WHERE n.network_id = chimera.network_id(network)),
        network, reason)::text);
END;
$$;
COMMENT ON FUNCTION chimera.web_admin_switch(bytea, text, text) IS
'POST /admin/switch: makes a network the active one of its algorithm with switch_active_network(), and returns '
'{"history_id"}. Errors: 28000, 42501 as web_caller(), and those of switch_active_network().';

CREATE FUNCTION chimera.web_admin_rollback(session_hash bytea, reason text, algorithm text DEFAULT NULL) RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET timezone = 'UTC'
    SET chimera.acting_user = ''
AS $$
BEGIN
    PERFORM chimera.act_as_caller(session_hash, true);
    RETURN jsonb_build_object('history_id', chimera.rollback_switch(reason, algorithm)::text);
END;
$$;
COMMENT ON FUNCTION chimera.web_admin_rollback(bytea, text, text) IS
'POST /admin/rollback: undoes the newest switch with rollback_switch(), and returns {"history_id"}. Errors: 28000, 42501 '
'as web_caller(), and those of rollback_switch().';

CREATE FUNCTION chimera.web_admin_history(session_hash bytea, network text DEFAULT NULL, before bigint DEFAULT NULL,
    "limit" int DEFAULT NULL) RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' SET jit = off
AS $$
DECLARE
    wanted uuid;
    items jsonb;
BEGIN
    PERFORM chimera.web_caller(session_hash, false, true);
    -- a deleted network still has its history
    SELECT h.network_id INTO wanted FROM chimera.network_switch_history h
    WHERE h.network_name = web_admin_history.network OR h.network_id::text = lower(web_admin_history.network)
    ORDER BY h.history_id DESC LIMIT 1;
    IF network IS NOT NULL AND wanted IS NULL THEN
        wanted := chimera.network_id(network);
    END IF;
    SELECT jsonb_agg(p.item ORDER BY p.history_id DESC) INTO items
    FROM (SELECT h.history_id, jsonb_build_object('switch_id', h.history_id::text, 'kind', h.kind, 'at', h.happened_at,
              'who', coalesce(h.acting_user, h.who), 'database_user', h.who, 'algorithm', h.algorithm,
              'network_id', h.network_id, 'network', h.network_name,
              'from_network', chimera.network_name_once(h.from_network), 'to_network', chimera.network_name_once(h.to_network),
              'reason', h.reason, 'undoes', h.undoes::text, 'changes', h.changes, 'result', h.result) AS item
          FROM chimera.network_switch_history h
          WHERE (wanted IS NULL OR wanted IN (h.network_id, h.from_network, h.to_network))
            AND (before IS NULL OR h.history_id < before)
          ORDER BY h.history_id DESC LIMIT chimera.page_limit("limit") + 1) p;
    RETURN chimera.page_json(items, "limit", 'switch_id');
END;
$$;
COMMENT ON FUNCTION chimera.web_admin_history(bytea, text, bigint, int) IS
'GET /admin/history: the changes of all networks or of one, which may be deleted, newest first. who is the user on whose '
'behalf the database user acted, web:NAME for a web user. Errors: 28000, 42501 as web_caller(), 42704 for an unknown '
'network, 22023 for an invalid limit.';

CREATE FUNCTION chimera.network_name_once(network_id uuid) RETURNS text
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT coalesce((SELECT n.name FROM chimera.network_configs n WHERE n.network_id = $1),
                    (SELECT h.network_name FROM chimera.network_switch_history h WHERE h.network_id = $1 LIMIT 1));
$$;
COMMENT ON FUNCTION chimera.network_name_once(uuid) IS 'Internal: the name of a network, even if it has been deleted.';

-- ---------- payouts ----------

CREATE FUNCTION chimera.web_admin_payouts(session_hash bytea, network text DEFAULT NULL, state text DEFAULT NULL,
    before bigint DEFAULT NULL, "limit" int DEFAULT NULL) RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' SET jit = off
AS $$
DECLARE
    wanted uuid;
    items jsonb;
BEGIN
    PERFORM chimera.web_caller(session_hash, false, true);
    IF network IS NOT NULL THEN
        wanted := chimera.network_id(network);
    END IF;
    IF state <> ALL (enum_range(NULL::chimera.payout_state)::text[]) THEN
        RAISE EXCEPTION 'state "%" does not exist', state USING ERRCODE = 'invalid_parameter_value',
            HINT = format('Use one of %s.', array_to_string(enum_range(NULL::chimera.payout_state), ', '));
    END IF;
    SELECT jsonb_agg(p.item ORDER BY p.batch_id DESC) INTO items
    FROM (SELECT b.batch_id, jsonb_build_object('batch_id', b.batch_id::text, 'network_id', b.network_id,
              'network', n.name, 'symbol', n.symbol, 'state', b.state, 'amount_sats', a.sats::text,
              'fee_sats', b.fee_sats::text, 'fee_payer', b.fee_payer, 'recipients', a.recipients, 'txid', b.txid,
              'explorer_url', replace(n.transaction_url, '{txid}', b.txid), 'confirmations', b.confirmations,
              'problem', b.problem, 'problem_since', b.problem_since, 'held_by', b.held_by, 'held_at', b.held_at,
              'note', b.note, 'created_at', b.created_at, 'sent_at', b.sent_at, 'confirmed_at', b.confirmed_at,
              'failed_at', b.failed_at) AS item
          FROM chimera.payout_batches b JOIN chimera.network_configs n USING (network_id)
          CROSS JOIN LATERAL (SELECT coalesce(sum(o.amount_sats), 0) AS sats, count(*) AS recipients
                              FROM chimera.payouts o WHERE o.batch_id = b.batch_id) a
          WHERE (wanted IS NULL OR b.network_id = wanted)
            AND (web_admin_payouts.state IS NULL OR b.state = web_admin_payouts.state::chimera.payout_state)
            AND (before IS NULL OR b.batch_id < before)
          ORDER BY b.batch_id DESC LIMIT chimera.page_limit("limit") + 1) p;
    RETURN chimera.page_json(items, "limit", 'batch_id');
END;
$$;
COMMENT ON FUNCTION chimera.web_admin_payouts(bytea, text, text, bigint, int) IS
'GET /admin/payouts: payout batches, newest first, optionally only those of a network or in a state. recipients is the '
'number of outputs. Errors: 28000, 42501 as web_caller(), 42704 for an unknown network, 22023 for an unknown state or an '
'invalid limit.';

CREATE FUNCTION chimera.web_admin_hold_payout(session_hash bytea, batch_id bigint, reason text DEFAULT NULL)
    RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET timezone = 'UTC'
    SET chimera.acting_user = ''
AS $$
BEGIN
    PERFORM chimera.act_as_caller(session_hash, true);
    PERFORM chimera.hold_payout_batch(batch_id, reason);
    RETURN '{}';
END;
$$;
COMMENT ON FUNCTION chimera.web_admin_hold_payout(bytea, bigint, text) IS
'POST /admin/payouts/:batch_id/hold: calls hold_payout_batch(). Errors: 28000, 42501 as web_caller(), and those of '
'hold_payout_batch().';

CREATE FUNCTION chimera.web_admin_release_payout(session_hash bytea, batch_id bigint) RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET timezone = 'UTC'
    SET chimera.acting_user = ''
AS $$
BEGIN
    PERFORM chimera.act_as_caller(session_hash, true);
    PERFORM chimera.release_payout_batch(batch_id);
    RETURN '{}';
END;
$$;
COMMENT ON FUNCTION chimera.web_admin_release_payout(bytea, bigint) IS
'POST /admin/payouts/:batch_id/release: calls release_payout_batch(). Errors: 28000, 42501 as web_caller(), and those of '
'release_payout_batch().';

CREATE FUNCTION chimera.web_admin_retry_payout(session_hash bytea, batch_id bigint) RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET timezone = 'UTC'
    SET chimera.acting_user = ''
AS $$
BEGIN
    PERFORM chimera.act_as_caller(session_hash, true);
    PERFORM chimera.retry_payout_batch(batch_id);
    RETURN '{}';
END;
$$;
COMMENT ON FUNCTION chimera.web_admin_retry_payout(bytea, bigint) IS
'POST /admin/payouts/:batch_id/retry: makes the payer retry a batch at once with retry_payout_batch(). Errors: 28000, '
'42501 as web_caller(), and those of retry_payout_batch().';

CREATE FUNCTION chimera.web_admin_cancel_payout(session_hash bytea, batch_id bigint, reason text DEFAULT NULL)
    RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET timezone = 'UTC'
    SET chimera.acting_user = ''
AS $$
BEGIN
    PERFORM chimera.act_as_caller(session_hash, true);
    PERFORM chimera.cancel_payout_batch(batch_id, reason);
    RETURN '{}';
END;
$$;
COMMENT ON FUNCTION chimera.web_admin_cancel_payout(bytea, bigint, text) IS
'POST /admin/payouts/:batch_id/cancel: returns a batch''s amounts to the balances with cancel_payout_batch(). Errors: '
'28000, 42501 as web_caller(), and those of cancel_payout_batch().';

-- ---------- health, presets, audit ----------

CREATE FUNCTION chimera.web_admin_health(session_hash bytea) RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' SET jit = off
AS $$
BEGIN
    PERFORM chimera.web_caller(session_hash, false, true);
    RETURN (SELECT jsonb_build_object('items', coalesce(jsonb_agg(to_jsonb(h) ORDER BY h.subject, h.name, h.part), '[]'))
            FROM chimera.health h);
END;
$$;
COMMENT ON FUNCTION chimera.web_admin_health(bytea) IS
'GET /admin/health: the rows of chimera.health. Errors: 28000, 42501 as web_caller().';

CREATE FUNCTION chimera.web_admin_presets(session_hash bytea) RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET timezone = 'UTC'
AS $$
BEGIN
    PERFORM chimera.web_caller(session_hash, false, true);
    RETURN (SELECT jsonb_build_object('items', jsonb_agg(to_jsonb(p) - 'genesis_header'
                || jsonb_build_object('dust_sats', p.dust_sats::text, 'dust_relay_fee_sats', p.dust_relay_fee_sats::text)
                ORDER BY p.kind, p.name))
            FROM chimera.network_presets p);
END;
$$;
COMMENT ON FUNCTION chimera.web_admin_presets(bytea) IS
'GET /admin/presets: the coins that the pool knows, the columns of network_presets. Errors: 28000, 42501 as web_caller().';

CREATE FUNCTION chimera.web_admin_audit(session_hash bytea) RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET timezone = 'UTC'
AS $$
BEGIN
    PERFORM chimera.web_caller(session_hash, false, true, touches => false);
    RETURN (SELECT jsonb_build_object('items', coalesce(jsonb_agg(jsonb_build_object('check_name', a.check_name,
                'network', a.network_name, 'subject', a.subject, 'expected', a.expected::text, 'found', a.found::text)), '[]'))
            FROM chimera.audit() a);
END;
$$;
COMMENT ON FUNCTION chimera.web_admin_audit(bytea) IS
'GET /admin/audit: the rows of chimera.audit(); no rows mean that all books agree. Errors: 28000, 42501 as web_caller().';
