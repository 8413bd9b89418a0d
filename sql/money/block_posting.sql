-- block_posting.sql: what blocks and shares move in the ledger, and the audit of it.
--
-- The accountant calls post_blocks() and post_pps_shares(). Each block's step
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
    from_share_id bigint
);
ALTER SEQUENCE chimera.reward_settings_setting_id_seq OWNED BY chimera.reward_settings.setting_id;
CREATE INDEX reward_settings_network_id_idx ON chimera.reward_settings (network_id, from_share_id, setting_id);
COMMENT ON TABLE chimera.reward_settings IS 'The reward schemes of a network, present and past; a network without one credits nothing until it has one';
COMMENT ON COLUMN chimera.reward_settings.setting_id IS 'The setting''s number';
COMMENT ON COLUMN chimera.reward_settings.network_id IS 'Whose scheme it is';
COMMENT ON COLUMN chimera.reward_settings.scheme IS 'pplns, prop, solo, pps, pps+, fpps, score or slice';
COMMENT ON COLUMN chimera.reward_settings.parameters IS 'The scheme''s parameters: see chimera.check_reward_parameters';
COMMENT ON COLUMN chimera.reward_settings.reason IS 'Why it was set';
COMMENT ON COLUMN chimera.reward_settings.set_by IS 'Who set it';
COMMENT ON COLUMN chimera.reward_settings.set_at IS 'When it was set';
COMMENT ON COLUMN chimera.reward_settings.after_block_id IS 'The network''s last block when it was set; the first one after it still goes by the setting before';
COMMENT ON COLUMN chimera.reward_settings.from_share_id IS 'It is in force for shares and blocks with a higher share_id; NULL until the block that it waits for is found. Of several from the same share on, the last one counts';

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
'Which setting is in force for which of a network''s shares: from_share_id < share_id <= to_share_id.';

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
'Internal: the reward scheme of a network, in force or waiting, that can''t do without the fees of each job; NULL: it has none such.';

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
        RAISE EXCEPTION 'reward scheme % needs the fees of each job', scheme
            USING ERRCODE = 'object_not_in_prerequisite_state',
                DETAIL = 'There are jobs whose template did not tell them.',
                HINT = 'Use a node that tells the fee of each transaction in getblocktemplate; shares of older jobs leave by share_retention.';
    END IF;
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
'Sets how a network''s rewards are shared out; returns the setting_id. The first setting holds for everything; a later one from the network''s next block on, whose round still ends by the old one. Errors: 42704 for an unknown network, 22023 for an unknown scheme or wrong parameters, 55000 for one that needs the fees of jobs where a node did not tell them.';

CREATE FUNCTION chimera.correct_reward_scheme(network text, parameters jsonb, reason text) RETURNS int
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    wanted CONSTANT uuid := chimera.network_id(network);
    present record;
    new_id int;
BEGIN
    IF btrim(coalesce(reason, '')) = '' THEN
        RAISE EXCEPTION 'a reason is needed' USING ERRCODE = 'invalid_parameter_value',
            HINT = 'It is kept in chimera.reward_settings.';
    END IF;
    -- who credits a block or pays shares holds it too: nobody is half way
    PERFORM FROM chimera.network_configs n WHERE n.network_id = wanted FOR UPDATE;
    SELECT * INTO present FROM chimera.reward_ranges(wanted) r ORDER BY r.from_share_id DESC LIMIT 1;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'network "%" has no reward scheme in force', network
            USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Use chimera.set_reward_scheme().';
    END IF;
    PERFORM chimera.check_reward_parameters(present.scheme, correct_reward_scheme.parameters);
    -- what has been credited and paid stays as it was
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
'Changes the parameters of the scheme that is in force at once: for all blocks after the last one credited, and where shares are paid as they come, for all that have not been paid. For mistakes; chimera.set_reward_scheme() is the way to change a scheme that miners know. Returns the setting_id of the new setting, beside which the old one stays. Errors: 42704 for an unknown network, 22023 for wrong parameters or no reason, 55000 when no scheme is in force.';

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
COMMENT ON TABLE chimera.block_reward_settings IS 'Reward schemes that an operator has given to single blocks in place of their network''s, by chimera.set_block_reward_scheme(); the last one of a block counts; never changed';
COMMENT ON COLUMN chimera.block_reward_settings.setting_id IS 'The setting''s number';
COMMENT ON COLUMN chimera.block_reward_settings.block_id IS 'Which block';
COMMENT ON COLUMN chimera.block_reward_settings.scheme IS 'Its scheme, as in reward_settings';
COMMENT ON COLUMN chimera.block_reward_settings.parameters IS 'The scheme''s parameters: see chimera.check_reward_parameters';
COMMENT ON COLUMN chimera.block_reward_settings.reason IS 'Why';
COMMENT ON COLUMN chimera.block_reward_settings.set_by IS 'Who set it';
COMMENT ON COLUMN chimera.block_reward_settings.set_at IS 'When';
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
'By which scheme a block''s reward is shared out: its own, or else its network''s that is in force for its share; no row before there is one.';

