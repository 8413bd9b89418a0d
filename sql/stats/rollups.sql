-- rollups.sql: sums of shares by time and miner (extension/accounting).
--
-- A batch writes deltas in its own transaction. The accountant adds them to
-- the minutes, sums up an hour's minutes once the hour is over, and a day's
-- hours once the day is over. rollup_progress says until when hours and days
-- are closed: the statement that adds a delta of a closed time to its minute
-- also adds it to the hour and the day. Every level therefore contains every
-- delta once, whatever crashes.
--
-- Closing and dropping first lock rollup_progress in EXCLUSIVE mode, applying
-- locks it in ROW SHARE mode: the closed time does not move while deltas are
-- being applied. Manual calls must run in READ COMMITTED, so that their
-- statements see what was committed before the lock.
--
-- Difficulties are doubles. The order of additions changes their sums by
-- rounding only: n additions of positive numbers err by less than n * 2^-53
-- of the sum, 1e-10 for a million of them; not at all if all are multiples of
-- one power of two and the sum is below 2^53 of it, such as whole numbers.

-- What a batch adds to the rollups. The batch's own transaction writes it and
-- the accountant consumes it: batches never contend for the rows of rollups.
CREATE SEQUENCE chimera.share_deltas_delta_id_seq;
CREATE TABLE chimera.share_deltas (
    delta_id bigint PRIMARY KEY DEFAULT nextval('chimera.share_deltas_delta_id_seq'),
    network_id uuid NOT NULL,
    submitted_at timestamptz NOT NULL,
    counts bytea NOT NULL
);
-- a batch's counts are read once, soon: compressing them would cost more than
-- it saves
ALTER TABLE chimera.share_deltas ALTER COLUMN counts SET STORAGE EXTERNAL;
ALTER SEQUENCE chimera.share_deltas_delta_id_seq OWNED BY chimera.share_deltas.delta_id;
COMMENT ON TABLE chimera.share_deltas IS
'Queue between submissions and rollups: one row per batch and network, deleted when it is applied';
COMMENT ON COLUMN chimera.share_deltas.delta_id IS 'The row''s number';
COMMENT ON COLUMN chimera.share_deltas.network_id IS 'The network of the counted shares';
COMMENT ON COLUMN chimera.share_deltas.submitted_at IS 'When the server accepted the batch';
COMMENT ON COLUMN chimera.share_deltas.counts IS 'Packed counts by miner: see chimera.unpack_share_deltas';

CREATE TABLE chimera.share_rollups_minute (
    network_id uuid NOT NULL,
    minute timestamptz NOT NULL,
    miner_id int NOT NULL,
    account_id int,
    accepted bigint NOT NULL,
    stale bigint NOT NULL,
    duplicate bigint NOT NULL,
    low_difficulty bigint NOT NULL,
    invalid bigint NOT NULL,
    difficulty float8 NOT NULL,
    last_accepted_at timestamptz,
    PRIMARY KEY (network_id, minute, miner_id)
);
CREATE INDEX share_rollups_minute_miner_id_minute_idx ON chimera.share_rollups_minute (miner_id, minute);
CREATE INDEX share_rollups_minute_account_id_minute_idx ON chimera.share_rollups_minute (account_id, minute);
COMMENT ON TABLE chimera.share_rollups_minute IS
'Shares by network, minute and miner. Rejected shares are counted only here, and in the hours and days made from it';
COMMENT ON COLUMN chimera.share_rollups_minute.network_id IS 'The network of the shares'' jobs';
COMMENT ON COLUMN chimera.share_rollups_minute.minute IS 'Beginning of the minute in which the server received them';
COMMENT ON COLUMN chimera.share_rollups_minute.miner_id IS 'The miner that sent them';
COMMENT ON COLUMN chimera.share_rollups_minute.account_id IS
'The miner''s account, which never changes: repeated here for an index by account; NULL: the miner has been deleted';
COMMENT ON COLUMN chimera.share_rollups_minute.accepted IS 'Accepted shares, including blocks';
COMMENT ON COLUMN chimera.share_rollups_minute.stale IS 'Rejected shares of stale jobs';
COMMENT ON COLUMN chimera.share_rollups_minute.duplicate IS 'Rejected duplicates';
COMMENT ON COLUMN chimera.share_rollups_minute.low_difficulty IS
'Rejected shares whose hash does not meet the difficulty';
COMMENT ON COLUMN chimera.share_rollups_minute.invalid IS 'Rejected shares with invalid ntime or version bits';
COMMENT ON COLUMN chimera.share_rollups_minute.difficulty IS
'Sum of the credited difficulty of the accepted shares; a recount of n shares in another order may differ by n * '
'2^-53 of it';
COMMENT ON COLUMN chimera.share_rollups_minute.last_accepted_at IS
'When the last accepted one of them was received; NULL: not known, or none was accepted';

