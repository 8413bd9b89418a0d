-- block_posting.sql: posting blocks and shares to the ledger, and the audit.
--
-- The accountant calls post_blocks() and post_pps_shares(). Each step of a
-- block and each range of shares is one transaction that also records its
-- progress, so that it happens exactly once, whatever crashes.

-- ---------- the scheme in force ----------

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
    from_share_id bigint
);
ALTER SEQUENCE chimera.reward_settings_setting_id_seq OWNED BY chimera.reward_settings.setting_id;
CREATE INDEX reward_settings_network_id_idx ON chimera.reward_settings (network_id, from_share_id, setting_id);
COMMENT ON TABLE chimera.reward_settings IS
'The reward schemes of networks, current and past; a network without one credits nothing until it has one';
COMMENT ON COLUMN chimera.reward_settings.setting_id IS 'The setting''s number';
COMMENT ON COLUMN chimera.reward_settings.network_id IS 'The scheme''s network';
COMMENT ON COLUMN chimera.reward_settings.scheme IS 'pplns, prop, solo, pps, pps+, fpps, score or slice';
COMMENT ON COLUMN chimera.reward_settings.parameters IS 'The scheme''s parameters: see chimera.check_reward_parameters';
COMMENT ON COLUMN chimera.reward_settings.reason IS 'Reason for setting it';
COMMENT ON COLUMN chimera.reward_settings.set_by IS 'Who set it';
COMMENT ON COLUMN chimera.reward_settings.set_at IS 'When it was set';
COMMENT ON COLUMN chimera.reward_settings.after_block_id IS
'The network''s last block when it was set; the next block still uses the previous setting';
COMMENT ON COLUMN chimera.reward_settings.from_share_id IS
'The setting is in force for shares and blocks with a higher share_id; NULL until the block that it waits for is '
'found. Of several settings with the same value, the last one counts';

CREATE FUNCTION chimera.reward_ranges(network_id uuid, OUT setting_id int, OUT scheme text, OUT parameters jsonb,
    OUT from_share_id bigint, OUT to_share_id bigint) RETURNS SETOF record
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT * FROM (
        SELECT s.setting_id, s.scheme, s.parameters, s.from_share_id,
               lead(s.from_share_id, 1, 9223372036854775807) OVER (ORDER BY s.from_share_id, s.setting_id) AS to_share_id
        FROM chimera.reward_settings s
        WHERE s.network_id = reward_ranges.network_id AND s.from_share_id IS NOT NULL) r
    WHERE r.from_share_id < r.to_share_id
    ORDER BY r.from_share_id;
$$;
COMMENT ON FUNCTION chimera.reward_ranges(uuid) IS
'The setting in force for each range of a network''s shares: from_share_id < share_id <= to_share_id.';

CREATE FUNCTION chimera.scheme_that_needs_fees(network_id uuid) RETURNS text
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT string_agg(DISTINCT r.scheme, ', ')
    FROM (SELECT s.scheme FROM chimera.reward_settings s
          WHERE s.network_id = scheme_that_needs_fees.network_id AND s.from_share_id IS NULL
          UNION ALL
          (SELECT s.scheme FROM chimera.reward_settings s
           WHERE s.network_id = scheme_that_needs_fees.network_id AND s.from_share_id IS NOT NULL
           ORDER BY s.from_share_id DESC, s.setting_id DESC LIMIT 1)) r
    WHERE chimera.pays_by_share(r.scheme) OR r.scheme = 'slice';
$$;
COMMENT ON FUNCTION chimera.scheme_that_needs_fees(uuid) IS
'Internal: the reward schemes of a network, in force or waiting, that need the fees of each job; NULL: none does.';

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
    IF (chimera.pays_by_share(scheme) OR scheme = 'slice') AND EXISTS (
        SELECT FROM chimera.jobs j JOIN chimera.network_configs n USING (network_id)
        WHERE j.network_id = wanted AND j.fees IS NULL AND j.created_at > now() - n.share_retention)
    THEN
        RAISE EXCEPTION 'reward scheme "%" needs the fees of each job', scheme
            USING ERRCODE = 'object_not_in_prerequisite_state',
                DETAIL = 'Some jobs were made from templates without fees.',
                HINT = 'Use a node whose getblocktemplate has the fee of each transaction, and wait until the shares '
                       'of older jobs have been dropped (share_retention).';
    END IF;
    -- replace one that has never been in force
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
'Sets how a network''s rewards are divided; returns the setting_id. The first setting applies to everything; a '
'later one applies from the network''s next block on, whose own round still uses the previous one. Errors: 42704 '
'for an unknown network, 22023 for an unknown scheme or invalid parameters, 55000 for a scheme that needs the '
'fees of jobs if a node did not report them.';

CREATE FUNCTION chimera.correct_reward_scheme(network text, parameters jsonb, reason text) RETURNS int
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    wanted CONSTANT uuid := chimera.network_id(network);
    present record;
    new_id int;
BEGIN
    IF btrim(coalesce(reason, '')) = '' THEN
        RAISE EXCEPTION 'reason must not be empty' USING ERRCODE = 'invalid_parameter_value',
            HINT = 'The reason is stored in chimera.reward_settings.';
    END IF;
    -- crediting a block and paying shares hold this lock too: neither is half done now
    PERFORM FROM chimera.network_configs n WHERE n.network_id = wanted FOR UPDATE;
    SELECT * INTO present FROM chimera.reward_ranges(wanted) r ORDER BY r.from_share_id DESC LIMIT 1;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'network "%" has no reward scheme in force', network
            USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Use chimera.set_reward_scheme().';
    END IF;
    PERFORM chimera.check_reward_parameters(present.scheme, correct_reward_scheme.parameters);
    -- nothing that has been credited or paid changes
    INSERT INTO chimera.reward_settings (network_id, scheme, parameters, reason, after_block_id, from_share_id)
    SELECT wanted, present.scheme, correct_reward_scheme.parameters, btrim(correct_reward_scheme.reason),
           coalesce((SELECT max(b.block_id) FROM chimera.blocks b WHERE b.network_id = wanted), 0),
           greatest(present.from_share_id,
                    (SELECT max(b.share_id) FROM chimera.blocks b WHERE b.network_id = wanted AND b.ledger_state <> 'none'),
                    CASE WHEN chimera.pays_by_share(present.scheme) THEN
                        (SELECT a.share_id FROM chimera.pps_progress a WHERE a.network_id = wanted) END)
    RETURNING setting_id INTO new_id;
    RETURN new_id;
