-- wallets.sql: the addresses that accounts are paid at on each network, and
-- their history.
--
-- An account's wallets come in sets: one for a network, or a default for all
-- networks. A set never changes: a new one replaces it, at once or after a
-- delay during which it can be cancelled. The set in force is the newest one
-- that is due and not cancelled.

CREATE SEQUENCE chimera.wallet_sets_set_id_seq;
CREATE TABLE chimera.wallet_sets (
    set_id bigint PRIMARY KEY DEFAULT nextval('chimera.wallet_sets_set_id_seq'),
    account_id int NOT NULL REFERENCES chimera.accounts,
    network_id uuid REFERENCES chimera.network_configs ON DELETE CASCADE,
    set_by text NOT NULL,
    reason text,
    set_at timestamptz NOT NULL DEFAULT now(),
    valid_from timestamptz NOT NULL,
    cancelled_at timestamptz,
    CHECK (valid_from >= set_at),
    CHECK (cancelled_at >= set_at)
);
ALTER SEQUENCE chimera.wallet_sets_set_id_seq OWNED BY chimera.wallet_sets.set_id;
CREATE INDEX wallet_sets_account_id_idx ON chimera.wallet_sets (account_id, network_id, set_id);
CREATE INDEX wallet_sets_network_id_idx ON chimera.wallet_sets (network_id);
COMMENT ON TABLE chimera.wallet_sets IS
'Every setting of the addresses that an account is paid at; append only except for cancelled_at, so it is also '
'the history';
COMMENT ON COLUMN chimera.wallet_sets.set_id IS
'The set''s number, increasing in the order in which an account''s sets were made';
COMMENT ON COLUMN chimera.wallet_sets.account_id IS 'The account';
COMMENT ON COLUMN chimera.wallet_sets.network_id IS
'The network; NULL: all networks that have addresses of this form and no set of their own';
COMMENT ON COLUMN chimera.wallet_sets.set_by IS 'Who set it';
COMMENT ON COLUMN chimera.wallet_sets.reason IS 'The reason that was given';
COMMENT ON COLUMN chimera.wallet_sets.set_at IS 'When it was set';
COMMENT ON COLUMN chimera.wallet_sets.valid_from IS
'When it takes effect: later than set_at if the network has a wallet_change_delay';
COMMENT ON COLUMN chimera.wallet_sets.cancelled_at IS
'When it was cancelled before it took effect; NULL: not cancelled';

CREATE SEQUENCE chimera.wallets_wallet_id_seq;
CREATE TABLE chimera.wallets (
    wallet_id bigint PRIMARY KEY DEFAULT nextval('chimera.wallets_wallet_id_seq'),
    set_id bigint NOT NULL REFERENCES chimera.wallet_sets ON DELETE CASCADE,
    address text NOT NULL,
    percent numeric(5, 2) NOT NULL CHECK (percent > 0 AND percent <= 100),
    UNIQUE (set_id, address)
);
ALTER SEQUENCE chimera.wallets_wallet_id_seq OWNED BY chimera.wallets.wallet_id;
COMMENT ON TABLE chimera.wallets IS
'The addresses of a set and their percentages; append only. An account whose set has no addresses is paid as if '
'it had no set.';
COMMENT ON COLUMN chimera.wallets.wallet_id IS 'The wallet''s number';
COMMENT ON COLUMN chimera.wallets.set_id IS 'The wallet''s set';
COMMENT ON COLUMN chimera.wallets.address IS 'Address, as it was entered';
COMMENT ON COLUMN chimera.wallets.percent IS
'Its percentage of what the account is paid; a set''s percentages sum to exactly 100';

-- ---------- triggers that enforce it ----------

CREATE FUNCTION chimera.check_wallets() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    wrong record;
BEGIN
    -- a dump may restore them one by one; chimera.audit() checks whether all have arrived
    IF chimera.is_restoring() THEN
        RETURN NULL;
    END IF;
    SELECT e.set_id, sum(e.percent) AS sum, count(*) AS given INTO wrong
    FROM entered e JOIN chimera.wallet_sets s USING (set_id)
    GROUP BY e.set_id, s.network_id
    HAVING sum(e.percent) <> 100 OR (s.network_id IS NULL AND count(*) > 1)
        OR count(*) <> (SELECT count(*) FROM chimera.wallets all_of WHERE all_of.set_id = e.set_id)
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'wallet set % is not complete', wrong.set_id
            USING ERRCODE = 'check_violation',
                  DETAIL = format('The set has %s wallets with a total of %s percent.', wrong.given, wrong.sum),
                  HINT = 'Insert all wallets of a set in one statement; their percentages must sum to 100, and a '
                         'default set must have one wallet.';
    END IF;
    RETURN NULL;
