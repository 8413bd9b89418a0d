-- wallets.sql: where an account is paid on each network, and the history of it.
--
-- An account's wallets come in sets: one for a network, or a default for all
-- networks. A set is never changed: a new one takes its place, at once or
-- after a waiting time, and until then it can be cancelled. The set in force
-- is the newest that is due and not cancelled.

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
COMMENT ON TABLE chimera.wallet_sets IS 'Each time an account said where it is to be paid; append only but for cancelled_at, so it is the history too';
COMMENT ON COLUMN chimera.wallet_sets.set_id IS 'The set''s number, growing in the order in which an account''s were made';
COMMENT ON COLUMN chimera.wallet_sets.account_id IS 'Whose';
COMMENT ON COLUMN chimera.wallet_sets.network_id IS 'On which network; NULL: wherever there is no set for the network and the coin has addresses of this form';
COMMENT ON COLUMN chimera.wallet_sets.set_by IS 'Who said so';
COMMENT ON COLUMN chimera.wallet_sets.reason IS 'Why, in the words of who did it';
COMMENT ON COLUMN chimera.wallet_sets.set_at IS 'When it was said';
COMMENT ON COLUMN chimera.wallet_sets.valid_from IS 'From when it holds: later than set_at where the network has a wallet_change_delay';
COMMENT ON COLUMN chimera.wallet_sets.cancelled_at IS 'When it was cancelled before it held; NULL: it was not';

CREATE SEQUENCE chimera.wallets_wallet_id_seq;
CREATE TABLE chimera.wallets (
    wallet_id bigint PRIMARY KEY DEFAULT nextval('chimera.wallets_wallet_id_seq'),
    set_id bigint NOT NULL REFERENCES chimera.wallet_sets ON DELETE CASCADE,
    address text NOT NULL,
    percent numeric(5, 2) NOT NULL CHECK (percent > 0 AND percent <= 100),
    UNIQUE (set_id, address)
);
ALTER SEQUENCE chimera.wallets_wallet_id_seq OWNED BY chimera.wallets.wallet_id;
COMMENT ON TABLE chimera.wallets IS 'The addresses of a set and how they share what is paid; append only. A set without any has the account paid as if there had been no set.';
COMMENT ON COLUMN chimera.wallets.wallet_id IS 'The wallet''s number';
COMMENT ON COLUMN chimera.wallets.set_id IS 'The set it is part of';
COMMENT ON COLUMN chimera.wallets.address IS 'Where to, as the account gave it';
COMMENT ON COLUMN chimera.wallets.percent IS 'Its part of what the account is paid; a set''s sum to exactly 100';

-- ---------- what keeps them so ----------

CREATE FUNCTION chimera.check_wallets() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    wrong record;
BEGIN
    -- a dump may restore them one by one; chimera.audit() tells whether all have come
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
        RAISE EXCEPTION 'wallet set % is not whole', wrong.set_id
            USING ERRCODE = 'check_violation',
                  DETAIL = format('%s wallets with %s percent together were given.', wrong.given, wrong.sum),
                  HINT = 'All wallets of a set come in one statement and sum to 100 percent; a default set has one.';
    END IF;
    RETURN NULL;
END;
$$;
COMMENT ON FUNCTION chimera.check_wallets() IS 'Trigger: refuses wallets that do not sum to 100 percent of their set';
CREATE TRIGGER check_wallets AFTER INSERT ON chimera.wallets
    REFERENCING NEW TABLE AS entered FOR EACH STATEMENT EXECUTE FUNCTION chimera.check_wallets();

CREATE FUNCTION chimera.forbid_wallet_set_change() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF OLD.cancelled_at IS NOT NULL OR OLD.valid_from <= now()
       OR to_jsonb(NEW) - 'cancelled_at' <> to_jsonb(OLD) - 'cancelled_at'
    THEN
        RAISE EXCEPTION 'wallet set % cannot change', OLD.set_id
            USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Use chimera.set_wallets() for another one.';
    END IF;
    RETURN NEW;
END;
$$;
COMMENT ON FUNCTION chimera.forbid_wallet_set_change() IS 'Trigger: refuses any change of a set but to cancel one that does not hold yet';
CREATE TRIGGER forbid_wallet_set_change BEFORE UPDATE ON chimera.wallet_sets
    FOR EACH ROW EXECUTE FUNCTION chimera.forbid_wallet_set_change();
