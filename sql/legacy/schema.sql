-- schema.sql: adopting the database of an older Chimera pool: its progress,
-- and how its tables are read.
--
-- The old pool's tables (public.users, miners, shares, blocks, payouts) are
-- only read, and may be written to meanwhile. They are adopted in batches of
-- one transaction each: the new rows, their entries in legacy_rows and the
-- progress commit together, so each row is adopted once, whatever crashes. No
-- row is skipped silently: legacy_refused has the rows that could not be
-- adopted, with the reason, and the next run tries them again.
--
-- Old pools differ in their columns. Everything here therefore reads
-- temporary views with fixed names and types, which chimera.read_legacy()
-- creates.
--
-- All of it runs with the caller's rights: it reads other people's tables,
-- and must not read them as the extension's owner.
--
-- It is an extension of its own, so that a new pool does not have it.

\echo Use "CREATE EXTENSION chimera_legacy" to load this file. \quit

CREATE TABLE chimera.legacy_networks (
    network_id uuid PRIMARY KEY REFERENCES chimera.network_configs ON DELETE CASCADE,
    legacy_network uuid NOT NULL,
    columns jsonb NOT NULL,
    units_per_coin bigint CHECK (units_per_coin > 0),
    step text,
    shares_until bigint,
    last_share bigint NOT NULL DEFAULT -9223372036854775808,
    accepted bigint NOT NULL DEFAULT 0,
    invalid bigint NOT NULL DEFAULT 0,
    difficulty numeric NOT NULL DEFAULT 0,
    started_at timestamptz NOT NULL DEFAULT now(),
    finished_at timestamptz
);
COMMENT ON TABLE chimera.legacy_networks IS 'Progress of chimera.adopt_legacy(), one row per network';
COMMENT ON COLUMN chimera.legacy_networks.network_id IS 'The network whose rows are adopted';
COMMENT ON COLUMN chimera.legacy_networks.legacy_network IS 'Its id in the old tables';
COMMENT ON COLUMN chimera.legacy_networks.columns IS 'The given names of the old tables'' columns';
COMMENT ON COLUMN chimera.legacy_networks.units_per_coin IS
'The given multiplier of the old tables'' amounts; NULL: it depends on the column''s type';
COMMENT ON COLUMN chimera.legacy_networks.step IS 'The current step; NULL: the last run is complete';
COMMENT ON COLUMN chimera.legacy_networks.shares_until IS
'The id up to which this run adopts shares: no transaction can add one below it';
COMMENT ON COLUMN chimera.legacy_networks.last_share IS 'The id up to which shares have been adopted';
COMMENT ON COLUMN chimera.legacy_networks.accepted IS 'Valid shares adopted';
COMMENT ON COLUMN chimera.legacy_networks.invalid IS 'Adopted shares that the old pool had rejected';
COMMENT ON COLUMN chimera.legacy_networks.difficulty IS
'Sum of the valid shares'' difficulty, added as decimal numbers';
COMMENT ON COLUMN chimera.legacy_networks.started_at IS 'When the first run began';
COMMENT ON COLUMN chimera.legacy_networks.finished_at IS
'When the last run was complete; NULL while one is running or interrupted';

CREATE TABLE chimera.legacy_rows (
    source text NOT NULL CHECK (source IN ('users', 'wallets', 'miners', 'blocks', 'payouts', 'owed', 'balances')),
    legacy_id bigint NOT NULL,
    new_id bigint NOT NULL,
    PRIMARY KEY (source, legacy_id)
);
CREATE INDEX legacy_rows_new_id_idx ON chimera.legacy_rows (source, new_id);
COMMENT ON TABLE chimera.legacy_rows IS
'Adopted rows of an old pool, with their new ids; shares are only counted, in legacy_networks';
COMMENT ON COLUMN chimera.legacy_rows.source IS
'users, wallets (a user''s), miners, blocks, payouts, owed (payouts that became balances), balances (a user''s)';
COMMENT ON COLUMN chimera.legacy_rows.legacy_id IS 'The old row''s id; for wallets and balances the user''s';
COMMENT ON COLUMN chimera.legacy_rows.new_id IS
'account_id, set_id, miner_id, block_id or payout_id; transaction_id of the ledger for owed and balances';