CREATE TABLE chimera.share_rollups_hour (
    network_id uuid NOT NULL,
    hour timestamptz NOT NULL,
    miner_id int NOT NULL,
    account_id int,
    accepted bigint NOT NULL,
    stale bigint NOT NULL,
    duplicate bigint NOT NULL,
    low_difficulty bigint NOT NULL,
    invalid bigint NOT NULL,
    difficulty float8 NOT NULL,
    PRIMARY KEY (network_id, hour, miner_id)
);
CREATE INDEX share_rollups_hour_miner_id_hour_idx ON chimera.share_rollups_hour (miner_id, hour);
CREATE INDEX share_rollups_hour_account_id_hour_idx ON chimera.share_rollups_hour (account_id, hour);
COMMENT ON TABLE chimera.share_rollups_hour IS
'Shares by network, hour (UTC) and miner, for the hours that are closed (chimera.rollup_progress)';
COMMENT ON COLUMN chimera.share_rollups_hour.network_id IS 'The network of the shares'' jobs';
COMMENT ON COLUMN chimera.share_rollups_hour.hour IS 'Beginning of the hour in which the server received them';
COMMENT ON COLUMN chimera.share_rollups_hour.miner_id IS 'The miner that sent them';
COMMENT ON COLUMN chimera.share_rollups_hour.account_id IS
'The miner''s account, which never changes: repeated here for an index by account; NULL: the miner has been deleted';
COMMENT ON COLUMN chimera.share_rollups_hour.accepted IS 'Accepted shares, including blocks';
COMMENT ON COLUMN chimera.share_rollups_hour.stale IS 'Rejected shares of stale jobs';
COMMENT ON COLUMN chimera.share_rollups_hour.duplicate IS 'Rejected duplicates';
COMMENT ON COLUMN chimera.share_rollups_hour.low_difficulty IS
'Rejected shares whose hash does not meet the difficulty';
COMMENT ON COLUMN chimera.share_rollups_hour.invalid IS 'Rejected shares with invalid ntime or version bits';
COMMENT ON COLUMN chimera.share_rollups_hour.difficulty IS
'Sum of the credited difficulty of the accepted shares; a recount of n shares in another order may differ by n * '
'2^-53 of it';

CREATE TABLE chimera.share_rollups_day (
    network_id uuid NOT NULL,
    day timestamptz NOT NULL,
    miner_id int NOT NULL,
    account_id int,
    accepted bigint NOT NULL,
    stale bigint NOT NULL,
    duplicate bigint NOT NULL,
    low_difficulty bigint NOT NULL,
    invalid bigint NOT NULL,
    difficulty float8 NOT NULL,
    PRIMARY KEY (network_id, day, miner_id)
);
CREATE INDEX share_rollups_day_miner_id_day_idx ON chimera.share_rollups_day (miner_id, day);
CREATE INDEX share_rollups_day_account_id_day_idx ON chimera.share_rollups_day (account_id, day);
COMMENT ON TABLE chimera.share_rollups_day IS
'Shares by network, day (UTC) and miner, for the days that are closed (chimera.rollup_progress); kept for ever';
COMMENT ON COLUMN chimera.share_rollups_day.network_id IS 'The network of the shares'' jobs';
COMMENT ON COLUMN chimera.share_rollups_day.day IS 'Beginning of the day in which the server received them';
COMMENT ON COLUMN chimera.share_rollups_day.miner_id IS 'The miner that sent them';
COMMENT ON COLUMN chimera.share_rollups_day.account_id IS
'The miner''s account, which never changes: repeated here for an index by account; NULL: the miner has been deleted';
COMMENT ON COLUMN chimera.share_rollups_day.accepted IS 'Accepted shares, including blocks';
COMMENT ON COLUMN chimera.share_rollups_day.stale IS 'Rejected shares of stale jobs';
COMMENT ON COLUMN chimera.share_rollups_day.duplicate IS 'Rejected duplicates';
COMMENT ON COLUMN chimera.share_rollups_day.low_difficulty IS 'Rejected shares whose hash does not meet the difficulty';
COMMENT ON COLUMN chimera.share_rollups_day.invalid IS 'Rejected shares with invalid ntime or version bits';
COMMENT ON COLUMN chimera.share_rollups_day.difficulty IS
'Sum of the credited difficulty of the accepted shares; a recount of n shares in another order may differ by n * '
'2^-53 of it';

