-- names.sql: how miners write addresses, rigs and wishes, and who can't be paid.
BEGIN;
\ir begin.psql
SELECT no_plan();

SELECT chimera.add_network_from_preset(preset, 'http://127.0.0.1:1', address, name => 'test_' || preset, rpc_user => 'x', rpc_password => 'y')
FROM (VALUES ('litecoin', 'LYWKqJhtPeGyBAw7WC8R3F7ovxtzAiubdM'), ('dogecoin', 'DH5yaieqoZN36fDVciNyRueRGvGLR3mr7L'),
             ('bitcoin', '1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2')) v (preset, address);
UPDATE chimera.network_configs SET is_active = false, is_enabled = false WHERE name NOT LIKE 'test%';
SELECT chimera.enable_network('test_litecoin'), chimera.enable_network('test_dogecoin'), chimera.enable_network('test_bitcoin');
DELETE FROM chimera.stopped_networks;
DELETE FROM chimera.listeners;
SELECT chimera.add_listener(4001, network => 'test_litecoin') AS litecoin, chimera.add_listener(4002, algorithm => 'scrypt') AS scrypt \gset
SELECT 'LYWKqJhtPeGyBAw7WC8R3F7ovxtzAiubdM' AS ltc, 'ltc1qg42tkwuuxefutzxezdkdel39gfstuap288mfea' AS bech32,
       'DH5yaieqoZN36fDVciNyRueRGvGLR3mr7L' AS doge, '00000000-0000-4000-8000-000000000003' AS server \gset
CREATE TEMP SEQUENCE sessions;
SELECT chimera.stratum_hello(:'server');
CREATE FUNCTION pg_temp.enter(user_name text, password text DEFAULT 'x', port int DEFAULT 4002,
    OUT who text, OUT miner_id int, OUT network text, OUT error text, OUT notice text, OUT difficulty float8) LANGUAGE sql AS $$
    SELECT a.account || '/' || a.rig, a.miner_id, n.name, a.error, a.notice, a.difficulty
    FROM chimera.listeners l
    CROSS JOIN LATERAL chimera.authorize(l.listener_id, '00000000-0000-4000-8000-000000000003', nextval('sessions'), user_name, password) a
    LEFT JOIN chimera.network_configs n ON n.network_id = a.network_id
    WHERE l.port = enter.port
$$;

-- ---------- an address and a rig ----------

SELECT is((pg_temp.enter(replace(written, 'ADDRESS', :'ltc'), port => 4001)).who, :'ltc' || '/' || rig, format('%s is an address and a rig', written))
FROM (VALUES ('ADDRESS.rig1', 'rig1'), ('ADDRESS/rig1', 'rig1'), ('ADDRESS_rig1', 'rig1'), ('ADDRESS-rig1', 'rig1'), ('ADDRESS:rig1', 'rig1'),
    ('ADDRESS+512', '512'), ('ADDRESS rig 1', 'rig 1'), ('  ADDRESS.rig1  ', 'rig1'), ('ADDRESS', ''), ('ADDRESS.', ''), ('ADDRESS..b', '.b'),
    ('litecoin:ADDRESS.rig1', 'rig1'), ('LTC:ADDRESS', ''), ('ltc:ADDRESS_a', 'a'), ('litecoin://ADDRESS', ''), ('ADDRESS.a.b', 'a.b'),
    (U&'ADDRESS.\0428\0430\0445\0442\0430', U&'\0428\0430\0445\0442\0430'), (U&'ADDRESS.x\202Ey', 'x_y'), (E'ADDRESS.x\ty', 'x_y'),
    ('ADDRESS.' || repeat('r', 140), repeat('r', 128))) v (written, rig);
SELECT is((pg_temp.enter(replace(written, 'ADDRESS', :'ltc'), port => 4001)).who IS NULL
          OR (pg_temp.enter(replace(written, 'ADDRESS', :'ltc'), port => 4001)).error IS NOT NULL, true, format('%s is refused', written))
