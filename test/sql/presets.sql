-- presets.sql: what is known of coins, networks made of it, and their addresses.
BEGIN;
\ir begin.psql
SELECT plan(170);

-- ---------- what the rows say of themselves ----------

-- a block is called by its header's sha256d, also where another hash is the work
CREATE FUNCTION pg_temp.shown(hash bytea) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(lpad(to_hex(get_byte(hash, i)), 2, '0'), '' ORDER BY i DESC) FROM generate_series(0, 31) i
$$;
CREATE FUNCTION pg_temp.header_nbits(header bytea) RETURNS bigint LANGUAGE sql AS $$
    SELECT sum(get_byte(header, 72 + i)::bigint << 8 * i)::bigint FROM generate_series(0, 3) i
$$;
SELECT is(pg_temp.shown(chimera.hash('sha256d', genesis_header)), genesis_hash, name || ': the genesis header has the genesis hash')
FROM chimera.network_presets ORDER BY name;
-- DigiByte's first block is of its first algorithm, whatever the preset's
SELECT ok(pg_temp.shown(chimera.hash(worked, genesis_header)) <= pg_temp.shown(chimera.target(pg_temp.header_nbits(genesis_header))),
          name || ': the genesis header has the work its bits ask for')
FROM (SELECT *, CASE WHEN symbol = 'DGB' THEN 'scrypt' ELSE algorithm END AS worked FROM chimera.network_presets) p ORDER BY name;

SELECT is_empty($$ SELECT name FROM chimera.network_presets
                   WHERE name !~ '^[a-z][a-z0-9_]{0,31}$' OR genesis_hash !~ '^[0-9a-f]{64}$' $$, 'names and hashes are of the form a network''s are');
SELECT is_empty($$ SELECT name FROM chimera.network_presets WHERE version_mask NOT IN (0, x'1fffe000'::bigint) $$,
                'miners may roll BIP 320''s bits or none');
SELECT is_empty($$ SELECT name FROM chimera.network_presets
                   WHERE version_mask <> 0 AND (algorithm = 'scrypt' OR symbol IN ('DOGE', 'tDOGE', 'NMC')) $$,
                'none where the version tells of merged mining');
SELECT is_empty($$ SELECT name FROM chimera.network_presets
                   WHERE symbol = 'DGB' AND (version_mask & x'0f00'::bigint <> 0 OR template_algorithm IS DISTINCT FROM algorithm) $$,
                'DigiByte''s algorithm is asked for by name and never rolled');
SELECT results_eq($$ SELECT name, stratum_port FROM chimera.network_presets WHERE name IN ('bitcoin', 'litecoin') ORDER BY 1 $$,
                  $$ VALUES ('bitcoin', 3335), ('litecoin', 3334) $$, 'the origin''s ports are the ports');
SELECT is_empty($$ SELECT name FROM chimera.network_presets WHERE stratum_port = 3333 $$, 'the origin''s port of BDAG is free');
SELECT is((SELECT count(*) FROM pg_extension e, unnest(e.extconfig) t
           WHERE e.extname = 'chimera' AND t = 'chimera.network_presets'::regclass), 0::bigint,
          'presets come with the extension, not with a dump');

-- ---------- networks of them ----------

