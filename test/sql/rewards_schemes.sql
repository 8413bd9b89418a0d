-- rewards_schemes.sql: what a block is worth to whom, by every scheme.
BEGIN;
\ir begin.psql
\ir rewards.psql
SELECT plan(77);

SELECT pg_temp.make_reward_network('test_scheme') AS network,
    pg_temp.make_miner('test_a') AS a, pg_temp.make_miner('test_b') AS b, pg_temp.make_miner('test_c') AS c \gset
SELECT min(account_id) FILTER (WHERE miner_id = :a) AS account_a, min(account_id) FILTER (WHERE miner_id = :b) AS account_b,
    min(account_id) FILTER (WHERE miner_id = :c) AS account_c FROM chimera.miners \gset
SELECT date_trunc('minute', now()) - interval '1 h' AS now \gset

-- two slices on one tip, for the fees rise by 100, and a third on the next
SELECT pg_temp.add_job(:'network', 1000 + 50, fees => 50) AS job1, pg_temp.add_job(:'network', 1000 + 149, fees => 149) AS job2,
    pg_temp.add_job(:'network', 1000 + 150, fees => 150) AS job3, pg_temp.add_job(:'network', 1000 + 150, 'next tip', fees => 150) AS job4 \gset
SELECT pg_temp.add_share(:'network', share_id, :'now'::timestamptz + make_interval(secs => share_id), miner_id, difficulty, job_id)
FROM (VALUES (4096, :b, 64::float8, :job1), (4097, :a, 1, :job1), (4098, :b, 3, :job2), (4099, :a, 2, :job3), (4100, :b, 2, :job3),
             (4101, :c, 8, :job4)) v (share_id, miner_id, difficulty, job_id);
SELECT pg_temp.add_block(:'network', 4096, :'now'::timestamptz, :a, 1000) AS first,
       pg_temp.add_block(:'network', 4101, :'now'::timestamptz + interval '4101 s', :c, 1150, job_id => :job4) AS block \gset

CREATE FUNCTION pg_temp.lines(block_id bigint, scheme text, parameters jsonb) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(concat_ws(' ', kind, right(n.name, 1), amount_sats), ', ' ORDER BY kind, n.name)
    FROM chimera.rewards_of_block(block_id, scheme, parameters) r LEFT JOIN chimera.accounts n USING (account_id)
$$;

-- ---------- by hand ----------

SELECT is(pg_temp.lines(:block, 'solo', '{}'), 'reward c 1150', 'SOLO: the finder gets all');
SELECT is(pg_temp.lines(:block, 'prop', '{}'), 'reward a 216, reward b 359, reward c 575', 'PROP: 3, 5 and 8 of 16');
SELECT is(pg_temp.lines(:block, 'pplns', '{"window": 10}'), 'reward b 230, reward c 920', 'PPLNS: 8, and 2 before');
SELECT is(pg_temp.lines(:block, 'pplns', '{"window": 12}'), 'reward a 192, reward b 192, reward c 766', 'PPLNS: of equal remainders the lower account_ids'' are served first');
SELECT is(pg_temp.lines(:block, 'pplns', '{}'), 'reward c 1150', 'PPLNS: twice the network''s difficulty unless told');
SELECT is(pg_temp.lines(:block, 'score', '{"score_constant_s": 1}'), 'reward a 36, reward b 111, reward c 1003', 'SCORE: 8, 2/e, 2/e^2, 3/e^3, 1/e^4');
SELECT is(pg_temp.lines(:block, scheme, '{}'), 'pool 1150',
          upper(scheme) || ': a block is the pool''s') FROM unnest('{pps,fpps}'::text[]) scheme;
SELECT is(pg_temp.lines(:block, 'pps+', '{"window": 10}'), 'pool 1000, reward b 30, reward c 120',
          'PPS+: the subsidy is the pool''s, the fees go by PPLNS');

-- the window of 16: slice 1 has jobs 1 and 2 (a 1 * 50, b 3 * 149), slice 2 job 3 (a 2, b 2), slice 3 job 4 (c)
SELECT results_eq(format('SELECT account_id, round(fee_work / 2::numeric ^ 96, 12) FROM chimera.slice_work(%s, 16, 100) ORDER BY 1', :block),
    format('VALUES (%s, round(50.0 / 497 + 0.5, 12)), (%s, round(447.0 / 497 + 0.5, 12)), (%s, round(1.0, 12))', :account_a, :account_b, :account_c),
    'SLICE: each slice is one, divided by work times fees');