END;
$$;
COMMENT ON FUNCTION chimera.check_wallets() IS
'Trigger: rejects wallets whose percentages do not sum to 100 in their set';
CREATE TRIGGER check_wallets AFTER INSERT ON chimera.wallets
    REFERENCING NEW TABLE AS entered FOR EACH STATEMENT EXECUTE FUNCTION chimera.check_wallets();

CREATE FUNCTION chimera.forbid_wallet_set_change() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF OLD.cancelled_at IS NOT NULL OR OLD.valid_from <= now()
       OR to_jsonb(NEW) - 'cancelled_at' <> to_jsonb(OLD) - 'cancelled_at'
    THEN
        RAISE EXCEPTION 'cannot change wallet set %', OLD.set_id
            USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Use chimera.set_wallets() to make a new set.';
    END IF;
    RETURN NEW;
END;
$$;
COMMENT ON FUNCTION chimera.forbid_wallet_set_change() IS
'Trigger: rejects any change of a set except the cancellation of one that has not taken effect';
CREATE TRIGGER forbid_wallet_set_change BEFORE UPDATE ON chimera.wallet_sets
    FOR EACH ROW EXECUTE FUNCTION chimera.forbid_wallet_set_change();
CREATE TRIGGER forbid_change BEFORE UPDATE ON chimera.wallets
    FOR EACH STATEMENT EXECUTE FUNCTION chimera.forbid_change();

-- a deferred trigger runs as the user who commits, not as the owner of the
-- routine that changed the row
CREATE FUNCTION chimera.forbid_wallet_removal() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    is_there boolean;
BEGIN
    IF TG_TABLE_NAME = 'wallets' THEN
        is_there := EXISTS (SELECT FROM chimera.wallet_sets s WHERE s.set_id = OLD.set_id);
    ELSE
        is_there := OLD.network_id IS NULL
            OR EXISTS (SELECT FROM chimera.network_configs n WHERE n.network_id = OLD.network_id);
    END IF;
    IF is_there THEN
        RAISE EXCEPTION 'cannot delete rows of table %.%', TG_TABLE_SCHEMA, TG_TABLE_NAME
            USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    RETURN NULL;
END;
$$;
COMMENT ON FUNCTION chimera.forbid_wallet_removal() IS
'Trigger, at commit: rejects the deletion of wallets and their sets, unless their network is deleted';
CREATE CONSTRAINT TRIGGER forbid_wallet_removal AFTER DELETE ON chimera.wallet_sets
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION chimera.forbid_wallet_removal();
CREATE CONSTRAINT TRIGGER forbid_wallet_removal AFTER DELETE ON chimera.wallets
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION chimera.forbid_wallet_removal();
CREATE TRIGGER forbid_removal BEFORE TRUNCATE ON chimera.wallet_sets
    FOR EACH STATEMENT EXECUTE FUNCTION chimera.forbid_removal();
CREATE TRIGGER forbid_removal BEFORE TRUNCATE ON chimera.wallets
    FOR EACH STATEMENT EXECUTE FUNCTION chimera.forbid_removal();

-- ---------- the addresses that an account is paid at ----------

CREATE VIEW chimera.payout_routes AS
    SELECT a.account_id, n.network_id, w.address, w.percent, w.source, w.valid_from, w.problem
    FROM chimera.accounts a
    CROSS JOIN chimera.network_configs n
    CROSS JOIN LATERAL (
        SELECT c.*, min(c.rank) OVER () AS best_rank
        FROM (
            SELECT 1 AS rank, w.address, w.percent, 'wallet' AS source, s.valid_from,
                   chimera.address_error(w.address, n) AS problem
            FROM chimera.wallet_sets s JOIN chimera.wallets w USING (set_id)
            WHERE s.set_id = (SELECT max(f.set_id) FROM chimera.wallet_sets f
                              WHERE f.account_id = a.account_id AND f.network_id = n.network_id
                                AND f.valid_from <= now() AND f.cancelled_at IS NULL)
            UNION ALL
            SELECT 2, w.address, w.percent, 'default', s.valid_from, NULL
            FROM chimera.wallet_sets s JOIN chimera.wallets w USING (set_id)
            WHERE s.set_id = (SELECT max(f.set_id) FROM chimera.wallet_sets f
                              WHERE f.account_id = a.account_id AND f.network_id IS NULL
                                AND f.valid_from <= now() AND f.cancelled_at IS NULL)
              AND chimera.address_error(w.address, n) IS NULL
            UNION ALL
            SELECT 3, a.name, 100.00, 'account', a.created_at, NULL
            WHERE chimera.address_error(a.name, n) IS NULL
            UNION ALL
            SELECT 3, m.address, 100.00, 'account', a.created_at, NULL
            FROM (SELECT chimera.combined_address(a.name, n.network_id) AS address) m
            WHERE strpos(a.name, ',') > 0 AND m.address IS NOT NULL
        ) c
    ) w
    WHERE w.rank = w.best_rank;
