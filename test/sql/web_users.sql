-- web_users.sql: signing up and in on the web, sessions, and limits on attempts (sql/web/sign_in.sql, sql/web/users.sql).
BEGIN;
\ir begin.psql
\ir web_users.psql
SELECT plan(114);

CREATE FUNCTION pg_temp.sign_up(name text, address text DEFAULT '192.0.2.1') RETURNS jsonb LANGUAGE sql AS $$
    SELECT chimera.web_sign_up_begin(address, name);
    SELECT chimera.web_sign_up(address, name, pg_temp.password('password of ' || name), pg_temp.hash('session of ' || name))
$$;

-- ---------- signing up ----------

SELECT is(pg_temp.sign_up('test_alice') - 'expires_at', '{"account": "test_alice", "role": "user"}', 'signing up also signs in');
SELECT is((chimera.web_session(pg_temp.hash('session of test_alice')) ->> 'expires_at')::timestamptz, now() + interval '30 days',
          'for 30 days');
SELECT matches(chimera.web_session(pg_temp.hash('session of test_alice')) ->> 'expires_at', '^\d{4}-\d\d-\d\dT.*\+00:00$', 'a time is ISO 8601 in UTC');
SELECT throws_ok(format('SELECT pg_temp.sign_up(%L)', name), '22023', NULL, 'refuses a name ' || why)
FROM (VALUES ('ab', 'that is short'), (repeat('a', 33), 'that is long'), ('Alice', 'with capitals'), ('test.rig', 'with a dot'),
             ('-test', 'that begins with a dash'), ('test alice', 'with a blank'), (E'test\n', 'with a line end'),
             ('1bvbmseystwetqtfn5au4m4gfg7xjanv', 'like a base58 address')) bad (name, why);
SELECT throws_ok('SELECT pg_temp.sign_up(NULL)', '22023', NULL, 'refuses no name');
SELECT chimera.add_network('test_coin', 'sha256d', 'TST', repeat('0', 64), 'http://127.0.0.1:1', '1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2',
    settings => '{"p2pkh_version": 0, "bech32_hrp": "tstc"}');
SELECT chimera.enable_network('test_coin');
SELECT throws_ok(format('SELECT pg_temp.sign_up(%L)', name), '22023', format('the name "%s" looks like an address', name), 'refuses a name like an address of ' || whose)
FROM (VALUES ('tstc1test', 'a network'), ('ltc1test', 'a coin that may become one')) v (name, whose);
INSERT INTO chimera.accounts (name) VALUES ('test_miner');
SELECT throws_ok(format('SELECT pg_temp.sign_up(%L)', name), '42710', format('the name "%s" is taken', name), 'refuses a name that ' || whose)
FROM (VALUES ('test_miner', 'a miner has'), ('test_alice', 'a user has')) taken (name, whose);
SELECT throws_ok($$ SELECT chimera.web_sign_up('192.0.2.1', 'test_plain', 'secret in plain text', pg_temp.hash('x')) $$, '22023',
                 'password_hash is not an Argon2id hash', 'refuses a password that is not hashed, and does not show it');
SELECT is((SELECT count(*) FROM chimera.accounts WHERE name = 'test_plain'), 0::bigint, 'without creating an account');
SELECT throws_ok($$ SELECT chimera.web_sign_up('192.0.2.1', 'test_fixed', pg_temp.password('x'), pg_temp.hash('session of test_alice')) $$,
                 '23505', NULL, 'an existing session cannot be reused to sign in');

SELECT lives_ok(format('SELECT pg_temp.sign_up(%L, %L)', 'test_many' || n, '2001:db8::' || n), 'account ' || n || ' of an address')
FROM generate_series(1, 20) n;
SELECT throws_ok($$ SELECT pg_temp.sign_up('test_many21', '2001:db8::21') $$, '53400', NULL, 'the 21st in an hour is refused, from another address of one IPv6 network too');
SELECT lives_ok($$ SELECT pg_temp.sign_up('test_other', '2001:db8:0:1::1') $$, 'another network can sign up');
UPDATE chimera.web_attempts SET at = at - interval '1 hour' WHERE kind = 'sign_up';
SELECT lives_ok($$ SELECT pg_temp.sign_up('test_many21', '2001:db8::21') $$, 'and an hour later the first one can again');
SELECT is(chimera.web_address(given), wanted, coalesce(given, 'no address') || ' is counted as ' || coalesce(nullif(wanted, ''), 'none'))
FROM (VALUES ('192.0.2.1', '192.0.2.1'), ('::ffff:192.0.2.1', '192.0.2.1'), ('fe80::1:2%eth0', 'fe80::/64'), ('', ''), (NULL, '')) a (given, wanted);

