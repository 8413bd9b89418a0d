-- people.sql: an old pool's users, wallets and miners.
--
-- Each function adopts the next batch after a key and returns the last key
-- that it processed, or NULL if it found none. It skips rows that are already
-- adopted and tries refused ones again.

CREATE FUNCTION chimera.adopt_users(network_id uuid, after_key bigint, batch_size int) RETURNS bigint
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    old record;
    made_id int;
    reason text;
BEGIN
    FOR old IN
        SELECT u.id, u.name, u.created_at FROM pg_temp.legacy_users u
        WHERE u.id > after_key
          AND NOT EXISTS (SELECT FROM chimera.legacy_rows r WHERE r.source = 'users' AND r.legacy_id = u.id)
        ORDER BY u.id LIMIT batch_size
    LOOP
        made_id := NULL;
        reason := CASE
            WHEN old.name IS NULL THEN 'name is missing'
            WHEN old.name !~ '^[!-~]{1,128}$' THEN 'name is not 1 to 128 printable ASCII characters'
            WHEN strpos(old.name, '.') > 0 THEN 'name contains a dot, where the account in a user name would end' END;
        IF reason IS NULL THEN
            -- an account of that name that already mines at the new pool is the same
            INSERT INTO chimera.accounts (name, created_at)
            VALUES (old.name, CASE WHEN isfinite(old.created_at) THEN old.created_at ELSE now() END)
            ON CONFLICT (name) DO NOTHING;
            made_id := chimera.account_id(old.name);
            IF EXISTS (SELECT FROM chimera.legacy_rows r WHERE r.source = 'users' AND r.new_id = made_id) THEN
                reason := 'another user has this name';
            END IF;
        END IF;
        PERFORM chimera.record_legacy_row('users', old.id, NULL, made_id, reason, to_jsonb(old));
    END LOOP;
    RETURN old.id;
END;
$$;
COMMENT ON FUNCTION chimera.adopt_users(uuid, bigint, int) IS
'Internal: makes accounts from an old pool''s next users. Part of chimera.adopt_legacy.';

CREATE FUNCTION chimera.legacy_wallet_problem(network_id uuid, account_id int, addresses text[], percents numeric[]) RETURNS text
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF account_id IS NULL THEN
        RETURN 'user was not adopted';
    ELSIF EXISTS (SELECT FROM chimera.wallet_sets s WHERE s.account_id = $2 AND s.network_id = $1 AND s.cancelled_at IS NULL) THEN
        RETURN 'the account has set its own wallets meanwhile';
    END IF;
    PERFORM chimera.check_wallet_shares(addresses, percents);
    PERFORM chimera.check_wallet_addresses(network_id, addresses);
    RETURN NULL;
EXCEPTION WHEN invalid_parameter_value THEN
    RETURN 'addresses or percentages are not valid for the network';
END;
$$;
COMMENT ON FUNCTION chimera.legacy_wallet_problem(uuid, int, text[], numeric[]) IS
'Internal: why the wallets of an old pool''s user cannot be adopted; NULL: they can.';

CREATE FUNCTION chimera.adopt_wallets(network_id uuid, after_key bigint, batch_size int) RETURNS bigint
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    old record;
    made_id bigint;
    reason text;
BEGIN
    FOR old IN
        SELECT w.id, w.addresses, w.percents, u.new_id::int AS account_id
        FROM pg_temp.legacy_wallets w LEFT JOIN chimera.legacy_rows u ON u.source = 'users' AND u.legacy_id = w.id
        WHERE w.id > after_key
          AND NOT EXISTS (SELECT FROM chimera.legacy_rows r WHERE r.source = 'wallets' AND r.legacy_id = w.id)
        ORDER BY w.id LIMIT batch_size
    LOOP
        made_id := NULL;
        reason := chimera.legacy_wallet_problem(adopt_wallets.network_id, old.account_id, old.addresses, old.percents);
        IF reason IS NULL THEN
            INSERT INTO chimera.wallet_sets (account_id, network_id, set_by, reason, valid_from)
            VALUES (old.account_id, adopt_wallets.network_id, session_user, 'adopted from the old pool', now())
            RETURNING set_id INTO made_id;
            INSERT INTO chimera.wallets (set_id, address, percent)
            SELECT made_id, g.address, g.percent FROM unnest(old.addresses, old.percents) g (address, percent);
        END IF;
        PERFORM chimera.record_legacy_row('wallets', old.id, NULL, made_id, reason, to_jsonb(old));
    END LOOP;
    RETURN old.id;
END;
$$;
COMMENT ON FUNCTION chimera.adopt_wallets(uuid, bigint, int) IS
'Internal: makes wallets on a network from those of an old pool''s next users. Part of chimera.adopt_legacy.';

CREATE FUNCTION chimera.adopt_miners(network_id uuid, after_key bigint, batch_size int) RETURNS bigint
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    old record;
    made_id int;
    reason text;
BEGIN
    FOR old IN
        SELECT m.id, m.user_id, m.name, m.created_at, u.new_id::int AS account_id
        FROM pg_temp.legacy_miners m LEFT JOIN chimera.legacy_rows u ON u.source = 'users' AND u.legacy_id = m.user_id
        WHERE m.id > after_key
          AND NOT EXISTS (SELECT FROM chimera.legacy_rows r WHERE r.source = 'miners' AND r.legacy_id = m.id)
        ORDER BY m.id LIMIT batch_size
    LOOP
        made_id := NULL;
        reason := CASE
            WHEN old.user_id IS NULL THEN 'user is missing'
            WHEN old.account_id IS NULL THEN 'user was not adopted or does not exist'
            WHEN coalesce(old.name, '') !~ '^[ -~]{0,128}$' THEN 'name is longer than 128 characters or not printable ASCII' END;
        IF reason IS NULL THEN
            -- two rigs of the same account and name become one
            INSERT INTO chimera.miners (account_id, name, created_at)
            VALUES (old.account_id, chimera.rig_name(old.name), CASE WHEN isfinite(old.created_at) THEN old.created_at ELSE now() END)
            ON CONFLICT (account_id, name) DO NOTHING;
            SELECT m.miner_id INTO made_id FROM chimera.miners m
            WHERE m.account_id = old.account_id AND m.name = chimera.rig_name(old.name);
        END IF;
        PERFORM chimera.record_legacy_row('miners', old.id, NULL, made_id, reason, to_jsonb(old));
    END LOOP;
    RETURN old.id;
END;
$$;
COMMENT ON FUNCTION chimera.adopt_miners(uuid, bigint, int) IS
'Internal: makes miners from an old pool''s next miners. Part of chimera.adopt_legacy.';
