-- estimates.sql: what may be expected, computed by hand.
BEGIN;
\ir begin.psql
\ir rewards.psql
SELECT plan(31);

UPDATE chimera.network_configs SET is_active = false, is_enabled = false WHERE is_enabled;
SELECT pg_temp.make_reward_network('test_estimate') AS network,
    pg_temp.make_miner('test_a') AS a, pg_temp.make_miner('test_b') AS b, pg_temp.make_miner('test_c') AS c \gset
SELECT account_id AS account_c FROM chimera.miners WHERE miner_id = :c \gset
DELETE FROM chimera.rollup_progress;
SELECT date_trunc('minute', now(), 'UTC') AS this_minute \gset

CREATE FUNCTION pg_temp.work(minutes_ago int, miner_id int, difficulty float8) RETURNS void LANGUAGE sql AS $$
    INSERT INTO chimera.share_rollups_minute (network_id, minute, miner_id, account_id, accepted, stale, duplicate, low_difficulty, invalid, difficulty)
    SELECT n.network_id, date_trunc('minute', now(), 'UTC') - minutes_ago * interval '1 minute', m.miner_id, m.account_id, 1, 0, 0, 0, 0, difficulty
    FROM chimera.network_configs n, chimera.miners m WHERE n.name = 'test_estimate' AND m.miner_id = work.miner_id;
    INSERT INTO chimera.network_rollups_minute AS r
    SELECT n.network_id, date_trunc('minute', now(), 'UTC') - minutes_ago * interval '1 minute', 1, 0, 0, 0, 0, difficulty
    FROM chimera.network_configs n WHERE n.name = 'test_estimate'
    ON CONFLICT (network_id, minute) DO UPDATE SET difficulty = r.difficulty + excluded.difficulty;
$$;
CREATE FUNCTION pg_temp.rewards() RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(right(a.name, 1) || ' ' || e.sats, ', ' ORDER BY a.name)
    FROM chimera.estimated_rewards('test_estimate') e JOIN chimera.accounts a USING (account_id)
$$;
-- in force at once
CREATE FUNCTION pg_temp.scheme(scheme text, parameters jsonb DEFAULT '{}') RETURNS void LANGUAGE sql AS $$
    DELETE FROM chimera.reward_settings s USING chimera.network_configs n WHERE n.network_id = s.network_id AND n.name = 'test_estimate';
    SELECT chimera.set_reward_scheme('test_estimate', scheme, parameters);
$$;

SELECT is(pg_temp.rewards(), NULL, 'nothing is expected without job, scheme and work');
SELECT results_eq($$ SELECT network_name, hashrate_hs, sats_per_day FROM chimera.estimated_earnings('test_a', 'test_estimate') $$,
                  $$ VALUES ('test_estimate', 0::float8, NULL::numeric) $$, 'nor is there a figure of earnings');
-- the newest job counts, of difficulty 1 and worth 1000
SELECT pg_temp.add_job(:'network', 7777, 'tip', 453050352) AS old_job, pg_temp.add_job(:'network', 1000, fees => 100) AS job \gset
SELECT pg_temp.scheme('pplns', '{"window": 10}');
SELECT is(pg_temp.rewards(), NULL, 'nothing is expected without work');

-- in all: a 3, b 5, c 8; the newest minute has c's 8
SELECT pg_temp.work(40, :a, 1), pg_temp.work(40, :b, 3), pg_temp.work(30, :a, 2), pg_temp.work(30, :b, 2), pg_temp.work(20, :c, 8);
SELECT is(pg_temp.rewards(), 'a 100, b 100, c 800', 'PPLNS: 8, and half of the 4 before');
SELECT pg_temp.scheme('pplns', '{"window": 4}');
SELECT is(pg_temp.rewards(), 'c 1000', 'PPLNS: a window within a minute');
SELECT pg_temp.scheme('pplns', '{"window": 100}');
SELECT is(pg_temp.rewards(), 'a 187, b 312, c 500', 'PPLNS: all, where the window is longer; cut to the unit below');
SELECT set_eq(format($$ SELECT r.* FROM chimera.miners m CROSS JOIN LATERAL chimera.estimated_rewards(%L, m.account_id) r $$, :'network'),
              $$ SELECT * FROM chimera.estimated_rewards('test_estimate') $$, 'of one account it is the same as among all');
