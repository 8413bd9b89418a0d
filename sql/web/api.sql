-- api.sql: helpers shared by the routines behind the REST API.
--
-- webd turns a request into one call of a chimera.web_... routine, which
-- returns one jsonb. webd's role, a member of chimera_web, may execute these
-- routines and do nothing else. They therefore run as their owner, pin
-- search_path, and set the time zone in which jsonb shows times. Their helpers
-- are granted to nobody. Amounts are JSON strings because browsers cannot
-- represent integers from 2^53 on exactly.

CREATE FUNCTION chimera.public_network_id(network text) RETURNS uuid
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    found_id uuid;
BEGIN
    IF network IS NULL THEN
        RETURN NULL;
    END IF;
    SELECT n.network_id INTO found_id FROM chimera.network_configs n
    WHERE (n.name = lower(network) OR n.network_id::text = lower(network)) AND chimera.is_public_network(n);
    IF found_id IS NULL THEN
        RAISE EXCEPTION 'network "%" does not exist', network USING ERRCODE = 'undefined_object';
    END IF;
    RETURN found_id;
END;
$$;
COMMENT ON FUNCTION chimera.public_network_id(text) IS
'The id of a public network, given its short name or its id as text; NULL for NULL. Errors: 42704 if the network does '
'not exist or is not public.';

CREATE FUNCTION chimera.is_public_network(network chimera.network_configs) RETURNS boolean
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT network.is_enabled
        OR EXISTS (SELECT FROM chimera.network_rollups_minute r WHERE r.network_id = network.network_id)
        OR EXISTS (SELECT FROM chimera.blocks b WHERE b.network_id = network.network_id);
$$;
COMMENT ON FUNCTION chimera.is_public_network(chimera.network_configs) IS
'Whether the public API shows a network: it is enabled, or has been mined. A network in preparation is not public.';

CREATE FUNCTION chimera.is_public_account(account_id int) RETURNS boolean
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT NOT EXISTS (SELECT FROM chimera.web_users u WHERE u.account_id = $1);
$$;
COMMENT ON FUNCTION chimera.is_public_account(int) IS
'Whether the public API shows an account and its name. As soon as its owner can sign in, the account is private.';

-- ---------- pages ----------

CREATE FUNCTION chimera.page_limit("limit" int) RETURNS int
    LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF "limit" NOT BETWEEN 1 AND 100 THEN
        RAISE EXCEPTION 'limit must be from 1 to 100, not %', "limit" USING ERRCODE = 'invalid_parameter_value';
    END IF;
    RETURN coalesce("limit", 25);
END;
$$;
COMMENT ON FUNCTION chimera.page_limit(int) IS
'The number of items per page, 25 by default. Errors: 22023 if it is less than 1 or more than 100.';

CREATE FUNCTION chimera.page_json(items jsonb, "limit" int, key_field text) RETURNS jsonb
    LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp
AS $$
    -- one item too many means that more follow
    SELECT CASE WHEN jsonb_array_length(page_json.items) > chimera.page_limit(page_json."limit")
        THEN jsonb_build_object('items', page_json.items - -1,
                                'next', page_json.items -> -2 ->> page_json.key_field)
        ELSE jsonb_build_object('items', coalesce(page_json.items, '[]'), 'next', NULL) END;
$$;
COMMENT ON FUNCTION chimera.page_json(jsonb, int, text) IS
'A page of a list: {"items", "next"}. items may contain one item too many, which shows that more follow; then next is '
'the key of the page''s last item, as text, to be passed as before. Otherwise next is null. The keys descend.';

-- ---------- ranges of time ----------

CREATE FUNCTION chimera.range_steps(range text, since timestamptz, rigs bigint DEFAULT 1,
    OUT begins timestamptz, OUT ends timestamptz, OUT step interval)
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    most_steps CONSTANT int := 300;
    most_rows CONSTANT int := 200000;
    day CONSTANT interval := '24 hours';
    length interval;
