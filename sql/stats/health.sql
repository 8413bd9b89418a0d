-- health.sql: the state of the background workers and of the pool
-- (extension/worker).

CREATE FUNCTION chimera.worker_status(OUT kind text, OUT network_id uuid, OUT pid int, OUT state text,
    OUT message text, OUT since timestamptz, OUT last_success timestamptz, OUT node_id int, OUT node_problems jsonb)
    RETURNS SETOF record
    AS 'MODULE_PATHNAME', 'chimera_worker_status'
    LANGUAGE C VOLATILE;
COMMENT ON FUNCTION chimera.worker_status() IS
'The background workers: state is starting, ok, failing or stopped; message describes a failure; since says since '
'when; last_success is when the last work succeeded; for a template or block worker, node_id is the node that it '
'uses, and node_problems has the problems of its network''s nodes by node_id. Errors: 55000 if the library is not '
'preloaded.';

CREATE FUNCTION chimera.submit_failures(OUT failures bigint, OUT message text, OUT since timestamptz)
    AS 'MODULE_PATHNAME', 'chimera_submit_failures'
    LANGUAGE C VOLATILE;
COMMENT ON FUNCTION chimera.submit_failures() IS
'Whether batches of shares fail: the number of failures in a row, the last error and since when; 0 and NULL once '
'a batch succeeds. Errors: 55000 if the library is not preloaded.';

CREATE FUNCTION chimera.duty_problems(OUT duty text, OUT network_id uuid, OUT message text, OUT failures int,
    OUT since timestamptz)
    RETURNS SETOF record
    AS 'MODULE_PATHNAME', 'chimera_duty_problems'
    LANGUAGE C VOLATILE;
COMMENT ON FUNCTION chimera.duty_problems() IS
'The accountant''s duties that fail: the network (NULL: the whole server), the error, the number of failures in a '
'row and since when. Other duties and networks continue, and the accountant tries a failed duty again after a '
'pause of up to a minute. Errors: 55000 if the library is not preloaded.';

-- pg_stat_activity shows other users' sessions to the extension's owner, but
-- not to readers of health
CREATE FUNCTION chimera.long_waits(OUT message text, OUT since timestamptz) RETURNS SETOF record
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    SELECT format('%s sessions of the pool are waiting for %s', count(*), w.reason), min(a.query_start)
    FROM pg_stat_activity a
    CROSS JOIN LATERAL (
        SELECT CASE WHEN a.wait_event = 'SyncRep' THEN 'a synchronous standby: no share is acknowledged'
                    ELSE 'a lock held by ' || string_agg(
                        format('session %s (%s)', b.pid, concat_ws(', ', b.usename, nullif(b.application_name, ''))), ', ' ORDER BY b.pid) END
        FROM pg_stat_activity b
        WHERE b.pid = ANY (pg_blocking_pids(a.pid)) AND b.wait_event IS DISTINCT FROM 'SyncRep') w (reason)
    WHERE a.datname = current_database() AND (a.application_name = 'stratumd' OR a.backend_type LIKE 'chimera %')
      AND (a.wait_event = 'SyncRep' OR a.wait_event_type = 'Lock')
      AND a.query_start < clock_timestamp() - interval '2 seconds' AND w.reason IS NOT NULL
    GROUP BY w.reason;
$$;
COMMENT ON FUNCTION chimera.long_waits() IS
'What sessions of stratumd and background workers have been waiting for longer than two seconds: a lock, with its '
'holder, or a synchronous standby. One row per reason; no row is normal.';

CREATE FUNCTION chimera.open_batches(older_than interval DEFAULT '1 minute', OUT message text, OUT since timestamptz) RETURNS SETOF record
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    SELECT format('session %s (%s) holds a batch of shares open, and later shares and blocks cannot be credited', a.pid,
                  concat_ws(', ', a.usename, nullif(a.application_name, ''))), a.xact_start
    FROM pg_locks l JOIN pg_stat_activity a USING (pid)
    WHERE l.locktype = 'relation' AND l.relation = 'chimera.share_batches_seq'::regclass AND a.datname = current_database()
      AND l.mode NOT IN ('AccessShareLock', 'RowShareLock') AND l.granted
      AND a.xact_start < clock_timestamp() - older_than;