CREATE TRIGGER forbid_change BEFORE UPDATE ON chimera.wallets
    FOR EACH STATEMENT EXECUTE FUNCTION chimera.forbid_change();

-- a deferred trigger runs as who commits, not as the owner of the routine that changed the row
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
        RAISE EXCEPTION 'rows of %.% are never removed', TG_TABLE_SCHEMA, TG_TABLE_NAME
            USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    RETURN NULL;
END;
$$;
COMMENT ON FUNCTION chimera.forbid_wallet_removal() IS
'Trigger, at commit: wallets and their sets go only with a network that is deleted';
CREATE CONSTRAINT TRIGGER forbid_wallet_removal AFTER DELETE ON chimera.wallet_sets
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION chimera.forbid_wallet_removal();
CREATE CONSTRAINT TRIGGER forbid_wallet_removal AFTER DELETE ON chimera.wallets
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION chimera.forbid_wallet_removal();
CREATE TRIGGER forbid_removal BEFORE TRUNCATE ON chimera.wallet_sets
    FOR EACH STATEMENT EXECUTE FUNCTION chimera.forbid_removal();
CREATE TRIGGER forbid_removal BEFORE TRUNCATE ON chimera.wallets
    FOR EACH STATEMENT EXECUTE FUNCTION chimera.forbid_removal();

-- ---------- where an account is paid ----------

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
COMMENT ON VIEW chimera.payout_routes IS 'Where each account is paid on each network now; no row: it cannot be paid there yet';
COMMENT ON COLUMN chimera.payout_routes.account_id IS 'Who is paid';
COMMENT ON COLUMN chimera.payout_routes.network_id IS 'On which network';
COMMENT ON COLUMN chimera.payout_routes.address IS 'Where to';
COMMENT ON COLUMN chimera.payout_routes.percent IS 'Which part of it; an account''s sum to exactly 100 a network';
COMMENT ON COLUMN chimera.payout_routes.source IS 'wallet: the account''s set for the network; default: its default set, where there is none and the address is one of the network; account: its name, where there is neither and it is, or has, an address of the network';
COMMENT ON COLUMN chimera.payout_routes.valid_from IS 'Since when';
COMMENT ON COLUMN chimera.payout_routes.problem IS 'Why the network does not pay this address (its settings changed since it was given); its part waits. NULL: it does';

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
'Where an account, or each that can be paid, is paid on a network: addresses whose percent sum to exactly 100 an account. source and problem as in chimera.payout_routes. No row: it cannot be paid there yet.';

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
COMMENT ON VIEW chimera.account_wallets IS 'Where each account is paid on each network, and the changes of it that wait';
COMMENT ON COLUMN chimera.account_wallets.account IS 'Who is paid';
COMMENT ON COLUMN chimera.account_wallets.network IS 'On which network; NULL: a default set that waits';
COMMENT ON COLUMN chimera.account_wallets.address IS 'Where to; NULL: a set without wallets waits';
COMMENT ON COLUMN chimera.account_wallets.percent IS 'Which part of it';
COMMENT ON COLUMN chimera.account_wallets.source IS 'wallet, default or account, as in chimera.payout_routes';
COMMENT ON COLUMN chimera.account_wallets.valid_from IS 'Since or from when it holds';
COMMENT ON COLUMN chimera.account_wallets.is_pending IS 'Whether it waits; chimera.cancel_wallet_change() takes such a one back';
COMMENT ON COLUMN chimera.account_wallets.account_id IS 'The account''s number';
COMMENT ON COLUMN chimera.account_wallets.network_id IS 'The network''s id';

-- ---------- setting ----------

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
'The account_id of an account, whose settings nobody else changes until this transaction ends. Errors: 42704 when there is none.';

CREATE FUNCTION chimera.check_wallet_shares(addresses text[], percents numeric[]) RETURNS void
    LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    most CONSTANT int := 20;
    wrong numeric;
