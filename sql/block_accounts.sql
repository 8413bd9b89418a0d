-- block_accounts.sql: what blocks and shares move in the ledger, and the audit of it.
--
-- The accountant calls account_blocks() and account_shares(). Each block's step
-- and each range of shares is one transaction with its mark, so that it happens
-- once whatever crashes.

-- ---------- which scheme is in force ----------

CREATE SEQUENCE chimera.reward_settings_setting_id_seq AS int;
CREATE TABLE chimera.reward_settings (
    setting_id int PRIMARY KEY DEFAULT nextval('chimera.reward_settings_setting_id_seq'),
    network_id uuid NOT NULL REFERENCES chimera.network_configs ON DELETE CASCADE,
    scheme text NOT NULL,
    parameters jsonb NOT NULL,
    reason text,
    set_by text NOT NULL DEFAULT chimera.actor(),
    set_at timestamptz NOT NULL DEFAULT now(),
    after_block_id bigint NOT NULL,
    from_share_id bigint,
    UNIQUE (network_id, from_share_id)
);
ALTER SEQUENCE chimera.reward_settings_setting_id_seq OWNED BY chimera.reward_settings.setting_id;
COMMENT ON TABLE chimera.reward_settings IS 'The reward schemes of a network, present and past; a network without one credits nothing until it has one';
COMMENT ON COLUMN chimera.reward_settings.setting_id IS 'The setting''s number';
COMMENT ON COLUMN chimera.reward_settings.network_id IS 'Whose scheme it is';
COMMENT ON COLUMN chimera.reward_settings.scheme IS 'pplns, prop, solo, pps, pps+, fpps, score or slice';
COMMENT ON COLUMN chimera.reward_settings.parameters IS 'The scheme''s parameters: see chimera.check_reward_parameters';
COMMENT ON COLUMN chimera.reward_settings.reason IS 'Why it was set';
COMMENT ON COLUMN chimera.reward_settings.set_by IS 'Who set it';
COMMENT ON COLUMN chimera.reward_settings.set_at IS 'When it was set';
COMMENT ON COLUMN chimera.reward_settings.after_block_id IS 'The network''s last block when it was set; the first one after it still goes by the setting before';
COMMENT ON COLUMN chimera.reward_settings.from_share_id IS 'It is in force for shares and blocks with a higher share_id; NULL until the block that it waits for is found';

CREATE FUNCTION chimera.set_reward_scheme(network text, scheme text, parameters jsonb DEFAULT '{}', reason text DEFAULT NULL)
    RETURNS int
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    wanted CONSTANT uuid := chimera.network_id(network);
    new_id int;
BEGIN
    PERFORM chimera.check_reward_parameters(scheme, parameters);
    PERFORM FROM chimera.network_configs n WHERE n.network_id = wanted FOR UPDATE;
    -- one that has never been in force is replaced
    DELETE FROM chimera.reward_settings s WHERE s.network_id = wanted AND s.from_share_id IS NULL;
    INSERT INTO chimera.reward_settings (network_id, scheme, parameters, reason, after_block_id, from_share_id)
    SELECT wanted, set_reward_scheme.scheme, set_reward_scheme.parameters, set_reward_scheme.reason,
           coalesce((SELECT max(b.block_id) FROM chimera.blocks b WHERE b.network_id = wanted), 0),
           CASE WHEN NOT EXISTS (SELECT FROM chimera.reward_settings s WHERE s.network_id = wanted) THEN 0 END
    RETURNING setting_id INTO new_id;
    RETURN new_id;
END;
$$;
COMMENT ON FUNCTION chimera.set_reward_scheme(text, text, jsonb, text) IS
'Sets how a network''s rewards are shared out; returns the setting_id. The first setting holds for everything; a later one from the network''s next block on, whose round still ends by the old one. Errors: 42704 for an unknown network, 22023 for an unknown scheme or wrong parameters.';

CREATE FUNCTION chimera.begin_reward_settings(network_id uuid DEFAULT NULL) RETURNS int
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    WITH begun AS (
        UPDATE chimera.reward_settings s SET from_share_id = boundary.share_id
        FROM (SELECT w.setting_id, b.share_id
              FROM chimera.reward_settings w
              CROSS JOIN LATERAL (
                  SELECT k.share_id, k.settles_after FROM chimera.blocks k
                  WHERE k.network_id = w.network_id AND k.block_id > w.after_block_id AND k.share_id IS NOT NULL
                  ORDER BY k.share_id LIMIT 1) b
              WHERE w.network_id = coalesce(begin_reward_settings.network_id, w.network_id)
                AND w.from_share_id IS NULL AND chimera.shares_are_settled(b.settles_after)) boundary
        WHERE s.setting_id = boundary.setting_id
        RETURNING 1)
    SELECT count(*)::int FROM begun;
