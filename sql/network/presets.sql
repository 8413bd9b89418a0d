-- presets.sql: the chain parameters of known coins, networks made from them,
-- and addresses by a network's rules.
--
-- Every genesis header hashes to its genesis hash and meets its own nbits
-- (test/sql/presets.sql). The regtest values of litecoind and bcoin
-- come from the nodes. Version bytes and prefixes were read in the coins'
-- chainparams (Litecoin, Bitcoin, DigiByte, Bitcoin SV) or in excerpts and
-- forks of them (Bitcoin Cash, Namecoin, Dogecoin); those of both testnet4
-- networks and of bitcoin_regtest come from Bitcoin Core's test vectors. RPC
-- ports and explorers' URLs are hints and were not tested.
--
-- Left out:
--
-- Pepecoin, Bells, Viacoin: their current genesis header, coinbase maturity
-- or reward rules could not be read from their source.
--
-- eCash, Syscoin, Terracoin, Crown: their blocks need outputs in addition to
-- the pool's. Peercoin, Emercoin: their blocks are signed.
--
-- BlockDAG (BDAG): its chain is a DAG whose blocks pay Ethereum-like
-- addresses; it has no Bitcoin headers and coinbases. Port 3333 is reserved
-- for it.

CREATE TABLE chimera.network_presets (
    name text PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('main', 'test', 'regtest')),
    display_name text NOT NULL,
    symbol text NOT NULL,
    algorithm text NOT NULL CHECK (chimera.is_algorithm(algorithm)),
    genesis_hash text NOT NULL,
    genesis_header bytea NOT NULL CHECK (octet_length(genesis_header) = 80),
    p2pkh_version int,
    p2sh_version int,
    p2sh_version_old int,
    bech32_hrp text,
    cashaddr_prefix text,
    witness_version_max int NOT NULL,
    dust_sats bigint NOT NULL,
    dust_relay_fee_sats int NOT NULL,
    template_rules text[] NOT NULL,
    template_algorithm text,
    version_mask bigint NOT NULL,
    confirmations_needed int NOT NULL,
    block_spacing_s int NOT NULL CHECK (block_spacing_s > 0),
    start_difficulty float8 NOT NULL,
    min_difficulty float8 NOT NULL,
    max_difficulty float8 NOT NULL,
    vardiff_target_s float8 NOT NULL,
    stratum_port int NOT NULL UNIQUE CHECK (stratum_port BETWEEN 1 AND 65535),
    rpc_port int CHECK (rpc_port BETWEEN 1 AND 65535),
    easiest_nbits bigint NOT NULL,
    difficulty_drop_max float8,
    subsidy_rise_max float8,
    block_url text,
    transaction_url text,
    address_url text
);
COMMENT ON TABLE chimera.network_presets IS
'Known coins, for chimera.add_network_from_preset(); part of the extension and not dumped. Columns that '
'network_configs also has mean the same there';
COMMENT ON COLUMN chimera.network_presets.name IS 'The preset''s name, and the default name of a network made from it';
COMMENT ON COLUMN chimera.network_presets.kind IS
'main: coins of value; test: a public test network; regtest: a private one';
COMMENT ON COLUMN chimera.network_presets.display_name IS 'Name shown to people';
COMMENT ON COLUMN chimera.network_presets.symbol IS 'Ticker, such as LTC';
COMMENT ON COLUMN chimera.network_presets.algorithm IS 'Proof of work, one of chimera.algorithms()';
COMMENT ON COLUMN chimera.network_presets.genesis_hash IS
'Hash of block 0 in the byte order that explorers show; Bitcoin''s forks share Bitcoin''s';
COMMENT ON COLUMN chimera.network_presets.genesis_header IS 'The header of block 0, whose sha256d is genesis_hash';
COMMENT ON COLUMN chimera.network_presets.p2pkh_version IS 'Version byte of base58 addresses of keys';
COMMENT ON COLUMN chimera.network_presets.p2sh_version IS
'Version byte of base58 addresses of scripts; NULL: the coin does not have them, or no longer';
COMMENT ON COLUMN chimera.network_presets.p2sh_version_old IS 'Previous version byte of such addresses, still accepted';
COMMENT ON COLUMN chimera.network_presets.bech32_hrp IS
'Prefix of bech32 addresses; NULL: the coin has no such addresses';
COMMENT ON COLUMN chimera.network_presets.cashaddr_prefix IS
'Prefix of cashaddr addresses; NULL: the coin has no such addresses';
COMMENT ON COLUMN chimera.network_presets.witness_version_max IS
'Highest witness version of addresses that are paid: 1 if the coin has taproot, else 0';
COMMENT ON COLUMN chimera.network_presets.dust_sats IS 'Lowest amount of any output';
COMMENT ON COLUMN chimera.network_presets.dust_relay_fee_sats IS 'The nodes'' dustrelayfee per 1000 bytes';
COMMENT ON COLUMN chimera.network_presets.template_rules IS 'Rules passed to getblocktemplate (BIP 9)';
COMMENT ON COLUMN chimera.network_presets.template_algorithm IS
'Second parameter of getblocktemplate, for coins with several algorithms';
COMMENT ON COLUMN chimera.network_presets.version_mask IS
'Header version bits that miners may roll: BIP 320''s; 0 if the version signals merged mining, and for scrypt, '
'whose miners roll none';
COMMENT ON COLUMN chimera.network_presets.confirmations_needed IS
'The coin''s coinbase maturity: blocks until a reward can be spent';
COMMENT ON COLUMN chimera.network_presets.block_spacing_s IS
'Seconds between blocks that the coin aims at, over all its algorithms';
COMMENT ON COLUMN chimera.network_presets.start_difficulty IS
'Difficulty that a miner starts with, suited to today''s hardware';
COMMENT ON COLUMN chimera.network_presets.min_difficulty IS 'Lowest difficulty of a miner';
COMMENT ON COLUMN chimera.network_presets.max_difficulty IS 'Highest difficulty of a miner';
COMMENT ON COLUMN chimera.network_presets.vardiff_target_s IS
'Seconds between two shares of a miner that vardiff aims at';
COMMENT ON COLUMN chimera.network_presets.stratum_port IS
'Port for a listener of the network, different for each preset';
COMMENT ON COLUMN chimera.network_presets.rpc_port IS 'Default port of the node''s JSON-RPC; NULL: not known';
COMMENT ON COLUMN chimera.network_presets.easiest_nbits IS 'Compact bits of the chain''s proof-of-work limit';
COMMENT ON COLUMN chimera.network_presets.difficulty_drop_max IS
'Factor by which the difficulty may fall within a day: 4 if it is set every 2016 blocks, 16 if it follows each '
'block, NULL (not limited) on test networks';
COMMENT ON COLUMN chimera.network_presets.subsidy_rise_max IS
'Factor by which the subsidy may rise within a day; NULL (not limited) on private networks, whose chain may restart';
COMMENT ON COLUMN chimera.network_presets.block_url IS 'A block''s page in an explorer; {hash} is replaced by its hash';
COMMENT ON COLUMN chimera.network_presets.transaction_url IS 'A transaction''s page; {txid} is replaced by its id';
COMMENT ON COLUMN chimera.network_presets.address_url IS 'An address''s page; {address} is replaced by it';

