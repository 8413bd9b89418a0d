-- money.sql: an old pool's blocks and payouts and, at the end, its debts.
--
-- In the ledger, a confirmed block of the old pool is a reward for the pool's
-- own account, and a payout moves money from there, through the account's
-- balance, to what the account has been paid. How the old pool divided its
-- blocks is not known; the remainder of the pool's account is what it kept or
-- still owes.

CREATE FUNCTION chimera.enter_legacy_block(block_id bigint) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    block record;
    made_id bigint;
BEGIN
    SELECT b.network_id, b.reward_sats INTO STRICT block FROM chimera.blocks b WHERE b.block_id = enter_legacy_block.block_id;
    INSERT INTO chimera.ledger_transactions (network_id, kind, block_id, step, memo)
    VALUES (block.network_id, 'block', enter_legacy_block.block_id, 1, 'adopted from the old pool')
    RETURNING transaction_id INTO made_id;
    INSERT INTO chimera.ledger_entries (transaction_id, network_id, account, amount_sats)
    SELECT made_id, block.network_id, e.account, e.amount_sats
    FROM (VALUES ('rewards'::chimera.ledger_account, -block.reward_sats), ('pool_immature', block.reward_sats)) e (account, amount_sats)
    WHERE e.amount_sats <> 0;
    PERFORM chimera.move_block(enter_legacy_block.block_id, 'maturity');
    UPDATE chimera.blocks b SET ledger_state = 'matured' WHERE b.block_id = enter_legacy_block.block_id;
END;
$$;
COMMENT ON FUNCTION chimera.enter_legacy_block(bigint) IS
'Internal: posts the reward of an adopted and confirmed block to the ledger, as the pool''s own.';

CREATE FUNCTION chimera.legacy_block_problem(network_id uuid, height bigint, hash text, status text, reward numeric,
    found_at timestamptz, finder_id bigint, account_id int) RETURNS text
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE
        WHEN hash IS NULL OR hash !~ '^[0-9A-Fa-f]{64}$' THEN 'hash is not 64 hexadecimal digits'
        WHEN height IS NULL OR height NOT BETWEEN 0 AND 2147483647 THEN 'height is not valid'
        WHEN status IS NULL OR status NOT IN ('confirmed', 'orphaned') THEN 'block is neither confirmed nor orphaned (yet)'
        WHEN reward IS NULL OR reward NOT BETWEEN 0 AND 9223372036854775807 OR reward <> trunc(reward) THEN 'reward is not a valid amount'
        WHEN isfinite(found_at) IS NOT TRUE OR found_at > now() THEN 'time is missing or in the future'
        WHEN finder_id IS NOT NULL AND account_id IS NULL THEN 'finder was not adopted or does not exist'
        WHEN EXISTS (SELECT FROM chimera.blocks b WHERE b.network_id = $1 AND b.hash = decode($3, 'hex'))
            THEN 'a block with this hash already exists'
        WHEN status = 'confirmed' AND EXISTS (SELECT FROM chimera.blocks b WHERE b.network_id = $1 AND b.height = $2
                                              AND b.status = 'confirmed')
            THEN 'another confirmed block has this height' END;
$$;
COMMENT ON FUNCTION chimera.legacy_block_problem(uuid, bigint, text, text, numeric, timestamptz, bigint, int) IS
'Internal: why a block of an old pool cannot be adopted; NULL: it can. Pending blocks are left to a later run.';

CREATE FUNCTION chimera.adopt_blocks(network_id uuid, after_key bigint, batch_size int) RETURNS bigint
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    old record;
    made_id bigint;
    reason text;
BEGIN
    FOR old IN
        SELECT b.id, b.height, b.hash, b.reward, b.status, b.found_at, b.finder_id, b.difficulty,
               u.new_id::int AS account_id
        FROM pg_temp.legacy_blocks b LEFT JOIN chimera.legacy_rows u ON u.source = 'users' AND u.legacy_id = b.finder_id
        WHERE b.network_id = adopt_blocks.network_id AND b.id > after_key
          AND NOT EXISTS (SELECT FROM chimera.legacy_rows r WHERE r.source = 'blocks' AND r.legacy_id = b.id)
        ORDER BY b.id LIMIT batch_size
    LOOP
        made_id := NULL;
        reason := chimera.legacy_block_problem(adopt_blocks.network_id, old.height, old.hash, old.status, old.reward, old.found_at,
                                               old.finder_id, old.account_id);
        IF reason IS NULL THEN
            INSERT INTO chimera.blocks (network_id, height, hash, status, account_id, reward_sats, network_difficulty, found_at)
            VALUES (adopt_blocks.network_id, old.height, decode(old.hash, 'hex'), old.status::chimera.block_status, old.account_id,
                    old.reward, old.difficulty, old.found_at)
            RETURNING block_id INTO made_id;
            IF old.status = 'confirmed' THEN
                PERFORM chimera.enter_legacy_block(made_id);
            END IF;
        END IF;
        PERFORM chimera.record_legacy_row('blocks', old.id, adopt_blocks.network_id, made_id, reason, to_jsonb(old) - 'account_id');
    END LOOP;
    RETURN old.id;