FROM (VALUES ('ADDRESSx'), ('xADDRESS'), ('LYWKqJhtPeGyBAw7WC8R3F7'), ('LYWKqJhtPeGyBAw7'), ('ltc1qg42tkwuux')) v (written);
SELECT is(array_agg(DISTINCT (pg_temp.enter(written, port => 4001)).who), ARRAY[:'bech32' || '/rig'], 'bech32 is one account in any case')
FROM unnest(ARRAY[:'bech32', upper(:'bech32'), initcap(:'bech32'), 'LTC:' || upper(:'bech32')]) a (address)
CROSS JOIN LATERAL (SELECT a.address || '.rig' AS written) w;
SELECT is((pg_temp.enter('test_a/rig1')).who, 'test_a/rig1', 'a plain name ends where none goes on');
SELECT is((pg_temp.enter('test_a_b.rig1')).who, 'test_a_b/rig1', 'which "_" does not');

INSERT INTO chimera.accounts (name) VALUES (upper(:'bech32'));
SELECT is((SELECT count(*) FROM chimera.accounts WHERE name = :'bech32'), 1::bigint, 'an account has the one spelling, whoever makes it');
SELECT throws_ok(format('INSERT INTO chimera.accounts (name) VALUES (%L)', initcap(:'bech32')), '23505', NULL, 'so there are never two of them');
SELECT is(chimera.account_id('LTC1QG42TKWUUXEFUTZXEZDKDEL39GFSTUAP288MFEA'), chimera.account_id(:'bech32'), 'and it is found by each');

-- ---------- passwords ----------

SELECT is((chimera.read_password(written)).difficulty, difficulty::float8, format('"%s" is a difficulty', written))
FROM (VALUES ('d=512', 512), ('D=512', 512), ('d:512', 512), ('diff=512', 512), ('sd=512', 512), ('Difficulty=512', 512), ('x;d=512', 512),
    ('x/d=512', 512), ('x d=512', 512), ('x, d=512', 512), ('c=ltc;d=512', 512), ('d=1k', 1000), ('d=1024K', 1024000), ('d=1.5M', 1.5e6), ('d=2G', 2e9),
    ('d=0.001', 0.001), ('d=.5', 0.5), ('d=1e6', 1e6), ('d=512,d=1', 512), ('d=99999999999999999999', 1e15)) v (written, difficulty);
SELECT is((chimera.read_password(written)).difficulty, NULL::float8, format('"%s" is not a difficulty', written))
FROM unnest('{x,"",512,d=,d=0,d=-3,d=abc,d=1e999,d=0x10,d=nan,d=inf,abcd=5,m=solo}'::text[]) written;
SELECT is((pg_temp.enter(:'ltc', 'd=abc')).notice, 'invalid difficulty in the password: "abc"', 'what is not understood is said');
SELECT is((pg_temp.enter(:'ltc', 'd=64k;c=LTC')).difficulty, 64000::float8, 'the difficulty is told');
SELECT is((pg_temp.enter(:'doge', written)).network, 'test_dogecoin', format('"%s" chooses the coin', written))
FROM unnest('{c=doge,C=DOGE,coin=Doge,d=1;c=doge,"c:doge d=1",c=TEST_DOGECOIN}'::text[]) written;
SELECT is((pg_temp.enter(:'ltc', 'c=nosuch')).error, 'coin "nosuch" is not mined here', 'an unknown coin is told');

-- ---------- who can't be paid ----------

SELECT is((pg_temp.enter(:'doge', port => 4001)).error, 'user name is not a valid address: test_litecoin: base58 address of another network',
          'a port of one network refuses another coin''s address');
SELECT is((pg_temp.enter(:'doge')).error, NULL, 'a port of an algorithm takes it');
SELECT matches((pg_temp.enter(:'doge')).notice, 'now mining Litecoin, but account "D.*" has no test_litecoin address', 'and says that it can''t be paid now');
SELECT is((pg_temp.enter(:'doge', 'c=doge')).notice, NULL, 'but not where it can');
SELECT matches((pg_temp.enter('test_b')).notice, '"test_b" has no test_litecoin address', 'so is a name without an address');
SELECT matches((pg_temp.enter('1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2')).error, 'test_dogecoin: .*; test_litecoin: ', 'another algorithm''s is refused');
SELECT pg_temp.make_rig('test_b.rig'), pg_temp.make_rig(:'doge' || '.rig');
SELECT chimera.set_wallets('test_b', 'test_litecoin', ARRAY[:'ltc']);
SELECT is((pg_temp.enter('test_b.rig', port => 4001)).notice, NULL, 'one with a wallet there is not');
SELECT pg_temp.enter(:'doge' || '.rig') IS NOT NULL AS entered, currval('sessions') AS here \gset
SELECT is((SELECT message FROM chimera.stratum_unpaid(:'server') WHERE session_id = :here), chimera.unpaid_message(:'doge', network_id), 'stratumd is told whom to tell')
FROM chimera.network_configs WHERE name = 'test_litecoin';
SELECT is((SELECT ok::text || ' ' || message FROM chimera.health WHERE name = 'test_litecoin' AND part = 'addresses'),
          'false accounts that mine here without an address: 1; one of them is ' || :'doge', 'and the operator by health');