INSERT INTO chimera.network_presets
SELECT c.name, c.kind, c.display_name, c.symbol, c.algorithm, c.genesis_hash,
    -- all of them have version 1 and no previous block
    decode('01000000', 'hex') || decode(repeat('00', 32), 'hex') || c.genesis_rest,
    c.p2pkh_version, c.p2sh_version, c.p2sh_version_old, c.bech32_hrp, c.cashaddr_prefix,
    p.witness_version_max, p.dust_sats, p.dust_relay_fee_sats,
    c.template_rules::text[], c.template_algorithm, c.version_mask, c.confirmations_needed, c.block_spacing_s,
    d.start_difficulty, d.min_difficulty, 1e12, 10, c.stratum_port, c.rpc_port,
    -- the limit is 2^224 for Bitcoin and its forks, 2^236 for the scrypt coins and DigiByte, 2^255
    -- for regtest
    CASE WHEN c.kind = 'regtest' THEN 545259519
         WHEN c.name ~ '^(litecoin|dogecoin|digibyte)' THEN 504365055 ELSE 486604799 END,
    CASE WHEN c.kind <> 'main' THEN NULL WHEN c.name ~ '^(dogecoin|digibyte|bitcoin_cash|bitcoin_sv)' THEN 16 ELSE 4 END,
    CASE WHEN c.kind <> 'regtest' THEN 1 END,
    e.site || e.block, e.site || e.transaction, e.site || e.address
