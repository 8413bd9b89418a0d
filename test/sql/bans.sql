-- bans.sql: limits of connections, and bans.
BEGIN;
\ir begin.psql
SELECT plan(60);

DELETE FROM chimera.listeners;
DELETE FROM chimera.limit_settings;
DELETE FROM chimera.bans;
SELECT pg_temp.make_network('test_bans', 'blake2s');
UPDATE chimera.network_configs SET is_active = false WHERE is_active AND algorithm = 'blake2s';
UPDATE chimera.network_configs SET is_enabled = true, is_active = true WHERE name = 'test_bans';
SELECT chimera.add_listener(4001, network => 'test_bans') AS port, '00000000-0000-4000-8000-000000000002' AS server \gset
SELECT chimera.stratum_hello(:'server');
CREATE FUNCTION pg_temp.enter(session bigint, user_name text) RETURNS text LANGUAGE sql AS $$
    SELECT coalesce(a.error, 'accepted') FROM chimera.listeners l
    CROSS JOIN LATERAL chimera.authorize(l.listener_id, '00000000-0000-4000-8000-000000000002', session, user_name, 'x') a
    WHERE l.port = 4001
$$;

-- ---------- limits ----------

SELECT set_eq('SELECT name, value FROM chimera.stratum_limits()', 'SELECT name, standard FROM chimera.connection_limits',
              'every limit has its standard value');
SELECT is_empty('SELECT name FROM chimera.connection_limits WHERE standard NOT BETWEEN lowest AND highest OR unit IS NULL OR meaning IS NULL',
                'which is within its bounds, and explained');
SELECT lives_ok($$ SELECT chimera.set_connection_limit('bad_share_percent', 30) $$, 'a limit can be set');
SELECT lives_ok($$ SELECT chimera.set_connection_limit('bad_share_percent', 40) $$, 'and set again');
SELECT is((SELECT value FROM chimera.stratum_limits() WHERE name = 'bad_share_percent'), 40::float8, 'stratumd gets the last value');
SELECT chimera.set_connection_limit('bad_share_percent', NULL);
SELECT is((SELECT value FROM chimera.stratum_limits() WHERE name = 'bad_share_percent'), 50::float8, 'NULL takes the standard');
SELECT lives_ok($$ SELECT chimera.set_connection_limit('ban_seconds', 'infinity') $$, 'a limit without bound can be infinite');
SELECT chimera.set_connection_limit('ban_seconds', NULL);
SELECT throws_ok(format('SELECT chimera.set_connection_limit(''bad_share_percent'', %L)', value), '22003', NULL, 'a percentage of ' || value || ' is refused')
FROM unnest('{0,101,infinity,nan}'::float8[]) value;
SELECT throws_ok($$ SELECT chimera.set_connection_limit('test_none', 1) $$, '42704', NULL, 'an unknown limit is refused');

-- ---------- bans of addresses ----------

SELECT is_empty('SELECT * FROM chimera.stratum_bans()', 'nobody is banned at first');
SELECT chimera.ban_address('192.0.2.1', 'floods') AS one, chimera.ban_address('198.51.100.7/24', 'a bad neighbourhood', '1 hour') AS range,
       chimera.ban_address('2001:db8::5', 'six', '1 s') AS six \gset
SELECT set_eq('SELECT address, reason, seconds_left IS NULL, coalesce(seconds_left BETWEEN 0 AND 3600, true) FROM chimera.stratum_bans()',
              $$ VALUES ('192.0.2.1'::cidr, 'floods', true, true), ('198.51.100.0/24', 'a bad neighbourhood', false, true),
                        ('2001:db8::5', 'six', false, true) $$, 'stratumd is told of addresses and ranges, and for how long');
SELECT is((SELECT banned_by || ' ' || is_automatic FROM chimera.active_bans WHERE ban_id = :one), session_user || ' false',
          'who did it is known');
SET LOCAL chimera.acting_user = 'test_boss';
SELECT chimera.ban_address('192.0.2.2', 'x');
SELECT is((SELECT banned_by FROM chimera.active_bans WHERE address = '192.0.2.2'), 'test_boss', 'an admin of the web service is named');
RESET chimera.acting_user;

