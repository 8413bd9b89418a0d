-- accounts.sql: accounts in the REST API, and the routines of /accounts, which show public accounts to anybody.
--
-- The routines ending in _json show any account; their callers check who may
-- see it.

CREATE FUNCTION chimera.public_account_id(account text) RETURNS int
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    found_id int;
BEGIN
    SELECT a.account_id INTO found_id FROM chimera.accounts a
    WHERE a.name = chimera.account_name(account) AND chimera.is_public_account(a.account_id);
    IF found_id IS NULL THEN
        RAISE EXCEPTION 'account "%" does not exist', account USING ERRCODE = 'undefined_object';
    END IF;
    RETURN found_id;
END;
$$;
COMMENT ON FUNCTION chimera.public_account_id(text) IS
'The account_id of a public account, given its name. Errors: 42704 if the account does not exist or is private.';

CREATE FUNCTION chimera.account_stats_json(account_id int, network_id uuid) RETURNS jsonb
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    WITH stats AS MATERIALIZED (
        SELECT s.* FROM chimera.user_network_stats s
        WHERE s.account_id = $1 AND ($2 IS NULL OR s.network_id = $2)
    ), networks AS (
        SELECT s.network_id, s.network, s.algorithm, max(s.last_accepted_at) AS last_share_at,
               coalesce(max(s.hashrate_hs) FILTER (WHERE s."window" = '15m'), 0) AS hashrate_hs,
               coalesce(max(s.miners) FILTER (WHERE s."window" = '15m'), 0) AS miners,
               coalesce(max(s.blocks) FILTER (WHERE s."window" = '24h'), 0) AS blocks_24h,
               (SELECT jsonb_agg(jsonb_build_object('window', w."window", 'hashrate_hs', coalesce(o.hashrate_hs, 0),
                           'accepted', coalesce(o.accepted, 0), 'stale', coalesce(o.stale, 0),
                           'duplicate', coalesce(o.duplicate, 0), 'low_difficulty', coalesce(o.low_difficulty, 0),
                           'invalid', coalesce(o.invalid, 0)) ORDER BY w.length)
                FROM chimera.stat_windows w
                LEFT JOIN stats o ON o."window" = w."window" AND o.network_id = s.network_id) AS windows
        FROM stats s GROUP BY 1, 2, 3
    )
    SELECT jsonb_build_object('account', a.name, 'created_at', a.created_at,
        'networks', coalesce((SELECT jsonb_agg(jsonb_build_object('network_id', w.network_id, 'network', w.network,
            'symbol', n.symbol, 'algorithm', w.algorithm, 'windows', w.windows, 'miners', w.miners,
            'blocks_24h', w.blocks_24h, 'last_share_at', w.last_share_at) ORDER BY w.network)
            FROM networks w JOIN chimera.network_configs n USING (network_id)), '[]'),
        'algorithms', coalesce((SELECT jsonb_agg(jsonb_build_object('algorithm', t.algorithm, 'hashrate_hs', t.hashrate_hs)
            ORDER BY t.algorithm)
            FROM (SELECT w.algorithm, sum(w.hashrate_hs) AS hashrate_hs FROM networks w GROUP BY 1) t), '[]'))
    FROM chimera.accounts a WHERE a.account_id = $1;
$$;
COMMENT ON FUNCTION chimera.account_stats_json(int, uuid) IS
'The statistics of an account by window, on one network or on each that it mined in the last 7 days. Miners and the '
'hashrates by algorithm are of the last 15 minutes.';

CREATE FUNCTION chimera.account_hashrate_json(account_id int, network_id uuid, range text) RETURNS jsonb
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT chimera.hashrate_json(coalesce($3, '24h'), $2, $1);
$$;
COMMENT ON FUNCTION chimera.account_hashrate_json(int, uuid, text) IS
'An account''s hashrate over a range, 24h by default; see chimera.hashrate_json(). Errors: 22023 for an unknown range.';

CREATE FUNCTION chimera.account_workers_json(account_id int, network_id uuid, before bigint, "limit" int) RETURNS jsonb
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    most CONSTANT int := chimera.page_limit("limit");
    page CONSTANT int[] := ARRAY(
        SELECT m.miner_id FROM chimera.miners m
        WHERE m.account_id = $1 AND (before IS NULL OR m.miner_id < before)
        ORDER BY m.miner_id DESC LIMIT most + 1);
    shown CONSTANT int[] := page[:most];
    items jsonb;
