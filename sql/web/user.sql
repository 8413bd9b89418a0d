-- user.sql: the routines of /user of the REST API, for signed-in users.
--
-- Each routine identifies the user with chimera.web_caller(), and shows or
-- changes only that user's own account.

-- ---------- statistics ----------

CREATE FUNCTION chimera.web_user_stats(session_hash bytea, network text DEFAULT NULL) RETURNS jsonb
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' SET jit = off
AS $$
    SELECT chimera.account_stats_json((chimera.web_caller(session_hash, false, false)).account_id,
        chimera.public_network_id(network));
$$;
COMMENT ON FUNCTION chimera.web_user_stats(bytea, text) IS
'GET /user/stats and /user/networks/stats: the caller''s statistics; see web_account(). Errors: 28000 as web_caller(), '
'42704 for an unknown network.';

CREATE FUNCTION chimera.web_user_hashrate(session_hash bytea, network text DEFAULT NULL, range text DEFAULT NULL)
    RETURNS jsonb
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' SET jit = off
AS $$
    SELECT chimera.account_hashrate_json((chimera.web_caller(session_hash, false, false)).account_id,
        chimera.public_network_id(network), range);
$$;
COMMENT ON FUNCTION chimera.web_user_hashrate(bytea, text, text) IS
'GET /user/hashrate: the caller''s hashrate; see web_account_hashrate(). Errors: 28000 as web_caller(), 42704 for an '
'unknown network, 22023 for an unknown range.';

CREATE FUNCTION chimera.web_user_workers(session_hash bytea, network text DEFAULT NULL, before bigint DEFAULT NULL, "limit" int DEFAULT NULL)
    RETURNS jsonb
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' SET jit = off
AS $$
    SELECT chimera.account_workers_json((chimera.web_caller(session_hash, false, false)).account_id,
        chimera.public_network_id(network), before, "limit");
$$;
COMMENT ON FUNCTION chimera.web_user_workers(bytea, text, bigint, int) IS
'GET /user/workers: the caller''s miners; see web_account_workers(). Errors: 28000 as web_caller(), 42704 for an unknown '
'network, 22023 for an invalid limit.';

CREATE FUNCTION chimera.web_user_balances(session_hash bytea, network text DEFAULT NULL) RETURNS jsonb
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' SET jit = off
AS $$
    SELECT chimera.account_balances_json((chimera.web_caller(session_hash, false, false)).account_id,
        chimera.public_network_id(network));
$$;
COMMENT ON FUNCTION chimera.web_user_balances(bytea, text) IS
'GET /user/balances: the caller''s balances; see web_account_balances(). Errors: 28000 as web_caller(), 42704 for an '
'unknown network.';

CREATE FUNCTION chimera.web_user_payouts(session_hash bytea, network text DEFAULT NULL, before bigint DEFAULT NULL, "limit" int DEFAULT NULL)
    RETURNS jsonb
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' SET jit = off
AS $$
    SELECT chimera.account_payouts_json((chimera.web_caller(session_hash, false, false)).account_id,
        chimera.public_network_id(network), before, "limit");
$$;
COMMENT ON FUNCTION chimera.web_user_payouts(bytea, text, bigint, int) IS
'GET /user/payouts: the caller''s payouts; see web_account_payouts(). Errors: 28000 as web_caller(), 42704 for an '
'unknown network, 22023 for an invalid limit.';

CREATE FUNCTION chimera.web_user_earnings(session_hash bytea, network text DEFAULT NULL, range text DEFAULT NULL)
    RETURNS jsonb
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' SET jit = off
AS $$
    SELECT chimera.account_earnings_json((chimera.web_caller(session_hash, false, false)).account_id,
        chimera.public_network_id(network), range);
$$;
COMMENT ON FUNCTION chimera.web_user_earnings(bytea, text, text) IS
'GET /user/earnings: the caller''s earnings; see web_account_earnings(). Errors: 28000 as web_caller(), 42704 for an '
'unknown network, 22023 for an unknown range.';

-- ---------- payout addresses and minimums ----------

CREATE FUNCTION chimera.act_as_caller(session_hash bytea, wants_admin boolean) RETURNS text
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    caller CONSTANT chimera.web_users := chimera.web_caller(session_hash, true, wants_admin);
    own_name CONSTANT text := (SELECT a.name FROM chimera.accounts a WHERE a.account_id = caller.account_id);