-- a real address of each form of each preset, and its script
CREATE TEMPORARY TABLE known (preset text, address text, type text, script bytea);
INSERT INTO known VALUES
    ('bitcoin', '1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa', 'p2pkh', '\x76a91462e907b15cbf27d5425399ebf6f0fb50ebb88f1888ac'),
    ('bitcoin', '3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy', 'p2sh', '\xa914b472a266d0bd89c13706a4132ccfb16f7c3b9fcb87'),
    ('bitcoin', 'bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4', 'p2wpkh', '\x0014751e76e8199196d454941c45d1b3a323f1433bd6'),
    ('bitcoin', 'bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0', 'p2tr',
     '\x512079be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798'),
    ('bitcoin_testnet3', 'mzBc4XEFSdzCDcTxAgf6EZXgsZWpztRhef', 'p2pkh', '\x76a914ccc198c15d8344c73da67a75509a85a8f422663688ac'),
    ('bitcoin_testnet4', '2NC2hEhe28ULKAJkW5MjZ3jtTMJdvXmByvK', 'p2sh', '\xa914ce0bba75891ff9ec60148d4bd4a09ee2dc5c933187'),
    ('bitcoin_testnet4', 'tb1qrp33g0q5c5txsp9arysrx4k6zdkfs4nce4xj0gdcccefvpysxf3q0sl5k7', 'p2wsh',
     '\x00201863143c14c5166804bd19203356da136c985678cd4d27a1b8c6329604903262'),
    ('bitcoin_regtest', 'mvbu1Gdy8SUjTenqerxUaZyYjmveZvt33q', 'p2pkh', '\x76a914a579388225827d9f2fe9014add644487808c695d88ac'),
    ('bitcoin_regtest', '2N4Q5FhU2497BryFfUgbqkAJE87aKHUhXMp', 'p2sh', '\xa9147a55d61848e77ca266e79a39bfc85c580a6426c987'),
    ('bitcoin_regtest', 'bcrt1qkvwu9g3k2pdxewfqr7syz89r3gj557l374sg5v', 'p2wpkh', '\x0014b31dc2a236505a6cb9201fa0411ca38a254a7bf1'),
    ('litecoin', 'LVg2kJoFNg45Nbpy53h7Fe1wKyeXVRhMH9', 'p2pkh', '\x76a914729fd0f4200e2e4e0064d2422c6fe462279fc77388ac'),
    ('litecoin', 'MHrYRxAiMNBTku3eoDHwhA1LQGDjUStZW2', 'p2sh', '\xa9146d328a5b2a20d943a641c8d29b6cc3c2d2df85d387'),
    ('litecoin', '3CWFddi6m4ndiGyKqzYvsFYagqDLPVMTzC', 'p2sh', '\xa91476a04053bda0a88bda5177b86a15c3b29f55987387'),
    ('litecoin_testnet', 'QTGpkUGtzRTuZuEGanQ2uqTi2dZzCurjd6', 'p2sh', '\xa91449292a251cf93cbc21a554e6e536e760186a30d087'),
    ('litecoin_testnet', '2N2JD6wb56AfK4tfmM6PwdVmoYk2dCKf4Br', 'p2sh', '\xa9146349a418fc4578d10a372b54b45c280cc8c4382f87'),
    ('litecoin_testnet', 'tltc1qs3ym3gltz2uaw8ttrhg779w6k39x2yn5yytnttvhvkpzcxmh6vuqeswq3q', 'p2wsh',
     '\x00208449b8a3eb12b9d71d6b1dd1ef15dab44a651274211735ad9765822c1b77d338'),
    ('litecoin_regtest', 'mvbu1Gdy8SUjTenqerxUaZyYjmveZvt33q', 'p2pkh', '\x76a914a579388225827d9f2fe9014add644487808c695d88ac'),
    ('dogecoin', 'DEgDVFa2DoW1533dxeDVdTxQFhMzs1pMke', 'p2pkh', '\x76a914689bd3b0152163202d03f3504b1c6f890aa73bf788ac'),
    ('dogecoin', 'ADNbM5fBujCRBW1vqezNeAWmnsLp19ki3n', 'p2sh', '\xa914e5a893130698f6d880200f7e230bc066fae24ec187'),
    ('dogecoin_testnet', 'nsSfZttkEy2ZkujJUmQvKdjsTVRXSAwSvm', 'p2pkh', '\x76a914ff092d99d653f768ac558ef90a947de2fd5a840488ac'),
    ('namecoin', 'N4HYFWGfVV5baz1vJQ9BueaeP4g5gipKKG', 'p2pkh', '\x76a914549252d9b4a50280ddf873f668c28156ca7b169d88ac'),
    ('namecoin', '6Fx5jVAN9MirDjMbikRJGe2M6Fy4SEUPeC', 'p2sh', '\xa914111111111111111111111111111111111111111187'),
    ('namecoin', 'nc1q2ml905jv7gx0d8z5f7kl23af0vtrjk4j0llmwr', 'p2wpkh', '\x001456fe57d24cf20cf69c544fadf547a97b16395ab2'),
    ('digibyte_sha256d', 'DBxwAPhdnNsht2reoZzmu5wiV4S8hzgoms', 'p2pkh', '\x76a9144adce4b1ea83ddcac13fc63b3b9049bcd30eba9388ac'),
    ('digibyte_sha256d', 'Sfbt8PhCtE9tAaSD4rZhnB1BT1w8iDnWBt', 'p2sh', '\xa914c8d3fced4b68016686bb213c70152bfd83fe672b87'),
    ('digibyte_scrypt', 'dgb1qnjf7e2a5ezft480kxzmhgg66pnzqk0aawxa06u', 'p2wpkh', '\x00149c93ecabb4c892ba9df630b774235a0cc40b3fbd'),
    ('bitcoin_cash', 'bitcoincash:qpm2qsznhks23z7629mms6s4cwef74vcwvy22gdx6a', 'p2pkh', '\x76a91476a04053bda0a88bda5177b86a15c3b29f55987388ac'),
    ('bitcoin_cash', 'ppm2qsznhks23z7629mms6s4cwef74vcwvn0h829pq', 'p2sh', '\xa91476a04053bda0a88bda5177b86a15c3b29f55987387'),
    ('bitcoin_cash', '1BpEi6DfDAUFd7GtittLSdBeYJvcoaVggu', 'p2pkh', '\x76a91476a04053bda0a88bda5177b86a15c3b29f55987388ac'),
    ('bitcoin_cash_testnet4', 'bchtest:pr6m7j9njldwwzlg9v7v53unlr4jkmx6eyvwc0uz5t', 'p2sh', '\xa914f5bf48b397dae70be82b3cca4793f8eb2b6cdac987'),
    ('bitcoin_cash_testnet4', 'bchtest:pvch8mmxy0rtfrlarg7ucrxxfzds5pamg73h7370aa87d80gyhqxq7fqng6m6', 'p2sh32',
     '\xaa203173ef6623c6b48ffd1a3dcc0cc6489b0a07bb47a37f47cfef4fe69de825c06087'),
    ('bitcoin_cash_regtest', 'bchreg:qr6m7j9njldwwzlg9v7v53unlr4jkmx6eyphnpcjvs', 'p2pkh', '\x76a914f5bf48b397dae70be82b3cca4793f8eb2b6cdac988ac'),
    ('bitcoin_sv', '1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa', 'p2pkh', '\x76a91462e907b15cbf27d5425399ebf6f0fb50ebb88f1888ac');
