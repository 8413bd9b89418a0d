-- extension.sql: what belongs to the extensions, and what a dump takes of them.
BEGIN;
\ir begin.psql
CREATE EXTENSION IF NOT EXISTS chimera_legacy;
SELECT plan(10);

CREATE TEMP VIEW extensions AS SELECT * FROM pg_extension WHERE extname IN ('chimera', 'chimera_legacy');
CREATE TEMP VIEW members AS
    SELECT c.oid, c.relkind, c.relname FROM pg_depend d JOIN pg_class c ON c.oid = d.objid
    WHERE d.classid = 'pg_class'::regclass AND d.deptype = 'e' AND d.refobjid IN (SELECT oid FROM extensions);
CREATE TEMP VIEW dumped AS
    SELECT unnest(extconfig) AS oid, unnest(extcondition) AS condition FROM extensions;
SELECT pg_temp.make_network('test_extension') AS network \gset

SELECT set_eq('SELECT extname, extversion FROM extensions',
              $$ SELECT name, default_version FROM pg_available_extensions WHERE name IN ('chimera', 'chimera_legacy') $$,
              'the newest versions are the ones installed');
SELECT is((SELECT count(*) FROM pg_depend WHERE classid = 'pg_namespace'::regclass AND objid = 'chimera'::regnamespace
           AND deptype = 'e' AND refobjid = (SELECT oid FROM extensions WHERE extname = 'chimera')), 1::bigint,
          'the schema belongs to the extension, so it goes with it');
SELECT is_empty($$ SELECT c.oid::regclass FROM pg_class c WHERE c.relnamespace = 'chimera'::regnamespace
                   AND c.relkind IN ('r', 'p', 'v', 'S') AND NOT c.relispartition AND c.oid NOT IN (SELECT oid FROM members) $$,
                'every table, view and sequence of the schema belongs to an extension, but for partitions');
SELECT is_empty($$ SELECT p.oid::regprocedure FROM pg_proc p WHERE p.pronamespace = 'chimera'::regnamespace AND NOT EXISTS (
                       SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid
                       AND d.deptype = 'e' AND d.refobjid IN (SELECT oid FROM extensions)) $$,
                'every function of the schema does');
-- logical replication names the row of an UPDATE or DELETE by it; shares are only added, and dropped by partitions
SELECT is_empty($$ SELECT m.oid::regclass FROM members m JOIN pg_class c USING (oid)
                   WHERE m.relkind IN ('r', 'p') AND c.relpersistence = 'p' AND m.relname <> 'shares' AND c.relreplident <> 'f'
                     AND NOT EXISTS (SELECT FROM pg_index i WHERE i.indrelid = m.oid
                                     AND CASE c.relreplident WHEN 'i' THEN i.indisreplident ELSE i.indisprimary END) $$,
                'every logged table whose rows change has a replica identity, so that it may be published');

-- A dump makes the extension by CREATE EXTENSION and takes along the rows of
-- the tables marked by pg_extension_config_dump. Partitions are made at run
-- time and are no members: pg_dump takes them as it takes any table, rows and
-- all. Their parent, a member, has no rows of its own, so it is not marked.
-- The script fills the presets; standings are taken again; no stratumd
-- of another server is connected to this one; and who was signed in there signs
-- in again. A key of extranonce1 values that somebody has a dump of is no secret.
SELECT set_eq($$ SELECT relname::text COLLATE "default" FROM members WHERE relkind = 'r' EXCEPT
                 SELECT relname::text COLLATE "default" FROM members JOIN dumped USING (oid) $$,
              '{network_presets,stratum_servers,listener_problems,network_standings,account_standings,pool_standings,web_sessions,web_attempts,
                extranonce1_key}'::text[],
              'a dump takes the rows of every table of the extensions except those that are re-created');
SELECT set_eq($$ SELECT relname::text COLLATE "default" FROM members WHERE relkind = 'S' EXCEPT
                 SELECT relname::text COLLATE "default" FROM members JOIN dumped USING (oid) $$, '{}'::text[],
              'a dump takes the state of every sequence, so that no id is given twice');
SELECT is_empty($$ SELECT oid::regclass FROM dumped WHERE condition <> '' $$, 'all of it, by no condition');
SELECT results_eq($$ SELECT oid::regclass FROM members WHERE relkind = 'p' AND oid NOT IN (SELECT oid FROM dumped) $$,
                  $$ VALUES ('chimera.shares'::regclass) $$, 'the one table not marked is the partitioned chimera.shares');
SELECT is_empty(format($$ SELECT relid FROM pg_partition_tree('chimera.shares')
                          WHERE level > 0 AND relid IN (SELECT oid FROM members) $$),
                'its partitions are no members: pg_dump takes them as tables of their own');

SELECT * FROM finish();
ROLLBACK;