$$;
COMMENT ON FUNCTION chimera.begin_reward_settings(uuid) IS
'Puts settings of a network (NULL: of each) in force whose block has been found; returns how many. The accountant calls it.';

-- ---------- blocks ----------

CREATE FUNCTION chimera.credit_block(block_id bigint) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    block record;
    setting record;
    before bigint;
    new_id bigint;
BEGIN
    SELECT b.network_id, b.reward_sats, b.share_id INTO block FROM chimera.blocks b WHERE b.block_id = credit_block.block_id;
    SELECT s.scheme, s.parameters INTO setting FROM chimera.reward_settings s
    WHERE s.network_id = block.network_id AND s.from_share_id < block.share_id
    ORDER BY s.from_share_id DESC LIMIT 1;
    -- one that was orphaned and has returned is worth to each what it was
    SELECT t.transaction_id INTO before FROM chimera.ledger_transactions t
    WHERE t.block_id = credit_block.block_id AND t.kind = 'block' ORDER BY t.step DESC LIMIT 1;

    INSERT INTO chimera.ledger_transactions (network_id, kind, block_id, step, memo)
    SELECT block.network_id, 'block', credit_block.block_id, coalesce(max(t.step), 0) + 1, setting.scheme
    FROM chimera.ledger_transactions t WHERE t.block_id = credit_block.block_id
    RETURNING transaction_id INTO new_id;
    IF before IS NOT NULL THEN
        INSERT INTO chimera.ledger_entries (transaction_id, network_id, account, account_id, amount_sats)
        SELECT new_id, e.network_id, e.account, e.account_id, e.amount_sats
        FROM chimera.ledger_entries e WHERE e.transaction_id = before ORDER BY e.entry_id;
        RETURN new_id;
    END IF;

    INSERT INTO chimera.ledger_entries (transaction_id, network_id, account, account_id, amount_sats)
    -- it may be worth nothing: after the last halving, on a test chain, without fees
    SELECT new_id, block.network_id, 'rewards', NULL, -block.reward_sats WHERE block.reward_sats <> 0
    UNION ALL
    SELECT new_id, block.network_id, l.account, l.account_id, sum(l.amount_sats)
    FROM (SELECT CASE r.kind WHEN 'reward' THEN 'immature' WHEN 'finder' THEN 'immature'
                             WHEN 'donation' THEN 'donation_immature' ELSE 'pool_immature' END::chimera.ledger_account AS account,
                 CASE WHEN r.kind IN ('reward', 'finder') THEN r.account_id END AS account_id, r.amount_sats
          FROM chimera.rewards_of_block(credit_block.block_id, setting.scheme, setting.parameters) r) l
    GROUP BY l.account, l.account_id;
    RETURN new_id;
END;
$$;
COMMENT ON FUNCTION chimera.credit_block(bigint) IS
'Internal: shares a block''s reward out, immature. Part of chimera.account_blocks.';

CREATE FUNCTION chimera.move_block(block_id bigint, kind chimera.ledger_kind) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    credit bigint;
    new_id bigint;
BEGIN
    SELECT t.transaction_id INTO STRICT credit FROM chimera.ledger_transactions t
    WHERE t.block_id = move_block.block_id AND t.kind = 'block' ORDER BY t.step DESC LIMIT 1;
    INSERT INTO chimera.ledger_transactions (network_id, kind, block_id, step)
    SELECT t.network_id, move_block.kind, t.block_id,
           (SELECT max(l.step) + 1 FROM chimera.ledger_transactions l WHERE l.block_id = t.block_id)
    FROM chimera.ledger_transactions t WHERE t.transaction_id = credit
    RETURNING transaction_id INTO new_id;

    INSERT INTO chimera.ledger_entries (transaction_id, network_id, account, account_id, amount_sats)
    SELECT new_id, e.network_id, e.account, e.account_id, -e.amount_sats
    FROM chimera.ledger_entries e
    WHERE e.transaction_id = credit AND (e.account <> 'rewards' OR move_block.kind = 'orphan')
    UNION ALL
    SELECT new_id, e.network_id,
           CASE e.account WHEN 'immature' THEN 'balance' WHEN 'pool_immature' THEN 'pool' ELSE 'donation' END::chimera.ledger_account,
           e.account_id, e.amount_sats
    FROM chimera.ledger_entries e
    WHERE e.transaction_id = credit AND e.account <> 'rewards' AND move_block.kind = 'maturity';
    RETURN new_id;