-- ---------- signing in ----------

SELECT is(chimera.web_login_begin('192.0.2.1', 'test_alice'), jsonb_build_object('password_hash', pg_temp.password('password of test_alice')),
          'the password''s hash is given for comparison');
SELECT is(chimera.web_login_end('192.0.2.1', 'test_alice', true, pg_temp.hash('second')) ->> 'account', 'test_alice', 'the right password signs in');
SELECT is(pg_temp.who('second'), 'test_alice', 'in a separate session');
SELECT is(pg_temp.who('session of test_alice'), 'test_alice', 'in addition to the first');
SELECT throws_ok($$ SELECT chimera.web_login_end('192.0.2.1', 'test_alice', true, pg_temp.hash('third')) $$, '28P01', NULL,
                 'a sign-in cannot end without having begun');
SELECT is(chimera.web_login_begin('192.0.2.1', name), '{"password_hash": null}', 'no hash is returned for ' || what)
FROM (VALUES ('test_nobody', 'an unknown name'), ('test_miner', 'an account without user'), ('', 'an empty name'), (NULL, 'no name')) v (name, what);
SELECT throws_ok(format('SELECT chimera.web_login_end(%L, %L, %L, pg_temp.hash(%L))', '192.0.2.1', name, is_right, 'no session'), '28P01',
                 'wrong name or password', what)
FROM (VALUES ('test_nobody', false, 'an unknown name'), ('test_nobody', true, 'an unknown name, even with is_right'),
             ('test_miner', true, 'an account without user'), ('test_alice', false, 'a wrong password: one answer for all')) v (name, is_right, what);
SELECT is(pg_temp.who('no session'), NULL, 'none of them signs in');

-- ---------- wrong passwords ----------

DELETE FROM chimera.web_attempts;
SELECT is((SELECT string_agg(replace(pg_temp.state(format('SELECT chimera.web_login_begin(%L, %L)', '198.51.100.' || n, name)), '00000', 'ok'), ' ' ORDER BY n)
           FROM generate_series(1, 12) n), repeat('ok ', 10) || '53400 53400', 'a name has 10 attempts in 15 minutes from any address' || whose)
FROM (VALUES ('test_alice', ''), ('test_ghost', ', even if it does not exist')) v (name, whose);
SELECT lives_ok($$ SELECT chimera.web_login_begin('198.51.100.1', 'test_other') $$, 'another name has its own attempts');
UPDATE chimera.web_attempts SET at = at - interval '15 minutes';
SELECT lives_ok($$ SELECT chimera.web_login_begin('198.51.100.1', 'test_alice') $$, '15 minutes later it may be tried again');

DELETE FROM chimera.web_attempts;
SELECT pg_temp.log_in('test_alice', 'home', '192.0.2.7');
SELECT chimera.web_login_begin('198.51.100.' || n, 'test_alice') FROM generate_series(1, 10) n;
SELECT throws_ok($$ SELECT chimera.web_login_begin('198.51.100.99', 'test_alice') $$, '53400', NULL, 'others use up the attempts for a name');
SELECT lives_ok($$ SELECT pg_temp.log_in('test_alice', 'home again', '192.0.2.7') $$, 'which does not lock out addresses from which it has signed in');
SELECT chimera.web_login_begin('192.0.2.7', 'test_alice') FROM generate_series(1, 10);
SELECT throws_ok($$ SELECT chimera.web_login_begin('192.0.2.7', 'test_alice') $$, '53400', NULL, 'there it has 10 attempts of its own');

DELETE FROM chimera.web_attempts;
SELECT is((SELECT string_agg(replace(pg_temp.state(format('SELECT chimera.web_login_begin(%L, %L)', '203.0.113.5', 'test_name' || n)), '00000', 'ok'), ' ' ORDER BY n)
           FROM generate_series(1, 31) n), repeat('ok ', 30) || '53400', 'an address has 30 attempts, for any names');
