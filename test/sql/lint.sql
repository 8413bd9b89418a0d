-- lint.sql: what the routines' source must not say.
BEGIN;
\ir begin.psql
CREATE EXTENSION IF NOT EXISTS chimera_legacy;
SELECT plan(6);

CREATE TEMP TABLE sources AS
SELECT p.proname::text AS routine, p.prosrc AS source
FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang
WHERE p.pronamespace = 'chimera'::regnamespace AND l.lanname IN ('sql', 'plpgsql');

-- RAISE takes no null: the error that is meant is lost in another one. So an
-- option is a literal, on one line or several, a format(), a coalesce(), or a
-- CASE with ELSE of those.
CREATE FUNCTION pg_temp.options(source text) RETURNS SETOF text LANGUAGE sql AS $$
    WITH clauses AS (
        SELECT (regexp_matches(regexp_replace(source, '''(?:[^'']|'''')*''', '''text''', 'g'), 'USING\s+([A-Z]+\s*=[^;]*);', 'g'))[1] AS clause
    )
    SELECT btrim(o, E' \n') FROM clauses c CROSS JOIN LATERAL regexp_split_to_table(c.clause,
        '(?:^|,)\s*(?:HINT|DETAIL|MESSAGE|ERRCODE|COLUMN|CONSTRAINT|TABLE|SCHEMA|DATATYPE)\s*=\s*') o
    WHERE btrim(o, E' \n') <> ''
$$;
CREATE FUNCTION pg_temp.may_be_null(option text) RETURNS boolean LANGUAGE sql AS $$
    SELECT option !~ '^(''([^'']|'''')*''(\s*\n\s*''([^'']|'''')*'')*|format\(''.*|coalesce\(.*)$'
       AND NOT (option ~ '^CASE\s' AND option ~ '\sELSE\s'
                AND option !~ '\s(THEN|ELSE)\s+(?!''|format\(''|coalesce\()')
$$;
SELECT is(ARRAY(SELECT pg_temp.may_be_null(o) FROM unnest(ARRAY['''a text''', '''it''''s''', 'format(''%s'', x)', 'CASE WHEN a THEN ''b'' ELSE ''c'' END',
              'CASE WHEN a THEN ''b'' END', 'message', '''a'' || b', 'CASE WHEN a THEN b ELSE ''c'' END', E'''a ''\n  ''b''']) WITH ORDINALITY e (o, n) ORDER BY n)::text,
          '{f,f,f,f,t,t,t,t,f}', 'what may be null is found');
SELECT is((SELECT array_agg(o) FROM pg_temp.options($$ RAISE EXCEPTION 'a, HINT = b;' USING ERRCODE = 'x', HINT = CASE WHEN a THEN 'b; c' END, DETAIL = d; x := 1; $$) o)::text,
          $${'text',"CASE WHEN a THEN 'text' END",d}$$, 'in each option of a RAISE');
SELECT cmp_ok((SELECT count(*) FROM sources s, pg_temp.options(s.source)), '>', 200::bigint, 'there are many of them');
SELECT is_empty($$ SELECT s.routine, o FROM sources s, pg_temp.options(s.source) o WHERE s.source ~ 'RAISE' AND pg_temp.may_be_null(o) $$,
                'no option of a RAISE may be null');

-- The script is read in the database's encoding, and bodies as the session's
-- standard_conforming_strings has it.
SELECT is_empty($$ SELECT routine FROM sources WHERE source ~ '[^\x01-\x7f]' $$, 'routines are written in ASCII');
SELECT is_empty($$ SELECT routine FROM sources WHERE regexp_replace(source, '\mE''(?:[^''\\]|''''|\\.)*''', '', 'g') ~ '\\' $$,
                'a backslash stands in E'''' only');

SELECT * FROM finish();
ROLLBACK;
