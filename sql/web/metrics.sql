-- metrics.sql: the pool's metrics in Prometheus' text format.
--
-- webd adds them to its own at /metrics, for the operator only. Names follow
-- Prometheus' rules: base units, and counters end in _total. Counters are summed
-- from rollups and pending deltas in one snapshot, in which each share is either
-- in one or in the other, so they never decrease. A sample whose value is not
-- available is omitted.

CREATE FUNCTION chimera.metric_labels(VARIADIC pairs text[]) RETURNS text
    LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT '{' || string_agg(format('%s="%s"', pairs[i],
               replace(replace(replace(coalesce(pairs[i + 1], ''), E'\\', E'\\\\'), '"', E'\\"'), E'\n', E'\\n')), ',' ORDER BY i) || '}'
    FROM generate_series(1, cardinality(pairs), 2) i;
$$;
COMMENT ON FUNCTION chimera.metric_labels(text[]) IS 'A metric''s labels, escaped, from alternating names and values.';

CREATE FUNCTION chimera.share_counts(network_id uuid, OUT accepted numeric, OUT stale numeric, OUT duplicate numeric,
    OUT low_difficulty numeric, OUT invalid numeric, OUT difficulty float8)
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT coalesce(sum(s.accepted), 0), coalesce(sum(s.stale), 0), coalesce(sum(s.duplicate), 0),
           coalesce(sum(s.low_difficulty), 0), coalesce(sum(s.invalid), 0), coalesce(sum(s.difficulty), 0)
    FROM (
        SELECT r.accepted, r.stale, r.duplicate, r.low_difficulty, r.invalid, r.difficulty
        FROM chimera.network_rollups_hour r WHERE r.network_id = $1
        UNION ALL
        SELECT r.accepted, r.stale, r.duplicate, r.low_difficulty, r.invalid, r.difficulty
        FROM chimera.network_rollups_minute r
        WHERE r.network_id = $1 AND r.minute >= chimera.rollups_closed('hour') AND r.minute < 'infinity'
        UNION ALL
        SELECT u.accepted, u.stale, u.duplicate, u.low_difficulty, u.invalid, u.difficulty
        FROM chimera.share_deltas d CROSS JOIN LATERAL chimera.unpack_share_deltas(d.counts) u WHERE d.network_id = $1) s;
$$;
COMMENT ON FUNCTION chimera.share_counts(uuid) IS 'The number of all shares of a network since its start, by result.';

