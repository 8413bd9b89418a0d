-- sign_in.sql: signing up and in on the web, with limits on attempts.
--
-- An attempt to sign in is recorded before its password is verified, and deleted
-- if the password was right. So it counts even if webd crashes in between, and a
-- sign-in that began before the password changed cannot succeed afterwards.

-- ---------- limits ----------

CREATE FUNCTION chimera.web_address(remote_address text) RETURNS text
    LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE WHEN remote_address ~* '^::ffff:[0-9.]+$' THEN substr(remote_address, 8)
                WHEN remote_address LIKE '%:%'
                THEN network(set_masklen(split_part(remote_address, '%', 1)::inet, 64))::text
                ELSE coalesce(remote_address, '') END;
$$;
COMMENT ON FUNCTION chimera.web_address(text) IS
'Internal: the key by which a remote address is limited: the address itself, or for IPv6 its /64 network, since one '
'customer has a whole /64.';

CREATE FUNCTION chimera.forget_web() RETURNS void
    LANGUAGE sql SET search_path = pg_catalog, pg_temp
AS $$
    -- arrays: on PostgreSQL 13 a join by ctid would read the table
    DELETE FROM chimera.web_sessions s WHERE s.ctid = ANY (ARRAY(
        SELECT l.ctid FROM chimera.web_sessions l WHERE l.expires_at <= now() LIMIT 100 FOR UPDATE SKIP LOCKED));
    DELETE FROM chimera.web_attempts a WHERE a.ctid = ANY (ARRAY(
        SELECT l.ctid FROM chimera.web_attempts l WHERE l.kind = 'logged_in' AND l.at <= now() - interval '30 days'
        LIMIT 100 FOR UPDATE SKIP LOCKED));
    DELETE FROM chimera.web_attempts a WHERE a.ctid = ANY (ARRAY(
        SELECT l.ctid FROM chimera.web_attempts l WHERE l.kind <> 'logged_in' AND l.at <= now() - interval '1 hour'
        LIMIT 100 FOR UPDATE SKIP LOCKED));
$$;
COMMENT ON FUNCTION chimera.forget_web() IS
'Internal: deletes some expired sessions and attempts. Every routine that adds such rows calls it, so that they do not '
'pile up.';

-- ---------- signing up ----------

CREATE FUNCTION chimera.start_web_session(user_id int, session_hash bytea) RETURNS jsonb
    LANGUAGE sql SET search_path = pg_catalog, pg_temp
AS $$
    -- a program that signs in for each request keeps only its newest sessions
    DELETE FROM chimera.web_sessions s WHERE s.ctid = ANY (ARRAY(
        SELECT l.ctid FROM chimera.web_sessions l WHERE l.user_id = start_web_session.user_id
        ORDER BY l.last_seen_at DESC OFFSET 99 FOR UPDATE SKIP LOCKED));
    -- an existing hash is an error: nobody may sign in with a session that somebody else knows
    INSERT INTO chimera.web_sessions (session_hash, user_id, expires_at)
    SELECT start_web_session.session_hash, u.user_id, now() + chimera.session_lifetime(u.role)
    FROM chimera.web_users u WHERE u.user_id = start_web_session.user_id;
    SELECT chimera.web_session_json(start_web_session.session_hash);
$$;
COMMENT ON FUNCTION chimera.start_web_session(int, bytea) IS
'Internal: signs a user in and returns the session as web_session() does. A user has at most 100 sessions; beyond that, '
'the one unused for longest ends. Errors: 23505 for a session that exists.';

CREATE FUNCTION chimera.refuse_web_name(name text) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RAISE EXCEPTION 'the name "%" is taken', name USING ERRCODE = 'duplicate_object',
        HINT = 'If you are mining under this name, ask the pool''s operator to set its password.';
END;
$$;
COMMENT ON FUNCTION chimera.refuse_web_name(text) IS 'Internal: reports that a name is taken. Errors: 42710, always.';

CREATE FUNCTION chimera.web_sign_up_begin(remote_address text, name text) RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET timezone = 'UTC'
AS $$
DECLARE
    most_an_hour CONSTANT int := 20;
    from_address CONSTANT text := chimera.web_address(remote_address);
BEGIN
    PERFORM chimera.forget_web();
    PERFORM chimera.check_web_name(name);
    IF (SELECT count(*) FROM chimera.web_attempts a WHERE a.kind = 'sign_up' AND a.address = from_address
        AND a.at > now() - interval '1 hour') >= most_an_hour
    THEN
        RAISE EXCEPTION 'too many sign-ups from your address' USING ERRCODE = 'configuration_limit_exceeded',
            HINT = 'Try again in an hour.';
    ELSIF EXISTS (SELECT FROM chimera.accounts a WHERE a.name = web_sign_up_begin.name) THEN
        PERFORM chimera.refuse_web_name(name);
    END IF;
    INSERT INTO chimera.web_attempts (kind, name, address) VALUES ('sign_up', web_sign_up_begin.name, from_address);
    RETURN '{}';
END;
$$;
COMMENT ON FUNCTION chimera.web_sign_up_begin(text, text) IS
'POST /accounts, first part, before the password is hashed: counts the sign-up for its address. Errors: 22023 for an '
'invalid name or one that looks like an address, 42710 if a miner or user has the name, 53400 after 20 sign-ups per hour '
'from one address.';