$$;
COMMENT ON FUNCTION chimera.open_batches(interval) IS
'Sessions that have held a batch of shares in a transaction older than this: later blocks and shares cannot be '
'credited, since one of its shares may count with them.';

CREATE FUNCTION chimera.forgotten_transactions(older_than interval DEFAULT '10 minutes', OUT message text, OUT since timestamptz) RETURNS SETOF record
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    SELECT format('session %s (%s) is idle in a transaction of database %s', a.pid,
                  concat_ws(', ', a.usename, nullif(a.application_name, '')), a.datname), a.xact_start
    FROM pg_stat_activity a
    WHERE a.state LIKE 'idle in transaction%' AND a.xact_start < clock_timestamp() - older_than
      AND (a.backend_xid IS NOT NULL OR a.backend_xmin IS NOT NULL)
    UNION ALL
    SELECT format('transaction "%s" of %s is still prepared in database %s', p.gid, p.owner, p.database), p.prepared
    FROM pg_prepared_xacts p
    WHERE p.prepared < clock_timestamp() - older_than;
$$;
COMMENT ON FUNCTION chimera.forgotten_transactions(interval) IS
'Transactions of any database that have been left open, idle or prepared, for longer than this. They do not stop '
'crediting, but VACUUM cannot remove rows that have died since, so busy tables grow.';

CREATE FUNCTION chimera.was_mined(network_id uuid) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    SELECT EXISTS (SELECT FROM chimera.network_rollups_minute r WHERE r.network_id = $1 AND r.accepted > 0)
        OR EXISTS (SELECT FROM chimera.blocks b WHERE b.network_id = $1)
        OR EXISTS (SELECT FROM chimera.share_deltas d WHERE d.network_id = $1);
$$;
COMMENT ON FUNCTION chimera.was_mined(uuid) IS 'Whether a network has had shares or blocks to be credited.';

-- chimera.read_health reads each of these views separately, so that a locked
-- table hides only the part that needs it.
CREATE VIEW chimera.health_workers (subject, name, part, ok, message, since, last_success) AS
    WITH workers AS (SELECT * FROM chimera.worker_status())
    SELECT 'network', n.name, own.kind,
           coalesce(w.state = 'ok', false) AND k.network_id IS NULL,
           concat_ws('; ',
               'no jobs since ' || to_char(k.stopped_at, 'YYYY-MM-DD HH24:MI:SSOF') || ': ' || k.reason,
               CASE WHEN w.kind IS NULL THEN 'no background worker is running' ELSE coalesce(w.message, w.state) END),
           w.since, w.last_success
    FROM chimera.network_configs n
    CROSS JOIN (VALUES ('template'), ('block')) own (kind)
    LEFT JOIN workers w ON w.network_id = n.network_id AND w.kind = own.kind
    LEFT JOIN chimera.stopped_networks k ON k.network_id = n.network_id AND own.kind = 'template'
    WHERE n.is_enabled
    UNION ALL
    SELECT 'server', current_database()::text, own.kind, coalesce(w.state = 'ok', false),
           CASE WHEN w.kind IS NULL THEN 'no background worker is running' ELSE coalesce(w.message, w.state) END,
           w.since, w.last_success
    FROM (VALUES ('launcher'), ('accountant')) own (kind)
    LEFT JOIN workers w ON w.kind = own.kind AND w.network_id IS NULL
    UNION ALL
    SELECT 'network', n.name, 'accountant', false, string_agg(format('%s: %s', d.duty, d.message), '; ' ORDER BY d.duty),
           min(d.since), NULL
    FROM chimera.duty_problems() d JOIN chimera.network_configs n USING (network_id)
    GROUP BY n.name;
COMMENT ON VIEW chimera.health_workers IS
'Internal: the rows of chimera.health about the background workers and their failures';