BEGIN
    IF cardinality(addresses) > most THEN
        RAISE EXCEPTION 'there can be % addresses at most, not %', most, cardinality(addresses)
            USING ERRCODE = 'invalid_parameter_value';
    ELSIF array_position(addresses, NULL) IS NOT NULL THEN
        RAISE EXCEPTION 'an address must not be NULL' USING ERRCODE = 'invalid_parameter_value';
    ELSIF cardinality(addresses) <> cardinality(percents) THEN
        RAISE EXCEPTION 'there are % addresses and % percentages', cardinality(addresses), cardinality(percents)
            USING ERRCODE = 'invalid_parameter_value', HINT = 'One address alone gets 100 percent.';
    END IF;
    SELECT coalesce(p, 0) INTO wrong FROM unnest(percents) p
    WHERE p IS NULL OR p <= 0 OR p > 100 OR p <> round(p, 2) LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'a percentage must be from 0.01 to 100 with at most 2 decimals, not %', wrong
            USING ERRCODE = 'invalid_parameter_value';
    ELSIF cardinality(percents) > 0 AND (SELECT sum(p) FROM unnest(percents) p) <> 100 THEN
        RAISE EXCEPTION 'the percentages must sum to 100, not %', (SELECT sum(p) FROM unnest(percents) p)
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
END;
$$;
COMMENT ON FUNCTION chimera.check_wallet_shares(text[], numeric[]) IS
'Refuses addresses and percentages that make no set of wallets. Errors: 22023 with the reason.';

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
                RAISE EXCEPTION 'address "%" is none of any enabled network: %', address, problem
                    USING ERRCODE = 'invalid_parameter_value';
            END IF;
        ELSE
            problem := chimera.network_address_error(target.name, address);
            IF problem IS NOT NULL THEN
                RAISE EXCEPTION 'address "%" is none of network "%": %', address, target.name, problem
                    USING ERRCODE = 'invalid_parameter_value';
            END IF;
            -- one address may be written in several ways
            script := chimera.network_address_script(target.name, address);
            IF script = ANY (scripts) THEN
                RAISE EXCEPTION 'address "%" is there twice', address USING ERRCODE = 'invalid_parameter_value';
            END IF;
            scripts := scripts || script;
        END IF;
    END LOOP;
END;
$$;
COMMENT ON FUNCTION chimera.check_wallet_addresses(uuid, text[]) IS
'Refuses addresses that a network (NULL: each enabled network) does not have, or one that is there twice. Errors: 22023 with the reason.';

CREATE FUNCTION chimera.wallet_change_delay(account_id int, network_id uuid) RETURNS interval
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    -- a disabled network pays what it owes, and an archived one what is left
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
'How long a new set of an account for a network (NULL: a default set) has to wait: not at all where no payout would go elsewhere by it, for there was no address before, else the network''s wallet_change_delay, of a default set the longest of all networks that pay or owe: those that are not archived, and archived ones where the account has something.';

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
        RAISE EXCEPTION 'a default set has one address' USING ERRCODE = 'invalid_parameter_value',
            HINT = 'Name a network to have several there.';
    END IF;
    PERFORM chimera.check_wallet_addresses(wanted, given);

    -- what waits must not come into force for a moment between
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
'Says where an account is to be paid on a network, or by network NULL its default for all: addresses with their percentages, which sum to exactly 100 (NULL: one address gets all); no address: as if nothing had been said. It holds at once where there was no address before, else after wallet_change_delay, and takes the place of a change that waits. Returns the set_id. Errors: 42704 for an unknown account or network, 22023 with the reason for an address the network does not have or that is there twice, percentages that do not sum to 100, or a default set of several addresses.';

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
'Cancels the change of an account''s wallets on a network (NULL: its default) that waits; false when none does. Errors: 42704 for an unknown account or network.';

REVOKE ALL ON FUNCTION chimera.check_wallets(), chimera.forbid_wallet_set_change(), chimera.forbid_wallet_removal(),
    chimera.payout_addresses(uuid, int), chimera.lock_account(text), chimera.check_wallet_shares(text[], numeric[]),
    chimera.check_wallet_addresses(uuid, text[]), chimera.wallet_change_delay(int, uuid),
    chimera.set_wallets(text, text, text[], numeric[], text), chimera.cancel_wallet_change(text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION chimera.payout_addresses(uuid, int), chimera.set_wallets(text, text, text[], numeric[], text),
    chimera.cancel_wallet_change(text, text) TO chimera_admin;
GRANT SELECT ON chimera.wallet_sets, chimera.wallets, chimera.payout_routes, chimera.account_wallets
    TO chimera_admin, chimera_reader;

SELECT pg_catalog.pg_extension_config_dump('chimera.wallet_sets', '');
SELECT pg_catalog.pg_extension_config_dump('chimera.wallet_sets_set_id_seq', '');
SELECT pg_catalog.pg_extension_config_dump('chimera.wallets', '');
SELECT pg_catalog.pg_extension_config_dump('chimera.wallets_wallet_id_seq', '');