CREATE TABLE chimera.network_rollups_minute (
    network_id uuid NOT NULL,
    minute timestamptz NOT NULL,
    accepted bigint NOT NULL,
    stale bigint NOT NULL,
    duplicate bigint NOT NULL,
    low_difficulty bigint NOT NULL,
    invalid bigint NOT NULL,
    difficulty float8 NOT NULL,
    PRIMARY KEY (network_id, minute)
);
COMMENT ON TABLE chimera.network_rollups_minute IS
'Shares by network and minute of all miners together, for charts of the whole pool; kept as long as share_rollups_hour';
COMMENT ON COLUMN chimera.network_rollups_minute.network_id IS 'The network of the shares'' jobs';
COMMENT ON COLUMN chimera.network_rollups_minute.minute IS 'Beginning of the minute in which the server received them';
COMMENT ON COLUMN chimera.network_rollups_minute.accepted IS 'Accepted shares, including blocks';
COMMENT ON COLUMN chimera.network_rollups_minute.stale IS 'Rejected shares of stale jobs';
COMMENT ON COLUMN chimera.network_rollups_minute.duplicate IS 'Rejected duplicates';
COMMENT ON COLUMN chimera.network_rollups_minute.low_difficulty IS
'Rejected shares whose hash does not meet the difficulty';
COMMENT ON COLUMN chimera.network_rollups_minute.invalid IS 'Rejected shares with invalid ntime or version bits';
COMMENT ON COLUMN chimera.network_rollups_minute.difficulty IS 'Sum of the credited difficulty of the accepted shares';

CREATE TABLE chimera.network_rollups_hour (
    network_id uuid NOT NULL,
    hour timestamptz NOT NULL,
    accepted bigint NOT NULL,
    stale bigint NOT NULL,
    duplicate bigint NOT NULL,
    low_difficulty bigint NOT NULL,
    invalid bigint NOT NULL,
    difficulty float8 NOT NULL,
    miners int NOT NULL,
    accounts int NOT NULL,
    PRIMARY KEY (network_id, hour)
);
COMMENT ON TABLE chimera.network_rollups_hour IS
'Shares by network and hour (UTC) of all miners together, for the hours that are closed '
'(chimera.rollup_progress); kept for ever';
COMMENT ON COLUMN chimera.network_rollups_hour.network_id IS 'The network of the shares'' jobs';
COMMENT ON COLUMN chimera.network_rollups_hour.hour IS 'Beginning of the hour in which the server received them';
COMMENT ON COLUMN chimera.network_rollups_hour.accepted IS 'Accepted shares, including blocks';
COMMENT ON COLUMN chimera.network_rollups_hour.stale IS 'Rejected shares of stale jobs';
COMMENT ON COLUMN chimera.network_rollups_hour.duplicate IS 'Rejected duplicates';
COMMENT ON COLUMN chimera.network_rollups_hour.low_difficulty IS
'Rejected shares whose hash does not meet the difficulty';
COMMENT ON COLUMN chimera.network_rollups_hour.invalid IS 'Rejected shares with invalid ntime or version bits';
COMMENT ON COLUMN chimera.network_rollups_hour.difficulty IS 'Sum of the credited difficulty of the accepted shares';
COMMENT ON COLUMN chimera.network_rollups_hour.miners IS 'Miners with an accepted share in it';
COMMENT ON COLUMN chimera.network_rollups_hour.accounts IS 'Accounts with an accepted share in it';

CREATE TABLE chimera.rollup_progress (
    level text PRIMARY KEY CHECK (level IN ('minute', 'hour', 'day')),
    closed_until timestamptz,
    kept_from timestamptz
);
COMMENT ON TABLE chimera.rollup_progress IS
'How far the rollups of each level are closed and dropped; no row for a level with nothing closed or dropped yet';
COMMENT ON COLUMN chimera.rollup_progress.level IS 'minute, hour or day';
COMMENT ON COLUMN chimera.rollup_progress.closed_until IS
'Everything before is in the hours or days, including later shares of that time; NULL for minutes, which are '
'never closed';
COMMENT ON COLUMN chimera.rollup_progress.kept_from IS
'Everything before has been dropped at this level (at level hour also in network_rollups_minute); NULL: nothing '
'has been dropped';

