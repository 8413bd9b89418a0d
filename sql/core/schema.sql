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

CREATE FUNCTION chimera.acting_user() RETURNS text
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    -- anyone can make the setting: an operator must not put his own doing down to a user
    SELECT CASE WHEN pg_has_role(session_user, 'chimera_web', 'MEMBER')
                THEN nullif(current_setting('chimera.acting_user', true), '') END;
$$;
COMMENT ON FUNCTION chimera.acting_user() IS
'Internal: for whom the database user acts, by the setting chimera.acting_user, which counts from members of chimera_web only (on the web, web:NAME); NULL: for itself.';

CREATE FUNCTION chimera.actor() RETURNS text
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT coalesce(chimera.acting_user(), session_user::text);
$$;
REVOKE ALL ON FUNCTION chimera.acting_user(), chimera.actor() FROM PUBLIC;
COMMENT ON FUNCTION chimera.actor() IS
'Internal: who does what is being done, for the histories: for whom the database user acts (chimera.acting_user), or that user.';

CREATE FUNCTION chimera.is_restoring() RETURNS boolean
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    -- both stand at the head of every dump; whoever may not restore one can't say so
    SELECT current_setting('row_security') = 'off' AND current_setting('check_function_bodies') = 'off'
       AND pg_has_role(session_user, (SELECT n.nspowner FROM pg_namespace n WHERE n.nspname = 'chimera'), 'MEMBER');
$$;
REVOKE ALL ON FUNCTION chimera.is_restoring() FROM PUBLIC;
COMMENT ON FUNCTION chimera.is_restoring() IS
'Internal: whether the extension''s owner is restoring a dump of pg_dump''s: its rows were whole where they come from, but may come one by one and in any order, so what needs several of them is not checked. chimera.audit() does afterwards.';