COMMENT ON VIEW chimera.payout_routes IS
'The addresses that each account is paid at on each network now; no row: it cannot be paid there yet';
COMMENT ON COLUMN chimera.payout_routes.account_id IS 'The account';
COMMENT ON COLUMN chimera.payout_routes.network_id IS 'The network';
COMMENT ON COLUMN chimera.payout_routes.address IS 'Address that is paid';
COMMENT ON COLUMN chimera.payout_routes.percent IS
'Its percentage; those of an account sum to exactly 100 on a network';
COMMENT ON COLUMN chimera.payout_routes.source IS
'wallet: the account''s set for the network; default: its default set, if it has no set for the network and the '
'address is valid there; account: its name, if it has neither and its name is, or contains, an address of the '
'network';
COMMENT ON COLUMN chimera.payout_routes.valid_from IS 'Since when it is in force';
COMMENT ON COLUMN chimera.payout_routes.problem IS
'Why the network does not pay this address (its settings have changed since); its part waits. NULL: the network '
'pays it';

CREATE FUNCTION chimera.payout_addresses(network_id uuid, INOUT account_id int DEFAULT NULL,
    OUT address text, OUT percent numeric, OUT source text, OUT problem text) RETURNS SETOF record
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    SELECT r.account_id, r.address, r.percent, r.source, r.problem
    FROM chimera.payout_routes r
    WHERE r.network_id = $1 AND ($2 IS NULL OR r.account_id = $2)
    ORDER BY r.account_id, r.address;
$$;
COMMENT ON FUNCTION chimera.payout_addresses(uuid, int) IS
'The addresses that an account, or each one that can be paid, is paid at on a network, with percentages that sum '
'to exactly 100 per account. source and problem are as in chimera.payout_routes. No row: it cannot be paid there '
'yet.';

CREATE VIEW chimera.account_wallets AS
    SELECT a.name AS account, n.name AS network, r.address, r.percent, r.source, r.valid_from, false AS is_pending,
           r.account_id, r.network_id
    FROM chimera.payout_routes r
    JOIN chimera.accounts a USING (account_id)
    JOIN chimera.network_configs n USING (network_id)
    UNION ALL
    SELECT a.name, n.name, w.address, w.percent, CASE WHEN s.network_id IS NULL THEN 'default' ELSE 'wallet' END,
           s.valid_from, true, s.account_id, s.network_id
    FROM chimera.wallet_sets s
    JOIN chimera.accounts a USING (account_id)
    LEFT JOIN chimera.network_configs n USING (network_id)
    LEFT JOIN chimera.wallets w USING (set_id)
    WHERE s.cancelled_at IS NULL AND s.valid_from > now();
COMMENT ON VIEW chimera.account_wallets IS
'The addresses that each account is paid at on each network, and pending changes';
COMMENT ON COLUMN chimera.account_wallets.account IS 'The account''s name';
COMMENT ON COLUMN chimera.account_wallets.network IS 'The network''s name; NULL: a pending default set';
COMMENT ON COLUMN chimera.account_wallets.address IS 'Address; NULL: a pending set without addresses';
COMMENT ON COLUMN chimera.account_wallets.percent IS 'Its percentage';
COMMENT ON COLUMN chimera.account_wallets.source IS 'wallet, default or account, as in chimera.payout_routes';
COMMENT ON COLUMN chimera.account_wallets.valid_from IS 'When it takes or took effect';
COMMENT ON COLUMN chimera.account_wallets.is_pending IS
'Whether it is pending; chimera.cancel_wallet_change() cancels it';
COMMENT ON COLUMN chimera.account_wallets.account_id IS 'The account''s number';
COMMENT ON COLUMN chimera.account_wallets.network_id IS 'The network''s id';