CREATE FUNCTION chimera.set_block_reward_scheme(block_id bigint, scheme text, parameters jsonb, reason text) RETURNS int
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    block record;
    new_id int;
BEGIN
    PERFORM chimera.check_reward_parameters(scheme, parameters);
    IF btrim(coalesce(reason, '')) = '' THEN
        RAISE EXCEPTION 'a reason is needed' USING ERRCODE = 'invalid_parameter_value',
            HINT = 'It is kept in chimera.block_reward_settings.';
    END IF;
    -- the accountant holds it while it credits the block
    SELECT b.ledger_state INTO block FROM chimera.blocks b WHERE b.block_id = set_block_reward_scheme.block_id FOR UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'block % does not exist', block_id USING ERRCODE = 'no_data_found';
    ELSIF block.ledger_state <> 'none' THEN
        RAISE EXCEPTION 'block % has been credited', block_id
            USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'chimera.adjust_balance() moves what should be elsewhere.';
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
'Lets a block that has not been credited be shared out by another scheme or other parameters than its network''s, such as one that can''t be credited by those; the accountant then tries it again. Shares that were paid as they came count for no block. Returns the setting_id; block_reward_settings keeps the reason. Errors: P0002 for an unknown block, 22023 for an unknown scheme, wrong parameters or no reason, 55000 for a block that has been credited.';

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
'Internal: shares a block''s reward out, immature. Part of chimera.post_blocks.';

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
'Internal: makes what a block credited spendable (maturity) or takes back exactly that (orphan). Part of chimera.post_blocks. Errors: P0002 for a block that was not credited.';

-- ---------- blocks that leave the chain after they were spendable ----------

CREATE TABLE chimera.shortfalls (
    block_id bigint NOT NULL REFERENCES chimera.blocks,
    account_id int NOT NULL,
    network_id uuid NOT NULL REFERENCES chimera.network_configs,
    amount_sats bigint NOT NULL CHECK (amount_sats > 0),
    written_off_at timestamptz,
    reason text,
    PRIMARY KEY (block_id, account_id)
);
CREATE INDEX shortfalls_network_id_idx ON chimera.shortfalls (network_id, account_id);
COMMENT ON TABLE chimera.shortfalls IS 'What could not be taken back from accounts when a block left the chain after its reward had been paid out: the pool''s own account bears it until it is recovered';
COMMENT ON COLUMN chimera.shortfalls.block_id IS 'The block';
COMMENT ON COLUMN chimera.shortfalls.account_id IS 'Who has been paid; 0: whom the pool donates to';
COMMENT ON COLUMN chimera.shortfalls.network_id IS 'Its network';
COMMENT ON COLUMN chimera.shortfalls.amount_sats IS 'What is still missing, in the coin''s smallest unit';
COMMENT ON COLUMN chimera.shortfalls.written_off_at IS 'When the operator decided that the pool bears it for good; NULL: not yet';
COMMENT ON COLUMN chimera.shortfalls.reason IS 'Why, in the operator''s words';

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
    -- what they hold now decides what can be taken, so it stays until the end
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
           CASE WHEN missing > 0 THEN format('left the chain when %s of it had been paid out, which the pool bears', missing)
                ELSE 'left the chain when it had been spendable' END
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
'Internal: takes a spendable block''s reward back from whoever has it still; the rest, which has been paid out, from the pool''s own account, and notes it in chimera.shortfalls. Part of chimera.post_blocks. Errors: P0002 for a block that was not credited.';

