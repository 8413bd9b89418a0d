-- bans.sql: limits of connections and bans, and how stratumd reads and adds
-- them.

-- ---------- limits ----------

CREATE TABLE chimera.limit_settings (
    name text PRIMARY KEY,
    value float8 NOT NULL
);
COMMENT ON TABLE chimera.limit_settings IS
'Limits of connections that chimera.set_connection_limit has set; chimera.connection_limits shows all limits';
COMMENT ON COLUMN chimera.limit_settings.name IS 'Name of the limit';
COMMENT ON COLUMN chimera.limit_settings.value IS 'Its value, in the limit''s unit';

CREATE VIEW chimera.connection_limits AS
    SELECT l.name, coalesce(s.value, l.standard) AS value, l.unit, l.standard, l.lowest, l.highest, l.meaning
    FROM (VALUES
        ('bad_share_percent', 50::float8, 'percent', 1::float8, 100::float8,
         'an address is banned if more than this part of bad_share_window submissions is bad: with less than half of '
         'the set difficulty, a duplicate on the same connection, or not valid JSON; 100 disables such bans'),
        ('bad_share_window', 100, 'submissions', 10, 1e6, 'number of submissions of an address that are judged together'),
        ('ban_seconds', 600, 's', 1, 'infinity', 'duration of such a ban'),
        ('lines_per_second', 100, 'lines/s', 1, 'infinity',
         'sustained rate of lines; a connection that sends more is closed, which counts as ten bad submissions'),
        ('line_burst', 2000, 'lines', 1, 'infinity', 'number of lines that a connection may send at once'),
        ('line_seconds', 30, 's', 1, 'infinity', 'time in which a line must be complete once it has begun'),
        ('authorize_seconds', 60, 's', 1, 'infinity', 'time in which a new connection must authorize a worker'),
        ('workers_per_connection', 1000, 'workers', 1, 1e6, 'number of workers that a connection, such as a proxy, may authorize'),
        ('logins_per_second', 50, 'logins/s', 1, 'infinity', 'sustained rate of logins of an address; more logins wait'),
        ('login_burst', 20000, 'logins', 10, 'infinity', 'number of logins of an address that are processed at once, '
                                                         'for a farm that reconnects after an outage'),
        ('new_names_per_address', 10000, 'names', 10, 1e6,
         'number of names without an accepted share that the connections of an address may have authorized at once'),
        ('idle_seconds', 3600, 's', 1, 'infinity', 'time after which an idle connection is closed'),
        ('unread_seconds', 60, 's', 1, 'infinity', 'time in which a connection must read what was sent to it'))
        l (name, standard, unit, lowest, highest, meaning)
    LEFT JOIN chimera.limit_settings s USING (name);
COMMENT ON VIEW chimera.connection_limits IS
'What a connection or address may do, in every stratumd; chimera.set_connection_limit changes it at once';
COMMENT ON COLUMN chimera.connection_limits.name IS 'Name of the limit';
COMMENT ON COLUMN chimera.connection_limits.value IS 'Its current value';
COMMENT ON COLUMN chimera.connection_limits.unit IS 'The value''s unit';
COMMENT ON COLUMN chimera.connection_limits.standard IS 'Its default value';
COMMENT ON COLUMN chimera.connection_limits.lowest IS 'The lowest value that can be set';
COMMENT ON COLUMN chimera.connection_limits.highest IS 'The highest value that can be set; infinity: not limited';
COMMENT ON COLUMN chimera.connection_limits.meaning IS 'What it limits';

CREATE FUNCTION chimera.set_connection_limit(name text, value float8) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    known record;
BEGIN
    SELECT l.lowest, l.highest, l.unit INTO known
    FROM chimera.connection_limits l WHERE l.name = set_connection_limit.name;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'limit "%" does not exist', set_connection_limit.name
            USING ERRCODE = 'undefined_object', HINT = 'See chimera.connection_limits for the names.';
    END IF;
    IF set_connection_limit.value IS NULL THEN
        DELETE FROM chimera.limit_settings s WHERE s.name = set_connection_limit.name;
        RETURN;
    END IF;
    IF set_connection_limit.value NOT BETWEEN known.lowest AND known.highest THEN
        RAISE EXCEPTION '% must be from % to % %', set_connection_limit.name, known.lowest, known.highest, known.unit
            USING ERRCODE = 'numeric_value_out_of_range';
    END IF;
    INSERT INTO chimera.limit_settings AS s (name, value)
    VALUES (set_connection_limit.name, set_connection_limit.value)
    ON CONFLICT ON CONSTRAINT limit_settings_pkey DO UPDATE SET value = excluded.value;