FROM (VALUES
    ('bitcoin', 'main', 'Bitcoin', 'BTC', 'sha256d',
     '000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f',
     decode('3ba3edfd7a7b12b27ac72c3e67768f617fc81bc3888a51323a9fb8aa4b1e5e4a29ab5f49ffff001d1dac2b7c', 'hex'),
     0, 5, NULL::int, 'bc', NULL::text, '{segwit}', NULL::text, 536862720::bigint, 100, 600, 3335, 8332),
    ('bitcoin_testnet3', 'test', 'Bitcoin testnet3', 'tBTC', 'sha256d',
     '000000000933ea01ad0ee984209779baaec3ced90fa3f408719526f8d77f4943',
     decode('3ba3edfd7a7b12b27ac72c3e67768f617fc81bc3888a51323a9fb8aa4b1e5e4adae5494dffff001d1aa4ae18', 'hex'),
     111, 196, NULL, 'tb', NULL, '{segwit}', NULL, 536862720, 100, 600, 13335, 18332),
    ('bitcoin_testnet4', 'test', 'Bitcoin testnet4', 'tBTC', 'sha256d',
     '00000000da84f2bafbbc53dee25a72ae507ff4914b867c565be350b0da8bf043',
     decode('4e7b2b9128fe0291db0693af2ae418b767e657cd407e80cb1434221eaea7a07a046f3566ffff001dbb0c7817', 'hex'),
     111, 196, NULL, 'tb', NULL, '{segwit}', NULL, 536862720, 100, 600, 14335, 48332),
    ('bitcoin_regtest', 'regtest', 'Bitcoin regtest', 'rBTC', 'sha256d',
     '0f9188f13cb7b2c71f2a335e3a4fc328bf5beb436012afca590b1a11466e2206',
     decode('3ba3edfd7a7b12b27ac72c3e67768f617fc81bc3888a51323a9fb8aa4b1e5e4adae5494dffff7f2002000000', 'hex'),
     111, 196, NULL, 'bcrt', NULL, '{segwit}', NULL, 536862720, 100, 600, 23335, 18443),

    ('litecoin', 'main', 'Litecoin', 'LTC', 'scrypt',
     '12a765e31ffd4059bada1e25190f6e98c99d9714d334efa41a195a7e7e04bfe2',
     decode('d9ced4ed1130f7b7faad9be25323ffafa33232a17c3edf6cfd97bee6bafbdd97b9aa8e4ef0ff0f1ecd513f7c', 'hex'),
     48, 50, 5, 'ltc', NULL, '{segwit,mweb}', NULL, 0, 100, 150, 3334, 9332),
    ('litecoin_testnet', 'test', 'Litecoin testnet', 'tLTC', 'scrypt',
     '4966625a4b2851d9fdee139e56211a0d88575f59ed816ff5e6a63deb4e3e29a0',
     decode('d9ced4ed1130f7b7faad9be25323ffafa33232a17c3edf6cfd97bee6bafbdd97f60ba158f0ff0f1ee1790400', 'hex'),
     111, 58, 196, 'tltc', NULL, '{segwit,mweb}', NULL, 0, 100, 150, 13334, 19332),
    ('litecoin_regtest', 'regtest', 'Litecoin regtest', 'rLTC', 'scrypt',
     '530827f38f93b43ed12af0b3ad25a288dc02ed74d6d7857862df51fc56c416f9',
     decode('d9ced4ed1130f7b7faad9be25323ffafa33232a17c3edf6cfd97bee6bafbdd97dae5494dffff7f2000000000', 'hex'),
     111, 58, 196, 'rltc', NULL, '{segwit,mweb}', NULL, 0, 100, 150, 23334, 19443),

    -- Their header's version carries the coin's merged-mining number in the bits of BIP 320. They
    -- also take blocks with their own proof of work.
    ('dogecoin', 'main', 'Dogecoin', 'DOGE', 'scrypt',
     '1a91e3dace36e2be3bf030a65679fe821aa1d6ef92e7c9902eb318182c355691',
     decode('696ad20e2dd4365c7459b4a4a5af743d5e92c6da3229e6532cd605f6533f2a5b24a6a152f0ff0f1e67860100', 'hex'),
     30, 22, NULL, NULL, NULL, '{}', NULL, 0, 240, 60, 3336, 22555),
    ('dogecoin_testnet', 'test', 'Dogecoin testnet', 'tDOGE', 'scrypt',
     'bb0a78264637406b6360aad926284d544d7049f45189db5664f3c4d07350559e',
     decode('696ad20e2dd4365c7459b4a4a5af743d5e92c6da3229e6532cd605f6533f2a5bb9a7f052f0ff0f1ef7390f00', 'hex'),
     113, 196, NULL, NULL, NULL, '{}', NULL, 0, 240, 60, 13336, 44555),
    ('namecoin', 'main', 'Namecoin', 'NMC', 'sha256d',
     '000000000062b72c5e2ceb45fbc8587e807c155b0da735e6483dfba2f0a9c770',
     decode('0dcbd3e6f061215bf3b3383c8ce2ec201bc65acde32595449ac86890bd2dc641c133aa4dff7f001c92a11ea2', 'hex'),
     52, 13, NULL, 'nc', NULL, '{segwit}', NULL, 0, 100, 600, 3340, 8336),

    -- Bits 8 to 11 of the version name the algorithm; BIP 320's bits begin above them.
    ('digibyte_sha256d', 'main', 'DigiByte (SHA256d)', 'DGB', 'sha256d',
     '7497ea1b465eb39f1c8f507bc877078fe016d6fcb6dfad3a64c98dcc6e1e8496',
     decode('ad0f7d7518fc1e90ed28bd0e444ccd8e24d94688355705ed2142006b49d9dd726a62d052f0ff0f1e24592500', 'hex'),
     30, 63, 5, 'dgb', NULL, '{segwit}', 'sha256d', 536862720, 100, 15, 3338, 14022),
    ('digibyte_scrypt', 'main', 'DigiByte (scrypt)', 'DGB', 'scrypt',
     '7497ea1b465eb39f1c8f507bc877078fe016d6fcb6dfad3a64c98dcc6e1e8496',
     decode('ad0f7d7518fc1e90ed28bd0e444ccd8e24d94688355705ed2142006b49d9dd726a62d052f0ff0f1e24592500', 'hex'),
     30, 63, 5, 'dgb', NULL, '{segwit}', 'scrypt', 0, 100, 15, 3339, 14022),

    ('bitcoin_cash', 'main', 'Bitcoin Cash', 'BCH', 'sha256d',
     '000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f',
     decode('3ba3edfd7a7b12b27ac72c3e67768f617fc81bc3888a51323a9fb8aa4b1e5e4a29ab5f49ffff001d1dac2b7c', 'hex'),
     0, 5, NULL, NULL, 'bitcoincash', '{}', NULL, 536862720, 100, 600, 3337, 8332),
    ('bitcoin_cash_testnet4', 'test', 'Bitcoin Cash testnet4', 'tBCH', 'sha256d',
     '000000001dd410c49a788668ce26751718cc797474d3152a5fc073dd44fd9f7b',
     decode('3ba3edfd7a7b12b27ac72c3e67768f617fc81bc3888a51323a9fb8aa4b1e5e4af1a93c5fffff001d01d3cd06', 'hex'),
     111, 196, NULL, NULL, 'bchtest', '{}', NULL, 536862720, 100, 600, 14337, 28332),
    ('bitcoin_cash_regtest', 'regtest', 'Bitcoin Cash regtest', 'rBCH', 'sha256d',
     '0f9188f13cb7b2c71f2a335e3a4fc328bf5beb436012afca590b1a11466e2206',
     decode('3ba3edfd7a7b12b27ac72c3e67768f617fc81bc3888a51323a9fb8aa4b1e5e4adae5494dffff7f2002000000', 'hex'),
     111, 196, NULL, NULL, 'bchreg', '{}', NULL, 536862720, 100, 600, 23337, 18443),
    -- since February 2020 its nodes no longer evaluate pay-to-script-hash: anyone who knows the
    -- script could spend such an output
    ('bitcoin_sv', 'main', 'Bitcoin SV', 'BSV', 'sha256d',
     '000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f',
     decode('3ba3edfd7a7b12b27ac72c3e67768f617fc81bc3888a51323a9fb8aa4b1e5e4a29ab5f49ffff001d1dac2b7c', 'hex'),
     0, NULL, NULL, NULL, NULL, '{}', NULL, 536862720, 100, 600, 3341, 8332)
) c (name, kind, display_name, symbol, algorithm, genesis_hash, genesis_rest, p2pkh_version, p2sh_version,
     p2sh_version_old, bech32_hrp, cashaddr_prefix, template_rules, template_algorithm, version_mask,
     confirmations_needed, block_spacing_s, stratum_port, rpc_port)