SELECT is_empty($$ SELECT name FROM chimera.network_presets EXCEPT SELECT preset FROM known $$, 'this test knows an address of each preset');

-- the pool that this test may run in has networks of its own
SELECT lives_ok(format('SELECT chimera.add_network_from_preset(%L, %L, %L, name => %L)',
                       preset, 'http://127.0.0.1:1', address, 'test_' || preset), preset || ': makes a network')
FROM (SELECT DISTINCT ON (preset) preset, address FROM known ORDER BY preset, address) k;
SELECT is(chimera.network_address_script('test_' || preset, address), script, preset || ': ' || address || ' has its script')
FROM known;
SELECT is(chimera.network_address_type('test_' || preset, address), type, preset || ': ' || address || ' is ' || type)
FROM known;
SELECT is_empty($$ SELECT * FROM known WHERE NOT chimera.is_valid_address('test_' || preset, address) $$, 'all of them are valid');

-- what differs, though the columns are of both tables
SELECT is_empty($$
    SELECT p.name, c.key, c.value, n.value
    FROM chimera.network_presets p JOIN chimera.network_configs r ON r.name = 'test_' || p.name,
         jsonb_each(to_jsonb(p)) c JOIN LATERAL jsonb_each(to_jsonb(r)) n USING (key)
    WHERE key <> 'name' AND c.value <> n.value $$, 'a network''s row is its preset''s');
SELECT results_eq($$ SELECT is_enabled, is_active, coinbase_tag, share_retention, icon FROM chimera.network_configs
                     WHERE name = 'test_litecoin' $$,
                  $$ VALUES (false, false, '/Chimera/', interval '90 days', NULL::text) $$,
                  'what a preset says nothing of has its default');
