-- rewards.sql: reward schemes: how a block's reward is divided
-- (extension/accounting).
--
-- doc/rewards.md has the schemes' formulas and sources. Nothing here writes:
-- the ledger stores the results. No amount is ever a floating-point number;
-- the credited difficulty, a float8, is first converted to an integer.

-- ---------- work ----------

CREATE FUNCTION chimera.work(difficulty float8) RETURNS numeric
    AS 'MODULE_PATHNAME', 'chimera_work'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION chimera.work(float8) IS
'The work of a difficulty as an integer, in units of 2^-64 of difficulty 1: exact from 2^-12 (0.00024) on; below '
'that rounded to the nearest unit, ties to even. Errors: 22003 for a difficulty below 0, of 2^64 or more, or not '
'a number.';

CREATE FUNCTION chimera.sum_work_step(internal, float8) RETURNS internal
    AS 'MODULE_PATHNAME', 'chimera_sum_work_step' LANGUAGE C IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION chimera.sum_score_step(internal, float8, timestamptz, timestamptz, bigint) RETURNS internal
    AS 'MODULE_PATHNAME', 'chimera_sum_score_step' LANGUAGE C IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION chimera.sum_combine(internal, internal) RETURNS internal
    AS 'MODULE_PATHNAME', 'chimera_sum_combine' LANGUAGE C IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION chimera.sum_final(internal) RETURNS numeric
    AS 'MODULE_PATHNAME', 'chimera_sum_final' LANGUAGE C IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION chimera.sum_serialize(internal) RETURNS bytea
    AS 'MODULE_PATHNAME', 'chimera_sum_serialize' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION chimera.sum_deserialize(bytea, internal) RETURNS internal
    AS 'MODULE_PATHNAME', 'chimera_sum_deserialize' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION chimera.sum_work_step(internal, float8) IS 'Step of chimera.sum_work';
COMMENT ON FUNCTION chimera.sum_score_step(internal, float8, timestamptz, timestamptz, bigint) IS
'Step of chimera.sum_score';
COMMENT ON FUNCTION chimera.sum_combine(internal, internal) IS 'Adds two sums of chimera.sum_work or chimera.sum_score';
COMMENT ON FUNCTION chimera.sum_final(internal) IS 'Result of chimera.sum_work and chimera.sum_score';
COMMENT ON FUNCTION chimera.sum_serialize(internal) IS 'Serializes a sum for another process of the query';
COMMENT ON FUNCTION chimera.sum_deserialize(bytea, internal) IS 'Deserializes a sum from another process of the query';

CREATE AGGREGATE chimera.sum_work(difficulty float8) (
    SFUNC = chimera.sum_work_step, STYPE = internal, SSPACE = 32, FINALFUNC = chimera.sum_final,
    COMBINEFUNC = chimera.sum_combine, SERIALFUNC = chimera.sum_serialize, DESERIALFUNC = chimera.sum_deserialize,
    PARALLEL = SAFE);
COMMENT ON AGGREGATE chimera.sum_work(float8) IS
'Sum of chimera.work() of difficulties, exact in any order; NULL for no rows. Errors: 22003 as chimera.work.';

CREATE AGGREGATE chimera.sum_score(difficulty float8, at timestamptz, until timestamptz, constant_us bigint) (
    SFUNC = chimera.sum_score_step, STYPE = internal, SSPACE = 32, FINALFUNC = chimera.sum_final,
    COMBINEFUNC = chimera.sum_combine, SERIALFUNC = chimera.sum_serialize, DESERIALFUNC = chimera.sum_deserialize,
    PARALLEL = SAFE);
COMMENT ON AGGREGATE chimera.sum_score(float8, timestamptz, timestamptz, bigint) IS
'Sum of work times exp(-(until - at) / constant), in units of 2^-64 of work, exact in any order. The factor is an '
'integer number of 2^-64ths, computed without floating point with an error below 2^-57. Shares after until count '
'as if at until. Errors: 22003 as chimera.work, 22023 for infinite times or a constant outside 1 to 2^50 '
'microseconds.';