END;
$$;
COMMENT ON FUNCTION chimera.correct_reward_scheme(text, jsonb, text) IS
'Changes the parameters of the scheme in force at once: for all blocks after the last one credited and, under a '
'scheme that pays by share, for all shares that have not been paid. Use it for mistakes; '
'chimera.set_reward_scheme() changes a scheme that miners rely on. Returns the setting_id of the new setting; the '
'old one is kept. Errors: 42704 for an unknown network, 22023 for invalid parameters or a missing reason, 55000 '
'if no scheme is in force.';

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
'Puts the settings of a network (NULL: of each) in force whose block has been found; returns how many. The '
'accountant calls it.';

-- ---------- blocks ----------

CREATE SEQUENCE chimera.block_reward_settings_setting_id_seq AS int;
CREATE TABLE chimera.block_reward_settings (
    setting_id int PRIMARY KEY DEFAULT nextval('chimera.block_reward_settings_setting_id_seq'),
    block_id bigint NOT NULL REFERENCES chimera.blocks,
    scheme text NOT NULL,
    parameters jsonb NOT NULL,
    reason text NOT NULL,
    set_by text NOT NULL DEFAULT chimera.actor(),
    set_at timestamptz NOT NULL DEFAULT now()
);
ALTER SEQUENCE chimera.block_reward_settings_setting_id_seq OWNED BY chimera.block_reward_settings.setting_id;
CREATE INDEX block_reward_settings_block_id_idx ON chimera.block_reward_settings (block_id, setting_id);
COMMENT ON TABLE chimera.block_reward_settings IS
'Reward schemes that an operator has set for single blocks with chimera.set_block_reward_scheme(), in place of '
'their network''s; the last one of a block counts; never changed';
COMMENT ON COLUMN chimera.block_reward_settings.setting_id IS 'The setting''s number';
COMMENT ON COLUMN chimera.block_reward_settings.block_id IS 'The block';
COMMENT ON COLUMN chimera.block_reward_settings.scheme IS 'The block''s scheme, as in reward_settings';
COMMENT ON COLUMN chimera.block_reward_settings.parameters IS
'The scheme''s parameters: see chimera.check_reward_parameters';
COMMENT ON COLUMN chimera.block_reward_settings.reason IS 'Reason for setting it';
COMMENT ON COLUMN chimera.block_reward_settings.set_by IS 'Who set it';
COMMENT ON COLUMN chimera.block_reward_settings.set_at IS 'When it was set';
CREATE TRIGGER forbid_change BEFORE UPDATE ON chimera.block_reward_settings
    FOR EACH STATEMENT EXECUTE FUNCTION chimera.forbid_change();

CREATE FUNCTION chimera.reward_setting_of(block_id bigint, OUT scheme text, OUT parameters jsonb) RETURNS SETOF record
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    (SELECT o.scheme, o.parameters FROM chimera.block_reward_settings o
     WHERE o.block_id = reward_setting_of.block_id ORDER BY o.setting_id DESC LIMIT 1)
    UNION ALL
    (SELECT r.scheme, r.parameters
     FROM chimera.blocks b CROSS JOIN LATERAL chimera.reward_ranges(b.network_id) r
     WHERE b.block_id = reward_setting_of.block_id AND r.from_share_id < b.share_id AND r.to_share_id >= b.share_id)
    LIMIT 1;
$$;
COMMENT ON FUNCTION chimera.reward_setting_of(bigint) IS
'The scheme that divides a block''s reward: its own, or else its network''s that is in force for its share; no row '
'if no scheme is in force.';

CREATE FUNCTION chimera.set_block_reward_scheme(block_id bigint, scheme text, parameters jsonb, reason text) RETURNS int
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    block record;
    new_id int;
BEGIN
    PERFORM chimera.check_reward_parameters(scheme, parameters);
    IF btrim(coalesce(reason, '')) = '' THEN
        RAISE EXCEPTION 'reason must not be empty' USING ERRCODE = 'invalid_parameter_value',
            HINT = 'The reason is stored in chimera.block_reward_settings.';
    END IF;
    -- the accountant holds this lock while it credits the block
    SELECT b.ledger_state INTO block FROM chimera.blocks b WHERE b.block_id = set_block_reward_scheme.block_id FOR UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'block % does not exist', block_id USING ERRCODE = 'no_data_found';
    ELSIF block.ledger_state <> 'none' THEN
        RAISE EXCEPTION 'block % is already credited', block_id
            USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Use chimera.adjust_balance() to correct balances.';
    END IF;
    INSERT INTO chimera.block_reward_settings (block_id, scheme, parameters, reason)
    VALUES (set_block_reward_scheme.block_id, set_block_reward_scheme.scheme, set_block_reward_scheme.parameters,
            btrim(set_block_reward_scheme.reason))
    RETURNING setting_id INTO new_id;
    UPDATE chimera.blocks b SET ledger_problem = NULL
    WHERE b.block_id = set_block_reward_scheme.block_id AND b.ledger_problem IS NOT NULL;
    RETURN new_id;
END;
$$;
COMMENT ON FUNCTION chimera.set_block_reward_scheme(bigint, text, jsonb, text) IS
'Divides the reward of a block that has not been credited by another scheme or other parameters than its '
'network''s, for example if those cannot credit it; the accountant then tries it again. Shares that a scheme has '
'paid by share count for no block. Returns the setting_id; block_reward_settings stores the reason. Errors: P0002 '
'for an unknown block, 22023 for an unknown scheme, invalid parameters or a missing reason, 55000 for a block '
'that is already credited.';

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
    SELECT s.scheme, s.parameters INTO setting FROM chimera.reward_setting_of(credit_block.block_id) s;
    -- a block that was orphaned and has returned credits the same amounts as before
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
    -- the reward may be zero: after the last halving, on a test chain, without fees
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
'Internal: divides a block''s reward, which is immature. Part of chimera.post_blocks.';

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
'Internal: makes exactly the amounts that a block credited spendable (maturity) or takes them back (orphan). Part '
'of chimera.post_blocks. Errors: P0002 for a block that was not credited.';

