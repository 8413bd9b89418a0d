-- shares.sql: the shares, their partitions and the submission routine (extension/share).

CREATE SEQUENCE chimera.share_batches_seq;
CREATE TABLE chimera.shares (
    share_id bigint NOT NULL,
    network_id uuid NOT NULL,
    submitted_at timestamptz NOT NULL,
    job_id bigint NOT NULL,
    extranonce2 bigint NOT NULL,
    difficulty float8 NOT NULL,
    miner_id int NOT NULL,
    extranonce1 int NOT NULL,
    ntime int NOT NULL,
    nonce int NOT NULL,
    version int NOT NULL,
    share_difficulty float4 NOT NULL
) PARTITION BY LIST (network_id);
COMMENT ON TABLE chimera.shares IS
'Accepted shares, partitioned by network and then by day (UTC). No hash is stored: chimera.share_hash gives it from job and nonce data. Unsigned 32- and 64-bit wire values stand in int and bigint by their bits.';
COMMENT ON COLUMN chimera.shares.share_id IS 'Number of the batch times 4096, plus the place in it: orders shares as the database took them';
COMMENT ON COLUMN chimera.shares.network_id IS 'The network of its job';
COMMENT ON COLUMN chimera.shares.submitted_at IS 'When the server took it';
COMMENT ON COLUMN chimera.shares.job_id IS 'The job it was made for';
COMMENT ON COLUMN chimera.shares.extranonce2 IS 'The 8 bytes as sent, read big-endian';
COMMENT ON COLUMN chimera.shares.difficulty IS 'Credited: what the miner had been told when it was sent the job';
COMMENT ON COLUMN chimera.shares.miner_id IS 'Who found it; chimera.miners tells the account that is credited (a miner never changes it, so it is not repeated here: 8 bytes a row)';
COMMENT ON COLUMN chimera.shares.extranonce1 IS 'The 4 bytes that stratumd gave the miner''s connection';
COMMENT ON COLUMN chimera.shares.ntime IS 'The header''s time';
COMMENT ON COLUMN chimera.shares.nonce IS 'The header''s nonce';
COMMENT ON COLUMN chimera.shares.version IS 'The header''s version, rolled bits included';
COMMENT ON COLUMN chimera.shares.share_difficulty IS 'Achieved by the hash';

CREATE TABLE chimera.clock_setbacks (
    reached timestamptz PRIMARY KEY,
    back interval NOT NULL CHECK (back > '0')
);
COMMENT ON TABLE chimera.clock_setbacks IS
'When the server''s clock went back by more than some minutes under shares: kept as long as shares of before may be there, because from then on a later share_id may be of an earlier time';
COMMENT ON COLUMN chimera.clock_setbacks.reached IS 'The latest submitted_at that there was';
COMMENT ON COLUMN chimera.clock_setbacks.back IS 'How much earlier that of a later share may be';

CREATE FUNCTION chimera.clock_slack() RETURNS interval
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    SELECT interval '10 minutes' + coalesce(max(c.back), '0') FROM chimera.clock_setbacks c;
$$;
COMMENT ON FUNCTION chimera.clock_slack() IS
'By how much a search for shares of certain ids has to widen bounds of submitted_at: ten minutes, and more after the server''s clock was set back.';

CREATE FUNCTION chimera.make_share_partitions(network_id uuid, from_day date, to_day date) RETURNS int
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET timezone = 'UTC'
AS $$
DECLARE
    network_name text;
    day date;
    leaf text;
    made int := 0;
