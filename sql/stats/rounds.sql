-- rounds.sql: the work between two blocks (extension/accounting).
--
-- A round's shares are those after the previous block's share, up to its own
-- block's share, in the order of submitted_at and share_id. It ends with any
-- block found, whatever its status becomes: luck is about hashes, not about
-- what other pools do.
--
-- The minutes of both block shares are counted share by share, everything
-- between them by rollups. Shares are dropped some day, and a round may last
-- longer than they are kept. The accountant therefore records each round some
-- seconds after its end, and the rest of a block's day once that day is over;
-- from then on days are enough, which are kept. It also records the rest of a
-- block's minute once that is over, so that reading a running round needs no
-- shares.
--
-- Shares are read by routines that are planned for their arguments: the plan
-- then leaves out, and does not lock, the partitions of other networks and
-- days.

CREATE INDEX blocks_network_id_found_at_idx ON chimera.blocks (network_id, found_at);

CREATE TABLE chimera.block_rounds (
    block_id bigint PRIMARY KEY REFERENCES chimera.blocks ON DELETE CASCADE,
    network_id uuid NOT NULL,
    ended_at timestamptz NOT NULL,
    share_id bigint,
    previous_block_id bigint,
    difficulty float8,
    rest_of_minute float8,
    rest_of_day float8
);
CREATE INDEX block_rounds_network_id_ended_at_idx ON chimera.block_rounds (network_id, ended_at, share_id);
CREATE INDEX block_rounds_open_minute_idx ON chimera.block_rounds (network_id, ended_at)
    WHERE rest_of_minute IS NULL AND share_id IS NOT NULL;
CREATE INDEX block_rounds_open_day_idx ON chimera.block_rounds (network_id, ended_at)
    WHERE rest_of_day IS NULL AND share_id IS NOT NULL;
COMMENT ON TABLE chimera.block_rounds IS
'The work that each block took, recorded some seconds after it was found, while its shares are stored; see '
'chimera.block_luck';
COMMENT ON COLUMN chimera.block_rounds.block_id IS 'The block that ended the round';
COMMENT ON COLUMN chimera.block_rounds.network_id IS 'Its network';
COMMENT ON COLUMN chimera.block_rounds.ended_at IS
'submitted_at of the block''s share; if that share has been dropped, when the block was found';
COMMENT ON COLUMN chimera.block_rounds.share_id IS 'The block''s share; NULL: it had been dropped';
COMMENT ON COLUMN chimera.block_rounds.previous_block_id IS
'The block that ended the previous round; NULL: this is the network''s first';
COMMENT ON COLUMN chimera.block_rounds.difficulty IS
'Credited difficulty of the round''s shares, including the block''s own; NULL: not known';
COMMENT ON COLUMN chimera.block_rounds.rest_of_minute IS
'Credited difficulty after the block''s share until the end of its minute; NULL until that is over, and if it is '
'not known';
COMMENT ON COLUMN chimera.block_rounds.rest_of_day IS
'Credited difficulty after the block''s share until the end of its day (UTC), since the next round may end after '
'those shares have been dropped; NULL until the day is closed';