BEGIN
    WITH stats AS MATERIALIZED (
        SELECT s.miner_id, s.network_id, s."window", s.hashrate_hs, s.accepted,
               s.stale + s.duplicate + s.low_difficulty + s.invalid AS rejected, s.last_accepted_at
        FROM chimera.miner_network_stats s
        WHERE s.miner_id = ANY (shown) AND s."window" IN ('15m', '24h') AND ($2 IS NULL OR s.network_id = $2)
    ), connected AS (
        SELECT c.miner_id, c.network_id, min(c.connected_at) AS since
        FROM chimera.miner_network_assignments c
        WHERE c.miner_id = ANY (shown) AND c.disconnected_at IS NULL AND ($2 IS NULL OR c.network_id = $2)
        GROUP BY 1, 2
    ), places AS (
        SELECT s.miner_id, s.network_id FROM stats s
        UNION
        SELECT c.miner_id, c.network_id FROM connected c
    )
    SELECT jsonb_agg(jsonb_build_object('miner_id', m.miner_id::text, 'miner', m.name,
               'network_id', n.network_id, 'network', n.name, 'algorithm', n.algorithm,
               'hashrate_15m_hs', coalesce(q.hashrate_hs, 0), 'hashrate_24h_hs', coalesce(d.hashrate_hs, 0),
               'accepted_24h', coalesce(d.accepted, 0), 'rejected_24h', coalesce(d.rejected, 0),
               'last_share_at', coalesce(d.last_accepted_at, q.last_accepted_at),
               'is_online', c.since IS NOT NULL, 'connected_since', c.since) ORDER BY m.miner_id DESC, n.name)
    INTO items
    FROM chimera.miners m
    LEFT JOIN places p ON p.miner_id = m.miner_id
    LEFT JOIN chimera.network_configs n ON n.network_id = p.network_id
    LEFT JOIN stats q ON q.miner_id = p.miner_id AND q.network_id = p.network_id AND q."window" = '15m'
    LEFT JOIN stats d ON d.miner_id = p.miner_id AND d.network_id = p.network_id AND d."window" = '24h'
    LEFT JOIN connected c ON c.miner_id = p.miner_id AND c.network_id IS NOT DISTINCT FROM p.network_id
    WHERE m.miner_id = ANY (shown) AND ($2 IS NULL OR p.network_id IS NOT NULL);
    RETURN jsonb_build_object('items', coalesce(items, '[]'),
        'next', CASE WHEN cardinality(page) > most THEN page[most]::text END);
END;
$$;
COMMENT ON FUNCTION chimera.account_workers_json(int, uuid, bigint, int) IS
'A page of an account''s miners, newest first. A miner has one item per network that it mined in the last 24 hours or is '
'connected for; if it has none, it has one item without a network. With network_id, only the miners of that network are '
'listed. limit counts miners, not items. Errors: 22023 for an invalid limit.';

CREATE FUNCTION chimera.account_balances_json(account_id int, network_id uuid) RETURNS jsonb
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    WITH expected AS MATERIALIZED (
        SELECT e.network_id, e.hashrate_hs, e.sats_per_day
        FROM chimera.accounts a CROSS JOIN LATERAL chimera.estimated_earnings(a.name, $2::text) e
        WHERE a.account_id = $1
    )
    SELECT jsonb_build_object('items', coalesce(jsonb_agg(jsonb_build_object('network_id', n.network_id, 'network', n.name,
        'symbol', n.symbol, 'pending_sats', coalesce(b.immature_sats, 0)::text, 'available_sats', coalesce(b.balance_sats, 0)::text,
        'sending_sats', coalesce(b.sending_sats, 0)::text, 'paid_sats', coalesce(b.paid_sats, 0)::text,
        'minimum_payout_sats', greatest(n.minimum_payout_sats, m.minimum_payout_sats)::text,
        'estimated_round_sats', (SELECT r.sats::text FROM chimera.estimated_rewards(n.network_id, $1) r),
        'estimated_sats_per_day', e.sats_per_day::text) ORDER BY n.name), '[]'))
    FROM chimera.network_configs n
    LEFT JOIN chimera.account_balances b ON b.account_id = $1 AND b.network_id = n.network_id
    LEFT JOIN chimera.payout_minimums m ON m.account_id = $1 AND m.network_id = n.network_id
    LEFT JOIN expected e ON e.network_id = n.network_id
    WHERE CASE WHEN $2 IS NULL THEN b.network_id IS NOT NULL OR e.hashrate_hs > 0 ELSE n.network_id = $2 END;