CREATE TABLE chimera.rollup_retention (
    level text PRIMARY KEY CHECK (level IN ('minute', 'hour')),
    -- the windows of pool_stats.sql need the minutes of a week
    keep interval NOT NULL CHECK (keep >= CASE level WHEN 'minute' THEN interval '8 days' ELSE interval '32 days' END)
);
COMMENT ON TABLE chimera.rollup_retention IS
'How long minutes and hours are kept, if not for the default of 30 days and 2 years; see chimera.set_rollup_retention';
COMMENT ON COLUMN chimera.rollup_retention.level IS 'minute or hour; days are kept for ever';
COMMENT ON COLUMN chimera.rollup_retention.keep IS 'At least 8 days for minutes, 32 days for hours';

CREATE FUNCTION chimera.unpack_share_deltas(counts bytea, OUT miner_id int, OUT accepted int, OUT stale int,
    OUT duplicate int, OUT low_difficulty int, OUT invalid int, OUT difficulty float8)
    RETURNS SETOF record
    AS 'MODULE_PATHNAME', 'chimera_unpack_share_deltas'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION chimera.unpack_share_deltas(bytea) IS
'The counts of share_deltas as rows, one per miner. Errors: 22P03 for a malformed value.';

CREATE FUNCTION chimera.pack_share_delta(miner_id int, accepted int, invalid int, difficulty float8) RETURNS bytea
    AS 'MODULE_PATHNAME', 'chimera_pack_share_delta'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION chimera.pack_share_delta(int, int, int, float8) IS
'Internal: a miner''s counts in the format of share_deltas, which chimera.unpack_share_deltas() reads; for the '
'extension chimera_legacy. Errors: 22003 for a count outside 0 to 65535.';

CREATE FUNCTION chimera.rollups_closed(level text) RETURNS timestamptz
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    SELECT coalesce((SELECT p.closed_until FROM chimera.rollup_progress p WHERE p.level = rollups_closed.level), '-infinity');
$$;
COMMENT ON FUNCTION chimera.rollups_closed(text) IS
'Until when the hours or days (level) are closed; -infinity if none is.';

CREATE FUNCTION chimera.sum_network_hours(hours timestamptz[]) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    -- the second of two concurrent calls sees what the first one has added
    LOCK TABLE chimera.network_rollups_hour IN SHARE ROW EXCLUSIVE MODE;
    INSERT INTO chimera.network_rollups_hour AS r
        (network_id, hour, accepted, stale, duplicate, low_difficulty, invalid, difficulty, miners, accounts)
    SELECT h.network_id, h.hour, sum(h.accepted), sum(h.stale), sum(h.duplicate), sum(h.low_difficulty), sum(h.invalid),
           sum(h.difficulty), count(*) FILTER (WHERE h.accepted > 0), count(DISTINCT h.account_id) FILTER (WHERE h.accepted > 0)
    FROM chimera.network_configs n
    CROSS JOIN unnest(hours) wanted (hour)
    JOIN chimera.share_rollups_hour h ON h.network_id = n.network_id AND h.hour = wanted.hour
    GROUP BY 1, 2
    ON CONFLICT (network_id, hour) DO UPDATE SET
        accepted = excluded.accepted, stale = excluded.stale, duplicate = excluded.duplicate,
        low_difficulty = excluded.low_difficulty, invalid = excluded.invalid, difficulty = excluded.difficulty,
        miners = excluded.miners, accounts = excluded.accounts;
END;
$$;
COMMENT ON FUNCTION chimera.sum_network_hours(timestamptz[]) IS
'Internal: recomputes the rows of network_rollups_hour of some closed hours from share_rollups_hour.';

CREATE FUNCTION chimera.apply_share_deltas(network_id uuid DEFAULT NULL) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    hours_until timestamptz;
    days_until timestamptz;
    batches bigint;
    late timestamptz[];
