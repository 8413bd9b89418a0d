-- shares.sql: an old pool's shares.
--
-- They lack job and nonce, so nobody could verify them again. They are
-- therefore not stored with the pool's own shares but counted, by deltas that
-- the accountant adds to the rollups. Statistics and hashrates then include
-- the old shares; rewards, which count shares one by one, do not.
--
-- They are too many to be recorded one by one: they are adopted in the order
-- of their id, up to a horizon below which no transaction can add one
-- (chimera.adopt_legacy).

CREATE FUNCTION chimera.adopt_share_batch(network_id uuid, ids bigint[]) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    WITH batch AS MATERIALIZED (
        SELECT s.id, s.miner_id, s.is_valid, s.difficulty, s.submitted_at, m.new_id::int AS new_miner_id,
               CASE WHEN m.new_id IS NULL THEN 'miner was not adopted or does not exist'
                    WHEN s.is_valid IS NULL THEN 'share is marked neither valid nor invalid'
                    WHEN isfinite(s.submitted_at) IS NOT TRUE THEN 'time is missing'
                    WHEN s.submitted_at > now() THEN 'time is in the future'
                    WHEN s.is_valid AND s.difficulty IS NULL THEN 'difficulty is not a number'
                    WHEN s.is_valid AND NOT (s.difficulty > 0 AND s.difficulty < 1e18) THEN 'difficulty is out of range'
               END AS reason
        FROM pg_temp.legacy_shares s LEFT JOIN chimera.legacy_rows m ON m.source = 'miners' AND m.legacy_id = s.miner_id
        WHERE s.id = ANY (ids) AND s.network_id = adopt_share_batch.network_id
    ), refused AS (
        INSERT INTO chimera.legacy_refused AS r (source, legacy_id, network_id, reason, legacy_row)
        SELECT 'shares', b.id, adopt_share_batch.network_id, b.reason, to_jsonb(b) - '{reason,new_miner_id}'::text[]
        FROM batch b WHERE b.reason IS NOT NULL
        ON CONFLICT ON CONSTRAINT legacy_refused_pkey
        DO UPDATE SET reason = excluded.reason, legacy_row = excluded.legacy_row, refused_at = now()
    ), pardoned AS (
        DELETE FROM chimera.legacy_refused r USING batch b WHERE r.source = 'shares' AND r.legacy_id = b.id AND b.reason IS NULL
    ), counted AS (
        SELECT date_trunc('minute', b.submitted_at, 'UTC') AS minute, b.new_miner_id,
               count(*) FILTER (WHERE b.is_valid)::int AS accepted, count(*) FILTER (WHERE NOT b.is_valid)::int AS invalid,
               coalesce(sum(b.difficulty) FILTER (WHERE b.is_valid), 0)::float8 AS difficulty
        FROM batch b WHERE b.reason IS NULL GROUP BY 1, 2
    ), written AS (
        INSERT INTO chimera.share_deltas (network_id, submitted_at, counts)
        SELECT adopt_share_batch.network_id, c.minute,
               string_agg(chimera.pack_share_delta(c.new_miner_id, c.accepted, c.invalid, c.difficulty), '' ORDER BY c.new_miner_id)
        FROM counted c GROUP BY c.minute ORDER BY c.minute
        RETURNING counts
    ), sums AS (
        -- the stored rows, not the intended ones
        SELECT coalesce(sum(u.accepted), 0) AS accepted, coalesce(sum(u.invalid), 0) AS invalid
        FROM written w CROSS JOIN LATERAL chimera.unpack_share_deltas(w.counts) u
    )
    UPDATE chimera.legacy_networks n
    SET accepted = n.accepted + s.accepted, invalid = n.invalid + s.invalid,
        difficulty = n.difficulty + coalesce((SELECT sum(b.difficulty) FROM batch b WHERE b.is_valid AND b.reason IS NULL), 0)
    FROM sums s WHERE n.network_id = adopt_share_batch.network_id;
END;
$$;
COMMENT ON FUNCTION chimera.adopt_share_batch(uuid, bigint[]) IS
'Internal: counts shares of an old pool into the rollups, or refuses them. Part of chimera.adopt_legacy.';

CREATE FUNCTION chimera.adopt_shares(network_id uuid, after_key bigint, batch_size int) RETURNS bigint
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    progress chimera.legacy_networks;
    ids bigint[];
BEGIN
    SELECT * INTO STRICT progress FROM chimera.legacy_networks n WHERE n.network_id = adopt_shares.network_id;
    ids := ARRAY(SELECT s.id FROM pg_temp.legacy_shares s
                 WHERE s.network_id = adopt_shares.network_id AND s.id > progress.last_share AND s.id <= progress.shares_until
                 ORDER BY s.id LIMIT batch_size);
    IF ids = '{}' THEN
        RETURN NULL;
    END IF;
    PERFORM chimera.adopt_share_batch(adopt_shares.network_id, ids);
    UPDATE chimera.legacy_networks n SET last_share = ids[cardinality(ids)] WHERE n.network_id = adopt_shares.network_id;
    RETURN ids[cardinality(ids)];
END;
$$;
COMMENT ON FUNCTION chimera.adopt_shares(uuid, bigint, int) IS
'Internal: adopts an old pool''s next shares, after those adopted before and up to the horizon. Part of '
'chimera.adopt_legacy.';

CREATE FUNCTION chimera.adopt_refused_shares(network_id uuid, after_key bigint, batch_size int) RETURNS bigint
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    ids bigint[];
BEGIN
    ids := ARRAY(SELECT r.legacy_id FROM chimera.legacy_refused r
                 WHERE r.network_id = adopt_refused_shares.network_id AND r.source = 'shares' AND r.legacy_id > after_key
                 ORDER BY r.legacy_id LIMIT batch_size);
    IF ids = '{}' THEN
        RETURN NULL;
    END IF;
    PERFORM chimera.adopt_share_batch(adopt_refused_shares.network_id, ids);
    RETURN ids[cardinality(ids)];
END;
$$;
COMMENT ON FUNCTION chimera.adopt_refused_shares(uuid, bigint, int) IS
'Internal: tries the next refused shares of an old pool again. Part of chimera.adopt_legacy.';
