-- shares_clock.sql: shares whose time is ahead of the clock, or behind it, count as all others.
BEGIN;
\ir begin.psql
\if :is_pool
\else
    \echo :skip_file
    \quit
\endif
\ir work.psql
SELECT plan(9);

SELECT pg_temp.make_network('test_clock') AS network, pg_temp.make_miner('test_alice') AS alice, pg_temp.make_miner('test_bob') AS bob \gset
SELECT account_id AS account FROM chimera.miners WHERE miner_id = :alice \gset
SELECT chimera.set_reward_scheme('test_clock', 'pps') \gset
CREATE FUNCTION pg_temp.paid(whose int) RETURNS numeric LANGUAGE sql AS $$
    SELECT coalesce((SELECT amount_sats FROM chimera.balances WHERE account = 'balance' AND account_id = whose), 0)
         + coalesce((SELECT fraction_sats FROM chimera.pps_remainders WHERE account = 'balance' AND account_id = whose), 0)
$$;
CREATE FUNCTION pg_temp.worth(shares int, job bigint) RETURNS numeric LANGUAGE sql AS $$
    SELECT shares * chimera.pps_value(2.3283064365386963e-10, chimera.difficulty(chimera.target(nbits), 'sha256d'), 5000000000)
    FROM chimera.jobs WHERE job_id = job
$$;
-- this transaction has a share, so no horizon is settled but for itself
CREATE FUNCTION pg_temp.pay() RETURNS int LANGUAGE sql AS $$
    SELECT chimera.post_pps_shares();
    SELECT chimera.post_pps_shares();
$$;

-- ---------- a clock that was ahead when a job was made ----------

SELECT pg_temp.pay() \gset
ALTER TABLE chimera.jobs ALTER created_at SET DEFAULT clock_timestamp() + interval '20 hours';
SELECT pg_temp.make_job(:'network', 453248203) AS job \gset
ALTER TABLE chimera.jobs ALTER created_at SET DEFAULT clock_timestamp();
SELECT is(pg_temp.submit(pg_temp.share(:job, :alice, 1), pg_temp.share(:job, :alice, 2)), '{0,0}', 'shares of a job that was made by a clock ahead are taken');
SELECT is(s.submitted_at, j.created_at, 'with its time') FROM chimera.shares s JOIN chimera.jobs j USING (job_id) WHERE s.job_id = :job LIMIT 1;
-- the server remembers a clock that was still further ahead in an earlier run
SELECT cmp_ok(chimera.clock_slack(), '>', '20 hours 9 minutes', 'which is noted as a clock that is set back');
SELECT max(reached) AS reached FROM chimera.clock_setbacks \gset
SELECT is(pg_temp.submit(pg_temp.share(:job, :alice, 3)), '{0}', 'one more');
SELECT is(count(*), 1::bigint, 'is the same setback') FROM chimera.clock_setbacks WHERE reached >= :'reached';
SELECT pg_temp.pay() \gset
SELECT is(pg_temp.paid(:account), pg_temp.worth(3, :job), 'PPS pays them');

-- a block of a job that was made by the right clock
SELECT pg_temp.make_job(:'network', :easy_nbits, false) AS now_job \gset
SET LOCAL client_min_messages = error; -- it has no template
SELECT pg_temp.submit(pg_temp.share(:now_job, :bob, pg_temp.find(:now_job, true))) \gset
SET LOCAL client_min_messages = warning;
SELECT block_id AS block FROM chimera.blocks WHERE job_id = :now_job \gset
SELECT ok(b.found_at = s.submitted_at AND b.found_at < now() + interval '1 minute', 'a block is found when its share was taken')
FROM chimera.blocks b JOIN chimera.shares s USING (network_id, share_id) WHERE b.block_id = :block;
-- as though they had not been paid
UPDATE chimera.reward_settings SET scheme = 'pplns' WHERE network_id = :'network';
SELECT is(sum(work), 3 * chimera.work(:free_difficulty), what || ' counts them') FROM (
    SELECT 'PPLNS' AS what, p.* FROM chimera.pplns_work(:block, 1000) p UNION ALL SELECT 'PROP', p.* FROM chimera.prop_work(:block) p) w
WHERE account_id = :account GROUP BY what ORDER BY what;

SELECT * FROM finish();
ROLLBACK;