BEGIN
    LOCK TABLE chimera.rollup_progress IN ROW SHARE MODE;
    hours_until := chimera.rollups_closed('hour');
    days_until := chimera.rollups_closed('day');

    -- deleted and added in one statement: a delta is applied exactly once, whatever crashes
    WITH taken AS (
        DELETE FROM chimera.share_deltas d
        WHERE d.network_id = coalesce(apply_share_deltas.network_id, d.network_id)
        RETURNING d.network_id, d.submitted_at, d.counts
    ), summed AS (
        SELECT t.network_id, date_trunc('minute', t.submitted_at, 'UTC') AS minute, u.miner_id, m.account_id,
               sum(u.accepted) AS accepted, sum(u.stale) AS stale, sum(u.duplicate) AS duplicate,
               sum(u.low_difficulty) AS low_difficulty, sum(u.invalid) AS invalid, sum(u.difficulty) AS difficulty,
               max(t.submitted_at) FILTER (WHERE u.accepted > 0) AS last_accepted_at
        FROM taken t
        CROSS JOIN LATERAL chimera.unpack_share_deltas(t.counts) u
        LEFT JOIN chimera.miners m ON m.miner_id = u.miner_id
        GROUP BY 1, 2, 3, 4
    ), minutes AS (
        INSERT INTO chimera.share_rollups_minute AS r
            (network_id, minute, miner_id, account_id, accepted, stale, duplicate, low_difficulty, invalid, difficulty, last_accepted_at)
        SELECT network_id, minute, miner_id, account_id, accepted, stale, duplicate, low_difficulty, invalid, difficulty, last_accepted_at
        FROM summed
        ORDER BY network_id, minute, miner_id
        ON CONFLICT (network_id, minute, miner_id) DO UPDATE SET
            accepted = r.accepted + excluded.accepted,
            stale = r.stale + excluded.stale,
            duplicate = r.duplicate + excluded.duplicate,
            low_difficulty = r.low_difficulty + excluded.low_difficulty,
            invalid = r.invalid + excluded.invalid,
            difficulty = r.difficulty + excluded.difficulty,
            last_accepted_at = greatest(r.last_accepted_at, excluded.last_accepted_at)
    ), networks AS (
        INSERT INTO chimera.network_rollups_minute AS r
            (network_id, minute, accepted, stale, duplicate, low_difficulty, invalid, difficulty)
        SELECT network_id, minute, sum(accepted), sum(stale), sum(duplicate), sum(low_difficulty), sum(invalid), sum(difficulty)
        FROM summed
        GROUP BY 1, 2
        ORDER BY 1, 2
        ON CONFLICT (network_id, minute) DO UPDATE SET
            accepted = r.accepted + excluded.accepted,
            stale = r.stale + excluded.stale,
            duplicate = r.duplicate + excluded.duplicate,
            low_difficulty = r.low_difficulty + excluded.low_difficulty,
            invalid = r.invalid + excluded.invalid,
            difficulty = r.difficulty + excluded.difficulty
    ), hours AS (
        INSERT INTO chimera.share_rollups_hour AS r
            (network_id, hour, miner_id, account_id, accepted, stale, duplicate, low_difficulty, invalid, difficulty)
        SELECT network_id, date_trunc('hour', minute, 'UTC'), miner_id, account_id,
               sum(accepted), sum(stale), sum(duplicate), sum(low_difficulty), sum(invalid), sum(difficulty)
        FROM summed
        WHERE minute < hours_until
        GROUP BY 1, 2, 3, 4
        ORDER BY 1, 2, 3
        ON CONFLICT (network_id, hour, miner_id) DO UPDATE SET
            accepted = r.accepted + excluded.accepted,
            stale = r.stale + excluded.stale,
            duplicate = r.duplicate + excluded.duplicate,
            low_difficulty = r.low_difficulty + excluded.low_difficulty,
            invalid = r.invalid + excluded.invalid,
            difficulty = r.difficulty + excluded.difficulty
    ), days AS (
        INSERT INTO chimera.share_rollups_day AS r
            (network_id, day, miner_id, account_id, accepted, stale, duplicate, low_difficulty, invalid, difficulty)
        SELECT network_id, date_trunc('day', minute, 'UTC'), miner_id, account_id,
               sum(accepted), sum(stale), sum(duplicate), sum(low_difficulty), sum(invalid), sum(difficulty)
        FROM summed
        WHERE minute < days_until
        GROUP BY 1, 2, 3, 4
        ORDER BY 1, 2, 3
        ON CONFLICT (network_id, day, miner_id) DO UPDATE SET
            accepted = r.accepted + excluded.accepted,
            stale = r.stale + excluded.stale,
            duplicate = r.duplicate + excluded.duplicate,
            low_difficulty = r.low_difficulty + excluded.low_difficulty,
            invalid = r.invalid + excluded.invalid,
            difficulty = r.difficulty + excluded.difficulty
    )
    SELECT (SELECT count(*) FROM taken),
           (SELECT array_agg(DISTINCT date_trunc('hour', s.minute, 'UTC')) FROM summed s WHERE s.minute < hours_until)
    INTO batches, late;
    IF late IS NOT NULL THEN
        PERFORM chimera.sum_network_hours(late);
    END IF;
    RETURN batches;
