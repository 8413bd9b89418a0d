-- rewards_work.sql: work, its sums, and amounts divided by weights.
BEGIN;
\ir begin.psql
\ir rewards.psql
SELECT plan(41);

-- ---------- work ----------

SELECT is(chimera.work(1), 2::numeric ^ 64, 'difficulty 1 is 2^64 units of work');
SELECT is(chimera.work(1e12), trunc(1e12 * 2::numeric ^ 64), 'a trillion fits');
SELECT is(chimera.work(1e-10), 1844674407::numeric, 'the smallest in use is rounded to the nearest unit');
SELECT is(chimera.work(0), 0::numeric, 'no difficulty is no work');
SELECT throws_ok(format('SELECT chimera.work(%L)', d), '22003', NULL, d || ' has no work')
FROM unnest('{-1e-300,NaN,Infinity,18446744073709551616}'::float8[]) d;
SELECT is(chimera.work(difficulty), trunc(n * 2::numeric ^ 54), n || ' / 1024 is exact')
FROM (VALUES (1), (12345), (2147483647)) v (n), LATERAL (SELECT n / 1024::float8 AS difficulty) d;

CREATE TEMP TABLE difficulties AS
    SELECT n, (random() * 1000000)::int / 1024::float8 AS difficulty FROM generate_series(1, 20000) n;
ANALYZE difficulties;
SELECT is(chimera.sum_work(difficulty), (sum((difficulty * 1024)::numeric) * 2::numeric ^ 54)::numeric(60, 0), 'sums are exact')
FROM difficulties;
SELECT is(chimera.sum_work(difficulty ORDER BY n), chimera.sum_work(difficulty ORDER BY difficulty), 'in any order')
FROM difficulties;
SELECT is(chimera.sum_work(difficulty), NULL, 'the sum of no rows is null') FROM difficulties WHERE false;
SELECT is(chimera.sum_work(difficulty), chimera.work(2), 'nulls count for nothing')
FROM (VALUES (1::float8), (NULL), (1)) v (difficulty);
SELECT is(chimera.sum_work(1e19), 1e5 * chimera.work(1e19), 'a hundred thousand of the largest difficulties fit')
FROM generate_series(1, 100000);

-- the sum made by several processes is the same
SET LOCAL parallel_setup_cost = 0;
SET LOCAL parallel_tuple_cost = 0;
SET LOCAL min_parallel_table_scan_size = 0;
SET LOCAL max_parallel_workers_per_gather = 2;
CREATE TABLE chimera_test_difficulties AS TABLE difficulties;
ANALYZE chimera_test_difficulties;
CREATE FUNCTION pg_temp.plan_of(query text) RETURNS SETOF text LANGUAGE plpgsql AS $$
BEGIN
    RETURN QUERY EXECUTE 'EXPLAIN ' || query;
END;
$$;
SELECT isnt_empty($$ SELECT FROM pg_temp.plan_of('SELECT chimera.sum_work(difficulty) FROM chimera_test_difficulties') line
                     WHERE line ~ 'Partial Aggregate' $$, 'a sum can be made by several processes');
SELECT is((SELECT chimera.sum_work(difficulty) FROM chimera_test_difficulties), (SELECT chimera.sum_work(difficulty ORDER BY n) FROM difficulties),
          'and is the same then');

-- ---------- scores ----------

SELECT is(chimera.sum_score(1, now(), now(), 1), 2::numeric ^ 128, 'a share at the time of the block counts in full');
SELECT is(chimera.sum_score(1, now() + interval '1 s', now(), 1), 2::numeric ^ 128, 'a later one too');
SELECT is(chimera.sum_score(1, now() - interval '45 s', now(), 1000000), 0::numeric, 'one of 45 constants ago not at all');
SELECT ok(abs(chimera.sum_score(1, '2020-01-01', '2020-01-01 00:05', 300000000) / 2::numeric ^ 128 - exp(-1::numeric(40, 30))) < 1e-17,
          'one of a constant ago by 1/e');