-- At 10 s per share: sha256d 8192 is 3.5 TH/s, 1 is 430 MH/s; scrypt 16384 is
-- 107 MH/s, 1 is 6.6 kH/s.
JOIN (VALUES
    ('sha256d', 'main', 8192::float8, 1::float8),
    ('sha256d', 'test', 1, 1e-3),
    ('sha256d', 'regtest', 1e-3, 1e-9),
    ('scrypt', 'main', 16384, 1),
    ('scrypt', 'test', 1, 1e-3),
    ('scrypt', 'regtest', 1e-3, 1e-9)
) d (algorithm, kind, start_difficulty, min_difficulty) USING (algorithm, kind)
-- What the coins' wallets and nodes pay. Taproot is active on Bitcoin and
-- Litecoin; coins for which that could not be verified (DigiByte, Namecoin)
-- do not pay version 1. The dust relay fees are those of Bitcoin Core,
-- Litecoin Core and DigiByte Core (8 and later), and the equivalent of the
-- limits of Bitcoin Cash Node (three times 1000); Namecoin's could not be
-- read, so it has the highest. Dogecoin Core (1.14.5 and later) has one limit
-- for all outputs: below 0.01 it demands a higher fee, below 0.001 it does
-- not relay them.
JOIN (VALUES
    ('BTC', 1, 0::bigint, 3000),
    ('LTC', 1, 0, 30000),
    ('DOGE', 0, 1000000, 0),
    ('NMC', 0, 0, 30000),
    ('DGB', 0, 0, 30000),
    ('BCH', 0, 0, 3000),
    ('BSV', 0, 0, 3000)
) p (coin, witness_version_max, dust_sats, dust_relay_fee_sats) ON p.coin = ltrim(c.symbol, 'tr')
LEFT JOIN (VALUES
    ('bitcoin', 'https://mempool.space/', 'block/{hash}', 'tx/{txid}', 'address/{address}'),
    ('bitcoin_testnet3', 'https://mempool.space/testnet/', 'block/{hash}', 'tx/{txid}', 'address/{address}'),
    ('bitcoin_testnet4', 'https://mempool.space/testnet4/', 'block/{hash}', 'tx/{txid}', 'address/{address}'),
    ('litecoin', 'https://litecoinspace.org/', 'block/{hash}', 'tx/{txid}', 'address/{address}'),
    ('litecoin_testnet', 'https://litecoinspace.org/testnet/', 'block/{hash}', 'tx/{txid}', 'address/{address}'),
    ('dogecoin', 'https://blockchair.com/dogecoin/', 'block/{hash}', 'transaction/{txid}', 'address/{address}'),
    ('namecoin', 'https://chainz.cryptoid.info/nmc/', 'block.dws?{hash}.htm', 'tx.dws?{txid}.htm', 'address.dws?{address}.htm'),
    ('digibyte_sha256d', 'https://digiexplorer.info/', 'block/{hash}', 'tx/{txid}', 'address/{address}'),
    ('digibyte_scrypt', 'https://digiexplorer.info/', 'block/{hash}', 'tx/{txid}', 'address/{address}'),
    ('bitcoin_cash', 'https://blockchair.com/bitcoin-cash/', 'block/{hash}', 'transaction/{txid}', 'address/{address}'),
    ('bitcoin_sv', 'https://whatsonchain.com/', 'block/{hash}', 'tx/{txid}', 'address/{address}')
) e (name, site, block, transaction, address) ON e.name = c.name;

