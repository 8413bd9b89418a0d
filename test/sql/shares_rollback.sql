-- shares_rollback.sql: a transaction that is rolled back gives its shares back.
--
-- What is left of a transaction can be seen after it alone: so three of them,
-- and the count of the share set, which nobody else must change meanwhile.
BEGIN;
\ir begin.psql
\if :is_pool
\else
    \echo :skip_file
    \quit
\endif
SELECT EXISTS (SELECT FROM chimera.network_configs WHERE is_enabled) AS in_use \gset
\if :in_use
    \echo 1..0 # SKIP this pool is in use
    \quit
\endif
-- loading the set would change the count
SELECT chimera.submit_shares('\x00000001') AS answer \gset
SELECT used AS before FROM chimera.share_set() \gset
ROLLBACK;

BEGIN;
\ir begin.psql
\ir work.psql
SELECT pg_temp.make_network('test_rollback') AS network, pg_temp.make_miner('test_alice') AS alice \gset
SELECT pg_temp.make_job(:'network', :hard_nbits) AS job \gset
SELECT pg_temp.submit(VARIADIC array_agg(pg_temp.share(:job, :alice, n))) AS codes FROM generate_series(1, 1000) n \gset
SELECT used AS during FROM chimera.share_set() \gset
ROLLBACK;

BEGIN;
\ir begin.psql
SELECT plan(2);
SELECT is(:during - :before, 1000, 'accepted shares are in the share set at once');
SELECT is((SELECT used FROM chimera.share_set()), :before::bigint, 'after a rollback none of them is left');
SELECT * FROM finish();
ROLLBACK;
