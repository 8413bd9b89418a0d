-- networks.sql: adding, enabling and disabling networks, and finding them.
BEGIN;
\ir begin.psql
SELECT plan(73);

-- Nothing of a network is left out of a refused call's error but its secrets.
CREATE FUNCTION pg_temp.error_of(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    detail text;
BEGIN
    EXECUTE statement;
    RETURN 'none';
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
    RETURN SQLSTATE || ' ' || SQLERRM || ' ' || detail;
END;
$$;

-- before there is any: a WHERE that no row reaches must not hide the error
SELECT throws_ok($$ SELECT chimera.enable_network('test_none') $$, '42704', NULL, 'enable_network refuses an unknown network');
SELECT throws_ok($$ SELECT chimera.disable_network('test_none') $$, '42704', NULL, 'disable_network refuses an unknown network');
SELECT throws_ok($$ SELECT chimera.network_id('test_none') $$, '42704', NULL, 'network_id refuses an unknown name');
SELECT throws_ok($$ SELECT chimera.network_id('00000000-0000-0000-0000-000000000000') $$, '42704', NULL,
                 'network_id refuses an unknown id');
SELECT throws_ok($$ SELECT chimera.network_id(NULL) $$, '42704', NULL, 'network_id refuses NULL');

-- adding
SELECT chimera.add_network('test_litecoin', 'scrypt', 'LTC',
    '12A765E31FFD4059BADA1E25190F6E98C99D9714D334EFA41A195A7E7E04BFE2', 'http://127.0.0.1:9332',
    'LVg2kJoFNg45Nbpy53h7Fe1wKyeXVRhMH9', rpc_user => 'tester', rpc_password => 'secret',
    settings => '{"p2pkh_version": 48, "p2sh_version": 50, "bech32_hrp": "ltc", "template_rules": ["segwit", "mweb"]}') AS litecoin \gset

SELECT is(chimera.network_id('test_litecoin'), :'litecoin'::uuid, 'network_id knows a network by its name');
SELECT is(chimera.network_id(:'litecoin'), :'litecoin'::uuid, 'network_id knows a network by its id');
SELECT is(chimera.network_id(upper(:'litecoin')), :'litecoin'::uuid, 'network_id takes an id in upper case');
SELECT throws_ok($$ SELECT chimera.network_id('TEST_LITECOIN') $$, '42704', NULL, 'network_id takes names as they are');
SELECT results_eq(
    format($$ SELECT is_enabled, is_active, algorithm FROM chimera.network_configs WHERE network_id = %L $$, :'litecoin'),
    $$ VALUES (false, false, 'scrypt') $$, 'a network begins neither enabled nor active');
SELECT is((SELECT display_name FROM chimera.network_configs WHERE network_id = :'litecoin'), 'Test_Litecoin',
          'display_name is made of the name when none is given');
SELECT is((SELECT genesis_hash FROM chimera.network_configs WHERE network_id = :'litecoin'),
          '12a765e31ffd4059bada1e25190f6e98c99d9714d334efa41a195a7e7e04bfe2', 'genesis_hash is kept in lower case');
SELECT results_eq(
    format($$ SELECT confirmations_needed, start_difficulty, min_difficulty, max_difficulty, vardiff_target_s,
                     vardiff_retarget_s, vardiff_retarget_shares, vardiff_variance, coinbase_tag, version_mask
              FROM chimera.network_configs WHERE network_id = %L $$, :'litecoin'),
    $$ VALUES (100, 1::float8, 0.001::float8, 1e12::float8, 10::float8, 180::float8, 30, 0.15::float8, '/Chimera/', 0::bigint) $$,
    'what is not given has the documented defaults');
SELECT results_eq(
    format($$ SELECT rpc_user, rpc_password, rpc_cookie_file FROM chimera.network_credentials JOIN chimera.network_nodes USING (node_id)
              WHERE network_id = %L $$, :'litecoin'),
    $$ VALUES ('tester', 'secret', NULL) $$, 'the node''s secrets stand in network_credentials');
SELECT is((SELECT count(*) FROM pg_inherits WHERE inhparent = 'chimera.shares_test_litecoin'::regclass), 3::bigint,
          'a network begins with partitions for today and the two days after');

CREATE FUNCTION pg_temp.add(arguments text) RETURNS text LANGUAGE sql AS $$
    SELECT 'SELECT chimera.add_network(' || string_agg(name || ' => ' || value, ', ') || ')'
    FROM (SELECT DISTINCT ON (name) name, value
          FROM (SELECT split_part(a, ' => ', 1) AS name, split_part(a, ' => ', 2) AS value, 1 AS rank
                FROM string_to_table(arguments, '; ') a
                UNION ALL
                VALUES ('name', quote_literal('test_other'), 2), ('algorithm', quote_literal('sha256d'), 2),
                       ('symbol', quote_literal('TST'), 2), ('genesis_hash', quote_literal(repeat('0', 64)), 2),
                       ('rpc_url', quote_literal('http://127.0.0.1:1'), 2),
                       ('pool_address', quote_literal('1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2'), 2),
                       ('settings', quote_literal('{"p2pkh_version": 0}'), 2)) given
          ORDER BY name, rank) arguments
$$;

CREATE FUNCTION pg_temp.add_with(settings jsonb) RETURNS text LANGUAGE sql AS $$
    SELECT pg_temp.add(format('settings => %L', '{"p2pkh_version": 0}' || settings))
$$;

-- any setting, not only those of a new coin
SELECT lives_ok(pg_temp.add_with('{"display_name": "Other", "caps_difficulty": false, "payout_interval": "1 day"}'),
                'add_network takes any setting that update_network takes');
SELECT row_eq($$ SELECT display_name, caps_difficulty, payout_interval, template_rules FROM chimera.network_configs WHERE name = 'test_other' $$,
              ROW('Other'::text, false, '1 day'::interval, '{segwit}'::text[]), 'and leaves the other columns their defaults');
SELECT chimera.delete_network('test_other', 'a test');

-- refusals
SELECT throws_ok(pg_temp.add($$name => 'test_litecoin'$$), '23505', NULL, 'add_network refuses a name that is taken');
SELECT throws_ok(pg_temp.add($$pool_address => 'LVg2kJoFNg45Nbpy53h7Fe1wKyeXVRhMH9'$$), '22023', NULL,
                 'add_network refuses another coin''s address');
SELECT throws_ok(pg_temp.add($$pool_address => ''$$), '22023', NULL, 'add_network refuses an empty address');
SELECT throws_ok(pg_temp.add(arguments), '23514', NULL, 'add_network refuses ' || why)
FROM (VALUES
    ($$name => 'Test'$$, 'a name in upper case'),
    ($$name => ''$$, 'an empty name'),
    ($$name => '1test'$$, 'a name beginning with a digit'),
    ($$name => 'test-net'$$, 'a name with a hyphen'),
    ($$name => E'test\n'$$, 'a name with a line''s end'),
    ($$name => 'test";DROP TABLE chimera.shares'$$, 'a name that is SQL'),
    ($$name => 'tést'$$, 'a name beyond ASCII'),
    ($$name => 'a23456789012345678901234567890123'$$, 'a name of 33 characters'),
    ($$name => 'test_litecoin_20300101'$$, 'a name that is another network''s partition''s'),
    ($$algorithm => 'md5'$$, 'an unknown algorithm'),
    ($$genesis_hash => 'abcd'$$, 'an invalid genesis hash'),
    ($$rpc_url => 'ftp://127.0.0.1'$$, 'a URL that is not http'),
    ($$rpc_url => E'http://127.0.0.1/\nLOG:  all is well'$$, 'a URL of two lines')) bad (arguments, why);
SELECT throws_ok(pg_temp.add_with(settings::jsonb), '23514', NULL, 'add_network refuses ' || why)
FROM (VALUES
    ('{"p2pkh_version": 300}', 'a version that is no byte'),
    ('{"p2sh_version": 70000}', 'a version that is no 16-bit number either'),
    ('{"bech32_hrp": "BC"}', 'a bech32 prefix in upper case'),
    ('{"bech32_hrp": ""}', 'an empty bech32 prefix'),
    ('{"template_rules": [null]}', 'a template rule of NULL'),
    ('{"version_mask": -1}', 'a negative version mask'),
    ('{"version_mask": 4294967296}', 'a version mask over 32 bits'),
    ('{"coinbase_tag": "12345678901234567890123456789012345678901"}', 'a coinbase tag over 40 bytes'),
    ('{"confirmations_needed": 0}', 'no confirmations'),
    ('{"min_difficulty": 0}', 'a lowest difficulty of 0'),
    ('{"max_difficulty": "infinity"}', 'an infinite highest difficulty'),
    ('{"start_difficulty": 0.0001}', 'a starting difficulty below the lowest'),
    ('{"start_difficulty": 100, "max_difficulty": 10}', 'a starting difficulty above the highest'),
    ('{"vardiff_target_s": 0}', 'a vardiff target of no time'),
    ('{"vardiff_target_s": "nan"}', 'a vardiff target that is no number')) bad (settings, why);
SELECT throws_ok(pg_temp.add_with(settings::jsonb), state, message, 'add_network refuses ' || why)
FROM (VALUES
    ('{"no_such": 1}', '22023', 'network setting "no_such" cannot be changed', 'an unknown setting'),
    ('{"is_enabled": true}', '22023', 'network setting "is_enabled" cannot be changed', 'a setting that another routine changes'),
    ('{"pool_address": "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"}', '22023',
     'network setting "pool_address" must be given as a parameter', 'a parameter among the settings'),
    ('{"symbol": {"a": 1}}', '22023', 'symbol must be a single value', 'an object as a value'),
    ('{"p2sh_version": "five"}', '22P02', NULL, 'a word for a number'),
    ('{"p2sh_version": 5000000000}', '22003', NULL, 'a number that is too large'),
    ('{"coinbase_tag": null}', '23502', NULL, 'no value where one is needed')) bad (settings, state, message, why);
SELECT throws_ok(pg_temp.add(arguments), '22023', 'changes must be a JSON object', 'add_network refuses ' || why)
FROM (VALUES ('settings => NULL', 'no settings'), ($$settings => '["p2pkh_version"]'$$, 'settings in an array')) bad (arguments, why);
SELECT throws_ok(pg_temp.add($$rpc_password => 'a'; rpc_cookie_file => 'b'$$), '23514', NULL,
                 'add_network refuses a password beside a cookie file');
SELECT unalike(pg_temp.error_of(pg_temp.add($$rpc_password => 'TOPSECRET'; rpc_cookie_file => 'b'$$)), '%TOPSECRET%',
               'that refusal does not show the password');
SELECT alike(pg_temp.error_of(pg_temp.add($$rpc_url => 'http://u:TOPSECRET@127.0.0.1'$$)), '23514%',
             'add_network refuses a URL with a password');
SELECT unalike(pg_temp.error_of(pg_temp.add($$rpc_url => 'http://u:TOPSECRET@127.0.0.1'$$)), '%TOPSECRET%',
               'that refusal does not show the password');
SELECT lives_ok(pg_temp.add($$name => 'a2345678901234567890123456789012'$$), 'a name may have 32 characters');

-- enabling; only networks of this test, so that a pool's own active ones don't matter
UPDATE chimera.network_configs SET is_active = false, is_enabled = false WHERE is_enabled;
SELECT pg_temp.make_network('test_first', 'blake2s') AS first, pg_temp.make_network('test_second', 'blake2s') AS second \gset
CREATE FUNCTION pg_temp.state(network text) RETURNS text LANGUAGE sql AS $$
    SELECT concat_ws(' ', CASE WHEN is_enabled THEN 'enabled' ELSE 'disabled' END, CASE WHEN is_active THEN 'active' END)
    FROM chimera.network_configs WHERE name = network
$$;
SELECT chimera.enable_network('test_first');
SELECT is(pg_temp.state('test_first'), 'enabled active', 'the first enabled network of an algorithm becomes active');
SELECT chimera.enable_network(:'second');
SELECT is(pg_temp.state('test_second'), 'enabled', 'the second does not');
SELECT chimera.enable_network('test_litecoin');
SELECT is(pg_temp.state('test_litecoin'), 'enabled active', 'each algorithm has an active network of its own');
SELECT chimera.enable_network('test_first');
SELECT is(pg_temp.state('test_first'), 'enabled active', 'enabling again changes nothing');
SELECT throws_ok($$ UPDATE chimera.network_configs SET is_active = true WHERE name = 'test_second' $$, '23505', NULL,
                 'no algorithm has two active networks');
SELECT chimera.disable_network('test_second'), chimera.disable_network('test_first');
SELECT is(pg_temp.state('test_first'), 'disabled', 'a disabled network is not active');
SELECT throws_ok($$ UPDATE chimera.network_configs SET is_active = true WHERE name = 'test_first' $$, '23514', NULL,
                 'no disabled network is active');

-- what never changes, and what is noticed
SELECT throws_ok($$ UPDATE chimera.network_configs SET name = 'test_renamed' WHERE name = 'test_first' $$, '0A000', NULL,
                 'a network''s name cannot change');
SELECT throws_ok($$ UPDATE chimera.network_configs SET network_id = gen_random_uuid() WHERE name = 'test_first' $$,
                 '0A000', NULL, 'a network''s id cannot change');
UPDATE chimera.network_configs SET updated_at = '2000-01-01', symbol = 'TWO' WHERE name = 'test_first';
SELECT ok(updated_at > now() - interval '1 minute', 'a changed setting moves updated_at')
FROM chimera.network_configs WHERE name = 'test_first';
SELECT node_id AS node, c.updated_at AS before
FROM chimera.network_credentials c JOIN chimera.network_nodes n USING (node_id) WHERE network_id = :'first' \gset
UPDATE chimera.network_credentials SET rpc_password = 'other' WHERE node_id = :node;
SELECT ok(updated_at > :'before', 'a changed secret moves its updated_at')
FROM chimera.network_credentials WHERE node_id = :node;

SELECT * FROM finish();
ROLLBACK;
