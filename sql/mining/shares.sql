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
'Accepted shares, partitioned by network and then by day (UTC). The hash is not stored: chimera.share_hash '
'computes it from job and nonce data. int and bigint columns hold the bits of the unsigned 32- and 64-bit values '
'of the protocol.';
COMMENT ON COLUMN chimera.shares.share_id IS
'Number of the batch times 4096, plus the place in it: orders shares as the database accepted them';
COMMENT ON COLUMN chimera.shares.network_id IS 'The job''s network';
COMMENT ON COLUMN chimera.shares.submitted_at IS 'When the server accepted it';
COMMENT ON COLUMN chimera.shares.job_id IS 'The job that it was found for';
COMMENT ON COLUMN chimera.shares.extranonce2 IS 'The 8 bytes as sent, read as big-endian';
COMMENT ON COLUMN chimera.shares.difficulty IS 'Credited difficulty: the miner''s difficulty when it was sent the job';
COMMENT ON COLUMN chimera.shares.miner_id IS
'The miner that found it. chimera.miners has the account that is credited; a miner never changes its account, so '
'the account is not repeated here, which saves 8 bytes per row';
COMMENT ON COLUMN chimera.shares.extranonce1 IS 'The 4 bytes that stratumd assigned to the miner''s connection';
COMMENT ON COLUMN chimera.shares.ntime IS 'The header''s time';
COMMENT ON COLUMN chimera.shares.nonce IS 'The header''s nonce';
COMMENT ON COLUMN chimera.shares.version IS 'The header''s version, including rolled bits';
COMMENT ON COLUMN chimera.shares.share_difficulty IS 'Difficulty that the hash achieved';

CREATE TABLE chimera.clock_setbacks (
    reached timestamptz PRIMARY KEY,
    back interval NOT NULL CHECK (back > '0')
);
COMMENT ON TABLE chimera.clock_setbacks IS
'Times when the server''s clock went back by more than a few minutes while shares were stored. From then on, a '
'later share_id may have an earlier time. Rows are kept as long as shares from before may be stored';
COMMENT ON COLUMN chimera.clock_setbacks.reached IS 'The latest submitted_at before it';
COMMENT ON COLUMN chimera.clock_setbacks.back IS 'How much earlier the submitted_at of a later share may be';

CREATE FUNCTION chimera.clock_slack() RETURNS interval
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    SELECT interval '10 minutes' + coalesce(max(c.back), '0') FROM chimera.clock_setbacks c;
$$;
COMMENT ON FUNCTION chimera.clock_slack() IS
'How far a search for shares by share_id must widen its bounds of submitted_at: ten minutes, and more after the '
'server''s clock was set back.';

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

    -- the accountant and a submission that finds no partition may run at the same time
    PERFORM pg_advisory_xact_lock('chimera.shares'::regclass::oid::int, hashtext(network_name));
    IF to_regclass(format('chimera.%I', 'shares_' || network_name)) IS NULL THEN
        EXECUTE format('CREATE TABLE chimera.%I PARTITION OF chimera.shares FOR VALUES IN (%L) PARTITION BY RANGE (submitted_at)',
                       'shares_' || network_name, make_share_partitions.network_id);
        EXECUTE format('GRANT SELECT ON chimera.%I TO chimera_admin, chimera_reader', 'shares_' || network_name);
    END IF;

    FOR day IN SELECT generate_series(from_day, to_day, interval '1 day')::date LOOP
        leaf := format('shares_%s_%s', network_name, to_char(day, 'YYYYMMDD'));
        CONTINUE WHEN to_regclass(format('chimera.%I', leaf)) IS NOT NULL;
        -- attached, not created in place, which would block everyone who reads or writes the
        -- network's shares
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
'Creates the missing partitions of a network''s shares for each day (UTC) of a range; returns how many. Errors: '
'P0002 for an unknown network.';

CREATE TABLE chimera.expired_shares (
    network_id uuid PRIMARY KEY REFERENCES chimera.network_configs ON DELETE CASCADE,
    dropped_until timestamptz NOT NULL
);
COMMENT ON TABLE chimera.expired_shares IS
'Networks whose old shares have been dropped; a window or round that reaches back to them is known to be incomplete';
COMMENT ON COLUMN chimera.expired_shares.network_id IS 'The shares'' network';
COMMENT ON COLUMN chimera.expired_shares.dropped_until IS 'Shares before this time may have been dropped';

-- From the catalog, without opening partitions: pg_partition_tree() would
-- lock each of them.
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
'The days (UTC) for which a network has a share partition, oldest first, with the partition.';

CREATE FUNCTION chimera.drop_share_day(network_id uuid, relid regclass, day date) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    parent CONSTANT regclass := (SELECT i.inhparent FROM pg_inherits i WHERE i.inhrelid = relid);
    has_rows boolean;
BEGIN
    -- A transaction that waits for this lock blocks all later ones, so take it at once or not at
    -- all. DETACH PARTITION CONCURRENTLY would wait for everyone who reads the network's shares.
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
'Internal: drops a share partition and records that its shares are dropped, unless the partition or its network''s '
'table is in use; returns whether it did. Part of chimera.drop_old_share_day.';