CREATE FUNCTION chimera.steps_step(internal, float8, timestamptz, timestamptz, timestamptz) RETURNS internal
    AS 'MODULE_PATHNAME', 'chimera_steps_step' LANGUAGE C IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION chimera.steps_combine(internal, internal) RETURNS internal
    AS 'MODULE_PATHNAME', 'chimera_steps_combine' LANGUAGE C IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION chimera.steps_final(internal) RETURNS numeric[]
    AS 'MODULE_PATHNAME', 'chimera_steps_final' LANGUAGE C IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION chimera.steps_serialize(internal) RETURNS bytea
    AS 'MODULE_PATHNAME', 'chimera_steps_serialize' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION chimera.steps_deserialize(bytea, internal) RETURNS internal
    AS 'MODULE_PATHNAME', 'chimera_steps_deserialize' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION chimera.steps_step(internal, float8, timestamptz, timestamptz, timestamptz) IS
'Step of chimera.sum_work_steps';
COMMENT ON FUNCTION chimera.steps_combine(internal, internal) IS 'Adds two results of chimera.sum_work_steps';
COMMENT ON FUNCTION chimera.steps_final(internal) IS 'Result of chimera.sum_work_steps';
COMMENT ON FUNCTION chimera.steps_serialize(internal) IS 'Serializes sums for another process of the query';
COMMENT ON FUNCTION chimera.steps_deserialize(bytea, internal) IS 'Deserializes sums from another process of the query';

CREATE AGGREGATE chimera.sum_work_steps(difficulty float8, at timestamptz, from_time timestamptz, to_time timestamptz) (
    SFUNC = chimera.steps_step, STYPE = internal, SSPACE = 2048, FINALFUNC = chimera.steps_final,
    COMBINEFUNC = chimera.steps_combine, SERIALFUNC = chimera.steps_serialize, DESERIALFUNC = chimera.steps_deserialize,
    PARALLEL = SAFE);
COMMENT ON AGGREGATE chimera.sum_work_steps(float8, timestamptz, timestamptz, timestamptz) IS
'Sums of work by time: the interval from from_time to to_time in 64 steps of (to_time - from_time) / 64 plus a '
'microsecond each. Errors: 22003 as chimera.work, 22023 for a time outside the interval.';

CREATE FUNCTION chimera.split_amount(amount numeric, weights numeric[]) RETURNS bigint[]
    AS 'MODULE_PATHNAME', 'chimera_split_amount'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION chimera.split_amount(numeric, numeric[]) IS
'Divides an amount by weights, which may be fractions, to the last unit by largest remainder (Hamilton): the '
'parts add up to the amount, and each differs from the exact one by less than a unit. Of equal remainders the '
'first in the array gets the unit, so give the weights in a fixed order, such as array_agg(weight ORDER BY '
'account_id). Errors: 22023 for an amount that is negative or not whole, a negative weight, a null, or an amount '
'without any weight above zero; 22003 for an amount of 2^63 or more, or weights that sum to 2^254 or more.';

CREATE FUNCTION chimera.pps_value(difficulty float8, network_difficulty float8, pays_sats bigint) RETURNS numeric
    AS 'MODULE_PATHNAME', 'chimera_pps_value'
    LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION chimera.pps_value(float8, float8, bigint) IS
'The average value of a share: pays_sats * work / the network''s work, truncated to 18 decimals of the smallest '
'unit. It is truncated per share, so that sums are the same in any order and however a range of shares is '
'divided. A share above the network''s difficulty is worth one block. Errors: 22004 for a null, 22003 as '
'chimera.work, 22023 for a negative amount or a network difficulty of 0.';

-- ---------- shares that can be counted ----------

CREATE FUNCTION chimera.shares_are_settled(settles_after xid8) RETURNS boolean
    AS 'MODULE_PATHNAME', 'chimera_shares_are_settled'
    LANGUAGE C STABLE STRICT;