SAVEPOINT hours;
SELECT pg_temp.work(1200, :a, 4), pg_temp.work(1200, :b, 4), chimera.close_rollups();
SELECT pg_temp.scheme('pplns', '{"window": 20}');
SELECT is(pg_temp.rewards(), 'a 250, b 350, c 400', 'PPLNS: 16 of the last hours, and half of the 8 of an hour long closed');
DELETE FROM chimera.share_rollups_minute WHERE minute < now() - interval '19 hours';
DELETE FROM chimera.network_rollups_minute WHERE minute < now() - interval '19 hours';
SELECT is(pg_temp.rewards(), 'a 250, b 350, c 400', 'whose minutes are not needed');
SELECT pg_temp.scheme('prop');
SELECT pg_temp.add_block(:'network', 4096, date_trunc('hour', :'this_minute'::timestamptz - interval '1200 minutes', 'UTC') + interval '30 minutes', :a, 1000);
SELECT is(pg_temp.rewards(), 'a 250, b 350, c 400', 'PROP: of an hour in which the round began, the part that is in it');
ROLLBACK TO hours;
-- where hours end and minutes begin
SELECT pg_temp.work(minutes, :a, 4), pg_temp.work(minutes, :b, 4), chimera.close_rollups()
FROM (SELECT (extract(epoch FROM :'this_minute'::timestamptz - (date_trunc('hour', now(), 'UTC') - interval '6 hours')) / 60)::int AS minutes) m;
SELECT pg_temp.scheme('pplns', '{"window": 100}');
SELECT is(pg_temp.rewards(), 'a 291, b 375, c 333', 'PPLNS: the first of the minutes counts, once');
ROLLBACK TO hours;
-- long ago, and of hours that are not closed
SELECT pg_temp.work(1200, :a, 4), pg_temp.work(1200, :b, 4);
SELECT is(pg_temp.rewards(), 'a 291, b 375, c 333', 'PPLNS: minutes do until the hours are closed');
ROLLBACK TO hours;
SELECT pg_temp.scheme('slice', '{"window": 10}');
SELECT is(pg_temp.rewards(), 'a 100, b 100, c 800', 'SLICE is taken as PPLNS');
SELECT pg_temp.scheme('pps+', '{"window": 10}');
SELECT is(pg_temp.rewards(), 'a 10, b 10, c 80', 'PPS+: the fees of 100');
SELECT pg_temp.scheme(s, p::jsonb) FROM (VALUES ('pps', '{}')) v (s, p);
SELECT is(pg_temp.rewards(), NULL, 'PPS: a block is the pool''s');
SELECT pg_temp.scheme('fpps');
SELECT is(pg_temp.rewards(), NULL, 'FPPS: so it is');
SELECT pg_temp.scheme('solo');
SELECT is(pg_temp.rewards(), NULL, 'SOLO: who gets it is not known');
SELECT pg_temp.scheme('prop');
SELECT is(pg_temp.rewards(), 'a 187, b 312, c 500', 'PROP: 3, 5 and 8 of 16 while there is no block');
SELECT pg_temp.scheme('prop', format('{"fee_percent": 10, "donation_percent": 10, "finder_bonus_percent": 20, "account_fees": {"%s": 0}}', :account_c)::jsonb);
-- 800 are shared: a 150, b 250, c 400
SELECT is(pg_temp.rewards(), 'a 120, b 200, c 360', 'less bonus, fees and donations');
SELECT pg_temp.add_block(:'network', 4096, :'this_minute'::timestamptz - interval '29 minutes 30 seconds', :a, 1000),
       pg_temp.add_block(:'network', 4095, :'this_minute'::timestamptz - interval '50 minutes', :a, 1000);