CREATE TABLE chimera.legacy_refused (
    source text NOT NULL,
    legacy_id bigint NOT NULL,
    network_id uuid REFERENCES chimera.network_configs ON DELETE CASCADE,
    reason text NOT NULL,
    legacy_row jsonb NOT NULL,
    refused_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (source, legacy_id)
);
CREATE INDEX legacy_refused_network_id_idx ON chimera.legacy_refused (network_id, source, legacy_id);
COMMENT ON TABLE chimera.legacy_refused IS
'Rows of an old pool that could not be adopted, and why; each run of chimera.adopt_legacy() tries them again';
COMMENT ON COLUMN chimera.legacy_refused.source IS 'As in legacy_rows, or shares';
COMMENT ON COLUMN chimera.legacy_refused.legacy_id IS 'The old row''s id; for wallets and balances the user''s';
COMMENT ON COLUMN chimera.legacy_refused.network_id IS 'The row''s network; NULL for users, wallets and miners';
COMMENT ON COLUMN chimera.legacy_refused.reason IS 'Reason, in the same words for the same reason';
COMMENT ON COLUMN chimera.legacy_refused.legacy_row IS 'The row as it was read';
COMMENT ON COLUMN chimera.legacy_refused.refused_at IS 'When it was last tried';

-- ---------- reading the old tables ----------

CREATE FUNCTION chimera.legacy_column(source text, meaning text, candidates text[], columns jsonb) RETURNS text
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    told CONSTANT text := columns -> source ->> meaning;
    found text;
BEGIN
    SELECT a.attname INTO found
    FROM unnest(CASE WHEN told IS NULL THEN candidates ELSE ARRAY[told] END) WITH ORDINALITY c (name, place)
    JOIN pg_attribute a ON a.attrelid = to_regclass(format('public.%I', source)) AND a.attname = c.name
    WHERE a.attnum > 0 AND NOT a.attisdropped
    ORDER BY c.place LIMIT 1;
    IF found IS NULL AND told IS NOT NULL THEN
        RAISE EXCEPTION 'column "%" of table public.% does not exist', told, source USING ERRCODE = 'undefined_column';
    END IF;
    RETURN found;
END;
$$;
COMMENT ON FUNCTION chimera.legacy_column(text, text, text[], jsonb) IS
'Internal: the column of an old pool''s table with a given meaning: the one that was named, or else the first '
'candidate that exists; NULL: none. Errors: 42703 if the named column does not exist.';

CREATE FUNCTION chimera.legacy_expression(source text, meaning text, kind text, candidates text[],
    settings chimera.legacy_networks) RETURNS text
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    name CONSTANT text := chimera.legacy_column(source, meaning, candidates, settings.columns);
    value CONSTANT text := 'l.' || quote_ident(name);
    type oid;
    -- values that are not finite have no decimal number
    finite CONSTANT text := 'CASE WHEN %1$s > ''-Infinity''::float8 AND %1$s < ''Infinity''::float8 THEN %1$s::numeric%2$s END';