END;
$$;
COMMENT ON FUNCTION chimera.set_connection_limit(text, float8) IS
'Sets one of chimera.connection_limits in every stratumd, at once; NULL restores its default. Errors: 42704 for '
'an unknown name, 22003 for a value out of range.';

-- ---------- bans ----------

CREATE SEQUENCE chimera.bans_ban_id_seq;
CREATE TABLE chimera.bans (
    ban_id bigint PRIMARY KEY DEFAULT nextval('chimera.bans_ban_id_seq'),
    address cidr,
    account_id int REFERENCES chimera.accounts ON DELETE CASCADE,
    scripts bytea[] NOT NULL DEFAULT '{}',
    reason text NOT NULL,
    banned_by text NOT NULL DEFAULT chimera.actor(),
    is_automatic boolean NOT NULL DEFAULT false,
    banned_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz CHECK (expires_at > banned_at),
    lifted_by text,
    lifted_at timestamptz,
    CHECK (num_nonnulls(address, account_id) = 1),
    CHECK ((lifted_by IS NULL) = (lifted_at IS NULL))
);
ALTER SEQUENCE chimera.bans_ban_id_seq OWNED BY chimera.bans.ban_id;
CREATE INDEX bans_address ON chimera.bans USING gist (address inet_ops) WHERE lifted_at IS NULL;
CREATE INDEX bans_account ON chimera.bans (account_id) WHERE lifted_at IS NULL AND account_id IS NOT NULL;
COMMENT ON TABLE chimera.bans IS
'Addresses and accounts that every stratumd rejects or has rejected; chimera.active_bans shows the bans in force';
COMMENT ON COLUMN chimera.bans.ban_id IS 'The ban''s number';
COMMENT ON COLUMN chimera.bans.address IS 'The banned address or range; NULL: an account is banned';
COMMENT ON COLUMN chimera.bans.account_id IS 'The banned account; NULL: an address is banned';
COMMENT ON COLUMN chimera.bans.scripts IS
'The output scripts of the addresses in the account''s name: a login with one of these addresses, in any form, is '
'banned too';
COMMENT ON COLUMN chimera.bans.reason IS 'Reason, which the miners concerned are shown';
COMMENT ON COLUMN chimera.bans.banned_by IS 'Who created the ban';
COMMENT ON COLUMN chimera.bans.is_automatic IS 'Whether stratumd created it because of chimera.connection_limits';
COMMENT ON COLUMN chimera.bans.banned_at IS 'When it began';
COMMENT ON COLUMN chimera.bans.expires_at IS 'When it ends; NULL: when it is lifted';
COMMENT ON COLUMN chimera.bans.lifted_by IS 'Who lifted it before its end; NULL: nobody';
COMMENT ON COLUMN chimera.bans.lifted_at IS 'When it was lifted';

CREATE VIEW chimera.active_bans AS
    SELECT b.ban_id, b.address, a.name AS account, b.reason, b.banned_by, b.is_automatic, b.banned_at, b.expires_at
    FROM chimera.bans b LEFT JOIN chimera.accounts a USING (account_id)
    WHERE b.lifted_at IS NULL AND (b.expires_at IS NULL OR b.expires_at > clock_timestamp());
COMMENT ON VIEW chimera.active_bans IS 'The bans in force';
COMMENT ON COLUMN chimera.active_bans.ban_id IS 'The ban''s number';
COMMENT ON COLUMN chimera.active_bans.address IS 'The banned address or range; NULL: an account is banned';
COMMENT ON COLUMN chimera.active_bans.account IS 'The banned account; NULL: an address is banned';
COMMENT ON COLUMN chimera.active_bans.reason IS 'Reason, which the miners concerned are shown';
COMMENT ON COLUMN chimera.active_bans.banned_by IS 'Who created the ban';
COMMENT ON COLUMN chimera.active_bans.is_automatic IS
'Whether stratumd created it because of chimera.connection_limits';
COMMENT ON COLUMN chimera.active_bans.banned_at IS 'When it began';
COMMENT ON COLUMN chimera.active_bans.expires_at IS 'When it ends; NULL: when it is lifted';

CREATE FUNCTION chimera.bans_changed() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    NOTIFY chimera_bans;
    RETURN NULL;
END;
$$;
COMMENT ON FUNCTION chimera.bans_changed() IS 'Trigger: notifies every stratumd of changed limits or bans';
CREATE TRIGGER bans_changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON chimera.limit_settings
    FOR EACH STATEMENT EXECUTE FUNCTION chimera.bans_changed();
