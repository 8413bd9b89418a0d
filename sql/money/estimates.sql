-- estimates.sql: what accounts may expect from a block found now, and from a
-- day of work.
--
-- Estimates come from the rollups, not from the shares: that is fast, and
-- accurate enough. rewards.sql computes the credits.

CREATE FUNCTION chimera.current_scheme(network_id uuid, OUT scheme text, OUT parameters jsonb, OUT reward_sats bigint,
    OUT subsidy_sats bigint, OUT network_difficulty float8) RETURNS SETOF record
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT s.scheme, s.parameters, j.coinbase_value, j.coinbase_value - j.fees, chimera.difficulty(chimera.target(j.nbits), j.algorithm)
    FROM (SELECT r.scheme, r.parameters FROM chimera.reward_settings r
          WHERE r.network_id = current_scheme.network_id AND r.from_share_id IS NOT NULL
          ORDER BY r.from_share_id DESC, r.setting_id DESC LIMIT 1) s
    CROSS JOIN (SELECT k.coinbase_value, k.fees, k.nbits, k.algorithm FROM chimera.jobs k
                WHERE k.network_id = current_scheme.network_id ORDER BY k.job_id DESC LIMIT 1) j;
$$;
COMMENT ON FUNCTION chimera.current_scheme(uuid) IS
'The reward scheme in force on a network, and the reward, subsidy (NULL if the node does not report fees) and '
'difficulty of its newest job; no row if it has no scheme or no job.';

-- Hours if they are closed, and minutes for at least the last six hours. A
-- period that the begin of the window or round cuts counts for the part
-- inside.
CREATE FUNCTION chimera.estimated_periods(network_id uuid, scheme text, parameters jsonb, network_difficulty float8,
    OUT is_hour boolean, OUT begins timestamptz, OUT difficulty float8, OUT part float8) RETURNS SETOF record
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_custom_plan
AS $$
#variable_conflict use_column
DECLARE
    wanted CONSTANT float8 := coalesce((parameters -> 'window')::numeric, 2) * network_difficulty;
    fading_s CONSTANT float8 := coalesce((parameters -> 'score_constant_s')::numeric, 300);
    -- earlier work has decayed to nothing, and exp() would underflow
    faded CONSTANT timestamptz := CASE WHEN scheme = 'score' THEN now() - make_interval(secs => 40 * fading_s) ELSE '-infinity' END;
    minutes_from CONSTANT timestamptz := CASE WHEN scheme = 'score' THEN faded
        ELSE least(chimera.rollups_closed('hour'), date_trunc('hour', now(), 'UTC') - interval '6 hours') END;
    round_began timestamptz := '-infinity';
BEGIN
    IF scheme IN ('prop', 'score') THEN
        SELECT coalesce(max(b.found_at), '-infinity') INTO round_began
        FROM chimera.blocks b WHERE b.network_id = estimated_periods.network_id;
    END IF;
    RETURN QUERY
    WITH periods AS (
        SELECT true AS is_hour, r.hour AS begins, r.difficulty, 3600 AS seconds
        FROM chimera.network_rollups_hour r
        WHERE r.network_id = estimated_periods.network_id AND r.hour < minutes_from AND r.hour > round_began - interval '1 hour'
        UNION ALL
        SELECT false, r.minute, r.difficulty, 60
        FROM chimera.network_rollups_minute r
        WHERE r.network_id = estimated_periods.network_id AND r.minute >= minutes_from
          AND r.minute > greatest(round_began - interval '1 minute', faded)
    ), newer AS (
        SELECT p.*, sum(p.difficulty) OVER (ORDER BY p.begins DESC) - p.difficulty AS later FROM periods p WHERE p.difficulty > 0
    )
    SELECT n.is_hour, n.begins, n.difficulty,
           CASE WHEN scheme IN ('prop', 'score')
               THEN CASE WHEN n.begins < round_began
                         THEN n.seconds - extract(epoch FROM round_began - n.begins)::float8 ELSE n.seconds END / n.seconds
                    * CASE scheme WHEN 'score' THEN exp(least(extract(epoch FROM n.begins - now())::float8 + 30, 0) / fading_s) ELSE 1 END
               ELSE least(1, (wanted - n.later) / n.difficulty) END
    FROM newer n
    WHERE scheme IN ('prop', 'score') OR n.later < wanted;
END;
$$;
COMMENT ON FUNCTION chimera.estimated_periods(uuid, text, jsonb, float8) IS
'The factor with which the work of each hour or minute would count in a block found now: of the round for PROP '
'and SCORE, of the last hours and minutes that fill PPLNS'' window for the other schemes.';

