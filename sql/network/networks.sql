-- networks.sql: networks, their nodes and the nodes' secrets.

CREATE TABLE chimera.network_configs (
    network_id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    -- no date at the end: another network's partition would have that name
    name text NOT NULL UNIQUE CHECK (name ~ '^[a-z][a-z0-9_]{0,31}$' AND name !~ '_[0-9]{8}$'),
    display_name text NOT NULL,
    symbol text NOT NULL,
    icon text,
    algorithm text NOT NULL CHECK (chimera.is_algorithm(algorithm)),
    genesis_hash text NOT NULL CHECK (genesis_hash ~ '^[0-9a-f]{64}$'),
    p2pkh_version int CHECK (p2pkh_version BETWEEN 0 AND 255),
    p2sh_version int CHECK (p2sh_version BETWEEN 0 AND 255),
    p2sh_version_old int CHECK (p2sh_version_old BETWEEN 0 AND 255),
    bech32_hrp text CHECK (bech32_hrp = lower(bech32_hrp) AND bech32_hrp <> ''),
    cashaddr_prefix text CHECK (cashaddr_prefix ~ '^[a-z]+$'),
    witness_version_max int NOT NULL DEFAULT 0 CHECK (witness_version_max BETWEEN 0 AND 1),
    template_rules text[] NOT NULL DEFAULT '{segwit}' CHECK (array_position(template_rules, NULL) IS NULL),
    template_algorithm text,
    version_mask bigint NOT NULL DEFAULT 0 CHECK (version_mask BETWEEN 0 AND 4294967295),
    template_max_age_s int NOT NULL DEFAULT 300 CHECK (template_max_age_s > 0),
    pool_address text NOT NULL,
    coinbase_tag text NOT NULL DEFAULT '/Chimera/' CHECK (octet_length(coinbase_tag) <= 40),
    confirmations_needed int NOT NULL DEFAULT 100 CHECK (confirmations_needed > 0),
    start_difficulty float8 NOT NULL DEFAULT 1,
    min_difficulty float8 NOT NULL DEFAULT 0.001 CHECK (min_difficulty > 0 AND min_difficulty < 'infinity'),
    max_difficulty float8 NOT NULL DEFAULT 1e12 CHECK (max_difficulty < 'infinity'),
    vardiff_target_s float8 NOT NULL DEFAULT 10 CHECK (vardiff_target_s > 0 AND vardiff_target_s < 'infinity'),
    vardiff_retarget_s float8 NOT NULL DEFAULT 180 CHECK (vardiff_retarget_s > 0 AND vardiff_retarget_s < 'infinity'),
    vardiff_retarget_shares int NOT NULL DEFAULT 30 CHECK (vardiff_retarget_shares > 0),
    vardiff_variance float8 NOT NULL DEFAULT 0.15 CHECK (vardiff_variance >= 0 AND vardiff_variance < 1),
    caps_difficulty boolean NOT NULL DEFAULT true,
    -- an interval that takes now() out of the calendar would stop the accountant for all networks
    share_retention interval NOT NULL DEFAULT '90 days' CHECK (share_retention BETWEEN '1 day' AND '100 years'),
    payout_interval interval CHECK (payout_interval > '0' AND payout_interval <= '1 year'),
    minimum_payout_sats bigint NOT NULL DEFAULT 1000000 CHECK (minimum_payout_sats > 0),
    payout_fee_payer text NOT NULL DEFAULT 'pool' CHECK (payout_fee_payer IN ('pool', 'recipients')),
    payout_confirmations int NOT NULL DEFAULT 6 CHECK (payout_confirmations > 0),
    dust_sats bigint NOT NULL DEFAULT 0 CHECK (dust_sats >= 0),
    dust_relay_fee_sats int NOT NULL DEFAULT 30000 CHECK (dust_relay_fee_sats >= 0),
    wallet_change_delay interval NOT NULL DEFAULT '0' CHECK (wallet_change_delay BETWEEN '0' AND '1 year'),
    easiest_nbits bigint CHECK (easiest_nbits BETWEEN 1 AND 4294967295),
    difficulty_drop_max float8 DEFAULT 4 CHECK (difficulty_drop_max >= 1 AND difficulty_drop_max < 'infinity'),
    subsidy_rise_max float8 DEFAULT 1 CHECK (subsidy_rise_max >= 1 AND subsidy_rise_max < 'infinity'),
    pool_reserve_sats bigint NOT NULL DEFAULT 0 CHECK (pool_reserve_sats >= 0),
    is_enabled boolean NOT NULL DEFAULT false,
    is_active boolean NOT NULL DEFAULT false,
    block_url text CHECK (block_url ~ '^https?://'),
    transaction_url text CHECK (transaction_url ~ '^https?://'),
    address_url text CHECK (address_url ~ '^https?://'),
    archived_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT network_configs_difficulties CHECK (start_difficulty BETWEEN min_difficulty AND max_difficulty),
    CONSTRAINT network_configs_active CHECK (is_enabled OR NOT is_active),
    CONSTRAINT network_configs_dust CHECK (minimum_payout_sats >= dust_sats),
    CONSTRAINT network_configs_archived CHECK (archived_at IS NULL OR NOT is_enabled),
    -- Rejects an address that is not the coin's. CHECKs run in the order of their names, and this
    -- one needs valid version bytes.
    CONSTRAINT pool_address_is_the_coins CHECK (chimera.address_script(
        pool_address, p2pkh_version, p2sh_version, bech32_hrp, p2sh_version_old, cashaddr_prefix, witness_version_max)
        IS NOT NULL)
);
CREATE UNIQUE INDEX network_configs_one_active ON chimera.network_configs (algorithm) WHERE is_active;

