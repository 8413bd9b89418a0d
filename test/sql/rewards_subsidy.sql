-- rewards_subsidy.sql: what pays by the subsidy takes it from the share's or the block's own job.
BEGIN;
\ir begin.psql
\ir rewards.psql
SELECT plan(24);

SELECT pg_temp.make_miner('test_a') AS a, pg_temp.make_miner('test_b') AS b \gset
SELECT account_id AS account_a FROM chimera.miners WHERE miner_id = :a \gset
SELECT account_id AS account_b FROM chimera.miners WHERE miner_id = :b \gset

-- a halving between two blocks: shares of half the network's difficulty, 1, before and after it
CREATE FUNCTION pg_temp.make_halving(name text, scheme text, parameters jsonb DEFAULT '{}') RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
    network CONSTANT uuid := pg_temp.make_reward_network(name);
    before CONSTANT bigint := pg_temp.add_job(network, 5010000000, 'before', fees => 10000000);
    after CONSTANT bigint := pg_temp.add_job(network, 2530000000, 'after', fees => 30000000);
    began CONSTANT timestamptz := date_trunc('hour', now()) - interval '5 hours';
    miner CONSTANT int[] := ARRAY(SELECT m.miner_id FROM chimera.miners m JOIN chimera.accounts a USING (account_id)
                                  WHERE a.name IN ('test_a', 'test_b') AND m.name = '' ORDER BY a.name);
BEGIN
    PERFORM chimera.set_reward_scheme(name, scheme, parameters);
    PERFORM pg_temp.add_share(network, 4096, began, miner[1], 0.5, before), pg_temp.add_share(network, 4097, began, miner[2], 0.5, before),
            pg_temp.add_share(network, 8192, began, miner[1], 0.5, after), pg_temp.add_share(network, 8193, began, miner[2], 0.5, after),
            pg_temp.add_block(network, 4097, began, miner[2], 5010000000, 1, before),
            pg_temp.add_block(network, 8193, began, miner[2], 2530000000, 1, after);
    UPDATE chimera.blocks b SET settles_after = '3', status = 'accepted' WHERE b.network_id = network;
    INSERT INTO chimera.pps_progress (network_id, next_share_id, next_settles_after, next_taken_at) VALUES (network, 12287, '3', began + interval '1 hour');
    RETURN network;
END;
$$;
CREATE FUNCTION pg_temp.balances(wanted uuid) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(concat_ws(' ', b.account, right(a.name, 1), b.amount_sats), ', ' ORDER BY b.account, a.name)
    FROM chimera.balances b LEFT JOIN chimera.accounts a USING (account_id)
    WHERE b.network_id = wanted AND b.account <> 'rewards' AND b.amount_sats <> 0
$$;

SELECT pg_temp.make_halving('test_pps', 'pps') AS pps, pg_temp.make_halving('test_pps_plus', 'pps+', '{"window": 1}') AS pps_plus,
       pg_temp.make_halving('test_fpps', 'fpps') AS fpps, pg_temp.make_halving('test_slice', 'slice', '{"window": 1}') AS slice \gset
SELECT is(chimera.post_blocks(), 8, 'nobody has to do anything at a halving: all blocks are credited');
SELECT is(chimera.post_pps_shares(), 3, 'and shares are paid');
SELECT is(pg_temp.balances(:'pps'), 'balance a 3750000000, balance b 3750000000, pool_immature 7540000000, pool -7500000000',
          'PPS: half of 50 before and half of 25 after it');
SELECT is(pg_temp.balances(:'pps_plus'),
          'immature a 20000000, immature b 20000000, balance a 3750000000, balance b 3750000000, pool_immature 7500000000, pool -7500000000',
          'PPS+: the same, and the fees of each block by PPLNS, the subsidy of each for the pool');
SELECT is(pg_temp.balances(:'fpps'), 'balance a 3770000000, balance b 3770000000, pool_immature 7540000000, pool -7540000000',
          'FPPS: half of 50.1 before and half of 25.3 after it');
SELECT is(pg_temp.balances(:'slice'), 'immature a 3770000000, immature b 3770000000', 'SLICE: the whole of both blocks');
SELECT is_empty(format('SELECT * FROM chimera.audit(%L)', name), name || ': the audit finds the same')
FROM unnest('{test_pps,test_pps_plus,test_fpps,test_slice}'::text[]) name;

-- a window over the halving is cut in slices by the fees of each job, not by what is beyond some subsidy
SELECT pg_temp.add_block(:'slice', 8194, date_trunc('hour', now()) - interval '5 hours', :b, 2530000000, 2,
    (SELECT max(job_id) FROM chimera.jobs WHERE network_id = :'slice')) AS both \gset
SELECT results_eq(format('SELECT account_id, round(fee_work / 2::numeric ^ 96, 12) FROM chimera.slice_work(%s, 1, 1000000) ORDER BY 1', :both),
    format('VALUES (%s, 1.000000000000), (%s, 1.000000000000)', :account_a, :account_b), 'SLICE: two tips are two slices, each halved');

-- ---------- fees ----------

CREATE TEMP TABLE fees AS SELECT *, pg_temp.add_job(:'fpps', subsidy + fees, fees => fees) AS job FROM (VALUES
    (1000, 400, 1400::numeric, 'FPPS pays the fees'), (1000, 1000, 2000, 'up to as much as the subsidy'),
    (1000, 1001, 2000, 'and no more'), (0, 500, 0, 'nothing where there is no subsidy')) v (subsidy, fees, pays, what);
SELECT pg_temp.add_share(:'fpps', 20000 + job, now(), :a, 1, job) FROM fees;
SELECT is(c.value_sats, f.pays, f.what) FROM fees f CROSS JOIN LATERAL chimera.pps_credits('test_fpps', 19999 + job, 20000 + job, 'fpps', '{}') c ORDER BY job;
SELECT throws_ok(format('SELECT pg_temp.add_job(%L, 1000, fees => %s)', :'fpps', fees), '23514', NULL, 'fees are a part of the coinbase''s value, not ' || fees)
FROM unnest('{-1,1001}'::bigint[]) fees;

-- a node that does not tell the fees
SELECT pg_temp.make_reward_network('test_untold') AS untold \gset
SELECT pg_temp.add_job(:'untold', 1000, fees => NULL) AS job \gset
SELECT throws_ok(format('SELECT chimera.set_reward_scheme(''test_untold'', %L)', scheme), '55000', NULL, scheme || ' needs fees')
FROM unnest('{pps,pps+,fpps,slice}'::text[]) scheme;
SELECT lives_ok($$ SELECT chimera.set_reward_scheme('test_untold', 'pplns') $$, 'PPLNS does without');
SELECT pg_temp.add_share(:'untold', 4096, now(), :a, 1, :job), pg_temp.add_block(:'untold', 4096, now(), :a, 1000, 1, :job) AS block \gset
SELECT throws_ok(format('SELECT * FROM chimera.rewards_of_block(%s, %L, ''{}'')', :block, scheme), '55000', NULL, scheme || ' can''t divide a block whose subsidy is not known')
FROM unnest('{pps+,slice}'::text[]) scheme;

SELECT * FROM finish();
ROLLBACK;