SELECT is(pg_temp.lines(:block, 'slice', '{"window": 16, "slice_fee_delta_sats": 100}'),
    -- 1000 by 3:5:8 is 188 (187.5), 312 (312.5), 500; 150 by thirds of 0.6006, 1.3994, 1 is 30, 70, 50
    'reward a 218, reward b 382, reward c 550', 'SLICE: the subsidy by work, the fees by slices');
SELECT is(pg_temp.lines(:block, 'slice', '{"window": 16, "slice_fee_delta_sats": 101}'),
    'reward a 212, reward b 363, reward c 575', 'SLICE: a rise below the delta begins no slice');
UPDATE chimera.blocks SET reward_sats = 1000 WHERE block_id = :block;
SELECT is(pg_temp.lines(:block, 'slice', '{"window": 16}'), pg_temp.lines(:block, 'pplns', '{"window": 16}'),
    'SLICE: without fees it is PPLNS');
UPDATE chimera.blocks SET reward_sats = 1150 WHERE block_id = :block;
SELECT is(sum(f.work), sum(w.work), 'SLICE: the subsidy goes by PPLNS'' work')
FROM chimera.slice_work(:block, 7.3, 1) f FULL JOIN chimera.pplns_work(:block, 7.3) w USING (account_id, work);

-- ---------- fees, donation, bonus ----------

SELECT is(pg_temp.lines(:block, 'solo', '{"fee_percent": 1.5}'), 'fee c 17, reward c 1133', 'the pool''s fee is cut to the unit below');
SELECT is(pg_temp.lines(:block, 'prop', format('{"fee_percent": 10, "account_fees": {"%s": 0, "%s": 50}}', :account_a, :account_b)::jsonb),
    'fee b 179, fee c 57, reward a 216, reward b 180, reward c 518', 'an account may have a fee of its own');
SELECT is(pg_temp.lines(:block, 'prop', format('{"fee_percent": 1, "donation_percent": 2, "account_donations": {"%s": 10}}', :account_c)::jsonb),
    'donation a 4, donation b 7, donation c 57, fee a 2, fee b 3, fee c 5, reward a 210, reward b 349, reward c 513',
    'donations are apart from fees');
SELECT is(pg_temp.lines(:block, 'prop', '{"finder_bonus_percent": 10}'), 'finder c 115, reward a 194, reward b 323, reward c 518',
    'the finder''s bonus comes first');
SELECT is(pg_temp.lines(:block, 'prop', '{"finder_bonus_percent": 10, "fee_percent": 10}'),
    'fee a 19, fee b 32, fee c 62, finder c 104, reward a 175, reward b 291, reward c 467', 'and pays the fee as well');
SELECT is(pg_temp.lines(:block, 'prop', '{"finder_bonus_percent": 100}'), 'finder c 1150', 'it may be all');
SELECT is(pg_temp.lines(:block, 'prop', '{"fee_percent": 100}'), 'fee a 216, fee b 359, fee c 575', 'so may the fee');

-- ---------- whatever the parameters, the sum is the reward ----------

-- many accounts, rewards and rates of all sizes
INSERT INTO chimera.accounts (name) SELECT 'test_many_' || n FROM generate_series(1, 300) n;
INSERT INTO chimera.miners (account_id, name) SELECT account_id, 'rig' FROM chimera.accounts WHERE name LIKE 'test\_many\_%';
INSERT INTO chimera.shares
SELECT 8192 + n, :'network', :'now'::timestamptz + make_interval(secs => 4200 + n * 0.1), (ARRAY[:job1, :job2, :job3, :job4])[1 + n % 4], n, 2.0 ^ (random() * 20 - 10),
       m.miner_id, 1, 1, 1, 1, 1
FROM generate_series(1, 3000) n
JOIN (SELECT miner_id, row_number() OVER (ORDER BY miner_id) AS number FROM chimera.miners m
      JOIN chimera.accounts a USING (account_id) WHERE a.name LIKE 'test\_many\_%') m ON number = 1 + n % 300;
