-- health_merged.sql: what chimera.health says about merged mining.

CREATE FUNCTION chimera.why_not_carried(child uuid, parent uuid) RETURNS text
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    own record;
    above record;
    other text;
BEGIN
    SELECT j.created_at, j.version >> 16 AS chain_id INTO own
    FROM chimera.jobs j WHERE j.network_id = child ORDER BY j.job_id DESC LIMIT 1;
    SELECT j.created_at, j.tree_id INTO above
    FROM chimera.jobs j WHERE j.network_id = parent AND j.renews IS NULL ORDER BY j.job_id DESC LIMIT 1;
    IF NOT EXISTS (SELECT FROM chimera.mineable_networks w WHERE w.network_id = child)
       OR EXISTS (SELECT FROM chimera.carried_jobs c WHERE c.tree_id = above.tree_id AND c.network_id = child)
       OR own.created_at IS NULL OR above.created_at < own.created_at THEN
        -- other parts say why a child has no jobs; the parent's next job carries a new one
        RETURN NULL;
    ELSIF NOT EXISTS (SELECT FROM chimera.mineable_networks w WHERE w.network_id = parent) THEN
        RETURN 'the parent is disabled or stopped';
    ELSIF own.chain_id IN (0, 8192) THEN
        RETURN 'its templates have no chain id';
    END IF;
    SELECT n.name INTO other
    FROM chimera.carried_jobs c JOIN chimera.jobs j USING (job_id) JOIN chimera.network_configs n ON n.network_id = c.network_id
    WHERE c.tree_id = above.tree_id AND j.version >> 16 = own.chain_id;
    IF FOUND THEN
        RETURN format('network "%s" has the same chain id, %s', other, own.chain_id);
    END IF;
    RETURN 'the parent''s coinbase has no room for the commitment (shorten coinbase_tag), or its version contains the chain id';
END;
$$;
COMMENT ON FUNCTION chimera.why_not_carried(uuid, uuid) IS
'Internal: why the newest job of a parent does not carry a child that has jobs; NULL: it does, or will.';

CREATE VIEW chimera.health_merged (subject, name, part, ok, message, since, last_success) AS
    SELECT 'network', n.name, 'merged', false, string_agg(format('not mined with %s: %s', p.name, w.reason), '; ' ORDER BY p.name),
           NULL::timestamptz, NULL::timestamptz
    FROM chimera.merged_networks m
    JOIN chimera.network_configs n USING (network_id)
    JOIN chimera.network_configs p ON p.network_id = m.parent_id
    CROSS JOIN LATERAL chimera.why_not_carried(m.network_id, m.parent_id) w (reason)
    WHERE m.unmerged_at IS NULL AND n.is_enabled AND w.reason IS NOT NULL
    GROUP BY n.name
    UNION ALL
    SELECT 'network', n.name, 'proofs', false,
           format('blocks of the last day whose proof of the parent''s work is not valid: %s; block %s: %s',
                  count(*), min(b.block_id), (array_agg(b.proof_problem ORDER BY b.block_id))[1]), min(b.found_at), NULL
    FROM chimera.network_configs n JOIN chimera.blocks b USING (network_id)
    WHERE b.proof_problem IS NOT NULL AND b.found_at > now() - interval '1 day'
    GROUP BY n.name
    UNION ALL
    -- a chain may change its id at a height; a node that returns another one by itself may be the wrong one
    SELECT 'network', n.name, 'chain id', false,
           format('the chain id in templates has changed from %s to %s', b.chain_id, a.chain_id), a.created_at, NULL
    FROM (SELECT DISTINCT m.network_id FROM chimera.merged_networks m WHERE m.unmerged_at IS NULL) m
    JOIN chimera.network_configs n USING (network_id)
    CROSS JOIN LATERAL (SELECT j.version >> 16 AS chain_id, j.created_at FROM chimera.jobs j
                        WHERE j.network_id = m.network_id ORDER BY j.job_id DESC LIMIT 1) a
    CROSS JOIN LATERAL (SELECT j.version >> 16 AS chain_id FROM chimera.jobs j
                        WHERE j.network_id = m.network_id AND j.created_at > now() - interval '1 day'
                          AND j.version >> 16 <> a.chain_id ORDER BY j.job_id DESC LIMIT 1) b
    WHERE n.is_enabled;
COMMENT ON VIEW chimera.health_merged IS
'Internal: the rows of chimera.health about children that are not mined with their parents (merged mining)';