-- a ban that is dropped as old has ended before
CREATE TRIGGER bans_changed AFTER INSERT OR UPDATE OR TRUNCATE ON chimera.bans
    FOR EACH STATEMENT EXECUTE FUNCTION chimera.bans_changed();

CREATE FUNCTION chimera.ban_end(duration interval) RETURNS timestamptz
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF duration <= '0' THEN
        RAISE EXCEPTION 'duration of a ban must be positive, not %', duration
            USING ERRCODE = 'invalid_parameter_value', HINT = 'Use NULL for a ban that lasts until it is lifted.';
    END IF;
    RETURN now() + duration;
END;
$$;
COMMENT ON FUNCTION chimera.ban_end(interval) IS
'Internal: when a ban of this duration ends if it begins now. Errors: 22023 if the duration is not positive.';

CREATE FUNCTION chimera.ban_address(address inet, reason text, duration interval DEFAULT NULL) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    new_id bigint;
BEGIN
    -- a typing error must not ban everybody
    IF masklen(address) < (CASE family(address) WHEN 4 THEN 8 ELSE 16 END) THEN
        RAISE EXCEPTION 'range % is too large to ban', address
            USING ERRCODE = 'invalid_parameter_value', HINT = 'The largest range is a /8, or a /16 for IPv6.';
    END IF;
    INSERT INTO chimera.bans (address, reason, expires_at)
    VALUES (network(address), ban_address.reason, chimera.ban_end(duration))
    RETURNING ban_id INTO new_id;
    RETURN new_id;
END;
$$;
COMMENT ON FUNCTION chimera.ban_address(inet, text, interval) IS
'Bans an address, or a range such as 192.0.2.0/24, from every stratumd for this long (NULL: until lifted). Its '
'connections are notified of the reason and closed within two seconds; new ones are rejected. Returns the ban_id. '
'Errors: 23502 and 23514 for an address or reason of NULL, 22023 for a duration that is not positive or a range '
'larger than a /8 (IPv6: /16).';

CREATE FUNCTION chimera.ban_account(account text, reason text, duration interval DEFAULT NULL) RETURNS bigint
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    INSERT INTO chimera.bans (account_id, scripts, reason, expires_at)
    SELECT a.account_id, a.scripts, ban_account.reason, chimera.ban_end(duration)
    FROM chimera.accounts a WHERE a.account_id = chimera.account_id(account)
    RETURNING ban_id;
$$;
COMMENT ON FUNCTION chimera.ban_account(text, text, interval) IS
'Bans an account''s miners from every stratumd for this long (NULL: until lifted). Connections that one of them '
'uses are notified of the reason and closed; further logins are rejected, however the address is spelled. The '
'account keeps what it has earned. Returns the ban_id. Errors: 42704 for an unknown account, 23502 for a reason '
'of NULL, 22023 for a duration that is not positive.';

CREATE FUNCTION chimera.lift_ban(address inet) RETURNS int
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    lifted int;
BEGIN
    UPDATE chimera.bans b
    SET lifted_at = now(), lifted_by = chimera.actor()
    FROM chimera.active_bans a WHERE a.ban_id = b.ban_id AND a.address <<= lift_ban.address;
    GET DIAGNOSTICS lifted = ROW_COUNT;
    RETURN lifted;
END;
$$;
COMMENT ON FUNCTION chimera.lift_ban(inet) IS
'Lifts the bans of an address, or of all addresses and ranges within a range, in every stratumd; returns how '
'many. The ban of a wider range stays: lift that range.';

CREATE FUNCTION chimera.lift_account_ban(account text) RETURNS int
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    lifted int;
BEGIN
    UPDATE chimera.bans b
    SET lifted_at = now(), lifted_by = chimera.actor()
    FROM chimera.active_bans a WHERE a.ban_id = b.ban_id AND b.account_id = chimera.account_id(lift_account_ban.account);
    GET DIAGNOSTICS lifted = ROW_COUNT;
    RETURN lifted;
END;
$$;
COMMENT ON FUNCTION chimera.lift_account_ban(text) IS
'Lifts the bans of an account in every stratumd; returns how many. Errors: 42704 for an unknown account.';

CREATE FUNCTION chimera.drop_old_bans() RETURNS int
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    dropped int;
BEGIN
    DELETE FROM chimera.bans b
    WHERE least(b.lifted_at, b.expires_at) < now() - CASE WHEN b.is_automatic THEN interval '1 day' ELSE interval '90 days' END;
    GET DIAGNOSTICS dropped = ROW_COUNT;
    RETURN dropped;
