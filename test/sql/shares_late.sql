-- shares_late.sql: what would be refused, but is a block, is taken: too late, of stopped work, ahead of its time.
BEGIN;
\ir begin.psql
\if :is_pool
\else
    \echo :skip_file
    \quit
\endif
\ir work.psql
SELECT plan(24);

SELECT pg_temp.make_network('test_late') AS network, pg_temp.make_miner('test_alice') AS alice,
       pg_temp.make_miner('test_bob') AS bob \gset
SELECT account_id AS alices FROM chimera.miners WHERE miner_id = :alice \gset
SELECT account_id AS bobs FROM chimera.miners WHERE miner_id = :bob \gset
CREATE FUNCTION pg_temp.make_template(network uuid) RETURNS bigint LANGUAGE sql AS $$
    INSERT INTO chimera.templates (network_id, height, transaction_count, transactions) VALUES (network, 7, 0, '')
    RETURNING template_id
$$;
CREATE FUNCTION pg_temp.counts(network uuid) RETURNS text LANGUAGE sql AS $$
    SELECT format('%s shares, %s blocks', (SELECT count(*) FROM chimera.shares s WHERE s.network_id = network),
                  (SELECT count(*) FROM chimera.blocks b WHERE b.network_id = network))
$$;
\set high_difficulty 1e300

-- ---------- a job that is retired ----------

SELECT pg_temp.make_job(:'network', :easy_nbits, template_id => pg_temp.make_template(:'network')) AS job \gset
SELECT pg_temp.find(:job, true) AS good, pg_temp.find(:job, false) AS bad \gset
SELECT is(pg_temp.submit(pg_temp.share(:job, :bob, :bad)), '{0}', 'a share in time');
SELECT chimera.retire_jobs(:'network', :job);
SELECT is(pg_temp.submit(pg_temp.share(:job, :alice, :bad)), '{2}', 'one that is no block is stale');
SELECT is(pg_temp.submit(pg_temp.share(:job, :alice, :bad, difficulty => :high_difficulty)), '{4}',
          'one that is no share either is below its difficulty, which its miner answers for');
SELECT is(pg_temp.submit(pg_temp.share(:job, :alice, :bad, ntime => :mintime - 1)), '{2}', 'one that no chain could take is stale');
SELECT is(pg_temp.submit(pg_temp.share(:job, :alice, :bad, version_bits => 1)), '{2}', 'and one with bits outside the mask');
SELECT is(pg_temp.submit(pg_temp.share(:job, :alice, :good), pg_temp.share(:job, :bob, :good), pg_temp.share(:job, :alice, :good)),
          '{1,3,3}', 'one that is a block is taken, once');
SELECT is(pg_temp.submit(pg_temp.share(:job, :alice, :good)), '{3}', 'and is a duplicate from then on');
SELECT results_eq(format($$SELECT b.status::text, b.account_id, b.miner_id, substr(b.raw, 1, 80), s.miner_id, s.difficulty
                           FROM chimera.blocks b JOIN chimera.shares s ON s.network_id = b.network_id AND s.share_id = b.share_id
                           WHERE b.job_id = %s AND b.hash = %L$$, :job, pg_temp.reverse(sha256(sha256(pg_temp.header(:job, :good))))),
    format($$ VALUES ('found', %s, %s, %L::bytea, %s, %s::float8) $$, :alices, :alice, pg_temp.header(:job, :good), :alice, :free_difficulty),
    'it waits to be sent, and its share is stored and credited as any');
SELECT results_eq(format($$SELECT p.account_id, p.work FROM chimera.blocks b CROSS JOIN LATERAL chimera.prop_work(b.block_id) p
                           WHERE b.job_id = %s AND b.hash = %L ORDER BY 1$$, :job, pg_temp.reverse(sha256(sha256(pg_temp.header(:job, :good))))),
    format('SELECT account_id, chimera.work(%s) FROM unnest(ARRAY[%s, %s]) account_id ORDER BY 1', :free_difficulty, :alices, :bobs),
    'its reward is divided by the shares up to its own');