CREATE FUNCTION chimera.take_shortfall(taken chimera.shortfalls) RETURNS numeric
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    owner CONSTANT chimera.ledger_account := CASE WHEN taken.account_id = 0 THEN 'donation' ELSE 'balance' END;
    amount bigint;
    new_id bigint;
BEGIN
    SELECT least(b.amount_sats, taken.amount_sats) INTO amount FROM chimera.balances b
    WHERE b.network_id = taken.network_id AND b.account = owner AND b.account_id = taken.account_id FOR UPDATE;
    IF coalesce(amount, 0) <= 0 THEN
        RETURN taken.amount_sats;
    END IF;
    INSERT INTO chimera.ledger_transactions (network_id, kind, memo)
    VALUES (taken.network_id, 'adjustment', format('what the pool bore for block %s', taken.block_id))
    RETURNING transaction_id INTO new_id;
    INSERT INTO chimera.ledger_entries (transaction_id, network_id, account, account_id, amount_sats)
    VALUES (new_id, taken.network_id, owner, nullif(taken.account_id, 0), -amount), (new_id, taken.network_id, 'pool', NULL, amount);
    IF amount = taken.amount_sats THEN
        DELETE FROM chimera.shortfalls s WHERE (s.block_id, s.account_id) = (taken.block_id, taken.account_id);
    ELSE
        UPDATE chimera.shortfalls s SET amount_sats = s.amount_sats - amount
        WHERE (s.block_id, s.account_id) = (taken.block_id, taken.account_id);
    END IF;
    RETURN taken.amount_sats - amount;
END;
$$;
COMMENT ON FUNCTION chimera.take_shortfall(chimera.shortfalls) IS
'Internal: moves what an account has of a shortfall to the pool''s own account; returns what is still missing.';

CREATE FUNCTION chimera.recover_shortfalls(network text) RETURNS numeric
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    wanted CONSTANT uuid := chimera.network_id(network);
    missing chimera.shortfalls;
    rest numeric := 0;
BEGIN
    FOR missing IN
        SELECT * FROM chimera.shortfalls s WHERE s.network_id = wanted AND s.written_off_at IS NULL
        ORDER BY s.account_id, s.block_id FOR UPDATE
    LOOP
        rest := rest + chimera.take_shortfall(missing);
    END LOOP;
    RETURN rest;
END;
$$;
COMMENT ON FUNCTION chimera.recover_shortfalls(text) IS
'Takes from the balances of accounts what they had been paid for blocks that left the chain afterwards, as far as they have it now, back to the pool''s own account; returns what is still missing, in the smallest unit. Errors: 42704 for an unknown network.';

CREATE FUNCTION chimera.write_off_shortfalls(network text, reason text) RETURNS numeric
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    wanted CONSTANT uuid := chimera.network_id(network);
    written_off numeric;
BEGIN
    IF btrim(coalesce(write_off_shortfalls.reason, '')) = '' THEN
        RAISE EXCEPTION 'a reason is needed' USING ERRCODE = 'invalid_parameter_value',
            HINT = 'It is kept in chimera.shortfalls.';
    END IF;
    WITH written AS (
        UPDATE chimera.shortfalls s SET written_off_at = now(), reason = btrim(write_off_shortfalls.reason)
        WHERE s.network_id = wanted AND s.written_off_at IS NULL RETURNING s.amount_sats)
    SELECT coalesce(sum(w.amount_sats), 0) INTO written_off FROM written w;
    RETURN written_off;