BEGIN
    PERFORM set_config('chimera.acting_user', 'web:' || own_name, true);
    RETURN own_name;
END;
$$;
COMMENT ON FUNCTION chimera.act_as_caller(bytea, boolean) IS
'Internal: authorizes a caller who changes something, and returns its account name. The histories name this user '
'(chimera.actor) until the calling routine returns, which therefore must have a SET chimera.acting_user. Errors: 28000, '
'42501 as web_caller().';

CREATE FUNCTION chimera.web_user_wallets(session_hash bytea) RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' SET jit = off
AS $$
DECLARE
    caller CONSTANT chimera.web_users := chimera.web_caller(session_hash, false, false);
BEGIN
    RETURN (
        WITH own AS (
            SELECT w.network_id, w.address, w.percent, w.valid_from, w.is_pending, w.source
            FROM chimera.account_wallets w WHERE w.account_id = caller.account_id
            UNION ALL
            -- the view applies the default to networks; this is the default itself
            SELECT NULL, w.address, w.percent, s.valid_from, false, 'default'
            FROM chimera.wallet_sets s JOIN chimera.wallets w USING (set_id)
            WHERE s.set_id = (SELECT max(f.set_id) FROM chimera.wallet_sets f
                              WHERE f.account_id = caller.account_id AND f.network_id IS NULL
                                AND f.valid_from <= now() AND f.cancelled_at IS NULL)
        )
        SELECT jsonb_build_object('items', coalesce(jsonb_agg(jsonb_build_object('network_id', g.network_id,
            'network', n.name, 'symbol', n.symbol, 'entries', g.entries, 'valid_from', g.valid_from,
            'is_pending', g.is_pending, 'source', g.source) ORDER BY n.name NULLS FIRST, g.is_pending), '[]'))
        FROM (SELECT o.network_id, o.valid_from, o.is_pending, o.source,
                     coalesce(jsonb_agg(jsonb_build_object('address', o.address, 'percent', o.percent)
                         ORDER BY o.percent DESC, o.address) FILTER (WHERE o.address IS NOT NULL), '[]') AS entries
              FROM own o GROUP BY 1, 2, 3, 4) g
        LEFT JOIN chimera.network_configs n USING (network_id));
END;
$$;
COMMENT ON FUNCTION chimera.web_user_wallets(bytea) IS
'GET /user/wallets: the caller''s payout addresses on each network, the default ones (network null), and the pending '
'changes of both. Errors: 28000 as web_caller().';

CREATE FUNCTION chimera.web_user_set_wallets(session_hash bytea, network text, addresses jsonb, percents jsonb DEFAULT NULL)
    RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET timezone = 'UTC'
    SET chimera.acting_user = ''
AS $$
DECLARE
    most_an_hour CONSTANT int := 20;
    owner CONSTANT text := chimera.act_as_caller(session_hash, false);
    new_id bigint;
BEGIN
    -- limited because sets are never deleted
    IF (SELECT count(*) FROM chimera.wallet_sets s
        WHERE s.account_id = chimera.account_id(owner) AND s.set_at > now() - interval '1 hour') >= most_an_hour
    THEN
        RAISE EXCEPTION 'wallets can be changed only % times per hour', most_an_hour
            USING ERRCODE = 'configuration_limit_exceeded';
    END IF;
    IF jsonb_typeof(addresses) IS DISTINCT FROM 'array' OR addresses @? '$[*] ? (@.type() != "string")' THEN
        RAISE EXCEPTION 'addresses must be an array of strings' USING ERRCODE = 'invalid_parameter_value';
    ELSIF jsonb_typeof(percents) NOT IN ('array', 'null')
       OR percents @? 'strict $[*] ? (@.type() != "number" || @ < 0 || @ > 100)'
    THEN
        RAISE EXCEPTION 'percents must be an array of numbers from 0 to 100' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    new_id := chimera.set_wallets(owner, chimera.public_network_id(network)::text,
        ARRAY(SELECT a FROM jsonb_array_elements_text(addresses) WITH ORDINALITY e (a, n) ORDER BY e.n),
        CASE WHEN jsonb_typeof(percents) = 'array'
             THEN ARRAY(SELECT p::numeric FROM jsonb_array_elements_text(percents) WITH ORDINALITY e (p, n) ORDER BY e.n) END);
    RETURN (SELECT jsonb_build_object('effective_at', s.valid_from) FROM chimera.wallet_sets s WHERE s.set_id = new_id);
