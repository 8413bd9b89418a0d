-- users.sql: web users, their sessions and API tokens.
--
-- A web user is an account with a password. webd hashes passwords with Argon2id
-- and tokens with SHA-256; the database receives only the hashes, so neither the
-- tables nor the server's log contain anything to sign in with. No role may read
-- these tables.
--
-- A routine that changes something locks its user first (chimera.web_caller).
-- Therefore, after the call that ended a session or token has returned, nothing
-- more is done with it.

CREATE SEQUENCE chimera.web_users_user_id_seq AS int;
CREATE TABLE chimera.web_users (
    user_id int PRIMARY KEY DEFAULT nextval('chimera.web_users_user_id_seq'),
    account_id int NOT NULL UNIQUE REFERENCES chimera.accounts,
    password_hash text NOT NULL CHECK (password_hash ~ '^[$]argon2id[$]'),
    role text NOT NULL DEFAULT 'user' CHECK (role IN ('user', 'admin')),
    created_at timestamptz NOT NULL DEFAULT now(),
    disabled_at timestamptz
);
ALTER SEQUENCE chimera.web_users_user_id_seq OWNED BY chimera.web_users.user_id;
COMMENT ON TABLE chimera.web_users IS 'Accounts whose owners can sign in on the web, under the account''s name';
COMMENT ON COLUMN chimera.web_users.user_id IS 'The user''s number';
COMMENT ON COLUMN chimera.web_users.account_id IS 'The user''s account, whose page is no longer public';
COMMENT ON COLUMN chimera.web_users.password_hash IS 'Argon2id of the password, with its salt and parameters';
COMMENT ON COLUMN chimera.web_users.role IS 'user; or admin, who may also change networks and payouts';
COMMENT ON COLUMN chimera.web_users.created_at IS 'When the user signed up';
COMMENT ON COLUMN chimera.web_users.disabled_at IS 'When an operator disabled the user; NULL: not disabled';

CREATE TABLE chimera.web_sessions (
    session_hash bytea PRIMARY KEY CHECK (octet_length(session_hash) = 32),
    user_id int NOT NULL REFERENCES chimera.web_users ON DELETE CASCADE,
    created_at timestamptz NOT NULL DEFAULT now(),
    last_seen_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL
);
CREATE INDEX web_sessions_user_id_idx ON chimera.web_sessions (user_id);
CREATE INDEX web_sessions_expires_at_idx ON chimera.web_sessions (expires_at);
COMMENT ON TABLE chimera.web_sessions IS 'Sessions of signed-in browsers; dumps omit them';
COMMENT ON COLUMN chimera.web_sessions.session_hash IS 'SHA-256 of the cookie';
COMMENT ON COLUMN chimera.web_sessions.user_id IS 'The signed-in user';
COMMENT ON COLUMN chimera.web_sessions.created_at IS 'When the session began';
COMMENT ON COLUMN chimera.web_sessions.last_seen_at IS 'When the session was last used, to within about a minute';
COMMENT ON COLUMN chimera.web_sessions.expires_at IS 'When the session ends; each use postpones it';

CREATE SEQUENCE chimera.web_tokens_token_id_seq;
CREATE TABLE chimera.web_tokens (
    token_id bigint PRIMARY KEY DEFAULT nextval('chimera.web_tokens_token_id_seq'),
    user_id int NOT NULL REFERENCES chimera.web_users ON DELETE CASCADE,
    name text NOT NULL,
    token_hash bytea NOT NULL UNIQUE CHECK (octet_length(token_hash) = 32),
    scope text NOT NULL CHECK (scope IN ('read', 'write')),
    created_at timestamptz NOT NULL DEFAULT now(),
    last_used_at timestamptz,
    expires_at timestamptz
);
ALTER SEQUENCE chimera.web_tokens_token_id_seq OWNED BY chimera.web_tokens.token_id;
CREATE INDEX web_tokens_user_id_idx ON chimera.web_tokens (user_id);
COMMENT ON TABLE chimera.web_tokens IS 'API tokens, with which programs act for a user';
COMMENT ON COLUMN chimera.web_tokens.token_id IS 'The token''s number';
COMMENT ON COLUMN chimera.web_tokens.user_id IS 'The user for whom it acts';
COMMENT ON COLUMN chimera.web_tokens.name IS 'The name that its owner gave it';
COMMENT ON COLUMN chimera.web_tokens.token_hash IS 'SHA-256 of the token';
COMMENT ON COLUMN chimera.web_tokens.scope IS
'read: may only read; write: may also make changes, except set the password or create tokens';
COMMENT ON COLUMN chimera.web_tokens.created_at IS 'When it was created';
COMMENT ON COLUMN chimera.web_tokens.last_used_at IS 'When it was last used, to within about a minute; NULL: never';
COMMENT ON COLUMN chimera.web_tokens.expires_at IS 'When it expires; NULL: never';

