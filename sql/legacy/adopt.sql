-- adopt.sql: the run over an old pool's tables, and its report.

CREATE FUNCTION chimera.begin_legacy(network text, batch_size int, columns jsonb, units_per_coin bigint, legacy_network uuid)
    RETURNS uuid
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    wanted CONSTANT uuid := chimera.network_id(network);
    source text;
    has_networks boolean;
BEGIN
    IF batch_size IS NULL OR batch_size NOT BETWEEN 1 AND 10000 THEN
        RAISE EXCEPTION 'batch_size must be from 1 to 10000, not %', batch_size USING ERRCODE = 'invalid_parameter_value';
    END IF;
    -- without the record of what was adopted, shares and balances would be adopted again
    IF NOT EXISTS (SELECT FROM chimera.legacy_networks n WHERE n.network_id = wanted)
       AND EXISTS (SELECT FROM chimera.blocks b WHERE b.network_id = wanted AND b.job_id IS NULL) THEN
        RAISE EXCEPTION 'network "%" was already adopted', network USING ERRCODE = 'object_not_in_prerequisite_state',
            DETAIL = 'The network has blocks of an old pool, but chimera.legacy_networks does not list it.',
            HINT = 'The extension chimera_legacy was dropped after the network was adopted. Restore its tables from a dump.';
    END IF;
    INSERT INTO chimera.legacy_networks AS n (network_id, legacy_network, columns, units_per_coin)
    VALUES (wanted, coalesce(begin_legacy.legacy_network, wanted), coalesce(begin_legacy.columns, '{}'), begin_legacy.units_per_coin)
    ON CONFLICT ON CONSTRAINT legacy_networks_pkey
    DO UPDATE SET legacy_network = coalesce(begin_legacy.legacy_network, n.legacy_network), columns = excluded.columns,
                  units_per_coin = excluded.units_per_coin, finished_at = NULL;

    FOREACH source IN ARRAY '{shares,blocks,payouts}'::text[] LOOP
        SELECT a.attnotnull INTO has_networks FROM pg_attribute a
        WHERE a.attrelid = to_regclass('public.' || source) AND a.attname = 'network_id' AND NOT a.attisdropped;
        IF NOT has_networks THEN
            RAISE EXCEPTION 'table public.% has rows without a network', source
                USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Wait until migrations/legacy/017_up.sql has finished.';
        ELSIF has_networks IS NULL AND EXISTS (SELECT FROM chimera.legacy_networks n WHERE n.network_id <> wanted) THEN
            RAISE EXCEPTION 'table public.% does not have networks, and was already adopted for another network', source
                USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Run migrations/legacy/017_up.sql first.';
        END IF;
    END LOOP;
    PERFORM chimera.read_legacy(wanted);
    RETURN wanted;
END;
$$;
COMMENT ON FUNCTION chimera.begin_legacy(text, int, jsonb, bigint, uuid) IS
'Internal: begins or continues adopting an old pool''s rows for a network; returns the network_id. Errors: 42704 '
'for an unknown network, 22023 for an invalid batch_size, 55000 if the old tables'' networks are not complete or '
'the record of an earlier adoption was dropped, '
'42P01, 42703 and 42804 for tables and columns that do not exist.';

-- A transaction draws an id after it has locked the table for writing. Once
-- all transactions that held such a lock after the last id was read have
-- ended, every share up to that id is committed or never will be; nobody had
-- to be blocked.
CREATE FUNCTION chimera.await_share_writers(network_id uuid, after_key text) RETURNS text
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    -- the last id, and the transactions that were writing then
    last_id CONSTANT bigint := split_part(after_key, ' ', 1);
    awaited CONSTANT text[] := split_part(after_key, ' ', 2);
    found_id bigint;
    writers text[];
BEGIN
    IF last_id IS NULL THEN
        SELECT s.id INTO found_id FROM pg_temp.legacy_shares s WHERE s.network_id = await_share_writers.network_id
        ORDER BY s.id DESC LIMIT 1;
    END IF;
    SELECT coalesce(array_agg(DISTINCT k.virtualtransaction), '{}') INTO writers
    FROM pg_locks k JOIN pg_database d ON d.oid = k.database AND d.datname = current_database()
    WHERE k.locktype = 'relation' AND k.relation = 'public.shares'::regclass AND k.granted
      AND k.mode IN ('RowExclusiveLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock');
    IF last_id IS NULL THEN
        RETURN format('%s %s', coalesce(found_id, -9223372036854775808), writers);
    ELSIF writers && awaited THEN
        PERFORM pg_sleep(0.1);
        RETURN after_key;
    END IF;
    UPDATE chimera.legacy_networks n SET shares_until = last_id WHERE n.network_id = await_share_writers.network_id;
    RETURN NULL;