SELECT results_eq($$ SELECT e.kind, e.priority, e.rpc_url FROM chimera.network_nodes e JOIN chimera.network_configs c USING (network_id)
                     WHERE c.name = 'test_litecoin' $$,
                  $$ VALUES ('node', 1, 'http://127.0.0.1:1') $$, 'it has its first node');
SELECT is((SELECT count(*) FROM pg_inherits WHERE inhparent = 'chimera.shares_test_litecoin'::regclass), 3::bigint,
          'and its first partitions');
SELECT is((SELECT array_agg(kind) FROM chimera.network_switch_history WHERE network_name = 'test_litecoin'), '{add}'::text[],
          'and its history begins');

-- what its wallets and nodes pay
SELECT is_empty($$ SELECT name, witness_version_max, dust_sats, dust_relay_fee_sats FROM chimera.network_presets
                   WHERE (bech32_hrp IS NULL AND witness_version_max > 0) OR greatest(dust_sats, dust_relay_fee_sats) = 0 $$,
                'no preset pays taproot without bech32, or dust');
SELECT is(chimera.least_output(chimera.network_address_script('test_' || k.preset, k.address), n), k.sats, format('%s: the least to %s', k.preset, k.type))
FROM (SELECT DISTINCT ON (f.preset, f.type) f.*, l.sats FROM known f JOIN (VALUES
        -- Bitcoin Core's, known to everybody; Litecoin's are ten times as much; one for all of Dogecoin's
        ('bitcoin', 'p2pkh', 546::bigint), ('bitcoin', 'p2sh', 540), ('bitcoin', 'p2wpkh', 294), ('bitcoin', 'p2tr', 330),
        ('litecoin', 'p2pkh', 5460), ('litecoin_testnet', 'p2wsh', 3300), ('dogecoin', 'p2pkh', 1000000), ('dogecoin', 'p2sh', 1000000),
        ('bitcoin_cash', 'p2pkh', 546), ('bitcoin_cash_testnet4', 'p2sh32', 576)) l (preset, type, sats) USING (preset, type)) k
JOIN chimera.network_configs n ON n.name = 'test_' || k.preset ORDER BY k.preset, k.type;

-- other coins' addresses
SELECT is(chimera.is_valid_address(network, address), false, network || ' refuses ' || address) FROM (VALUES
    ('test_bitcoin', 'LVg2kJoFNg45Nbpy53h7Fe1wKyeXVRhMH9'),
    ('test_bitcoin', 'tb1qw508d6qejxtdg4y5r3zarvary0c5xw7kxpjzsx'),
    ('test_bitcoin', 'bitcoincash:qpm2qsznhks23z7629mms6s4cwef74vcwvy22gdx6a'),
    ('test_litecoin', '1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa'),
    ('test_litecoin', 'bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4'),
    ('test_dogecoin', 'Sfbt8PhCtE9tAaSD4rZhnB1BT1w8iDnWBt'),
    ('test_dogecoin', 'dgb1qnjf7e2a5ezft480kxzmhgg66pnzqk0aawxa06u'),
    ('test_digibyte_scrypt', 'ADNbM5fBujCRBW1vqezNeAWmnsLp19ki3n'),
    ('test_namecoin', '3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy'),
    ('test_bitcoin_cash', 'bchtest:pr6m7j9njldwwzlg9v7v53unlr4jkmx6eyvwc0uz5t'),
    ('test_bitcoin_cash', 'bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4'),
    ('test_bitcoin_sv', '3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy')) other (network, address);
SELECT is(chimera.network_address_error('test_bitcoin', 'LVg2kJoFNg45Nbpy53h7Fe1wKyeXVRhMH9'), 'base58 address of another network',
          'network_address_error says why');
SELECT is(chimera.is_valid_address('test_bitcoin', NULL), NULL, 'a NULL address is neither valid nor not');
SELECT throws_ok(format('SELECT chimera.%I(%L, %L)', f, 'test_none', 'x'), '42704', NULL, f || ' refuses an unknown network')
FROM unnest('{network_address_script,network_address_type,network_address_error,is_valid_address}'::text[]) f;
SELECT throws_ok($$ SELECT chimera.network_address_script('test_bitcoin', 'x') $$, '22023', NULL,
                 'network_address_script refuses what is no address');