COMMENT ON FUNCTION chimera.shares_are_settled(xid8) IS
'Whether this statement sees every share up to a horizon that will ever exist: of a block by its settles_after, '
'or of share_horizon(). False while a transaction is running that might still commit an earlier share; then try '
'again later.';

CREATE FUNCTION chimera.share_horizon(OUT share_id bigint, OUT settles_after xid8, OUT taken_at timestamptz)
    AS 'MODULE_PATHNAME', 'chimera_share_horizon'
    LANGUAGE C VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp;
COMMENT ON FUNCTION chimera.share_horizon() IS
'The last share_id that a batch may have drawn so far, in any network. Once shares_are_settled(settles_after) is '
'true, all shares up to it are visible. For schemes that pay by share: take a horizon, wait until it is settled, '
'then pay the shares from the previous one up to it.';

-- ---------- weights ----------

CREATE FUNCTION chimera.pays_by_share(scheme text) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT scheme IN ('pps', 'pps+', 'fpps');
$$;
COMMENT ON FUNCTION chimera.pays_by_share(text) IS
'Whether a reward scheme pays each share directly, and blocks belong to the pool.';

CREATE FUNCTION chimera.prop_work(block_id bigint, OUT account_id int, OUT work numeric) RETURNS SETOF record
    AS 'MODULE_PATHNAME', 'chimera_prop_work'
    LANGUAGE C STABLE STRICT SET search_path = pg_catalog, pg_temp;
COMMENT ON FUNCTION chimera.prop_work(bigint) IS
'PROP: the work of a block''s round by account: of the shares after the share of the network''s previous block '
'(whatever its status) up to its own, except shares that a scheme has paid directly. Errors: P0002 for an unknown '
'block, 55000 if its share is not known or its shares are not settled yet, 55C01 if the round began before the '
'shares that are kept.';

CREATE FUNCTION chimera.pplns_work(block_id bigint, n numeric, fees_only boolean DEFAULT false, OUT account_id int, OUT work numeric) RETURNS SETOF record
    AS 'MODULE_PATHNAME', 'chimera_pplns_work'
    LANGUAGE C STABLE STRICT SET search_path = pg_catalog, pg_temp;
COMMENT ON FUNCTION chimera.pplns_work(bigint, numeric, boolean) IS
'PPLNS: the work by account of the last shares up to the block''s own that sum to n times the network''s '
'difficulty; the first of them counts for the part that fits. If fewer shares exist, all of them count. The '
'window ends at the last share that a scheme has paid directly; with fees_only, for PPS+, shares that PPS+ has '
'paid count as well. Errors: P0002 for an unknown block, 55000 if its share is not known or its shares are not '
'settled yet, 55C01 if the window reaches back beyond the shares that are kept, 22023 for an n that is not above '
'zero.';

CREATE FUNCTION chimera.score_work(block_id bigint, constant_us bigint, OUT account_id int, OUT work numeric) RETURNS SETOF record
    AS 'MODULE_PATHNAME', 'chimera_score_work'
    LANGUAGE C STABLE STRICT SET search_path = pg_catalog, pg_temp;
COMMENT ON FUNCTION chimera.score_work(bigint, bigint) IS
'SCORE: the work of a block''s round by account, each share''s decayed by exp(-age / constant) with its age at the '
'time of the block; in units of 2^-64 of work. Errors: as chimera.prop_work, and 22023 for a constant outside 1 '
'to 2^50 microseconds.';

CREATE FUNCTION chimera.slice_work(block_id bigint, n numeric, fee_delta_sats bigint,
    OUT account_id int, OUT work numeric, OUT fee_work numeric) RETURNS SETOF record
    AS 'MODULE_PATHNAME', 'chimera_slice_work'
    LANGUAGE C STABLE STRICT SET search_path = pg_catalog, pg_temp;
