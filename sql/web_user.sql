-- web_user.sql: what a signed-in user asks for and sets (/user of the REST API).
--
-- Each routine finds out by chimera.web_caller() who calls, and does nothing
-- but for that user's own account.

-- ---------- password ----------

CREATE FUNCTION chimera.web_user_password_hash(session_hash bytea) RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET timezone = 'UTC'
AS $$
DECLARE
    caller CONSTANT chimera.web_users := chimera.web_caller(session_hash, true, false, true);
    own_name CONSTANT text := (SELECT a.name FROM chimera.accounts a WHERE a.account_id = caller.account_id);
BEGIN
    -- who finds a browser signed in must not find the password by trying
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
'PUT /user/password, its first part: the old password''s hash to compare with, {"password_hash"}. Counts as a wrong password until web_user_set_password() is called. Errors: 28000 without a session, 42501 for a token, 53400 after 10 in 15 minutes.';

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
'PUT /user/password, its second part: gives the user, whose old password was right, a new one; its other sessions end, its tokens stay. Errors: 28000 without a session, 42501 for a token, 22023 for what is no Argon2id hash.';

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
'GET /user/tokens: the user''s API tokens, those that have expired too, but not what lets them in. Errors: 28000 without a session.';

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
        RAISE EXCEPTION 'a token''s name has 1 to 64 characters' USING ERRCODE = 'invalid_parameter_value';
    ELSIF (scope IN ('read', 'write')) IS NOT TRUE THEN
        RAISE EXCEPTION 'a token''s scope is read or write' USING ERRCODE = 'invalid_parameter_value';
    ELSIF expires_in_days NOT BETWEEN 1 AND 3650 THEN
        RAISE EXCEPTION 'a token expires in 1 to 3650 days, or never' USING ERRCODE = 'invalid_parameter_value';
    ELSIF (SELECT count(*) FROM chimera.web_tokens t WHERE t.user_id = caller.user_id) >= most THEN
        RAISE EXCEPTION 'you have % tokens, and can have no more', most
            USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Revoke one that you do not use.';
    END IF;
    INSERT INTO chimera.web_tokens AS t (user_id, name, token_hash, scope, expires_at)
    VALUES (caller.user_id, btrim(web_user_add_token.name), web_user_add_token.token_hash, web_user_add_token.scope,
            now() + make_interval(days => expires_in_days))
    RETURNING t.token_id INTO new_id;
    RETURN jsonb_build_object('token_id', new_id::text);
END;
$$;
COMMENT ON FUNCTION chimera.web_user_add_token(bytea, bytea, text, text, int) IS
'POST /user/tokens: stores a token, given as its SHA-256, of scope read or write, that ends after so many days (NULL: when it is revoked); returns {"token_id"}. Errors: 28000 without a session, 42501 for a token, 22023 for a wrong name, scope or number of days, 55000 for more than 50 tokens.';

CREATE FUNCTION chimera.web_user_revoke_token(session_hash bytea, token_id bigint) RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET timezone = 'UTC'
AS $$
DECLARE
    caller CONSTANT chimera.web_users := chimera.web_caller(session_hash, true, false);
BEGIN
    DELETE FROM chimera.web_tokens t WHERE t.token_id = web_user_revoke_token.token_id AND t.user_id = caller.user_id;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'you have no token %', token_id USING ERRCODE = 'undefined_object';
    END IF;
    RETURN '{}';
END;
$$;
COMMENT ON FUNCTION chimera.web_user_revoke_token(bytea, bigint) IS
'DELETE /user/tokens/:token_id: ends a token of the user''s. Errors: 28000 without a session, 42501 for a token of scope read, 42704 for what is no token of the user''s.';

REVOKE ALL ON FUNCTION chimera.web_user_password_hash(bytea), chimera.web_user_set_password(bytea, text),
    chimera.web_user_tokens(bytea), chimera.web_user_add_token(bytea, bytea, text, text, int),
    chimera.web_user_revoke_token(bytea, bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION chimera.web_user_password_hash(bytea), chimera.web_user_set_password(bytea, text),
    chimera.web_user_tokens(bytea), chimera.web_user_add_token(bytea, bytea, text, text, int),
    chimera.web_user_revoke_token(bytea, bigint) TO chimera_web;