-- ---------- blocks that leave the chain after they have matured ----------

CREATE FUNCTION chimera.reverse_matured_block(block_id bigint) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    credit record;
    new_id bigint;
    missing numeric;
BEGIN
    SELECT t.transaction_id, t.network_id INTO STRICT credit FROM chimera.ledger_transactions t
    WHERE t.block_id = reverse_matured_block.block_id AND t.kind = 'block' ORDER BY t.step DESC LIMIT 1;
    -- the current balances limit what can be taken, so lock them until the end
    PERFORM FROM chimera.balances b
    WHERE b.network_id = credit.network_id AND (b.account, b.account_id) IN (
        SELECT CASE e.account WHEN 'immature' THEN 'balance' ELSE 'donation' END::chimera.ledger_account, coalesce(e.account_id, 0)
        FROM chimera.ledger_entries e
        WHERE e.transaction_id = credit.transaction_id AND e.account IN ('immature', 'donation_immature'))
    ORDER BY b.network_id, b.account, b.account_id FOR UPDATE;

    INSERT INTO chimera.shortfalls AS s (block_id, account_id, network_id, amount_sats)
    SELECT reverse_matured_block.block_id, o.account_id, credit.network_id, o.amount_sats - greatest(coalesce(b.amount_sats, 0), 0)
    FROM (SELECT CASE e.account WHEN 'immature' THEN 'balance' ELSE 'donation' END::chimera.ledger_account AS account,
                 coalesce(e.account_id, 0) AS account_id, e.amount_sats
          FROM chimera.ledger_entries e
          WHERE e.transaction_id = credit.transaction_id AND e.account IN ('immature', 'donation_immature')) o
    LEFT JOIN chimera.balances b ON b.network_id = credit.network_id AND b.account = o.account AND b.account_id = o.account_id
    WHERE o.amount_sats > greatest(coalesce(b.amount_sats, 0), 0);
    SELECT coalesce(sum(s.amount_sats), 0) INTO missing FROM chimera.shortfalls s WHERE s.block_id = reverse_matured_block.block_id;

    INSERT INTO chimera.ledger_transactions (network_id, kind, block_id, step, memo)
    SELECT credit.network_id, 'orphan', reverse_matured_block.block_id, max(t.step) + 1,
           CASE WHEN missing > 0 THEN format('left the chain after %s of it had been paid out, which the pool bears', missing)
                ELSE 'left the chain after it had matured' END
    FROM chimera.ledger_transactions t WHERE t.block_id = reverse_matured_block.block_id
    RETURNING transaction_id INTO new_id;
    INSERT INTO chimera.ledger_entries (transaction_id, network_id, account, account_id, amount_sats)
    SELECT new_id, credit.network_id, r.account, r.account_id, sum(r.amount_sats)
    FROM (SELECT CASE e.account WHEN 'rewards' THEN 'rewards' WHEN 'immature' THEN 'balance'
                                WHEN 'pool_immature' THEN 'pool' ELSE 'donation' END::chimera.ledger_account AS account,
                 e.account_id, -e.amount_sats AS amount_sats
          FROM chimera.ledger_entries e WHERE e.transaction_id = credit.transaction_id
          UNION ALL
          SELECT CASE WHEN s.account_id = 0 THEN 'donation' ELSE 'balance' END::chimera.ledger_account, nullif(s.account_id, 0), s.amount_sats
          FROM chimera.shortfalls s WHERE s.block_id = reverse_matured_block.block_id
          UNION ALL
          SELECT 'pool', NULL, -s.amount_sats FROM chimera.shortfalls s WHERE s.block_id = reverse_matured_block.block_id) r
    GROUP BY r.account, r.account_id HAVING sum(r.amount_sats) <> 0;
    RETURN new_id;
END;
$$;
COMMENT ON FUNCTION chimera.reverse_matured_block(bigint) IS
'Internal: takes a matured block''s reward back from those who still have it, and the rest, which has been paid '
'out, from the pool''s own account, recording it in chimera.shortfalls. Part of chimera.post_blocks. Errors: P0002 '
'for a block that was not credited.';

CREATE FUNCTION chimera.post_block(block_id bigint) RETURNS int
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    block record;
    state chimera.block_ledger_state;
    steps int := 0;
BEGIN
    SELECT b.status, b.ledger_state INTO STRICT block FROM chimera.blocks b WHERE b.block_id = post_block.block_id;
    state := block.ledger_state;
    IF block.status IN ('orphaned', 'rejected') THEN
        IF state = 'matured' THEN
            PERFORM chimera.reverse_matured_block(post_block.block_id);
        ELSE
            PERFORM chimera.move_block(post_block.block_id, 'orphan');
        END IF;
        state := 'reversed';
        steps := 1;
    ELSE
        IF state IN ('none', 'reversed') THEN
            PERFORM chimera.credit_block(post_block.block_id);
            state := 'credited';
            steps := 1;
        END IF;
        IF block.status = 'confirmed' THEN
            PERFORM chimera.move_block(post_block.block_id, 'maturity');
            -- a block that has returned: accounts that kept its reward have it twice now, and the
            -- pool gets back what it bore
            PERFORM chimera.take_shortfall(s) FROM chimera.shortfalls s WHERE s.block_id = post_block.block_id;
            state := 'matured';
            steps := steps + 1;
        END IF;
    END IF;
    UPDATE chimera.blocks b SET ledger_state = state WHERE b.block_id = post_block.block_id;
    RETURN steps;
END;
$$;
COMMENT ON FUNCTION chimera.post_block(bigint) IS
'Internal: posts the steps of one block that the ledger lacks; returns how many. Part of chimera.post_blocks. '
'Errors: P0002 for an unknown block, 55000 if its shares have been dropped.';