END;
$$;
COMMENT ON FUNCTION chimera.move_block(bigint, chimera.ledger_kind) IS
'Internal: makes what a block credited spendable (maturity) or takes back exactly that (orphan). Part of chimera.account_blocks. Errors: P0002 for a block that was not credited.';

CREATE FUNCTION chimera.account_block(block_id bigint) RETURNS int
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    block record;
    state chimera.block_ledger_state;
    steps int := 0;
BEGIN
    SELECT b.status, b.ledger_state INTO STRICT block FROM chimera.blocks b WHERE b.block_id = account_block.block_id;
    state := block.ledger_state;
    IF block.status IN ('orphaned', 'rejected') THEN
        PERFORM chimera.move_block(account_block.block_id, 'orphan');
        state := 'reversed';
        steps := 1;
    ELSE
        IF state IN ('none', 'reversed') THEN
            PERFORM chimera.credit_block(account_block.block_id);
            state := 'credited';
            steps := 1;
        END IF;
        IF block.status = 'confirmed' THEN
            PERFORM chimera.move_block(account_block.block_id, 'maturity');
            state := 'matured';
            steps := steps + 1;
        END IF;
    END IF;
    UPDATE chimera.blocks b SET ledger_state = state WHERE b.block_id = account_block.block_id;
    RETURN steps;
END;
$$;
COMMENT ON FUNCTION chimera.account_block(bigint) IS
'Internal: brings the ledger up to what has become of one block; returns how many steps that took. Part of chimera.account_blocks. Errors: P0002 for an unknown block, 55000 when its shares are gone.';

CREATE FUNCTION chimera.unaccounted_networks() RETURNS SETOF uuid
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    SELECT b.network_id FROM chimera.blocks b
    WHERE NOT chimera.is_accounted(b.status, b.ledger_state) AND b.ledger_problem IS NULL
    UNION
    SELECT s.network_id FROM chimera.reward_settings s WHERE s.from_share_id IS NULL;
$$;
COMMENT ON FUNCTION chimera.unaccounted_networks() IS
'Internal: the networks for which chimera.account_blocks may have something to do.';

CREATE FUNCTION chimera.account_blocks(network_id uuid DEFAULT NULL) RETURNS int
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    block record;
    steps int := 0;
    problem text;
BEGIN
    PERFORM chimera.begin_reward_settings(account_blocks.network_id);
    -- in the order in which they were found; those that another accountant is at are its
    FOR block IN
        SELECT b.block_id
        FROM chimera.blocks b
        WHERE b.network_id = coalesce(account_blocks.network_id, b.network_id)
          AND NOT chimera.is_accounted(b.status, b.ledger_state) AND b.ledger_problem IS NULL
          AND b.share_id IS NOT NULL AND chimera.shares_are_settled(b.settles_after)
          AND EXISTS (SELECT FROM chimera.reward_settings s
                      WHERE s.network_id = b.network_id AND s.from_share_id < b.share_id)
          -- a setting that may be the block's must be in force first
          AND NOT EXISTS (SELECT FROM chimera.reward_settings s
                          WHERE s.network_id = b.network_id AND s.from_share_id IS NULL AND s.after_block_id < b.block_id
                            AND b.ledger_state = 'none')
        ORDER BY b.block_id LIMIT 1000 FOR UPDATE SKIP LOCKED
    LOOP
        -- one that can't be credited holds up no other
        BEGIN
            steps := steps + chimera.account_block(block.block_id);
        EXCEPTION
        -- it is of the next one's class, but passes by itself
        WHEN lock_not_available THEN RAISE;
        WHEN object_not_in_prerequisite_state OR data_exception OR integrity_constraint_violation THEN
            GET STACKED DIAGNOSTICS problem = MESSAGE_TEXT;
            UPDATE chimera.blocks b SET ledger_problem = problem WHERE b.block_id = block.block_id;
            RAISE WARNING 'block % is not accounted for: %', block.block_id, problem;
        END;
    END LOOP;
    RETURN steps;