CREATE FUNCTION chimera.rolled_up_difficulty(network_id uuid, from_time timestamptz, to_time timestamptz) RETURNS float8
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    WITH bounds AS (
        SELECT date_trunc('hour', from_time + interval '59 minutes', 'UTC') AS hours_from,
               least(chimera.rollups_closed('hour'), date_trunc('hour', to_time, 'UTC')) AS hours_until
    ), sums AS (
        SELECT sum(r.difficulty) AS difficulty FROM bounds b, chimera.network_rollups_hour r
        WHERE r.network_id = rolled_up_difficulty.network_id AND r.hour >= b.hours_from AND r.hour < b.hours_until
        UNION ALL
        SELECT sum(r.difficulty) FROM bounds b, chimera.network_rollups_minute r
        WHERE r.network_id = rolled_up_difficulty.network_id
          AND r.minute >= from_time AND r.minute < least(b.hours_from, to_time)
        UNION ALL
        SELECT sum(r.difficulty) FROM bounds b, chimera.network_rollups_minute r
        WHERE r.network_id = rolled_up_difficulty.network_id
          AND r.minute >= greatest(b.hours_from, b.hours_until) AND r.minute < to_time
        UNION ALL
        SELECT sum(u.difficulty)
        FROM chimera.share_deltas d CROSS JOIN LATERAL chimera.unpack_share_deltas(d.counts) u
        WHERE d.network_id = rolled_up_difficulty.network_id AND d.submitted_at >= from_time AND d.submitted_at < to_time
    )
    SELECT coalesce(sum(s.difficulty), 0)
    FROM sums s
    -- a part of an hour whose minutes have been dropped is not known
    HAVING NOT EXISTS (SELECT FROM bounds b JOIN chimera.rollup_progress p ON p.level = 'hour'
                       WHERE b.hours_from <> from_time AND from_time < p.kept_from);
$$;
COMMENT ON FUNCTION chimera.rolled_up_difficulty(uuid, timestamptz, timestamptz) IS
'Internal: credited difficulty of a network''s shares between two full minutes (or -infinity and infinity), from '
'rollups and deltas; NULL if the rollups have been dropped.';

CREATE FUNCTION chimera.shares_difficulty(network_id uuid, after_time timestamptz, after_share bigint,
    until_time timestamptz, until_share bigint) RETURNS float8
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    -- a constant at planning time, as the times are
    sources CONSTANT uuid[] := ARRAY(SELECT chimera.share_sources(shares_difficulty.network_id));
BEGIN
    RETURN (SELECT coalesce(sum(s.difficulty), 0) FROM chimera.network_shares s
            WHERE s.network_id = shares_difficulty.network_id AND s.source_id = ANY (sources) AND s.submitted_at >= after_time AND s.submitted_at <= until_time
              AND (s.submitted_at, s.share_id) > (after_time, after_share)
              AND (s.submitted_at, s.share_id) <= (until_time, until_share));
END;
$$;
COMMENT ON FUNCTION chimera.shares_difficulty(uuid, timestamptz, bigint, timestamptz, bigint) IS
'Internal: credited difficulty of a network''s shares after one share, up to and including another.';

CREATE FUNCTION chimera.has_share(network_id uuid, at timestamptz, share_id bigint) RETURNS boolean
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    -- a constant at planning time, as the times are
    sources CONSTANT uuid[] := ARRAY(SELECT chimera.share_sources(has_share.network_id));
BEGIN
    RETURN EXISTS (SELECT FROM chimera.network_shares s WHERE s.network_id = has_share.network_id AND s.source_id = ANY (sources)
                   AND s.submitted_at = at AND s.share_id = has_share.share_id);
END;
$$;
COMMENT ON FUNCTION chimera.has_share(uuid, timestamptz, bigint) IS
'Internal: whether a network''s share of a given time is stored.';

CREATE FUNCTION chimera.share_of_block(block_id bigint, OUT submitted_at timestamptz, OUT share_id bigint)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    block record;
    before timestamptz;
    sources uuid[];
BEGIN
    SELECT b.network_id, b.job_id, b.miner_id, b.share_difficulty, b.found_at INTO block
    FROM chimera.blocks b WHERE b.block_id = share_of_block.block_id;
    sources := ARRAY(SELECT chimera.share_sources(block.network_id));
    -- its share was accepted when its row was made, or a little later
    before := block.found_at + interval '1 minute';
    SELECT s.submitted_at, s.share_id INTO share_of_block.submitted_at, share_of_block.share_id FROM chimera.network_shares s
    WHERE s.network_id = block.network_id AND s.source_id = ANY (sources)
      AND s.submitted_at >= block.found_at AND s.submitted_at < before
      AND s.job_id = block.job_id AND s.miner_id = block.miner_id AND s.share_difficulty = block.share_difficulty::float4
    ORDER BY s.share_id LIMIT 1;