CREATE FUNCTION chimera.unposted_networks() RETURNS SETOF uuid
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    SELECT b.network_id FROM chimera.blocks b
    WHERE NOT chimera.is_posted(b.status, b.ledger_state) AND b.ledger_problem IS NULL
    UNION
    SELECT s.network_id FROM chimera.reward_settings s WHERE s.from_share_id IS NULL;
$$;
COMMENT ON FUNCTION chimera.unposted_networks() IS
'Internal: the networks for which chimera.post_blocks may have something to do.';

CREATE FUNCTION chimera.post_blocks(network_id uuid DEFAULT NULL) RETURNS int
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    block record;
    steps int := 0;
    problem text;
BEGIN
    PERFORM chimera.begin_reward_settings(post_blocks.network_id);
    -- in the order in which they were found, without those that another transaction is posting
    FOR block IN
        SELECT b.block_id, b.network_id
        FROM chimera.blocks b
        WHERE b.network_id = coalesce(post_blocks.network_id, b.network_id)
          AND NOT chimera.is_posted(b.status, b.ledger_state) AND b.ledger_problem IS NULL
          AND b.share_id IS NOT NULL AND chimera.shares_are_settled(b.settles_after)
          AND (EXISTS (SELECT FROM chimera.reward_settings s
                       WHERE s.network_id = b.network_id AND s.from_share_id < b.share_id)
               OR EXISTS (SELECT FROM chimera.block_reward_settings o WHERE o.block_id = b.block_id))
          -- the setting that applies to the block must be in force first
          AND NOT EXISTS (SELECT FROM chimera.reward_settings s
                          WHERE s.network_id = b.network_id AND s.from_share_id IS NULL AND s.after_block_id < b.block_id
                            AND b.ledger_state = 'none')
        ORDER BY b.block_id LIMIT 1000 FOR UPDATE SKIP LOCKED
    LOOP
        -- a setting is being changed: the block comes later
        PERFORM FROM chimera.network_configs n WHERE n.network_id = block.network_id FOR KEY SHARE SKIP LOCKED;
        CONTINUE WHEN NOT FOUND;
        -- a block that cannot be credited does not stop the others
        BEGIN
            steps := steps + chimera.post_block(block.block_id);
        EXCEPTION
        -- of the same class as the next one, but temporary
        WHEN lock_not_available THEN RAISE;
        WHEN object_not_in_prerequisite_state OR data_exception OR integrity_constraint_violation THEN
            GET STACKED DIAGNOSTICS problem = MESSAGE_TEXT;
            UPDATE chimera.blocks b SET ledger_problem = problem WHERE b.block_id = block.block_id;
            RAISE WARNING 'could not post block %: %', block.block_id, problem;
        END;
    END LOOP;
    RETURN steps;
END;
$$;
COMMENT ON FUNCTION chimera.post_blocks(uuid) IS
'Brings the ledger up to date with the blocks of a network (NULL: of each): credits accepted blocks, matures '
'confirmed ones and takes orphaned ones back; returns how many steps it posted. If a block fails, ledger_problem '
'shows the reason, and the block waits for chimera.retry_posting. The accountant calls it.';

CREATE FUNCTION chimera.retry_posting(block_id bigint) RETURNS boolean
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    WITH retried AS (
        UPDATE chimera.blocks b SET ledger_problem = NULL
        WHERE b.block_id = retry_posting.block_id AND b.ledger_problem IS NOT NULL RETURNING 1)
    SELECT EXISTS (SELECT FROM retried);
$$;
COMMENT ON FUNCTION chimera.retry_posting(bigint) IS
'Lets the accountant try a failed block again; false if the block has no problem.';

-- ---------- shares ----------

CREATE TABLE chimera.pps_progress (
    network_id uuid PRIMARY KEY REFERENCES chimera.network_configs ON DELETE CASCADE,
    share_id bigint NOT NULL DEFAULT 0,
    taken_at timestamptz NOT NULL DEFAULT '-infinity',
    next_share_id bigint,
    next_settles_after xid8,
    next_taken_at timestamptz,
    problem text
);
COMMENT ON TABLE chimera.pps_progress IS
'How far a network''s shares have been paid, under schemes that pay by share (PPS)';
COMMENT ON COLUMN chimera.pps_progress.network_id IS 'The shares'' network';
COMMENT ON COLUMN chimera.pps_progress.share_id IS 'All shares up to this one are posted';
COMMENT ON COLUMN chimera.pps_progress.taken_at IS 'When that horizon was determined';
COMMENT ON COLUMN chimera.pps_progress.next_share_id IS 'The next horizon; NULL: not determined yet';
COMMENT ON COLUMN chimera.pps_progress.next_settles_after IS
'The transaction after which all shares up to the next horizon are settled';
COMMENT ON COLUMN chimera.pps_progress.next_taken_at IS 'When the next horizon was determined';
COMMENT ON COLUMN chimera.pps_progress.problem IS
'Why the shares up to the next horizon could not be paid; they are tried again each minute. NULL: no problem';