COMMENT ON FUNCTION chimera.slice_work(bigint, numeric, bigint) IS
'SLICE (PPLNS-JD): for the window of chimera.pplns_work, the work by account, which divides the subsidy, and its '
'part of each slice by work times the job''s fees, in units of 2^-96 of a slice, which divides the fees. A slice '
'is a run of jobs on one tip whose fees stay below the first one''s plus fee_delta_sats. Errors: as '
'chimera.pplns_work, 55000 if a job''s fees are not known, and 22023 for a delta below 1.';

-- ---------- parameters ----------

CREATE FUNCTION chimera.check_percent(what text, value jsonb) RETURNS void
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF jsonb_typeof(value) IS DISTINCT FROM 'number' OR value::numeric NOT BETWEEN 0 AND 100
       OR scale(trim_scale(value::numeric)) > 4 THEN
        RAISE EXCEPTION '% must be a number from 0 to 100 with at most 4 decimals, not %', what, value
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
END;
$$;
COMMENT ON FUNCTION chimera.check_percent(text, jsonb) IS
'Part of check_reward_parameters: rejects a value that is not a percentage of at most 4 decimals. Errors: 22023.';

CREATE FUNCTION chimera.reward_ppm(parameters jsonb, what text, account_id int) RETURNS bigint
    LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT (coalesce((parameters -> ('account_' || what || 's') -> account_id::text)::numeric,
                     (parameters -> (what || '_percent'))::numeric, 0) * 10000)::bigint;
$$;
COMMENT ON FUNCTION chimera.reward_ppm(jsonb, text, int) IS
'The fee or donation (what) of an account under a scheme''s parameters, in millionths: its own rate, or else the '
'general one.';

CREATE FUNCTION chimera.check_reward_parameters(scheme text, parameters jsonb) RETURNS void
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    -- for each number: the schemes that have it, its minimum and maximum
    numbers CONSTANT jsonb := '{
        "window":               {"of": ["pplns", "pps+", "slice"], "least": 0.0001, "most": 1000},
        "score_constant_s":     {"of": ["score"], "least": 1, "most": 86400, "whole": true},
        "slice_fee_delta_sats": {"of": ["slice"], "least": 1, "most": 9000000000000000000, "whole": true}}';
    schemes CONSTANT text[] := '{pplns,prop,solo,pps,pps+,fpps,score,slice}';
    key text;
    value jsonb;
    rule jsonb;
    account text;
    rate jsonb;
    dearest numeric;
BEGIN
    IF scheme IS NULL OR scheme <> ALL (schemes) THEN
        RAISE EXCEPTION 'reward scheme "%" does not exist', scheme
            USING ERRCODE = 'invalid_parameter_value', HINT = format('Schemes are %s.', array_to_string(schemes, ', '));
    END IF;
    IF jsonb_typeof(parameters) IS DISTINCT FROM 'object' THEN
        RAISE EXCEPTION 'parameters of a reward scheme must be a JSON object, not %', coalesce(parameters::text, 'null')
            USING ERRCODE = 'invalid_parameter_value';
    END IF;

    FOR key, value IN SELECT * FROM jsonb_each(parameters) LOOP
        rule := numbers -> key;
        IF key IN ('fee_percent', 'donation_percent') THEN
            PERFORM chimera.check_percent(key, value);
        ELSIF key = 'finder_bonus_percent' AND scheme IN ('pplns', 'prop', 'score', 'slice') THEN
            PERFORM chimera.check_percent(key, value);
        ELSIF key IN ('account_fees', 'account_donations') THEN
            IF jsonb_typeof(value) <> 'object' THEN
                RAISE EXCEPTION '% must be a JSON object of percentages by account_id, not %', key, value
                    USING ERRCODE = 'invalid_parameter_value';
            END IF;
            FOR account, rate IN SELECT * FROM jsonb_each(value) LOOP
                IF account !~ '^[1-9][0-9]{0,9}$' OR account::bigint > 2147483647 THEN
                    RAISE EXCEPTION 'invalid account_id in %: "%"', key, account USING ERRCODE = 'invalid_parameter_value';
                END IF;
                PERFORM chimera.check_percent(format('%s of account %s', key, account), rate);
            END LOOP;
        ELSIF (rule -> 'of') ? scheme THEN
            IF jsonb_typeof(value) <> 'number' OR value::numeric NOT BETWEEN (rule -> 'least')::numeric AND (rule -> 'most')::numeric
               OR (rule ? 'whole' AND value::numeric <> trunc(value::numeric)) OR scale(trim_scale(value::numeric)) > 4 THEN
                RAISE EXCEPTION '% must be a % from % to %, not %', key,
                    CASE WHEN rule ? 'whole' THEN 'whole number' ELSE 'number with at most 4 decimals' END,
                    rule ->> 'least', rule ->> 'most', value USING ERRCODE = 'invalid_parameter_value';
            END IF;
        ELSE
            RAISE EXCEPTION 'reward scheme "%" does not have a parameter "%"', scheme, key USING ERRCODE = 'invalid_parameter_value';
        END IF;
    END LOOP;

    -- account 0 stands for all accounts without a rate of their own
    SELECT max(chimera.reward_ppm(parameters, 'fee', a.id) + chimera.reward_ppm(parameters, 'donation', a.id)) INTO dearest
    FROM (SELECT 0 AS id
          UNION SELECT jsonb_object_keys(parameters -> 'account_fees')::int
          UNION SELECT jsonb_object_keys(parameters -> 'account_donations')::int) a;
    IF dearest > 1000000 THEN
        RAISE EXCEPTION 'fee and donation must not exceed 100 percent together' USING ERRCODE = 'invalid_parameter_value';
    END IF;