END;
$$;
COMMENT ON FUNCTION chimera.write_off_shortfalls(text, text) IS
'Lets the pool''s own account bear for good what accounts were paid for blocks that left the chain; returns how much that is, in the smallest unit. Errors: 42704 for an unknown network, 22023 without a reason.';

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
            -- one that has returned: who was paid for it before has it twice now, and the pool what it bore
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
'Internal: brings the ledger up to what has become of one block; returns how many steps that took. Part of chimera.post_blocks. Errors: P0002 for an unknown block, 55000 when its shares are gone.';

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
    -- in the order in which they were found; those that another accountant is at are its
    FOR block IN
        SELECT b.block_id, b.network_id
        FROM chimera.blocks b
        WHERE b.network_id = coalesce(post_blocks.network_id, b.network_id)
          AND NOT chimera.is_posted(b.status, b.ledger_state) AND b.ledger_problem IS NULL
          AND b.share_id IS NOT NULL AND chimera.shares_are_settled(b.settles_after)
          AND (EXISTS (SELECT FROM chimera.reward_settings s
                       WHERE s.network_id = b.network_id AND s.from_share_id < b.share_id)
               OR EXISTS (SELECT FROM chimera.block_reward_settings o WHERE o.block_id = b.block_id))
          -- a setting that may be the block's must be in force first
          AND NOT EXISTS (SELECT FROM chimera.reward_settings s
                          WHERE s.network_id = b.network_id AND s.from_share_id IS NULL AND s.after_block_id < b.block_id
                            AND b.ledger_state = 'none')
        ORDER BY b.block_id LIMIT 1000 FOR UPDATE SKIP LOCKED
    LOOP
        -- a setting is being changed: its block's turn comes later
        PERFORM FROM chimera.network_configs n WHERE n.network_id = block.network_id FOR KEY SHARE SKIP LOCKED;
        CONTINUE WHEN NOT FOUND;
        -- one that can't be credited holds up no other
        BEGIN
            steps := steps + chimera.post_block(block.block_id);
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
COMMENT ON FUNCTION chimera.post_blocks(uuid) IS
'Brings the ledger up to what has become of the blocks of a network (NULL: of each): credits those accepted, makes those confirmed spendable, takes back those orphaned; returns how many steps that took. A block of which that fails has the reason in ledger_problem and waits for chimera.retry_posting. The accountant calls it.';

CREATE FUNCTION chimera.retry_posting(block_id bigint) RETURNS boolean
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    WITH retried AS (
        UPDATE chimera.blocks b SET ledger_problem = NULL
        WHERE b.block_id = retry_posting.block_id AND b.ledger_problem IS NOT NULL RETURNING 1)
    SELECT EXISTS (SELECT FROM retried);
$$;
COMMENT ON FUNCTION chimera.retry_posting(bigint) IS
'Lets the accountant try again what it could not do with a block; false when nothing was wrong with it.';

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
COMMENT ON TABLE chimera.pps_progress IS 'Up to which share a network''s shares have been paid where they are paid as they come (PPS)';
COMMENT ON COLUMN chimera.pps_progress.network_id IS 'Whose shares they are';
COMMENT ON COLUMN chimera.pps_progress.share_id IS 'Shares up to it are accounted for';
COMMENT ON COLUMN chimera.pps_progress.taken_at IS 'When that horizon was taken';
COMMENT ON COLUMN chimera.pps_progress.next_share_id IS 'The next horizon, NULL before it is taken';
COMMENT ON COLUMN chimera.pps_progress.next_settles_after IS 'By which it is seen that all shares up to it are there';
COMMENT ON COLUMN chimera.pps_progress.next_taken_at IS 'When it was taken';
COMMENT ON COLUMN chimera.pps_progress.problem IS 'Why the shares up to the next horizon could not be paid; they are tried again each minute; NULL: nothing is wrong';

CREATE TABLE chimera.pps_remainders (
    network_id uuid NOT NULL REFERENCES chimera.network_configs ON DELETE CASCADE,
    account chimera.ledger_account NOT NULL CHECK (account IN ('balance', 'donation')),
    account_id int NOT NULL,
    fraction_sats numeric NOT NULL CHECK (fraction_sats >= 0 AND fraction_sats < 1),
    PRIMARY KEY (network_id, account, account_id)
);
COMMENT ON TABLE chimera.pps_remainders IS 'What is owed for shares beyond whole units: carried until it makes one';
COMMENT ON COLUMN chimera.pps_remainders.network_id IS 'Whose coin it is';
COMMENT ON COLUMN chimera.pps_remainders.account IS 'balance, or donation';
COMMENT ON COLUMN chimera.pps_remainders.account_id IS 'Whose; 0 for donation';
COMMENT ON COLUMN chimera.pps_remainders.fraction_sats IS 'The part of the coin''s smallest unit';

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
'Internal: pays a range of shares out of the pool''s own account. Part of chimera.post_pps_shares.';

