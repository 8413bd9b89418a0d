-- miners.sql: letting miners in.
BEGIN;
\ir begin.psql
SELECT plan(50);

SELECT pg_temp.make_network('test_enabled') AS network, pg_temp.make_network('test_disabled') AS disabled \gset
SELECT chimera.enable_network('test_enabled');
SELECT chimera.add_listener(4001, network => 'test_enabled') AS listener,
       chimera.add_listener(4002, network => 'test_disabled') AS closed, gen_random_uuid() AS server \gset
CREATE TEMP SEQUENCE sessions;

-- who a user name lets in: account/rig, or the error
CREATE FUNCTION pg_temp.enter(user_name text, port int DEFAULT 4001) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    answer record;
BEGIN
    SELECT a.* INTO answer FROM chimera.listeners l
    CROSS JOIN LATERAL chimera.authorize(l.listener_id, gen_random_uuid(), nextval('sessions'), user_name, 'x') a
    WHERE l.port = enter.port;
    IF answer.error IS NOT NULL THEN
        RETURN 'refused: ' || answer.error;
    END IF;
    RETURN answer.account || '/' || answer.rig;
END;
$$;

SELECT is(pg_temp.enter('test_alice.rig1'), 'test_alice/rig1', 'a new miner is accepted');
SELECT is((SELECT count(*) FROM chimera.accounts WHERE name = 'test_alice'), 0::bigint, 'without an account: that takes a share');
SELECT is((SELECT miner_id FROM chimera.authorize(:listener, :'server', nextval('sessions'), 'test_alice.rig1', 'x')), 0, 'and without a number');
SELECT pg_temp.make_rig('test_alice.rig1') AS made \gset
SELECT is((SELECT miner_id FROM chimera.authorize(:listener, :'server', nextval('sessions'), 'test_alice.rig1', 'x')), :made, 'when it has one it gets that');
SELECT miner_id AS alice FROM chimera.authorize(:listener, :'server', nextval('sessions'), 'test_alice.rig1', 'x') \gset
SELECT is((SELECT miner_id FROM chimera.authorize(:listener, :'server', nextval('sessions'), 'test_alice.rig1', 'y')), :alice,
          'the same user name gets the same miner again');
SELECT is(pg_temp.make_rig('test_alice.rig1'), :alice, 'a second share makes no second miner');
SELECT is((SELECT -miner_id FROM chimera.authorize(:listener, :'server', nextval('sessions'), 'test_alice.rig2', 'x')),
          chimera.account_id('test_alice'), 'another rig of the account has its number with a minus sign');
SELECT isnt(pg_temp.make_rig('test_alice.rig2'), :alice, 'and is another miner');
SELECT is(pg_temp.enter('test_alice'), 'test_alice/', 'a name without a dot has an empty rig');
SELECT is(pg_temp.enter('test_alice.'), 'test_alice/', 'a dot at the end gives an empty rig too');
SELECT is(pg_temp.enter('test_alice.a.b'), 'test_alice/a.b', 'only the first dot splits');
SELECT is(pg_temp.enter('test_alice..b'), 'test_alice/.b', 'a second dot belongs to the rig');
SELECT is(pg_temp.enter('Test_Alice.rig1'), 'Test_Alice/rig1', 'upper and lower case are kept apart');
SELECT is(pg_temp.enter(repeat('a', 128)), repeat('a', 128) || '/', 'a name may have 128 characters');
SELECT is((SELECT error FROM chimera.authorize(:listener, :'server', nextval('sessions'), 'test_alice.rig1', NULL)), NULL, 'the password does not matter');