BEGIN
    SELECT n.name INTO STRICT network_name
    FROM chimera.network_configs n WHERE n.network_id = make_share_partitions.network_id;

    -- the accountant and a submission that finds none may both come
    PERFORM pg_advisory_xact_lock('chimera.shares'::regclass::oid::int, hashtext(network_name));
    IF to_regclass(format('chimera.%I', 'shares_' || network_name)) IS NULL THEN
        EXECUTE format('CREATE TABLE chimera.%I PARTITION OF chimera.shares FOR VALUES IN (%L) PARTITION BY RANGE (submitted_at)',
                       'shares_' || network_name, make_share_partitions.network_id);
        EXECUTE format('GRANT SELECT ON chimera.%I TO chimera_admin, chimera_reader', 'shares_' || network_name);
    END IF;

    FOR day IN SELECT generate_series(from_day, to_day, interval '1 day')::date LOOP
        leaf := format('shares_%s_%s', network_name, to_char(day, 'YYYYMMDD'));
        CONTINUE WHEN to_regclass(format('chimera.%I', leaf)) IS NOT NULL;
        -- attached, not created in place: that would lock out whoever reads or writes the network's shares
        EXECUTE format('CREATE TABLE chimera.%I (LIKE chimera.shares INCLUDING ALL, '
                       'CONSTRAINT partition_bound CHECK (network_id = %L AND submitted_at >= %L AND submitted_at < %L))',
                       leaf, make_share_partitions.network_id, day::timestamptz, (day + 1)::timestamptz);
        EXECUTE format('CREATE INDEX ON chimera.%I USING brin (submitted_at) WITH (pages_per_range = 32)', leaf);
        EXECUTE format('GRANT SELECT ON chimera.%I TO chimera_admin, chimera_reader', leaf);
        EXECUTE format('ALTER TABLE chimera.%I ATTACH PARTITION chimera.%I FOR VALUES FROM (%L) TO (%L)',
                       'shares_' || network_name, leaf, day::timestamptz, (day + 1)::timestamptz);
        EXECUTE format('ALTER TABLE chimera.%I DROP CONSTRAINT partition_bound', leaf);
        made := made + 1;
    END LOOP;
    RETURN made;
END;
$$;
COMMENT ON FUNCTION chimera.make_share_partitions(uuid, date, date) IS
'Makes the partitions of a network''s shares for each day (UTC) of a range that has none; returns how many it made. Errors: P0002 for an unknown network.';

CREATE TABLE chimera.expired_shares (
    network_id uuid PRIMARY KEY REFERENCES chimera.network_configs ON DELETE CASCADE,
    dropped_until timestamptz NOT NULL
);
COMMENT ON TABLE chimera.expired_shares IS 'Of which networks shares have been dropped, so that a window or round that reaches back to them is known to be incomplete';
COMMENT ON COLUMN chimera.expired_shares.network_id IS 'Whose shares';
COMMENT ON COLUMN chimera.expired_shares.dropped_until IS 'Shares of before may have been dropped';

-- From the catalog, without opening a partition: pg_partition_tree() would lock each of them.
CREATE FUNCTION chimera.share_days(network_id uuid) RETURNS TABLE (relid regclass, day date)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    SELECT c.oid::regclass, to_date(right(c.relname, 8), 'YYYYMMDD')
    FROM chimera.network_configs n
    JOIN pg_inherits i ON i.inhparent = to_regclass(format('chimera.%I', 'shares_' || n.name))
    JOIN pg_class c ON c.oid = i.inhrelid
    WHERE n.network_id = share_days.network_id AND c.relname ~ '_[0-9]{8}$'
    ORDER BY 2;
$$;
COMMENT ON FUNCTION chimera.share_days(uuid) IS
'The days (UTC) of which a network has a share partition, the oldest first, and the partition.';

CREATE FUNCTION chimera.drop_share_day(network_id uuid, relid regclass, day date) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    parent CONSTANT regclass := (SELECT i.inhparent FROM pg_inherits i WHERE i.inhrelid = relid);
    has_rows boolean;
BEGIN
    -- a lock that is waited for stalls all who come after, so it is taken at once or not at all;
    -- a detaching without that lock would wait for whoever reads the network's shares
    EXECUTE format('LOCK TABLE ONLY %s IN ACCESS EXCLUSIVE MODE NOWAIT', parent);
    EXECUTE format('LOCK TABLE %s IN ACCESS EXCLUSIVE MODE NOWAIT', relid);
    EXECUTE format('SELECT EXISTS (SELECT FROM %s)', relid) INTO has_rows;
    EXECUTE format('DROP TABLE %s', relid);
    IF has_rows THEN
        INSERT INTO chimera.expired_shares AS d (network_id, dropped_until)
        VALUES (drop_share_day.network_id, (drop_share_day.day + 1)::timestamp AT TIME ZONE 'UTC')
        ON CONFLICT ON CONSTRAINT expired_shares_pkey DO UPDATE SET dropped_until = greatest(d.dropped_until, excluded.dropped_until);
    END IF;
    RETURN true;
EXCEPTION WHEN lock_not_available THEN
    RETURN false;
