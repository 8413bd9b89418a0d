-- 017_routines.sql: the routines of 017_up.sql and 017_down.sql, which both
-- include it.
--
-- All state is in schema chimera_017: tables (the progress of each table) and
-- kept (networks that a rollback would otherwise lose). A step that needs an
-- exclusive lock waits 200 ms for it, lets the pool's own statements pass,
-- and tries again; nothing else blocks a writer for longer than a batch.

CREATE SCHEMA IF NOT EXISTS chimera_017;

CREATE TABLE IF NOT EXISTS chimera_017.tables (
    table_name name PRIMARY KEY,
    default_network uuid NOT NULL,
    state text NOT NULL DEFAULT 'begun'
        CHECK (state IN ('begun', 'filling', 'filled', 'done')),
    rows_before bigint,     -- up to end_key, as are the sums
    sums_before jsonb,
    last_key bigint,        -- filled up to here
    end_key bigint,         -- later rows have got the default themselves
    rows_filled bigint NOT NULL DEFAULT 0,
    started_at timestamptz NOT NULL DEFAULT now(),
    finished_at timestamptz
);

CREATE TABLE IF NOT EXISTS chimera_017.kept (
    table_name name,
    key bigint,
    network_id uuid NOT NULL,
    PRIMARY KEY (table_name, key)
);