BEGIN
    IF name IS NULL THEN
        RETURN NULL;
    END IF;
    SELECT a.atttypid INTO type FROM pg_attribute a
    WHERE a.attrelid = to_regclass(format('public.%I', source)) AND a.attname = name;
    IF kind = 'time' AND type NOT IN ('timestamptz'::regtype, 'timestamp'::regtype) THEN
        RAISE EXCEPTION 'column "%" of table public.% must be a timestamp', name, source USING ERRCODE = 'datatype_mismatch';
    END IF;
    RETURN CASE kind
        WHEN 'key' THEN value
        WHEN 'time' THEN value || CASE WHEN type = 'timestamp'::regtype THEN ' AT TIME ZONE ''UTC''' ELSE '' END
        WHEN 'number' THEN format(finite, value, '')
        WHEN 'amount' THEN format(finite, value, ' * ' || coalesce(settings.units_per_coin,
            CASE WHEN type IN ('int2'::regtype, 'int4'::regtype, 'int8'::regtype) THEN 1 ELSE 100000000 END))
        WHEN 'word' THEN format('coalesce(lower(btrim(%s::text)), '''')', value)
        ELSE format('%s::%s', value, kind) END;
END;
$$;
COMMENT ON FUNCTION chimera.legacy_expression(text, text, text, text[], chimera.legacy_networks) IS
'Internal: an expression for a column of an old pool''s table (with alias l), by kind: key unchanged; time, where '
'a timestamp without time zone is UTC; number, NULL if it is not finite; amount in the coin''s smallest unit; word '
'in lower case, empty for NULL; or the name of a type. NULL if the column does not exist. Errors: 42703 and 42804 '
'for a named column that does not exist or is not a timestamp.';

CREATE FUNCTION chimera.make_legacy_view(view_name text, source text, needed jsonb, optional jsonb,
    settings chimera.legacy_networks) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET client_min_messages = warning
AS $$
DECLARE
    wanted record;
    expression text;
    list text[] := '{}';
BEGIN
    IF to_regclass(format('public.%I', source)) IS NULL THEN
        RAISE EXCEPTION 'table public.% does not exist', source USING ERRCODE = 'undefined_table';
    END IF;
    -- meaning: [kind, candidate, ...]
    FOR wanted IN
        SELECT e.key AS meaning, e.value ->> 0 AS kind, e.is_needed,
               ARRAY(SELECT c FROM jsonb_array_elements_text(e.value - 0) c) AS candidates
        FROM (SELECT n.key, n.value, true AS is_needed FROM jsonb_each(needed) n
              UNION ALL SELECT o.key, o.value, false FROM jsonb_each(optional) o) e
    LOOP
        expression := chimera.legacy_expression(source, wanted.meaning, wanted.kind, wanted.candidates, settings);
        IF expression IS NULL AND wanted.is_needed THEN
            RAISE EXCEPTION 'could not find the column of table public.% for %', source, wanted.meaning
                USING ERRCODE = 'undefined_column',
                      DETAIL = format('Candidates are %s.', array_to_string(wanted.candidates, ', ')),
                      HINT = format('Name the column: columns => ''{"%s": {"%s": "..."}}''.', source, wanted.meaning);
        END IF;
        list := list || format('%s AS %I', coalesce(expression, format('NULL::%s', CASE wanted.kind WHEN 'key' THEN 'bigint'
            WHEN 'time' THEN 'timestamptz' WHEN 'number' THEN 'numeric' WHEN 'amount' THEN 'numeric' ELSE wanted.kind END)),
            wanted.meaning);
    END LOOP;
    -- before migration 017 all rows belong to one network
    expression := coalesce('l.' || quote_ident(chimera.legacy_column(source, 'network_id', '{network_id}', '{}')),
                           format('%L::uuid', settings.network_id));
    -- the old pool may have its own ids for its networks
    SELECT coalesce('CASE ' || expression || string_agg(format(' WHEN %L THEN %L::uuid', n.legacy_network, n.network_id), '')
                    || ' ELSE ' || expression || ' END', expression) INTO expression
    FROM chimera.legacy_networks n WHERE n.legacy_network <> n.network_id;
    list := list || format('%s AS network_id', expression);
    EXECUTE format('CREATE TEMP VIEW %I AS SELECT %s FROM public.%I l', view_name, array_to_string(list, ', '), source);
END;
$$;
COMMENT ON FUNCTION chimera.make_legacy_view(text, text, jsonb, jsonb, chimera.legacy_networks) IS
'Internal: creates a temporary view of an old pool''s table with fixed columns: {"meaning": [kind, candidate, '
'...]}. Errors: 42P01 if the table does not exist, 42703 if a needed column does not exist.';

CREATE FUNCTION chimera.read_legacy(network_id uuid) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET client_min_messages = warning
AS $$
DECLARE
    settings chimera.legacy_networks;
BEGIN
    SELECT * INTO STRICT settings FROM chimera.legacy_networks n WHERE n.network_id = read_legacy.network_id;
    DROP VIEW IF EXISTS pg_temp.legacy_wallets, pg_temp.legacy_balances, pg_temp.legacy_users, pg_temp.legacy_miners,
        pg_temp.legacy_shares, pg_temp.legacy_blocks, pg_temp.legacy_payouts;
    PERFORM chimera.make_legacy_view('legacy_users', 'users',
        '{"id": ["key", "id"], "name": ["text", "username", "name"]}',
        '{"created_at": ["time", "created_at"], "wallet": ["text", "payout_address", "wallet", "address"]}', settings);
    PERFORM chimera.make_legacy_view('legacy_miners', 'miners',
        '{"id": ["key", "id"], "user_id": ["key", "user_id"], "name": ["text", "name"]}',
        '{"created_at": ["time", "created_at"]}', settings);
    PERFORM chimera.make_legacy_view('legacy_shares', 'shares',
        '{"id": ["key", "id"], "miner_id": ["key", "miner_id"], "difficulty": ["number", "difficulty"],
          "is_valid": ["boolean", "is_valid"], "submitted_at": ["time", "timestamp", "submitted_at", "created_at"]}', '{}', settings);
    PERFORM chimera.make_legacy_view('legacy_blocks', 'blocks',
        '{"id": ["key", "id"], "height": ["key", "height"], "hash": ["text", "hash"], "reward": ["amount", "reward"],
          "status": ["word", "status"], "found_at": ["time", "timestamp", "found_at", "created_at"]}',
        '{"finder_id": ["key", "finder_id", "user_id"], "difficulty": ["number", "difficulty"]}', settings);
    PERFORM chimera.make_legacy_view('legacy_payouts', 'payouts',
        '{"id": ["key", "id"], "user_id": ["key", "user_id"], "amount": ["amount", "amount"], "status": ["word", "status"],
          "txid": ["word", "tx_hash", "txid"], "created_at": ["time", "created_at", "timestamp"]}',
        '{"address": ["text", "address"], "paid_at": ["time", "processed_at", "paid_at"]}', settings);

    -- these tables of an old pool have the data if they exist, else the users' own columns do
    IF to_regclass('public.user_wallets') IS NOT NULL THEN
        CREATE TEMP VIEW legacy_wallets AS
            SELECT w.user_id::bigint AS id, array_agg(btrim(w.address::text) ORDER BY w.id) AS addresses,
                   array_agg(w.percentage::numeric ORDER BY w.id) AS percents
            FROM public.user_wallets w WHERE w.is_active GROUP BY 1
            UNION ALL
            SELECT u.id, ARRAY[btrim(u.wallet)], ARRAY[100::numeric]
            FROM pg_temp.legacy_users u
            WHERE btrim(u.wallet) <> '' AND NOT EXISTS (SELECT FROM public.user_wallets w WHERE w.user_id = u.id AND w.is_active);
    ELSE
        CREATE TEMP VIEW legacy_wallets AS
            SELECT u.id, ARRAY[btrim(u.wallet)] AS addresses, ARRAY[100::numeric] AS percents
            FROM pg_temp.legacy_users u WHERE btrim(u.wallet) <> '';
    END IF;
    IF to_regclass('public.user_balances') IS NOT NULL THEN
        PERFORM chimera.make_legacy_view('legacy_balances', 'user_balances',
            '{"id": ["key", "user_id"], "amount": ["amount", "balance"]}', '{"pending": ["amount", "pending_balance"]}', settings);
    ELSE
        PERFORM chimera.make_legacy_view('legacy_balances', 'users', '{"id": ["key", "id"]}',
            '{"amount": ["amount", "balance"], "pending": ["amount", "pending_balance"]}', settings);
    END IF;
END;
$$;
COMMENT ON FUNCTION chimera.read_legacy(uuid) IS
'Internal: creates the temporary views through which this session reads an old pool''s tables for a network. '
'Errors: P0002 for a network whose adoption has not begun, 42P01, 42703 and 42804 for tables and columns that do '
'not exist.';

-- ---------- the outcome of a row ----------

CREATE FUNCTION chimera.record_legacy_row(source text, legacy_id bigint, network_id uuid, new_id bigint, reason text, legacy_row jsonb)
    RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF reason IS NULL THEN
        INSERT INTO chimera.legacy_rows (source, legacy_id, new_id)
        VALUES (record_legacy_row.source, record_legacy_row.legacy_id, record_legacy_row.new_id);
        DELETE FROM chimera.legacy_refused r
        WHERE r.source = record_legacy_row.source AND r.legacy_id = record_legacy_row.legacy_id;
    ELSE
        INSERT INTO chimera.legacy_refused AS r (source, legacy_id, network_id, reason, legacy_row)
        VALUES (record_legacy_row.source, record_legacy_row.legacy_id, record_legacy_row.network_id, record_legacy_row.reason,
                record_legacy_row.legacy_row)
        ON CONFLICT ON CONSTRAINT legacy_refused_pkey
        DO UPDATE SET reason = excluded.reason, legacy_row = excluded.legacy_row, refused_at = now();
    END IF;
END;
$$;
COMMENT ON FUNCTION chimera.record_legacy_row(text, bigint, uuid, bigint, text, jsonb) IS
'Internal: records that a row of an old pool was adopted as new_id, or refused for a reason.';

CREATE FUNCTION chimera.drop_resolved_refusals(network_id uuid) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    -- a row that was deleted, or has nothing left to adopt, is no longer refused
    DELETE FROM chimera.legacy_refused r
    WHERE coalesce(r.network_id, $1) = $1
      AND NOT EXISTS (
          SELECT FROM (SELECT 'users' AS source, l.id FROM pg_temp.legacy_users l
                       UNION ALL SELECT 'wallets', l.id FROM pg_temp.legacy_wallets l
                       UNION ALL SELECT 'miners', l.id FROM pg_temp.legacy_miners l
                       UNION ALL SELECT 'shares', l.id FROM pg_temp.legacy_shares l
                       UNION ALL SELECT 'blocks', l.id FROM pg_temp.legacy_blocks l
                       UNION ALL SELECT 'payouts', l.id FROM pg_temp.legacy_payouts l
                       UNION ALL SELECT 'balances', l.id FROM pg_temp.legacy_balances l
                                 WHERE l.amount <> 0 OR l.pending <> 0) old
          WHERE old.source = r.source AND old.id = r.legacy_id);
END;
$$;
COMMENT ON FUNCTION chimera.drop_resolved_refusals(uuid) IS
'Internal: deletes rows of chimera.legacy_refused whose old row was deleted or has nothing left to adopt. Part of '
'chimera.adopt_legacy.';

SELECT pg_catalog.pg_extension_config_dump('chimera.legacy_networks', '');
SELECT pg_catalog.pg_extension_config_dump('chimera.legacy_rows', '');
SELECT pg_catalog.pg_extension_config_dump('chimera.legacy_refused', '');