CREATE FUNCTION chimera.network_metrics(OUT metric text, OUT labels text, OUT value text) RETURNS SETOF record
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT m.metric, chimera.metric_labels(VARIADIC ARRAY['network', n.name] || m.labels), m.value
    FROM chimera.network_configs n
    CROSS JOIN LATERAL (SELECT chimera.network_stats_json(n.network_id) AS stats OFFSET 0) s
    CROSS JOIN LATERAL (SELECT c.* FROM chimera.share_counts(n.network_id) c OFFSET 0) c
    CROSS JOIN LATERAL (
        SELECT v.metric, '{}'::text[] AS labels, v.value
        FROM (VALUES
            ('network_enabled', n.is_enabled::int::text), ('network_active', n.is_active::int::text),
            ('network_hashrate_hashes_per_second', s.stats ->> 'hashrate_hs'), ('network_miners', s.stats ->> 'miners'),
            ('network_accounts', s.stats ->> 'accounts'), ('network_difficulty', s.stats ->> 'network_difficulty'),
            ('network_round_effort_ratio', s.stats ->> 'round_effort'), ('network_job_height', s.stats ->> 'height'),
            ('network_job_timestamp_seconds', (SELECT extract(epoch FROM j.created_at)::text FROM chimera.jobs j
                WHERE j.network_id = n.network_id ORDER BY j.job_id DESC LIMIT 1)),
            ('network_last_block_timestamp_seconds', (SELECT extract(epoch FROM max(b.found_at))::text FROM chimera.blocks b
                WHERE b.network_id = n.network_id)),
            ('network_accepted_difficulty_total', c.difficulty::text),
            ('network_connected_miners', (SELECT count(DISTINCT (a.miner_id, a.account_name, a.rig_name))::text FROM chimera.miner_network_assignments a
                WHERE a.network_id = n.network_id AND a.disconnected_at IS NULL)),
            ('network_ledger_imbalance_sats', (SELECT coalesce(sum(b.amount_sats), 0)::text FROM chimera.balances b
                WHERE b.network_id = n.network_id)),
            ('network_unposted_blocks', (SELECT count(*)::text FROM chimera.blocks b
                WHERE b.network_id = n.network_id AND b.ledger_problem IS NOT NULL)),
            ('network_payout_batches_held', (SELECT count(*)::text FROM chimera.payout_batches p
                WHERE p.network_id = n.network_id AND p.state IN ('prepared', 'sending', 'sent') AND p.held_at IS NOT NULL)),
            ('network_payout_waiting_since_timestamp_seconds', (SELECT extract(epoch FROM min(p.problem_since))::text
                FROM chimera.payout_batches p
                WHERE p.network_id = n.network_id AND p.state IN ('prepared', 'sending', 'sent')))) v (metric, value)
        UNION ALL
        SELECT 'network_shares_total', ARRAY['result', r.result], r.count::text
        FROM (VALUES ('accepted', c.accepted), ('stale', c.stale), ('duplicate', c.duplicate),
                     ('low_difficulty', c.low_difficulty), ('invalid', c.invalid)) r (result, count)
        UNION ALL
        SELECT 'network_blocks', ARRAY['status', e.status::text], count(b.block_id)::text
        FROM unnest(enum_range(NULL::chimera.block_status)) e (status)
        LEFT JOIN chimera.blocks b ON b.network_id = n.network_id AND b.status = e.status GROUP BY e.status
        UNION ALL
        SELECT 'network_payout_batches', ARRAY['state', e.state::text], count(p.batch_id)::text
        FROM unnest(enum_range(NULL::chimera.payout_state)) e (state)
        LEFT JOIN chimera.payout_batches p ON p.network_id = n.network_id AND p.state = e.state GROUP BY e.state
        UNION ALL
        SELECT 'network_owed_sats', ARRAY['account', e.account::text], coalesce(sum(b.amount_sats), 0)::text
        FROM unnest('{immature,balance,sending}'::chimera.ledger_account[]) e (account)
        LEFT JOIN chimera.balances b ON b.network_id = n.network_id AND b.account = e.account GROUP BY e.account) m
    WHERE n.archived_at IS NULL AND m.value IS NOT NULL;
$$;
COMMENT ON FUNCTION chimera.network_metrics() IS
'Internal: the samples of web_metrics() for each network that is not archived.';

CREATE FUNCTION chimera.server_metrics(OUT metric text, OUT labels text, OUT value text) RETURNS SETOF record
    LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT 'health_ok', chimera.metric_labels('subject', h.subject, 'name', h.name, 'part', h.part), h.ok::int::text
    FROM chimera.health h
    UNION ALL
    SELECT 'worker_state', chimera.metric_labels('kind', w.kind, 'network', n.name, 'state', s.state), (w.state = s.state)::int::text
    FROM chimera.worker_status() w
    LEFT JOIN chimera.network_configs n USING (network_id)
    CROSS JOIN unnest('{starting,ok,failing,stopped}'::text[]) s (state)
    -- a worker of a deleted network has no name to show
    WHERE w.network_id IS NULL OR n.name IS NOT NULL
    UNION ALL
    SELECT 'worker_last_success_timestamp_seconds', chimera.metric_labels('kind', w.kind, 'network', n.name),
           extract(epoch FROM w.last_success)::text
    FROM chimera.worker_status() w LEFT JOIN chimera.network_configs n USING (network_id)
    WHERE w.last_success IS NOT NULL AND (w.network_id IS NULL OR n.name IS NOT NULL)
    UNION ALL
    SELECT v.metric, '', v.value
    FROM chimera.share_set() s
    CROSS JOIN LATERAL (VALUES ('share_set_shares', s.used::text), ('share_set_capacity_shares', s.capacity::text)) v (metric, value);
$$;
COMMENT ON FUNCTION chimera.server_metrics() IS
'Internal: the samples of web_metrics() for the server. It fails if the library is not preloaded.';