SELECT is(chimera.is_valid_address((SELECT network_id::text FROM chimera.network_configs WHERE name = 'test_bitcoin'),
                                   '1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa'), true, 'a network may be given by its id');

-- ---------- overrides and refusals ----------

-- bcoin's regtest is Bitcoin's chain with other addresses
SELECT chimera.add_network_from_preset('bitcoin_regtest', 'http://127.0.0.1:1', 'RQN8njSGvEr3kYgRQTyDrB6Re3nYMDD1Da', name => 'test_bcoin',
    rpc_user => 'tester', rpc_password => 'secret',
    overrides => '{"p2pkh_version": 60, "p2sh_version": 38, "bech32_hrp": "rb", "coinbase_tag": "/us/", "template_rules": ["a", "b"],
                   "display_name": "bcoin", "icon": null}') AS bcoin \gset
SELECT results_eq(format($$ SELECT p2pkh_version, p2sh_version, bech32_hrp, coinbase_tag, template_rules, display_name, algorithm, version_mask
                     FROM chimera.network_configs WHERE network_id = %L $$, :'bcoin'),
                  $$ VALUES (60, 38, 'rb', '/us/', '{a,b}'::text[], 'bcoin', 'sha256d', x'1fffe000'::bigint) $$,
                  'overrides take the place of what the preset says');
SELECT results_eq(format($$ SELECT rpc_user, rpc_password FROM chimera.network_credentials JOIN chimera.network_nodes USING (node_id)
                     WHERE network_id = %L $$, :'bcoin'),
                  $$ VALUES ('tester', 'secret') $$, 'the login is stored');
SELECT throws_ok(statement, state, NULL, 'refuses ' || why) FROM (VALUES
    ($$ SELECT chimera.add_network_from_preset('bdag', 'http://127.0.0.1:1', 'x') $$, '42704', 'an unknown preset'),
    ($$ SELECT chimera.add_network_from_preset(NULL, 'http://127.0.0.1:1', 'x') $$, '42704', 'no preset'),
    ($$ SELECT chimera.add_network_from_preset('litecoin', 'http://127.0.0.1:1', 'LVg2kJoFNg45Nbpy53h7Fe1wKyeXVRhMH9', name => 'test_litecoin') $$,
     '23505', 'a name that is taken'),
    ($$ SELECT chimera.add_network_from_preset('litecoin', 'http://127.0.0.1:1', '1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa', name => 'test_other') $$,
     '22023', 'another coin''s address'),
    ($$ SELECT chimera.add_network_from_preset('litecoin', 'ftp://127.0.0.1', 'LVg2kJoFNg45Nbpy53h7Fe1wKyeXVRhMH9', name => 'test_other') $$,
     '23514', 'a URL that is not http'),
    ($$ SELECT chimera.add_network_from_preset('litecoin', 'http://127.0.0.1:1', 'LVg2kJoFNg45Nbpy53h7Fe1wKyeXVRhMH9', name => 'test_other',
           overrides => '{"no_such": 1}') $$, '22023', 'an override of no column'),
    ($$ SELECT chimera.add_network_from_preset('litecoin', 'http://127.0.0.1:1', 'LVg2kJoFNg45Nbpy53h7Fe1wKyeXVRhMH9', name => 'test_other',
           overrides => '{"is_enabled": true}') $$, '22023', 'an override of what is no setting'),
    ($$ SELECT chimera.add_network_from_preset('litecoin', 'http://127.0.0.1:1', 'LVg2kJoFNg45Nbpy53h7Fe1wKyeXVRhMH9', name => 'test_other',
           overrides => '{"pool_address": "LVg2kJoFNg45Nbpy53h7Fe1wKyeXVRhMH9"}') $$, '22023', 'a second address of the pool'),
    ($$ SELECT chimera.add_network_from_preset('litecoin', 'http://127.0.0.1:1', 'LVg2kJoFNg45Nbpy53h7Fe1wKyeXVRhMH9', name => 'test_other',
           overrides => '{"min_difficulty": 0}') $$, '23514', 'an override out of its range')) bad (statement, state, why);

SELECT * FROM finish();
ROLLBACK;