BEGIN
    SELECT r.length, r.step INTO length, step
    FROM (VALUES ('1h', interval '1 hour', interval '1 minute'), ('6h', '6 hours', '5 minutes'),
                 ('12h', '12 hours', '5 minutes'), ('24h', day, '10 minutes'), ('3d', 3 * day, '30 minutes'),
                 ('7d', 7 * day, '1 hour'), ('30d', 30 * day, '3 hours'), ('90d', 90 * day, '12 hours'),
                 -- the pool's whole lifetime, in the shortest step that keeps within most_steps
                 ('all', greatest(now() - since, '1 hour'),
                  (SELECT min(s) FROM unnest(ARRAY['1 minute', '10 minutes', '1 hour', '3 hours', '12 hours', '24 hours',
                                                   '72 hours', '168 hours', '672 hours']::interval[]) s
                   WHERE s * (most_steps - 1) >= now() - since))) r (range, length, step)
    WHERE r.range = range_steps.range;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'range "%" does not exist', range
            USING ERRCODE = 'invalid_parameter_value', HINT = 'Use one of 1h, 6h, 12h, 24h, 3d, 7d, 30d, 90d, all.';
    END IF;
    -- an account's curve is summed from its rigs' rows; steps of hours and days need far fewer of them
    step := greatest(step, CASE
        WHEN rigs * extract(epoch FROM length) / 60 <= most_rows OR length <= '1 hour' THEN interval '0'
        WHEN rigs * extract(epoch FROM length) / 3600 <= most_rows OR length <= day THEN interval '1 hour'
        ELSE day END);
    ends := now();
    -- the current, unfinished step is included
    begins := ends - length + CASE WHEN range <> 'all' THEN step ELSE interval '0' END;
END;
$$;
COMMENT ON FUNCTION chimera.range_steps(text, timestamptz, bigint) IS
'The start and end of a range of the REST API, and the length of its steps. A range has 60 to 300 steps, fewer if '
'hundreds of rigs are summed up; the range all starts at since. Errors: 22023 for an unknown range.';

CREATE FUNCTION chimera.network_started_at(network_id uuid) RETURNS timestamptz
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    -- adopted history may be older than the network's row; a daily rollup counts
    -- only if its whole day is before the other two
    SELECT coalesce(min(least(f.first, (SELECT min(r.day) FROM chimera.share_rollups_day r
                                        WHERE r.network_id = f.network_id AND r.day + interval '24 hours' <= f.first))), now())
    FROM (SELECT n.network_id, least(n.created_at, (SELECT min(r.minute) FROM chimera.network_rollups_minute r
                                                    WHERE r.network_id = n.network_id)) AS first
          FROM chimera.network_configs n
          WHERE network_started_at.network_id IS NULL OR n.network_id = network_started_at.network_id) f;
$$;
COMMENT ON FUNCTION chimera.network_started_at(uuid) IS
'The start of a network''s history; NULL: of the pool''s oldest network.';

CREATE FUNCTION chimera.hashrate_json(range text, network_id uuid, account_id int) RETURNS jsonb
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    WITH steps AS MATERIALIZED (
        SELECT r.*, extract(epoch FROM r.step)::int AS step_s
        FROM chimera.range_steps(hashrate_json.range, chimera.network_started_at(hashrate_json.network_id),
            CASE WHEN hashrate_json.account_id IS NULL THEN 1
                 ELSE (SELECT count(*) FROM chimera.miners m WHERE m.account_id = hashrate_json.account_id) END) r
    ), series AS (
        SELECT h.network_id, h.network, h.algorithm,
               jsonb_agg(jsonb_build_array(extract(epoch FROM h.from_time)::bigint,
                   CASE WHEN p.is_there THEN h.hashrate_hs END, CASE WHEN p.is_there THEN h.accepted END,
                   CASE WHEN p.is_there THEN h.stale + h.duplicate + h.low_difficulty + h.invalid END, m.miners)
                   ORDER BY h.from_time) AS points
        FROM steps s
        CROSS JOIN LATERAL chimera.hashrate_series(s.begins, s.ends, s.step, hashrate_json.network_id,
                                                   hashrate_json.account_id, NULL) h
        JOIN (SELECT n.network_id, chimera.network_started_at(n.network_id) AS began FROM chimera.network_configs n OFFSET 0) b
            ON b.network_id = h.network_id
        CROSS JOIN LATERAL (SELECT h.from_time + s.step > b.began AS is_there) p
        LEFT JOIN LATERAL (
            SELECT max(r.miners) AS miners FROM chimera.network_rollups_hour r
            WHERE r.network_id = h.network_id AND r.hour >= h.from_time AND r.hour < h.from_time + s.step
              AND hashrate_json.account_id IS NULL AND s.step_s >= 3600) m ON true
        GROUP BY 1, 2, 3
    )
    SELECT jsonb_build_object('range', hashrate_json.range, 'step_s', s.step_s,
        'series', coalesce((SELECT jsonb_agg(jsonb_build_object('network_id', r.network_id, 'network', r.network,
            'algorithm', r.algorithm, 'points', r.points) ORDER BY r.network) FROM series r), '[]'))
    FROM steps s;
$$;
COMMENT ON FUNCTION chimera.hashrate_json(text, uuid, int) IS
'The hashrate of the pool or of an account over a range, on one network or on each that was mined. A point is [start in '
'seconds since 1970, hashes per second, accepted, rejected, miners]; its values are null before the network''s start and '
'where rollups have been dropped. miners is the highest hourly count within the step; it is null for an account, for '
'steps shorter than an hour, and until the hour is closed. Errors: 22023 for an unknown range.';

