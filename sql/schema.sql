-- schema.sql: the schema, the roles and what both need first.

\echo Use "CREATE EXTENSION chimera" to load this file. \quit

CREATE SCHEMA chimera;
COMMENT ON SCHEMA chimera IS 'Chimera, a multi-coin mining pool';

-- Roles belong to the cluster, not to a database: they are made once and stay
-- when the extension goes, stripped of every privilege it had given them.
DO $$
DECLARE
    role_name text;
BEGIN
    FOREACH role_name IN ARRAY ARRAY['chimera_admin', 'chimera_stratum', 'chimera_web', 'chimera_reader'] LOOP
        IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = role_name) THEN
            EXECUTE pg_catalog.format('CREATE ROLE %I NOLOGIN', role_name);
        END IF;
    END LOOP;
END;
$$;

GRANT USAGE ON SCHEMA chimera TO chimera_admin, chimera_stratum, chimera_web, chimera_reader;

CREATE FUNCTION chimera.actor() RETURNS text
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    -- a setting anyone can make: who may call a routine that asks may do all that it does in its own name too
    SELECT coalesce(nullif(current_setting('chimera.acting_user', true), ''), session_user::text);
$$;
REVOKE ALL ON FUNCTION chimera.actor() FROM PUBLIC;
COMMENT ON FUNCTION chimera.actor() IS
'Internal: who does what is being done, for the histories: for whom the database user acts by the setting chimera.acting_user (on the web, web:NAME), or that user.';
