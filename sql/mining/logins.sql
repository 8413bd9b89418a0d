-- logins.sql: authorizing miners, and the messages that they get.
--
-- A login creates neither an account nor a miner: the first accepted share
-- does. A flood of names therefore fills no table, and nobody takes a name
-- without doing work. Until then the rig's miner_id is 0, or its account_id
-- with a minus sign if the account exists.
--
-- A login cannot change where somebody else is paid: its addresses, all of
-- them, are the account's name. Anyone who combines a stranger's address with
-- an own one mines for a separate account that pays the stranger a part.

-- ---------- accounts that cannot be paid ----------

CREATE FUNCTION chimera.can_be_paid(account_id int, account text, network_id uuid) RETURNS boolean
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    -- one step after another: most accounts need only the first, and the last one's plan is slow to
    -- set up
    IF EXISTS (SELECT FROM chimera.network_configs n
               WHERE n.network_id = can_be_paid.network_id
                 AND chimera.address_error(can_be_paid.account, n) IS NULL)
       OR chimera.combined_address(account, network_id) IS NOT NULL
    THEN
        RETURN true;
    ELSIF NOT EXISTS (SELECT FROM chimera.wallet_sets s WHERE s.account_id = can_be_paid.account_id) THEN
        RETURN false;
    END IF;
    RETURN EXISTS (SELECT FROM chimera.payout_routes r
                   WHERE r.account_id = can_be_paid.account_id AND r.network_id = can_be_paid.network_id);
END;
$$;
COMMENT ON FUNCTION chimera.can_be_paid(int, text, uuid) IS
'Whether an account has an address on a network, by its name or, if the account exists, by its wallets.';

CREATE FUNCTION chimera.unpaid_message(account text, network_id uuid) RETURNS text
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN (
        SELECT format('now mining %s, but account "%s" has no %s address and cannot be paid until it has one: ', n.display_name,
                      CASE WHEN length(account) > 64 THEN left(account, 61) || '...' ELSE account END, n.name)
            || CASE WHEN chimera.name_scripts(account) = '{}' THEN 'set it on the pool''s web pages'
                    ELSE format('add %s=ADDRESS to the password', lower(n.symbol)) END
        FROM chimera.network_configs n WHERE n.network_id = unpaid_message.network_id);
END;
$$;
COMMENT ON FUNCTION chimera.unpaid_message(text, uuid) IS
'The message for a miner that mines on a network where its account cannot be paid.';

CREATE FUNCTION chimera.unpaid_children_message(account_id int, account text, network_id uuid) RETURNS text
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN (
        SELECT format('also mining %s: without an address of it, what you earn there stays in your balance; ',
                      string_agg(n.display_name, ', ' ORDER BY n.name))
            || CASE WHEN chimera.name_scripts(account) = '{}' THEN 'set the addresses on the pool''s web pages'
                    ELSE format('add %s to the password', string_agg(lower(n.symbol) || '=ADDRESS', ',' ORDER BY n.name)) END
        FROM chimera.merged_networks m JOIN chimera.network_configs n USING (network_id)
        WHERE m.parent_id = unpaid_children_message.network_id AND m.unmerged_at IS NULL AND n.is_enabled
          AND NOT chimera.can_be_paid(unpaid_children_message.account_id, account, n.network_id)
        HAVING count(*) > 0);
END;
$$;
COMMENT ON FUNCTION chimera.unpaid_children_message(int, text, uuid) IS
'Internal: the message for a miner of a parent whose account has no address of some of its children (merged mining); '
'NULL if it has one of each.';

CREATE VIEW chimera.unpaid_connections AS
    SELECT s.server_id, s.session_id, s.network_id, s.account_id, s.account
    FROM (SELECT DISTINCT a.server_id, a.session_id, a.network_id, coalesce(m.account_id, -a.miner_id) AS account_id,
                 coalesce(c.name, a.account_name) AS account
          FROM chimera.miner_network_assignments a
          LEFT JOIN chimera.miners m USING (miner_id)
          LEFT JOIN chimera.accounts c ON c.account_id = m.account_id
          WHERE a.disconnected_at IS NULL) s
    JOIN chimera.network_configs n USING (network_id)
    -- the first condition is fast, and nearly always decides
    WHERE CASE WHEN chimera.address_error(s.account, n) IS NULL THEN false
               ELSE NOT chimera.can_be_paid(s.account_id, s.account, s.network_id) END;