CREATE TABLE chimera.pps_remainders (
    network_id uuid NOT NULL REFERENCES chimera.network_configs ON DELETE CASCADE,
    account chimera.ledger_account NOT NULL CHECK (account IN ('balance', 'donation')),
    account_id int NOT NULL,
    fraction_sats numeric NOT NULL CHECK (fraction_sats >= 0 AND fraction_sats < 1),
    PRIMARY KEY (network_id, account, account_id)
);
COMMENT ON TABLE chimera.pps_remainders IS
'Fractions of the smallest unit that are owed for shares, carried over until they make a whole unit';
COMMENT ON COLUMN chimera.pps_remainders.network_id IS 'The coin''s network';
COMMENT ON COLUMN chimera.pps_remainders.account IS 'balance, or donation';
COMMENT ON COLUMN chimera.pps_remainders.account_id IS 'The account; 0 for donation';
COMMENT ON COLUMN chimera.pps_remainders.fraction_sats IS 'The fraction of the coin''s smallest unit';

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
        FROM due d LEFT JOIN chimera.pps_remainders f
            ON f.network_id = pay_shares.network_id AND f.account = d.account AND f.account_id = d.account_id
    ), carried AS (
        INSERT INTO chimera.pps_remainders AS f (network_id, account, account_id, fraction_sats)
        SELECT pay_shares.network_id, w.account, w.account_id, w.sats - floor(w.sats) FROM whole w
        ON CONFLICT ON CONSTRAINT pps_remainders_pkey DO UPDATE SET fraction_sats = excluded.fraction_sats
    ), transaction AS (
        INSERT INTO chimera.ledger_transactions (network_id, kind, memo, from_share_id, to_share_id, shares_since)
        SELECT pay_shares.network_id, 'shares', format('%s: shares %s to %s', scheme, pay_shares.from_share_id, pay_shares.to_share_id),
               pay_shares.from_share_id, pay_shares.to_share_id, from_time
        WHERE EXISTS (SELECT FROM whole w WHERE w.sats >= 1)
        RETURNING transaction_id
    ), entries AS (
        SELECT w.account, nullif(w.account_id, 0) AS account_id, floor(w.sats) AS total FROM whole w
        UNION ALL
        SELECT 'pool', NULL, -sum(floor(w.sats)) FROM whole w
    ), entered AS (
        INSERT INTO chimera.ledger_entries (transaction_id, network_id, account, account_id, amount_sats)
        SELECT t.transaction_id, pay_shares.network_id, e.account, e.account_id, a.amount_sats
        FROM transaction t, entries e, chimera.ledger_amounts(e.total) a (amount_sats)
    )
    SELECT t.transaction_id INTO new_id FROM transaction t;
    RETURN new_id;
END;
$$;
COMMENT ON FUNCTION chimera.pay_shares(uuid, bigint, bigint, text, jsonb, timestamptz, timestamptz) IS
'Internal: pays a range of shares from the pool''s own account. Part of chimera.post_pps_shares.';

CREATE FUNCTION chimera.pay_to_horizon(progress chimera.pps_progress) RETURNS int
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    piece record;
    paid int := 0;
BEGIN
    PERFORM chimera.begin_reward_settings(progress.network_id);
    -- the block at which a setting begins may not be its first one yet, so it is not known which
    -- setting applies to which shares
    IF EXISTS (SELECT FROM chimera.reward_settings s JOIN chimera.blocks b
                   ON b.network_id = s.network_id AND b.block_id > s.after_block_id
               WHERE s.network_id = progress.network_id AND s.from_share_id IS NULL AND b.share_id <= progress.next_share_id)
    THEN
        RETURN NULL;
    END IF;
    FOR piece IN
        SELECT r.scheme, r.parameters, greatest(r.from_share_id, progress.share_id) AS from_share_id,
               least(r.to_share_id, progress.next_share_id) AS to_share_id
        FROM chimera.reward_ranges(progress.network_id) r
        WHERE chimera.pays_by_share(r.scheme)
        ORDER BY r.from_share_id
    LOOP
        CONTINUE WHEN piece.from_share_id >= piece.to_share_id;
        PERFORM chimera.pay_shares(progress.network_id, piece.from_share_id, piece.to_share_id, piece.scheme,
                                   piece.parameters, progress.taken_at, progress.next_taken_at);
        paid := paid + 1;
    END LOOP;
    UPDATE chimera.pps_progress a
    SET share_id = a.next_share_id, taken_at = a.next_taken_at,
        next_share_id = NULL, next_settles_after = NULL, next_taken_at = NULL, problem = NULL
    WHERE a.network_id = progress.network_id;
    RETURN paid;
END;
$$;
COMMENT ON FUNCTION chimera.pay_to_horizon(chimera.pps_progress) IS
'Internal: pays a network''s shares up to the next horizon, which is settled; returns how many ranges, or NULL if '
'it must wait for a setting. Part of chimera.post_pps_shares.';

CREATE FUNCTION chimera.post_pps_shares(network_id uuid DEFAULT NULL) RETURNS int
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    progress chimera.pps_progress;
    paid int := 0;
    why text;
BEGIN
    INSERT INTO chimera.pps_progress (network_id)
    SELECT DISTINCT s.network_id FROM chimera.reward_settings s
    WHERE s.network_id = coalesce(post_pps_shares.network_id, s.network_id) AND chimera.pays_by_share(s.scheme)
    ON CONFLICT DO NOTHING;
    FOR progress IN
        SELECT * FROM chimera.pps_progress a WHERE a.network_id = coalesce(post_pps_shares.network_id, a.network_id)
        ORDER BY a.network_id FOR UPDATE SKIP LOCKED
    LOOP
        -- a setting is being changed: the network comes later
        PERFORM FROM chimera.network_configs n WHERE n.network_id = progress.network_id FOR KEY SHARE SKIP LOCKED;
        CONTINUE WHEN NOT FOUND;
        IF chimera.shares_are_settled(progress.next_settles_after) THEN
            -- a network whose shares cannot be paid does not stop the others
            BEGIN
                paid := paid + coalesce(chimera.pay_to_horizon(progress), 0);
            EXCEPTION WHEN OTHERS THEN
                GET STACKED DIAGNOSTICS why = MESSAGE_TEXT;
                UPDATE chimera.pps_progress a SET problem = why WHERE a.network_id = progress.network_id;
                RAISE WARNING 'could not pay shares up to % of network %: %', progress.next_share_id, progress.network_id, why;
            END;
        END IF;
        UPDATE chimera.pps_progress a
        SET next_share_id = h.share_id, next_settles_after = h.settles_after, next_taken_at = h.taken_at
        FROM chimera.share_horizon() h
        WHERE a.network_id = progress.network_id AND a.next_share_id IS NULL;
    END LOOP;
    RETURN paid;
END;
$$;
COMMENT ON FUNCTION chimera.post_pps_shares(uuid) IS
'Pays the shares of a network (NULL: of each) whose scheme pays by share, up to the last settled horizon, each '
'share once; returns how many ranges. If a network fails, pps_progress.problem shows the reason, and the next '
'call tries it again. The accountant calls it.';

-- ---------- shares that are dropped too early ----------