COMMENT ON TABLE chimera.network_configs IS 'One row per network (a coin''s chain)';
COMMENT ON COLUMN chimera.network_configs.network_id IS 'Identifies the network in every share, block and statistic';
COMMENT ON COLUMN chimera.network_configs.name IS
'Short unique name, which every routine accepts in place of network_id; never changes, since partition names '
'contain it';
COMMENT ON COLUMN chimera.network_configs.display_name IS 'Name shown to people';
COMMENT ON COLUMN chimera.network_configs.symbol IS 'Ticker, such as LTC';
COMMENT ON COLUMN chimera.network_configs.icon IS
'Path of the coin''s picture on the dashboard''s own site, such as /coins/ltc.svg; without it the dashboard shows a '
'disc with the coin''s letters';
COMMENT ON COLUMN chimera.network_configs.algorithm IS 'Proof of work, one of chimera.algorithms()';
COMMENT ON COLUMN chimera.network_configs.genesis_hash IS
'Hash of block 0 in the byte order that explorers show; nodes on another chain are not used';
COMMENT ON COLUMN chimera.network_configs.p2pkh_version IS
'Version byte of base58 addresses of keys; NULL: the coin has no such addresses';
COMMENT ON COLUMN chimera.network_configs.p2sh_version IS
'Version byte of base58 addresses of scripts; NULL: the coin has no such addresses';
COMMENT ON COLUMN chimera.network_configs.p2sh_version_old IS
'Previous version byte of such addresses, still accepted (Litecoin); NULL: the coin never had another';
COMMENT ON COLUMN chimera.network_configs.bech32_hrp IS
'Prefix of bech32 addresses, in lower case; NULL: the coin has no such addresses';
COMMENT ON COLUMN chimera.network_configs.cashaddr_prefix IS
'Prefix of cashaddr addresses, such as bitcoincash, in lower case; NULL: the coin has no such addresses';
COMMENT ON COLUMN chimera.network_configs.witness_version_max IS
'Highest witness version of addresses that are paid: 1 if the coin has taproot, else 0. Until taproot is active, '
'anybody can spend an output of version 1';
COMMENT ON COLUMN chimera.network_configs.template_rules IS
'Rules passed to getblocktemplate (BIP 9), such as segwit and mweb';
COMMENT ON COLUMN chimera.network_configs.template_algorithm IS
'Second parameter of getblocktemplate, for coins with several algorithms (DigiByte); NULL: the coin takes no such '
'parameter';
COMMENT ON COLUMN chimera.network_configs.version_mask IS
'Header version bits that miners may roll (BIP 310); 0 for none';
COMMENT ON COLUMN chimera.network_configs.template_max_age_s IS
'Seconds without a template from any node after which the network hands out no more jobs';
COMMENT ON COLUMN chimera.network_configs.pool_address IS 'Address of the coin that the coinbase pays';
COMMENT ON COLUMN chimera.network_configs.coinbase_tag IS 'The pool''s tag in the coinbase';
COMMENT ON COLUMN chimera.network_configs.confirmations_needed IS
'Confirmations after which a block counts as confirmed';
COMMENT ON COLUMN chimera.network_configs.start_difficulty IS
'Difficulty that a miner starts with, unless its listener sets one';
COMMENT ON COLUMN chimera.network_configs.min_difficulty IS
'Lowest difficulty of a miner, unless its listener sets one';
COMMENT ON COLUMN chimera.network_configs.max_difficulty IS
'Highest difficulty of a miner, unless its listener sets one';
COMMENT ON COLUMN chimera.network_configs.vardiff_target_s IS
'Seconds between two shares of a miner that vardiff aims at';
COMMENT ON COLUMN chimera.network_configs.vardiff_retarget_s IS
'Seconds after which vardiff reviews a miner''s difficulty';
COMMENT ON COLUMN chimera.network_configs.vardiff_retarget_shares IS 'Shares after which it does so earlier';
COMMENT ON COLUMN chimera.network_configs.vardiff_variance IS
'How far a miner''s share interval may deviate from the target, as a fraction of it, before its difficulty changes';
COMMENT ON COLUMN chimera.network_configs.caps_difficulty IS
'Whether a miner''s difficulty never exceeds the network''s, so that miners submit every block they find; false '
'only for test chains whose difficulty is so low that each share would be a block';
COMMENT ON COLUMN chimera.network_configs.share_retention IS
'How long single shares are kept; rollups and blocks are kept for ever';
COMMENT ON COLUMN chimera.network_configs.payout_interval IS
'How often balances are paid out; NULL: only when chimera.prepare_payouts() is called';
COMMENT ON COLUMN chimera.network_configs.minimum_payout_sats IS
'Lowest balance that is paid out, in the coin''s smallest unit; accounts may choose a higher one';
COMMENT ON COLUMN chimera.network_configs.payout_fee_payer IS
'Who pays the transaction fee of payouts: pool, or recipients, each in proportion to its amount';
COMMENT ON COLUMN chimera.network_configs.payout_confirmations IS
'Confirmations after which a payout''s transaction is final';
COMMENT ON COLUMN chimera.network_configs.dust_sats IS
'Lowest amount of any output of a payout, for coins whose nodes have one limit for all types (Dogecoin) and for '
'pools that want no smaller outputs';
COMMENT ON COLUMN chimera.network_configs.dust_relay_fee_sats IS
'The nodes'' dustrelayfee per 1000 bytes. It determines the lowest amount that nodes relay for each type of '
'output; the higher of that and dust_sats applies';
COMMENT ON COLUMN chimera.network_configs.wallet_change_delay IS
'How long a change of an account''s wallets waits before it takes effect, so that the owner can undo a thief''s change';
COMMENT ON COLUMN chimera.network_configs.easiest_nbits IS
'Compact bits of the easiest target that the chain allows (its proof-of-work limit); templates with an easier one '
'are rejected. NULL: not known';
COMMENT ON COLUMN chimera.network_configs.difficulty_drop_max IS
'Factor by which the chain''s difficulty may fall within a day; templates with a lower difficulty are rejected '
'until chimera.accept_template(). NULL: not limited, as on test networks, whose rules allow a block of minimum '
'difficulty at any time';
COMMENT ON COLUMN chimera.network_configs.subsidy_rise_max IS
'Factor by which the chain''s subsidy may rise within a day; 1 for the usual coin, whose subsidy only falls. '
'Templates that claim more are rejected until chimera.accept_template(). NULL: not limited';
COMMENT ON COLUMN chimera.network_configs.pool_reserve_sats IS
'What the operator has put into the wallet to pay shares ahead of blocks, in the coin''s smallest unit; health '
'reports the pool''s own account once it is further below zero';
COMMENT ON COLUMN chimera.network_configs.is_enabled IS 'Whether background workers poll the nodes and hand out jobs';
COMMENT ON COLUMN chimera.network_configs.is_active IS
'Whether listeners of the algorithm send their miners to this network; true for one network per algorithm';
COMMENT ON COLUMN chimera.network_configs.block_url IS
'A block''s page in an explorer; {hash} is replaced by its hash and {height} by its height';
COMMENT ON COLUMN chimera.network_configs.transaction_url IS 'A transaction''s page; {txid} is replaced by its id';
COMMENT ON COLUMN chimera.network_configs.address_url IS 'An address''s page; {address} is replaced by it';
COMMENT ON COLUMN chimera.network_configs.archived_at IS
'When the network was archived for good: its history stays, and it cannot be enabled; NULL: not archived';
COMMENT ON COLUMN chimera.network_configs.created_at IS 'When the network was added';
COMMENT ON COLUMN chimera.network_configs.updated_at IS
'When a setting last changed; the network''s background workers then restart';