$$;
COMMENT ON FUNCTION chimera.account_balances_json(int, uuid) IS
'An account''s balances on one network, or on each network where it has or had money or is mining now, with the expected '
'earnings of a block found now and of a day. An estimate is null if the pool cannot compute it.';

CREATE FUNCTION chimera.account_payouts_json(account_id int, network_id uuid, before bigint, "limit" int) RETURNS jsonb
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    most CONSTANT int := chimera.page_limit("limit");
    items jsonb;
BEGIN
    SELECT jsonb_agg(jsonb_build_object('payout_id', p.payout_id::text, 'network_id', p.network_id, 'network', p.network,
               'symbol', p.symbol, 'amount_sats', p.amount_sats::text, 'fee_sats', p.fee_sats::text, 'address', p.address,
               'state', p.state, 'txid', p.txid, 'explorer_url', replace(n.transaction_url, '{txid}', p.txid),
               'created_at', p.created_at, 'sent_at', p.sent_at, 'confirmed_at', p.confirmed_at,
               'confirmations', p.confirmations) ORDER BY p.payout_id DESC) INTO items
    FROM (SELECT v.* FROM chimera.account_payouts v
          WHERE v.account_id = $1 AND ($2 IS NULL OR v.network_id = $2) AND (before IS NULL OR v.payout_id < before)
          ORDER BY v.payout_id DESC LIMIT most + 1) p
    JOIN chimera.network_configs n ON n.network_id = p.network_id;
    RETURN chimera.page_json(items, "limit", 'payout_id');
END;
$$;
COMMENT ON FUNCTION chimera.account_payouts_json(int, uuid, bigint, int) IS
'A page of an account''s payouts, sent or under way, newest first. Errors: 22023 for an invalid limit.';

CREATE FUNCTION chimera.account_earnings_json(account_id int, network_id uuid, range text) RETURNS jsonb
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    WITH steps AS MATERIALIZED (
        SELECT r.begins, extract(epoch FROM s.step)::int AS step_s,
               floor(extract(epoch FROM r.ends - r.length + s.step) / extract(epoch FROM s.step))::bigint AS first,
               floor(extract(epoch FROM r.ends) / extract(epoch FROM s.step))::bigint AS last
        FROM (SELECT b.begins, b.ends, b.step, b.ends - b.begins + b.step AS length
              FROM chimera.range_steps(coalesce($3, '30d'), chimera.network_started_at($2)) b) r
        -- rewards come block by block: steps shorter than an hour would mostly be empty
        CROSS JOIN LATERAL (SELECT greatest(r.step, CASE WHEN r.length >= '168 hours' THEN interval '24 hours'
                                                         ELSE interval '1 hour' END) AS step) s
    ), credited AS (
        SELECT e.network_id, floor(extract(epoch FROM t.created_at) / s.step_s)::bigint AS number, sum(e.amount_sats) AS sats
        FROM steps s
        JOIN chimera.ledger_entries e ON e.account_id = $1 AND ($2 IS NULL OR e.network_id = $2)
        JOIN chimera.ledger_transactions t USING (transaction_id)
        WHERE e.account IN ('immature', 'balance') AND t.kind IN ('block', 'orphan', 'shares', 'adjustment')
          AND t.created_at >= to_timestamp(s.first * s.step_s)
        GROUP BY 1, 2
    ), series AS (
        SELECT n.network_id, n.name, n.symbol,
               jsonb_agg(jsonb_build_array(i * s.step_s, coalesce(c.sats, 0)::text) ORDER BY i) AS points
        FROM steps s
        JOIN chimera.network_configs n ON CASE WHEN $2 IS NULL THEN n.network_id IN (SELECT c.network_id FROM credited c)
                                               ELSE n.network_id = $2 END
        CROSS JOIN generate_series(s.first, s.last) i
        LEFT JOIN credited c ON c.network_id = n.network_id AND c.number = i
        GROUP BY 1, 2, 3
    )
    SELECT jsonb_build_object('range', coalesce($3, '30d'), 'step_s', s.step_s,
        'series', coalesce((SELECT jsonb_agg(jsonb_build_object('network_id', r.network_id, 'network', r.name,
            'symbol', r.symbol, 'points', r.points) ORDER BY r.name) FROM series r), '[]'))
    FROM steps s;