-- credit of a block that misses its miner's difficulty
SELECT pg_temp.make_job(:'network', :easy_nbits, false, template_id => pg_temp.make_template(:'network'), salt => 1) AS job \gset
SELECT pg_temp.find(:job, true) AS good \gset
SELECT chimera.retire_jobs(:'network', :job);
SELECT is(pg_temp.submit(pg_temp.share(:job, :alice, :good, difficulty => 1e6)), '{1}', 'a late block below its miner''s difficulty');
SELECT is(difficulty, chimera.difficulty(chimera.target(:easy_nbits), 'sha256d'), 'is credited with the network''s')
FROM chimera.shares WHERE job_id = :job AND network_id = :'network';

-- what is counted
SELECT chimera.apply_share_deltas() > 0 AS applied \gset
SELECT is(sum(stale), 3::numeric, 'late shares are counted as stale') FROM chimera.share_rollups_minute WHERE network_id = :'network';
SELECT is(sum(accepted), 3::numeric, 'and late blocks as accepted') FROM chimera.share_rollups_minute WHERE network_id = :'network';

-- it was taken in time already
SELECT pg_temp.make_job(:'network', :easy_nbits, false, template_id => pg_temp.make_template(:'network'), salt => 2) AS job \gset
SELECT pg_temp.find(:job, true) AS good \gset
SELECT is(pg_temp.submit(pg_temp.share(:job, :alice, :good)), '{1}', 'a block in time');
SELECT chimera.retire_jobs(:'network', :job);
SELECT pg_temp.counts(:'network') AS before \gset
SELECT is(pg_temp.submit(pg_temp.share(:job, :alice, :good)), '{3}', 'is a duplicate when it comes again too late');
SELECT is(pg_temp.counts(:'network'), :'before', 'which leaves no row');

-- without its template no block can be made
SELECT pg_temp.make_job(:'network', :easy_nbits, false, salt => 3) AS job \gset
SELECT pg_temp.find(:job, true) AS good \gset
SELECT chimera.retire_jobs(:'network', :job);
SELECT is(pg_temp.submit(pg_temp.share(:job, :alice, :good)), '{2}', 'a late block whose template is gone is stale');
SELECT is(pg_temp.counts(:'network'), :'before', 'and leaves no row');

-- ---------- a time that is ahead ----------

SELECT pg_temp.make_job(:'network', :easy_nbits, false, template_id => pg_temp.make_template(:'network'), salt => 4) AS job \gset
CREATE FUNCTION pg_temp.find_ahead(job bigint, is_block boolean) RETURNS bigint LANGUAGE sql AS $$
    SELECT n FROM generate_series(0, 63) n, chimera.jobs j
    WHERE j.job_id = job
      AND is_block = (pg_temp.reverse(sha256(sha256(pg_temp.header(job, n, ntime => 1700007201)))) <= pg_temp.reverse(chimera.target(j.nbits)))
    ORDER BY n LIMIT 1
$$;
SELECT is(pg_temp.submit(pg_temp.share(:job, :alice, pg_temp.find_ahead(:job, false), ntime => :curtime + 7201)), '{6}',
          'a share ahead of its time is refused');
SELECT is(pg_temp.submit(pg_temp.share(:job, :alice, pg_temp.find_ahead(:job, true), ntime => :curtime + 7201)), '{1}',
          'but a block is taken: the nodes'' clocks judge it');
SELECT is(pg_temp.submit(pg_temp.share(:job, :alice, pg_temp.find_ahead(:job, true), ntime => :curtime + 7201)), '{3}', 'once');

-- ---------- where blocks cost nothing ----------

SELECT pg_temp.make_network('test_cheap') AS cheap \gset
SELECT pg_temp.make_job(:'cheap', :easy_nbits, template_id => pg_temp.make_template(:'cheap')) AS job \gset
SELECT chimera.retire_jobs(:'cheap', :job);
SELECT pg_temp.submit(VARIADIC array_agg(pg_temp.share(:job, :alice, n))) AS codes
FROM generate_series(0, 79) n WHERE pg_temp.reverse(sha256(sha256(pg_temp.header(:job, n)))) <= pg_temp.reverse(chimera.target(:easy_nbits)) \gset
SELECT is((SELECT array_agg(DISTINCT c) FROM unnest((:'codes'::int[])[:16]) c), '{1}', 'of a height sixteen late blocks are taken');
SELECT is((SELECT array_agg(DISTINCT c) FROM unnest((:'codes'::int[])[17:]) c), '{2}', 'the others are stale');
SELECT is(pg_temp.counts(:'cheap'), '16 shares, 16 blocks', 'and leave no row');

SELECT * FROM finish();
ROLLBACK;