END;
$$;
COMMENT ON FUNCTION chimera.web_user_set_wallets(bytea, text, jsonb, jsonb) IS
'PUT /user/wallets: sets the caller''s payout addresses on a network (NULL: the default ones) with set_wallets(), and '
'returns {"effective_at"}. Errors: 28000, 42501 as web_caller(), 42704 for an unknown network, 22023 with the reason for '
'invalid addresses or percents, 53400 after 20 changes in an hour.';

CREATE FUNCTION chimera.web_user_cancel_wallet_change(session_hash bytea, network text DEFAULT NULL) RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET timezone = 'UTC'
    SET chimera.acting_user = ''
AS $$
DECLARE
    owner CONSTANT text := chimera.act_as_caller(session_hash, false);
BEGIN
    RETURN jsonb_build_object('cancelled', chimera.cancel_wallet_change(owner, chimera.public_network_id(network)::text));
END;
$$;
COMMENT ON FUNCTION chimera.web_user_cancel_wallet_change(bytea, text) IS
'DELETE /user/wallets/pending: cancels the pending change of the caller''s addresses on a network (NULL: of the default '
'ones), and returns {"cancelled"}. Errors: 28000, 42501 as web_caller(), 42704 for an unknown network.';

CREATE FUNCTION chimera.web_user_set_minimum_payout(session_hash bytea, network text, minimum_payout_sats text)
    RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET timezone = 'UTC'
    SET chimera.acting_user = ''
AS $$
DECLARE
    owner CONSTANT text := chimera.act_as_caller(session_hash, false);
BEGIN
    IF network IS NULL THEN
        RAISE EXCEPTION 'network must not be null' USING ERRCODE = 'invalid_parameter_value';
    ELSIF minimum_payout_sats !~ '^[0-9]{1,18}$' THEN
        RAISE EXCEPTION 'minimum_payout_sats must be a whole number of the coin''s smallest unit'
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    PERFORM chimera.set_minimum_payout(owner, chimera.public_network_id(network)::text, minimum_payout_sats::bigint);
    RETURN '{}';
END;
$$;
COMMENT ON FUNCTION chimera.web_user_set_minimum_payout(bytea, text, text) IS
'PUT /user/minimum-payout: sets the balance from which the caller is paid on a network; NULL: the network''s own '
'minimum. Errors: 28000, 42501 as web_caller(), 42704 for an unknown network, 22023 for an invalid amount or one below '
'the network''s minimum.';

-- ---------- password ----------

CREATE FUNCTION chimera.web_user_password_hash(session_hash bytea) RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET timezone = 'UTC'
AS $$
DECLARE
    caller CONSTANT chimera.web_users := chimera.web_caller(session_hash, true, false, true);
    own_name CONSTANT text := (SELECT a.name FROM chimera.accounts a WHERE a.account_id = caller.account_id);
BEGIN
    -- a person at a signed-in browser must not be able to guess the password
    IF (SELECT count(*) FROM chimera.web_attempts a
        WHERE a.kind = 'password' AND a.name = own_name AND a.at > now() - interval '15 minutes') >= 10
    THEN
        RAISE EXCEPTION 'too many wrong passwords' USING ERRCODE = 'configuration_limit_exceeded',
            HINT = 'Try again in 15 minutes.';
    END IF;
    INSERT INTO chimera.web_attempts (kind, name, address) VALUES ('password', own_name, '');
    RETURN jsonb_build_object('password_hash', caller.password_hash);
END;
$$;
COMMENT ON FUNCTION chimera.web_user_password_hash(bytea) IS
'PUT /user/password, first part: returns the hash of the old password for comparison, {"password_hash"}. The attempt '
'counts as a wrong password until web_user_set_password() is called. Errors: 28000, 42501 as web_caller(), 53400 after '
'10 wrong passwords in 15 minutes.';

CREATE FUNCTION chimera.web_user_set_password(session_hash bytea, password_hash text) RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET timezone = 'UTC'
AS $$
DECLARE
    caller CONSTANT chimera.web_users := chimera.web_caller(session_hash, true, false, true);