COMMENT ON CONSTRAINT network_configs_name_check ON chimera.network_configs IS
'name must be a lowercase letter followed by up to 31 lowercase letters, digits and underscores, and must not end '
'with a date';
COMMENT ON CONSTRAINT network_configs_algorithm_check ON chimera.network_configs IS
'algorithm must be one of chimera.algorithms()';
COMMENT ON CONSTRAINT network_configs_genesis_hash_check ON chimera.network_configs IS
'genesis_hash must be 64 hexadecimal digits';
COMMENT ON CONSTRAINT network_configs_p2pkh_version_check ON chimera.network_configs IS
'p2pkh_version must be from 0 to 255';
COMMENT ON CONSTRAINT network_configs_p2sh_version_check ON chimera.network_configs IS
'p2sh_version must be from 0 to 255';
COMMENT ON CONSTRAINT network_configs_p2sh_version_old_check ON chimera.network_configs IS
'p2sh_version_old must be from 0 to 255';
COMMENT ON CONSTRAINT network_configs_bech32_hrp_check ON chimera.network_configs IS
'bech32_hrp must be in lower case and not empty';
COMMENT ON CONSTRAINT network_configs_cashaddr_prefix_check ON chimera.network_configs IS
'cashaddr_prefix must consist of lowercase letters';
COMMENT ON CONSTRAINT network_configs_witness_version_max_check ON chimera.network_configs IS
'witness_version_max must be 0 or 1';
COMMENT ON CONSTRAINT network_configs_dust_relay_fee_sats_check ON chimera.network_configs IS
'dust_relay_fee_sats must be at least 0';
COMMENT ON CONSTRAINT network_configs_easiest_nbits_check ON chimera.network_configs IS
'easiest_nbits must be from 1 to 4294967295';
COMMENT ON CONSTRAINT network_configs_difficulty_drop_max_check ON chimera.network_configs IS
'difficulty_drop_max must be at least 1 and finite';
COMMENT ON CONSTRAINT network_configs_subsidy_rise_max_check ON chimera.network_configs IS
'subsidy_rise_max must be at least 1 and finite';
COMMENT ON CONSTRAINT network_configs_pool_reserve_sats_check ON chimera.network_configs IS
'pool_reserve_sats must be at least 0';
COMMENT ON CONSTRAINT network_configs_template_rules_check ON chimera.network_configs IS
'template_rules must not contain null';
COMMENT ON CONSTRAINT network_configs_version_mask_check ON chimera.network_configs IS
'version_mask must be from 0 to 4294967295';
COMMENT ON CONSTRAINT network_configs_template_max_age_s_check ON chimera.network_configs IS
'template_max_age_s must be greater than 0';
COMMENT ON CONSTRAINT network_configs_coinbase_tag_check ON chimera.network_configs IS
'coinbase_tag must be at most 40 bytes long';
COMMENT ON CONSTRAINT network_configs_confirmations_needed_check ON chimera.network_configs IS
'confirmations_needed must be greater than 0';
COMMENT ON CONSTRAINT network_configs_min_difficulty_check ON chimera.network_configs IS
'min_difficulty must be greater than 0 and finite';
COMMENT ON CONSTRAINT network_configs_max_difficulty_check ON chimera.network_configs IS
'max_difficulty must be finite';
COMMENT ON CONSTRAINT network_configs_vardiff_target_s_check ON chimera.network_configs IS
'vardiff_target_s must be greater than 0 and finite';
COMMENT ON CONSTRAINT network_configs_vardiff_retarget_s_check ON chimera.network_configs IS
'vardiff_retarget_s must be greater than 0 and finite';
COMMENT ON CONSTRAINT network_configs_vardiff_retarget_shares_check ON chimera.network_configs IS
'vardiff_retarget_shares must be greater than 0';
COMMENT ON CONSTRAINT network_configs_vardiff_variance_check ON chimera.network_configs IS
'vardiff_variance must be at least 0 and less than 1';
COMMENT ON CONSTRAINT network_configs_share_retention_check ON chimera.network_configs IS
'share_retention must be from 1 day to 100 years';
COMMENT ON CONSTRAINT network_configs_payout_interval_check ON chimera.network_configs IS
'payout_interval must be greater than 0 and at most 1 year';
COMMENT ON CONSTRAINT network_configs_minimum_payout_sats_check ON chimera.network_configs IS
'minimum_payout_sats must be greater than 0';
COMMENT ON CONSTRAINT network_configs_payout_fee_payer_check ON chimera.network_configs IS
'payout_fee_payer must be pool or recipients';
COMMENT ON CONSTRAINT network_configs_payout_confirmations_check ON chimera.network_configs IS
'payout_confirmations must be greater than 0';
COMMENT ON CONSTRAINT network_configs_dust_sats_check ON chimera.network_configs IS 'dust_sats must be at least 0';
COMMENT ON CONSTRAINT network_configs_wallet_change_delay_check ON chimera.network_configs IS
'wallet_change_delay must be from 0 to 1 year';
COMMENT ON CONSTRAINT network_configs_block_url_check ON chimera.network_configs IS
'block_url must begin with http:// or https://';
COMMENT ON CONSTRAINT network_configs_transaction_url_check ON chimera.network_configs IS
'transaction_url must begin with http:// or https://';
COMMENT ON CONSTRAINT network_configs_address_url_check ON chimera.network_configs IS
'address_url must begin with http:// or https://';
COMMENT ON CONSTRAINT network_configs_difficulties ON chimera.network_configs IS
'start_difficulty must be from min_difficulty to max_difficulty';
COMMENT ON CONSTRAINT network_configs_active ON chimera.network_configs IS 'a network must be enabled to be active';
COMMENT ON CONSTRAINT network_configs_dust ON chimera.network_configs IS
'minimum_payout_sats must be at least dust_sats';
COMMENT ON CONSTRAINT network_configs_archived ON chimera.network_configs IS 'an archived network cannot be enabled';
COMMENT ON CONSTRAINT pool_address_is_the_coins ON chimera.network_configs IS
'pool_address must be an address of the coin';
CREATE TRIGGER violations_in_words BEFORE INSERT OR UPDATE ON chimera.network_configs
    FOR EACH ROW EXECUTE FUNCTION chimera.check_row();