CREATE FUNCTION chimera.pay_to_horizon(progress chimera.pps_progress) RETURNS int
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    piece record;
    paid int := 0;
BEGIN
    PERFORM chimera.begin_reward_settings(progress.network_id);
    -- the block at which a setting begins is there, but may not be the first one yet: which shares are whose is not known
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
'Internal: pays a network''s shares up to the next horizon, which is settled; returns how many ranges, NULL when it has to wait for a setting. Part of chimera.post_pps_shares.';

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
        -- a setting is being changed: its turn comes later
        PERFORM FROM chimera.network_configs n WHERE n.network_id = progress.network_id FOR KEY SHARE SKIP LOCKED;
        CONTINUE WHEN NOT FOUND;
        IF chimera.shares_are_settled(progress.next_settles_after) THEN
            -- one whose shares can't be paid holds up no other
            BEGIN
                paid := paid + coalesce(chimera.pay_to_horizon(progress), 0);
            EXCEPTION WHEN OTHERS THEN
                GET STACKED DIAGNOSTICS why = MESSAGE_TEXT;
                UPDATE chimera.pps_progress a SET problem = why WHERE a.network_id = progress.network_id;
                RAISE WARNING 'shares up to % of network % are not paid: %', progress.next_share_id, progress.network_id, why;
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
'Pays the shares of a network (NULL: of each) whose scheme pays by share, up to the last settled horizon, each once; returns how many ranges. A network of which that fails has the reason in pps_progress.problem, and is tried again at the next call. The accountant calls it.';

-- ---------- shares that are gone too early ----------

CREATE FUNCTION chimera.retention_problem(network_id uuid) RETURNS text
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '100ms'
AS $$
DECLARE
    wanted CONSTANT uuid := retention_problem.network_id;
    gone_until CONSTANT timestamptz := (SELECT d.dropped_until FROM chimera.expired_shares d WHERE d.network_id = wanted);
    present record;
    began timestamptz;
