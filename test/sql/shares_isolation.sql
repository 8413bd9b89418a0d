-- shares_isolation.sql: shares are taken in READ COMMITTED transactions only.
--
-- The isolation level is a transaction's, so each level has one of its own.
BEGIN;
\ir begin.psql
\if :is_pool
\else
    \echo :skip_file
    \quit
\endif
ROLLBACK;

CREATE FUNCTION pg_temp.submit_state() RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    PERFORM chimera.submit_shares('\x00000001');
    RETURN '00000';
EXCEPTION WHEN OTHERS THEN
    RETURN SQLSTATE;
END;
$$;
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT pg_temp.submit_state() AS repeatable_read \gset
ROLLBACK;
BEGIN ISOLATION LEVEL SERIALIZABLE;
SELECT pg_temp.submit_state() AS serializable \gset
ROLLBACK;
BEGIN ISOLATION LEVEL READ UNCOMMITTED;
SELECT pg_temp.submit_state() AS read_uncommitted \gset
ROLLBACK;

BEGIN;
\ir begin.psql
SELECT plan(4);
SELECT is(:'repeatable_read'::text, '55000', 'REPEATABLE READ is refused');
SELECT is(:'serializable'::text, '55000', 'SERIALIZABLE is refused');
-- checked, not believed: PostgreSQL treats it as READ COMMITTED but names it otherwise
SELECT is(:'read_uncommitted'::text, '55000', 'READ UNCOMMITTED is refused');
SELECT lives_ok('SELECT chimera.submit_shares(''\x00000001'')', 'READ COMMITTED is taken');
SELECT * FROM finish();
ROLLBACK;