SELECT pg_temp.add_block(:'network', 8192 + n, :'now'::timestamptz + make_interval(secs => 4200 + n * 0.1), :c, reward, n, (ARRAY[:job1, :job2, :job3, :job4])[1 + n % 4]) AS block_id, reward INTO TEMP blocks
FROM (VALUES (100, 1::bigint), (1000, 7), (1500, 2000), (2000, 312500001), (2999, 2100000000000000), (3000, 9000000000000000000)) v (n, reward);
CREATE TEMP TABLE tries AS
    SELECT scheme, ('{"fee_percent": ' || trunc((random() * 50)::numeric, 4) || ', "donation_percent": ' || trunc((random() * 50)::numeric, 4)
        || CASE WHEN scheme IN ('pplns', 'prop', 'score', 'slice') THEN ', "finder_bonus_percent": ' || trunc((random() * 100)::numeric, 4) ELSE '' END
        || CASE WHEN scheme IN ('pplns', 'pps+', 'slice') THEN ', "window": ' || trunc((random() * 20)::numeric, 4) + 0.0001 ELSE '' END || '}')::jsonb AS parameters
    FROM unnest('{pplns,prop,solo,pps,pps+,fpps,score,slice}'::text[]) scheme, generate_series(1, 4) n;
SELECT is_empty(format($$ SELECT block_id, parameters, sum(r.amount_sats) FROM tries, blocks b, chimera.rewards_of_block(b.block_id, scheme, parameters) r
                   WHERE scheme = %L GROUP BY 1, 2, b.reward HAVING sum(r.amount_sats) <> b.reward OR min(r.amount_sats) <= 0 $$, scheme),
    upper(scheme) || ': amounts always add up to the reward, and none is below 1')
FROM (SELECT DISTINCT scheme FROM tries) t ORDER BY scheme;

SELECT is(array_agg(r.amount_sats ORDER BY r.account_id), chimera.split_amount(reward, (SELECT array_agg(w.work ORDER BY w.account_id) FROM chimera.score_work(b.block_id, 300000000) w)),
          'SCORE: the constant is 300 s unless told')
FROM blocks b CROSS JOIN LATERAL chimera.rewards_of_block(b.block_id, 'score', '{}') r WHERE reward = 9000000000000000000 GROUP BY b.block_id, reward;

-- ---------- pay per share ----------

SELECT is(chimera.pps_value(1, 100, 312500000), 3125000.000000000000000000, 'a share is worth its part of the network''s work');
SELECT is(chimera.pps_value(1, 3, 1), 0.333333333333333333, 'cut to 18 decimals');
SELECT is(chimera.pps_value(5, 3, 10), 10.000000000000000000, 'no more than a block');
SELECT throws_ok(format('SELECT chimera.pps_value(%s)', arguments), state, NULL, 'pps_value refuses ' || arguments)
FROM (VALUES ('1, NULL, 1', '22004'), ('1, 0, 1', '22023'), ('1, 1, -1', '22023'), ('-1, 1, 1', '22003')) v (arguments, state);

-- the jobs' network difficulty is 1, so these shares are a block each but for the small ones
CREATE TEMP TABLE credits AS SELECT * FROM chimera.pps_credits('test_scheme', 8192, 8192 + 3000, 'fpps', '{"fee_percent": 2.5, "donation_percent": 0.1}');
SELECT is(count(*), 300::bigint, 'every account has its credit') FROM credits;
SELECT is(sum(shares), 3000::numeric, 'every share counts once') FROM credits;
SELECT is_empty('SELECT * FROM credits WHERE value_sats <> fee_sats + donation_sats + credit_sats OR fee_sats <> value_sats * 0.025', 'credit, fee and donation are the value');
SELECT set_eq('SELECT account_id, value_sats FROM credits', format($$
    SELECT m.account_id, sum(chimera.pps_value(s.difficulty, 1, j.coinbase_value)) FROM chimera.shares s
    JOIN chimera.jobs j USING (job_id) JOIN chimera.miners m USING (miner_id)
    WHERE s.network_id = %L AND share_id > 8192 GROUP BY 1 $$, :'network'), 'FPPS: subsidy and fees of the share''s own job');
SELECT set_eq($$ SELECT account_id, sum(credit_sats) FROM (
        SELECT * FROM chimera.pps_credits('test_scheme', 8192, 9000, 'fpps', '{"fee_percent": 2.5, "donation_percent": 0.1}') UNION ALL
        SELECT * FROM chimera.pps_credits('test_scheme', 9000, 9001, 'fpps', '{"fee_percent": 2.5, "donation_percent": 0.1}') UNION ALL
        SELECT * FROM chimera.pps_credits('test_scheme', 9001, 20000, 'fpps', '{"fee_percent": 2.5, "donation_percent": 0.1}')) c GROUP BY 1 $$,
    'SELECT account_id, credit_sats FROM credits', 'ranges add up to the whole, exactly');