-- ---------- addresses and amounts that the coin's wallets pay ----------

-- Only these functions decide which addresses a network pays, and from which
-- amount on. A body parsed here becomes part of the calling query and does
-- not depend on its search_path.

CREATE FUNCTION chimera.address_error(address text, network chimera.network_configs) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN chimera.address_error(address, (network).p2pkh_version, (network).p2sh_version, (network).bech32_hrp,
        (network).p2sh_version_old, (network).cashaddr_prefix, (network).witness_version_max);
COMMENT ON FUNCTION chimera.address_error(text, chimera.network_configs) IS
'Why a network does not pay an address; NULL if it does, and for a NULL address.';

CREATE FUNCTION chimera.address_script(address text, network chimera.network_configs) RETURNS bytea
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN chimera.address_script(address, (network).p2pkh_version, (network).p2sh_version, (network).bech32_hrp,
        (network).p2sh_version_old, (network).cashaddr_prefix, (network).witness_version_max);
COMMENT ON FUNCTION chimera.address_script(text, chimera.network_configs) IS
'The output script of an address of a network. NULL for a NULL address. Errors: 22023 with the reason if the '
'network does not pay the address.';

-- As in Bitcoin Core's GetDustThreshold: the size of the output (value,
-- length, script) and of the input that spends it, whose signature counts a
-- quarter if it is a witness.
CREATE FUNCTION chimera.least_output(script bytea, network chimera.network_configs) RETURNS bigint
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN greatest(1, (network).dust_sats,
        ((9 + octet_length(script) + CASE WHEN get_byte(script, 0) IN (0, 81) THEN 67 ELSE 148 END)::bigint
         * (network).dust_relay_fee_sats + 999) / 1000);