-- ---------- changes ----------

CREATE FUNCTION chimera.lock_account(account text) RETURNS int
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    found_id CONSTANT int := chimera.account_id(account);
BEGIN
    PERFORM FROM chimera.accounts a WHERE a.account_id = found_id FOR NO KEY UPDATE;
    RETURN found_id;
END;
$$;
COMMENT ON FUNCTION chimera.lock_account(text) IS
'The account_id of an account, whose settings no other transaction can change until this one ends. Errors: 42704 '
'if the account does not exist.';

CREATE FUNCTION chimera.check_wallet_shares(addresses text[], percents numeric[]) RETURNS void
    LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    most CONSTANT int := 20;
    wrong numeric;
BEGIN
    IF cardinality(addresses) > most THEN
        RAISE EXCEPTION 'number of addresses must be at most %, not %', most, cardinality(addresses)
            USING ERRCODE = 'invalid_parameter_value';
    ELSIF array_position(addresses, NULL) IS NOT NULL THEN
        RAISE EXCEPTION 'address must not be null' USING ERRCODE = 'invalid_parameter_value';
    ELSIF cardinality(addresses) <> cardinality(percents) THEN
        RAISE EXCEPTION 'number of addresses (%) and of percentages (%) must be equal', cardinality(addresses), cardinality(percents)
            USING ERRCODE = 'invalid_parameter_value', HINT = 'Percentages may be omitted for a single address.';
    END IF;
    SELECT coalesce(p, 0) INTO wrong FROM unnest(percents) p
    WHERE p IS NULL OR p <= 0 OR p > 100 OR p <> round(p, 2) LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'percentage must be from 0.01 to 100 with at most 2 decimals, not %', wrong
            USING ERRCODE = 'invalid_parameter_value';
    ELSIF cardinality(percents) > 0 AND (SELECT sum(p) FROM unnest(percents) p) <> 100 THEN
        RAISE EXCEPTION 'percentages must sum to 100, not %', (SELECT sum(p) FROM unnest(percents) p)
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
END;
$$;
COMMENT ON FUNCTION chimera.check_wallet_shares(text[], numeric[]) IS
'Rejects addresses and percentages that do not form a set of wallets. Errors: 22023 with the reason.';

CREATE FUNCTION chimera.check_wallet_addresses(network_id uuid, addresses text[]) RETURNS void
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    target chimera.network_configs;
    address text;
    script bytea;
    scripts bytea[] := '{}';
    problem text;
BEGIN
    SELECT * INTO target FROM chimera.network_configs n WHERE n.network_id = check_wallet_addresses.network_id;
    FOREACH address IN ARRAY addresses LOOP
        IF target.network_id IS NULL THEN
            problem := chimera.enabled_address_error(address);
            IF problem IS NOT NULL THEN
                RAISE EXCEPTION 'address "%" is not valid on any enabled network: %', address, problem
                    USING ERRCODE = 'invalid_parameter_value';
            END IF;
        ELSE
            problem := chimera.network_address_error(target.name, address);
            IF problem IS NOT NULL THEN
                RAISE EXCEPTION 'address "%" is not valid on network "%": %', address, target.name, problem
                    USING ERRCODE = 'invalid_parameter_value';
            END IF;
            -- one address may have several spellings
            script := chimera.network_address_script(target.name, address);
            IF script = ANY (scripts) THEN
                RAISE EXCEPTION 'address "%" is given twice', address USING ERRCODE = 'invalid_parameter_value';
            END IF;
            scripts := scripts || script;
        END IF;
    END LOOP;
END;
$$;
COMMENT ON FUNCTION chimera.check_wallet_addresses(uuid, text[]) IS
'Rejects addresses that are not valid on a network (NULL: on any enabled network) or given twice. Errors: 22023 '
'with the reason.';