END;
$$;
COMMENT ON FUNCTION chimera.share_of_block(bigint) IS
'Internal: when a block''s share was accepted, and its number; NULLs if it is not stored.';

CREATE FUNCTION chimera.difficulty_between(network_id uuid, from_time timestamptz, to_time timestamptz) RETURNS float8
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_custom_plan
AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM chimera.merged_networks m WHERE m.network_id = difficulty_between.network_id) THEN
        RETURN chimera.rolled_up_difficulty(difficulty_between.network_id, from_time, to_time);
    ELSIF chimera.shares_dropped_until(difficulty_between.network_id) > from_time THEN
        RETURN NULL;
    END IF;
    -- the rollups of a parent do not say which shares carried a child
    RETURN (SELECT coalesce(sum(s.difficulty), 0) FROM chimera.network_shares s
            WHERE s.network_id = difficulty_between.network_id AND s.submitted_at >= from_time AND s.submitted_at < to_time);
END;
$$;
COMMENT ON FUNCTION chimera.difficulty_between(uuid, timestamptz, timestamptz) IS
'Internal: credited difficulty of the shares that count for a network between two full minutes (or -infinity and '
'infinity), from rollups or, for a child (merged mining), share by share; NULL if they have been dropped.';

CREATE FUNCTION chimera.work_since(network_id uuid, block_id bigint, until_time timestamptz, until_share bigint)
    RETURNS float8
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    -- share by share until here, then by rollups
    tail CONSTANT timestamptz := date_trunc('minute', until_time, 'UTC');
    head timestamptz := '-infinity';
    day_end timestamptz;
    work float8 := 0;
    last chimera.block_rounds;
BEGIN
    IF work_since.block_id IS NOT NULL THEN
        SELECT * INTO last FROM chimera.block_rounds r WHERE r.block_id = work_since.block_id;
        day_end := date_trunc('day', last.ended_at, 'UTC') + interval '24 hours';
        head := date_trunc('minute', last.ended_at, 'UTC') + interval '1 minute';
        IF last.rest_of_day IS NOT NULL AND day_end <= tail THEN
            work := last.rest_of_day;
            head := day_end;
        ELSIF last.rest_of_minute IS NOT NULL AND head <= tail THEN
            work := last.rest_of_minute;
        ELSIF NOT coalesce(chimera.has_share(last.network_id, last.ended_at, last.share_id), false) THEN
            RETURN NULL;
        ELSIF head > tail THEN
            RETURN chimera.shares_difficulty(work_since.network_id, last.ended_at, last.share_id, until_time, until_share);
        ELSE
            work := chimera.shares_difficulty(work_since.network_id, last.ended_at, last.share_id,
                                              head - interval '1 microsecond', 9223372036854775807);
        END IF;
    END IF;
    work := work + chimera.difficulty_between(work_since.network_id, head, tail);
    IF until_share IS NOT NULL THEN
        work := work + chimera.shares_difficulty(work_since.network_id, tail, -1, until_time, until_share);
    END IF;
    RETURN work;
END;
$$;
COMMENT ON FUNCTION chimera.work_since(uuid, bigint, timestamptz, bigint) IS
'Internal: credited difficulty of a network''s shares after a recorded block''s (NULL: from the beginning), up to a '
'share or, without one, before a full minute (or infinity); NULL if it is not known.';