SELECT pg_temp.scheme('prop');
-- half of the minute 30 ago is of this round: a 1, b 1, c 8
SELECT is(pg_temp.rewards(), 'a 100, b 100, c 800', 'PROP: the round began within a minute');
SELECT pg_temp.scheme('score', '{"score_constant_s": 600}');
-- ten minutes are one constant: a and b 1/e, c 8
SELECT is(pg_temp.rewards(), format('a %1$s, b %1$s, c %2$s', floor(1000 * exp(-1.0) / (8 + 2 * exp(-1.0))), floor(1000 * 8 / (8 + 2 * exp(-1.0)))),
          'SCORE: a constant''s time fades to 1/e');
SAVEPOINT ages;
SELECT pg_temp.work(1, :a, 1), pg_temp.work(0, :a, 1);
SELECT is(count(*) FILTER (WHERE abs(part - exp(-greatest(extract(epoch FROM now() - begins) - 30, 0) / 600)) < 1e-9), 3::bigint,
          'SCORE: a minute''s age counts from its middle, one that is not over has none')
FROM chimera.estimated_periods(:'network', 'score', '{"score_constant_s": 600}', 1) WHERE begins >= :'this_minute'::timestamptz - interval '29 minutes';
SELECT results_eq(format($$ SELECT * FROM chimera.estimated_periods(%L, 'score', '{}', 1) $$, :'network'),
                  format($$ SELECT * FROM chimera.estimated_periods(%L, 'score', '{"score_constant_s": 300}', 1) $$, :'network'), 'SCORE: five minutes by default');
ROLLBACK TO ages;
SAVEPOINT settings;
INSERT INTO chimera.reward_settings (network_id, scheme, parameters, after_block_id, from_share_id)
SELECT :'network', scheme, '{}', 0, share_id
FROM (VALUES (1, 'pps', 9000), (2, 'prop', 9000), (3, 'solo', 8000)) v (place, scheme, share_id) ORDER BY place;
SELECT is(scheme, 'prop', 'the scheme of the newest shares is in force, and of two that begin together the one that was set last')
FROM chimera.current_scheme(:'network');
ROLLBACK TO settings;
SELECT throws_ok($$ SELECT * FROM chimera.estimated_rewards('test_none') $$, '42704', NULL, 'an unknown network is refused');

-- ---------- earnings ----------

-- c had 8 blocks' work in the hour (and what has passed of this minute), each of 1000
SELECT pg_temp.scheme('pplns');
SELECT cmp_ok(abs(sats_per_day - 8 * 86400 / extract(epoch FROM now() - (:'this_minute'::timestamptz - interval '1 hour')) * 1000), '<=', 1.0,
              'a day''s earnings: the work of the last hour by the network''s')
FROM chimera.estimated_earnings('test_c', 'test_estimate');
SELECT pg_temp.scheme('pps', '{"fee_percent": 2}');
SELECT cmp_ok(abs(sats_per_day - 8 * 86400 / extract(epoch FROM now() - (:'this_minute'::timestamptz - interval '1 hour')) * 882), '<=', 1.0,
              'PPS: of the subsidy, less the fee')
FROM chimera.estimated_earnings('test_c', 'test_estimate');
SELECT pg_temp.add_job(:'network', 1000, fees => 700) AS rich_job \gset
SELECT pg_temp.scheme('fpps');
SELECT cmp_ok(abs(sats_per_day - 8 * 86400 / extract(epoch FROM now() - (:'this_minute'::timestamptz - interval '1 hour')) * 600), '<=', 1.0,
              'FPPS: of subsidy and fees, those up to as much as the subsidy')
FROM chimera.estimated_earnings('test_c', 'test_estimate');
SELECT is_empty($$ SELECT * FROM chimera.estimated_earnings('test_c') $$, 'without a network: the enabled ones');
SELECT chimera.enable_network('test_estimate');
SELECT results_eq($$ SELECT network_name FROM chimera.estimated_earnings('test_c') $$, $$ VALUES ('test_estimate') $$, 'each of them');
SELECT throws_ok($$ SELECT * FROM chimera.estimated_earnings('test_nobody') $$, '42704', NULL, 'an unknown account is refused');

SELECT * FROM finish();
ROLLBACK;