SELECT is(chimera.sum_score(d, at, until, c), 2::numeric ^ 128, 'nulls count for nothing')
FROM (VALUES (1::float8, now(), now(), 1::bigint), (NULL, now(), now(), 1), (1, NULL, now(), 1), (1, now(), NULL, 1), (1, now(), now(), NULL)) v (d, at, until, c);

-- ---------- by steps of time ----------

SELECT is(sums[1] || ' ' || sums[2] || ' ' || sums[64], '3 5 7', 'work goes to the step of its time, the last microsecond to the last')
FROM (SELECT array_agg(trim_scale(s / 2::numeric ^ 64)) AS sums
      FROM unnest((SELECT chimera.sum_work_steps(d, '2020-01-01 00:00 UTC'::timestamptz + at, '2020-01-01 00:00 UTC', '2020-01-01 01:04 UTC')
                   FROM (VALUES (1::float8, interval '0'), (2, '1 minute'), (5, '1 minute 1 microsecond'), (7, '63 minutes 59.999999 seconds')) v (d, at))) s) x;
SELECT throws_ok(format('SELECT chimera.sum_work_steps(1, %s)', times), '22023', NULL, 'no steps of ' || times)
FROM unnest(ARRAY[$$ '2020-01-01', '-infinity', '2020-01-02' $$, $$ '2020-01-01', '2020-01-01', 'infinity' $$,
                  $$ '2020-01-01', '2020-01-02', '2020-01-03' $$, $$ '2020-01-03', '2020-01-02', '2020-01-03' $$]) times;

-- ---------- splitting ----------

SELECT is(chimera.split_amount(100, '{1,1,1}'), '{34,33,33}', 'equal weights: the first gets the odd unit');
SELECT is(chimera.split_amount(1000, '{33.33,66.67}'), '{333,667}', 'weights may be percentages');
SELECT is(chimera.split_amount(7, '{1e70,0,2e70}'), '{2,0,5}', 'or huge');
SELECT is(chimera.split_amount(0, '{}'), '{}', 'nothing can be split among nobody');
SELECT is(chimera.split_amount(0, '{0,0}'), '{0,0}', 'or among those without weight');
SELECT throws_ok(format('SELECT chimera.split_amount(%s)', arguments), state, NULL, arguments || ' is refused')
FROM (VALUES ('1, ''{}''', '22023'), ('1, ''{0,0}''', '22023'), ('-1, ''{1}''', '22023'), ('1, ''{-1,2}''', '22023'),
             ('1, ''{NaN}''', '22023'), ('1, ''{1,null}''', '22023'), ('1, ''{1e80}''', '22003')) v (arguments, state);

-- the method by its definition, in SQL
CREATE FUNCTION pg_temp.hamilton(amount bigint, weights numeric[]) RETURNS bigint[] LANGUAGE sql AS $$
    WITH total AS (
        SELECT sum(w) AS weight FROM unnest(weights) w
    ), floors AS (
        SELECT place, div(amount * w, t.weight) AS part, amount * w - div(amount * w, t.weight) * t.weight AS rest
        FROM total t, unnest(weights) WITH ORDINALITY u (w, place)
    )
    SELECT array_agg((part + (turn <= amount - sum)::int)::bigint ORDER BY place)
    FROM (SELECT place, part, row_number() OVER (ORDER BY rest DESC, place) AS turn, sum(part) OVER () AS sum FROM floors) f
$$;
SELECT is_empty($$
    SELECT * FROM (SELECT n, (random() * 1e15)::bigint AS amount,
                          (SELECT array_agg(trunc((random() * 10 ^ (n % 15 + 0 * i))::numeric, n % 3)) FROM generate_series(1, 1 + n % 40) i) || 1::numeric AS weights
                   FROM generate_series(1, 500) n) t
    WHERE chimera.split_amount(amount, weights) <> pg_temp.hamilton(amount, weights) $$,
    'random splits are what the method says');
SELECT * FROM finish();
ROLLBACK;