COMMENT ON FUNCTION chimera.least_output(bytea, chimera.network_configs) IS
'The lowest amount of an output of a payout with this script, in the coin''s smallest unit: what the coin''s nodes '
'relay (dust_relay_fee_sats), and at least dust_sats. Source: Bitcoin Core, policy.cpp, GetDustThreshold.';

CREATE SEQUENCE chimera.network_nodes_node_id_seq AS int;
CREATE TABLE chimera.network_nodes (
    node_id int PRIMARY KEY DEFAULT nextval('chimera.network_nodes_node_id_seq'),
    network_id uuid NOT NULL REFERENCES chimera.network_configs ON DELETE CASCADE,
    kind text NOT NULL DEFAULT 'node' CHECK (kind IN ('node', 'wallet')),
    priority int NOT NULL DEFAULT 1 CHECK (priority > 0),
    -- logs show it, and a log line is one line
    rpc_url text NOT NULL CHECK (rpc_url ~ '^https?://[^@[:space:][:cntrl:]]+$'),
    updated_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (network_id, kind, priority),
    CONSTRAINT network_nodes_one_wallet CHECK (kind = 'node' OR priority = 1)
);
ALTER SEQUENCE chimera.network_nodes_node_id_seq OWNED BY chimera.network_nodes.node_id;
COMMENT ON TABLE chimera.network_nodes IS
'The nodes of a network, of which the first healthy one is used, and its wallet unless the first node''s wallet pays';
COMMENT ON COLUMN chimera.network_nodes.node_id IS 'The node''s number';
COMMENT ON COLUMN chimera.network_nodes.network_id IS 'The node''s network';
COMMENT ON COLUMN chimera.network_nodes.kind IS
'node: gives templates and takes blocks; wallet: pays out (at most one per network)';
COMMENT ON COLUMN chimera.network_nodes.priority IS 'The healthy node with the lowest priority is used';
COMMENT ON COLUMN chimera.network_nodes.rpc_url IS
'URL of its JSON-RPC, without user and password; those are in network_credentials';
COMMENT ON COLUMN chimera.network_nodes.updated_at IS
'When it last changed; the network''s background workers then restart';
COMMENT ON CONSTRAINT network_nodes_kind_check ON chimera.network_nodes IS 'kind must be node or wallet';
COMMENT ON CONSTRAINT network_nodes_priority_check ON chimera.network_nodes IS 'priority must be greater than 0';
COMMENT ON CONSTRAINT network_nodes_rpc_url_check ON chimera.network_nodes IS
'rpc_url must begin with http:// or https:// and must not contain a user, a password or spaces';
COMMENT ON CONSTRAINT network_nodes_one_wallet ON chimera.network_nodes IS 'priority of a wallet must be 1';
CREATE TRIGGER violations_in_words BEFORE INSERT OR UPDATE ON chimera.network_nodes
    FOR EACH ROW EXECUTE FUNCTION chimera.check_row();