UPDATE chimera.bans SET banned_at = now() - interval '2 h', expires_at = now() - interval '1 h' WHERE ban_id = :range;
SELECT set_eq('SELECT address FROM chimera.stratum_bans()', $$ VALUES ('192.0.2.1'::cidr), ('192.0.2.2'), ('2001:db8::5') $$,
              'a ban ends by itself');
SELECT is(chimera.lift_ban('192.0.2.9'), 0, 'a ban that is not there is not lifted');
SELECT is(chimera.lift_ban('198.51.100.0/24'), 0, 'nor one that has ended');
SELECT is(chimera.lift_ban('192.0.2.1'), 1, 'one in force is');
SELECT is((SELECT lifted_by FROM chimera.bans WHERE ban_id = :one AND lifted_at IS NOT NULL), session_user::text, 'and it is known by whom');
SELECT chimera.ban_address('192.0.2.1', 'again'), chimera.ban_address('192.0.2.1', 'and again');
SELECT is(chimera.lift_ban('192.0.2.0/24'), 3, 'all within a range can be lifted');
SELECT is((SELECT count(*) FROM chimera.stratum_bans()), 1::bigint, 'others stay');

SELECT throws_ok($$ SELECT chimera.ban_address('10.0.0.0/7', 'x') $$, '22023', NULL, 'too large a range is refused');
SELECT throws_ok($$ SELECT chimera.ban_address('::/0', 'x') $$, '22023', NULL, 'of IPv6 too');
SELECT lives_ok($$ SELECT chimera.ban_address('10.0.0.0/8', 'x', '1 s') $$, 'a /8 is not');
SELECT throws_ok(format('SELECT chimera.ban_address(''192.0.2.1'', ''x'', %L)', duration), '22023', NULL, 'a duration of ' || duration || ' is refused')
FROM unnest('{0,-1 s}'::interval[]) duration;
SELECT throws_ok($$ SELECT chimera.ban_address('192.0.2.1', NULL) $$, '23502', NULL, 'a ban without a reason is refused');
SELECT throws_ok($$ SELECT chimera.ban_address(NULL, 'x') $$, '23514', NULL, 'so is one of nobody');

-- ---------- bans of accounts ----------

SELECT pg_temp.make_rig(u) FROM unnest('{test_eve.rig1,test_eve.rig2,test_bob.rig}'::text[]) u;
SELECT is(pg_temp.enter(1, 'test_eve.rig1'), 'accepted', 'a miner is accepted');
SELECT pg_temp.enter(2, 'test_eve.rig2'), pg_temp.enter(2, 'test_bob.rig'), pg_temp.enter(3, 'test_bob.rig');
SELECT chimera.ban_account('test_eve', 'stole', '1 day');
SELECT is(pg_temp.enter(4, 'test_eve.rig1'), 'this account is banned: stole', 'a banned account''s is not, and told why');
SELECT is(pg_temp.enter(4, 'test_bob.rig'), 'accepted', 'others are');
SELECT results_eq(format('SELECT session_id, reason FROM chimera.stratum_banned_sessions(%L)', :'server'),
                  $$ VALUES (1::bigint, 'stole'), (2, 'stole') $$, 'stratumd is told which connections it has');
SELECT is_empty($$ SELECT * FROM chimera.stratum_banned_sessions('00000000-0000-4000-8000-000000000009') $$, 'each stratumd of its own');
SELECT is((SELECT count(*) FROM chimera.stratum_bans() WHERE address IS NULL), 0::bigint, 'and of addresses as before');
SELECT chimera.ban_account('test_bob', 'helped') \g /dev/null
SELECT is(chimera.lift_account_ban('test_eve'), 1, 'an account''s ban can be lifted');
SELECT is(pg_temp.enter(4, 'test_bob.rig'), 'this account is banned: helped', 'another account''s stays');
SELECT is(chimera.lift_account_ban('test_bob'), 1, 'and is lifted by itself');
SELECT is(pg_temp.enter(4, 'test_eve.rig1'), 'accepted', 'and it is accepted again');
SELECT throws_ok($$ SELECT chimera.ban_account('test_nobody', 'x') $$, '42704', NULL, 'an unknown account is refused');
SELECT throws_ok($$ SELECT chimera.lift_account_ban('test_nobody') $$, '42704', NULL, 'to lift it too');