SELECT set_eq($$ SELECT account_id, value_sats FROM chimera.pps_credits('test_scheme', 8192, 20000, 'pps', '{}') $$,
    $$ SELECT account_id, value_sats FROM chimera.pps_credits('test_scheme', 8192, 20000, 'pps+', '{}') $$,
    'PPS and PPS+ pay the subsidy');
SELECT is((SELECT sum(value_sats) FROM chimera.pps_credits('test_scheme', 4096, 4101, 'pps', '{}')), 5000.000000000000000000,
    'five shares of a block each');
SELECT is_empty($$ SELECT * FROM chimera.pps_credits('test_scheme', 8192, 20000, 'fpps', '{}', now() + interval '1 day') $$, 'a range may be bounded in time');
-- times are the clock's, which is not quite that of the ids
SELECT pg_temp.add_share(:'network', 40001, now() - interval '9 minutes', :a, 1, :job1), pg_temp.add_share(:'network', 40002, now() + interval '9 minutes', :a, 1, :job1);
SELECT is(shares, 2::bigint, 'by ten minutes at either end') FROM chimera.pps_credits('test_scheme', 40000, 40002, 'fpps', '{}', now(), now());
SELECT is(shares, 1::bigint, 'after one share, up to another') FROM chimera.pps_credits('test_scheme', 40001, 40002, 'fpps', '{}');
SELECT is(shares, 1::bigint, 'and no further') FROM chimera.pps_credits('test_scheme', 40000, 40001, 'fpps', '{}');
SELECT throws_ok($$ SELECT * FROM chimera.pps_credits('test_scheme', 0, 1, 'pplns', '{}') $$, '22023', NULL, 'PPLNS does not pay by share');
SELECT throws_ok($$ SELECT * FROM chimera.pps_credits('test_nowhere', 0, 1, 'fpps', '{}') $$, '42704', NULL, 'nor an unknown network');
SELECT pg_temp.add_share(:'network', 30000, :'now'::timestamptz, :a, 1, -5);
SELECT throws_ok($$ SELECT * FROM chimera.pps_credits('test_scheme', 29999, 30000, 'fpps', '{}') $$, '22004', NULL, 'a share without its job is not valued at nothing');

-- ---------- parameters ----------

SELECT lives_ok(format('SELECT chimera.check_reward_parameters(%L, %L)', scheme, parameters), scheme || ' takes ' || parameters)
FROM (VALUES ('pplns', '{"window": 0.5, "fee_percent": 1.0000, "account_fees": {"7": 0.0001}, "finder_bonus_percent": 5}'),
             ('slice', '{"slice_fee_delta_sats": 1, "window": 8}'), ('pps', '{}')) v (scheme, parameters);
SELECT throws_ok(format('SELECT chimera.check_reward_parameters(%L, %L)', scheme, parameters), '22023', NULL, scheme || ' refuses ' || coalesce(parameters, 'null'))
FROM (VALUES ('PPLNS', '{}'), ('pplns', NULL), ('pplns', '[]'), ('pplns', '{"windw": 1}'), ('pplns', '{"window": 0}'), ('pplns', '{"window": "2"}'),
             ('prop', '{"window": 2}'), ('solo', '{"finder_bonus_percent": 1}'), ('solo', '{"fee_percent": 100.1}'), ('solo', '{"fee_percent": -1}'),
             ('solo', '{"fee_percent": 0.00001}'), ('solo', '{"fee_percent": 60, "account_donations": {"3": 41}}'), ('solo', '{"account_fees": {"x": 1}}'),
             ('solo', '{"account_fees": {"3": null}}'), ('solo', '{"account_fees": 3}'), ('pplns', '{"window": 1000.0001}'), ('pplns', '{"window": 1.00001}'),
             ('solo', '{"fee_percent": 60, "donation_percent": 41, "account_fees": {"1": 0}}'), ('pps', '{"subsidy_sats": 1000}'), ('slice', '{"slice_fee_delta_sats": 1.5}'),
             ('score', '{"score_constant_s": 0}')) v (scheme, parameters);
SELECT throws_ok('SELECT * FROM chimera.rewards_of_block(-1, ''solo'', ''{}'')', 'P0002', NULL, 'an unknown block is an error');

-- the shares of a round may be gone
DELETE FROM chimera.shares WHERE network_id = :'network' AND share_id = 4096;
SELECT throws_ok(format('SELECT * FROM chimera.rewards_of_block(%s, ''prop'', ''{}'')', :first), '55000', NULL, 'a reward without any work is nobody''s');

SELECT * FROM finish();
ROLLBACK;
