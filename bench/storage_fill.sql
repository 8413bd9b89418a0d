-- storage_fill.sql: the shares of the network "storage" become :rows, at most
-- ten million a day (UTC), from today backwards, none of them of the last hour.
SET client_min_messages = warning;
SET timezone = 'UTC';
SET synchronous_commit = off;
\set per_day 10000000
SELECT network_id FROM chimera.network_configs WHERE name = 'storage' \gset
SELECT count(*) AS present FROM chimera.shares WHERE network_id = :'network_id' \gset
SELECT greatest(:rows - :present, 0) AS missing, ceil(:rows::numeric / :per_day)::int AS days \gset
SELECT chimera.make_share_partitions(:'network_id', current_date - :days, current_date) IS NULL AS unused \gset

-- the newest day ends an hour ago; each share has a time of its own in its day
INSERT INTO chimera.shares
SELECT n, :'network_id', newest - make_interval(days => (n / :per_day)::int)
                         - interval '1 hour' * (n % :per_day)::float8 / :per_day,
       1, n, 1e-10, n % 1000, 1, 1700000000, n & 2147483647, 536870912, 1
FROM generate_series(:present::bigint, :present::bigint + :missing - 1) n,
     (SELECT now() - interval '1 hour' AS newest) clock;
ANALYZE chimera.shares;
