-- chain_address.sql: addresses to output scripts, by a coin's rules.
BEGIN;
\ir begin.psql
SELECT plan(56);

CREATE FUNCTION pg_temp.bitcoin(address text) RETURNS bytea LANGUAGE sql AS $$
    SELECT chimera.address_script(address, 0, 5, 'bc', witness_version_max => 1)
$$;

SELECT is(pg_temp.bitcoin('1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2'),
          '\x76a91477bff20c60e522dfaa3350c39b030a5d004e839a88ac', 'P2PKH of Bitcoin');
SELECT is(pg_temp.bitcoin('3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy'),
          '\xa914b472a266d0bd89c13706a4132ccfb16f7c3b9fcb87', 'P2SH of Bitcoin');
SELECT is(pg_temp.bitcoin('1111111111111111111114oLvT2'),
          '\x76a914000000000000000000000000000000000000000088ac', 'P2PKH of a hash of zeros keeps all of them');
SELECT is(pg_temp.bitcoin('bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4'),
          '\x0014751e76e8199196d454941c45d1b3a323f1433bd6', 'P2WPKH, BIP 173');
SELECT is(pg_temp.bitcoin('BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4'),
          '\x0014751e76e8199196d454941c45d1b3a323f1433bd6', 'P2WPKH in upper case, BIP 173');
SELECT is(chimera.address_script('tb1qrp33g0q5c5txsp9arysrx4k6zdkfs4nce4xj0gdcccefvpysxf3q0sl5k7', 111, 196, 'tb'),
          '\x00201863143c14c5166804bd19203356da136c985678cd4d27a1b8c6329604903262', 'P2WSH of testnet, BIP 173');
SELECT is(pg_temp.bitcoin('bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0'),
          '\x512079be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798', 'P2TR, BIP 350');
SELECT is(chimera.address_script('LVg2kJoFNg45Nbpy53h7Fe1wKyeXVRhMH9', 48, 50, 'ltc'),
          '\x76a914729fd0f4200e2e4e0064d2422c6fe462279fc77388ac', 'P2PKH of Litecoin');
SELECT is(chimera.address_script('LVg2kJoFNg45Nbpy53h7Fe1wKyeXVRhMH9', 48, 50, NULL),
          chimera.address_script('LVg2kJoFNg45Nbpy53h7Fe1wKyeXVRhMH9', 48, NULL, ''),
          'an empty bech32 prefix is as none');

SELECT is(chimera.address_script(NULL, 0, 5, 'bc'), NULL, 'NULL for a NULL address');
SELECT is(chimera.address_script('1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2', 0, NULL, NULL),
          pg_temp.bitcoin('1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2'), 'rules a coin has not are NULL');

-- a second version of script addresses, and cashaddr
CREATE FUNCTION pg_temp.litecoin(address text) RETURNS bytea LANGUAGE sql AS $$
    SELECT chimera.address_script(address, 48, 50, 'ltc', 5)
$$;
CREATE FUNCTION pg_temp.bitcoin_cash(address text) RETURNS bytea LANGUAGE sql AS $$
    SELECT chimera.address_script(address, 0, 5, NULL, cashaddr_prefix => 'bitcoincash')
$$;
SELECT is(pg_temp.litecoin('MHrYRxAiMNBTku3eoDHwhA1LQGDjUStZW2'), '\xa9146d328a5b2a20d943a641c8d29b6cc3c2d2df85d387',
          'P2SH of Litecoin');
SELECT is(pg_temp.litecoin('3CWFddi6m4ndiGyKqzYvsFYagqDLPVMTzC'), '\xa91476a04053bda0a88bda5177b86a15c3b29f55987387',
          'P2SH of Litecoin as it was written before');
SELECT throws_ok($$ SELECT chimera.address_script('3CWFddi6m4ndiGyKqzYvsFYagqDLPVMTzC', 48, 50, 'ltc') $$, '22023', NULL,
                 'which is refused where the rules do not name it');
SELECT throws_ok($$ SELECT pg_temp.litecoin('ltcmweb1qq20e2arnhvxw97katjkmsd35agw3capxjkrkh7dk8d30rczm8ypxuq329nwh2twmchhqn3jqh7ua4ps539f6aazh79jy76urqht4qa59ts3at6gf') $$,
                 '22023', 'invalid address "ltcmweb1qq20e2arnhvxw97katjkmsd35agw3capxjkrkh7dk8d30rczm8ypxuq329nwh2twmchhqn3jqh7ua4ps539f6aazh79jy76urqht4qa59ts3at6gf": an MWEB address cannot be paid from a coinbase',
                 'an MWEB address is refused as such');
