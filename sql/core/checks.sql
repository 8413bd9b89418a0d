-- checks.sql: plain error messages for rows that break a table's rules.
--
-- PostgreSQL's own message for a violated constraint names the constraint and
-- shows the row, secrets included. Each constraint of a table that people
-- write to therefore has its rule as its COMMENT, and a trigger raises that
-- rule before PostgreSQL checks the constraint.

CREATE FUNCTION chimera.check_row() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    broken record;
    empty name;
    holds boolean;
BEGIN
    SELECT a.attname INTO empty FROM pg_attribute a
    WHERE a.attrelid = TG_RELID AND a.attnum > 0 AND a.attnotnull AND to_jsonb(NEW) -> a.attname::text = 'null'
    ORDER BY a.attnum LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION '% must not be null', empty USING ERRCODE = 'not_null_violation';
    END IF;
    -- in the order in which PostgreSQL checks them
    FOR broken IN
        SELECT pg_get_expr(c.conbin, c.conrelid) AS condition, obj_description(c.oid, 'pg_constraint') AS rule
        FROM pg_constraint c WHERE c.conrelid = TG_RELID AND c.contype = 'c' ORDER BY c.conname
    LOOP
        EXECUTE format('SELECT (%s) IS NOT FALSE FROM (SELECT ($1).*) checked', broken.condition) INTO holds USING NEW;
        IF NOT holds THEN
            RAISE EXCEPTION '%', broken.rule USING ERRCODE = 'check_violation';
        END IF;
    END LOOP;
    RETURN NEW;
END;
$$;
COMMENT ON FUNCTION chimera.check_row() IS
'Trigger: rejects a row that violates a constraint, with the constraint''s COMMENT as the message; shows no value '
'of the row. Errors: 23502, 23514.';