CREATE FUNCTION chimera.preset_settings(preset text) RETURNS jsonb
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    settings jsonb;
BEGIN
    -- regtest's difficulty is so low that each share would be a block
    SELECT to_jsonb(p) - ARRAY['kind', 'genesis_header', 'block_spacing_s', 'stratum_port', 'rpc_port']
           || jsonb_build_object('caps_difficulty', p.kind <> 'regtest')
    INTO settings FROM chimera.network_presets p WHERE p.name = preset;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'preset "%" does not exist', preset
            USING ERRCODE = 'undefined_object', HINT = 'See chimera.network_presets for the names.';
    END IF;
    RETURN settings;
END;
$$;
COMMENT ON FUNCTION chimera.preset_settings(text) IS
'The values of a preset for the columns of network_configs. Errors: 42704 if the preset does not exist.';

CREATE FUNCTION chimera.add_network_from_preset(
    preset text, rpc_url text, pool_address text, rpc_user text DEFAULT NULL, rpc_password text DEFAULT NULL,
    rpc_cookie_file text DEFAULT NULL, name text DEFAULT NULL, overrides jsonb DEFAULT '{}')
    RETURNS uuid
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    SET log_min_error_statement = 'panic' -- the statement holds a secret
AS $$
DECLARE
    credentials chimera.network_credentials;