END;
$$;
COMMENT ON FUNCTION chimera.account_blocks(uuid) IS
'Brings the ledger up to what has become of the blocks of a network (NULL: of each): credits those accepted, makes those confirmed spendable, takes back those orphaned; returns how many steps that took. A block of which that fails has the reason in ledger_problem and waits for chimera.retry_accounting. The accountant calls it.';

CREATE FUNCTION chimera.retry_accounting(block_id bigint) RETURNS boolean
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    WITH retried AS (
        UPDATE chimera.blocks b SET ledger_problem = NULL
        WHERE b.block_id = retry_accounting.block_id AND b.ledger_problem IS NOT NULL RETURNING 1)
    SELECT EXISTS (SELECT FROM retried);
$$;
COMMENT ON FUNCTION chimera.retry_accounting(bigint) IS
'Lets the accountant try again what it could not do with a block; false when nothing was wrong with it.';

-- ---------- shares ----------

CREATE TABLE chimera.share_accounts (
    network_id uuid PRIMARY KEY REFERENCES chimera.network_configs ON DELETE CASCADE,
    share_id bigint NOT NULL DEFAULT 0,
    taken_at timestamptz NOT NULL DEFAULT '-infinity',
    next_share_id bigint,
    next_settles_after xid8,
    next_taken_at timestamptz
);
COMMENT ON TABLE chimera.share_accounts IS 'Up to which share a network''s shares have been paid where they are paid as they come (PPS)';
COMMENT ON COLUMN chimera.share_accounts.network_id IS 'Whose shares they are';
COMMENT ON COLUMN chimera.share_accounts.share_id IS 'Shares up to it are accounted for';
COMMENT ON COLUMN chimera.share_accounts.taken_at IS 'When that horizon was taken';
COMMENT ON COLUMN chimera.share_accounts.next_share_id IS 'The next horizon, NULL before it is taken';
COMMENT ON COLUMN chimera.share_accounts.next_settles_after IS 'By which it is seen that all shares up to it are there';
COMMENT ON COLUMN chimera.share_accounts.next_taken_at IS 'When it was taken';

CREATE TABLE chimera.share_fractions (
    network_id uuid NOT NULL REFERENCES chimera.network_configs ON DELETE CASCADE,
    account chimera.ledger_account NOT NULL CHECK (account IN ('balance', 'donation')),
    account_id int NOT NULL,
    fraction_sats numeric NOT NULL CHECK (fraction_sats >= 0 AND fraction_sats < 1),
    PRIMARY KEY (network_id, account, account_id)
);
COMMENT ON TABLE chimera.share_fractions IS 'What is owed for shares beyond whole units: carried until it makes one';
COMMENT ON COLUMN chimera.share_fractions.network_id IS 'Whose coin it is';
COMMENT ON COLUMN chimera.share_fractions.account IS 'balance, or donation';
COMMENT ON COLUMN chimera.share_fractions.account_id IS 'Whose; 0 for donation';
COMMENT ON COLUMN chimera.share_fractions.fraction_sats IS 'The part of the coin''s smallest unit';

CREATE FUNCTION chimera.pay_shares(network_id uuid, from_share_id bigint, to_share_id bigint, scheme text, parameters jsonb,
    from_time timestamptz, to_time timestamptz) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    new_id bigint;
