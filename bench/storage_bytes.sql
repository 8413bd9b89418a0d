-- storage_bytes.sql: heap, indexes and WAL of shares that come by
-- chimera.submit_shares, in batches of 1,000 on one connection.
SELECT pg_current_wal_lsn() AS before \gset
SELECT coalesce(sum(pg_relation_size(oid)), 0) AS rollups_before FROM pg_class WHERE relname LIKE 'share_%' \gset
\set command :ingest ' --no-limits "" sha256d 1 1000 3 >/dev/null'
\setenv COMMAND :command
\! sh -c "$COMMAND"
SELECT pg_current_wal_lsn() AS after \gset
SELECT name AS network, network_id FROM chimera.network_configs ORDER BY created_at DESC LIMIT 1 \gset
SELECT count(*) AS shares FROM chimera.shares WHERE network_id = :'network_id' \gset

\echo | shares | heap bytes each | index bytes each | free space and visibility maps | WAL bytes each | tuple bytes each |
\echo |--:|--:|--:|--:|--:|--:|
WITH leaves AS (
    SELECT relid FROM pg_partition_tree(format('chimera.%I', 'shares_' || :'network')::regclass) WHERE isleaf
), sizes AS (
    SELECT sum(pg_relation_size(relid)) AS heap, sum(pg_indexes_size(relid)) AS indexes,
           sum(pg_relation_size(relid, 'fsm') + pg_relation_size(relid, 'vm')) AS maps
    FROM leaves
)
SELECT format('| %s | %s | %s | %s | %s | %s |', :shares, round(heap / :shares, 1), round(indexes / :shares, 2),
              round(maps / :shares, 2), round((:'after'::pg_lsn - :'before'::pg_lsn) / :shares, 1),
              (SELECT pg_column_size(s) + 4 FROM chimera.shares s WHERE network_id = :'network_id' LIMIT 1))
FROM sizes;
