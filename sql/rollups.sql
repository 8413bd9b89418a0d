-- rollups.sql: shares summed up by time and miner (extension/accounting).

-- What a batch adds to the rollups, written in the batch's own transaction
-- and consumed by the accountant: deltas, so that no row is fought over.
CREATE SEQUENCE chimera.share_deltas_delta_id_seq;
CREATE TABLE chimera.share_deltas (
    delta_id bigint PRIMARY KEY DEFAULT nextval('chimera.share_deltas_delta_id_seq'),
    network_id uuid NOT NULL,
    submitted_at timestamptz NOT NULL,
    counts bytea NOT NULL
);
-- a batch's counts are read once, soon: compressing them would cost more than it saves
ALTER TABLE chimera.share_deltas ALTER COLUMN counts SET STORAGE EXTERNAL;
ALTER SEQUENCE chimera.share_deltas_delta_id_seq OWNED BY chimera.share_deltas.delta_id;
COMMENT ON TABLE chimera.share_deltas IS 'Queue between submissions and rollups: one row a batch and network, deleted as it is applied';
COMMENT ON COLUMN chimera.share_deltas.delta_id IS 'The row''s number';
COMMENT ON COLUMN chimera.share_deltas.network_id IS 'The network of the shares counted';
COMMENT ON COLUMN chimera.share_deltas.submitted_at IS 'When the batch was taken';
COMMENT ON COLUMN chimera.share_deltas.counts IS 'Counts by miner, packed: see chimera.unpack_share_deltas';

CREATE TABLE chimera.share_rollups_minute (
    network_id uuid NOT NULL,
    minute timestamptz NOT NULL,
    miner_id int NOT NULL,
    accepted bigint NOT NULL,
    stale bigint NOT NULL,
    duplicate bigint NOT NULL,
    low_difficulty bigint NOT NULL,
    invalid bigint NOT NULL,
    difficulty float8 NOT NULL,
    PRIMARY KEY (network_id, minute, miner_id)
);
COMMENT ON TABLE chimera.share_rollups_minute IS 'Shares by network, minute and miner; rejected ones are counted here only';
COMMENT ON COLUMN chimera.share_rollups_minute.network_id IS 'The network of the shares'' jobs';
COMMENT ON COLUMN chimera.share_rollups_minute.minute IS 'Begin of the minute in which the server took them';
COMMENT ON COLUMN chimera.share_rollups_minute.miner_id IS 'Who sent them';
COMMENT ON COLUMN chimera.share_rollups_minute.accepted IS 'Shares accepted, blocks among them';
COMMENT ON COLUMN chimera.share_rollups_minute.stale IS 'Refused: the job was superseded';
COMMENT ON COLUMN chimera.share_rollups_minute.duplicate IS 'Refused: the same share had come before';
COMMENT ON COLUMN chimera.share_rollups_minute.low_difficulty IS 'Refused: the hash does not meet the difficulty';
COMMENT ON COLUMN chimera.share_rollups_minute.invalid IS 'Refused for ntime or version bits';
COMMENT ON COLUMN chimera.share_rollups_minute.difficulty IS 'Sum of the credited difficulty of the accepted shares';

CREATE FUNCTION chimera.unpack_share_deltas(counts bytea, OUT miner_id int, OUT accepted int, OUT stale int,
    OUT duplicate int, OUT low_difficulty int, OUT invalid int, OUT difficulty float8)
    RETURNS SETOF record
    AS 'MODULE_PATHNAME', 'chimera_unpack_share_deltas'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION chimera.unpack_share_deltas(bytea) IS
'The counts of share_deltas as rows, one a miner. Errors: 22P03 for a malformed value.';

CREATE FUNCTION chimera.apply_share_deltas() RETURNS bigint
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    -- deleted and added in one statement: a delta is applied exactly once, whatever crashes
    WITH taken AS (
        DELETE FROM chimera.share_deltas RETURNING network_id, submitted_at, counts
    ), summed AS (
        SELECT t.network_id, date_trunc('minute', t.submitted_at) AS minute, u.miner_id,
               sum(u.accepted) AS accepted, sum(u.stale) AS stale, sum(u.duplicate) AS duplicate,
               sum(u.low_difficulty) AS low_difficulty, sum(u.invalid) AS invalid, sum(u.difficulty) AS difficulty
        FROM taken t CROSS JOIN LATERAL chimera.unpack_share_deltas(t.counts) u
        GROUP BY 1, 2, 3
        ORDER BY 1, 2, 3
    ), applied AS (
        INSERT INTO chimera.share_rollups_minute AS r
            (network_id, minute, miner_id, accepted, stale, duplicate, low_difficulty, invalid, difficulty)
        SELECT network_id, minute, miner_id, accepted, stale, duplicate, low_difficulty, invalid, difficulty FROM summed
        ON CONFLICT (network_id, minute, miner_id) DO UPDATE SET
            accepted = r.accepted + excluded.accepted,
            stale = r.stale + excluded.stale,
            duplicate = r.duplicate + excluded.duplicate,
            low_difficulty = r.low_difficulty + excluded.low_difficulty,
            invalid = r.invalid + excluded.invalid,
            difficulty = r.difficulty + excluded.difficulty
    )
    SELECT count(*) FROM taken;
$$;
COMMENT ON FUNCTION chimera.apply_share_deltas() IS
'Moves waiting share_deltas into share_rollups_minute, each exactly once; returns how many batches. The accountant calls it.';

REVOKE ALL ON FUNCTION chimera.unpack_share_deltas(bytea), chimera.apply_share_deltas() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION chimera.unpack_share_deltas(bytea) TO chimera_admin;
GRANT SELECT ON chimera.share_rollups_minute TO chimera_admin, chimera_web, chimera_reader;
GRANT SELECT ON chimera.share_deltas TO chimera_admin;

SELECT pg_catalog.pg_extension_config_dump('chimera.share_deltas', '');
SELECT pg_catalog.pg_extension_config_dump('chimera.share_deltas_delta_id_seq', '');
SELECT pg_catalog.pg_extension_config_dump('chimera.share_rollups_minute', '');