END;
$$;
COMMENT ON FUNCTION chimera.apply_share_deltas(uuid) IS
'Moves the share_deltas of a network (NULL: of each) to share_rollups_minute and network_rollups_minute, and to '
'the hours and days that are already closed, each exactly once; returns how many batches. The accountant calls '
'it.';

CREATE FUNCTION chimera.close_rollups(until timestamptz DEFAULT now() - interval '2 minutes') RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    hours_from timestamptz;
    hours_until CONSTANT timestamptz := date_trunc('hour', until, 'UTC');
    days_from timestamptz;
    days_until CONSTANT timestamptz := date_trunc('day', until, 'UTC');
    made bigint := 0;
    made_days bigint := 0;
BEGIN
    -- usually nothing needs closing
    IF chimera.rollups_closed('hour') >= hours_until THEN
        RETURN 0;
    END IF;
    LOCK TABLE chimera.rollup_progress IN EXCLUSIVE MODE;
    hours_from := chimera.rollups_closed('hour');
    days_from := chimera.rollups_closed('day');
    -- an empty pool has nothing to close; a dump may be about to be restored into it
    IF hours_from >= hours_until OR NOT EXISTS (SELECT FROM chimera.share_rollups_minute) THEN
        RETURN 0;
    END IF;

    INSERT INTO chimera.share_rollups_hour
        (network_id, hour, miner_id, account_id, accepted, stale, duplicate, low_difficulty, invalid, difficulty)
    SELECT r.network_id, date_trunc('hour', r.minute, 'UTC'), r.miner_id, max(r.account_id),
           sum(r.accepted), sum(r.stale), sum(r.duplicate), sum(r.low_difficulty), sum(r.invalid), sum(r.difficulty)
    FROM chimera.network_configs n
    JOIN chimera.share_rollups_minute r ON r.network_id = n.network_id
    WHERE r.minute >= hours_from AND r.minute < hours_until
    GROUP BY 1, 2, 3
    ORDER BY 1, 2, 3;
    GET DIAGNOSTICS made = ROW_COUNT;
    PERFORM chimera.sum_network_hours(ARRAY(
        SELECT DISTINCT date_trunc('hour', r.minute, 'UTC')
        FROM chimera.network_configs n JOIN chimera.network_rollups_minute r ON r.network_id = n.network_id
        WHERE r.minute >= hours_from AND r.minute < hours_until));

    INSERT INTO chimera.share_rollups_day
        (network_id, day, miner_id, account_id, accepted, stale, duplicate, low_difficulty, invalid, difficulty)
    SELECT r.network_id, date_trunc('day', r.hour, 'UTC'), r.miner_id, max(r.account_id),
           sum(r.accepted), sum(r.stale), sum(r.duplicate), sum(r.low_difficulty), sum(r.invalid), sum(r.difficulty)
    FROM chimera.network_configs n
    JOIN chimera.share_rollups_hour r ON r.network_id = n.network_id
    WHERE r.hour >= days_from AND r.hour < days_until
    GROUP BY 1, 2, 3
    ORDER BY 1, 2, 3;
    GET DIAGNOSTICS made_days = ROW_COUNT;

    INSERT INTO chimera.rollup_progress AS p (level, closed_until)
    VALUES ('hour', hours_until), ('day', greatest(days_from, days_until))
    ON CONFLICT (level) DO UPDATE SET closed_until = excluded.closed_until;
    RETURN made + made_days;
END;
$$;
COMMENT ON FUNCTION chimera.close_rollups(timestamptz) IS
'Sums up the minutes of hours that are over, and the hours of days that are over, from the end of the last call '
'to the last full hour and day (UTC) before until; returns how many rows it made. chimera.apply_share_deltas adds '
'later deltas of that time. The accountant calls it.';