CREATE TABLE chimera.network_credentials (
    node_id int PRIMARY KEY REFERENCES chimera.network_nodes ON DELETE CASCADE,
    rpc_user text,
    rpc_password text,
    rpc_cookie_file text,
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT network_credentials_one_login CHECK (rpc_cookie_file IS NULL OR rpc_password IS NULL)
);
COMMENT ON TABLE chimera.network_credentials IS 'Credentials of the nodes; only the extension''s owner can read them';
COMMENT ON COLUMN chimera.network_credentials.node_id IS 'The node';
COMMENT ON COLUMN chimera.network_credentials.rpc_user IS 'User of its JSON-RPC';
COMMENT ON COLUMN chimera.network_credentials.rpc_password IS 'Its password; NULL with a cookie file';
COMMENT ON COLUMN chimera.network_credentials.rpc_cookie_file IS
'File with __cookie__ and a password that the node writes when it starts; read again for each call';
COMMENT ON COLUMN chimera.network_credentials.updated_at IS 'When the credentials last changed';
COMMENT ON CONSTRAINT network_credentials_one_login ON chimera.network_credentials IS
'specify either a password or a cookie file, not both';
CREATE TRIGGER violations_in_words BEFORE INSERT OR UPDATE ON chimera.network_credentials
    FOR EACH ROW EXECUTE FUNCTION chimera.check_row();

CREATE FUNCTION chimera.reload_workers() RETURNS void
    AS 'MODULE_PATHNAME', 'chimera_reload_workers'
    LANGUAGE C VOLATILE;
COMMENT ON FUNCTION chimera.reload_workers() IS
'Wakes the launcher when this transaction commits; the launcher then starts, stops or reconfigures the networks'' '
'background workers. Triggers call it; an operator seldom needs to.';

CREATE FUNCTION chimera.networks_changed() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM chimera.reload_workers();
    NOTIFY chimera_listeners;
    RETURN NULL;
END;
$$;
COMMENT ON FUNCTION chimera.networks_changed() IS 'Trigger: notifies the launcher and stratumd of a change';

CREATE TRIGGER networks_changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON chimera.network_configs
    FOR EACH STATEMENT EXECUTE FUNCTION chimera.networks_changed();
CREATE TRIGGER networks_changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON chimera.network_nodes
    FOR EACH STATEMENT EXECUTE FUNCTION chimera.networks_changed();
CREATE TRIGGER networks_changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON chimera.network_credentials
    FOR EACH STATEMENT EXECUTE FUNCTION chimera.networks_changed();
CREATE FUNCTION chimera.forbid_network_rename() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF NEW.name <> OLD.name OR NEW.network_id <> OLD.network_id THEN
        RAISE EXCEPTION 'cannot change name or network_id of network "%"', OLD.name
            USING ERRCODE = 'feature_not_supported', HINT = 'Change display_name instead.';
    END IF;
    RETURN NEW;
END;
$$;
COMMENT ON FUNCTION chimera.forbid_network_rename() IS 'Trigger: rejects a change of a network''s name or id';
CREATE TRIGGER forbid_network_rename BEFORE UPDATE ON chimera.network_configs
    FOR EACH ROW EXECUTE FUNCTION chimera.forbid_network_rename();

-- the launcher restarts a network's background workers when updated_at changes
CREATE FUNCTION chimera.touch_settings() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    NEW.updated_at := clock_timestamp();
    RETURN NEW;
END;
$$;
COMMENT ON FUNCTION chimera.touch_settings() IS 'Trigger: sets updated_at';
-- which network is active concerns the listeners, not the background workers
CREATE TRIGGER touch_settings BEFORE UPDATE ON chimera.network_configs
    FOR EACH ROW WHEN (to_jsonb(OLD) - 'is_active' <> to_jsonb(NEW) - 'is_active') EXECUTE FUNCTION chimera.touch_settings();
CREATE TRIGGER touch_settings BEFORE UPDATE ON chimera.network_nodes
    FOR EACH ROW EXECUTE FUNCTION chimera.touch_settings();
CREATE TRIGGER touch_settings BEFORE UPDATE ON chimera.network_credentials
    FOR EACH ROW EXECUTE FUNCTION chimera.touch_settings();

CREATE FUNCTION chimera.network_id(network text) RETURNS uuid
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    found uuid;
BEGIN
    SELECT n.network_id INTO found FROM chimera.network_configs n
    WHERE n.name = network OR n.network_id::text = lower(network);
    IF found IS NULL THEN
        RAISE EXCEPTION 'network "%" does not exist', network
            USING ERRCODE = 'undefined_object', HINT = 'See chimera.network_configs for the names.';
    END IF;
    RETURN found;
END;
$$;
COMMENT ON FUNCTION chimera.network_id(text) IS
'The network_id of a network given by its name or by its id as text. Errors: 42704 if the network does not exist.';