CREATE FUNCTION chimera.wallet_change_delay(account_id int, network_id uuid) RETURNS interval
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    -- a disabled network pays its balances, and an archived one its remaining ones
    WITH paying AS MATERIALIZED (
        SELECT n.network_id, n.wallet_change_delay FROM chimera.network_configs n
        WHERE CASE WHEN $2 IS NOT NULL THEN n.network_id = $2
                   ELSE n.archived_at IS NULL OR EXISTS (
                       SELECT FROM chimera.balances b
                       WHERE b.network_id = n.network_id AND b.account IN ('immature', 'balance', 'sending')
                         AND b.account_id = $1 AND b.amount_sats > 0) END
    )
    SELECT coalesce(max(p.wallet_change_delay), interval '0') FROM paying p
    WHERE EXISTS (SELECT FROM chimera.payout_routes r JOIN paying USING (network_id)
                  WHERE r.account_id = $1 AND ($2 IS NOT NULL OR r.source <> 'wallet'));
$$;
COMMENT ON FUNCTION chimera.wallet_change_delay(int, uuid) IS
'How long a new set of an account for a network (NULL: a default set) must wait: not at all if it redirects no '
'payout, because the account had no address; otherwise the network''s wallet_change_delay, for a default set the '
'longest one of all networks that are not archived or where the account has money.';

CREATE FUNCTION chimera.set_wallets(account text, network text, addresses text[], percents numeric[] DEFAULT NULL,
    reason text DEFAULT NULL) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    owner_id CONSTANT int := chimera.lock_account(account);
    wanted CONSTANT uuid := CASE WHEN network IS NOT NULL THEN chimera.network_id(network) END;
    given CONSTANT text[] := coalesce(addresses, '{}');
    shares CONSTANT numeric[] := coalesce(percents, CASE cardinality(given) WHEN 1 THEN '{100}'::numeric[] ELSE '{}' END);
    new_id bigint;
BEGIN
    PERFORM chimera.check_wallet_shares(given, shares);
    IF wanted IS NULL AND cardinality(given) > 1 THEN
        RAISE EXCEPTION 'a default wallet set must have exactly one address' USING ERRCODE = 'invalid_parameter_value',
            HINT = 'Specify a network to set several addresses there.';
    END IF;
    PERFORM chimera.check_wallet_addresses(wanted, given);

    -- a pending set must not take effect in between
    PERFORM chimera.cancel_wallet_change(account, network);
    INSERT INTO chimera.wallet_sets (account_id, network_id, set_by, reason, valid_from)
    VALUES (owner_id, wanted, chimera.actor(),
            nullif(btrim(set_wallets.reason), ''), now() + chimera.wallet_change_delay(owner_id, wanted))
    RETURNING set_id INTO new_id;
    INSERT INTO chimera.wallets (set_id, address, percent)
    SELECT new_id, g.address, g.percent FROM unnest(given, shares) g (address, percent);
    RETURN new_id;
END;
$$;
COMMENT ON FUNCTION chimera.set_wallets(text, text, text[], numeric[], text) IS
'Sets the addresses that an account is paid at on a network, or with network NULL its default for all networks, '
'with percentages that sum to exactly 100 (NULL: a single address gets everything). Without addresses, the '
'account is paid as if it had no set. The set takes effect at once if the account had no address before, '
'otherwise after wallet_change_delay, and replaces a pending change. Returns the set_id. Errors: 42704 for an '
'unknown account or network, 22023 with the reason for an address that is not valid on the network or given '
'twice, percentages that do not sum to 100, or a default set of several addresses.';

CREATE FUNCTION chimera.cancel_wallet_change(account text, network text) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    owner_id CONSTANT int := chimera.lock_account(account);
    wanted CONSTANT uuid := CASE WHEN network IS NOT NULL THEN chimera.network_id(network) END;
BEGIN
    UPDATE chimera.wallet_sets s SET cancelled_at = now()
    WHERE s.account_id = owner_id AND s.network_id IS NOT DISTINCT FROM wanted
      AND s.valid_from > now() AND s.cancelled_at IS NULL;
    RETURN FOUND;
END;
$$;
COMMENT ON FUNCTION chimera.cancel_wallet_change(text, text) IS
'Cancels the pending change of an account''s wallets on a network (NULL: of its default); false if none is '
'pending. Errors: 42704 for an unknown account or network.';

SELECT pg_catalog.pg_extension_config_dump('chimera.wallet_sets', '');
SELECT pg_catalog.pg_extension_config_dump('chimera.wallet_sets_set_id_seq', '');
SELECT pg_catalog.pg_extension_config_dump('chimera.wallets', '');
SELECT pg_catalog.pg_extension_config_dump('chimera.wallets_wallet_id_seq', '');