CREATE FUNCTION chimera.set_rollup_retention(level text, keep interval) RETURNS void
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    INSERT INTO chimera.rollup_retention AS r (level, keep) VALUES (set_rollup_retention.level, set_rollup_retention.keep)
    ON CONFLICT ON CONSTRAINT rollup_retention_pkey DO UPDATE SET keep = excluded.keep;
$$;
COMMENT ON FUNCTION chimera.set_rollup_retention(text, interval) IS
'Sets how long the rollups of level minute (default 30 days) or hour (default 2 years) are kept; days are kept '
'for ever. Errors: 23514 for another level, or less than 8 days of minutes or 32 days of hours.';

CREATE FUNCTION chimera.drop_old_rollups() RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    minutes_from timestamptz;
    hours_from timestamptz;
    dropped bigint;
    dropped_hours bigint;
BEGIN
    LOCK TABLE chimera.rollup_progress IN EXCLUSIVE MODE;
    -- drop nothing that the next level lacks
    minutes_from := least(date_trunc('hour', now() - coalesce(
        (SELECT keep FROM chimera.rollup_retention WHERE level = 'minute'), interval '30 days'), 'UTC'),
        chimera.rollups_closed('hour'));
    hours_from := least(date_trunc('day', now() - coalesce(
        (SELECT keep FROM chimera.rollup_retention WHERE level = 'hour'), interval '2 years'), 'UTC'),
        chimera.rollups_closed('day'));

    DELETE FROM chimera.share_rollups_minute r USING chimera.network_configs n
    WHERE r.network_id = n.network_id AND r.minute < minutes_from;
    GET DIAGNOSTICS dropped = ROW_COUNT;
    DELETE FROM chimera.share_rollups_hour r USING chimera.network_configs n
    WHERE r.network_id = n.network_id AND r.hour < hours_from;
    GET DIAGNOSTICS dropped_hours = ROW_COUNT;
    DELETE FROM chimera.network_rollups_minute r USING chimera.network_configs n
    WHERE r.network_id = n.network_id AND r.minute < hours_from;

    -- while nothing has been dropped, nothing is missing
    INSERT INTO chimera.rollup_progress AS p (level, kept_from)
    SELECT d.level, d.kept_from FROM (VALUES ('minute', minutes_from, dropped), ('hour', hours_from, dropped_hours)) d (level, kept_from, count)
    WHERE d.count > 0
    ON CONFLICT (level) DO UPDATE SET kept_from = greatest(p.kept_from, excluded.kept_from);
    RETURN dropped + dropped_hours;
END;
$$;
COMMENT ON FUNCTION chimera.drop_old_rollups() IS
'Drops the minutes and hours that are older than their retention (chimera.set_rollup_retention) and summed up in '
'the next level; returns how many rows. The accountant calls it.';

CREATE FUNCTION chimera.forget_rollups() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    DELETE FROM chimera.share_rollups_minute WHERE network_id = OLD.network_id;
    DELETE FROM chimera.network_rollups_minute WHERE network_id = OLD.network_id;
    DELETE FROM chimera.network_rollups_hour WHERE network_id = OLD.network_id;
    DELETE FROM chimera.share_rollups_hour WHERE network_id = OLD.network_id;
    DELETE FROM chimera.share_rollups_day WHERE network_id = OLD.network_id;
    RETURN NULL;
END;
$$;
COMMENT ON FUNCTION chimera.forget_rollups() IS 'Trigger: drops the rollups of a deleted network';
CREATE TRIGGER forget_rollups AFTER DELETE ON chimera.network_configs
    FOR EACH ROW EXECUTE FUNCTION chimera.forget_rollups();

SELECT pg_catalog.pg_extension_config_dump('chimera.share_deltas', '');
SELECT pg_catalog.pg_extension_config_dump('chimera.share_deltas_delta_id_seq', '');
SELECT pg_catalog.pg_extension_config_dump('chimera.share_rollups_minute', '');
SELECT pg_catalog.pg_extension_config_dump('chimera.share_rollups_hour', '');
SELECT pg_catalog.pg_extension_config_dump('chimera.share_rollups_day', '');
SELECT pg_catalog.pg_extension_config_dump('chimera.network_rollups_minute', '');
SELECT pg_catalog.pg_extension_config_dump('chimera.network_rollups_hour', '');
SELECT pg_catalog.pg_extension_config_dump('chimera.rollup_progress', '');
SELECT pg_catalog.pg_extension_config_dump('chimera.rollup_retention', '');