CREATE FUNCTION chimera.check_node(node chimera.network_nodes) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF node.rpc_url LIKE '%@%' THEN
        RAISE EXCEPTION 'rpc_url must not contain a user or password'
            USING ERRCODE = 'check_violation', HINT = 'Specify rpc_user and rpc_password, or rpc_cookie_file.';
    ELSIF EXISTS (SELECT FROM chimera.network_nodes n WHERE n.network_id = node.network_id AND n.kind = node.kind
                  AND n.priority = node.priority AND n.node_id IS DISTINCT FROM node.node_id) THEN
        IF node.kind = 'wallet' THEN
            RAISE EXCEPTION 'network already has a wallet' USING ERRCODE = 'unique_violation',
                HINT = 'Use chimera.update_node() to change it, or chimera.remove_node() to remove it.';
        END IF;
        RAISE EXCEPTION 'network already has a node of priority %', node.priority
            USING ERRCODE = 'unique_violation', HINT = 'Choose another priority.';
    END IF;
END;
$$;
COMMENT ON FUNCTION chimera.check_node(chimera.network_nodes) IS
'Rejects a node, new or stored (with its node_id), whose URL contains a secret or whose priority is taken. The '
'caller has locked the networks. Errors: 23514, 23505.';

CREATE FUNCTION chimera.check_new_network(name text) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF EXISTS (SELECT FROM chimera.network_configs n WHERE n.name = check_new_network.name) THEN
        RAISE EXCEPTION 'network "%" already exists', name USING ERRCODE = 'unique_violation', HINT = 'Choose another name.';
    END IF;
END;
$$;
COMMENT ON FUNCTION chimera.check_new_network(text) IS
'Rejects a name that a network already has. The caller has locked the networks. Errors: 23505.';

CREATE FUNCTION chimera.insert_node(node chimera.network_nodes, credentials chimera.network_credentials)
    RETURNS chimera.network_nodes
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    wanted chimera.network_nodes := node;
    added chimera.network_nodes;
BEGIN
    wanted.priority := coalesce(node.priority, CASE node.kind WHEN 'wallet' THEN 1 END,
        (SELECT max(n.priority) + 1 FROM chimera.network_nodes n
         WHERE n.network_id = node.network_id AND n.kind = node.kind), 1);
    PERFORM chimera.check_node(wanted);
    INSERT INTO chimera.network_nodes (network_id, kind, priority, rpc_url)
    VALUES (wanted.network_id, wanted.kind, wanted.priority, wanted.rpc_url)
    RETURNING * INTO added;
    INSERT INTO chimera.network_credentials (node_id, rpc_user, rpc_password, rpc_cookie_file)
    VALUES (added.node_id, credentials.rpc_user, credentials.rpc_password, credentials.rpc_cookie_file);
    RETURN added;
END;
$$;
COMMENT ON FUNCTION chimera.insert_node(chimera.network_nodes, chimera.network_credentials) IS
'Stores a node and its credentials, last in the order of priority unless priority is given. The caller has locked '
'the networks.';

CREATE FUNCTION chimera.add_node(
    network text, rpc_url text, rpc_user text DEFAULT NULL, rpc_password text DEFAULT NULL,
    rpc_cookie_file text DEFAULT NULL, priority int DEFAULT NULL, kind text DEFAULT 'node')
    RETURNS int
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    SET log_min_error_statement = 'panic' -- the statement holds a secret
AS $$
DECLARE
    target CONSTANT chimera.network_configs := chimera.lock_network(network);
    node chimera.network_nodes;
    credentials chimera.network_credentials;
    prefix text;
BEGIN
    node.network_id := target.network_id;
    node.kind := add_node.kind;
    node.priority := add_node.priority;
    node.rpc_url := add_node.rpc_url;
    credentials.rpc_user := add_node.rpc_user;
    credentials.rpc_password := add_node.rpc_password;
    credentials.rpc_cookie_file := add_node.rpc_cookie_file;
    node := chimera.insert_node(node, credentials);

    prefix := format('node.%s.', node.node_id);
    PERFORM chimera.record_network_change('edit', target, NULL, 'node added',
        changes => chimera.changed_values(NULL, to_jsonb(node), prefix)
            || chimera.changed_values(NULL, to_jsonb(credentials), prefix, true));
    RETURN node.node_id;
END;
$$;
COMMENT ON FUNCTION chimera.add_node(text, text, text, text, text, int, text) IS
'Adds a node to a network, after its other nodes unless priority is given; with kind => ''wallet'', adds the wallet '
'that pays out. Returns the node_id. Errors: 42704 for an unknown network, 23505 if the priority is taken or the '
'network already has a wallet, 23514 for a parameter out of range.';

CREATE FUNCTION chimera.remove_node(node_id int) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    node chimera.network_nodes;
    credentials chimera.network_credentials;
    target chimera.network_configs;
    prefix CONSTANT text := format('node.%s.', node_id);