-- ---------- blocks and networks ----------

CREATE FUNCTION chimera.block_url(network chimera.network_configs, hash bytea, height int) RETURNS text
    LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT replace(replace(network.block_url, '{hash}', encode(hash, 'hex')), '{height}', height::text);
$$;
COMMENT ON FUNCTION chimera.block_url(chimera.network_configs, bytea, int) IS
'The URL of a block in the network''s explorer; NULL if the network has no explorer.';

CREATE FUNCTION chimera.block_json(block_id bigint) RETURNS jsonb
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT jsonb_build_object('block_id', b.block_id::text, 'network_id', b.network_id, 'network', n.name, 'symbol', n.symbol,
        'height', b.height, 'hash', encode(b.hash, 'hex'), 'status', b.status, 'found_at', b.found_at,
        'confirmations', b.confirmations, 'confirmations_needed', n.confirmations_needed,
        'reward_sats', b.reward_sats::text, 'network_difficulty', b.network_difficulty,
        'effort', r.difficulty / nullif(b.network_difficulty, 0),
        'finder', CASE WHEN p.is_public THEN a.name END, 'is_private', a.account_id IS NOT NULL AND NOT p.is_public,
        'explorer_url', chimera.block_url(n, b.hash, b.height))
    FROM chimera.blocks b
    JOIN chimera.network_configs n USING (network_id)
    -- the finder of an adopted block may be unknown
    LEFT JOIN chimera.accounts a USING (account_id)
    LEFT JOIN chimera.block_rounds r USING (block_id)
    CROSS JOIN LATERAL (SELECT chimera.is_public_account(b.account_id) AS is_public) p
    WHERE b.block_id = block_json.block_id;
$$;
COMMENT ON FUNCTION chimera.block_json(bigint) IS 'A block as the REST API shows it; NULL if it does not exist.';

CREATE FUNCTION chimera.network_identity_json(network chimera.network_configs) RETURNS jsonb
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT jsonb_build_object('network_id', network.network_id, 'network', network.name,
        'display_name', network.display_name, 'symbol', network.symbol, 'icon', network.icon,
        'algorithm', network.algorithm, 'is_enabled', network.is_enabled, 'is_active', network.is_active,
        'confirmations_needed', network.confirmations_needed,
        'minimum_payout_sats', network.minimum_payout_sats::text,
        'payout_interval_s', extract(epoch FROM network.payout_interval)::bigint,
        'parents', (SELECT coalesce(jsonb_agg(p.name ORDER BY p.name), '[]')
                    FROM chimera.merged_networks m JOIN chimera.network_configs p ON p.network_id = m.parent_id
                    WHERE m.network_id = network.network_id AND m.unmerged_at IS NULL AND chimera.is_public_network(p)),
        'children', (SELECT coalesce(jsonb_agg(c.name ORDER BY c.name), '[]')
                     FROM chimera.merged_networks m JOIN chimera.network_configs c ON c.network_id = m.network_id
                     WHERE m.parent_id = network.network_id AND m.unmerged_at IS NULL AND chimera.is_public_network(c)));
$$;
COMMENT ON FUNCTION chimera.network_identity_json(chimera.network_configs) IS
'A network''s names, state, payout settings, and public parents and children in merged mining, as the REST API shows '
'them.';

CREATE FUNCTION chimera.network_hashrate(network chimera.network_configs, network_difficulty float8) RETURNS float8
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE WHEN min(p.block_spacing_s) = max(p.block_spacing_s)
                THEN chimera.expected_hashes(network_difficulty, network.algorithm) / min(p.block_spacing_s) END
    FROM chimera.network_presets p
    -- a coin with several algorithms has a different spacing for each; regtest has none
    WHERE p.genesis_hash = network.genesis_hash AND p.algorithm = network.algorithm AND p.kind <> 'regtest'
      AND network.template_algorithm IS NULL AND p.template_algorithm IS NULL;
$$;
COMMENT ON FUNCTION chimera.network_hashrate(chimera.network_configs, float8) IS
'The estimated hashrate of the whole chain in hashes per second, from its difficulty and block spacing; NULL if no '
'preset defines the spacing.';

