-- sql_guide.sql: every example of doc/sql.md runs as chimera_reader, and has an answer.
BEGIN;
\ir begin.psql
\ir work.psql
\set guide `cat doc/sql.md`
CREATE TEMP TABLE examples AS
    SELECT number, replace(replace(m[1], '''litecoin''', '''test_web_sha'''), '''alice''', '''test_web_alice''') AS query
    FROM regexp_matches(:'guide', '```sql\n(.*?);\n```', 'g') WITH ORDINALITY e (m, number);
SELECT plan((SELECT count(*)::int + 3 FROM examples));
\ir web.psql

-- what the past of web.psql lacks: weeks of work, rounds, a single share, an account that can't be paid
INSERT INTO chimera.share_rollups_day (network_id, day, miner_id, account_id, accepted, stale, duplicate, low_difficulty, invalid, difficulty)
SELECT :'sha', date_trunc('day', now(), 'UTC') - i * interval '24 hours', :rig1, :alice, 5, 0, 0, 0, 0, 500 FROM generate_series(2, 60) i;
INSERT INTO chimera.block_rounds (block_id, network_id, ended_at, difficulty)
SELECT block_id, network_id, found_at, 1000 * (0.1 + row_number() OVER () % 40 / 10.0) FROM chimera.blocks WHERE network_id = :'sha';
INSERT INTO chimera.shares (share_id, network_id, submitted_at, job_id, extranonce2, difficulty, share_difficulty, miner_id, extranonce1,
    ntime, nonce, version)
SELECT 1, :'sha', now(), :job, 0, 100, 123456, :rig1, 1, 1700000000, 1, 1;
SELECT chimera.adjust_balance('test_web_sha', 'test_web_idle', 500000, 'nowhere to go') \g /dev/null

CREATE FUNCTION pg_temp.answer(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    has_rows boolean;
BEGIN
    SET LOCAL ROLE chimera_reader;
    -- every column of every row
    EXECUTE format('SELECT string_agg(q::text, '''') IS NOT NULL FROM (%s) q', query) INTO has_rows;
    RESET ROLE;
    RETURN CASE WHEN has_rows THEN 'rows' ELSE 'no row' END;
EXCEPTION WHEN OTHERS THEN
    RESET ROLE;
    RETURN SQLERRM;
END;
$$;
SELECT cmp_ok(count(*), '>=', 12::bigint, 'the guide answers a dozen questions') FROM examples;
SELECT is((SELECT count(*) FROM regexp_matches(:'guide', '```sql', 'g')), (SELECT count(*) FROM examples), 'each example is one statement');
SELECT is_empty($$ SELECT number FROM examples WHERE query ~ ';' $$, 'and no more than one');
SELECT is(pg_temp.answer(query), 'rows', format('example %s: %s', number, substring(query, '^[^\n]*'))) FROM examples ORDER BY number;

SELECT * FROM finish();
ROLLBACK;