END;
$$;
COMMENT ON FUNCTION chimera.check_reward_parameters(text, jsonb) IS
'Rejects an unknown reward scheme, and parameters that it does not have or that are out of range; doc/rewards.md '
'lists them. Errors: 22023 with the reason.';

-- ---------- amounts ----------

CREATE FUNCTION chimera.rewards_of_block(block_id bigint, scheme text, parameters jsonb,
    OUT account_id int, OUT amount_sats bigint, OUT kind text) RETURNS SETOF record
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    window_n CONSTANT numeric := coalesce((parameters -> 'window')::numeric, 2);
    block record;
    bonus bigint := 0;
    pool bigint := 0;
    shared bigint;
    accounts int[];
    weights numeric[];
    fee_weights numeric[];
    amounts bigint[];
BEGIN
    PERFORM chimera.check_reward_parameters(scheme, parameters);
    -- the subsidy is that of the block's own job: halvings need no setting
    SELECT b.account_id, b.reward_sats, CASE WHEN j.fees IS NOT NULL THEN least(j.coinbase_value - j.fees, b.reward_sats) END AS subsidy
    INTO block
    FROM chimera.blocks b LEFT JOIN chimera.jobs j USING (job_id) WHERE b.block_id = rewards_of_block.block_id;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'block % does not exist', block_id USING ERRCODE = 'no_data_found';
    END IF;
    IF block.subsidy IS NULL AND scheme IN ('pps+', 'slice') THEN
        RAISE EXCEPTION 'subsidy of block % is not known', block_id
            USING ERRCODE = 'object_not_in_prerequisite_state',
                DETAIL = 'The template of its job did not have the fees of the transactions.',
                HINT = 'Use chimera.set_block_reward_scheme() to set another scheme for it.';
    END IF;

    bonus := div(block.reward_sats * coalesce((parameters -> 'finder_bonus_percent')::numeric, 0), 100);
    pool := CASE scheme WHEN 'pps' THEN block.reward_sats WHEN 'fpps' THEN block.reward_sats WHEN 'pps+' THEN block.subsidy ELSE 0 END;
    shared := block.reward_sats - bonus - pool;

    -- ordered by account_id, which decides who gets the unit of two equal remainders
    CASE
        WHEN scheme = 'solo' THEN
            accounts := ARRAY[block.account_id];
            weights := ARRAY[1];
        WHEN scheme IN ('pplns', 'pps+') THEN
            SELECT array_agg(w.account_id ORDER BY w.account_id), array_agg(w.work ORDER BY w.account_id)
            INTO accounts, weights FROM chimera.pplns_work(rewards_of_block.block_id, window_n, scheme = 'pps+') w;
        WHEN scheme = 'prop' THEN
            SELECT array_agg(w.account_id ORDER BY w.account_id), array_agg(w.work ORDER BY w.account_id)
            INTO accounts, weights FROM chimera.prop_work(rewards_of_block.block_id) w;
        WHEN scheme = 'score' THEN
            SELECT array_agg(w.account_id ORDER BY w.account_id), array_agg(w.work ORDER BY w.account_id)
            INTO accounts, weights
            FROM chimera.score_work(rewards_of_block.block_id, 1000000 * coalesce((parameters -> 'score_constant_s')::bigint, 300)) w;
        WHEN scheme = 'slice' THEN
            SELECT array_agg(w.account_id ORDER BY w.account_id), array_agg(w.work ORDER BY w.account_id),
                   array_agg(w.fee_work ORDER BY w.account_id)
            INTO accounts, weights, fee_weights
            FROM chimera.slice_work(rewards_of_block.block_id, window_n,
                                    coalesce((parameters -> 'slice_fee_delta_sats')::bigint, 1000000)) w;
        ELSE
            accounts := '{}';
    END CASE;
    IF accounts IS NULL OR (SELECT sum(w) FROM unnest(weights) w) = 0 THEN
        RAISE EXCEPTION 'block % has no work to reward', block_id
            USING ERRCODE = 'object_not_in_prerequisite_state',
                HINT = 'Its shares may have been paid directly by another scheme, or have been dropped.';
    END IF;

    IF scheme = 'slice' THEN
        -- the finder's bonus comes out of the subsidy as far as possible
        SELECT array_agg(a.by_work + a.by_fees ORDER BY a.place) INTO amounts
        FROM unnest(chimera.split_amount(greatest(block.subsidy - bonus, 0), weights),
                    chimera.split_amount(shared - greatest(block.subsidy - bonus, 0), fee_weights))
             WITH ORDINALITY a (by_work, by_fees, place);
    ELSIF scheme NOT IN ('pps', 'fpps') THEN
        amounts := chimera.split_amount(shared, weights);
    END IF;

    RETURN QUERY
    WITH gross AS (
        SELECT g.account, g.amount, 'reward' AS kind FROM unnest(accounts, amounts) g (account, amount)
        UNION ALL
        SELECT block.account_id, bonus, 'finder'
    ), parts AS (
        SELECT g.account, g.amount, g.kind,
               div(g.amount::numeric * chimera.reward_ppm(parameters, 'fee', g.account), 1000000)::bigint AS fee,
               div(g.amount::numeric * chimera.reward_ppm(parameters, 'donation', g.account), 1000000)::bigint AS donation
        FROM gross g
    ), lines AS (
        SELECT p.account, p.amount - p.fee - p.donation AS amount, p.kind FROM parts p
        UNION ALL SELECT p.account, sum(p.fee)::bigint, 'fee' FROM parts p GROUP BY 1
        UNION ALL SELECT p.account, sum(p.donation)::bigint, 'donation' FROM parts p GROUP BY 1
        UNION ALL SELECT NULL, pool, 'pool'
    )
    SELECT l.account, l.amount, l.kind FROM lines l
    WHERE l.amount > 0
    ORDER BY l.kind, l.account;
