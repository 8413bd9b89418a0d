-- roles.sql: what each role may do with this extension: operators may read its
-- tables, and nobody else may do anything.

DO $$
DECLARE
    routine regprocedure;
BEGIN
    FOR routine IN
        SELECT d.objid FROM pg_depend d
        WHERE d.classid = 'pg_proc'::regclass AND d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e'
          AND d.refobjid = (SELECT e.oid FROM pg_extension e WHERE e.extname = 'chimera_legacy')
    LOOP
        EXECUTE format('REVOKE ALL ON ROUTINE %s FROM PUBLIC', routine);
    END LOOP;
END;
$$;

GRANT SELECT ON chimera.legacy_networks, chimera.legacy_rows, chimera.legacy_refused TO chimera_admin;