END;
$$;
COMMENT ON FUNCTION chimera.await_share_writers(uuid, text) IS
'Internal: finds the id up to which an old pool''s shares can be adopted: call it again with its result until that '
'is NULL. Part of chimera.adopt_legacy.';

CREATE FUNCTION chimera.adopt_batch(network_id uuid, step text, after_key text, batch_size int) RETURNS text
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    after_id CONSTANT bigint := CASE WHEN step NOT IN ('payouts', 'share writers')
                                     THEN coalesce(after_key::bigint, -9223372036854775808) END;
BEGIN
    -- two concurrent runs take turns
    PERFORM pg_advisory_xact_lock('chimera.legacy_rows'::regclass::oid::int, 0);
    UPDATE chimera.legacy_networks n SET step = adopt_batch.step
    WHERE n.network_id = adopt_batch.network_id AND n.step IS DISTINCT FROM adopt_batch.step;
    RETURN CASE step
        WHEN 'users' THEN chimera.adopt_users(network_id, after_id, batch_size)::text
        WHEN 'wallets' THEN chimera.adopt_wallets(network_id, after_id, batch_size)::text
        WHEN 'miners' THEN chimera.adopt_miners(network_id, after_id, batch_size)::text
        WHEN 'blocks' THEN chimera.adopt_blocks(network_id, after_id, batch_size)::text
        WHEN 'payouts' THEN chimera.adopt_payouts(network_id, after_key, batch_size)
        WHEN 'refused shares' THEN chimera.adopt_refused_shares(network_id, after_id, batch_size)::text
        WHEN 'share writers' THEN chimera.await_share_writers(network_id, after_key)
        WHEN 'shares' THEN chimera.adopt_shares(network_id, after_id, batch_size)::text
        WHEN 'owed' THEN chimera.adopt_owed(network_id, after_id, batch_size)::text
        WHEN 'balances' THEN chimera.adopt_balances(network_id, after_id, batch_size)::text END;
END;
$$;
COMMENT ON FUNCTION chimera.adopt_batch(uuid, text, text, int) IS
'Internal: adopts the next batch of a step after a key; returns the key to continue after, or NULL when the step '
'is complete. Part of chimera.adopt_legacy.';

CREATE FUNCTION chimera.end_legacy(network_id uuid) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM chimera.drop_resolved_refusals(end_legacy.network_id);
    UPDATE chimera.legacy_networks n SET step = NULL, finished_at = clock_timestamp() WHERE n.network_id = end_legacy.network_id;
END;
$$;
COMMENT ON FUNCTION chimera.end_legacy(uuid) IS 'Internal: records that a run of chimera.adopt_legacy is complete.';

-- a procedure that commits cannot pin search_path: all lookups are in
-- functions that do
CREATE PROCEDURE chimera.adopt_legacy(network text, cut_over boolean DEFAULT false, batch_size int DEFAULT 5000,
    pause float8 DEFAULT 0, columns jsonb DEFAULT '{}', units_per_coin bigint DEFAULT NULL, legacy_network uuid DEFAULT NULL)
    LANGUAGE plpgsql
AS $$
DECLARE
    network_id CONSTANT pg_catalog.uuid := chimera.begin_legacy(network, batch_size, columns,
        units_per_coin, legacy_network);
    step pg_catalog.text;
    key pg_catalog.text;
BEGIN
    COMMIT;
    FOREACH step IN ARRAY CASE WHEN cut_over
        THEN '{users,wallets,miners,blocks,payouts,refused shares,share writers,shares,owed,balances}'::pg_catalog.text[]
        ELSE '{users,wallets,miners,blocks,payouts,refused shares,share writers,shares}' END
    LOOP
        key := NULL;
        LOOP
            key := chimera.adopt_batch(network_id, step, key, batch_size);
            COMMIT;
            EXIT WHEN key IS NULL;
            PERFORM pg_catalog.pg_sleep(pause);
        END LOOP;
    END LOOP;
    PERFORM chimera.end_legacy(network_id);
    COMMIT;
END;
$$;
COMMENT ON PROCEDURE chimera.adopt_legacy(text, boolean, int, float8, jsonb, bigint, uuid) IS
'Adopts an older Chimera pool''s rows of a network from public.users, miners, shares, blocks and payouts into the '
'extension''s tables, while that pool continues. Another call adopts what has come since, and tries refused rows '
'again (chimera.legacy_refused). It commits after each batch of batch_size rows and then pauses for pause '
'seconds; after an interruption, the next call continues. cut_over: the old pool has stopped, and what it still '
'owes becomes balances. columns names columns that are not found automatically, {"blocks": {"found_at": '
'"mined_at"}}. units_per_coin multiplies amounts; the default is 1 for integer columns, else 100000000. '
'legacy_network is the network''s id in the old tables if it differs. Requires ownership of the extension and the '
'right to read those tables; see chimera.legacy_report() afterwards. Errors: 42704 for an unknown network, 22023 '
'for an invalid batch_size, 55000 if the old tables'' networks are not complete or the record of an earlier '
'adoption was dropped, 42P01, 42703 and 42804 for tables '
'and columns that do not exist, 2D000 inside a transaction.';

