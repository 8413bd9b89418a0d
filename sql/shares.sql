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

    -- the maintenance worker and a submission that finds none may both come
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

CREATE FUNCTION chimera.drop_old_shares() RETURNS int
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '1s'
AS $$
DECLARE
    leaf record;
    dropped int := 0;
BEGIN
    FOR leaf IN
        SELECT t.relid::regclass AS relid
        FROM chimera.network_configs n
        CROSS JOIN LATERAL pg_partition_tree(to_regclass(format('chimera.%I', 'shares_' || n.name))) t
        WHERE t.isleaf AND t.relid::regclass::text ~ '_[0-9]{8}$'
          -- a day is over when the next begins: the last microsecond must be older than the retention
          AND to_date(right(t.relid::regclass::text, 8), 'YYYYMMDD') + 1
              <= (now() - n.share_retention) AT TIME ZONE 'UTC'
    LOOP
        BEGIN
            EXECUTE format('DROP TABLE %s', leaf.relid);
            dropped := dropped + 1;
        EXCEPTION WHEN lock_not_available THEN
            -- somebody reads it: the next round comes
            RAISE LOG 'chimera: partition % is in use and stays for now', leaf.relid;
        END;
    END LOOP;
    -- for the shares of that time are gone
    DELETE FROM chimera.clock_setbacks c
    WHERE c.reached < now() - interval '1 day' - (SELECT max(n.share_retention) FROM chimera.network_configs n);
    RETURN dropped;
END;
$$;
COMMENT ON FUNCTION chimera.drop_old_shares() IS
'Drops the share partitions that are older than their network''s share_retention; returns how many. Rollups and blocks stay. The accountant calls it.';

CREATE FUNCTION chimera.summarize_shares() RETURNS int
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    SELECT coalesce(sum(brin_summarize_new_values(i.indexrelid)), 0)::int
    FROM pg_partition_tree('chimera.shares') t
    JOIN pg_index i ON i.indrelid = t.relid
    JOIN pg_class c ON c.oid = i.indexrelid
    JOIN pg_am a ON a.oid = c.relam AND a.amname = 'brin'
    WHERE t.isleaf
      AND right(t.relid::regclass::text, 8) IN (to_char(now() AT TIME ZONE 'UTC', 'YYYYMMDD'),
                                                to_char(now() AT TIME ZONE 'UTC' - interval '1 day', 'YYYYMMDD'));
$$;
COMMENT ON FUNCTION chimera.summarize_shares() IS
'Brings the time index of today''s and yesterday''s shares up to date, so that queries of the last hour read little else; returns how many ranges it summarized. The accountant calls it.';

CREATE FUNCTION chimera.submit_shares(batch bytea) RETURNS bytea
    AS 'MODULE_PATHNAME', 'chimera_submit_shares'
    LANGUAGE C VOLATILE STRICT SECURITY DEFINER SET search_path = pg_catalog, pg_temp;
COMMENT ON FUNCTION chimera.submit_shares(bytea) IS
'For stratumd: checks and stores a batch of submissions; true for the miner only once the transaction has committed. batch: uint32 1, then at most 4096 records of 48 bytes, big-endian: int64 job_id, int32 miner_id, uint32 extranonce1, uint64 extranonce2, uint32 ntime, uint32 nonce, uint32 version_mask (negotiated, 0 for none), uint32 version_bits, float8 difficulty. Returns a byte a record: 0 accepted, 1 accepted and a block, 2 unknown or stale job, 3 duplicate, 4 low difficulty, 5 unknown miner, 6 ntime out of range, 7 version bits outside the mask, 8 the share set is full, 9 low difficulty, but at least half of it: some firmware rounds. Errors: 22P03 for a malformed batch, 55000 when the library is not preloaded, in another database than chimera.database or in a transaction that is not READ COMMITTED.';

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

REVOKE ALL ON FUNCTION chimera.clock_slack(), chimera.make_share_partitions(uuid, date, date), chimera.drop_old_shares(),
    chimera.summarize_shares(), chimera.submit_shares(bytea), chimera.try_share(bytea),
    chimera.share_hash(bigint, int, bigint, int, int, int), chimera.share_set() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION chimera.submit_shares(bytea) TO chimera_stratum;
GRANT EXECUTE ON FUNCTION chimera.make_share_partitions(uuid, date, date), chimera.drop_old_shares(),
    chimera.summarize_shares(), chimera.share_set() TO chimera_admin;
GRANT EXECUTE ON FUNCTION chimera.share_hash(bigint, int, bigint, int, int, int)
    TO chimera_admin, chimera_reader;
GRANT EXECUTE ON FUNCTION chimera.clock_slack() TO chimera_admin, chimera_reader;
GRANT SELECT ON chimera.shares, chimera.clock_setbacks TO chimera_admin, chimera_reader;

SELECT pg_catalog.pg_extension_config_dump('chimera.share_batches_seq', '');
SELECT pg_catalog.pg_extension_config_dump('chimera.clock_setbacks', '');