END;
$$;
COMMENT ON FUNCTION chimera.drop_old_bans() IS
'For the accountant, each hour: drops bans that ended 90 days ago, or a day ago if stratumd created them; returns '
'how many.';

-- ---------- for stratumd ----------

CREATE FUNCTION chimera.stratum_limits(OUT name text, OUT value float8) RETURNS SETOF record
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    SELECT l.name, l.value FROM chimera.connection_limits l;
$$;
COMMENT ON FUNCTION chimera.stratum_limits() IS
'For stratumd: what a connection or address may do. Channel chimera_bans announces changes.';

CREATE FUNCTION chimera.stratum_bans(OUT address cidr, OUT seconds_left float8, OUT reason text, OUT is_automatic boolean)
    RETURNS SETOF record
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    SELECT b.address, extract(epoch FROM b.expires_at - clock_timestamp())::float8, b.reason, b.is_automatic
    FROM chimera.active_bans b WHERE b.address IS NOT NULL;
$$;
COMMENT ON FUNCTION chimera.stratum_bans() IS
'For stratumd: banned addresses and ranges, for how long from now on (NULL: until notified), and whether a '
'stratumd created the ban, which spares authorized connections that have not misbehaved themselves. Channel '
'chimera_bans announces changes.';

CREATE FUNCTION chimera.stratum_banned_sessions(server_id uuid, OUT session_id bigint, OUT reason text) RETURNS SETOF record
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    WITH banned AS MATERIALIZED (
        SELECT b.account_id, b.scripts, b.reason FROM chimera.bans b
        WHERE b.account_id IS NOT NULL AND b.lifted_at IS NULL AND (b.expires_at IS NULL OR b.expires_at > clock_timestamp())
    ), connected AS (
        SELECT DISTINCT a.session_id, coalesce(m.account_id, -a.miner_id) AS account_id, a.account_name
        FROM chimera.miner_network_assignments a LEFT JOIN chimera.miners m USING (miner_id)
        WHERE a.server_id = stratum_banned_sessions.server_id AND a.disconnected_at IS NULL AND EXISTS (SELECT FROM banned)
    )
    SELECT s.session_id, min(b.reason)
    FROM connected s
    LEFT JOIN chimera.accounts o USING (account_id)
    JOIN banned b ON b.account_id = s.account_id OR b.scripts && coalesce(o.scripts, chimera.name_scripts(s.account_name))
    GROUP BY s.session_id
    ORDER BY s.session_id;
$$;
COMMENT ON FUNCTION chimera.stratum_banned_sessions(uuid) IS
'For stratumd: its connections that a miner of a banned account uses, by any spelling of its address, ordered by '
'number, and the reason of the ban.';

CREATE FUNCTION chimera.stratum_ban(addresses inet[], reasons text[]) RETURNS int
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    seconds CONSTANT float8 := (SELECT value FROM chimera.connection_limits WHERE name = 'ban_seconds');
    until CONSTANT timestamptz := CASE WHEN seconds < 'infinity' THEN now() + make_interval(secs => seconds) END;
    added int;
BEGIN
    -- bans lost in a crash will be detected again
    PERFORM set_config('synchronous_commit', 'off', true);
    INSERT INTO chimera.bans (address, reason, expires_at, is_automatic)
    SELECT o.address, min(o.reason), until, true
    FROM (SELECT network(CASE family(t.address) WHEN 4 THEN t.address ELSE set_masklen(t.address, 64) END) AS address, t.reason
          FROM unnest(addresses, reasons) t (address, reason)) o
    WHERE NOT EXISTS (SELECT FROM chimera.active_bans b
                      WHERE b.address >>= o.address AND coalesce(b.expires_at, 'infinity') >= coalesce(until, 'infinity'))
    GROUP BY o.address;
    GET DIAGNOSTICS added = ROW_COUNT;
    RETURN added;
END;
$$;
COMMENT ON FUNCTION chimera.stratum_ban(inet[], text[]) IS
'For stratumd: bans addresses (for IPv6, their /64), each with its reason, for the ban_seconds of '
'chimera.connection_limits; returns how many were not already banned for as long.';

SELECT pg_catalog.pg_extension_config_dump('chimera.limit_settings', '');
SELECT pg_catalog.pg_extension_config_dump('chimera.bans', '');
SELECT pg_catalog.pg_extension_config_dump('chimera.bans_ban_id_seq', '');