CREATE FUNCTION chimera.round_work(network_id uuid) RETURNS float8
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE WHEN NOT EXISTS (
        SELECT FROM chimera.blocks k
        WHERE k.network_id = round_work.network_id AND k.found_at >= l.ended_at - interval '1 hour'
          AND NOT EXISTS (SELECT FROM chimera.block_rounds r WHERE r.block_id = k.block_id)
        UNION ALL
        SELECT FROM chimera.blocks k WHERE k.network_id = round_work.network_id AND l.block_id IS NULL
    ) THEN chimera.work_since(round_work.network_id, l.block_id, 'infinity', NULL) END
    FROM (VALUES (true)) always
    LEFT JOIN (
        SELECT r.block_id, r.ended_at FROM chimera.block_rounds r WHERE r.network_id = round_work.network_id
        ORDER BY r.ended_at DESC, r.share_id DESC NULLS LAST LIMIT 1
    ) l ON true;
$$;
COMMENT ON FUNCTION chimera.round_work(uuid) IS
'Credited difficulty of a network''s shares since its last block; NULL for some seconds after a block, and if it '
'is not known.';

CREATE FUNCTION chimera.close_round_remainders(network_id uuid) RETURNS void
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    -- minutes are over two minutes after their end, as for rollups
    UPDATE chimera.block_rounds r
    SET rest_of_minute = chimera.shares_difficulty(r.network_id, r.ended_at, r.share_id,
            date_trunc('minute', r.ended_at, 'UTC') + interval '1 minute' - interval '1 microsecond', 9223372036854775807)
    WHERE r.network_id = close_round_remainders.network_id AND r.rest_of_minute IS NULL AND r.share_id IS NOT NULL
      AND r.ended_at < date_trunc('minute', now(), 'UTC') - interval '2 minutes'
      -- after that, the day contains it
      AND r.ended_at >= now() - interval '2 days'
      AND chimera.has_share(r.network_id, r.ended_at, r.share_id);
    -- days that are over: the work after their blocks
    UPDATE chimera.block_rounds r
    SET rest_of_day = chimera.work_since(r.network_id, r.block_id,
                                         date_trunc('day', r.ended_at, 'UTC') + interval '24 hours', NULL)
    WHERE r.network_id = close_round_remainders.network_id AND r.rest_of_day IS NULL AND r.share_id IS NOT NULL
      AND date_trunc('day', r.ended_at, 'UTC') + interval '24 hours' <= chimera.rollups_closed('day')
      AND r.ended_at < chimera.rollups_closed('day')
      -- stop trying after a month
      AND r.ended_at >= chimera.rollups_closed('day') - interval '30 days';
$$;
COMMENT ON FUNCTION chimera.close_round_remainders(uuid) IS
'Internal: records the work after a network''s blocks in their minute and on their day, once those are over. Part '
'of chimera.record_rounds.';

CREATE FUNCTION chimera.record_network_rounds(network_id uuid, until timestamptz) RETURNS int
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    found record;
    previous bigint;
    recorded int := 0;
BEGIN
    FOR found IN
        SELECT b.block_id, b.network_id, coalesce(s.submitted_at, b.found_at) AS ended_at, s.share_id
        FROM chimera.blocks b CROSS JOIN LATERAL chimera.share_of_block(b.block_id) s
        WHERE b.network_id = record_network_rounds.network_id AND b.found_at < until
          -- blocks found long before the last recorded one have been recorded
          AND b.found_at >= coalesce((SELECT max(r.ended_at) FROM chimera.block_rounds r
                                      WHERE r.network_id = record_network_rounds.network_id) - interval '1 hour', '-infinity')
          AND NOT EXISTS (SELECT FROM chimera.block_rounds r WHERE r.block_id = b.block_id)
        ORDER BY ended_at, s.share_id
    LOOP
        SELECT r.block_id INTO previous FROM chimera.block_rounds r
        WHERE r.network_id = found.network_id AND r.ended_at <= found.ended_at
          AND (r.ended_at, coalesce(r.share_id, 0)) < (found.ended_at, coalesce(found.share_id, 0))
        ORDER BY r.ended_at DESC, r.share_id DESC NULLS LAST LIMIT 1;
        INSERT INTO chimera.block_rounds (block_id, network_id, ended_at, share_id, previous_block_id, difficulty)
        VALUES (found.block_id, found.network_id, found.ended_at, found.share_id, previous,
                CASE WHEN found.share_id IS NOT NULL THEN
                    chimera.work_since(found.network_id, previous, found.ended_at, found.share_id) END)
        ON CONFLICT DO NOTHING;
        recorded := recorded + 1;
    END LOOP;
    PERFORM chimera.close_round_remainders(record_network_rounds.network_id);
    RETURN recorded;
