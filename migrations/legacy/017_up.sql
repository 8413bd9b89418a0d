-- 017_up.sql: gives an existing pool's shares, blocks, payouts and miners a
-- network, while the pool continues writing.
--
--     psql -X -d POOL [-v network=UUID] [-v batch=5000] [-v pause=0] -f
-- 017_up.sql
--
-- Without network, it uses the active network of public.network_configs.
--
-- It may be interrupted at any time and run again, and then continues.
-- Progress: TABLE chimera_017.tables. Run it as the tables' owner; see
-- doc/legacy.md.
\set ON_ERROR_STOP on
\set QUIET on
\if :{?network}
\else
    \set network ''
\endif
\if :{?batch}
\else
    \set batch 5000
\endif
\if :{?pause}
\else
    \set pause 0
\endif
SET client_min_messages = warning;
-- one run at a time, until this session ends
SELECT pg_advisory_lock(hashtext('chimera_017')) \g /dev/null
\ir 017_routines.sql

SELECT chimera_017.default_network(:'network') AS network \gset
CALL chimera_017.begin_up(:'network');
SELECT format('CALL chimera_017.add_column(%L)', table_name) FROM chimera_017.tables ORDER BY 1 \gexec
SELECT format('CALL chimera_017.fill(%L, %s, %s)', table_name, :'batch', :'pause')
FROM chimera_017.tables ORDER BY 1 \gexec
SELECT chimera_017.index_commands() \gexec
SELECT format('CALL chimera_017.finish(%L)', table_name) FROM chimera_017.tables ORDER BY 1 \gexec
SELECT format('CALL chimera_017.refer(%L)', table_name) FROM chimera_017.tables ORDER BY 1 \gexec
SELECT * FROM chimera_017.verify();