CREATE VIEW chimera.health_blocks (subject, name, part, ok, message, since, last_success) AS
    -- A block is sent within milliseconds. If it is not, no node accepts it or the block worker is not
    -- running.
    SELECT 'network', n.name, 'blocks', false,
           format('blocks that no node has accepted: %s; block %s, found at %s: %s', count(*), min(b.block_id),
                  date_trunc('second', min(b.found_at)), coalesce((array_agg(b.submit_result ORDER BY b.block_id))[1], 'no response')),
           min(b.found_at), NULL::timestamptz
    FROM chimera.network_configs n JOIN chimera.blocks b USING (network_id)
    WHERE b.status = 'found' AND b.found_at < clock_timestamp() - interval '5 seconds'
    GROUP BY n.name
    UNION ALL
    -- only if a problem exists, whether the network is enabled or not
    SELECT 'network', n.name, 'ledger', false,
           format('blocks that could not be posted: %s; block %s: %s', count(*), min(b.block_id),
                  (array_agg(b.ledger_problem ORDER BY b.block_id))[1]), NULL, NULL
    FROM chimera.network_configs n JOIN chimera.blocks b USING (network_id)
    WHERE b.ledger_problem IS NOT NULL
    GROUP BY n.name
    UNION ALL
    SELECT 'network', n.name, 'chain', false, format('confirmed blocks that are not in the node''s chain: %s; block %s, height %s',
               count(*), min(b.block_id), (array_agg(b.height ORDER BY b.block_id))[1]), min(b.missing_since), NULL
    FROM chimera.network_configs n JOIN chimera.blocks b USING (network_id)
    WHERE b.missing_since IS NOT NULL
    GROUP BY n.name;
COMMENT ON VIEW chimera.health_blocks IS
'Internal: the rows of chimera.health about blocks that no node has accepted, that could not be posted, or that '
'left the chain';

CREATE VIEW chimera.health_rewards (subject, name, part, ok, message, since, last_success) AS
    -- ok until the first share: the first scheme also applies to everything before it
    SELECT 'network', n.name, 'rewards', NOT chimera.was_mined(n.network_id),
           'no reward scheme is set, so blocks cannot be credited: see chimera.set_reward_scheme', NULL::timestamptz, NULL::timestamptz
    FROM chimera.network_configs n
    WHERE NOT EXISTS (SELECT FROM chimera.reward_settings r WHERE r.network_id = n.network_id)
      AND (n.is_enabled OR chimera.was_mined(n.network_id))
    UNION ALL
    SELECT 'network', n.name, 'shares', false, 'could not pay shares: ' || a.problem, a.taken_at, NULL
    FROM chimera.network_configs n JOIN chimera.pps_progress a USING (network_id)
    WHERE a.problem IS NOT NULL
    UNION ALL
    -- a pool that pays by share is sometimes ahead of its blocks, which the operator's reserve
    -- covers
    SELECT 'network', a.network, 'pool account', a.is_covered,
           format('the pool''s own account is at %s of the smallest unit, with %s immature and a reserve of %s: the '
                  'pool has paid more than its blocks brought',
                  a.pool_sats, a.pool_immature_sats, a.pool_reserve_sats), NULL, NULL
    FROM chimera.pool_accounts a WHERE a.pool_sats < 0
    UNION ALL
    SELECT 'network', n.name, 'retention', false, p.problem, NULL, NULL
    FROM chimera.network_configs n CROSS JOIN LATERAL chimera.retention_problem(n.network_id) p (problem)
    WHERE n.is_enabled AND p.problem IS NOT NULL
    UNION ALL
    SELECT 'network', n.name, 'shortfall', false,
           format('%s accounts were paid %s of the smallest unit for blocks that left the chain: see chimera.recover_shortfalls and chimera.write_off_shortfalls',
                  count(DISTINCT s.account_id), sum(s.amount_sats)), NULL, NULL
    FROM chimera.network_configs n JOIN chimera.shortfalls s USING (network_id)
    WHERE s.written_off_at IS NULL
    GROUP BY n.name
    UNION ALL
    -- What they earn waits for an address. A plain name without earnings may still set one.
    SELECT 'network', n.name, 'addresses', false,
           format('accounts that mine here without an address: %s; one of them is %s', count(DISTINCT u.account), min(u.account)),
           NULL, NULL
    FROM chimera.unpaid_connections u
    JOIN chimera.network_configs n USING (network_id)
    JOIN chimera.accounts a USING (account_id)
    WHERE a.scripts <> '{}' OR EXISTS (
        SELECT FROM chimera.balances b WHERE b.account_id = u.account_id AND b.network_id = u.network_id
          AND b.account IN ('immature', 'balance') AND b.amount_sats > 0)
    GROUP BY n.name;