SELECT pg_temp.log_in('test_alice', 'elsewhere', '203.0.113.6');
SELECT is((SELECT count(*) FROM chimera.web_attempts WHERE kind = 'login' AND name = 'test_alice'), 0::bigint, 'successful attempts do not count');
UPDATE chimera.web_attempts SET at = at - interval '2 hours' WHERE kind = 'login';
UPDATE chimera.web_sessions SET expires_at = now() WHERE session_hash = pg_temp.hash('elsewhere');
SELECT pg_temp.log_in('test_alice', 'later', '203.0.113.6');
SELECT is((SELECT count(*) FROM chimera.web_attempts WHERE kind = 'login'), 0::bigint, 'old attempts are deleted');
SELECT is((SELECT count(*) FROM chimera.web_sessions WHERE session_hash = pg_temp.hash('elsewhere')), 0::bigint, 'and sessions that have expired');
SELECT is((SELECT count(*) FROM chimera.web_attempts WHERE kind = 'logged_in'), 1::bigint, 'but not the addresses from which a user has signed in');

-- ---------- sessions ----------

SELECT is(chimera.web_session(pg_temp.hash('unknown')), '{"account": null}', 'an unknown session has no user');
SELECT is(chimera.web_session(NULL), '{"account": null}', 'nor is NULL');
SELECT is((chimera.web_caller(pg_temp.hash('second'), true, false)).account_id, chimera.account_id('test_alice'), 'a session calls as its user');
SELECT throws_ok($$ SELECT chimera.web_caller(pg_temp.hash('unknown'), false, false) $$, '28000', 'sign in first', 'an unknown session is rejected');
SELECT throws_ok($$ SELECT chimera.web_caller(NULL, true, true) $$, '28000', NULL, 'and so is NULL');
SELECT throws_ok($$ SELECT chimera.web_caller(pg_temp.hash('second'), false, true) $$, '42501', NULL, 'a user is not an admin');

UPDATE chimera.web_sessions SET last_seen_at = now() - interval '59 seconds', expires_at = now() + interval '1 day'
WHERE session_hash = pg_temp.hash('second');
SELECT is((chimera.web_session(pg_temp.hash('second')) ->> 'expires_at')::timestamptz, now() + interval '1 day', 'within a minute its end does not change');
UPDATE chimera.web_sessions SET last_seen_at = now() - interval '61 seconds' WHERE session_hash = pg_temp.hash('second');
SELECT is((chimera.web_session(pg_temp.hash('second')) ->> 'expires_at')::timestamptz, now() + interval '30 days', 'later, use prolongs it');
UPDATE chimera.web_sessions SET expires_at = now() WHERE session_hash = pg_temp.hash('second');
SELECT throws_ok($$ SELECT chimera.web_caller(pg_temp.hash('second'), false, false) $$, '28000', NULL, 'it ends when it expires');
SELECT is(chimera.web_log_out(pg_temp.hash('later')), '{}', 'a user signs out');
SELECT is(pg_temp.who('later'), NULL, 'which ends the session');
SELECT is(chimera.web_log_out(pg_temp.hash('later')), '{}', 'signing out twice is not an error');
SELECT is(pg_temp.who('session of test_alice'), 'test_alice', 'other sessions continue');

UPDATE chimera.web_sessions SET last_seen_at = now() - interval '1 day' WHERE session_hash = pg_temp.hash('session of test_alice');
SELECT pg_temp.log_in('test_alice', 'one of many ' || n) FROM generate_series(1, 99) n;
SELECT is(pg_temp.who('session of test_alice'), NULL, 'of too many sessions, the one unused for longest ends');
SELECT is((SELECT count(*) FROM chimera.web_sessions s JOIN chimera.web_users USING (user_id) WHERE account_id = chimera.account_id('test_alice')), 100::bigint, 'a user has 100 of them');

-- ---------- the operator ----------