BEGIN
    WITH credits AS MATERIALIZED (
        SELECT c.account_id, c.credit_sats, c.donation_sats
        FROM chimera.pps_credits(pay_shares.network_id::text, from_share_id, to_share_id, scheme, parameters, from_time, to_time) c
    ), due AS (
        SELECT 'balance'::chimera.ledger_account AS account, c.account_id, c.credit_sats AS sats
        FROM credits c
        UNION ALL
        SELECT 'donation', 0, sum(c.donation_sats)
        FROM credits c
        HAVING sum(c.donation_sats) > 0
    ), whole AS (
        SELECT d.account, d.account_id, d.sats + coalesce(f.fraction_sats, 0) AS sats
        FROM due d LEFT JOIN chimera.share_fractions f
            ON f.network_id = pay_shares.network_id AND f.account = d.account AND f.account_id = d.account_id
    ), carried AS (
        INSERT INTO chimera.share_fractions AS f (network_id, account, account_id, fraction_sats)
        SELECT pay_shares.network_id, w.account, w.account_id, w.sats - floor(w.sats) FROM whole w
        ON CONFLICT ON CONSTRAINT share_fractions_pkey DO UPDATE SET fraction_sats = excluded.fraction_sats
    ), transaction AS (
        INSERT INTO chimera.ledger_transactions (network_id, kind, memo)
        SELECT pay_shares.network_id, 'shares', format('%s: shares %s to %s', scheme, from_share_id, to_share_id)
        WHERE EXISTS (SELECT FROM whole w WHERE w.sats >= 1)
        RETURNING transaction_id
    ), entries AS (
        SELECT w.account, nullif(w.account_id, 0) AS account_id, floor(w.sats)::bigint AS amount
        FROM whole w WHERE w.sats >= 1
        UNION ALL
        SELECT 'pool', NULL, -sum(floor(w.sats))::bigint FROM whole w WHERE w.sats >= 1 HAVING count(*) > 0
    ), entered AS (
        INSERT INTO chimera.ledger_entries (transaction_id, network_id, account, account_id, amount_sats)
        SELECT t.transaction_id, pay_shares.network_id, e.account, e.account_id, e.amount FROM transaction t, entries e
    )
    SELECT t.transaction_id INTO new_id FROM transaction t;
    RETURN new_id;
END;
$$;
COMMENT ON FUNCTION chimera.pay_shares(uuid, bigint, bigint, text, jsonb, timestamptz, timestamptz) IS
'Internal: pays a range of shares out of the pool''s own account. Part of chimera.account_shares.';

CREATE FUNCTION chimera.account_shares(network_id uuid DEFAULT NULL) RETURNS int
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    progress record;
    piece record;
    paid int := 0;
BEGIN
    INSERT INTO chimera.share_accounts (network_id)
    SELECT DISTINCT s.network_id FROM chimera.reward_settings s
    WHERE s.network_id = coalesce(account_shares.network_id, s.network_id) AND s.scheme IN ('pps', 'pps+', 'fpps')
    ON CONFLICT DO NOTHING;
    FOR progress IN
        SELECT * FROM chimera.share_accounts a WHERE a.network_id = coalesce(account_shares.network_id, a.network_id)
        ORDER BY a.network_id FOR UPDATE SKIP LOCKED
    LOOP
        IF chimera.shares_are_settled(progress.next_settles_after) THEN
            PERFORM chimera.begin_reward_settings(progress.network_id);
            FOR piece IN
                SELECT s.scheme, s.parameters, greatest(s.from_share_id, progress.share_id) AS from_share_id,
                       least(lead(s.from_share_id) OVER (ORDER BY s.from_share_id), progress.next_share_id) AS to_share_id
                FROM chimera.reward_settings s
                WHERE s.network_id = progress.network_id AND s.from_share_id IS NOT NULL
                ORDER BY s.from_share_id
            LOOP
                CONTINUE WHEN piece.scheme NOT IN ('pps', 'pps+', 'fpps') OR piece.from_share_id >= piece.to_share_id;
                PERFORM chimera.pay_shares(progress.network_id, piece.from_share_id, piece.to_share_id, piece.scheme,
                                           piece.parameters, progress.taken_at, progress.next_taken_at);
                paid := paid + 1;
            END LOOP;
            UPDATE chimera.share_accounts a
            SET share_id = a.next_share_id, taken_at = a.next_taken_at,
                next_share_id = NULL, next_settles_after = NULL, next_taken_at = NULL
            WHERE a.network_id = progress.network_id
            RETURNING * INTO progress;
        END IF;
        IF progress.next_share_id IS NULL THEN
            UPDATE chimera.share_accounts a
            SET next_share_id = h.share_id, next_settles_after = h.settles_after, next_taken_at = h.taken_at
            FROM chimera.share_horizon() h
            WHERE a.network_id = progress.network_id;
        END IF;
    END LOOP;
    RETURN paid;
END;
$$;
COMMENT ON FUNCTION chimera.account_shares(uuid) IS
'Pays the shares of a network (NULL: of each) whose scheme pays by share, up to the last settled horizon, each once; returns how many ranges. The accountant calls it.';

-- ---------- the audit ----------