CREATE FUNCTION chimera.drop_old_share_day(network_id uuid) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    -- a day ends when the next one begins: its last microsecond must be older than the retention
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
        -- a reader of the partition that has just become old will finish: not an error until the
        -- next one is old too
        ELSIF old.day < ends THEN
            in_use := coalesce(in_use, old.relid);
        END IF;
    END LOOP;
    IF in_use IS NOT NULL THEN
        RAISE EXCEPTION 'could not drop share partition % because it is in use', in_use
            USING ERRCODE = 'lock_not_available',
                DETAIL = 'The partition is older than share_retention. It is dropped as soon as nobody reads it or '
                         'its network''s shares.';
    END IF;
    RETURN false;
END;
$$;
COMMENT ON FUNCTION chimera.drop_old_share_day(uuid) IS
'Drops a network''s oldest share partition that is older than its share_retention; returns whether it did. It '
'never waits for a lock. The accountant calls it, one partition per transaction. Errors: 55P03 if all such '
'partitions are in use, and they are more than the day that has just become old.';

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
'Drops the share partitions that are older than their network''s share_retention, except those in use, in one '
'transaction; returns how many. Rollups and blocks stay. For manual use: the accountant does the same, one '
'partition at a time. Errors: as chimera.drop_old_share_day.';

CREATE FUNCTION chimera.drop_old_setbacks() RETURNS bigint
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    -- the shares of that time have been dropped
    WITH dropped AS (
        DELETE FROM chimera.clock_setbacks c
        WHERE c.reached < now() - interval '1 day' - (SELECT max(n.share_retention) FROM chimera.network_configs n)
        RETURNING 1)
    SELECT count(*) FROM dropped;
$$;
COMMENT ON FUNCTION chimera.drop_old_setbacks() IS
'Deletes setbacks of the clock from before the oldest shares that are kept; returns how many. The accountant calls it.';

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
'Updates the time index of today''s and yesterday''s shares of a network (NULL: of each), so that queries of the '
'last hour read little else; returns how many ranges it summarized. The accountant calls it.';

CREATE FUNCTION chimera.submit_shares(batch bytea) RETURNS bytea
    AS 'MODULE_PATHNAME', 'chimera_submit_shares'
    LANGUAGE C VOLATILE STRICT SECURITY DEFINER SET search_path = pg_catalog, pg_temp;
COMMENT ON FUNCTION chimera.submit_shares(bytea) IS
'For stratumd: checks and stores a batch of submissions. The results are valid only once the transaction has '
'committed. batch: uint32 1, then at most 4096 records of 48 bytes, big-endian: int64 job_id, int32 miner_id, '
'uint32 extranonce1, uint64 extranonce2, uint32 ntime, uint32 nonce, uint32 version_mask (negotiated, 0 for '
'none), uint32 version_bits, float8 difficulty. Returns one byte per record: 0 accepted, 1 accepted and a block, '
'2 unknown or stale job, 3 duplicate, 4 low difficulty, 5 unknown miner, 6 ntime out of range, 7 version bits '
'outside the mask, 8 the share set is full, 9 low difficulty but at least half of it, 10 extranonce2 contains merged '
'mining''s magic, and the job carries jobs of children. A block, of the job''s network or of such a child, is 1 even if it would otherwise be 2 or 6 for being late or '
'early, or 8, until its template is dropped, and its share is credited like any other; a late one that does not '
'meet its difficulty either is 4. Errors: 22P03 for a malformed batch, 55000 if the library is not preloaded, in '
'another database than chimera.database or in a transaction that is not READ COMMITTED.';

CREATE FUNCTION chimera.try_share(submission bytea) RETURNS int
    AS 'MODULE_PATHNAME', 'chimera_try_share'
    LANGUAGE C VOLATILE STRICT;
COMMENT ON FUNCTION chimera.try_share(bytea) IS
'Internal: the result that a batch of one submission, in the form of submit_shares(), would get if its miner were '
'known and it were not a duplicate; stores nothing. Errors: 22P03 for a malformed batch or one of several '
'submissions, 55000 if the library is not preloaded.';

CREATE FUNCTION chimera.share_hash(job_id bigint, extranonce1 int, extranonce2 bigint, ntime int, nonce int, version int)
    RETURNS bytea
    AS 'MODULE_PATHNAME', 'chimera_share_hash'
    LANGUAGE C STABLE STRICT SECURITY DEFINER SET search_path = pg_catalog, pg_temp;
COMMENT ON FUNCTION chimera.share_hash(bigint, int, bigint, int, int, int) IS
'Proof-of-work hash of a stored share, computed from its job: 32 bytes in the byte order that explorers show. '
'NULL if the job has been dropped. Errors: 55000 if the library is not preloaded.';

CREATE FUNCTION chimera.share_set(OUT capacity bigint, OUT used bigint, OUT is_ready boolean)
    AS 'MODULE_PATHNAME', 'chimera_share_set'
    LANGUAGE C VOLATILE;
COMMENT ON FUNCTION chimera.share_set() IS
'The shared-memory set of live jobs'' shares that detects duplicates: how many it can hold '
'(chimera.share_set_size) and holds, and whether it has been loaded since the server started. Errors: 55000 if '
'the library is not preloaded.';

SELECT pg_catalog.pg_extension_config_dump('chimera.share_batches_seq', '');
SELECT pg_catalog.pg_extension_config_dump('chimera.clock_setbacks', '');
SELECT pg_catalog.pg_extension_config_dump('chimera.expired_shares', '');