CREATE FUNCTION chimera.metric_families(OUT place bigint, OUT metric text, OUT type text, OUT help text) RETURNS SETOF record
    LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT row_number() OVER (), f.metric, f.type, f.help
    FROM (VALUES
        ('network_enabled', 'gauge', 'Whether the network hands out jobs'),
        ('network_active', 'gauge', 'Whether the listeners of its algorithm serve the network'),
        ('network_hashrate_hashes_per_second', 'gauge', 'Hashrate estimated from the shares accepted in the last 15 minutes'),
        ('network_miners', 'gauge', 'Miners with an accepted share in the last 15 minutes'),
        ('network_accounts', 'gauge', 'Accounts with an accepted share in the last 15 minutes'),
        ('network_connected_miners', 'gauge', 'Miners connected to the network'),
        ('network_shares_total', 'counter', 'Shares by result'),
        ('network_accepted_difficulty_total', 'counter', 'Sum of the difficulty credited for accepted shares'),
        ('network_blocks', 'gauge', 'Blocks found by status'),
        ('network_last_block_timestamp_seconds', 'gauge', 'Time at which the last block was found'),
        ('network_job_height', 'gauge', 'Block height of the newest job'),
        ('network_job_timestamp_seconds', 'gauge', 'Time at which the newest job was created'),
        ('network_difficulty', 'gauge', 'Network difficulty of the newest job'),
        ('network_round_effort_ratio', 'gauge', 'Work since the last block divided by the network difficulty; a block takes 1 on average'),
        ('network_owed_sats', 'gauge', 'Amount owed to accounts, in the coin''s smallest unit: immature, balance, sending'),
        ('network_ledger_imbalance_sats', 'gauge', 'Sum of the ledger, which must be 0'),
        ('network_unposted_blocks', 'gauge', 'Blocks that could not be credited'),
        ('network_payout_batches', 'gauge', 'Payout batches by state'),
        ('network_payout_batches_held', 'gauge', 'Unfinished payout batches on hold'),
        ('network_payout_waiting_since_timestamp_seconds', 'gauge', 'Time since which the longest-waiting payout batch has had a problem'),
        ('health_ok', 'gauge', 'Whether a part of the pool is healthy, as in chimera.health'),
        ('worker_state', 'gauge', 'State of a background worker: 1 for its current state, else 0'),
        ('worker_last_success_timestamp_seconds', 'gauge', 'Time at which a background worker last succeeded'),
        ('share_set_shares', 'gauge', 'Shares of live jobs in shared memory'),
        ('share_set_capacity_shares', 'gauge', 'Shares that fit in shared memory'),
        ('share_deltas_oldest_age_seconds', 'gauge', 'Age of the oldest batch of shares that is not yet rolled up'),
        ('database_size_bytes', 'gauge', 'Size of the database')) f (metric, type, help);
$$;
COMMENT ON FUNCTION chimera.metric_families() IS
'Internal: the metrics of web_metrics() in their order, without the prefix chimera_.';

CREATE FUNCTION chimera.web_metrics() RETURNS text
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' SET jit = off
AS $$
DECLARE
    result text;
    is_preloaded CONSTANT boolean := current_setting('shared_preload_libraries') ~ E'\\mchimera\\M';
BEGIN
    WITH samples AS (
        SELECT * FROM chimera.network_metrics()
        UNION ALL
        SELECT s.* FROM (SELECT WHERE is_preloaded) p CROSS JOIN LATERAL chimera.server_metrics() s
        UNION ALL
        SELECT 'share_deltas_oldest_age_seconds', '', greatest(extract(epoch FROM coalesce(now() - min(d.submitted_at), '0')), 0)::text
        FROM chimera.share_deltas d
        UNION ALL
        SELECT 'database_size_bytes', '', pg_database_size(current_database())::text
    ), families AS (
        SELECT f.place, format(E'# HELP chimera_%s %s\n# TYPE chimera_%1$s %3$s\n', f.metric, f.help, f.type)
            || string_agg(format(E'chimera_%s%s %s\n', f.metric, s.labels, s.value), '' ORDER BY s.labels) AS lines
        FROM chimera.metric_families() f JOIN samples s USING (metric)
        GROUP BY f.place, f.metric, f.type, f.help
    )
    SELECT string_agg(f.lines, '' ORDER BY f.place) INTO result FROM families f;
    RETURN result;
END;
$$;
COMMENT ON FUNCTION chimera.web_metrics() IS
'GET /metrics: the pool''s metrics in Prometheus'' text format, each with HELP, TYPE and samples. If the library is not '
'preloaded, the metrics that only the library has are omitted.';
