-- rewards_window.sql: which shares count for a block, and how much of them, against a recount in SQL.
BEGIN;
\ir begin.psql
\ir rewards.psql
SELECT plan(25);

SELECT pg_temp.make_reward_network('test_window') AS network, pg_temp.make_reward_network('test_other') AS other,
    pg_temp.make_miner('test_a') AS a, pg_temp.make_miner('test_b') AS b, pg_temp.make_miner('test_c') AS c \gset
CREATE TEMP TABLE who AS SELECT a.name, m.miner_id, m.account_id
FROM chimera.accounts a JOIN chimera.miners m USING (account_id) WHERE a.name IN ('test_a', 'test_b', 'test_c');
CREATE FUNCTION pg_temp.by_name(account_id int) RETURNS text LANGUAGE sql AS $$
    SELECT DISTINCT right(name, 1) FROM who w WHERE w.account_id = by_name.account_id $$;
SELECT date_trunc('minute', now()) - interval '1 h' AS now \gset

-- ---------- by hand ----------

SELECT pg_temp.add_share(:'network', share_id, :'now'::timestamptz + make_interval(secs => share_id), miner_id, difficulty)
FROM (VALUES (1, :a, 1::float8), (2, :b, 2), (3, :a, 4), (4, :c, 8), (5, :b, 16), (6, :a, 32)) v (share_id, miner_id, difficulty);
-- the same numbers in another network are another network's
SELECT pg_temp.add_share(:'other', share_id, :'now'::timestamptz + make_interval(secs => share_id), :c, 100) FROM generate_series(1, 9) share_id;
SELECT pg_temp.add_block(:'network', 2, :'now'::timestamptz + interval '2 s', :b, 100, 4) AS first,
       pg_temp.add_block(:'network', 5, :'now'::timestamptz + interval '5 s', :b, 100, 4) AS second \gset
CREATE FUNCTION pg_temp.units(work numeric) RETURNS numeric LANGUAGE sql AS $$ SELECT trim_scale(work / 2::numeric ^ 64) $$;

SELECT results_eq(format('SELECT pg_temp.by_name(account_id), pg_temp.units(work) FROM chimera.prop_work(%s) ORDER BY 1', :first),
    $$ VALUES ('a', 1::numeric), ('b', 2) $$, 'PROP: the first round begins with the first share');
SELECT results_eq(format('SELECT pg_temp.by_name(account_id), pg_temp.units(work) FROM chimera.prop_work(%s) ORDER BY 1', :second),
    $$ VALUES ('a', 4::numeric), ('b', 16), ('c', 8) $$, 'PROP: a round is what came after the block before, up to its own share');

SELECT results_eq(format('SELECT pg_temp.by_name(account_id), pg_temp.units(work) FROM chimera.pplns_work(%s, %s) ORDER BY 1', :second, n),
    format('SELECT * FROM (VALUES %s) v (name, work)', expected), 'PPLNS: a window of ' || 4 * n || ' ' || what)
FROM (VALUES (1, '(''b'', 4::numeric)', 'is a part of the block''s own share'),
             (4, '(''b'', 16::numeric)', 'is the whole of it'),
             (5, '(''b'', 16::numeric), (''c'', 4)', 'takes half of the one before'),
             (6, '(''b'', 16::numeric), (''c'', 8)', 'ends with a share'),
             (7, '(''a'', 4::numeric), (''b'', 16), (''c'', 8)', 'ends with the next'),
             (7.25, '(''a'', 4::numeric), (''b'', 17), (''c'', 8)', 'goes over the round''s begin'),
             (7.75, '(''a'', 5::numeric), (''b'', 18), (''c'', 8)', 'is all there is'),
             (100, '(''a'', 5::numeric), (''b'', 18), (''c'', 8)', 'is more than there is')) v (n, expected, what);
SELECT is(sum(work), round(0.3333 * chimera.work(4)), 'PPLNS: the window is N times the network''s work to the unit')
FROM chimera.pplns_work(:second, 0.3333);
SELECT throws_ok(format('SELECT * FROM chimera.pplns_work(%s, %s)', :second, n), '22023', NULL, 'PPLNS: no window of ' || n)
FROM unnest('{0,-1,1e-30}'::numeric[]) n;

-- what is older is found however old it is
SELECT pg_temp.add_share(:'network', 0, :'now'::timestamptz - interval '2 days', :c, 50);
SELECT is(pg_temp.units(sum(work)), 81::numeric, 'PPLNS: a share of days ago is found') FROM chimera.pplns_work(:second, 100);
SELECT is(pg_temp.units(sum(work)), 80::numeric, 'PPLNS: and counted in part') FROM chimera.pplns_work(:second, 20);