-- ---------- the report ----------

CREATE FUNCTION chimera.legacy_rows_report(network_id uuid, OUT what text, OUT legacy numeric, OUT adopted numeric,
    OUT refused numeric, OUT waiting numeric) RETURNS SETOF record
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN QUERY
    WITH old (source, id, amount) AS (
        SELECT 'users', u.id, NULL::numeric FROM pg_temp.legacy_users u
        UNION ALL SELECT 'wallets', w.id, NULL FROM pg_temp.legacy_wallets w
        UNION ALL SELECT 'miners', m.id, NULL FROM pg_temp.legacy_miners m
        UNION ALL SELECT 'blocks', b.id, coalesce(b.reward, 0) FROM pg_temp.legacy_blocks b WHERE b.network_id = $1
        UNION ALL SELECT 'payouts', p.id, coalesce(p.amount, 0) FROM pg_temp.legacy_payouts p WHERE p.network_id = $1
        UNION ALL SELECT 'balances', a.id, coalesce(a.amount, 0) FROM pg_temp.legacy_balances a WHERE a.amount <> 0 OR a.pending <> 0
    ), new (source, id, amount) AS (
        SELECT r.source, r.legacy_id, NULL::numeric FROM chimera.legacy_rows r WHERE r.source IN ('users', 'wallets', 'miners')
        UNION ALL
        SELECT r.source, r.legacy_id, b.reward_sats FROM chimera.legacy_rows r JOIN chimera.blocks b ON b.block_id = r.new_id
        WHERE r.source = 'blocks' AND b.network_id = $1
        UNION ALL
        SELECT r.source, r.legacy_id, p.amount_sats FROM chimera.legacy_rows r JOIN chimera.payouts p ON p.payout_id = r.new_id
        WHERE r.source = 'payouts' AND p.network_id = $1
        UNION ALL
        SELECT CASE r.source WHEN 'owed' THEN 'payouts' ELSE r.source END, r.legacy_id, e.amount_sats
        FROM chimera.legacy_rows r JOIN chimera.ledger_entries e ON e.transaction_id = r.new_id AND e.account = 'balance'
        WHERE r.source IN ('owed', 'balances') AND e.network_id = $1
    ), not_new (source, id, amount) AS (
        SELECT r.source, r.legacy_id, CASE WHEN r.source IN ('blocks', 'payouts', 'balances') THEN
                   coalesce((r.legacy_row ->> CASE r.source WHEN 'blocks' THEN 'reward' ELSE 'amount' END)::numeric, 0) END
        FROM chimera.legacy_refused r WHERE r.source <> 'shares' AND coalesce(r.network_id, $1) = $1
    ), parts AS (
        SELECT o.source, 'legacy' AS part, o.amount FROM old o
        UNION ALL SELECT n.source, 'adopted', n.amount FROM new n
        UNION ALL SELECT f.source, 'refused', f.amount FROM not_new f
        UNION ALL SELECT o.source, 'waiting', o.amount FROM old o
                  LEFT JOIN new n USING (source, id) LEFT JOIN not_new f USING (source, id) WHERE n.id IS NULL AND f.id IS NULL
    ), measured AS (
        SELECT p.source AS what, p.part, 1 AS value FROM parts p
        UNION ALL SELECT p.source || ', amount', p.part, p.amount FROM parts p WHERE p.amount IS NOT NULL
    )
    SELECT m.what, coalesce(sum(m.value) FILTER (WHERE m.part = 'legacy'), 0), coalesce(sum(m.value) FILTER (WHERE m.part = 'adopted'), 0),
           coalesce(sum(m.value) FILTER (WHERE m.part = 'refused'), 0), coalesce(sum(m.value) FILTER (WHERE m.part = 'waiting'), 0)
    FROM measured m GROUP BY m.what;
END;
$$;
COMMENT ON FUNCTION chimera.legacy_rows_report(uuid) IS
'Internal: the part of chimera.legacy_report() about rows that are recorded one by one.';