END;
$$;
COMMENT ON FUNCTION chimera.record_network_rounds(uuid, timestamptz) IS
'Internal: chimera.record_rounds for one network.';

CREATE FUNCTION chimera.record_rounds(until timestamptz DEFAULT now() - interval '10 seconds', network_id uuid DEFAULT NULL)
    RETURNS int
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    SELECT coalesce(sum(chimera.record_network_rounds(n.network_id, until)), 0)::int
    FROM chimera.network_configs n WHERE n.network_id = coalesce(record_rounds.network_id, n.network_id);
$$;
COMMENT ON FUNCTION chimera.record_rounds(timestamptz, uuid) IS
'Records in block_rounds the work of the blocks that a network (NULL: each) found before until; returns how many. '
'The accountant calls it, network by network.';

CREATE VIEW chimera.block_luck AS
    SELECT k.block_id, k.network_id, n.name AS network, k.height, k.hash, k.status, k.found_at, k.account_id, k.miner_id,
           k.network_difficulty, r.difficulty AS round_difficulty,
           r.difficulty / nullif(k.network_difficulty, 0) AS effort,
           k.network_difficulty / nullif(r.difficulty, 0) AS luck,
           r.previous_block_id,
           extract(epoch FROM r.ended_at - p.ended_at)::float8 AS round_seconds
    FROM chimera.blocks k
    JOIN chimera.network_configs n ON n.network_id = k.network_id
    LEFT JOIN chimera.block_rounds r ON r.block_id = k.block_id
    LEFT JOIN chimera.block_rounds p ON p.block_id = r.previous_block_id;
COMMENT ON VIEW chimera.block_luck IS
'Each block with the work since the network''s previous block, whatever the status of either. NULL for some '
'seconds after it was found, and if the work is not known.';
COMMENT ON COLUMN chimera.block_luck.block_id IS 'The block';
COMMENT ON COLUMN chimera.block_luck.network_id IS 'Its network';
COMMENT ON COLUMN chimera.block_luck.network IS 'The network''s name';
COMMENT ON COLUMN chimera.block_luck.height IS 'Height in the chain';
COMMENT ON COLUMN chimera.block_luck.hash IS 'Block hash in the byte order that explorers show';
COMMENT ON COLUMN chimera.block_luck.status IS 'Current status';
COMMENT ON COLUMN chimera.block_luck.found_at IS 'When its share was accepted';
COMMENT ON COLUMN chimera.block_luck.account_id IS 'The account of the miner that found it';
COMMENT ON COLUMN chimera.block_luck.miner_id IS 'The miner that found it';
COMMENT ON COLUMN chimera.block_luck.network_difficulty IS 'Difficulty that the network required when it was found';
COMMENT ON COLUMN chimera.block_luck.round_difficulty IS
'Credited difficulty of the shares since the previous block, including its own';
COMMENT ON COLUMN chimera.block_luck.effort IS
'round_difficulty divided by network_difficulty: 1 is average, less is good luck';
COMMENT ON COLUMN chimera.block_luck.luck IS '1 divided by effort: 1 is average, more is good luck';
COMMENT ON COLUMN chimera.block_luck.previous_block_id IS 'The previous block; NULL: it is the network''s first';
COMMENT ON COLUMN chimera.block_luck.round_seconds IS 'How long the round lasted; NULL for the first';

SELECT pg_catalog.pg_extension_config_dump('chimera.block_rounds', '');