CREATE FUNCTION chimera.retention_problem(network_id uuid) RETURNS text
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '100ms'
AS $$
DECLARE
    wanted CONSTANT uuid := retention_problem.network_id;
    gone_until CONSTANT timestamptz := nullif(chimera.shares_dropped_until(wanted), '-infinity');
    present record;
    began timestamptz;
BEGIN
    SELECT * INTO present FROM chimera.current_scheme(wanted);
    IF gone_until IS NULL OR present.scheme IS NULL OR present.scheme IN ('solo', 'pps', 'fpps') THEN
        RETURN NULL;
    END IF;
    -- rounds and windows do not begin before it
    SELECT max(b.found_at) INTO began FROM chimera.blocks b
    WHERE b.network_id = wanted AND b.share_id IS NOT NULL
      AND (present.scheme IN ('prop', 'score')
           OR b.share_id = (SELECT max(r.to_share_id) FROM chimera.reward_ranges(wanted) r
                            WHERE chimera.pays_by_share(r.scheme) AND NOT (r.scheme = 'pps+' AND present.scheme = 'pps+')));
    IF began >= gone_until OR (present.scheme NOT IN ('prop', 'score') AND
           (SELECT sum(chimera.rolled_up_difficulty(s, gone_until, 'infinity')) FROM chimera.share_sources(wanted) s)
           >= coalesce((present.parameters -> 'window')::numeric, 2) * present.network_difficulty) THEN
        RETURN NULL;
    END IF;
    RETURN format('the %s of a block found now began before %s UTC, but earlier shares have been dropped; such a '
                  'block could not be credited: increase share_retention',
                  CASE WHEN present.scheme IN ('prop', 'score') THEN 'round' ELSE 'window' END,
                  to_char(gone_until AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI'));
-- health must work while somebody locks the jobs, and reports that itself
EXCEPTION WHEN lock_not_available THEN
    RETURN NULL;
END;
$$;
COMMENT ON FUNCTION chimera.retention_problem(uuid) IS
'Why a block that a network found now could not be credited: its window or round reaches back beyond the shares '
'that are kept; NULL: it could. Estimated from the rollups.';

-- ---------- the pool's own accounts ----------

CREATE VIEW chimera.pool_accounts AS
    SELECT n.network_id, n.name AS network, coalesce(s.pool, 0) AS pool_sats, coalesce(s.pool_immature, 0) AS pool_immature_sats,
           n.pool_reserve_sats, coalesce(s.owed, 0) AS owed_sats, coalesce(s.pool, 0) >= -n.pool_reserve_sats AS is_covered
    FROM chimera.network_configs n
    LEFT JOIN (
        SELECT b.network_id, sum(b.amount_sats) FILTER (WHERE b.account = 'pool') AS pool,
               sum(b.amount_sats) FILTER (WHERE b.account = 'pool_immature') AS pool_immature,
               sum(b.amount_sats) FILTER (WHERE b.account IN ('balance', 'sending', 'donation')) AS owed
        FROM chimera.balances b GROUP BY 1) s USING (network_id);
COMMENT ON VIEW chimera.pool_accounts IS
'What each network''s pool owns and owes. Paying by share and adjustments may bring the pool''s own account below '
'zero: the books are still right, but the operator''s money is paid out; health reports it if it is beyond the '
'reserve';
COMMENT ON COLUMN chimera.pool_accounts.network_id IS 'The network''s id';
COMMENT ON COLUMN chimera.pool_accounts.network IS 'The network''s name';
COMMENT ON COLUMN chimera.pool_accounts.pool_sats IS
'The pool''s own account: fees, and blocks less what was paid for shares; all in the coin''s smallest unit';
COMMENT ON COLUMN chimera.pool_accounts.pool_immature_sats IS 'The same for blocks that are not confirmed yet';
COMMENT ON COLUMN chimera.pool_accounts.pool_reserve_sats IS
'What the operator has put into the wallet for this: network_configs.pool_reserve_sats';
COMMENT ON COLUMN chimera.pool_accounts.owed_sats IS
'Spendable money owed to accounts, payouts in progress and donations';
COMMENT ON COLUMN chimera.pool_accounts.is_covered IS
'Whether the pool''s own account is at least zero less the reserve';

-- ---------- the audit ----------

CREATE FUNCTION chimera.recount_block(block_id bigint, scheme text, parameters jsonb,
    OUT account_id int, OUT amount_sats bigint, OUT kind text) RETURNS SETOF record
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    counted jsonb;
BEGIN
    BEGIN
        SELECT jsonb_agg(to_jsonb(r)) INTO counted
        FROM chimera.rewards_of_block(recount_block.block_id, recount_block.scheme, recount_block.parameters) r;
        -- the variable keeps the result; the rollback releases the locks of the partitions, which
        -- would be too many over all blocks
        RAISE SQLSTATE 'CHI01';
    EXCEPTION
    WHEN SQLSTATE 'CHI01' THEN NULL;
    WHEN SQLSTATE '55C01' THEN
        counted := '[{"kind": "dropped"}]';
    WHEN object_not_in_prerequisite_state OR data_exception THEN
        RETURN; -- no account has work, which is a deviation if one was credited
    END;
    RETURN QUERY SELECT r.account_id, r.amount_sats, r.kind
    FROM jsonb_to_recordset(counted) r (account_id int, amount_sats bigint, kind text);
END;
$$;
COMMENT ON FUNCTION chimera.recount_block(bigint, text, jsonb) IS
'Internal: as chimera.rewards_of_block, but returns a row of kind dropped if shares that count have been dropped, '
'and no row if it finds no work. Part of chimera.audit.';

CREATE FUNCTION chimera.recount_shares(network_id uuid, from_share_id bigint, to_share_id bigint, scheme text, parameters jsonb,
    since timestamptz, OUT account chimera.ledger_account, OUT account_id int, OUT sats numeric) RETURNS SETOF record
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    counted jsonb;
BEGIN
    BEGIN
        SELECT jsonb_agg(to_jsonb(c)) INTO counted
        FROM chimera.pps_credits(recount_shares.network_id::text, recount_shares.from_share_id, recount_shares.to_share_id,
                                 recount_shares.scheme, recount_shares.parameters, since) c;
        -- as recount_block does
        RAISE SQLSTATE 'CHI01';
    EXCEPTION
    WHEN SQLSTATE 'CHI01' THEN NULL;
    WHEN data_exception THEN
        RETURN; -- no share has a value then, which is a deviation if one was paid
    END;
    RETURN QUERY
    WITH credits AS (
        SELECT r.account_id, r.credit_sats, r.donation_sats
        FROM jsonb_to_recordset(counted) r (account_id int, credit_sats numeric, donation_sats numeric)
    )
    SELECT 'balance'::chimera.ledger_account, c.account_id, c.credit_sats FROM credits c
    UNION ALL
    SELECT 'donation', 0, sum(c.donation_sats) FROM credits c HAVING sum(c.donation_sats) > 0;
END;
$$;
COMMENT ON FUNCTION chimera.recount_shares(uuid, bigint, bigint, text, jsonb, timestamptz) IS
'Internal: what accounts earn for a range of shares under a scheme that pays by share (account_id 0: all '
'donations), including fractions of the smallest unit; no row if a share cannot be valued. Part of chimera.audit.';

CREATE FUNCTION chimera.audit_shares(network_id uuid, OUT check_name text, OUT subject text, OUT expected numeric, OUT found numeric)
    RETURNS SETOF record
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    -- ranges whose shares are all stored; what earlier ranges should have paid is no longer known
    WITH dropped AS MATERIALIZED (
        SELECT nullif(chimera.shares_dropped_until($1), '-infinity') AS dropped_until
    ), kept AS MATERIALIZED (
        SELECT t.transaction_id, t.from_share_id, t.to_share_id, t.shares_since
        FROM chimera.ledger_transactions t CROSS JOIN dropped d
        WHERE t.network_id = $1 AND t.from_share_id IS NOT NULL
          AND (d.dropped_until IS NULL OR t.shares_since - chimera.clock_slack() >= d.dropped_until)
    ), spans AS (
        SELECT r.scheme, r.parameters, a.share_id AS paid_until,
               CASE WHEN d.dropped_until IS NULL THEN r.from_share_id ELSE greatest(r.from_share_id, k.from_share_id) END AS from_share_id,
               least(r.to_share_id, a.share_id) AS to_share_id,
               CASE WHEN d.dropped_until IS NULL THEN '-infinity' ELSE k.shares_since END AS since
        FROM chimera.reward_ranges($1) r
        JOIN chimera.pps_progress a ON a.network_id = $1
        CROSS JOIN (SELECT min(k.from_share_id) AS from_share_id, min(k.shares_since) AS shares_since FROM kept k) k
        CROSS JOIN dropped d
        WHERE chimera.pays_by_share(r.scheme)
    ), due AS (
        SELECT c.account, c.account_id, sum(c.sats) AS sats
        FROM spans s
        CROSS JOIN LATERAL chimera.recount_shares($1, s.from_share_id, s.to_share_id, s.scheme, s.parameters, s.since) c
        WHERE s.from_share_id < s.to_share_id
        GROUP BY 1, 2
    ), paid AS (
        SELECT e.account, coalesce(e.account_id, 0) AS account_id, sum(e.amount_sats)::numeric AS sats
        FROM kept k JOIN chimera.ledger_entries e USING (transaction_id)
        WHERE e.account IN ('balance', 'donation')
        GROUP BY 1, 2
    ), carried AS (
        SELECT f.account, f.account_id, f.fraction_sats AS sats FROM chimera.pps_remainders f WHERE f.network_id = $1
    ), compared AS (
        SELECT account, account_id, coalesce(d.sats, 0) AS due, coalesce(p.sats, 0) + coalesce(c.sats, 0) AS paid
        FROM due d FULL JOIN paid p USING (account, account_id) FULL JOIN carried c USING (account, account_id)
    ), ranges AS (
        SELECT t.transaction_id, t.from_share_id,
               max(t.to_share_id) OVER (ORDER BY t.from_share_id, t.transaction_id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS paid_before
        FROM chimera.ledger_transactions t WHERE t.network_id = $1 AND t.from_share_id IS NOT NULL
    )
    SELECT 'payments by share equal a recount of the shares', format('%s of account %s', c.account, c.account_id), c.due, c.paid
    FROM compared c
    -- the fraction carried over from dropped shares is less than a unit
    WHERE c.paid - c.due < 0
       OR c.paid - c.due >= CASE WHEN (SELECT d.dropped_until FROM dropped d) IS NOT NULL THEN 1 ELSE 0 END
          AND c.paid <> c.due
    UNION ALL
    SELECT 'every share is paid once', format('transaction %s pays shares above %s again', r.transaction_id, r.from_share_id), r.paid_before, r.from_share_id
    FROM ranges r WHERE r.paid_before > r.from_share_id;
$$;
COMMENT ON FUNCTION chimera.audit_shares(uuid) IS
'Internal: compares what a network has paid by share with a recount of all shares that are kept: amounts, shares '
'left out, and ranges paid twice. Part of chimera.audit.';

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
        CROSS JOIN LATERAL chimera.reward_setting_of(b.block_id) s
    ), recounted AS MATERIALIZED (
        SELECT c.transaction_id, r.account_id, sum(r.amount_sats) AS sats, bool_or(r.kind = 'dropped') AS is_dropped
        FROM credits c CROSS JOIN LATERAL chimera.recount_block(c.block_id, c.scheme, c.parameters) r
        WHERE r.kind IN ('reward', 'finder', 'dropped') GROUP BY 1, 2
    ), entered AS (
        SELECT c.transaction_id, e.account_id, sum(e.amount_sats) AS sats
        FROM credits c JOIN chimera.ledger_entries e USING (transaction_id)
        WHERE e.account = 'immature'
          -- no comparison if a share of its window has been dropped
          AND NOT EXISTS (SELECT FROM recounted r WHERE r.transaction_id = c.transaction_id AND r.is_dropped)
        GROUP BY 1, 2
    )
    SELECT 'every block is posted', w.name, format('block %s: %s', b.block_id, b.ledger_problem), NULL, NULL
    FROM wanted w JOIN chimera.blocks b USING (network_id) WHERE b.ledger_problem IS NOT NULL
    UNION ALL
    SELECT 'every transaction sums to zero', u.name, format('transaction %s', u.transaction_id), 0::numeric, u.sum FROM unbalanced u
    UNION ALL
    SELECT 'every transaction has entries', w.name, format('transaction %s', t.transaction_id), NULL, NULL
    FROM wanted w JOIN chimera.ledger_transactions t USING (network_id)
    WHERE NOT EXISTS (SELECT FROM chimera.ledger_entries e WHERE e.transaction_id = t.transaction_id)
      -- the reward of a block may be zero
      AND NOT EXISTS (SELECT FROM chimera.blocks b WHERE b.block_id = t.block_id AND b.reward_sats = 0)
    UNION ALL
    SELECT 'every entry is of its transaction''s network', w.name, format('entry %s', e.entry_id), NULL, NULL
    FROM wanted w JOIN chimera.ledger_transactions t USING (network_id)
    JOIN chimera.ledger_entries e ON e.transaction_id = t.transaction_id AND e.network_id <> t.network_id
    UNION ALL
    SELECT 'no balance is negative', w.name, format('%s of account %s', k.account, k.account_id), 0, k.sats
    FROM kept k JOIN wanted w USING (network_id) WHERE k.sats < 0 AND NOT chimera.may_be_negative(k.account)
    UNION ALL
    SELECT 'every confirmed block is in the chain', w.name, format('block %s: another block is at height %s since %s UTC', b.block_id, b.height,
               to_char(b.missing_since AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI')), NULL, NULL
    FROM wanted w JOIN chimera.blocks b USING (network_id) WHERE b.missing_since IS NOT NULL
    UNION ALL
    SELECT 'rewards of blocks that left the chain are taken back', w.name, format('block %s, account %s', s.block_id, s.account_id), 0, s.amount_sats
    FROM wanted w JOIN chimera.shortfalls s USING (network_id) WHERE s.written_off_at IS NULL
    UNION ALL
    SELECT 'wallet sets are complete', a.name, format('wallet set %s', s.set_id), 100, sum(v.percent)
    FROM chimera.wallets v JOIN chimera.wallet_sets s USING (set_id) JOIN chimera.accounts a USING (account_id)
    WHERE audit.network IS NULL OR s.network_id IN (SELECT w.network_id FROM wanted w)
    GROUP BY a.name, s.set_id HAVING sum(v.percent) <> 100
    UNION ALL
    SELECT 'balances equal the ledger', w.name, format('%s of account %s', coalesce(s.account, k.account), coalesce(s.account_id, k.account_id)),
           coalesce(s.sats, 0), coalesce(k.sats, 0)
    FROM sums s FULL JOIN kept k USING (network_id, account, account_id) JOIN wanted w USING (network_id)
    WHERE coalesce(s.sats, 0) <> coalesce(k.sats, 0)
    UNION ALL
    -- a restore that left out the entries has left the balances of zero that derive_balance makes then
    SELECT 'every balance has entries', w.name, format('%s of account %s', k.account, k.account_id), NULL, NULL
    FROM kept k JOIN wanted w USING (network_id) LEFT JOIN sums s USING (network_id, account, account_id) WHERE s.network_id IS NULL
    UNION ALL
    SELECT 'every block''s ledger_state is that of its last step', w.name, format('block %s: %s, but %s in the ledger', b.block_id, b.ledger_state, s.state),
           NULL, NULL
    FROM wanted w JOIN chimera.blocks b USING (network_id) LEFT JOIN steps s USING (block_id)
    WHERE b.ledger_state::text <> coalesce(s.state, 'none')
    UNION ALL
    SELECT 'every block is credited with its whole reward', c.name, format('block %s', c.block_id), c.reward_sats, sum(-e.amount_sats)
    FROM credits c JOIN chimera.ledger_entries e USING (transaction_id)
    WHERE e.account = 'rewards' GROUP BY c.name, c.block_id, c.reward_sats, c.transaction_id HAVING sum(-e.amount_sats) <> c.reward_sats
    UNION ALL
    SELECT 'every credit equals a recount of the shares', c.name, format('block %s, account %s', c.block_id, account_id),
           coalesce(r.sats, 0), coalesce(e.sats, 0)
    FROM entered e FULL JOIN (SELECT * FROM recounted WHERE NOT is_dropped) r USING (transaction_id, account_id)
    JOIN credits c USING (transaction_id)
    WHERE coalesce(r.sats, 0) <> coalesce(e.sats, 0)
    UNION ALL
    SELECT p.check_name, w.name, p.subject, p.expected, p.found
    FROM wanted w CROSS JOIN LATERAL chimera.audit_shares(w.network_id) p
    UNION ALL
    SELECT p.check_name, w.name, p.subject, p.expected, p.found
    FROM wanted w CROSS JOIN LATERAL chimera.audit_payouts(w.network_id) p;
$$;
COMMENT ON FUNCTION chimera.audit(text) IS
'Recounts the ledger of a network (NULL: of all) from its entries, blocks, shares and payouts. Returns one row '
'per deviation, so no row means that the books are right. Amounts are in the smallest unit. A block is recounted '
'while all shares of its window or round are stored; after that it is only compared with its reward. Payments by '
'share are recounted over all shares that are kept, which takes a while on a large pool. The audit does not judge '
'whether the pool has paid more than its blocks brought: see chimera.pool_accounts. Errors: 42704 for an unknown '
'network.';

SELECT pg_catalog.pg_extension_config_dump('chimera.reward_settings', '');
SELECT pg_catalog.pg_extension_config_dump('chimera.reward_settings_setting_id_seq', '');
SELECT pg_catalog.pg_extension_config_dump('chimera.pps_progress', '');
SELECT pg_catalog.pg_extension_config_dump('chimera.pps_remainders', '');
SELECT pg_catalog.pg_extension_config_dump('chimera.block_reward_settings', '');
SELECT pg_catalog.pg_extension_config_dump('chimera.block_reward_settings_setting_id_seq', '');