COMMENT ON VIEW chimera.unpaid_connections IS 'Connections that mine on a network where their account has no address';
COMMENT ON COLUMN chimera.unpaid_connections.server_id IS 'The stratumd it is connected to';
COMMENT ON COLUMN chimera.unpaid_connections.session_id IS 'Its connection there';
COMMENT ON COLUMN chimera.unpaid_connections.network_id IS 'The network that it mines on';
COMMENT ON COLUMN chimera.unpaid_connections.account_id IS 'The account''s number; 0: it has no accepted share yet';
COMMENT ON COLUMN chimera.unpaid_connections.account IS 'The account';

CREATE FUNCTION chimera.stratum_unpaid(server_id uuid, OUT session_id bigint, OUT network_id uuid, OUT message text)
    RETURNS SETOF record
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET jit = off
AS $$
    SELECT u.session_id, u.network_id, chimera.unpaid_message(min(u.account), u.network_id)
    FROM chimera.unpaid_connections u
    WHERE u.server_id = stratum_unpaid.server_id
    GROUP BY u.session_id, u.network_id
    ORDER BY u.session_id;
$$;
COMMENT ON FUNCTION chimera.stratum_unpaid(uuid) IS
'For stratumd, after miners have moved: its connections whose account cannot be paid on their network, ordered by '
'number, and the message for them.';

CREATE FUNCTION chimera.account_unpaid(account_id int, OUT network_id uuid, OUT network text, OUT is_mining boolean,
    OUT balance_sats bigint, OUT message text)
    RETURNS SETOF record
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET jit = off
AS $$
    SELECT n.network_id, n.name, u.is_mining, coalesce(b.balance_sats, 0) + coalesce(b.immature_sats, 0),
           chimera.unpaid_message(a.name, n.network_id)
    FROM chimera.accounts a
    CROSS JOIN chimera.network_configs n
    LEFT JOIN chimera.account_balances b ON b.account_id = a.account_id AND b.network_id = n.network_id
    CROSS JOIN LATERAL (
        SELECT EXISTS (SELECT FROM chimera.miners m JOIN chimera.miner_network_assignments s USING (miner_id)
                       WHERE m.account_id = a.account_id AND s.network_id = n.network_id AND s.disconnected_at IS NULL) AS is_mining) u
    WHERE a.account_id = account_unpaid.account_id
      AND (u.is_mining OR b.balance_sats > 0 OR b.immature_sats > 0)
      AND NOT chimera.can_be_paid(a.account_id, a.name, n.network_id)
    ORDER BY n.name;
$$;
COMMENT ON FUNCTION chimera.account_unpaid(int) IS
'For an account''s page: the networks that it mines on now (is_mining) or has earned something on (balance_sats, '
'in the coin''s smallest unit, with immature rewards) and where it has no address, and the message for its owner.';

-- ---------- authorization ----------

CREATE FUNCTION chimera.login_ban(account_id int, account text) RETURNS text
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    its_scripts bytea[] := '{}';
BEGIN
    -- the account's addresses are parsed only if an address is banned
    IF EXISTS (SELECT FROM chimera.bans b WHERE b.account_id IS NOT NULL AND b.lifted_at IS NULL AND b.scripts <> '{}') THEN
        its_scripts := chimera.name_scripts(account);
    END IF;
    RETURN (SELECT 'this account is banned: ' || b.reason
            FROM chimera.bans b
            WHERE b.account_id IS NOT NULL AND b.lifted_at IS NULL AND (b.expires_at IS NULL OR b.expires_at > clock_timestamp())
              -- another spelling, another form or another coin's address of the same key
              AND (b.account_id = login_ban.account_id OR b.scripts && its_scripts)
            LIMIT 1);
END;
$$;
COMMENT ON FUNCTION chimera.login_ban(int, text) IS
'Internal: why an account, which may not exist yet, is banned, by itself or by an address that it shares with a '
'banned one; NULL: not banned.';