$$;
COMMENT ON FUNCTION chimera.account_earnings_json(int, uuid, text) IS
'An account''s earnings per step of a range, 30d by default, on one network or on each that credited the account: all '
'rewards, mature or not, less those of orphaned blocks. A point is [start in seconds since 1970, amount]. Errors: 22023 '
'for an unknown range.';

-- ---------- public ----------

CREATE FUNCTION chimera.web_account(account text, network text DEFAULT NULL) RETURNS jsonb
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' SET jit = off
AS $$
    SELECT chimera.account_stats_json(chimera.public_account_id(account), chimera.public_network_id(network));
$$;
COMMENT ON FUNCTION chimera.web_account(text, text) IS
'GET /accounts/:account; see chimera.account_stats_json(). Errors: 42704 for an unknown account or network, or a private '
'account.';

CREATE FUNCTION chimera.web_account_hashrate(account text, network text DEFAULT NULL, range text DEFAULT NULL) RETURNS jsonb
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' SET jit = off
AS $$
    SELECT chimera.account_hashrate_json(chimera.public_account_id(account), chimera.public_network_id(network), range);
$$;
COMMENT ON FUNCTION chimera.web_account_hashrate(text, text, text) IS
'GET /accounts/:account/hashrate; see chimera.account_hashrate_json(). Errors: 42704 for an unknown account or network, '
'or a private account, 22023 for an unknown range.';

CREATE FUNCTION chimera.web_account_workers(account text, network text DEFAULT NULL, before bigint DEFAULT NULL,
    "limit" int DEFAULT NULL) RETURNS jsonb
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' SET jit = off
AS $$
    SELECT chimera.account_workers_json(chimera.public_account_id(account), chimera.public_network_id(network), before, "limit");
$$;
COMMENT ON FUNCTION chimera.web_account_workers(text, text, bigint, int) IS
'GET /accounts/:account/workers; see chimera.account_workers_json(). Errors: 42704 for an unknown account or network, or '
'a private account, 22023 for an invalid limit.';

CREATE FUNCTION chimera.web_account_balances(account text, network text DEFAULT NULL) RETURNS jsonb
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' SET jit = off
AS $$
    SELECT chimera.account_balances_json(chimera.public_account_id(account), chimera.public_network_id(network));
$$;
COMMENT ON FUNCTION chimera.web_account_balances(text, text) IS
'GET /accounts/:account/balances; see chimera.account_balances_json(). Errors: 42704 for an unknown account or network, '
'or a private account.';

CREATE FUNCTION chimera.web_account_payouts(account text, network text DEFAULT NULL, before bigint DEFAULT NULL,
    "limit" int DEFAULT NULL) RETURNS jsonb
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' SET jit = off
AS $$
    SELECT chimera.account_payouts_json(chimera.public_account_id(account), chimera.public_network_id(network), before, "limit");
$$;
COMMENT ON FUNCTION chimera.web_account_payouts(text, text, bigint, int) IS
'GET /accounts/:account/payouts; see chimera.account_payouts_json(). Errors: 42704 for an unknown account or network, or '
'a private account, 22023 for an invalid limit.';

CREATE FUNCTION chimera.web_account_earnings(account text, network text DEFAULT NULL, range text DEFAULT NULL) RETURNS jsonb
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' SET jit = off
AS $$
    SELECT chimera.account_earnings_json(chimera.public_account_id(account), chimera.public_network_id(network), range);
$$;
COMMENT ON FUNCTION chimera.web_account_earnings(text, text, text) IS
'GET /accounts/:account/earnings; see chimera.account_earnings_json(). Errors: 42704 for an unknown account or network, '
'or a private account, 22023 for an unknown range.';