BEGIN
    credentials.rpc_user := add_network_from_preset.rpc_user;
    credentials.rpc_password := add_network_from_preset.rpc_password;
    credentials.rpc_cookie_file := add_network_from_preset.rpc_cookie_file;
    RETURN chimera.insert_network(
        chimera.preset_settings(preset), overrides,
        jsonb_build_object('name', coalesce(name, preset), 'pool_address', pool_address),
        rpc_url, credentials);
END;
$$;
COMMENT ON FUNCTION chimera.add_network_from_preset(text, text, text, text, text, text, text, jsonb) IS
'Adds a network of a known coin, as add_network() does. preset is a name in network_presets, and the network''s '
'name unless name is given. overrides, such as {"coinbase_tag": "/us/"}, replaces values of the preset; it takes '
'columns of network_configs as update_network() does. Returns the network_id. Errors: 42704 for an unknown '
'preset; otherwise those of add_network().';

-- ---------- addresses by a network's rules ----------

CREATE FUNCTION chimera.network_address_script(network text, address text) RETURNS bytea
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT chimera.address_script(network_address_script.address, n)
    FROM chimera.network_configs n WHERE n.network_id = chimera.network_id(network_address_script.network);
$$;
COMMENT ON FUNCTION chimera.network_address_script(text, text) IS
'The output script of an address of a network, given by name or id. NULL for a NULL address. Errors: 42704 for an '
'unknown network, 22023 with the reason if the address is not valid there.';

CREATE FUNCTION chimera.network_address_type(network text, address text) RETURNS text
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT chimera.address_type(network_address_type.address, n.p2pkh_version, n.p2sh_version, n.bech32_hrp,
                                n.p2sh_version_old, n.cashaddr_prefix, n.witness_version_max)
    FROM chimera.network_configs n WHERE n.network_id = chimera.network_id(network_address_type.network);
$$;
COMMENT ON FUNCTION chimera.network_address_type(text, text) IS
'The type of an address of a network, as address_type() returns it. NULL for a NULL address. Errors: 42704 for an '
'unknown network, 22023 with the reason if the address is not valid there.';

CREATE FUNCTION chimera.network_address_error(network text, address text) RETURNS text
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT chimera.address_error(network_address_error.address, n)
    FROM chimera.network_configs n WHERE n.network_id = chimera.network_id(network_address_error.network);
$$;
COMMENT ON FUNCTION chimera.network_address_error(text, text) IS
'Why an address is not valid on a network; NULL if it is, and for a NULL address. Errors: 42704 for an unknown '
'network.';

CREATE FUNCTION chimera.is_valid_address(network text, address text) RETURNS boolean
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE WHEN address IS NOT NULL THEN chimera.network_address_error(network, address) IS NULL END;
$$;
COMMENT ON FUNCTION chimera.is_valid_address(text, text) IS
'Whether an address is valid on a network, given by name or id. NULL for a NULL address. Errors: 42704 for an '
'unknown network.';
