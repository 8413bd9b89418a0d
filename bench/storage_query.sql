-- storage_query.sql: a row of the table: the hour's shares by miner.
SELECT network_id FROM chimera.network_configs WHERE name = 'storage' \gset
CREATE TEMP TABLE explained (line json);
DO $$
DECLARE
    line json;
BEGIN
    -- the second run finds its pages in memory
    FOR i IN 1 .. 2 LOOP
        EXECUTE format('EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT json)
            SELECT miner_id, count(*), sum(difficulty) FROM chimera.shares
            WHERE network_id = %L
              AND submitted_at > now() - interval ''1 hour''
            GROUP BY miner_id', chimera.network_id('storage')) INTO line;
    END LOOP;
    INSERT INTO explained VALUES (line);
END;
$$;
SELECT count(*) AS shares FROM chimera.shares
WHERE network_id = :'network_id' AND submitted_at > now() - interval '1 hour' \gset
SELECT format('| %s | %s | %s | %s | %s | %s | %s | %s |', :rows, count(*) FILTER (WHERE pg_relation_size(relid) > 0),
              pg_size_pretty(sum(pg_total_relation_size(relid))), trim(:'rate'), :shares,
              round(min((line->0->>'Execution Time')::numeric)),
              round(min((line->0->>'Execution Time')::numeric) * 1e6 / :shares, 1),
              min((line->0->'Plan'->>'Shared Hit Blocks')::bigint + (line->0->'Plan'->>'Shared Read Blocks')::bigint))
FROM pg_partition_tree('chimera.shares_storage') CROSS JOIN explained WHERE isleaf;