CREATE FUNCTION chimera.is_countable(block_id bigint) RETURNS boolean
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    block record;
    first timestamptz;
    past timestamptz;
BEGIN
    SELECT b.network_id, b.share_id, b.found_at INTO block FROM chimera.blocks b WHERE b.block_id = is_countable.block_id;
    first := block.found_at - chimera.clock_slack();
    past := block.found_at + chimera.clock_slack();
    RETURN EXISTS (SELECT FROM chimera.shares s WHERE s.network_id = block.network_id AND s.share_id = block.share_id
                   AND s.submitted_at >= first AND s.submitted_at < past);
END;
$$;
COMMENT ON FUNCTION chimera.is_countable(bigint) IS 'Internal: whether the shares of a block are there to be counted again.';

CREATE FUNCTION chimera.recount_credit(block_id bigint, credit bigint, scheme text, parameters jsonb,
    OUT account_id int, OUT expected numeric, OUT found numeric, OUT problem text) RETURNS SETOF record
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    differences jsonb := '[]';
BEGIN
    BEGIN
        IF chimera.is_countable(recount_credit.block_id) THEN
            SELECT jsonb_agg(to_jsonb(d)) INTO differences
            FROM (SELECT account_id, coalesce(r.sats, 0) AS expected, coalesce(e.sats, 0) AS found
                  FROM (SELECT r.account_id, sum(r.amount_sats) AS sats
                        FROM chimera.rewards_of_block(recount_credit.block_id, scheme, parameters) r
                        WHERE r.kind IN ('reward', 'finder') GROUP BY 1) r
                  FULL JOIN (SELECT e.account_id, sum(e.amount_sats) AS sats FROM chimera.ledger_entries e
                             WHERE e.transaction_id = credit AND e.account = 'immature' GROUP BY 1) e USING (account_id)
                  WHERE coalesce(r.sats, 0) <> coalesce(e.sats, 0)) d;
        END IF;
        -- what was read stays in the variable; the locks of its partitions, which many blocks' would be too many, go
        RAISE SQLSTATE 'CHI01';
    EXCEPTION
    WHEN SQLSTATE 'CHI01' THEN NULL;
    WHEN object_not_in_prerequisite_state OR data_exception OR no_data_found THEN
        problem := SQLERRM;
        RETURN NEXT;
        RETURN;
    END;
    RETURN QUERY SELECT d.account_id, d.expected, d.found, NULL::text
    FROM jsonb_to_recordset(differences) d (account_id int, expected numeric, found numeric);
END;
$$;
COMMENT ON FUNCTION chimera.recount_credit(bigint, bigint, text, jsonb) IS
'Internal: what a block credited each account and what a recount of its shares says, where the two differ; nothing where its shares are dropped. Part of chimera.audit.';