END;
$$;
COMMENT ON FUNCTION chimera.adopt_blocks(uuid, bigint, int) IS
'Internal: adopts an old pool''s next blocks that are confirmed or orphaned. Part of chimera.adopt_legacy.';

-- ---------- payouts ----------

CREATE FUNCTION chimera.legacy_amount_problem(account_id int, amount numeric) RETURNS text
    LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE
        WHEN account_id IS NULL THEN 'user was not adopted or does not exist'
        WHEN amount IS NULL OR amount NOT BETWEEN 1 AND 9223372036854775807 OR amount <> trunc(amount) THEN 'amount is not valid' END;
$$;
COMMENT ON FUNCTION chimera.legacy_amount_problem(int, numeric) IS
'Internal: why an amount (in the smallest unit) of an account cannot be adopted; NULL: it can.';

CREATE FUNCTION chimera.enter_legacy_payouts(network_id uuid, batch_ids bigint[]) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    opening_id bigint;
BEGIN
    IF batch_ids IS NULL THEN
        RETURN;
    END IF;
    -- the account had earned what it was paid
    INSERT INTO chimera.ledger_transactions (network_id, kind, memo)
    VALUES (enter_legacy_payouts.network_id, 'adjustment', 'adopted from the old pool: earned, as far as it was paid')
    RETURNING transaction_id INTO opening_id;
    INSERT INTO chimera.ledger_entries (transaction_id, network_id, account, account_id, amount_sats)
    SELECT opening_id, enter_legacy_payouts.network_id, e.account, e.account_id, a.amount_sats
    FROM (SELECT 'balance'::chimera.ledger_account AS account, p.account_id, sum(p.amount_sats) AS total
          FROM chimera.payouts p WHERE p.batch_id = ANY (batch_ids) GROUP BY p.account_id
          UNION ALL
          SELECT 'pool', NULL, -sum(p.amount_sats) FROM chimera.payouts p WHERE p.batch_id = ANY (batch_ids)) e
    CROSS JOIN LATERAL chimera.ledger_amounts(e.total) a (amount_sats);

    WITH moved AS (
        SELECT m.kind, m.account, m.sign
        FROM (VALUES ('payout'::chimera.ledger_kind, 'balance'::chimera.ledger_account, -1), ('payout', 'sending', 1),
                     ('payout_end', 'sending', -1), ('payout_end', 'paid', 1)) m (kind, account, sign)
    ), transactions AS (
        INSERT INTO chimera.ledger_transactions (network_id, kind, batch_id, memo)
        SELECT enter_legacy_payouts.network_id, k.kind, b.batch_id, 'adopted from the old pool'
        FROM unnest(batch_ids) b (batch_id) CROSS JOIN (SELECT DISTINCT m.kind FROM moved m) k
        ORDER BY b.batch_id, k.kind
        RETURNING transaction_id, kind, batch_id
    )
    INSERT INTO chimera.ledger_entries (transaction_id, network_id, account, account_id, amount_sats)
    SELECT e.transaction_id, enter_legacy_payouts.network_id, e.account, e.account_id, a.amount_sats
    FROM (SELECT t.transaction_id, m.account, p.account_id, m.sign * sum(p.amount_sats) AS total
          FROM transactions t JOIN moved m USING (kind) JOIN chimera.payouts p USING (batch_id)
          GROUP BY t.transaction_id, m.account, p.account_id, m.sign) e
    CROSS JOIN LATERAL chimera.ledger_amounts(e.total) a (amount_sats);
END;
$$;
COMMENT ON FUNCTION chimera.enter_legacy_payouts(uuid, bigint[]) IS
'Internal: posts adopted payout batches to the ledger, from the pool''s own account.';