-- one key: in bech32, in capitals, and in base58 as a key's hash; and with another address
SELECT chimera.update_network('test_bans', '{"cashaddr_prefix": "bitcoincash"}');
SELECT pg_temp.make_rig('qpm2qsznhks23z7629mms6s4cwef74vcwvy22gdx6a.x');
SELECT is(pg_temp.enter(5, 'qpm2qsznhks23z7629mms6s4cwef74vcwvy22gdx6a.x'), 'accepted', 'an address is accepted');
SELECT is(pg_temp.enter(6, '1BpEi6DfDAUFd7GtittLSdBeYJvcoaVggu.y'), 'accepted', 'and the same in another form');
SELECT chimera.ban_account('BITCOINCASH:QPM2QSZNHKS23Z7629MMS6S4CWEF74VCWVY22GDX6A', 'bad');
SELECT is(pg_temp.enter(7, u), 'this account is banned: bad', format('a banned address is refused as %s', u))
FROM unnest('{qpm2qsznhks23z7629mms6s4cwef74vcwvy22gdx6a.z,QPM2QSZNHKS23Z7629MMS6S4CWEF74VCWVY22GDX6A/z,
              bitcoincash:qpm2qsznhks23z7629mms6s4cwef74vcwvy22gdx6a,1BpEi6DfDAUFd7GtittLSdBeYJvcoaVggu}'::text[]) u;
SELECT is(pg_temp.enter(7, 'qpm2qsznhks23z7629mms6s4cwef74vcwvy22gdx6a,ltc1qw508d6qejxtdg4y5r3zarvary0c5xw7kgmn4n9'),
          'this account is banned: bad', 'nor does another address beside it let it in');
SELECT results_eq(format('SELECT session_id FROM chimera.stratum_banned_sessions(%L)', :'server'), 'VALUES (5::bigint), (6)',
                  'all its connections end');
SELECT is(chimera.lift_account_ban('bitcoincash:qpm2qsznhks23z7629mms6s4cwef74vcwvy22gdx6a'), 1, 'any spelling lifts it');

-- ---------- bans by stratumd ----------

DELETE FROM chimera.bans;
SELECT is(chimera.stratum_ban('{203.0.113.1,203.0.113.2,2001:db8:1:2:3:4:5:6,203.0.113.1}', '{bad,bad,bad,bad}'), 3, 'stratumd bans addresses');
SELECT set_eq($$ SELECT address, is_automatic, expires_at - banned_at FROM chimera.active_bans $$,
              $$ VALUES ('203.0.113.1'::cidr, true, interval '10 min'), ('203.0.113.2', true, '10 min'), ('2001:db8:1:2::/64', true, '10 min') $$,
              'of IPv6 the network, for as long as connection_limits says');
SELECT is(chimera.stratum_ban('{203.0.113.1}', '{bad}'), 0, 'an address that is banned as long is not banned again');
SELECT chimera.set_connection_limit('ban_seconds', 1200);
SELECT is(chimera.stratum_ban('{203.0.113.1}', '{bad}'), 1, 'one that is to be banned for longer is');
SELECT chimera.set_connection_limit('ban_seconds', 'infinity');
SELECT is(chimera.stratum_ban('{203.0.113.9}', '{bad}'), 1, 'a ban may have no end');
SELECT is((SELECT expires_at FROM chimera.active_bans WHERE address = '203.0.113.9'), NULL, 'until it is lifted');
SELECT is(chimera.stratum_ban('{203.0.113.10}', '{bad}'), 1, 'nor does it keep another address from being banned');

UPDATE chimera.bans SET banned_at = now() - interval '91 days', expires_at = now() - interval '25 hours' WHERE address = '203.0.113.2';
SELECT chimera.ban_address('203.0.113.30', 'recent'), chimera.ban_address('203.0.113.31', 'old');
UPDATE chimera.bans SET banned_at = now() - interval '100 days', expires_at = now() - interval '89 days' WHERE reason = 'recent';
UPDATE chimera.bans SET banned_at = now() - interval '100 days', expires_at = now() - interval '91 days' WHERE reason = 'old';
SELECT is(chimera.drop_old_bans(), 2, 'bans that ended long ago are dropped, stratumd''s after a day');
SELECT is((SELECT count(*) FROM chimera.bans WHERE reason = 'recent'), 1::bigint, 'others are kept to be looked at');

SELECT * FROM finish();
ROLLBACK;
