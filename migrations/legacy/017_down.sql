-- 017_down.sql: undoes 017_up.sql, however far it has run.
--
--     psql -X -d POOL -f 017_down.sql
--
-- chimera_017.kept keeps the networks of rows that are not of the default
-- one, and another 017_up.sql restores them. If you will not run it again:
-- DROP SCHEMA chimera_017 CASCADE.
\set ON_ERROR_STOP on
\set QUIET on
SET client_min_messages = warning;
SELECT pg_advisory_lock(hashtext('chimera_017')) \g /dev/null
\ir 017_routines.sql

SELECT chimera_017.index_commands() \gexec
SELECT format('CALL chimera_017.remove_column(%L)', table_name) FROM chimera_017.tables ORDER BY 1 \gexec
SELECT table_name, count(*) AS rows_of_other_networks FROM chimera_017.kept GROUP BY 1 ORDER BY 1;
