-- shares_reload.sql: filling the share set from the table, and which jobs are live then.
--
-- The set is filled at the first submission after the server's start, and
-- when the extension is another one; the latter can be had in a transaction:
-- DROP and CREATE EXTENSION. It locks everything, so a pool in use is spared.
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
-- in the accountant's order, so that none waits for the other in a circle
LOCK TABLE chimera.stratum_servers, chimera.rollup_progress, chimera.share_deltas, chimera.share_rollups_minute, chimera.network_configs IN ACCESS EXCLUSIVE MODE;

SELECT pg_temp.make_network('test_before') AS network, chimera.submit_shares('\x00000001') AS answer \gset
DROP EXTENSION chimera;
SELECT count(*) AS left_over FROM pg_namespace WHERE nspname = 'chimera' \gset
SELECT count(*) AS privileges FROM pg_shdepend d JOIN pg_roles r ON r.oid = d.refobjid
WHERE d.refclassid = 'pg_authid'::regclass AND r.rolname LIKE 'chimera\_%'
  AND d.dbid = (SELECT oid FROM pg_database WHERE datname = current_database()) \gset
CREATE EXTENSION chimera;
\ir work.psql
SELECT plan(14);

SELECT is(:left_over, 0, 'DROP EXTENSION needs no CASCADE and takes the schema along, partitions and all');
SELECT is(:privileges, 0, 'the roles stay without a privilege in this database');

SELECT pg_temp.make_network('test_reload') AS network, pg_temp.make_network('test_quiet') AS quiet,
       pg_temp.make_miner('test_alice') AS alice \gset
SELECT pg_temp.make_job(:'network', :hard_nbits) AS stale_job, pg_temp.make_job(:'network', :hard_nbits) AS clean_job,
       pg_temp.make_job(:'network', :hard_nbits, false) AS newest_job,
       pg_temp.make_job(:'quiet', :hard_nbits, false) AS quiet_job \gset

-- a share from before the start, of each of the network's jobs
CREATE FUNCTION pg_temp.old_share(job bigint) RETURNS void LANGUAGE sql AS $$
    INSERT INTO chimera.shares (share_id, network_id, submitted_at, job_id, extranonce2, difficulty, miner_id,
        extranonce1, ntime, nonce, version, share_difficulty)
    SELECT 0, network_id, clock_timestamp(), job_id, 7, 1, 1, -1, 1700000000, -2, 536870912, 1
    FROM chimera.jobs WHERE job_id = job
$$;
SELECT pg_temp.old_share(:stale_job), pg_temp.old_share(:clean_job), pg_temp.old_share(:newest_job);
CREATE FUNCTION pg_temp.again(job bigint, miner int, extranonce2 bigint DEFAULT 7) RETURNS int[] LANGUAGE sql AS $$
    SELECT pg_temp.submit(pg_temp.share(job, miner, extranonce2, extranonce1 => 4294967295, nonce => 4294967294))
$$;

SELECT is((SELECT is_ready FROM chimera.share_set()), true, 'the set was ready for the extension that is gone');
SELECT is(pg_temp.again(:clean_job, :alice), '{3}', 'a share in the table from before is a duplicate');
SELECT is((SELECT used FROM chimera.share_set()), 2::bigint, 'the shares of live jobs are in the set, no others');
SELECT is(pg_temp.again(:newest_job, :alice), '{3}', 'one of a later job too');
SELECT is(pg_temp.again(:clean_job, :alice, 8), '{0}', 'another share of the newest clean job is accepted');
SELECT is(pg_temp.again(:newest_job, :alice, 8), '{0}', 'and of a job after it');
SELECT is(pg_temp.again(:stale_job, :alice, 8), '{2}', 'a job before the newest clean one is stale');
SELECT is(pg_temp.again(:stale_job, :alice), '{2}', 'whether its share is a duplicate does not matter');
SELECT is(pg_temp.again(:quiet_job, :alice, 9), '{0}', 'another network''s clean jobs make none stale');
SELECT is((SELECT used FROM chimera.share_set()), 5::bigint, 'accepted shares are in the set');
SELECT is(chimera.apply_share_deltas() > 0, true, 'what was refused as stale');
SELECT results_eq(format('SELECT sum(accepted), sum(stale), sum(duplicate) FROM chimera.share_rollups_minute WHERE network_id = %L', :'network'),
                  'VALUES (2::numeric, 2::numeric, 2::numeric)', 'is counted as stale');

SELECT * FROM finish();
ROLLBACK;