-- score: a share of one constant ago is worth 1/e
SELECT ok(abs(sum(work) / 2::numeric ^ 128 - (16 + 8 * exp(-1::numeric(40, 30)) + 4 * exp(-2::numeric(40, 30)))) < 1e-15, 'SCORE: shares fade by their age')
FROM chimera.score_work(:second, 1000000);
SELECT results_eq(format('SELECT pg_temp.by_name(account_id) FROM chimera.score_work(%s, 300000000) ORDER BY 1', :second),
    $$ VALUES ('a'), ('b'), ('c') $$, 'SCORE: of the round only');

SELECT throws_ok(format('SELECT * FROM chimera.prop_work(%s)', :second + 1000), 'P0002', NULL, 'an unknown block is an error');
UPDATE chimera.blocks SET share_id = NULL WHERE block_id = :first;
SELECT throws_ok(format('SELECT * FROM chimera.prop_work(%s)', :first), '55000', NULL, 'a block whose share is not known too');
SELECT is(pg_temp.units(sum(work)), 81::numeric, 'and no round ends there') FROM chimera.prop_work(:second);

-- ---------- many, in disorder, against a recount ----------

SELECT pg_temp.make_reward_network('test_many') AS network \gset
-- batches of three that commit in disorder: up to nine minutes from the order of their numbers
INSERT INTO chimera.shares
SELECT n / 3 * 4096 + n % 3, :'network', :'now'::timestamptz - interval '20 h' + make_interval(secs => n * 3.6 + random() * 500),
       1 + n % 7, n, (1 + (random() * 4000)::int) / 1024::float8,
       CASE WHEN random() < 0.5 THEN :a WHEN random() < 0.5 THEN :b ELSE :c END, 1, 1, 1, 1, 1
FROM generate_series(0, 19999) n ORDER BY random();
SELECT count(pg_temp.add_block(:'network', share_id, submitted_at, :a, 5000000000, 500)) AS blocks
FROM chimera.shares WHERE network_id = :'network' AND share_id IN (6000 * 4096 + 1, 2000 * 4096 + 2) \gset
SELECT block_id AS block, share_id AS last FROM chimera.blocks WHERE network_id = :'network' ORDER BY share_id DESC LIMIT 1 \gset
SELECT block_id AS early FROM chimera.blocks WHERE network_id = :'network' ORDER BY share_id LIMIT 1 \gset

CREATE FUNCTION pg_temp.recount(network uuid, last bigint, size numeric) RETURNS TABLE (account_id int, work numeric) LANGUAGE sql AS $$
    SELECT m.account_id, sum(least(s.work, size - s.newer)) FROM (
        SELECT miner_id, chimera.work(difficulty) AS work,
               coalesce(sum(chimera.work(difficulty)) OVER (ORDER BY share_id DESC ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS newer
        FROM chimera.shares WHERE network_id = network AND share_id <= last) s
    JOIN chimera.miners m USING (miner_id)
    WHERE s.newer < size
    GROUP BY 1
$$;
CREATE TEMP TABLE windows AS SELECT n::numeric FROM unnest('{0.0001,0.001,0.01,0.1,0.5,1,2,5,10,20,50,60,70,75,100}'::numeric[]) n
UNION SELECT round((random() * 70)::numeric, 4) FROM generate_series(1, 15);
SELECT is_empty(format($$
    SELECT n, account_id FROM windows, LATERAL (
        (SELECT * FROM chimera.pplns_work(%1$s, n) EXCEPT SELECT * FROM pg_temp.recount(%2$L, %3$s, round(n * chimera.work(500))))
        UNION ALL
        (SELECT * FROM pg_temp.recount(%2$L, %3$s, round(n * chimera.work(500))) EXCEPT SELECT * FROM chimera.pplns_work(%1$s, n))) d $$,
    :block, :'network', :last), 'PPLNS: windows of every size are what a recount by share_id gives');
SELECT is_empty(format($$
    SELECT n FROM windows, LATERAL (SELECT sum(work) AS all, count(*) FROM chimera.pplns_work(%s, n)) w
    WHERE w.all <> least(round(n * chimera.work(500)), (SELECT chimera.sum_work(difficulty) FROM chimera.shares WHERE network_id = %L AND share_id <= %s)) $$,
    :block, :'network', :last), 'PPLNS: each is full to the unit, or all there is');
SELECT set_eq(format('SELECT * FROM chimera.prop_work(%s)', :block), format($$
    SELECT account_id, chimera.sum_work(difficulty) FROM chimera.shares s JOIN chimera.miners USING (miner_id)
    WHERE network_id = %L AND share_id > 2000 * 4096 + 2 AND share_id <= %s GROUP BY 1 $$, :'network', :last), 'PROP: a round is what a recount gives');
SELECT is((SELECT sum(work) FROM chimera.prop_work(:block)) + (SELECT sum(work) FROM chimera.prop_work(:early)),
          (SELECT chimera.sum_work(difficulty) FROM chimera.shares WHERE network_id = :'network' AND share_id <= :last),
          'PROP: every share is in one round');

SELECT * FROM finish();
ROLLBACK;