END;
$$;
COMMENT ON FUNCTION chimera.drop_share_day(uuid, regclass, date) IS
'Internal: drops a share partition, and notes that its shares are gone, unless it or its network''s table is in use; says whether it did. Part of chimera.drop_old_share_day.';

CREATE FUNCTION chimera.drop_old_share_day(network_id uuid) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    -- a day is over when the next begins: the last microsecond must be older than the retention
    ends CONSTANT date := (SELECT ((now() - n.share_retention) AT TIME ZONE 'UTC')::date - 1 FROM chimera.network_configs n
                           WHERE n.network_id = drop_old_share_day.network_id);
    old record;
    in_use regclass;
BEGIN
    FOR old IN
        SELECT d.relid, d.day FROM chimera.share_days(drop_old_share_day.network_id) d WHERE d.day <= ends
    LOOP
        IF chimera.drop_share_day(drop_old_share_day.network_id, old.relid, old.day) THEN
            RETURN true;
        -- whoever reads the one that has just become old will end: no fault before the next has
        ELSIF old.day < ends THEN
            in_use := coalesce(in_use, old.relid);
        END IF;
    END LOOP;
    IF in_use IS NOT NULL THEN
        RAISE EXCEPTION 'share partition % is older than its network''s share_retention and in use', in_use
            USING ERRCODE = 'lock_not_available', DETAIL = 'It is dropped as soon as nobody reads it or its network''s shares.';
    END IF;
    RETURN false;
END;
$$;
COMMENT ON FUNCTION chimera.drop_old_share_day(uuid) IS
'Drops a network''s oldest share partition that is older than its share_retention; says whether it did. It waits for nobody. The accountant calls it, a partition in a transaction. Errors: 55P03 when all that is left is in use, and more than the day that has just become old.';

CREATE FUNCTION chimera.drop_old_shares() RETURNS int
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    network record;
    dropped int := 0;
BEGIN
    FOR network IN SELECT n.network_id FROM chimera.network_configs n LOOP
        WHILE chimera.drop_old_share_day(network.network_id) LOOP
            dropped := dropped + 1;
        END LOOP;
    END LOOP;
    RETURN dropped;
END;
$$;
COMMENT ON FUNCTION chimera.drop_old_shares() IS
'Drops the share partitions that are older than their network''s share_retention, those in use aside, in one transaction; returns how many. Rollups and blocks stay. For use by hand: the accountant does the same a partition at a time. Errors: as chimera.drop_old_share_day.';

CREATE FUNCTION chimera.drop_old_setbacks() RETURNS bigint
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    -- for the shares of that time are gone
    WITH gone AS (
        DELETE FROM chimera.clock_setbacks c
        WHERE c.reached < now() - interval '1 day' - (SELECT max(n.share_retention) FROM chimera.network_configs n)
        RETURNING 1)
    SELECT count(*) FROM gone;
$$;
COMMENT ON FUNCTION chimera.drop_old_setbacks() IS
'Forgets the setbacks of the clock from before the oldest shares that are kept; returns how many. The accountant calls it.';

CREATE FUNCTION chimera.summarize_shares(network_id uuid DEFAULT NULL) RETURNS int
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    SELECT coalesce(sum(brin_summarize_new_values(i.indexrelid)), 0)::int
    FROM chimera.network_configs n
    CROSS JOIN (VALUES (0), (1)) ago (days)
    CROSS JOIN LATERAL (SELECT to_regclass(format('chimera.%I', format('shares_%s_%s', n.name,
                                   to_char((now() AT TIME ZONE 'UTC')::date - ago.days, 'YYYYMMDD')))) AS relid) leaf
    JOIN pg_index i ON i.indrelid = leaf.relid
    JOIN pg_class c ON c.oid = i.indexrelid
    JOIN pg_am a ON a.oid = c.relam AND a.amname = 'brin'
    WHERE n.network_id = coalesce(summarize_shares.network_id, n.network_id);
$$;
COMMENT ON FUNCTION chimera.summarize_shares(uuid) IS
'Brings the time index of today''s and yesterday''s shares of a network (NULL: of each) up to date, so that queries of the last hour read little else; returns how many ranges it summarized. The accountant calls it.';