CREATE FUNCTION chimera.web_sign_up(remote_address text, name text, password_hash text, session_hash bytea)
    RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET timezone = 'UTC'
AS $$
DECLARE
    new_id int;
BEGIN
    PERFORM chimera.check_web_name(name);
    PERFORM chimera.check_password_hash(password_hash);
    -- checked first so that a name that is taken rarely uses up an account_id
    INSERT INTO chimera.accounts (name) SELECT web_sign_up.name
    WHERE NOT EXISTS (SELECT FROM chimera.accounts a WHERE a.name = web_sign_up.name)
    ON CONFLICT ON CONSTRAINT accounts_name_key DO NOTHING RETURNING account_id INTO new_id;
    IF new_id IS NULL THEN
        PERFORM chimera.refuse_web_name(name);
    END IF;
    INSERT INTO chimera.web_users AS u (account_id, password_hash) VALUES (new_id, web_sign_up.password_hash)
    RETURNING u.user_id INTO new_id;
    RETURN chimera.start_web_session(new_id, web_sign_up.session_hash);
END;
$$;
COMMENT ON FUNCTION chimera.web_sign_up(text, text, text, bytea) IS
'POST /accounts, second part, after web_sign_up_begin(): creates an account with a web user, signs it in, and returns '
'the session as web_session() does. Errors: 22023 for an invalid name or one that looks like an address, 42710 if a '
'miner or user has the name.';

-- ---------- signing in ----------

CREATE FUNCTION chimera.web_login_begin(remote_address text, name text) RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET timezone = 'UTC'
AS $$
DECLARE
    from_address CONSTANT text := chimera.web_address(remote_address);
    tried_name CONSTANT text := left(coalesce(name, ''), 128);
    is_known boolean;
    counts record;
    found_hash text;
BEGIN
    PERFORM chimera.forget_web();
    -- others cannot lock a user out at an address from which it has signed in before
    is_known := EXISTS (SELECT FROM chimera.web_attempts a WHERE a.kind = 'logged_in' AND a.name = tried_name
                        AND a.address = from_address AND a.at > now() - interval '30 days');
    SELECT count(*) FILTER (WHERE a.name = tried_name AND (a.address = from_address OR NOT is_known)) AS of_name,
           count(*) FILTER (WHERE a.address = from_address) AS of_address INTO counts
    FROM chimera.web_attempts a
    WHERE a.kind = 'login' AND (a.name = tried_name OR a.address = from_address) AND a.at > now() - interval '15 minutes';
    IF counts.of_name >= 10 OR counts.of_address >= 30 THEN
        RAISE EXCEPTION 'too many wrong passwords' USING ERRCODE = 'configuration_limit_exceeded',
            HINT = 'Try again in 15 minutes.';
    END IF;

    INSERT INTO chimera.web_attempts (kind, name, address) VALUES ('login', tried_name, from_address);
    -- FOR SHARE waits for a password change: either this reads the new hash, or the change deletes this attempt
    SELECT u.password_hash INTO found_hash FROM chimera.web_users u JOIN chimera.accounts a USING (account_id)
    WHERE a.name = tried_name AND u.disabled_at IS NULL FOR SHARE OF u;
    RETURN jsonb_build_object('password_hash', found_hash);
END;
$$;
COMMENT ON FUNCTION chimera.web_login_begin(text, text) IS
'POST /session, first part: returns the password''s hash for comparison, or {"password_hash": null} if no user can sign '
'in with that name. The attempt counts as a wrong password until web_login_end() confirms it. Errors: 53400 after 10 '
'wrong passwords for a name or 30 from an address, in 15 minutes; for an address from which the user has signed in '
'before, only its own attempts count towards the 10.';

CREATE FUNCTION chimera.web_login_end(remote_address text, name text, is_right boolean, session_hash bytea)
    RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET timezone = 'UTC'
AS $$
DECLARE
    from_address CONSTANT text := chimera.web_address(remote_address);
    found_id int;
BEGIN
    IF is_right THEN
        DELETE FROM chimera.web_attempts d WHERE d.ctid = (
            SELECT a.ctid FROM chimera.web_attempts a
            WHERE a.kind = 'login' AND a.name = web_login_end.name AND a.address = from_address
              AND a.at > now() - interval '15 minutes'
            ORDER BY a.at DESC LIMIT 1 FOR UPDATE SKIP LOCKED);
        IF FOUND THEN
            SELECT u.user_id INTO found_id FROM chimera.web_users u JOIN chimera.accounts a USING (account_id)
            WHERE a.name = web_login_end.name AND u.disabled_at IS NULL;
        END IF;
    END IF;
    IF found_id IS NULL THEN
        RAISE EXCEPTION 'wrong name or password' USING ERRCODE = 'invalid_password';
    END IF;
    DELETE FROM chimera.web_attempts a
    WHERE a.kind = 'logged_in' AND a.name = web_login_end.name AND a.address = from_address;
    INSERT INTO chimera.web_attempts (kind, name, address) VALUES ('logged_in', web_login_end.name, from_address);
    RETURN chimera.start_web_session(found_id, web_login_end.session_hash);
END;
$$;
COMMENT ON FUNCTION chimera.web_login_end(text, text, boolean, bytea) IS
'POST /session, second part: signs in the user if the password was right, and returns the session as web_session() does. '
'Errors: 28P01 if the password was wrong, if the name is unknown, or if the password changed or the user was disabled '
'since web_login_begin().';