SELECT is(pg_temp.enter(user_name), 'refused: user name must be ADDRESS or ADDRESS.rig', 'refuses ' || why)
FROM (VALUES
    ('', 'an empty name'),
    (NULL, 'a name of NULL'),
    ('.rig1', 'a name without account'),
    ('.', 'a dot alone'),
    (repeat('a', 129), 'a name of 129 characters'),
    ($$' OR 1 = 1 --$$, 'SQL'),
    ($$test';DROP/**/TABLE/**/chimera.miners;--$$, 'SQL that begins as a name'),
    (U&'test_\00E9', 'a letter beyond ASCII'),
    (U&'test_\202Ebob', 'a mark that turns the writing'),
    (U&'\FF54\FF45\FF53\FF54', 'wide letters that look like ASCII')) bad (user_name, why);
SELECT is(pg_temp.enter('me@example.org'), 'refused: user name must be an address or an account''s name, not an e-mail address',
          'refuses an e-mail address, and says what it wants');

-- ---------- names that are addresses: of BIP 173, BIP 350 and cashaddr's specification ----------

SELECT chimera.add_network('test_cash', 'sha256d', 'TBC', repeat('0', 64), 'http://127.0.0.1:1', '1BpEi6DfDAUFd7GtittLSdBeYJvcoaVggu',
    settings => '{"p2pkh_version": 0, "p2sh_version": 5, "cashaddr_prefix": "bitcoincash"}') AS cash \gset
SELECT chimera.enable_network('test_cash');
SELECT chimera.add_listener(4003, algorithm => 'sha256d');
SELECT is(pg_temp.enter(address || '.rig', 4003), coalesce(spelling, address) || '/rig', 'lets in ' || what)
FROM (VALUES
    ('1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2', 'an address of a key', NULL),
    ('3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy', 'an address of a script', NULL),
    ('bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4', 'a bech32 address', NULL),
    ('BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4', 'one in capitals', 'bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4'),
    ('Bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4', 'one that a telephone has capitalized', 'bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4'),
    ('bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0', 'a bech32m address', NULL),
    ('bitcoincash:qpm2qsznhks23z7629mms6s4cwef74vcwvy22gdx6a', 'a cashaddr address of another network of the algorithm',
     'qpm2qsznhks23z7629mms6s4cwef74vcwvy22gdx6a'),
    ('qpm2qsznhks23z7629mms6s4cwef74vcwvy22gdx6a', 'one without its prefix', NULL)) good (address, what, spelling);
SELECT is(pg_temp.enter('qpm2qsznhks23z7629mms6s4cwef74vcwvy22gdx6a'), 'refused: user name is not a valid address: test_enabled: '
          || chimera.network_address_error('test_enabled', 'qpm2qsznhks23z7629mms6s4cwef74vcwvy22gdx6a'), 'a port of one network wants its addresses');
SELECT is(pg_temp.enter('LVg2kJoFNg45Nbpy53h7Fe1wKyeXVRhMH9'), 'refused: user name is not a valid address: test_enabled: '
          || chimera.network_address_error('test_enabled', 'LVg2kJoFNg45Nbpy53h7Fe1wKyeXVRhMH9'), 'which another coin''s is not');
SELECT is(pg_temp.enter(address || '.rig', 4003),
          format('refused: user name is not a valid address: test_cash: %s; test_enabled: %s', chimera.network_address_error('test_cash', bare),
                 chimera.network_address_error('test_enabled', bare)), 'refuses ' || why || ', and says why')
FROM (VALUES
    ('1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN3', 'a wrong checksum of base58'),
    ('bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t5', 'a wrong checksum of bech32'),
    ('bc1qw508', 'the beginning of an address'),
    ('bitcoincash:qpm2qsznhks23z7629mms6s4cwef74vcwvy22gdx6q', 'a wrong checksum of cashaddr'),
    ('LVg2kJoFNg45Nbpy53h7Fe1wKyeXVRhMH9', 'another algorithm''s address'),
    ('bc1zw508d6qejxtdg4y5r3zarvaryvaxxpcs', 'a witness version that wallets do not pay'),
    ('bc1pfeessrawgf', 'what anybody can spend'),
    ('4e9ce7ae2bd2f1c1a1a7a4f6', 'what is as long as an address')) bad (address, why)
CROSS JOIN LATERAL regexp_replace(address, '^.*:', '') p (bare);
SELECT is((SELECT count(*) FROM chimera.accounts WHERE name LIKE 'bc1qw508%'), 0::bigint, 'none of them has an account yet');
SELECT is(pg_temp.enter('bitcoincash_fan.rig'), 'bitcoincash_fan/rig', 'a name that begins as a prefix is a name');
INSERT INTO chimera.accounts (name) VALUES ('test0000000000000000000000');
SELECT matches(pg_temp.enter('test0000000000000000000000'), '^refused', 'an account with a long name is accepted');
SELECT chimera.set_wallets('test0000000000000000000000', 'test_enabled', '{1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2}');
SELECT is(pg_temp.enter('test0000000000000000000000'), 'test0000000000000000000000/', 'only when it has a wallet');

SELECT is(pg_temp.enter('test_bob', 4002), 'refused: no network is enabled for this port',
          'a disabled network accepts nobody');
SELECT is((SELECT error FROM chimera.authorize(NULL, :'server', 0, 'test_bob', 'x')), 'this port is closed',
          'without a listener nobody is accepted');

SELECT * FROM finish();
ROLLBACK;