BEGIN
    SELECT * INTO present FROM chimera.current_scheme(wanted);
    IF gone_until IS NULL OR present.scheme IS NULL OR present.scheme IN ('solo', 'pps', 'fpps') THEN
        RETURN NULL;
    END IF;
    -- rounds, and windows, begin no earlier
    SELECT max(b.found_at) INTO began FROM chimera.blocks b
    WHERE b.network_id = wanted AND b.share_id IS NOT NULL
      AND (present.scheme IN ('prop', 'score')
           OR b.share_id = (SELECT max(r.to_share_id) FROM chimera.reward_ranges(wanted) r
                            WHERE chimera.pays_by_share(r.scheme) AND NOT (r.scheme = 'pps+' AND present.scheme = 'pps+')));
    IF began >= gone_until OR (present.scheme NOT IN ('prop', 'score') AND
           chimera.rolled_up_difficulty(wanted, gone_until, 'infinity')
           >= coalesce((present.parameters -> 'window')::numeric, 2) * present.network_difficulty) THEN
        RETURN NULL;
    END IF;
    RETURN format('the %s of a block found now began before %s UTC, and shares of before are dropped: it would not be credited, raise share_retention',
                  CASE WHEN present.scheme IN ('prop', 'score') THEN 'round' ELSE 'window' END,
                  to_char(gone_until AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI'));
-- health must answer while somebody locks the jobs, and says that itself
EXCEPTION WHEN lock_not_available THEN
    RETURN NULL;
END;
$$;
COMMENT ON FUNCTION chimera.retention_problem(uuid) IS
'Why a block that a network found now could not be credited: its window or round reaches beyond the shares that are kept; NULL: it could. By the rollups, so about.';

-- ---------- what the pool has of its own ----------

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
'What each network''s pool has of its own and owes to others. Paying shares as they come, and adjustments, may bring it below zero, which is no mistake in the books, but is paid out of the operator''s pocket; health tells where it is beyond the reserve';
COMMENT ON COLUMN chimera.pool_accounts.network_id IS 'Which network';
COMMENT ON COLUMN chimera.pool_accounts.network IS 'Its short name';
COMMENT ON COLUMN chimera.pool_accounts.pool_sats IS 'The pool''s own account: fees, and blocks less what was paid for shares; all in the coin''s smallest unit';
COMMENT ON COLUMN chimera.pool_accounts.pool_immature_sats IS 'The same of blocks that are not confirmed yet';
COMMENT ON COLUMN chimera.pool_accounts.pool_reserve_sats IS 'What the operator has put into the wallet for that: network_configs.pool_reserve_sats';
COMMENT ON COLUMN chimera.pool_accounts.owed_sats IS 'What accounts, payouts under way and donations have to get of what is spendable';
COMMENT ON COLUMN chimera.pool_accounts.is_covered IS 'Whether the pool''s own account is above zero, or no further below than the reserve';

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
        -- what was counted stays in the variable; the locks of the partitions, of all blocks too many, go
        RAISE SQLSTATE 'CHI01';
    EXCEPTION
    WHEN SQLSTATE 'CHI01' THEN NULL;
    WHEN SQLSTATE '55C01' THEN
        counted := '[{"kind": "dropped"}]';
    WHEN object_not_in_prerequisite_state OR data_exception THEN
        RETURN; -- nobody has worked, which is a deviation where somebody was credited
    END;
    RETURN QUERY SELECT r.account_id, r.amount_sats, r.kind
    FROM jsonb_to_recordset(counted) r (account_id int, amount_sats bigint, kind text);
END;
$$;
COMMENT ON FUNCTION chimera.recount_block(bigint, text, jsonb) IS
'Internal: as chimera.rewards_of_block, but a row of kind dropped where shares that count have been dropped, and none where no work is found. Part of chimera.audit.';

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
          -- nothing to compare with where a share of its window is gone
          AND NOT EXISTS (SELECT FROM recounted r WHERE r.transaction_id = c.transaction_id AND r.is_dropped)
        GROUP BY 1, 2
    )
    SELECT 'every block is accounted for', w.name, format('block %s: %s', b.block_id, b.ledger_problem), NULL, NULL
    FROM wanted w JOIN chimera.blocks b USING (network_id) WHERE b.ledger_problem IS NOT NULL
    UNION ALL
    SELECT 'a transaction sums to zero', u.name, format('transaction %s', u.transaction_id), 0::numeric, u.sum FROM unbalanced u
    UNION ALL
    SELECT 'a transaction has entries', w.name, format('transaction %s', t.transaction_id), NULL, NULL
    FROM wanted w JOIN chimera.ledger_transactions t USING (network_id)
    WHERE NOT EXISTS (SELECT FROM chimera.ledger_entries e WHERE e.transaction_id = t.transaction_id)
      -- a block may be worth nothing
      AND NOT EXISTS (SELECT FROM chimera.blocks b WHERE b.block_id = t.block_id AND b.reward_sats = 0)
    UNION ALL
    SELECT 'an entry is of its transaction''s network', w.name, format('entry %s', e.entry_id), NULL, NULL
    FROM wanted w JOIN chimera.ledger_transactions t USING (network_id)
    JOIN chimera.ledger_entries e ON e.transaction_id = t.transaction_id AND e.network_id <> t.network_id
    UNION ALL
    SELECT 'nobody has less than nothing', w.name, format('%s of account %s', k.account, k.account_id), 0, k.sats
    FROM kept k JOIN wanted w USING (network_id) WHERE k.sats < 0 AND NOT chimera.may_be_negative(k.account)
    UNION ALL
    SELECT 'a confirmed block is in the chain', w.name, format('block %s: another is at height %s since %s UTC', b.block_id, b.height,
               to_char(b.missing_since AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI')), NULL, NULL
    FROM wanted w JOIN chimera.blocks b USING (network_id) WHERE b.missing_since IS NOT NULL
    UNION ALL
    SELECT 'what left the chain was taken back', w.name, format('block %s, account %s', s.block_id, s.account_id), 0, s.amount_sats
    FROM wanted w JOIN chimera.shortfalls s USING (network_id) WHERE s.written_off_at IS NULL
    UNION ALL
    SELECT 'wallets are whole', a.name, format('wallet set %s', s.set_id), 100, sum(v.percent)
    FROM chimera.wallets v JOIN chimera.wallet_sets s USING (set_id) JOIN chimera.accounts a USING (account_id)
    WHERE audit.network IS NULL OR s.network_id IN (SELECT w.network_id FROM wanted w)
    GROUP BY a.name, s.set_id HAVING sum(v.percent) <> 100
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
    SELECT 'a credit equals a recount of the shares', c.name, format('block %s, account %s', c.block_id, account_id),
           coalesce(r.sats, 0), coalesce(e.sats, 0)
    FROM entered e FULL JOIN (SELECT * FROM recounted WHERE NOT is_dropped) r USING (transaction_id, account_id)
    JOIN credits c USING (transaction_id)
    WHERE coalesce(r.sats, 0) <> coalesce(e.sats, 0)
    UNION ALL
    SELECT p.check_name, w.name, p.subject, p.expected, p.found
    FROM wanted w CROSS JOIN LATERAL chimera.audit_payouts(w.network_id) p;
$$;
COMMENT ON FUNCTION chimera.audit(text) IS
'Recounts the ledger of a network (NULL: of all) from its entries, blocks, shares and payouts; a row for each deviation, so none is what an operator wants. Amounts in the smallest unit. A block is recounted while all shares of its window or round are there, and checked against its reward only from then on. Whether the pool has paid more than its blocks brought is no matter of right books: see chimera.pool_accounts. Errors: 42704 for an unknown network.';

REVOKE ALL ON FUNCTION chimera.set_reward_scheme(text, text, jsonb, text), chimera.begin_reward_settings(uuid),
    chimera.reward_ranges(uuid), chimera.scheme_that_needs_fees(uuid), chimera.correct_reward_scheme(text, jsonb, text),
    chimera.reward_setting_of(bigint), chimera.set_block_reward_scheme(bigint, text, jsonb, text),
    chimera.retention_problem(uuid), chimera.pay_to_horizon(chimera.pps_progress), chimera.recount_block(bigint, text, jsonb),
    chimera.credit_block(bigint), chimera.move_block(bigint, chimera.ledger_kind), chimera.post_block(bigint),
    chimera.reverse_matured_block(bigint), chimera.take_shortfall(chimera.shortfalls), chimera.recover_shortfalls(text),
    chimera.write_off_shortfalls(text, text),
    chimera.unposted_networks(), chimera.post_blocks(uuid), chimera.retry_posting(bigint),
    chimera.pay_shares(uuid, bigint, bigint, text, jsonb, timestamptz, timestamptz), chimera.post_pps_shares(uuid),
    chimera.audit(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION chimera.set_reward_scheme(text, text, jsonb, text), chimera.retry_posting(bigint),
    chimera.recover_shortfalls(text), chimera.write_off_shortfalls(text, text),
    chimera.correct_reward_scheme(text, jsonb, text), chimera.set_block_reward_scheme(bigint, text, jsonb, text),
    chimera.reward_ranges(uuid), chimera.reward_setting_of(bigint), chimera.audit(text) TO chimera_admin;
-- a view calls functions as whoever reads it
GRANT EXECUTE ON FUNCTION chimera.retention_problem(uuid) TO chimera_admin, chimera_reader;
GRANT SELECT ON chimera.pool_accounts, chimera.reward_settings, chimera.block_reward_settings, chimera.pps_progress, chimera.pps_remainders,
    chimera.shortfalls TO chimera_admin, chimera_reader;

SELECT pg_catalog.pg_extension_config_dump('chimera.reward_settings', '');
SELECT pg_catalog.pg_extension_config_dump('chimera.reward_settings_setting_id_seq', '');
SELECT pg_catalog.pg_extension_config_dump('chimera.pps_progress', '');
SELECT pg_catalog.pg_extension_config_dump('chimera.pps_remainders', '');
SELECT pg_catalog.pg_extension_config_dump('chimera.block_reward_settings', '');
SELECT pg_catalog.pg_extension_config_dump('chimera.block_reward_settings_setting_id_seq', '');
SELECT pg_catalog.pg_extension_config_dump('chimera.shortfalls', '');
