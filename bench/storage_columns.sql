-- storage_columns.sql: the heap with and without each column of chimera.shares,
-- alignment included.
CREATE TEMP TABLE costs (place int, name name, bytes numeric);
CREATE TEMP TABLE sample AS SELECT * FROM chimera.shares LIMIT 100000;
DO $$
DECLARE
    columns text[] := ARRAY(SELECT attname::text FROM pg_attribute
                            WHERE attrelid = 'chimera.shares'::regclass AND attnum > 0 AND NOT attisdropped
                            ORDER BY attnum);
    rows numeric := (SELECT count(*) FROM sample);
    whole numeric := pg_relation_size('sample');
BEGIN
    FOR i IN 1 .. array_length(columns, 1) LOOP
        EXECUTE format('CREATE TEMP TABLE without AS SELECT %s FROM sample',
                       (SELECT string_agg(quote_ident(c), ', ' ORDER BY n)
                        FROM unnest(columns) WITH ORDINALITY u(c, n) WHERE n <> i));
        INSERT INTO costs VALUES (i, columns[i], (whole - pg_relation_size('without')) / rows);
        DROP TABLE without;
    END LOOP;
    INSERT INTO costs SELECT 0, 'all of them', whole / rows;
END;
$$;
\echo | column | heap bytes a share that it costs |
\echo |---|--:|
SELECT format('| %s | %s |', name, round(bytes, 1)) FROM costs ORDER BY place;