CREATE FUNCTION chimera.requested_network(coin text, algorithm text, OUT network_id uuid, OUT error text)
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    its_algorithm text;
BEGIN
    IF coin IS NULL THEN
        RETURN;
    END IF;
    SELECT n.network_id, n.algorithm INTO requested_network.network_id, its_algorithm
    FROM chimera.network_configs n
    WHERE (n.name = coin OR lower(n.symbol) = coin) AND n.archived_at IS NULL
    ORDER BY n.algorithm = requested_network.algorithm DESC, n.is_active DESC, n.is_enabled DESC, n.name
    LIMIT 1;
    IF NOT FOUND THEN
        error := format('coin "%s" is not mined here', coin);
    ELSIF its_algorithm <> requested_network.algorithm THEN
        error := format('coin "%s" uses algorithm %s, but this port is for %s', coin, its_algorithm, requested_network.algorithm);
    END IF;
END;
$$;
COMMENT ON FUNCTION chimera.requested_network(text, text) IS
'Internal: the network that a password requests by name or symbol, on a port of an algorithm; error says why it '
'is not available.';

CREATE FUNCTION chimera.choose_network(port chimera.listener_networks, account_id int, rig_id int, asked uuid,
    OUT network_id uuid, OUT chosen_by text)
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    chosen_by := 'assignment';
    SELECT c.network_id INTO choose_network.network_id
    FROM chimera.network_choices c JOIN chimera.mineable_networks w USING (network_id)
    WHERE c.account_id = choose_network.account_id AND (c.miner_id = rig_id OR c.miner_id IS NULL) AND c.algorithm = port.algorithm
    ORDER BY c.miner_id NULLS LAST LIMIT 1;
    IF NOT FOUND AND asked IS NOT NULL THEN
        chosen_by := 'password';
        SELECT w.network_id INTO choose_network.network_id FROM chimera.mineable_networks w WHERE w.network_id = asked;
    END IF;
    IF network_id IS NULL THEN
        chosen_by := port.chosen_by;
        network_id := port.network_id;
    END IF;
END;
$$;
COMMENT ON FUNCTION chimera.choose_network(chimera.listener_networks, int, int, uuid) IS
'Internal: the network of a connection''s first miner, and the rule that chose it.';

CREATE FUNCTION chimera.payment_error(account text, is_address boolean, port chimera.listener_networks,
    network_id uuid, chosen_by text) RETURNS text
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF NOT is_address AND NOT chimera.looks_like_address(account, port.algorithm) THEN
        RETURN NULL;
    END IF;
    -- A miner that chose a coin, by port or password, must have an address of it. A miner that a
    -- switch or an admin moved there needs an address of any coin of the algorithm.
    IF port.chosen_by = 'listener' AND chosen_by <> 'assignment' THEN
        RETURN (SELECT format('user name is not a valid address: %s: %s', n.name, coalesce(chimera.network_address_error(n.name, account), ''))
                FROM chimera.network_configs n WHERE n.network_id = payment_error.network_id);
    ELSIF strpos(account, ',') > 0 THEN
        RETURN CASE WHEN NOT EXISTS (
            SELECT FROM chimera.network_configs n
            WHERE n.is_enabled AND n.algorithm = port.algorithm AND chimera.combined_address(account, n.network_id) IS NOT NULL)
            THEN 'user name is not a valid address: it has no address of a coin of algorithm ' || port.algorithm END;
    END IF;
    RETURN 'user name is not a valid address: ' || chimera.enabled_address_error(account, port.algorithm);
END;
$$;
COMMENT ON FUNCTION chimera.payment_error(text, boolean, chimera.listener_networks, uuid, text) IS
'Internal: why an account that cannot be paid on its network is rejected: its name is meant as an address, but '
'the port''s network, or every network of the algorithm, does not have this address. NULL: it is accepted, with a '
'notice.';

CREATE FUNCTION chimera.authorize(
    listener_id int, server_id uuid, session_id bigint, user_name text, password text, address inet DEFAULT NULL,
    OUT miner_id int, OUT network_id uuid, OUT chosen_by text, OUT requested_network uuid, OUT error text,
    OUT account text, OUT rig text, OUT difficulty float8, OUT notice text)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    named record;
    options record;
    port chimera.listener_networks;
    asked uuid;
    owner_id int;
    first_id int;