END;
$$;
COMMENT ON FUNCTION chimera.rewards_of_block(bigint, text, jsonb) IS
'How a scheme divides a block''s reward; the amounts always add up to reward_sats. kind: reward, finder (bonus): '
'for the account; fee, donation: out of the account''s part, for the pool and for donations; pool: for the pool, '
'under a scheme that pays by share (account_id is NULL). No amount is 0. PPS+ and SLICE use the subsidy of the '
'block''s own job. Errors: 22023 as chimera.check_reward_parameters, P0002 for an unknown block, 55000 if its '
'share or, if needed, its subsidy is not known, its shares are not settled yet, or none has work, 55C01 if some '
'of them have been dropped.';

CREATE FUNCTION chimera.pps_credits(network text, from_share_id bigint, to_share_id bigint, scheme text, parameters jsonb,
    from_time timestamptz DEFAULT '-infinity', to_time timestamptz DEFAULT 'infinity',
    OUT account_id int, OUT shares bigint, OUT value_sats numeric, OUT fee_sats numeric, OUT donation_sats numeric,
    OUT credit_sats numeric) RETURNS SETOF record
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    wanted CONSTANT uuid := chimera.network_id(network);
    -- a constant at planning time, so that the plan leaves out the partitions of all other days
    first CONSTANT timestamptz := from_time - chimera.clock_slack();
    past CONSTANT timestamptz := to_time + chimera.clock_slack();
    -- and of other networks
    sources CONSTANT uuid[] := ARRAY(SELECT chimera.share_sources(wanted));
