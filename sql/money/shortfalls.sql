-- shortfalls.sql: amounts paid out for blocks that have left the chain since.
--
-- The accountant records them when it takes a matured block's reward back
-- (sql/money/block_posting.sql), and the pool's own account bears them. The
-- operator decides whether they are recovered from later earnings or written
-- off. Until then, and while a block is missing from the chain, the network
-- pays nothing out: the pool may not have the coins.

CREATE TABLE chimera.shortfalls (
    block_id bigint NOT NULL REFERENCES chimera.blocks,
    account_id int NOT NULL,
    network_id uuid NOT NULL REFERENCES chimera.network_configs,
    amount_sats bigint NOT NULL CHECK (amount_sats > 0),
    recovery_began_at timestamptz,
    written_off_at timestamptz,
    reason text,
    PRIMARY KEY (block_id, account_id)
);
CREATE INDEX shortfalls_network_id_idx ON chimera.shortfalls (network_id, account_id);
COMMENT ON TABLE chimera.shortfalls IS
'Amounts that could not be taken back from accounts when a block left the chain after its reward had been paid '
'out; the pool''s own account bears them until they are recovered';
COMMENT ON COLUMN chimera.shortfalls.block_id IS 'The block';
COMMENT ON COLUMN chimera.shortfalls.account_id IS 'The account that has been paid; 0: donations';
COMMENT ON COLUMN chimera.shortfalls.network_id IS 'The block''s network';
COMMENT ON COLUMN chimera.shortfalls.amount_sats IS 'The amount that is still missing, in the coin''s smallest unit';
COMMENT ON COLUMN chimera.shortfalls.recovery_began_at IS
'When the operator decided to recover it from later earnings; NULL: not decided';
COMMENT ON COLUMN chimera.shortfalls.written_off_at IS
'When the operator decided that the pool bears it for good; NULL: not written off';
COMMENT ON COLUMN chimera.shortfalls.reason IS 'The operator''s reason';

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
    VALUES (taken.network_id, 'adjustment', format('shortfall of block %s recovered', taken.block_id))
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
'Internal: moves the part of a shortfall that an account has now to the pool''s own account; returns what is still '
'missing.';

CREATE FUNCTION chimera.recover_shortfalls(network text) RETURNS numeric
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    wanted CONSTANT uuid := chimera.network_id(network);
    missing chimera.shortfalls;
    rest numeric := 0;
BEGIN
    UPDATE chimera.shortfalls s SET recovery_began_at = now()
    WHERE s.network_id = wanted AND s.written_off_at IS NULL AND s.recovery_began_at IS NULL;
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
'Decides that the shortfalls of a network are recovered: moves them, as far as the balances of their accounts '
'allow, back to the pool''s own account; returns what is still missing, in the smallest unit. Payouts of the network '
'go on, but an account gets none while its shortfall is neither recovered, by further calls, nor written off. '
'Errors: 42704 for an unknown network.';

CREATE FUNCTION chimera.write_off_shortfalls(network text, reason text) RETURNS numeric
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    wanted CONSTANT uuid := chimera.network_id(network);
    written_off numeric;
BEGIN
    IF btrim(coalesce(write_off_shortfalls.reason, '')) = '' THEN
        RAISE EXCEPTION 'reason must not be empty' USING ERRCODE = 'invalid_parameter_value',
            HINT = 'The reason is stored in chimera.shortfalls.';
    END IF;
    WITH written AS (
        UPDATE chimera.shortfalls s SET written_off_at = now(), reason = btrim(write_off_shortfalls.reason)
        WHERE s.network_id = wanted AND s.written_off_at IS NULL RETURNING s.amount_sats)
    SELECT coalesce(sum(w.amount_sats), 0) INTO written_off FROM written w;
    RETURN written_off;
END;
$$;
COMMENT ON FUNCTION chimera.write_off_shortfalls(text, text) IS
'Makes the pool''s own account bear all shortfalls of a network for good; returns their sum, in the smallest unit. '
'Errors: 42704 for an unknown network, 22023 for a missing reason.';

-- ---------- payouts wait ----------

CREATE FUNCTION chimera.payout_obstacle(network_id uuid) RETURNS text
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    WITH obstacles AS (
        SELECT 1 AS place, format('confirmed blocks are missing from the chain: %s; block %s, height %s',
                                  count(*), min(b.block_id), (array_agg(b.height ORDER BY b.block_id))[1]) AS reason
        FROM chimera.blocks b WHERE b.network_id = $1 AND b.missing_since IS NOT NULL HAVING count(*) > 0
        UNION ALL
        -- the balances still contain their rewards
        SELECT 2, format('rewards of blocks that left the chain are not taken back yet: %s; block %s', count(*), min(b.block_id))
        FROM chimera.blocks b WHERE b.network_id = $1 AND b.status = 'orphaned' AND b.ledger_state = 'matured' HAVING count(*) > 0
        UNION ALL
        SELECT 3, format('shortfalls of %s accounts are undecided: see chimera.recover_shortfalls and chimera.write_off_shortfalls',
                         count(DISTINCT s.account_id))
        FROM chimera.shortfalls s
        WHERE s.network_id = $1 AND s.recovery_began_at IS NULL AND s.written_off_at IS NULL HAVING count(*) > 0
    )
    SELECT string_agg(o.reason, '; ' ORDER BY o.place) FROM obstacles o;
$$;
COMMENT ON FUNCTION chimera.payout_obstacle(uuid) IS
'Internal: why a network must not pay out now, because the pool may not have the coins: a confirmed block is missing '
'from the chain, its reward is not taken back yet, or the operator has not decided about its shortfalls. NULL: it may.';

SELECT pg_catalog.pg_extension_config_dump('chimera.shortfalls', '');