CREATE FUNCTION chimera.audit(network text DEFAULT NULL, OUT check_name text, OUT network_name text, OUT subject text,
    OUT expected numeric, OUT found numeric) RETURNS SETOF record
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    WITH wanted AS (
        SELECT n.network_id, n.name FROM chimera.network_configs n
        WHERE audit.network IS NULL OR n.network_id = chimera.network_id(audit.network)
    ), unbalanced AS (
        SELECT w.name, e.transaction_id, sum(e.amount_sats) AS sum
        FROM wanted w JOIN chimera.ledger_entries e USING (network_id) GROUP BY 1, 2 HAVING sum(e.amount_sats) <> 0
    ), sums AS (
        SELECT e.network_id, e.account, coalesce(e.account_id, 0) AS account_id, sum(e.amount_sats) AS sats
        FROM wanted w JOIN chimera.ledger_entries e USING (network_id) GROUP BY 1, 2, 3
    ), kept AS (
        SELECT b.network_id, b.account, b.account_id, b.amount_sats AS sats FROM wanted w JOIN chimera.balances b USING (network_id)
    ), steps AS (
        SELECT DISTINCT ON (t.block_id) t.block_id,
               CASE t.kind WHEN 'block' THEN 'credited' WHEN 'maturity' THEN 'matured' ELSE 'reversed' END AS state
        FROM wanted w JOIN chimera.ledger_transactions t USING (network_id)
        WHERE t.block_id IS NOT NULL ORDER BY t.block_id, t.step DESC
    ), credits AS (
        SELECT b.block_id, b.network_id, w.name, b.reward_sats, t.transaction_id, s.scheme, s.parameters
        FROM wanted w JOIN chimera.blocks b USING (network_id)
        JOIN chimera.ledger_transactions t ON t.block_id = b.block_id AND t.kind = 'block'
        JOIN LATERAL (SELECT r.scheme, r.parameters FROM chimera.reward_settings r
                      WHERE r.network_id = b.network_id AND r.from_share_id < b.share_id
                      ORDER BY r.from_share_id DESC LIMIT 1) s ON true
    )
    SELECT 'every block is accounted for', w.name, format('block %s: %s', b.block_id, b.ledger_problem), NULL, NULL
    FROM wanted w JOIN chimera.blocks b USING (network_id) WHERE b.ledger_problem IS NOT NULL
    UNION ALL
    SELECT 'a transaction sums to zero', u.name, format('transaction %s', u.transaction_id), 0::numeric, u.sum FROM unbalanced u
    UNION ALL
    SELECT 'balances equal the ledger', w.name, format('%s of account %s', coalesce(s.account, k.account), coalesce(s.account_id, k.account_id)),
           coalesce(s.sats, 0), coalesce(k.sats, 0)
    FROM sums s FULL JOIN kept k USING (network_id, account, account_id) JOIN wanted w USING (network_id)
    WHERE coalesce(s.sats, 0) <> coalesce(k.sats, 0)
    UNION ALL
    SELECT 'a block''s last step is its state', w.name, format('block %s: %s, ledger says %s', b.block_id, b.ledger_state, s.state),
           NULL, NULL
    FROM wanted w JOIN chimera.blocks b USING (network_id) LEFT JOIN steps s USING (block_id)
    WHERE b.ledger_state::text <> coalesce(s.state, 'none')
    UNION ALL
    SELECT 'a credit is the whole reward', c.name, format('block %s', c.block_id), c.reward_sats, sum(-e.amount_sats)
    FROM credits c JOIN chimera.ledger_entries e USING (transaction_id)
    WHERE e.account = 'rewards' GROUP BY c.name, c.block_id, c.reward_sats, c.transaction_id HAVING sum(-e.amount_sats) <> c.reward_sats
    UNION ALL
    SELECT 'a credit equals a recount of the shares', c.name,
           format('block %s%s', c.block_id, coalesce(': ' || r.problem, ', account ' || r.account_id)), r.expected, r.found
    FROM credits c CROSS JOIN LATERAL chimera.recount_credit(c.block_id, c.transaction_id, c.scheme, c.parameters) r
    UNION ALL
    SELECT p.check_name, w.name, p.subject, p.expected, p.found
    FROM wanted w CROSS JOIN LATERAL chimera.audit_payouts(w.network_id) p;
$$;
COMMENT ON FUNCTION chimera.audit(text) IS
'Recounts the ledger of a network (NULL: of all) from its entries, blocks, shares and payouts; a row for each deviation, so none is what an operator wants. Amounts in the smallest unit. Blocks whose shares are dropped are checked against their reward only. Errors: 42704 for an unknown network.';

REVOKE ALL ON FUNCTION chimera.set_reward_scheme(text, text, jsonb, text), chimera.begin_reward_settings(uuid),
    chimera.credit_block(bigint), chimera.move_block(bigint, chimera.ledger_kind), chimera.account_block(bigint),
    chimera.unaccounted_networks(), chimera.account_blocks(uuid), chimera.retry_accounting(bigint),
    chimera.pay_shares(uuid, bigint, bigint, text, jsonb, timestamptz, timestamptz), chimera.account_shares(uuid),
    chimera.is_countable(bigint), chimera.recount_credit(bigint, bigint, text, jsonb), chimera.audit(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION chimera.set_reward_scheme(text, text, jsonb, text), chimera.retry_accounting(bigint),
    chimera.audit(text) TO chimera_admin;
GRANT SELECT ON chimera.reward_settings, chimera.share_accounts, chimera.share_fractions
    TO chimera_admin, chimera_reader;

SELECT pg_catalog.pg_extension_config_dump('chimera.reward_settings', '');
SELECT pg_catalog.pg_extension_config_dump('chimera.reward_settings_setting_id_seq', '');
SELECT pg_catalog.pg_extension_config_dump('chimera.share_accounts', '');
SELECT pg_catalog.pg_extension_config_dump('chimera.share_fractions', '');