BEGIN
    named := chimera.read_user_name(user_name);
    error := named.error;
    IF error IS NOT NULL THEN
        RETURN;
    END IF;
    SELECT * INTO port FROM chimera.listener_networks l WHERE l.listener_id = authorize.listener_id;
    IF NOT FOUND THEN
        error := 'this port is closed';
        RETURN;
    END IF;
    account := named.account;
    rig := named.rig;
    options := chimera.read_password(password);
    IF options.addresses IS NOT NULL AND named.is_address THEN
        SELECT a.account, a.error INTO authorize.account, authorize.error FROM chimera.add_addresses(account, options.addresses) a;
    ELSIF options.addresses IS NOT NULL THEN
        notice := 'addresses in the password apply only to user names that are addresses; set the addresses of an '
                  'account on the pool''s web pages';
    END IF;
    IF error IS NULL AND strpos(account, ',') > 0 THEN
        error := chimera.combination_error(account, port.algorithm);
    END IF;
    IF error IS NULL THEN
        SELECT a.network_id, a.error INTO asked, authorize.error FROM chimera.requested_network(options.coin, port.algorithm) a;
    END IF;
    IF error IS NULL THEN
        SELECT a.account_id, m.miner_id INTO owner_id, authorize.miner_id
        FROM chimera.accounts a LEFT JOIN chimera.miners m ON m.account_id = a.account_id AND m.name = rig
        WHERE a.name = authorize.account;
        error := chimera.login_ban(owner_id, account);
    END IF;
    IF error IS NULL THEN
        -- a connection's first miner has chosen for all others
        SELECT s.first_miner_id, s.network_id, s.requested_network, s.chosen_by
        INTO first_id, authorize.network_id, authorize.requested_network, authorize.chosen_by
        FROM chimera.miner_network_assignments s
        WHERE s.server_id = authorize.server_id AND s.session_id = authorize.session_id AND s.disconnected_at IS NULL
        LIMIT 1;
        IF NOT FOUND THEN
            requested_network := asked;
            SELECT c.network_id, c.chosen_by INTO authorize.network_id, authorize.chosen_by
            FROM chimera.choose_network(port, owner_id, authorize.miner_id, asked) c;
        END IF;
        error := CASE WHEN chosen_by IN ('listener', 'default') THEN port.no_work END;
    END IF;
    IF error IS NULL AND NOT chimera.can_be_paid(owner_id, account, network_id) THEN
        error := chimera.payment_error(account, named.is_address, port, network_id, chosen_by);
        notice := chimera.unpaid_message(account, network_id);
    END IF;
    IF error IS NOT NULL THEN
        miner_id := NULL;
        network_id := NULL;
        chosen_by := NULL;
        requested_network := NULL;
        RETURN;
    END IF;

    difficulty := options.difficulty;
    notice := coalesce(notice, options.complaint, chimera.unpaid_children_message(owner_id, account, network_id));
    -- Miners reconnect all the time, and stratumd reports them again after a crash (stratum_hello):
    -- do not wait for the disk.
    PERFORM set_config('synchronous_commit', 'off', true);
    miner_id := coalesce(miner_id, -owner_id, 0);
    INSERT INTO chimera.miner_network_assignments AS a (server_id, session_id, miner_id, first_miner_id, listener_id,
        network_id, requested_network, address, account_name, rig_name, chosen_by)
    VALUES (authorize.server_id, authorize.session_id, authorize.miner_id, coalesce(first_id, authorize.miner_id),
        authorize.listener_id, authorize.network_id, authorize.requested_network, authorize.address,
        CASE WHEN authorize.miner_id <= 0 THEN authorize.account END, CASE WHEN authorize.miner_id <= 0 THEN authorize.rig END,
        authorize.chosen_by)
    ON CONFLICT DO NOTHING;
END;
$$;
COMMENT ON FUNCTION chimera.authorize(int, uuid, bigint, text, text, inet) IS
'For stratumd: authorizes a miner on a listener from an address (NULL: not known) and opens its assignment. '
'Returns its miner_id (for a rig without an accepted share 0 or minus its account_id; submit_first_share() '
'creates its rows), account and rig as they are spelled, the network that it mines on, the rule that chose it '
'(assignment, password, listener, default; a connection''s first miner chooses for all), the network and the '
'difficulty that its password requests, and a notice for the miner, such as that it cannot be paid there; error '
'says why it was rejected. A name that is or looks like an address must be valid on the port''s network, on a port '
'of an algorithm on an enabled network of it, or belong to an account that has an address there. The password is '
'not otherwise checked: a miner can only earn for the account that it names.';

-- ---------- the first share ----------

