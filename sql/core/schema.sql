-- schema.sql: the schema, the roles, and what every other part needs.

\echo Use "CREATE EXTENSION chimera" to load this file. \quit

CREATE SCHEMA chimera;
COMMENT ON SCHEMA chimera IS 'Chimera, a multi-coin mining pool';

-- Roles belong to the cluster, not to a database. They are created once and
-- survive DROP EXTENSION, without the privileges that the extension granted.
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

CREATE FUNCTION chimera.acting_user() RETURNS text
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    -- Anyone can set it, so it counts only from chimera_web: operators cannot blame their own
    -- changes on a user.
    SELECT CASE WHEN pg_has_role(session_user, 'chimera_web', 'MEMBER')
                THEN nullif(current_setting('chimera.acting_user', true), '') END;
$$;
COMMENT ON FUNCTION chimera.acting_user() IS
'Internal: the user on whose behalf the database user acts, from the setting chimera.acting_user. The setting '
'counts only for members of chimera_web, which set web:NAME. NULL: the database user acts for itself.';

CREATE FUNCTION chimera.actor() RETURNS text
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT coalesce(chimera.acting_user(), session_user::text);
$$;
COMMENT ON FUNCTION chimera.actor() IS
'Internal: the name that the histories record for a change: acting_user(), or else the database user.';

CREATE FUNCTION chimera.is_restoring() RETURNS boolean
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    -- every dump begins with both settings; a role that may not restore a dump cannot claim to
    SELECT current_setting('row_security') = 'off' AND current_setting('check_function_bodies') = 'off'
       AND pg_has_role(session_user, (SELECT n.nspowner FROM pg_namespace n WHERE n.nspname = 'chimera'), 'MEMBER');
$$;
COMMENT ON FUNCTION chimera.is_restoring() IS
'Internal: whether the extension''s owner is restoring a dump of pg_dump. The dump''s rows are consistent, but '
'arrive one by one and in any order, so checks that need several rows are skipped. chimera.audit() makes them up '
'afterwards.';