CREATE FUNCTION chimera.legacy_shares_report(network_id uuid, OUT what text, OUT legacy numeric, OUT adopted numeric,
    OUT refused numeric, OUT waiting numeric) RETURNS SETOF record
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN QUERY
    WITH done AS (
        SELECT * FROM chimera.legacy_networks n WHERE n.network_id = $1
    ), old AS (
        SELECT count(*)::numeric AS rows, count(*) FILTER (WHERE s.id > d.last_share)::numeric AS new_rows,
               coalesce(sum(s.difficulty) FILTER (WHERE s.is_valid), 0) AS work,
               coalesce(sum(s.difficulty) FILTER (WHERE s.is_valid AND s.id > d.last_share), 0) AS new_work
        FROM pg_temp.legacy_shares s, done d WHERE s.network_id = $1
    ), refusals AS (
        SELECT count(*)::numeric AS rows,
               coalesce(sum((r.legacy_row ->> 'difficulty')::numeric) FILTER (WHERE (r.legacy_row ->> 'is_valid')::boolean), 0) AS work
        FROM chimera.legacy_refused r WHERE r.network_id = $1 AND r.source = 'shares'
    )
    SELECT 'shares', o.rows, (d.accepted + d.invalid)::numeric, r.rows, o.new_rows FROM done d, old o, refusals r
    UNION ALL
    SELECT 'shares, difficulty', o.work, d.difficulty, r.work, o.new_work FROM done d, old o, refusals r;
END;
$$;
COMMENT ON FUNCTION chimera.legacy_shares_report(uuid) IS 'Internal: the part of chimera.legacy_report() about shares.';

CREATE FUNCTION chimera.legacy_ledger_report(network_id uuid, OUT what text, OUT legacy numeric, OUT adopted numeric)
    RETURNS SETOF record
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT 'ledger: rewards of confirmed blocks', coalesce(sum(b.reward_sats), 0),
           coalesce(sum((SELECT -sum(e.amount_sats) FROM chimera.ledger_transactions t JOIN chimera.ledger_entries e USING (transaction_id)
                         WHERE t.block_id = b.block_id AND e.account = 'rewards')), 0)
    FROM chimera.legacy_rows r JOIN chimera.blocks b ON b.block_id = r.new_id
    WHERE r.source = 'blocks' AND b.network_id = $1 AND b.status = 'confirmed'
    UNION ALL
    SELECT 'ledger: paid', coalesce((SELECT sum(p.amount_sats) FROM chimera.legacy_rows r JOIN chimera.payouts p ON p.payout_id = r.new_id
                            WHERE r.source = 'payouts' AND p.network_id = $1), 0),
           coalesce((SELECT sum(e.amount_sats) FROM chimera.ledger_entries e
                     JOIN chimera.ledger_transactions t USING (transaction_id)
                     WHERE e.account = 'paid' AND t.batch_id IN (
                         SELECT p.batch_id FROM chimera.legacy_rows r JOIN chimera.payouts p ON p.payout_id = r.new_id
                         WHERE r.source = 'payouts' AND p.network_id = $1)), 0);
$$;
COMMENT ON FUNCTION chimera.legacy_ledger_report(uuid) IS
'Internal: the part of chimera.legacy_report() about adopted blocks and payouts in the ledger.';

CREATE FUNCTION chimera.legacy_report(network text, OUT what text, OUT legacy numeric, OUT adopted numeric, OUT refused numeric,
    OUT waiting numeric, OUT ok boolean) RETURNS SETOF record
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    wanted CONSTANT uuid := chimera.network_id(network);
BEGIN
    PERFORM chimera.read_legacy(wanted);
    RETURN QUERY
    SELECT p.what, p.legacy, p.adopted, p.refused, p.waiting, p.legacy = p.adopted + p.refused + p.waiting
    FROM (SELECT * FROM chimera.legacy_rows_report(wanted)
          UNION ALL SELECT * FROM chimera.legacy_shares_report(wanted)
          UNION ALL SELECT l.what, l.legacy, l.adopted, 0, 0 FROM chimera.legacy_ledger_report(wanted) l
          UNION ALL
          SELECT 'rows of unknown networks', count(*), 0, 0, 0
          FROM (SELECT s.network_id FROM pg_temp.legacy_shares s UNION ALL SELECT b.network_id FROM pg_temp.legacy_blocks b
                UNION ALL SELECT p.network_id FROM pg_temp.legacy_payouts p) u
          WHERE NOT EXISTS (SELECT FROM chimera.network_configs n WHERE n.network_id = u.network_id)) p
    ORDER BY p.what;
END;
$$;
COMMENT ON FUNCTION chimera.legacy_report(text) IS
'Reconciles what chimera.adopt_legacy() has done for a network: counts and amounts (in the smallest unit; for '
'shares, the difficulty of the valid ones) of the old tables, counted now, of the adopted rows, counted in their '
'new tables, of the refused ones (chimera.legacy_refused has the reasons), and of those not processed yet. ok is '
'false if these do not add up: the old pool has changed or deleted rows since, or added shares with ids below the '
'adopted ones. Users, wallets and miners are those of all networks. Requires ownership of the extension and the '
'right to read those tables. Errors: 42704 for an unknown network, P0002 for one whose adoption has not begun, '
'42P01, 42703 and 42804 for tables and columns that do not exist.';