CREATE FUNCTION chimera.submit_shares(batch bytea) RETURNS bytea
    AS 'MODULE_PATHNAME', 'chimera_submit_shares'
    LANGUAGE C VOLATILE STRICT SECURITY DEFINER SET search_path = pg_catalog, pg_temp;
COMMENT ON FUNCTION chimera.submit_shares(bytea) IS
'For stratumd: checks and stores a batch of submissions; true for the miner only once the transaction has committed. batch: uint32 1, then at most 4096 records of 48 bytes, big-endian: int64 job_id, int32 miner_id, uint32 extranonce1, uint64 extranonce2, uint32 ntime, uint32 nonce, uint32 version_mask (negotiated, 0 for none), uint32 version_bits, float8 difficulty. Returns a byte a record: 0 accepted, 1 accepted and a block, 2 unknown or stale job, 3 duplicate, 4 low difficulty, 5 unknown miner, 6 ntime out of range, 7 version bits outside the mask, 8 the share set is full. A block is 1 even where it would be 2 or 6 for being too late or ahead of its time, or 8, as long as its template is kept, and its share is credited as any; one too late that is no share either is 4. Errors: 22P03 for a malformed batch, 55000 when the library is not preloaded, in another database than chimera.database or in a transaction that is not READ COMMITTED.';

CREATE FUNCTION chimera.try_share(submission bytea) RETURNS int
    AS 'MODULE_PATHNAME', 'chimera_try_share'
    LANGUAGE C VOLATILE STRICT;
COMMENT ON FUNCTION chimera.try_share(bytea) IS
'Internal: the answer that a batch of one submission, as submit_shares() takes it, would get if its miner were known and it were no duplicate; nothing is stored. Errors: 22P03 for a malformed batch or one of several submissions, 55000 when the library is not preloaded.';

CREATE FUNCTION chimera.share_hash(job_id bigint, extranonce1 int, extranonce2 bigint, ntime int, nonce int, version int)
    RETURNS bytea
    AS 'MODULE_PATHNAME', 'chimera_share_hash'
    LANGUAGE C STABLE STRICT SECURITY DEFINER SET search_path = pg_catalog, pg_temp;
COMMENT ON FUNCTION chimera.share_hash(bigint, int, bigint, int, int, int) IS
'Proof-of-work hash of a stored share, computed anew from its job: 32 bytes in the byte order explorers show. NULL when the job is gone. Errors: 55000 when the library is not preloaded.';

CREATE FUNCTION chimera.share_set(OUT capacity bigint, OUT used bigint, OUT is_ready boolean)
    AS 'MODULE_PATHNAME', 'chimera_share_set'
    LANGUAGE C VOLATILE;
COMMENT ON FUNCTION chimera.share_set() IS
'The shared-memory set of live jobs'' shares that finds duplicates: how many it can hold (chimera.share_set_size) and holds, and whether it has been loaded since the server started. Errors: 55000 when the library is not preloaded.';

REVOKE ALL ON FUNCTION chimera.clock_slack(), chimera.make_share_partitions(uuid, date, date), chimera.share_days(uuid),
    chimera.drop_share_day(uuid, regclass, date), chimera.drop_old_share_day(uuid), chimera.drop_old_shares(),
    chimera.drop_old_setbacks(), chimera.summarize_shares(uuid), chimera.submit_shares(bytea), chimera.try_share(bytea),
    chimera.share_hash(bigint, int, bigint, int, int, int), chimera.share_set() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION chimera.submit_shares(bytea) TO chimera_stratum;
GRANT EXECUTE ON FUNCTION chimera.make_share_partitions(uuid, date, date), chimera.share_days(uuid),
    chimera.drop_old_shares(), chimera.summarize_shares(uuid), chimera.share_set() TO chimera_admin;
GRANT EXECUTE ON FUNCTION chimera.share_hash(bigint, int, bigint, int, int, int)
    TO chimera_admin, chimera_reader;
GRANT EXECUTE ON FUNCTION chimera.clock_slack() TO chimera_admin, chimera_reader;
GRANT SELECT ON chimera.shares, chimera.clock_setbacks, chimera.expired_shares TO chimera_admin, chimera_reader;

SELECT pg_catalog.pg_extension_config_dump('chimera.share_batches_seq', '');
SELECT pg_catalog.pg_extension_config_dump('chimera.clock_setbacks', '');
SELECT pg_catalog.pg_extension_config_dump('chimera.expired_shares', '');