CREATE FUNCTION chimera.network_sums(network_id uuid, "window" text, OUT seconds float8, OUT accepted bigint, OUT stale bigint,
    OUT duplicate bigint, OUT low_difficulty bigint, OUT invalid bigint, OUT difficulty float8, OUT blocks bigint)
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT w.seconds, coalesce(sum(s.accepted), 0)::bigint, coalesce(sum(s.stale), 0)::bigint,
           coalesce(sum(s.duplicate), 0)::bigint, coalesce(sum(s.low_difficulty), 0)::bigint,
           coalesce(sum(s.invalid), 0)::bigint, coalesce(sum(s.difficulty), 0),
           (SELECT count(*) FROM chimera.blocks b WHERE b.network_id = $1 AND b.found_at >= w.since)
    FROM (SELECT v.since, v.seconds, v.minutes_until FROM chimera.window_bounds v WHERE v."window" = $2) w
    LEFT JOIN LATERAL (
        SELECT r.accepted, r.stale, r.duplicate, r.low_difficulty, r.invalid, r.difficulty
        FROM chimera.network_rollups_minute r
        -- with both bounds, the planner expects few rows and uses the index
        WHERE r.network_id = $1 AND r.minute >= w.since AND r.minute < w.minutes_until
        UNION ALL
        SELECT u.accepted, u.stale, u.duplicate, u.low_difficulty, u.invalid, u.difficulty
        FROM chimera.share_deltas d CROSS JOIN LATERAL chimera.unpack_share_deltas(d.counts) u
        WHERE d.network_id = $1 AND d.submitted_at >= w.since) s ON true
    GROUP BY w.since, w.seconds;
$$;
COMMENT ON FUNCTION chimera.network_sums(uuid, text) IS
'The shares and blocks of a network in a window of chimera.stat_windows, of all miners together. It is faster than '
'chimera.network_window(), which also counts the miners.';

CREATE FUNCTION chimera.network_stats_json(network_id uuid) RETURNS jsonb
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT chimera.network_identity_json(n) || jsonb_build_object(
        'hashrate_hs', q.hashrate_hs, 'miners', w.miners, 'accounts', w.accounts,
        'height', j.height, 'network_difficulty', j.network_difficulty,
        'network_hashrate_hs', chimera.network_hashrate(n, j.network_difficulty),
        'last_block_height', b.height, 'last_block_at', b.found_at,
        'round_effort', chimera.round_work(n.network_id) / nullif(j.network_difficulty, 0),
        'reward_scheme', r.scheme, 'fee_percent', CASE WHEN r.scheme IS NOT NULL THEN coalesce((r.parameters -> 'fee_percent')::numeric, 0) END,
        'seconds_to_block', chimera.expected_hashes(j.network_difficulty, n.algorithm) / nullif(q.hashrate_hs, 0),
        'blocks_24h', d.blocks, 'shares_24h', jsonb_build_object('accepted', d.accepted, 'stale', d.stale,
            'duplicate', d.duplicate, 'low_difficulty', d.low_difficulty, 'invalid', d.invalid))
    FROM chimera.network_configs n
    CROSS JOIN LATERAL chimera.network_sums(n.network_id, '24h') d
    CROSS JOIN LATERAL (SELECT chimera.expected_hashes(s.difficulty, n.algorithm) / nullif(s.seconds, 0) AS hashrate_hs
                        FROM chimera.network_sums(n.network_id, '15m') s) q
    -- counted here only if the accountant has not counted lately
    CROSS JOIN LATERAL (
        SELECT t.miners, t.accounts FROM chimera.network_standings t
        WHERE t.network_id = n.network_id AND t."window" = '15m' AND t.taken_at > now() - interval '1 minute'
        UNION ALL
        SELECT c.miners, c.accounts FROM chimera.network_window(n.network_id, '15m') c LIMIT 1) w
    LEFT JOIN LATERAL (SELECT k.height, chimera.difficulty(chimera.target(k.nbits), k.algorithm) AS network_difficulty
                       FROM chimera.jobs k WHERE k.network_id = n.network_id ORDER BY k.job_id DESC LIMIT 1) j ON true
    LEFT JOIN LATERAL (SELECT k.height, k.found_at FROM chimera.blocks k WHERE k.network_id = n.network_id
                       ORDER BY k.found_at DESC, k.block_id DESC LIMIT 1) b ON true
    LEFT JOIN LATERAL (SELECT f.scheme, f.parameters FROM chimera.reward_settings f
                       WHERE f.network_id = n.network_id AND f.from_share_id IS NOT NULL
                       ORDER BY f.from_share_id DESC, f.setting_id DESC LIMIT 1) r ON true
    WHERE n.network_id = network_stats_json.network_id AND n.archived_at IS NULL;
$$;
COMMENT ON FUNCTION chimera.network_stats_json(uuid) IS
'The current state of a network, as the REST API shows it. Hashrate, miners and accounts are of the last 15 minutes; '
'miners and accounts are the accountant''s counts if it has counted within the last minute. NULL for an archived '
'network.';