BEGIN
    PERFORM chimera.check_reward_parameters(scheme, parameters);
    IF NOT chimera.pays_by_share(scheme) THEN
        RAISE EXCEPTION 'reward scheme "%" does not pay by share', scheme USING ERRCODE = 'invalid_parameter_value';
    END IF;

    RETURN QUERY
    -- shares of the same job and difficulty have the same value: count them first
    WITH counted AS MATERIALIZED (
        SELECT s.miner_id, s.job_id, s.difficulty, count(*) AS shares
        FROM chimera.network_shares s
        WHERE s.network_id = wanted AND s.source_id = ANY (sources) AND s.share_id > from_share_id AND s.share_id <= to_share_id
          AND s.submitted_at >= first AND s.submitted_at < past
        GROUP BY 1, 2, 3
    ), prices AS MATERIALIZED (
        SELECT j.job_id, chimera.difficulty(chimera.target(j.nbits), j.algorithm) AS network_difficulty,
               -- fees count up to the amount of the subsidy: a node's claim of more could not be
               -- checked
               j.coinbase_value - j.fees + CASE scheme WHEN 'fpps' THEN least(j.fees, j.coinbase_value - j.fees) ELSE 0 END AS pays
        FROM chimera.jobs j
        WHERE j.job_id IN (SELECT c.job_id FROM counted c)
    ), valued AS (
        SELECT m.account_id, sum(c.shares)::bigint AS shares,
               sum(c.shares * chimera.pps_value(c.difficulty, p.network_difficulty, p.pays)) AS value
        FROM counted c
        LEFT JOIN prices p USING (job_id)
        JOIN chimera.miners m USING (miner_id)
        GROUP BY 1
    ), parts AS (
        SELECT v.account_id, v.shares, v.value,
               v.value * chimera.reward_ppm(parameters, 'fee', v.account_id) * 0.000001 AS fee,
               v.value * chimera.reward_ppm(parameters, 'donation', v.account_id) * 0.000001 AS donation
        FROM valued v
    )
    SELECT p.account_id, p.shares, p.value, p.fee, p.donation, p.value - p.fee - p.donation
    FROM parts p ORDER BY 1;
END;
$$;
COMMENT ON FUNCTION chimera.pps_credits(text, bigint, bigint, text, jsonb, timestamptz, timestamptz) IS
'What the shares of a network with from_share_id < share_id <= to_share_id earn under a scheme that pays by share '
'(pps, pps+, fpps), by account: value = fee + donation + credit, exactly, in the smallest unit with up to 24 '
'decimals. The credits of adjacent ranges add up to that of the whole range, so carry the fraction from one to '
'the next. Take both ids from share_horizon(), the latter settled; from_time and to_time, their taken_at, avoid '
'reading other days. A share is worth its part of the subsidy of its own job, for FPPS of subsidy and fees, with '
'fees up to the amount of the subsidy. Errors: 22023 as chimera.check_reward_parameters and for another scheme, '
'42704 for an unknown network, 22004 if a share''s job has been dropped or its fees are not known.';