SELECT results_eq(format('SELECT network, is_mining, balance_sats FROM chimera.account_unpaid(chimera.account_id(%L))', :'doge'),
                  $$ VALUES ('test_litecoin', true, 0::bigint) $$, 'and its owner by its page');
SELECT pg_temp.make_rig('test_c.rig');
SELECT (pg_temp.enter('test_c.rig')).error IS NULL AS entered \gset
SELECT matches((SELECT message FROM chimera.health WHERE name = 'test_litecoin' AND part = 'addresses'), ': 1;', 'a plain name may take its time');
SELECT chimera.adjust_balance('test_litecoin', 'test_c', 1000, 'test') IS NOT NULL AS adjusted \gset
SELECT matches((SELECT message FROM chimera.health WHERE name = 'test_litecoin' AND part = 'addresses'), ': 2;', 'until something is owed to it');
SELECT chimera.switch_active_network('scrypt', 'test_dogecoin', 'test');
SET CONSTRAINTS chimera.reassign_sessions IMMEDIATE;
SELECT is_empty(format('SELECT FROM chimera.stratum_unpaid(%L) WHERE session_id = %s', :'server', :here), 'until it works on its own coin');
SELECT isnt_empty(format('SELECT FROM chimera.stratum_unpaid(%L) s JOIN chimera.miner_connections c USING (session_id) WHERE c.account = %L', :'server', :'ltc'),
                  'then others are told');

-- ---------- several coins ----------

SELECT is((pg_temp.enter(written)).who, concat_ws(',', :'doge', :'ltc') || '/rig', format('%s are two addresses', written))
FROM unnest(ARRAY[:'ltc' || ',' || :'doge' || '.rig', :'doge' || ';' || :'ltc' || '/rig', :'ltc' || '-' || :'doge' || '_rig']) written;
SELECT is((pg_temp.enter(:'ltc' || '.rig', written)).who, :'ltc' || ',doge=' || :'doge' || '/rig', format('so is "%s" in the password', written))
FROM unnest(ARRAY['doge=' || :'doge', 'd=5;DOGE:' || :'doge', 'ltc=' || :'ltc' || ',doge=' || :'doge']) written;
SELECT pg_temp.make_rig(:'ltc' || ',doge=' || :'doge' || '.rig'), pg_temp.make_rig(:'ltc' || '.rig');
SELECT set_eq(format('SELECT network, address FROM chimera.account_wallets WHERE account = %L', :'ltc' || ',doge=' || :'doge'),
              format('VALUES (''test_litecoin'', %L), (''test_dogecoin'', %L)', :'ltc', :'doge'), 'each coin is paid to its address');
SELECT set_eq(format('SELECT network, address FROM chimera.account_wallets WHERE account = %L', :'ltc'), format('VALUES (''test_litecoin'', %L)', :'ltc'),
              'nobody''s account is changed by who names its address beside another');
SELECT is((SELECT count(*) FROM chimera.wallet_sets s JOIN chimera.accounts a USING (account_id) WHERE a.name LIKE '%' || :'ltc' || '%'), 0::bigint,
          'nor does a login set a wallet');
SELECT is((pg_temp.enter(:'ltc' || ',' || :'bech32')).error, 'user name has 2 addresses of test_litecoin: specify the coin of each, as in ltc=ADDRESS',
          'two addresses of one coin are refused');
SELECT matches((pg_temp.enter(:'ltc', 'doge=' || :'bech32')).error, 'user name is not a valid address: test_dogecoin: ', 'so is one that is not the coin''s');
SELECT matches((pg_temp.enter(:'ltc', 'doge=nonsense')).error, '"doge=nonsense" in the password is not an address', 'or no address');
SELECT matches((pg_temp.enter('test_b.rig', 'doge=' || :'doge')).notice, 'web pages', 'an account''s addresses are not set by who knows its name');
SELECT is((pg_temp.enter(:'ltc' || ',' || :'doge')).notice, NULL, 'who has an address there is not warned');

SELECT * FROM finish();
ROLLBACK;