CREATE FUNCTION chimera.make_rig(account text, rig text) RETURNS int
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    owner_id int;
    made_id int;
BEGIN
    SELECT a.account_id INTO owner_id FROM chimera.accounts a WHERE a.name = account;
    IF owner_id IS NULL THEN
        INSERT INTO chimera.accounts (name) VALUES (account) ON CONFLICT DO NOTHING;
        SELECT a.account_id INTO owner_id FROM chimera.accounts a WHERE a.name = account;
    END IF;
    INSERT INTO chimera.miners (account_id, name) VALUES (owner_id, rig) ON CONFLICT DO NOTHING;
    SELECT m.miner_id INTO made_id FROM chimera.miners m WHERE m.account_id = owner_id AND m.name = rig;
    RETURN made_id;
END;
$$;
COMMENT ON FUNCTION chimera.make_rig(text, text) IS
'Internal: the miner_id of a rig, which is created with its account if necessary.';

CREATE FUNCTION chimera.submit_first_share(server_id uuid, session_id bigint, is_first boolean, account text, rig text,
    submission bytea, OUT result int, OUT miner_id int)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    former_id int;
    is_numbered boolean;
    batch bytea := submission;
BEGIN
    SELECT m.miner_id INTO submit_first_share.miner_id
    FROM chimera.accounts a JOIN chimera.miners m USING (account_id)
    WHERE a.name = account AND m.name = rig;
    IF NOT FOUND THEN
        -- write no row and use up no number for a rejected share
        result := chimera.try_share(submission);
        IF result NOT IN (0, 1) THEN
            RETURN;
        END IF;
    END IF;
    BEGIN
        former_id := miner_id;
        miner_id := coalesce(miner_id, chimera.make_rig(account, rig));
        -- after the format's version and the job_id
        batch := overlay(batch PLACING int4send(miner_id) FROM 13 FOR 4);
        result := get_byte(chimera.submit_shares(batch), 0);
        IF result NOT IN (0, 1) AND former_id IS NULL THEN
            RAISE EXCEPTION 'not a share' USING ERRCODE = 'CHM01';
        END IF;
    EXCEPTION WHEN SQLSTATE 'CHM01' THEN
        miner_id := NULL;
        RETURN;
    END;

    -- The connection may have a row with the number, too: stratumd reported a rig without one because the response
    -- to its first share was lost, or two spellings of its name are authorized. Then only that row stays.
    is_numbered := EXISTS (
        SELECT FROM chimera.miner_network_assignments a
        WHERE a.server_id = submit_first_share.server_id AND a.session_id = submit_first_share.session_id
          AND a.disconnected_at IS NULL AND a.miner_id = submit_first_share.miner_id);
    -- a concurrent change may just have reopened the row: the second attempt sees it
    FOR try IN 1 .. 2 LOOP
        UPDATE chimera.miner_network_assignments a
        SET miner_id = CASE WHEN is_numbered THEN a.miner_id ELSE submit_first_share.miner_id END,
            account_name = CASE WHEN is_numbered THEN a.account_name END,
            rig_name = CASE WHEN is_numbered THEN a.rig_name END,
            disconnected_at = CASE WHEN is_numbered THEN clock_timestamp() END
        WHERE a.server_id = submit_first_share.server_id AND a.session_id = submit_first_share.session_id
          AND a.disconnected_at IS NULL AND a.account_name = account AND a.rig_name = rig;
        EXIT WHEN FOUND;
    END LOOP;
    IF is_first THEN
        UPDATE chimera.miner_network_assignments a SET first_miner_id = submit_first_share.miner_id
        WHERE a.server_id = submit_first_share.server_id AND a.session_id = submit_first_share.session_id
          AND a.disconnected_at IS NULL;
    END IF;
END;
$$;
COMMENT ON FUNCTION chimera.submit_first_share(uuid, bigint, boolean, text, text, bytea) IS
'For stratumd: checks and stores a share of a rig without a number from authorize(), as a batch of one submission '
'in the form of submit_shares(), whose miner_id is ignored; result is the response of submit_shares(). An '
'accepted share creates the rig and its account if necessary, and miner_id is its number from then on, also in '
'the connection''s assignment; is_first: it is the connection''s first miner. Errors: 22P03 for a malformed batch, '
'55000 as submit_shares(). CHM01 is raised and caught internally, to roll back the rows of a rejected share.';