COMMENT ON VIEW chimera.health_rewards IS
'Internal: the rows of chimera.health about shares and blocks that cannot be credited, and money that is not covered';

CREATE VIEW chimera.health_payouts (subject, name, part, ok, message, since, last_success) AS
    WITH workers AS (SELECT * FROM chimera.worker_status())
    SELECT 'network', n.name, 'payer', coalesce(w.state = 'ok', false) AND waiting.message IS NULL,
           concat_ws('; ', waiting.message,
               CASE WHEN w.kind IS NULL THEN 'no background worker is running'
                    WHEN waiting.message IS NULL OR w.state = 'failing' AND position(w.message IN waiting.message) = 0
                    THEN coalesce(w.message, w.state) END),
           w.since, w.last_success
    FROM chimera.network_configs n
    LEFT JOIN workers w ON w.network_id = n.network_id AND w.kind = 'payer'
    LEFT JOIN LATERAL (
        SELECT string_agg(format('batch %s %s', b.batch_id,
                                 CASE WHEN b.held_at IS NOT NULL THEN 'is held by ' || concat_ws(': ', b.held_by, b.note)
                                      WHEN b.state = 'failed' THEN b.problem
                                      ELSE 'waits: ' || b.problem END), '; ' ORDER BY b.batch_id) AS message
        FROM chimera.payout_batches b
        WHERE b.network_id = n.network_id
          AND (b.state IN ('prepared', 'sending', 'sent') AND (b.held_at IS NOT NULL OR b.problem IS NOT NULL)
               OR b.state = 'failed' AND b.txid IS NOT NULL AND b.problem IS NOT NULL)) waiting ON true
    WHERE chimera.needs_payer(n.network_id) OR waiting.message IS NOT NULL
    UNION ALL
    SELECT 'network', w.network, 'payouts', false, w.message, w.since, NULL FROM chimera.waiting_payouts() w;
COMMENT ON VIEW chimera.health_payouts IS
'Internal: the rows of chimera.health about the payers and what they are waiting for';

CREATE VIEW chimera.health_front_ends (subject, name, part, ok, message, since, last_success) AS
    SELECT 'server', current_database()::text, 'stratumd', false,
           format('lost connection to stratumd%s; if it was shut down for good, call chimera.forget_stratum_server(''%s'')',
                  ' at ' || host(s.client), s.server_id), s.lost_at, NULL::timestamptz
    FROM chimera.stratum_servers s WHERE s.lost_at IS NOT NULL
    UNION ALL
    SELECT 'server', current_database()::text, 'listener', false,
           format('stratumd%s could not listen on %s port %s: %s', ' at ' || host(s.client), l.address, l.port, p.problem), p.since, NULL
    FROM chimera.listener_problems p
    JOIN chimera.stratum_servers s ON s.server_id = p.server_id AND s.lost_at IS NULL
    JOIN chimera.listeners l ON l.listener_id = p.listener_id AND l.drain_until IS NULL;
COMMENT ON VIEW chimera.health_front_ends IS
'Internal: the rows of chimera.health about stratumd processes and their ports';