-- The sums of all numeric columns, as an expression that gives a jsonb.
CREATE OR REPLACE FUNCTION chimera_017.sums_expression(legacy name) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT coalesce('jsonb_build_object('
        || string_agg(format('%L, sum(r.%I::numeric)::text', attname, attname), ', ' ORDER BY attnum) || ')',
        '''{}''::jsonb')
    FROM pg_attribute
    WHERE attrelid = format('public.%I', legacy)::regclass AND attnum > 0 AND NOT attisdropped
      -- columns such as a rig's last hashrate change all the time
      AND legacy <> 'miners'
      AND atttypid IN ('int2'::regtype, 'int4'::regtype, 'int8'::regtype, 'numeric'::regtype,
                       'float4'::regtype, 'float8'::regtype)
$$;

CREATE OR REPLACE FUNCTION chimera_017.has_network_id(legacy name) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT EXISTS (SELECT FROM pg_attribute
                   WHERE attrelid = to_regclass(format('public.%I', legacy))
                     AND attname = 'network_id' AND NOT attisdropped)
$$;

-- Runs a command that needs an exclusive lock on a table; false if it could
-- not get the lock.
CREATE OR REPLACE FUNCTION chimera_017.try_locked(command text) RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM set_config('lock_timeout', '200ms', true);
    EXECUTE command;
    RETURN true;
EXCEPTION WHEN lock_not_available OR deadlock_detected THEN
    RETURN false;
END
$$;

CREATE OR REPLACE PROCEDURE chimera_017.run_locked(command text)
LANGUAGE plpgsql AS $$
BEGIN
    WHILE NOT chimera_017.try_locked(command) LOOP
        COMMIT;
        PERFORM pg_catalog.pg_sleep(0.1 + pg_catalog.random() * 0.4);
    END LOOP;
    COMMIT;
END
$$;

-- The old pool's own table of networks and its key, if it has one.
CREATE OR REPLACE FUNCTION chimera_017.networks_key() RETURNS name
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT a.attname
    FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
    WHERE i.indrelid = to_regclass('public.network_configs') AND i.indisprimary AND i.indnatts = 1
      AND a.atttypid = 'uuid'::regtype
$$;

-- The network of all rows so far: the given one, or the active one of the old
-- pool's own table.
CREATE OR REPLACE FUNCTION chimera_017.default_network(given text) RETURNS uuid
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    key name := chimera_017.networks_key();
    active uuid[];
    is_known boolean;
BEGIN
    IF given <> '' THEN
        IF key IS NOT NULL THEN
            EXECUTE format('SELECT EXISTS (SELECT FROM public.network_configs n WHERE n.%I = $1)', key) INTO is_known USING given::uuid;
            IF NOT is_known THEN
                RAISE EXCEPTION 'network % does not exist in public.network_configs', given USING ERRCODE = 'undefined_object';
            END IF;
        END IF;
        RETURN given::uuid;
    END IF;
    IF key IS NULL THEN
        RAISE EXCEPTION 'network must be given' USING ERRCODE = 'undefined_object',
            HINT = 'Use -v network=UUID to name the network that all rows so far belong to.';
    END IF;
    EXECUTE format('SELECT array_agg(n.%I) FROM public.network_configs n WHERE n.is_active', key) INTO active;
    IF cardinality(active) = 1 THEN
        RETURN active[1];
    END IF;
    RAISE EXCEPTION 'public.network_configs has % active networks', coalesce(cardinality(active), 0)
        USING ERRCODE = 'cardinality_violation', HINT = 'Use -v network=UUID to name the network that all rows so far belong to.';
END
$$;

-- The tables of this database that get a network. Users are people, who may
-- mine on any network, and are not changed; a rig's network is the last one
-- that it mined on.
CREATE OR REPLACE PROCEDURE chimera_017.begin_up(network uuid)
LANGUAGE plpgsql AS $$
DECLARE
    legacy pg_catalog.name;
BEGIN
    IF EXISTS (SELECT FROM chimera_017.tables WHERE default_network <> network) THEN
        RAISE EXCEPTION 'migration was begun with another default network'
            USING ERRCODE = 'object_not_in_prerequisite_state',
                  HINT = 'Run 017_up.sql with that network, or 017_down.sql first.';
    END IF;
    FOREACH legacy IN ARRAY '{shares,blocks,payouts,miners}'::pg_catalog.name[] LOOP
        IF pg_catalog.to_regclass('public.' || legacy) IS NULL THEN
            RAISE EXCEPTION 'table public.% does not exist', legacy
                USING ERRCODE = 'undefined_table';
        END IF;
        IF NOT EXISTS (SELECT FROM chimera_017.tables WHERE table_name = legacy)
           AND chimera_017.has_network_id(legacy) THEN
            RAISE EXCEPTION 'table public.% has a column network_id that this migration did not make', legacy
                USING ERRCODE = 'duplicate_column';
        END IF;
        INSERT INTO chimera_017.tables (table_name, default_network) VALUES (legacy, network)
        ON CONFLICT DO NOTHING;
    END LOOP;
    COMMIT;
END
$$;

-- Old rows get the column as NULL, at once; new rows get the default.
CREATE OR REPLACE PROCEDURE chimera_017.add_column(legacy name)
LANGUAGE plpgsql AS $$
DECLARE
    t chimera_017.tables;
BEGIN
    SELECT * INTO t FROM chimera_017.tables WHERE table_name = legacy;
    IF t.state <> 'begun' THEN
        RETURN;
    END IF;
    CALL chimera_017.run_locked(pg_catalog.format(
        'ALTER TABLE public.%1$I ADD COLUMN IF NOT EXISTS network_id uuid;
         ALTER TABLE public.%1$I ALTER COLUMN network_id SET DEFAULT %2$L', legacy, t.default_network));
    -- every later row has its network
    EXECUTE pg_catalog.format('SELECT min(id) - 1, max(id) FROM public.%I', legacy)
        INTO t.last_key, t.end_key;
    EXECUTE pg_catalog.format('SELECT count(*), %s FROM public.%I r WHERE id <= $1',
                              chimera_017.sums_expression(legacy), legacy)
        INTO t.rows_before, t.sums_before USING t.end_key;
    UPDATE chimera_017.tables
    SET state = 'filling', last_key = t.last_key, end_key = t.end_key,
        rows_before = t.rows_before, sums_before = t.sums_before
    WHERE table_name = legacy;
    COMMIT;
END
$$;

-- Fills the next batch; counts and sums its rows before and after. Returns
-- false if the pool's statements were in the way; true to continue (state
-- shows when all rows are filled).
CREATE OR REPLACE FUNCTION chimera_017.fill_batch(legacy name, batch integer) RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    t chimera_017.tables;
    up_to bigint;
    sums text := chimera_017.sums_expression(legacy);
    before record;
    after record;
BEGIN
    SELECT * INTO t FROM chimera_017.tables WHERE table_name = legacy FOR UPDATE;
    EXECUTE format('SELECT max(id) FROM (SELECT id FROM public.%I WHERE id > $1 AND id <= $2
                    ORDER BY id LIMIT $3) b', legacy) INTO up_to USING t.last_key, t.end_key, batch;
    IF up_to IS NULL THEN
        UPDATE chimera_017.tables SET state = 'filled' WHERE table_name = legacy;
        RETURN true;
    END IF;

    PERFORM set_config('lock_timeout', '2s', true);
    EXECUTE format('SELECT count(*) AS n, %s AS sums FROM (SELECT * FROM public.%I
                    WHERE id > $1 AND id <= $2 AND network_id IS NULL ORDER BY id FOR UPDATE) r',
                   sums, legacy) INTO before USING t.last_key, up_to;
    EXECUTE format('WITH r AS (UPDATE public.%1$I l SET network_id = coalesce(
                        (SELECT k.network_id FROM chimera_017.kept k
                         WHERE k.table_name = %1$L AND k.key = l.id), $3)
                    WHERE id > $1 AND id <= $2 AND network_id IS NULL RETURNING l.*)
                    SELECT count(*) AS n, %2$s AS sums FROM r', legacy, sums)
        INTO after USING t.last_key, up_to, t.default_network;
    IF before IS DISTINCT FROM after THEN
        RAISE EXCEPTION 'rows of public.% up to id % changed while their network was set', legacy, up_to
            USING ERRCODE = 'data_corrupted',
                  DETAIL = format('Before: %s, after: %s.', before, after),
                  HINT = 'Check the triggers of this table. No row of this batch has been changed.';
    END IF;
    DELETE FROM chimera_017.kept WHERE table_name = legacy AND key > t.last_key AND key <= up_to;
    UPDATE chimera_017.tables SET last_key = up_to, rows_filled = rows_filled + after.n
    WHERE table_name = legacy;
    RETURN true;
EXCEPTION WHEN lock_not_available OR deadlock_detected THEN
    RETURN false;
END
$$;

CREATE OR REPLACE PROCEDURE chimera_017.fill(legacy name, batch integer, pause double precision)
LANGUAGE plpgsql AS $$
BEGIN
    WHILE (SELECT state = 'filling' FROM chimera_017.tables WHERE table_name = legacy) LOOP
        IF NOT chimera_017.fill_batch(legacy, batch) THEN
            COMMIT;
            PERFORM pg_catalog.pg_sleep(0.1);
        END IF;
        COMMIT;
        PERFORM pg_catalog.pg_sleep(pause);
    END LOOP;
END
$$;

-- Commands for \gexec: build the index, after dropping what an interrupted
-- build has left.
CREATE OR REPLACE FUNCTION chimera_017.index_commands() RETURNS SETOF text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT command
    FROM chimera_017.tables t
    LEFT JOIN pg_index i ON i.indexrelid = to_regclass(format('public.%I', t.table_name || '_network_id_id_idx')),
    LATERAL (VALUES
        (1, CASE WHEN NOT i.indisvalid THEN
            format('DROP INDEX CONCURRENTLY public.%I', t.table_name || '_network_id_id_idx') END),
        (2, CASE WHEN i.indisvalid IS NOT TRUE THEN
            format('CREATE INDEX CONCURRENTLY %I ON public.%I (network_id, id)',
                   t.table_name || '_network_id_id_idx', t.table_name) END)) AS c (step, command)
    WHERE command IS NOT NULL AND chimera_017.has_network_id(t.table_name)
    ORDER BY t.table_name, step
$$;

-- From now on every row has a network. VALIDATE scans under a lock that
-- allows writes; SET NOT NULL then relies on the constraint.
CREATE OR REPLACE PROCEDURE chimera_017.finish(legacy name)
LANGUAGE plpgsql AS $$
DECLARE
    t chimera_017.tables;
BEGIN
    SELECT * INTO t FROM chimera_017.tables WHERE table_name = legacy;
    IF t.state <> 'filled' THEN
        RETURN;
    END IF;
    CALL chimera_017.run_locked(pg_catalog.format(
        'ALTER TABLE public.%1$I DROP CONSTRAINT IF EXISTS chimera_017_network;
         ALTER TABLE public.%1$I ADD CONSTRAINT chimera_017_network
             CHECK (network_id IS NOT NULL) NOT VALID', legacy));
    -- rows that were inserted with an explicit NULL
    EXECUTE pg_catalog.format('UPDATE public.%I SET network_id = $1 WHERE network_id IS NULL', legacy)
        USING t.default_network;
    COMMIT;
    CALL chimera_017.run_locked(pg_catalog.format(
        'ALTER TABLE public.%I VALIDATE CONSTRAINT chimera_017_network', legacy));
    CALL chimera_017.run_locked(pg_catalog.format(
        'ALTER TABLE public.%1$I ALTER COLUMN network_id SET NOT NULL;
         ALTER TABLE public.%1$I DROP CONSTRAINT chimera_017_network;
         UPDATE chimera_017.tables SET state = ''done'', finished_at = clock_timestamp()
         WHERE table_name = %1$L', legacy));
END
$$;

-- If the old pool has a table of networks, each row's network is one of them.
-- The rows are scanned under a lock that allows writes.
CREATE OR REPLACE PROCEDURE chimera_017.refer(legacy name)
LANGUAGE plpgsql AS $$
DECLARE
    key CONSTANT pg_catalog.name := chimera_017.networks_key();
    constraint_name CONSTANT pg_catalog.name := legacy || '_network_id_fkey';
BEGIN
    IF key IS NULL OR NOT EXISTS (SELECT FROM chimera_017.tables WHERE table_name = legacy AND state = 'done') THEN
        RETURN;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_catalog.pg_constraint
                   WHERE conrelid = pg_catalog.format('public.%I', legacy)::pg_catalog.regclass AND conname = constraint_name) THEN
        CALL chimera_017.run_locked(pg_catalog.format(
            'ALTER TABLE public.%I ADD CONSTRAINT %I FOREIGN KEY (network_id)
                 REFERENCES public.network_configs (%I) NOT VALID', legacy, constraint_name, key));
    END IF;
    CALL chimera_017.run_locked(pg_catalog.format(
        'ALTER TABLE public.%I VALIDATE CONSTRAINT %I', legacy, constraint_name));
END
$$;

-- Counts and sums of the rows that existed when the migration began. ok is
-- false if they differ: the pool itself has changed or deleted rows since.
CREATE OR REPLACE FUNCTION chimera_017.verify()
RETURNS TABLE (table_name name, what text, before text, now text, ok boolean)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    t chimera_017.tables;
    n bigint;
    missing bigint;
    sums jsonb;
BEGIN
    FOR t IN SELECT * FROM chimera_017.tables r WHERE state <> 'begun' ORDER BY r.table_name LOOP
        EXECUTE format('SELECT count(*), count(*) FILTER (WHERE network_id IS NULL), %s
                        FROM public.%I r WHERE id <= $1',
                       chimera_017.sums_expression(t.table_name), t.table_name)
            INTO n, missing, sums USING t.end_key;
        RETURN QUERY VALUES
            (t.table_name, 'rows', t.rows_before::text, n::text, n = t.rows_before),
            (t.table_name, 'rows without network', '0', missing::text, missing = 0);
        RETURN QUERY
            SELECT t.table_name, 'sum of ' || b.key, b.value, sums ->> b.key,
                   b.value IS NOT DISTINCT FROM sums ->> b.key
            FROM jsonb_each_text(t.sums_before) b ORDER BY b.key;
    END LOOP;
END
$$;

-- Removes the column; networks other than the default are kept for another
-- 017_up.sql. The index makes finding them fast.
CREATE OR REPLACE PROCEDURE chimera_017.remove_column(legacy name)
LANGUAGE plpgsql AS $$
DECLARE
    t chimera_017.tables;
BEGIN
    SELECT * INTO t FROM chimera_017.tables WHERE table_name = legacy;
    IF chimera_017.has_network_id(legacy) THEN
        CALL chimera_017.run_locked(pg_catalog.format(
            'LOCK TABLE public.%1$I IN ACCESS EXCLUSIVE MODE;
             INSERT INTO chimera_017.kept
             SELECT %1$L, id, network_id FROM public.%1$I WHERE network_id < %2$L
             UNION ALL
             SELECT %1$L, id, network_id FROM public.%1$I WHERE network_id > %2$L
             ON CONFLICT (table_name, key) DO UPDATE SET network_id = EXCLUDED.network_id;
             ALTER TABLE public.%1$I DROP CONSTRAINT IF EXISTS chimera_017_network;
             ALTER TABLE public.%1$I DROP COLUMN network_id;
             DELETE FROM chimera_017.tables WHERE table_name = %1$L', legacy, t.default_network));
    ELSE
        DELETE FROM chimera_017.tables WHERE table_name = legacy;
        COMMIT;
    END IF;
END
$$;