SELECT is(pg_temp.bitcoin_cash(address), script::bytea, what) FROM (VALUES
    ('bitcoincash:qpm2qsznhks23z7629mms6s4cwef74vcwvy22gdx6a', '\x76a91476a04053bda0a88bda5177b86a15c3b29f55987388ac', 'P2PKH in cashaddr'),
    ('qpm2qsznhks23z7629mms6s4cwef74vcwvy22gdx6a', '\x76a91476a04053bda0a88bda5177b86a15c3b29f55987388ac', 'cashaddr without its prefix'),
    ('BITCOINCASH:QPM2QSZNHKS23Z7629MMS6S4CWEF74VCWVY22GDX6A', '\x76a91476a04053bda0a88bda5177b86a15c3b29f55987388ac', 'cashaddr in capitals'),
    ('1BpEi6DfDAUFd7GtittLSdBeYJvcoaVggu', '\x76a91476a04053bda0a88bda5177b86a15c3b29f55987388ac', 'base58 beside cashaddr'),
    ('bitcoincash:ppm2qsznhks23z7629mms6s4cwef74vcwvn0h829pq', '\xa91476a04053bda0a88bda5177b86a15c3b29f55987387', 'P2SH in cashaddr')
) good (address, script, what);
SELECT throws_ok(format('SELECT pg_temp.bitcoin_cash(%L)', address), '22023', NULL, 'cashaddr refuses ' || why) FROM (VALUES
    ('bchtest:pr6m7j9njldwwzlg9v7v53unlr4jkmx6eyvwc0uz5t', 'another network''s prefix'),
    ('bitcoincash:qpm2qsznhks23z7629mms6s4cwef74vcwvy22gdx6q', 'a wrong checksum'),
    ('bitcoincash:Qpm2qsznhks23z7629mms6s4cwef74vcwvy22gdx6a', 'mixed case')) bad (address, why);

SELECT is(chimera.address_type(address, p2pkh, p2sh, hrp, cashaddr_prefix => prefix, witness_version_max => 1), type, 'address_type of ' || type) FROM (VALUES
    ('1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2', 0, 5, 'bc', NULL, 'p2pkh'),
    ('3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy', 0, 5, 'bc', NULL, 'p2sh'),
    ('bchtest:pvch8mmxy0rtfrlarg7ucrxxfzds5pamg73h7370aa87d80gyhqxq7fqng6m6', 111, 196, NULL, 'bchtest', 'p2sh32'),
    ('bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4', 0, 5, 'bc', NULL, 'p2wpkh'),
    ('tb1qrp33g0q5c5txsp9arysrx4k6zdkfs4nce4xj0gdcccefvpysxf3q0sl5k7', 111, 196, 'tb', NULL, 'p2wsh'),
    ('bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0', 0, 5, 'bc', NULL, 'p2tr')) known (address, p2pkh, p2sh, hrp, prefix, type);
SELECT throws_ok($$ SELECT chimera.address_type('bc1gmk9yu', 0, 5, 'bc') $$, '22023', NULL,
                 'address_type refuses what is no address');
SELECT is(chimera.address_error('bc1gmk9yu', 0, 5, 'bc'), 'bech32 address without witness version', 'address_error says why');
SELECT is(chimera.address_error(address, 0, 5, 'bc'), NULL, 'address_error of a valid address and of NULL is NULL')
FROM (VALUES (NULL::text)) a (address) WHERE chimera.address_error('1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2', 0, 5, 'bc') IS NULL;

SELECT throws_ok(format('SELECT pg_temp.bitcoin(%L)', address), '22023', NULL, 'refuses ' || why)
FROM (VALUES
    ('', 'an empty address'),
    ('1', 'a single character'),
    ('1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN3', 'a wrong base58 checksum'),
    ('1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN', 'a base58 address too short'),
    ('1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN22', 'a base58 address too long'),
    ('1BvBMSEYstWetqTFn5Au4m4GFg7xJaNV0O', 'characters base58 has not'),
    (' 1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2', 'a blank before the address'),
    ('LVg2kJoFNg45Nbpy53h7Fe1wKyeXVRhMH9', 'another coin''s base58 address'),
    ('tb1qw508d6qejxtdg4y5r3zarvary0c5xw7kxpjzsx', 'another network''s bech32 address'),
    ('bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t5', 'a wrong bech32 checksum, BIP 173'),
    ('bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3T4', 'mixed case'),
    ('bc1p38j9r5y49hruaue7wxjce0updqjuyyx0kh56v8s25huc6995vvpql3jow4', 'a character bech32 has not, BIP 350'),
    ('bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqh2y7hd', 'version 1 in bech32, BIP 350'),
    ('BC1QR508D6QEJXTDG4Y5R3ZARVARYV98GJ9P', 'a version 0 program of 16 bytes, BIP 173'),
    ('bc1gmk9yu', 'a bech32 address without data, BIP 173'),
    ('BC1SW50QGDZ25J', 'witness version 16, BIP 350'),
    ('bc1zw508d6qejxtdg4y5r3zarvaryvaxxpcs', 'witness version 2, BIP 350'),
    ('bc1pw508d6qejxtdg4y5r3zarvary0c5xw7kw508d6qejxtdg4y5r3zarvary0c5xw7kt5nd6y', 'version 1 of 40 bytes, BIP 350'),
    ('bc1pfeessrawgf', 'version 1 of 2 bytes, which anybody can spend'),
    (repeat('1', 10000), 'an address of 10000 characters')) bad (address, why);

SELECT throws_ok($$ SELECT chimera.address_script('1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2', 256, 5, 'bc') $$, '22023', NULL,
                 'refuses a version that is no byte');
SELECT throws_ok($$ SELECT chimera.address_script('1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2', NULL, 5, 'bc') $$, '22023', NULL,
                 'refuses a form the coin has not');

SELECT throws_ok($$ SELECT chimera.address_script('ltc1f0fa857n60fa857n60fa857n60fa857n60fa857n60fa857n60faqfw8ejk', 48, 50, 'ltc', 5, witness_version_max => 1) $$, '22023', NULL,
                 'refuses what Litecoin pegs in to MWEB by');
SELECT throws_ok($$ SELECT chimera.address_script('bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0', 0, 5, 'bc') $$, '22023', NULL,
                 'refuses taproot where the coin has none');

SELECT * FROM finish();
ROLLBACK;