BEGIN
    PERFORM chimera.lock_networks();
    SELECT * INTO credentials FROM chimera.network_credentials c WHERE c.node_id = remove_node.node_id;
    DELETE FROM chimera.network_nodes n WHERE n.node_id = remove_node.node_id RETURNING * INTO node;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    SELECT * INTO target FROM chimera.network_configs n WHERE n.network_id = node.network_id;
    PERFORM chimera.record_network_change('edit', target, NULL, 'node removed',
        changes => chimera.changed_values(to_jsonb(node), NULL, prefix)
            || chimera.changed_values(to_jsonb(credentials), NULL, prefix, true));
    RETURN true;
END;
$$;
COMMENT ON FUNCTION chimera.remove_node(int) IS 'Removes a node or wallet of a network; false if it does not exist.';

CREATE FUNCTION chimera.insert_network(
    defaults jsonb, settings jsonb, parameters jsonb, rpc_url text, credentials chimera.network_credentials)
    RETURNS uuid
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    wanted jsonb;
    columns text;
    twice text;
    added chimera.network_configs;
    node chimera.network_nodes;
BEGIN
    PERFORM chimera.check_network_changes(settings);
    SELECT k INTO twice FROM jsonb_object_keys(settings) k WHERE parameters ? k ORDER BY k LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'network setting "%" must be given as a parameter', twice USING ERRCODE = 'invalid_parameter_value';
    END IF;
    wanted := defaults || settings || parameters;
    wanted := wanted || jsonb_build_object('genesis_hash', lower(wanted ->> 'genesis_hash'));

    PERFORM chimera.lock_networks();
    PERFORM chimera.check_new_network(wanted ->> 'name');
    -- other columns get their defaults
    SELECT string_agg(quote_ident(k), ', ' ORDER BY k) INTO columns FROM jsonb_object_keys(wanted) k;
    EXECUTE format('INSERT INTO chimera.network_configs (%1$s)
                    SELECT %1$s FROM jsonb_populate_record(NULL::chimera.network_configs, $1) RETURNING *', columns)
    INTO added USING wanted;

    node.network_id := added.network_id;
    node.kind := 'node';
    node.rpc_url := insert_network.rpc_url;
    PERFORM chimera.insert_node(node, credentials);
    PERFORM chimera.make_share_partitions(added.network_id, (now() AT TIME ZONE 'UTC')::date,
                                          (now() AT TIME ZONE 'UTC')::date + 2);
    PERFORM chimera.record_network_change('add', added, NULL, 'added',
        changes => chimera.changed_values(NULL, to_jsonb(added)));
    RETURN added.network_id;
END;
$$;
COMMENT ON FUNCTION chimera.insert_network(jsonb, jsonb, jsonb, text, chimera.network_credentials) IS
'Stores a network with its first node, share partitions and row of history; returns its network_id. defaults, '
'settings and parameters are objects of columns of network_configs: settings, which update_network() would accept, '
'override defaults, and must not contain one of parameters. Errors: 22023 for such a setting, and those of '
'add_network().';

CREATE FUNCTION chimera.add_network(
    name text, algorithm text, symbol text, genesis_hash text, rpc_url text, pool_address text,
    rpc_user text DEFAULT NULL, rpc_password text DEFAULT NULL, rpc_cookie_file text DEFAULT NULL,
    settings jsonb DEFAULT '{}')
    RETURNS uuid
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    SET log_min_error_statement = 'panic' -- the statement holds a secret
AS $$
DECLARE
    credentials chimera.network_credentials;
BEGIN
    credentials.rpc_user := add_network.rpc_user;
    credentials.rpc_password := add_network.rpc_password;
    credentials.rpc_cookie_file := add_network.rpc_cookie_file;
    RETURN chimera.insert_network(
        jsonb_build_object('display_name', initcap(name)), settings,
        jsonb_build_object('name', name, 'algorithm', algorithm, 'symbol', symbol, 'genesis_hash', genesis_hash,
                           'pool_address', pool_address),
        rpc_url, credentials);
END;
$$;
COMMENT ON FUNCTION chimera.add_network(text, text, text, text, text, text, text, text, text, jsonb) IS
'Adds a network, not yet enabled, with its first node and share partitions; returns its network_id. genesis_hash '
'is in the byte order that explorers show. settings is an object of other columns of network_configs, such as '
'{"p2pkh_version": 48, "bech32_hrp": "ltc"}, as update_network() takes them; version bytes are those of the coin''s '
'chainparams, and columns that are not given get their defaults. Errors: 23505 if the name is taken, 22023 for an '
'unknown setting, a setting that another routine changes or that is a parameter, or a pool_address that is not valid '
'for the coin, 22P02 and 22003 for a value of the wrong type, 23502 and 23514 for a value out of range.';

SELECT pg_catalog.pg_extension_config_dump('chimera.network_configs', '');
SELECT pg_catalog.pg_extension_config_dump('chimera.network_nodes', '');
SELECT pg_catalog.pg_extension_config_dump('chimera.network_nodes_node_id_seq', '');
SELECT pg_catalog.pg_extension_config_dump('chimera.network_credentials', '');