CREATE FUNCTION chimera.adopt_payouts(network_id uuid, after_key text, batch_size int) RETURNS text
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    up_to text;
    batch_ids bigint[];
BEGIN
    -- a transaction's payouts are one batch: they arrive together, except for corrected ones, which
    -- are another batch
    SELECT max(k.txid) INTO up_to
    FROM (SELECT p.txid FROM pg_temp.legacy_payouts p
          WHERE p.network_id = adopt_payouts.network_id AND (after_key IS NULL OR p.txid > after_key)
            AND NOT EXISTS (SELECT FROM chimera.legacy_rows r WHERE r.source IN ('payouts', 'owed') AND r.legacy_id = p.id)
          ORDER BY p.txid LIMIT batch_size) k;
    IF up_to IS NULL THEN
        RETURN NULL;
    END IF;

    WITH old AS MATERIALIZED (
        SELECT p.*, u.new_id::int AS account_id, coalesce(p.paid_at, p.created_at) AS sent_at,
               CASE WHEN p.status IN ('sent', 'paid', 'confirmed', 'completed', 'processed') IS NOT TRUE THEN 'payout was not paid (yet)'
                    WHEN p.txid !~ '^[0-9a-f]{64}$' THEN 'transaction id is not 64 hexadecimal digits'
                    WHEN isfinite(coalesce(p.paid_at, p.created_at)) IS NOT TRUE OR coalesce(p.paid_at, p.created_at) > now()
                        THEN 'time is missing or in the future'
                    WHEN EXISTS (SELECT FROM chimera.payout_batches b JOIN chimera.payouts m USING (batch_id)
                                 WHERE b.network_id = p.network_id AND b.txid = p.txid AND m.account_id = u.new_id::int
                                   AND m.address IS NOT DISTINCT FROM p.address)
                        THEN 'the transaction already pays the account at this address'
                    ELSE chimera.legacy_amount_problem(u.new_id::int, p.amount) END AS problem
        FROM pg_temp.legacy_payouts p LEFT JOIN chimera.legacy_rows u ON u.source = 'users' AND u.legacy_id = p.user_id
        WHERE p.network_id = adopt_payouts.network_id AND (after_key IS NULL OR p.txid > after_key) AND p.txid <= up_to
          AND NOT EXISTS (SELECT FROM chimera.legacy_rows r WHERE r.source IN ('payouts', 'owed') AND r.legacy_id = p.id)
    ), judged AS MATERIALIZED (
        SELECT o.*, coalesce(o.problem, CASE WHEN row_number() OVER (
                   PARTITION BY o.problem IS NULL, o.txid, o.account_id, o.address ORDER BY o.id) > 1
               THEN 'the transaction already pays the account at this address' END) AS reason
        FROM old o
    ), batches AS MATERIALIZED (
        SELECT j.txid, nextval('chimera.payout_batches_batch_id_seq') AS batch_id, min(j.sent_at) AS sent_at
        FROM judged j WHERE j.reason IS NULL GROUP BY j.txid
    ), numbered AS MATERIALIZED (
        SELECT j.*, b.batch_id, nextval('chimera.payouts_payout_id_seq') AS payout_id
        FROM judged j JOIN batches b USING (txid) WHERE j.reason IS NULL
    ), made AS (
        INSERT INTO chimera.payout_batches (batch_id, network_id, state, fee_payer, created_at, txid, sent_at, confirmed_at, note)
        SELECT b.batch_id, adopt_payouts.network_id, 'confirmed', 'pool', b.sent_at, b.txid, b.sent_at, b.sent_at,
               'adopted from the old pool'
        FROM batches b
    ), paid AS (
        INSERT INTO chimera.payouts (payout_id, batch_id, network_id, account_id, address, amount_sats, txid)
        SELECT n.payout_id, n.batch_id, n.network_id, n.account_id, n.address, n.amount, n.txid FROM numbered n
    ), noted AS MATERIALIZED (
        SELECT chimera.record_legacy_row('payouts', j.id, j.network_id, n.payout_id, j.reason,
                                       to_jsonb(j) - '{account_id,network_id,sent_at,problem,reason}'::text[])
        FROM judged j LEFT JOIN numbered n USING (id)
    )
    SELECT (SELECT array_agg(b.batch_id ORDER BY b.batch_id) FROM batches b) INTO batch_ids
    FROM (SELECT count(*) FROM noted) n;
    PERFORM chimera.enter_legacy_payouts(adopt_payouts.network_id, batch_ids);
    RETURN up_to;