SELECT chimera.set_web_password('test_miner', pg_temp.password('given'), 'admin');
SELECT is(chimera.web_login_begin('192.0.2.1', 'test_miner') ->> 'password_hash', pg_temp.password('given'), 'an operator gives a miner''s account a password');
SELECT is(chimera.web_login_end('192.0.2.1', 'test_miner', true, pg_temp.hash('admin')) ->> 'role', 'admin', 'and makes it an admin');
SELECT is((chimera.web_session(pg_temp.hash('admin')) ->> 'expires_at')::timestamptz, now() + interval '12 hours', 'whose session lasts 12 hours');
SELECT is((chimera.web_caller(pg_temp.hash('admin'), true, true)).role, 'admin', 'it may call the admins'' routines');
SELECT chimera.web_user_add_token(pg_temp.hash('admin'), pg_temp.hash('token'), 'script', 'write');
SELECT chimera.web_login_begin('192.0.2.1', 'test_miner');
SELECT chimera.set_web_password('test_miner', pg_temp.password('another'));
SELECT is((SELECT role FROM chimera.web_accounts WHERE account = 'test_miner'), 'admin', 'a new password keeps the role');
SELECT is(pg_temp.who(what), NULL, 'and ends the ' || what || '''s access') FROM unnest('{admin,token}'::text[]) what;
SELECT throws_ok($$ SELECT chimera.web_login_end('192.0.2.1', 'test_miner', true, pg_temp.hash('late')) $$, '28P01', NULL,
                 'a sign-in that began with the old one is refused');
SELECT chimera.set_web_password('test_miner', pg_temp.password('another'), 'user');
SELECT is((SELECT role FROM chimera.web_accounts WHERE account = 'test_miner'), 'user', 'an admin becomes a user again');
SELECT chimera.set_web_password('test_first', pg_temp.password('first'), 'admin');
SELECT is((SELECT role FROM chimera.web_accounts WHERE account = 'test_first'), 'admin', 'a missing account is created');
SELECT throws_ok(format('SELECT chimera.set_web_password(%L, %L, %L)', account, hash, role), '22023', NULL, 'refuses ' || why)
FROM (VALUES ('Test', pg_temp.password('x'), 'user', 'an invalid name'), ('test_first', pg_temp.password('x'), 'root', 'an unknown role'),
             ('test_first', 'plain', 'user', 'a value that is not a hash'), ('test_first', NULL, 'user', 'no hash')) v (account, hash, role, why);

SELECT pg_temp.log_in('test_alice', 'shut out');
SELECT chimera.web_login_begin('192.0.2.1', 'test_alice');
SELECT is(chimera.disable_web_user('test_alice'), true, 'a user is disabled');
SELECT is(chimera.disable_web_user('test_alice'), false, 'once');
SELECT throws_ok($$ SELECT chimera.web_caller(pg_temp.hash('shut out'), false, false) $$, '28000', NULL, 'its sessions end');
SELECT throws_ok($$ SELECT chimera.web_login_end('192.0.2.1', 'test_alice', true, pg_temp.hash('in')) $$, '28P01', NULL, 'and it cannot sign in');
SELECT is(chimera.web_login_begin('192.0.2.1', 'test_alice'), '{"password_hash": null}', 'as if the user were unknown');
SELECT is(chimera.enable_web_user('test_alice'), true, 'it is enabled again');
SELECT is(chimera.enable_web_user('test_alice'), false, 'once');
SELECT is(pg_temp.log_in('test_alice', 'back') ->> 'account', 'test_alice', 'and can sign in');
SELECT is(pg_temp.who('shut out'), NULL, 'again');
SELECT throws_ok(format('SELECT chimera.%s_web_user(%L)', verb, 'test_nobody'), '42704', NULL, 'an unknown account cannot be ' || verb || 'd')
FROM unnest('{disable,enable}'::text[]) verb;

-- ---------- privileges ----------

SELECT is_empty($$ SELECT r, t FROM unnest('{public,chimera_admin,chimera_stratum,chimera_web,chimera_reader}'::text[]) r
                   CROSS JOIN unnest('{web_users,web_sessions,web_tokens,web_attempts}'::text[]) t
                   WHERE has_any_column_privilege(r, 'chimera.' || t, 'SELECT,INSERT,UPDATE,REFERENCES') $$,
                'no role may see or set a column of them');

SELECT * FROM finish();
ROLLBACK;