-- unlogged: a crash may lose them
CREATE UNLOGGED TABLE chimera.web_attempts (
    kind text NOT NULL CHECK (kind IN ('sign_up', 'login', 'logged_in', 'password')),
    name text NOT NULL,
    address text NOT NULL,
    at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX web_attempts_name_idx ON chimera.web_attempts (name, kind, at);
CREATE INDEX web_attempts_address_idx ON chimera.web_attempts (address, kind, at);
CREATE INDEX web_attempts_at_idx ON chimera.web_attempts (at) WHERE kind <> 'logged_in';
CREATE INDEX web_attempts_logged_in_at_idx ON chimera.web_attempts (at) WHERE kind = 'logged_in';
COMMENT ON TABLE chimera.web_attempts IS 'Recent attempts to sign up or in, which are limited';
COMMENT ON COLUMN chimera.web_attempts.kind IS 'sign_up; login: an attempt that failed or is under way; '
'password: the same for the old password when a signed-in user changes it; '
'logged_in: an address from which a user has signed in';
COMMENT ON COLUMN chimera.web_attempts.name IS 'The name given, even if the user does not exist';
COMMENT ON COLUMN chimera.web_attempts.address IS 'The address as chimera.web_address() returns it; empty: the user was signed in';
COMMENT ON COLUMN chimera.web_attempts.at IS 'When the attempt was made';

-- ---------- callers ----------

CREATE FUNCTION chimera.request_scope(session_hash bytea, OUT user_id int, OUT is_session boolean, OUT scope text,
    OUT expires_at timestamptz, OUT used_at timestamptz)
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT p.user_id, p.is_session, p.scope, p.expires_at, p.used_at
    FROM (
        SELECT s.user_id, true AS is_session, 'write' AS scope, s.expires_at, s.last_seen_at AS used_at
        FROM chimera.web_sessions s WHERE s.session_hash = request_scope.session_hash
        UNION ALL
        SELECT t.user_id, false, t.scope, t.expires_at, t.last_used_at
        FROM chimera.web_tokens t WHERE t.token_hash = request_scope.session_hash
    ) p
    JOIN chimera.web_users u USING (user_id)
    WHERE (p.expires_at <= now()) IS NOT TRUE AND u.disabled_at IS NULL;
$$;
COMMENT ON FUNCTION chimera.request_scope(bytea) IS
'Internal: the user and rights of a session or token, given its hash; NULLs if it is unknown or expired, or its user is '
'disabled.';

CREATE FUNCTION chimera.session_lifetime(role text) RETURNS interval
    LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE role WHEN 'admin' THEN interval '12 hours' ELSE interval '30 days' END;
$$;
COMMENT ON FUNCTION chimera.session_lifetime(text) IS 'Internal: how long an unused session lasts.';

CREATE FUNCTION chimera.touch_session(session_hash bytea, role text) RETURNS void
    LANGUAGE sql SET search_path = pg_catalog, pg_temp
AS $$
    -- a locked row is being updated by another call
    UPDATE chimera.web_sessions s SET last_seen_at = now(), expires_at = now() + chimera.session_lifetime(role)
    WHERE s.session_hash = (SELECT l.session_hash FROM chimera.web_sessions l
                            WHERE l.session_hash = touch_session.session_hash FOR NO KEY UPDATE SKIP LOCKED);
    UPDATE chimera.web_tokens t SET last_used_at = now()
    WHERE t.token_id = (SELECT l.token_id FROM chimera.web_tokens l
                        WHERE l.token_hash = touch_session.session_hash FOR NO KEY UPDATE SKIP LOCKED);
$$;
COMMENT ON FUNCTION chimera.touch_session(bytea, text) IS
'Internal: records that a session or token was used, which prolongs a session.';

CREATE FUNCTION chimera.web_caller(session_hash bytea, writes boolean, wants_admin boolean,
    wants_session boolean DEFAULT false, touches boolean DEFAULT true) RETURNS chimera.web_users
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    granted record;
    caller chimera.web_users;
BEGIN
    IF writes THEN
        PERFORM FROM chimera.web_users u WHERE u.user_id = (SELECT p.user_id FROM chimera.request_scope(web_caller.session_hash) p)
        FOR NO KEY UPDATE;
    END IF;
    -- read again: the transaction that held the lock may have ended the session
    SELECT * INTO granted FROM chimera.request_scope(web_caller.session_hash);
    SELECT * INTO caller FROM chimera.web_users u WHERE u.user_id = granted.user_id;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'sign in first' USING ERRCODE = 'invalid_authorization_specification';
    ELSIF wants_admin AND caller.role <> 'admin' THEN
        RAISE EXCEPTION 'only an admin may do this' USING ERRCODE = 'insufficient_privilege';
    ELSIF writes AND granted.scope <> 'write' THEN
        RAISE EXCEPTION 'this API token is read-only' USING ERRCODE = 'insufficient_privilege';
    ELSIF wants_session AND NOT granted.is_session THEN
        RAISE EXCEPTION 'an API token may not do this' USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF touches AND (granted.used_at >= now() - interval '1 minute') IS NOT TRUE THEN
        PERFORM chimera.touch_session(web_caller.session_hash, caller.role);
    END IF;
    RETURN caller;
END;
$$;
COMMENT ON FUNCTION chimera.web_caller(bytea, boolean, boolean, boolean, boolean) IS
'Internal: the user of a session or token. If the caller writes, the user''s row is locked. With touches, the use is '
'recorded, once a minute, and prolongs a session. Errors: 28000 for an unknown or expired session or token, 42501 if the '
'user is not an admin but must be, if a token of scope read is used to write, or if a token is used where a session is '
'required.';

CREATE FUNCTION chimera.web_session_json(session_hash bytea) RETURNS jsonb
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp SET timezone = 'UTC'
AS $$
    SELECT jsonb_build_object('account', a.name, 'role', u.role, 'expires_at', p.expires_at)
    FROM chimera.request_scope(web_session_json.session_hash) p
    JOIN chimera.web_users u USING (user_id)
    JOIN chimera.accounts a USING (account_id);
$$;
COMMENT ON FUNCTION chimera.web_session_json(bytea) IS
'Internal: a session as the web API shows it; NULL if it does not exist.';

CREATE FUNCTION chimera.web_session(session_hash bytea) RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET timezone = 'UTC'
AS $$
BEGIN
    IF (chimera.request_scope(web_session.session_hash)).user_id IS NULL THEN
        RETURN '{"account": null}';
    END IF;
    PERFORM chimera.web_caller(web_session.session_hash, false, false);
    RETURN chimera.web_session_json(web_session.session_hash);
END;
$$;
COMMENT ON FUNCTION chimera.web_session(bytea) IS
'GET /session: the user of a session or token, {"account", "role", "expires_at"}; {"account": null} without one.';

CREATE FUNCTION chimera.web_log_out(session_hash bytea) RETURNS jsonb
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET timezone = 'UTC'
AS $$
    DELETE FROM chimera.web_sessions s WHERE s.session_hash = web_log_out.session_hash;
    SELECT '{}'::jsonb;
$$;
COMMENT ON FUNCTION chimera.web_log_out(bytea) IS
'DELETE /session: ends a session, if it exists. It does not revoke a token.';

-- ---------- passwords, and the operator's routines ----------

CREATE FUNCTION chimera.check_web_name(name text) RETURNS void
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF (name ~ '^[a-z0-9][a-z0-9_-]{2,31}$') IS NOT TRUE THEN
        RAISE EXCEPTION 'invalid user name' USING ERRCODE = 'invalid_parameter_value',
            HINT = 'A name has 3 to 32 characters: lowercase letters, digits and, after the first character, "_" and "-".';
    ELSIF (SELECT bool_or(chimera.looks_like_address(check_web_name.name, a.name)) FROM chimera.algorithms() a)
       OR EXISTS (SELECT FROM chimera.network_presets p WHERE starts_with(check_web_name.name, p.bech32_hrp || '1'))
    THEN
        RAISE EXCEPTION 'the name "%" looks like an address', name USING ERRCODE = 'invalid_parameter_value',
            HINT = 'Mining to an address requires no sign-up.';
    END IF;
END;
$$;
COMMENT ON FUNCTION chimera.check_web_name(text) IS
'Internal: rejects a name that a new web account must not have. Errors: 22023 with the reason.';

CREATE FUNCTION chimera.check_password_hash(password_hash text) RETURNS void
    LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    -- the value may be a password: it is neither shown here nor left to the table's CHECK, which would show it
    IF (password_hash ~ '^[$]argon2id[$][!-~]{32,}$') IS NOT TRUE OR length(password_hash) > 127 THEN
        RAISE EXCEPTION 'password_hash is not an Argon2id hash' USING ERRCODE = 'invalid_parameter_value';
    END IF;
END;
$$;
COMMENT ON FUNCTION chimera.check_password_hash(text) IS
'Internal: rejects a value that is not an Argon2id hash as libsodium writes it. Errors: 22023 for an invalid hash.';

CREATE FUNCTION chimera.replace_web_password(user_id int, password_hash text, keeps_session bytea DEFAULT NULL)
    RETURNS void
    LANGUAGE sql SET search_path = pg_catalog, pg_temp
AS $$
    UPDATE chimera.web_users u SET password_hash = replace_web_password.password_hash
    WHERE u.user_id = replace_web_password.user_id;
    -- attempts before sessions: a sign-in that just succeeded has then created its session, which is deleted below
    DELETE FROM chimera.web_attempts t USING chimera.web_users u, chimera.accounts a
    WHERE u.user_id = replace_web_password.user_id AND a.account_id = u.account_id
      AND t.name = a.name AND t.kind IN ('login', 'password');
    DELETE FROM chimera.web_sessions s
    WHERE s.user_id = replace_web_password.user_id AND s.session_hash IS DISTINCT FROM keeps_session;
$$;
COMMENT ON FUNCTION chimera.replace_web_password(int, text, bytea) IS
'Internal: sets a user''s password, forgets its failed attempts, and ends all its sessions except keeps_session.';

CREATE FUNCTION chimera.set_web_password(account text, password_hash text, role text DEFAULT NULL) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    SET log_min_error_statement = 'panic' -- the statement holds a secret
AS $$
DECLARE
    owner_id int;
    changed_id int;
BEGIN
    PERFORM chimera.check_password_hash(password_hash);
    IF role NOT IN ('user', 'admin') THEN
        RAISE EXCEPTION 'role must be user or admin, not "%"', role USING ERRCODE = 'invalid_parameter_value';
    END IF;
    SELECT a.account_id INTO owner_id FROM chimera.accounts a WHERE a.name = chimera.account_name(set_web_password.account);
    IF NOT FOUND THEN
        PERFORM chimera.check_web_name(account);
        INSERT INTO chimera.accounts AS a (name) VALUES (set_web_password.account) RETURNING a.account_id INTO owner_id;
    END IF;

    INSERT INTO chimera.web_users AS u (account_id, password_hash, role)
    VALUES (owner_id, set_web_password.password_hash, coalesce(set_web_password.role, 'user'))
    ON CONFLICT ON CONSTRAINT web_users_account_id_key
    DO UPDATE SET role = coalesce(set_web_password.role, u.role)
    RETURNING u.user_id INTO changed_id;
    PERFORM chimera.replace_web_password(changed_id, set_web_password.password_hash);
    DELETE FROM chimera.web_tokens t WHERE t.user_id = changed_id;
END;
$$;
COMMENT ON FUNCTION chimera.set_web_password(text, text, text) IS
'Creates an account''s web user, or sets its password, and sets its role: user or admin (NULL: unchanged, and user for a '
'new one). Creates the account if it does not exist. All sessions and tokens of the user end. webd --set-password calls '
'it; password_hash is an Argon2id hash as libsodium writes it. Errors: 22023 for an invalid hash, an unknown role, or an '
'invalid name of a new account.';

CREATE FUNCTION chimera.disable_web_user(account text) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    owner_id CONSTANT int := chimera.account_id(account);
    changed_id int;
BEGIN
    UPDATE chimera.web_users u SET disabled_at = now() WHERE u.account_id = owner_id AND u.disabled_at IS NULL
    RETURNING u.user_id INTO changed_id;
    DELETE FROM chimera.web_sessions s WHERE s.user_id = changed_id;
    RETURN changed_id IS NOT NULL;
END;
$$;
COMMENT ON FUNCTION chimera.disable_web_user(text) IS
'Disables an account''s web user: its sessions end and its tokens are rejected, while its miners and payouts continue. '
'Returns false if the account has no web user or the user was already disabled. Errors: 42704 for an unknown account.';

CREATE FUNCTION chimera.enable_web_user(account text) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    owner_id CONSTANT int := chimera.account_id(account);
BEGIN
    UPDATE chimera.web_users u SET disabled_at = NULL WHERE u.account_id = owner_id AND u.disabled_at IS NOT NULL;
    RETURN FOUND;
END;
$$;
COMMENT ON FUNCTION chimera.enable_web_user(text) IS
'Enables an account''s web user again; returns false if it was not disabled. Errors: 42704 for an unknown account.';

CREATE VIEW chimera.web_accounts AS
    SELECT a.name AS account, u.role, u.created_at, u.disabled_at,
           (SELECT count(*) FROM chimera.web_sessions s WHERE s.user_id = u.user_id AND s.expires_at > now()) AS sessions,
           (SELECT count(*) FROM chimera.web_tokens t
            WHERE t.user_id = u.user_id AND (t.expires_at <= now()) IS NOT TRUE) AS tokens,
           (SELECT max(s.last_seen_at) FROM chimera.web_sessions s WHERE s.user_id = u.user_id) AS last_seen_at
    FROM chimera.web_users u JOIN chimera.accounts a USING (account_id);
COMMENT ON VIEW chimera.web_accounts IS 'The web users, without their secrets';
COMMENT ON COLUMN chimera.web_accounts.account IS 'The account''s name';
COMMENT ON COLUMN chimera.web_accounts.role IS 'user or admin';
COMMENT ON COLUMN chimera.web_accounts.created_at IS 'When the user signed up';
COMMENT ON COLUMN chimera.web_accounts.disabled_at IS 'When an operator disabled the user; NULL: not disabled';
COMMENT ON COLUMN chimera.web_accounts.sessions IS 'Number of sessions that have not expired';
COMMENT ON COLUMN chimera.web_accounts.tokens IS 'Number of API tokens that have not expired';
COMMENT ON COLUMN chimera.web_accounts.last_seen_at IS 'When a session was last used; NULL: no sessions';

SELECT pg_catalog.pg_extension_config_dump('chimera.web_users', '');
SELECT pg_catalog.pg_extension_config_dump('chimera.web_users_user_id_seq', '');
SELECT pg_catalog.pg_extension_config_dump('chimera.web_tokens', '');
SELECT pg_catalog.pg_extension_config_dump('chimera.web_tokens_token_id_seq', '');