END;
$$;
COMMENT ON FUNCTION chimera.adopt_payouts(uuid, text, int) IS
'Internal: adopts an old pool''s next paid payouts, one batch per transaction, in the order of the transactions'' '
'ids. Part of chimera.adopt_legacy.';

-- ---------- debts of the old pool, once it has stopped ----------

CREATE FUNCTION chimera.enter_legacy_debt(network_id uuid, account_id int, amount_sats bigint, memo text) RETURNS bigint
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    made_id bigint;
BEGIN
    INSERT INTO chimera.ledger_transactions (network_id, kind, memo)
    VALUES (enter_legacy_debt.network_id, 'adjustment', enter_legacy_debt.memo) RETURNING transaction_id INTO made_id;
    INSERT INTO chimera.ledger_entries (transaction_id, network_id, account, account_id, amount_sats)
    VALUES (made_id, enter_legacy_debt.network_id, 'balance', enter_legacy_debt.account_id, enter_legacy_debt.amount_sats),
           (made_id, enter_legacy_debt.network_id, 'pool', NULL, -enter_legacy_debt.amount_sats);
    RETURN made_id;
END;
$$;
COMMENT ON FUNCTION chimera.enter_legacy_debt(uuid, int, bigint, text) IS
'Internal: posts an old pool''s debt to an account as its balance; returns the transaction_id.';

CREATE FUNCTION chimera.adopt_owed(network_id uuid, after_key bigint, batch_size int) RETURNS bigint
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    old record;
BEGIN
    FOR old IN
        SELECT p.id, p.amount, u.new_id::int AS account_id
        FROM pg_temp.legacy_payouts p JOIN chimera.legacy_rows u ON u.source = 'users' AND u.legacy_id = p.user_id
        WHERE p.network_id = adopt_owed.network_id AND p.id > after_key AND p.status = 'pending' AND p.txid = ''
          AND NOT EXISTS (SELECT FROM chimera.legacy_rows r WHERE r.source IN ('payouts', 'owed') AND r.legacy_id = p.id)
          AND chimera.legacy_amount_problem(u.new_id::int, p.amount) IS NULL
        ORDER BY p.id LIMIT batch_size
    LOOP
        PERFORM chimera.record_legacy_row('owed', old.id, NULL, chimera.enter_legacy_debt(adopt_owed.network_id, old.account_id,
            old.amount::bigint, format('adopted from the old pool: unpaid payout %s', old.id)), NULL, NULL);
        DELETE FROM chimera.legacy_refused r WHERE r.source = 'payouts' AND r.legacy_id = old.id;
    END LOOP;
    RETURN old.id;
END;
$$;
COMMENT ON FUNCTION chimera.adopt_owed(uuid, bigint, int) IS
'Internal: makes balances from an old pool''s next payouts that are pending and have no transaction. Part of '
'chimera.adopt_legacy.';

CREATE FUNCTION chimera.adopt_balances(network_id uuid, after_key bigint, batch_size int) RETURNS bigint
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    old record;
    made_id bigint;
    reason text;
BEGIN
    FOR old IN
        SELECT b.id, b.amount, b.pending, u.new_id::int AS account_id
        FROM pg_temp.legacy_balances b LEFT JOIN chimera.legacy_rows u ON u.source = 'users' AND u.legacy_id = b.id
        WHERE b.id > after_key AND (b.amount <> 0 OR b.pending <> 0)
          AND NOT EXISTS (SELECT FROM chimera.legacy_rows r WHERE r.source = 'balances' AND r.legacy_id = b.id)
        ORDER BY b.id LIMIT batch_size
    LOOP
        made_id := NULL;
        reason := CASE WHEN old.pending <> 0 THEN 'a part of the balance waits for blocks of the old pool'
                       ELSE chimera.legacy_amount_problem(old.account_id, old.amount) END;
        IF reason IS NULL THEN
            made_id := chimera.enter_legacy_debt(adopt_balances.network_id, old.account_id, old.amount::bigint,
                format('adopted from the old pool: balance of user %s', old.id));
        END IF;
        PERFORM chimera.record_legacy_row('balances', old.id, adopt_balances.network_id, made_id, reason, to_jsonb(old) - 'account_id');
    END LOOP;
    RETURN old.id;
END;
$$;
COMMENT ON FUNCTION chimera.adopt_balances(uuid, bigint, int) IS
'Internal: makes balances from those of an old pool''s next users. Part of chimera.adopt_legacy.';
