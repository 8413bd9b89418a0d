-- comments.sql: every object that somebody meets is explained where it is.
BEGIN;
\ir begin.psql
CREATE EXTENSION IF NOT EXISTS chimera_legacy;
SELECT plan(7);

-- members of the extensions, as the catalog names them
CREATE TEMP VIEW members AS
    SELECT classid, objid FROM pg_depend
    WHERE deptype = 'e' AND refclassid = 'pg_extension'::regclass
      AND refobjid IN (SELECT oid FROM pg_extension WHERE extname IN ('chimera', 'chimera_legacy'));

SELECT isnt(obj_description('chimera'::regnamespace, 'pg_namespace'), NULL, 'the schema has a comment');
SELECT is_empty($$ SELECT c.oid::regclass FROM members m JOIN pg_class c ON c.oid = m.objid
                   WHERE m.classid = 'pg_class'::regclass AND c.relkind <> 'S'
                   AND obj_description(c.oid, 'pg_class') IS NULL $$,
                'every table and view has a comment');
SELECT is_empty($$ SELECT c.oid::regclass, a.attname FROM members m JOIN pg_class c ON c.oid = m.objid
                   JOIN pg_attribute a ON a.attrelid = c.oid
                   WHERE m.classid = 'pg_class'::regclass AND c.relkind <> 'S' AND a.attnum > 0 AND NOT a.attisdropped
                   AND col_description(c.oid, a.attnum) IS NULL
                   -- the parts of a view that has its columns explained
                   AND NOT (c.relkind = 'v' AND obj_description(c.oid, 'pg_class') LIKE 'Internal: %') $$,
                'every column has a comment');
SELECT is_empty($$ SELECT p.oid::regprocedure FROM members m JOIN pg_proc p ON p.oid = m.objid
                   WHERE m.classid = 'pg_proc'::regclass AND obj_description(p.oid, 'pg_proc') IS NULL $$,
                'every function has a comment');
SELECT is_empty($$ SELECT t.oid::regtype FROM members m JOIN pg_type t ON t.oid = m.objid
                   WHERE m.classid = 'pg_type'::regclass AND obj_description(t.oid, 'pg_type') IS NULL
                   -- the row and array types that tables and types have by nature are their part
                   AND t.typrelid = 0 AND t.typelem = 0 $$,
                'every type has a comment');
-- what raises an error by design says which: the SQLSTATE is the contract
SELECT is_empty($$ SELECT p.oid::regprocedure FROM pg_proc p
                   WHERE p.pronamespace = 'chimera'::regnamespace AND p.prosrc ~ 'ERRCODE' AND p.prorettype <> 'trigger'::regtype
                   AND obj_description(p.oid, 'pg_proc') !~ 'Errors: [0-9A-Z]{5}' $$,
                'the comment of every function that raises errors names their SQLSTATEs');
SELECT is_empty($$ SELECT objoid, objsubid, description FROM pg_description d JOIN members m ON m.classid = d.classoid AND m.objid = d.objoid
                   WHERE description ~ '\s{2}|^\s|\s$|^$' $$,
                'no comment is empty or has stray blanks');

SELECT * FROM finish();
ROLLBACK;