CREATE FUNCTION chimera.estimated_weights(network_id uuid, scheme text, parameters jsonb, network_difficulty float8,
    wanted int DEFAULT NULL, OUT account_id int, OUT weight float8, OUT all_weight float8) RETURNS SETOF record
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_custom_plan
AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    WITH periods AS MATERIALIZED (
        SELECT * FROM chimera.estimated_periods(estimated_weights.network_id, scheme, parameters, network_difficulty)
    ), first AS (
        SELECT coalesce(min(p.begins) FILTER (WHERE p.is_hour), 'infinity') AS hour,
               coalesce(min(p.begins) FILTER (WHERE NOT p.is_hour), 'infinity') AS minute, sum(p.difficulty * p.part) AS weight
        FROM periods p
    ), work AS (
        SELECT r.account_id, r.difficulty * p.part AS weight
        FROM chimera.share_rollups_hour r JOIN periods p ON p.is_hour AND p.begins = r.hour
        WHERE r.network_id = estimated_weights.network_id AND r.hour >= (SELECT f.hour FROM first f)
          AND (wanted IS NULL OR r.account_id = wanted)
        UNION ALL
        SELECT r.account_id, r.difficulty * p.part
        FROM chimera.share_rollups_minute r JOIN periods p ON NOT p.is_hour AND p.begins = r.minute
        WHERE r.network_id = estimated_weights.network_id AND r.minute >= (SELECT f.minute FROM first f)
          AND (wanted IS NULL OR r.account_id = wanted)
    )
    SELECT w.account_id, sum(w.weight), (SELECT f.weight FROM first f)
    FROM work w WHERE w.account_id IS NOT NULL GROUP BY 1;
END;
$$;
COMMENT ON FUNCTION chimera.estimated_weights(uuid, text, jsonb, float8, int) IS
'The weight that the work of an account, or of each, would have in a block found now, and the sum of all weights.';

CREATE FUNCTION chimera.estimated_rewards(network_id uuid, wanted int, OUT account_id int, OUT sats bigint) RETURNS SETOF record
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    WITH now_is AS MATERIALIZED (
        SELECT s.scheme, s.parameters, s.network_difficulty,
               s.reward_sats - div(s.reward_sats * coalesce((s.parameters -> 'finder_bonus_percent')::numeric, 0), 100)
               - CASE s.scheme WHEN 'pps+' THEN s.subsidy_sats ELSE 0 END AS shared
        FROM chimera.current_scheme(estimated_rewards.network_id) s
        WHERE s.scheme NOT IN ('solo', 'pps', 'fpps')
    )
    SELECT w.account_id,
           floor(i.shared * (w.weight / w.all_weight)::numeric
                 * (1000000 - chimera.reward_ppm(i.parameters, 'fee', w.account_id)
                    - chimera.reward_ppm(i.parameters, 'donation', w.account_id)) / 1000000)::bigint
    FROM now_is i
    CROSS JOIN LATERAL chimera.estimated_weights(estimated_rewards.network_id, i.scheme, i.parameters, i.network_difficulty,
                                                 estimated_rewards.wanted) w
    WHERE w.weight > 0;
$$;
COMMENT ON FUNCTION chimera.estimated_rewards(uuid, int) IS
'Internal: estimated_rewards(text) for one account, or for each (NULL).';

CREATE FUNCTION chimera.estimated_rewards(network text, OUT account_id int, OUT sats bigint) RETURNS SETOF record
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    SELECT r.account_id, r.sats
    FROM chimera.estimated_rewards(chimera.network_id(estimated_rewards.network), NULL) r ORDER BY r.account_id;
$$;
COMMENT ON FUNCTION chimera.estimated_rewards(text) IS
'Estimates what each account would get from a block found now on a network, in the smallest unit, less fees and '
'donations: of the newest job''s reward, by the scheme in force. The finder''s bonus is left out, since nobody has '
'earned it yet; SLICE is estimated as PPLNS; for PPS+ only the fees count. No row if a block brings nobody '
'anything in particular (PPS, FPPS), if its finder gets everything (SOLO), or if the network has no job or no '
'scheme. Errors: 42704 for an unknown network.';

CREATE FUNCTION chimera.estimated_earnings(account text, network text DEFAULT NULL,
    OUT network_id uuid, OUT network_name text, OUT hashrate_hs float8, OUT sats_per_day numeric) RETURNS SETOF record
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET jit = off
AS $$
DECLARE
    wanted CONSTANT uuid := CASE WHEN network IS NOT NULL THEN chimera.network_id(network) END;
    owner_id CONSTANT int := chimera.account_id(estimated_earnings.account);
BEGIN
    RETURN QUERY
    SELECT n.network_id, n.name, h.hashrate_hs,
           floor((h.hashrate_hs * 86400 / chimera.expected_hashes(s.network_difficulty, n.algorithm))::numeric
                 * CASE s.scheme WHEN 'pps' THEN s.subsidy_sats WHEN 'fpps' THEN least(s.reward_sats, 2 * s.subsidy_sats::numeric) ELSE s.reward_sats END
                 * (1000000 - chimera.reward_ppm(s.parameters, 'fee', owner_id)
                    - chimera.reward_ppm(s.parameters, 'donation', owner_id)) / 1000000)
    FROM chimera.network_configs n
    CROSS JOIN LATERAL (
        SELECT coalesce(max(u.hashrate_hs), 0) AS hashrate_hs FROM chimera.user_network_stats u
        WHERE u.account_id = owner_id AND u.network_id = n.network_id AND u."window" = '1h') h
    LEFT JOIN LATERAL chimera.current_scheme(n.network_id) s ON true
    WHERE CASE WHEN wanted IS NULL THEN n.is_enabled ELSE n.network_id = wanted END
    ORDER BY n.name;
END;
$$;
COMMENT ON FUNCTION chimera.estimated_earnings(text, text) IS
'Estimates what an account would earn in a day on a network, or on each enabled one, at the hashrate of the last '
'hour (hashrate_hs): its share of the chain''s difficulty times the newest job''s reward (PPS: its subsidy), less '
'fees and donations; in the smallest unit, NULL if the network has no job or no scheme. It ignores luck and '
'changes of the chain. Errors: 42704 for an unknown account or network.';