BEGIN
    PERFORM chimera.check_password_hash(password_hash);
    PERFORM chimera.replace_web_password(caller.user_id, password_hash, session_hash);
    RETURN '{}';
END;
$$;
COMMENT ON FUNCTION chimera.web_user_set_password(bytea, text) IS
'PUT /user/password, second part, after the old password was verified: sets the caller''s new password. The user''s '
'other sessions end, its tokens remain valid. Errors: 28000, 42501 as web_caller(), 22023 for an invalid Argon2id hash.';

-- ---------- tokens ----------

CREATE FUNCTION chimera.web_user_tokens(session_hash bytea) RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET timezone = 'UTC'
AS $$
DECLARE
    caller CONSTANT chimera.web_users := chimera.web_caller(session_hash, false, false);
BEGIN
    RETURN (SELECT jsonb_build_object('items', coalesce(jsonb_agg(jsonb_build_object(
                'token_id', t.token_id::text, 'name', t.name, 'scope', t.scope, 'created_at', t.created_at,
                'last_used_at', t.last_used_at, 'expires_at', t.expires_at) ORDER BY t.token_id), '[]'))
            FROM chimera.web_tokens t WHERE t.user_id = caller.user_id);
END;
$$;
COMMENT ON FUNCTION chimera.web_user_tokens(bytea) IS
'GET /user/tokens: the caller''s API tokens, including expired ones, without their secrets. Errors: 28000 as web_caller().';

CREATE FUNCTION chimera.web_user_add_token(session_hash bytea, token_hash bytea, name text, scope text,
    expires_in_days int DEFAULT NULL) RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET timezone = 'UTC'
AS $$
DECLARE
    most CONSTANT int := 50;
    caller CONSTANT chimera.web_users := chimera.web_caller(session_hash, true, false, true);
    new_id bigint;
BEGIN
    IF (name ~ '^[^[:cntrl:]]{1,64}$' AND btrim(name) <> '') IS NOT TRUE THEN
        RAISE EXCEPTION 'the token''s name must have 1 to 64 characters' USING ERRCODE = 'invalid_parameter_value';
    ELSIF (scope IN ('read', 'write')) IS NOT TRUE THEN
        RAISE EXCEPTION 'scope must be read or write' USING ERRCODE = 'invalid_parameter_value';
    ELSIF expires_in_days NOT BETWEEN 1 AND 3650 THEN
        RAISE EXCEPTION 'expires_in_days must be from 1 to 3650, or null' USING ERRCODE = 'invalid_parameter_value';
    ELSIF (SELECT count(*) FROM chimera.web_tokens t WHERE t.user_id = caller.user_id) >= most THEN
        RAISE EXCEPTION 'an account can have at most % tokens', most
            USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Revoke a token that you no longer use.';
    END IF;
    INSERT INTO chimera.web_tokens AS t (user_id, name, token_hash, scope, expires_at)
    VALUES (caller.user_id, btrim(web_user_add_token.name), web_user_add_token.token_hash, web_user_add_token.scope,
            now() + make_interval(days => expires_in_days))
    RETURNING t.token_id INTO new_id;
    RETURN jsonb_build_object('token_id', new_id::text);
END;
$$;
COMMENT ON FUNCTION chimera.web_user_add_token(bytea, bytea, text, text, int) IS
'POST /user/tokens: stores an API token, given as its SHA-256, of scope read or write, that expires after '
'expires_in_days (NULL: never), and returns {"token_id"}. Errors: 28000, 42501 as web_caller(), 22023 for an invalid '
'name, scope or number of days, 55000 for more than 50 tokens.';

CREATE FUNCTION chimera.web_user_revoke_token(session_hash bytea, token_id bigint) RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET timezone = 'UTC'
AS $$
DECLARE
    caller CONSTANT chimera.web_users := chimera.web_caller(session_hash, true, false);
BEGIN
    DELETE FROM chimera.web_tokens t WHERE t.token_id = web_user_revoke_token.token_id AND t.user_id = caller.user_id;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'token % does not exist', token_id USING ERRCODE = 'undefined_object';
    END IF;
    RETURN '{}';
END;
$$;
COMMENT ON FUNCTION chimera.web_user_revoke_token(bytea, bigint) IS
'DELETE /user/tokens/:token_id: revokes one of the caller''s tokens. Errors: 28000, 42501 as web_caller(), 42704 if the '
'caller does not have the token.';
