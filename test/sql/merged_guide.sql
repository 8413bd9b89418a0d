-- merged_guide.sql: each statement of doc/merged_mining.md runs, in its order, as chimera_admin.
BEGIN;
\ir begin.psql
\set guide `cat doc/merged_mining.md`
CREATE TEMP TABLE statements AS
    SELECT number, replace(m[1], 'D...', 'DH5yaieqoZN36fDVciNyRueRGvGLR3mr7L') AS statement
    FROM regexp_matches(:'guide', '\n    (SELECT [^;]*);', 'g') WITH ORDINALITY e (m, number);
SELECT plan((SELECT count(*)::int + 2 FROM statements));
SELECT cmp_ok(count(*), '>=', 10::bigint, 'the guide has its statements') FROM statements;
UPDATE chimera.network_configs SET is_active = false, is_enabled = false WHERE algorithm = 'scrypt';
SELECT pg_temp.make_network('litecoin', 'scrypt') WHERE NOT EXISTS (SELECT FROM chimera.network_configs WHERE name = 'litecoin') \g /dev/null
SELECT chimera.enable_network('litecoin') \g /dev/null

CREATE FUNCTION pg_temp.outcome(statement text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    SET LOCAL ROLE chimera_admin;
    EXECUTE statement;
    RESET ROLE;
    RETURN 'done';
EXCEPTION WHEN OTHERS THEN
    RESET ROLE;
    RETURN SQLERRM;
END;
$$;
SELECT is(pg_temp.outcome(statement), 'done', format('statement %s: %s', number, substring(statement, '^[^\n]*'))) FROM statements ORDER BY number;
SELECT is(array_agg(kind ORDER BY history_id), '{merge,unmerge}'::text[], 'Dogecoin has been merged and unmerged')
FROM chimera.network_switch_history WHERE network_name = 'dogecoin' AND kind ~ 'merge';
SELECT * FROM finish();
ROLLBACK;