CREATE VIEW chimera.health_server (subject, name, part, ok, message, since, last_success) AS
    SELECT 'server', current_database()::text, 'share set', s.used < s.capacity * 0.9,
           format('%s of %s shares of live jobs', s.used, s.capacity), NULL::timestamptz, NULL::timestamptz
    FROM chimera.share_set() s
    UNION ALL
    SELECT 'server', current_database()::text, 'shares', false, format('%s batches of shares in a row have failed: %s', t.failures, t.message),
           t.since, NULL
    FROM chimera.submit_failures() t WHERE t.failures > 0
    UNION ALL
    SELECT 'server', current_database()::text, 'waits', false, w.message, w.since, NULL
    FROM chimera.long_waits() w
    UNION ALL
    SELECT 'server', current_database()::text, 'crediting', false, b.message, b.since, NULL
    FROM chimera.open_batches() b
    UNION ALL
    SELECT 'server', current_database()::text, 'transactions', false, t.message, t.since, NULL
    FROM chimera.forgotten_transactions() t
    UNION ALL
    SELECT 'server', current_database()::text, 'durability', count(culprit) = 0,
           coalesce('acknowledged shares may be lost: ' || string_agg(culprit, ', ' ORDER BY culprit), 'ok'),
           NULL, NULL
    FROM (
        SELECT 'fsync = off' AS culprit WHERE current_setting('fsync') = 'off'
        UNION ALL
        SELECT 'synchronous_commit = ' || current_setting('synchronous_commit')
        WHERE current_setting('synchronous_commit') IN ('off', 'local')
        UNION ALL
        -- stored as written, unlike the result of current_setting()
        SELECT format('%s for %s', replace(item, '=', ' = '), coalesce('role ' || r.rolname, 'database ' || d.datname, 'everyone'))
        FROM pg_catalog.pg_db_role_setting s
        CROSS JOIN LATERAL unnest(s.setconfig) item
        LEFT JOIN pg_catalog.pg_roles r ON r.oid = s.setrole
        LEFT JOIN pg_catalog.pg_database d ON d.oid = s.setdatabase
        WHERE lower(item) IN ('synchronous_commit=off', 'synchronous_commit=local', 'synchronous_commit=false',
                              'synchronous_commit=no', 'synchronous_commit=0')
          AND (s.setdatabase = 0 OR d.datname = current_database())
    ) culprits;
COMMENT ON VIEW chimera.health_server IS
'Internal: the rows of chimera.health about shared memory, sessions and settings, which need no table that others '
'may have locked';

CREATE FUNCTION chimera.read_health(OUT subject text, OUT name text, OUT part text, OUT ok boolean, OUT message text,
    OUT since timestamptz, OUT last_success timestamptz)
    RETURNS SETOF record
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER ROWS 50 SET search_path = pg_catalog, pg_temp SET lock_timeout = '1s'
AS $$
DECLARE
    source text;
BEGIN
    FOREACH source IN ARRAY '{health_workers,health_blocks,health_rewards,health_payouts,health_merged,health_front_ends,health_server}'::text[] LOOP
        BEGIN
            RETURN QUERY EXECUTE format('SELECT * FROM chimera.%I', source);
        EXCEPTION WHEN lock_not_available THEN
            RETURN QUERY SELECT 'server', current_database()::text, 'health', false,
                format('could not read chimera.%s: %s', source, SQLERRM), NULL::timestamptz, NULL::timestamptz;
        END;
    END LOOP;
END;
$$;
COMMENT ON FUNCTION chimera.read_health() IS
'The rows of chimera.health. Waits at most a second for a locked table, and returns a row of part health for a '
'view that it could not read. Errors: 55000 if the library is not preloaded.';

CREATE VIEW chimera.health AS SELECT * FROM chimera.read_health();
COMMENT ON VIEW chimera.health IS 'The state of the pool for operators: one row per part, ok or not, and why';
COMMENT ON COLUMN chimera.health.subject IS 'network or server';
COMMENT ON COLUMN chimera.health.name IS 'The network''s name, or the database';
COMMENT ON COLUMN chimera.health.part IS
'The part: the kind of a background worker, blocks, ledger, chain, shortfall, shares, pool account, retention, '
'rewards, addresses, payouts, merged, proofs, chain id, share set, waits, crediting, transactions, stratumd, '
'listener, durability, or health for a part that could not be read';
COMMENT ON COLUMN chimera.health.ok IS 'Whether the part needs no attention';
COMMENT ON COLUMN chimera.health.message IS 'The problem, or the current state';
COMMENT ON COLUMN chimera.health.since IS 'Since when';
COMMENT ON COLUMN chimera.health.last_success IS 'When a background worker''s last work succeeded';

-- the launcher looks for the extension when this transaction commits
SELECT chimera.reload_workers();
