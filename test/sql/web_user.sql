-- web_user.sql: the routines for signed-in users (sql/web/user.sql).
BEGIN;
\ir begin.psql
\ir web_users.psql
SELECT plan(110);

SELECT chimera.web_sign_up('192.0.2.1', name, pg_temp.password(name), pg_temp.hash(name)) FROM unnest('{test_alice,test_bob}'::text[]) name;
SELECT pg_temp.log_in('test_alice', 'alice elsewhere');

-- ---------- access ----------

SELECT is(pg_temp.state(statement), '28000', routine || ' requires a session') FROM pg_temp.calls('^web_user_', 'nobody');
SELECT chimera.web_user_add_token(pg_temp.hash('test_bob'), pg_temp.hash('bob reads'), 'x', 'read') ->> 'token_id' AS bobs \gset
SELECT set_eq($$ SELECT routine FROM pg_temp.calls('^web_user_', 'bob reads') WHERE pg_temp.state(statement) <> '42501' $$,
              '{web_user_stats,web_user_hashrate,web_user_workers,web_user_balances,web_user_payouts,web_user_earnings,web_user_wallets,web_user_tokens}'::text[],
              'a token of scope read may do these and no more');
SELECT chimera.web_user_revoke_token(pg_temp.hash('test_bob'), :bobs);

-- ---------- statistics ----------

SELECT pg_temp.make_network('test_web') AS network \gset
SELECT chimera.enable_network('test_web');
SELECT chimera.set_reward_scheme('test_web', 'prop');
SELECT is(chimera.web_user_stats(pg_temp.hash('test_alice')) - 'created_at', '{"account": "test_alice", "networks": [], "algorithms": []}', 'a user sees its own stats');
SELECT is(chimera.web_user_hashrate(pg_temp.hash('test_alice'), 'test_web', '6h') ->> 'range', '6h', 'its hashrate on a network in a range');
SELECT chimera.adjust_balance('test_web', 'test_alice', 9007199254740993, 'test');
SELECT is((SELECT jsonb_agg(b -> 'available_sats') FROM jsonb_array_elements(chimera.web_user_balances(pg_temp.hash(who), 'test_web') -> 'items') b), balance::jsonb,
          who || ' sees its own balance, exactly') FROM (VALUES ('test_alice', '["9007199254740993"]'), ('test_bob', '["0"]')) v (who, balance);
INSERT INTO chimera.miners (account_id, name) SELECT chimera.account_id('test_alice'), 'rig' || n FROM generate_series(1, 3) n;
SELECT chimera.web_user_workers(pg_temp.hash('test_alice'), "limit" => 2) AS page \gset
SELECT is((SELECT jsonb_agg(w -> 'miner') FROM jsonb_array_elements(:'page'::jsonb -> 'items') w), '["rig3", "rig2"]', 'its miners in pages');
SELECT is((SELECT jsonb_agg(w -> 'miner') FROM jsonb_array_elements(chimera.web_user_workers(pg_temp.hash('test_alice'), before => (:'page'::jsonb ->> 'next')::bigint) -> 'items') w),
          '["rig1"]', 'one after the other');
SELECT is(chimera.web_user_workers(pg_temp.hash('test_bob')) -> 'items', '[]', 'and no other account''s');
SELECT is(chimera.web_user_earnings(pg_temp.hash('test_alice'), 'test_web', '7d') ->> 'range', '7d', 'its earnings');
SELECT throws_ok(statement, state, NULL, 'refuses ' || what)
FROM (VALUES ('SELECT chimera.web_user_stats(pg_temp.hash(''test_alice''), ''test_none'')', '42704', 'an unknown network'),
             ('SELECT chimera.web_user_hashrate(pg_temp.hash(''test_alice''), NULL, ''2h'')', '22023', 'an unknown range'),
             ('SELECT chimera.web_user_payouts(pg_temp.hash(''test_alice''), "limit" => 101)', '22023', 'a wrong limit')) v (statement, state, what);
SELECT throws_ok($$ SELECT chimera.web_account('test_alice') $$, '42704', NULL, 'a user''s account is private');

-- ---------- payout addresses and minimums ----------

\set segwit bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4
\set legacy 1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2
\set script 3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy
-- network, source, is_pending and addresses of a user's wallets
CREATE FUNCTION pg_temp.wallets(session text) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(concat_ws(' ', coalesce(w ->> 'network', 'default'), w ->> 'source', CASE WHEN (w ->> 'is_pending')::boolean THEN 'pending' END,
        (SELECT string_agg(concat_ws(' ', e ->> 'percent', e ->> 'address'), ' ') FROM jsonb_array_elements(w -> 'entries') e)), ', ')
    FROM jsonb_array_elements(chimera.web_user_wallets(pg_temp.hash(session)) -> 'items') w
$$;
SELECT is(pg_temp.wallets('test_alice'), NULL, 'a new user has no wallets');
SELECT is((chimera.web_user_set_wallets(pg_temp.hash('test_alice'), 'test_web', jsonb_build_array(:'segwit', :'legacy'), '[66.67, 33.33]') ->> 'effective_at')::timestamptz, now(),
          'the first addresses take effect immediately');
SELECT is(pg_temp.wallets('test_alice'), format('test_web wallet 66.67 %s 33.33 %s', :'segwit', :'legacy'), 'with percentages');
SELECT is((SELECT set_by FROM chimera.wallet_sets ORDER BY set_id DESC LIMIT 1), 'web:test_alice', 'the history names the web user');
SELECT is(chimera.actor(), session_user::text, 'nothing else is done in its name');
SELECT is(pg_temp.wallets('test_bob'), NULL, 'other users do not see them');
SAVEPOINT archived;
INSERT INTO chimera.network_rollups_minute VALUES (:'network', now(), 1, 0, 0, 0, 0, 1);
SELECT chimera.disable_network('test_web'), chimera.archive_network('test_web', 'over') \g /dev/null
SELECT lives_ok(format('SELECT chimera.web_user_set_wallets(pg_temp.hash(''test_alice''), ''test_web'', %L)', jsonb_build_array(:'legacy')), 'addresses on an archived network can be set, since it may still owe');
SELECT is(pg_temp.wallets('test_alice'), 'test_web wallet 100.00 ' || :'legacy', 'and take effect');
ROLLBACK TO archived;
UPDATE chimera.network_configs SET wallet_change_delay = '1 day' WHERE name = 'test_web';
SELECT is((chimera.web_user_set_wallets(pg_temp.hash('test_alice'), :'network', jsonb_build_array(:'script')) ->> 'effective_at')::timestamptz, now() + interval '1 day',
          'a change waits');
SELECT is(pg_temp.wallets('test_alice'), format('test_web wallet 66.67 %s 33.33 %s, test_web wallet pending 100.00 %s', :'segwit', :'legacy', :'script'), 'and is shown');
SELECT is(chimera.web_user_cancel_wallet_change(pg_temp.hash('test_bob'), 'test_web'), '{"cancelled": false}', 'another user cannot cancel it');
SELECT is(chimera.web_user_cancel_wallet_change(pg_temp.hash('test_alice'), 'test_web'), '{"cancelled": true}', 'its owner can cancel it');
SELECT chimera.web_user_set_wallets(pg_temp.hash('test_alice'), 'test_web', '[]');
SELECT is(pg_temp.wallets('test_alice'), format('test_web wallet 66.67 %s 33.33 %s, test_web wallet pending', :'segwit', :'legacy'), 'removing all addresses is delayed too');
SELECT chimera.web_user_set_wallets(pg_temp.hash('test_bob'), NULL, jsonb_build_array(:'legacy'));
SELECT is(pg_temp.wallets('test_bob'), format('default default 100.00 %1$s, test_web default 100.00 %1$s', :'legacy'), 'a default is shown, with the networks on which it applies');
SELECT throws_ok(format('SELECT chimera.web_user_set_wallets(pg_temp.hash(%L), %L, %L, %L)', 'test_bob', network, addresses, percents), state, NULL, 'refuses ' || why)
FROM (VALUES ('test_none', '["x"]', NULL, '42704', 'an unknown network'), ('test_web', '["x"]', NULL, '22023', 'an invalid address'),
             ('test_web', '"x"', NULL, '22023', 'a value that is not an array'), (NULL, NULL, NULL, '22023', 'no addresses'), ('test_web', '[1]', NULL, '22023', 'an address that is not a string'),
             ('test_web', '[null]', NULL, '22023', 'null for one'), ('test_web', '["' || :'legacy' || '"]', '["100"]', '22023', 'a percentage that is a string'),
             ('test_web', '["' || :'legacy' || '"]', '[1e400]', '22023', 'a percentage of 400 digits'), ('test_web', '["' || :'legacy' || '"]', '100', '22023', 'percentages in no array'),
             ('test_web', '["' || :'legacy' || '"]', '[null]', '22023', 'null for one'), ('test_web', '["' || :'legacy' || '"]', '[99]', '22023', 'less than 100 percent')) bad (network, addresses, percents, state, why);
SELECT lives_ok(format('SELECT chimera.web_user_set_wallets(pg_temp.hash(%L), %L, %L, %L)', 'test_bob', 'test_web', jsonb_build_array(:'script'), 'null'), 'null percents are omitted');

SELECT chimera.web_user_set_wallets(pg_temp.hash('test_bob'), NULL, jsonb_build_array(:'legacy')) FROM generate_series(1, 18);
SELECT throws_ok(format('SELECT chimera.web_user_set_wallets(pg_temp.hash(%L), NULL, %L)', 'test_bob', jsonb_build_array(:'legacy')), '53400', NULL, 'wallets can be changed at most 20 times per hour');
SET LOCAL session_replication_role = replica;
UPDATE chimera.wallet_sets SET set_at = set_at - interval '1 hour';
SET LOCAL session_replication_role = origin;
SELECT lives_ok(format('SELECT chimera.web_user_set_wallets(pg_temp.hash(%L), NULL, %L)', 'test_bob', jsonb_build_array(:'legacy')), 'and again after it');

SELECT is(chimera.web_user_set_minimum_payout(pg_temp.hash('test_alice'), 'test_web', '9007199254740993'), '{}', 'a user sets a minimum payout');
SELECT is((SELECT minimum_payout_sats FROM chimera.payout_minimums WHERE account_id = chimera.account_id('test_alice')), 9007199254740993, 'exactly');
SELECT is(chimera.web_user_set_minimum_payout(pg_temp.hash('test_alice'), 'test_web', NULL), '{}', 'and resets it');
SELECT is_empty($$ SELECT FROM chimera.payout_minimums WHERE account_id = chimera.account_id('test_alice') $$, 'to the network''s minimum');
SELECT throws_ok(format('SELECT chimera.web_user_set_minimum_payout(pg_temp.hash(%L), %L, %L)', 'test_alice', network, sats), state, message, 'refuses ' || why)
FROM (VALUES ('test_web', '999999', '22023', 'minimum payout of network "test_web" must be at least 1000000 of its smallest unit', 'less than the network''s'),
             ('test_web', '1e7', '22023', NULL, 'a value that is not a whole number'), ('test_web', '-5', '22023', NULL, 'a negative one'), ('test_web', '', '22023', NULL, 'nothing'),
             ('test_web', repeat('9', 19), '22023', NULL, 'a number out of range'),
             (NULL, '2000000', '22023', NULL, 'no network'), ('test_none', '2000000', '42704', NULL, 'an unknown network')) bad (network, sats, state, message, why);

-- ---------- tokens ----------

SELECT chimera.web_user_add_token(pg_temp.hash('test_alice'), pg_temp.hash('reads'), ' graphs ', 'read') ->> 'token_id' AS reads,
       chimera.web_user_add_token(pg_temp.hash('test_alice'), pg_temp.hash('writes'), 'script', 'write', 30) ->> 'token_id' AS writes \gset
SELECT is(chimera.web_user_tokens(pg_temp.hash('test_alice')) #- '{items,0,created_at}' #- '{items,1,created_at}' #- '{items,1,expires_at}',
          jsonb_build_object('items', jsonb_build_array(
              jsonb_build_object('token_id', :'reads', 'name', 'graphs', 'scope', 'read', 'last_used_at', NULL, 'expires_at', NULL),
              jsonb_build_object('token_id', :'writes', 'name', 'script', 'scope', 'write', 'last_used_at', NULL))),
          'a user sees its tokens without their secrets');
SELECT is((chimera.web_user_tokens(pg_temp.hash('test_alice')) #>> '{items,1,expires_at}')::timestamptz, now() + interval '30 days', 'and when they expire');
SELECT is(chimera.web_user_tokens(pg_temp.hash('test_bob')), '{"items": []}', 'and no tokens of other users');
SELECT is(pg_temp.who('reads'), 'test_alice', 'a token acts for its user');
SELECT isnt(chimera.web_user_tokens(pg_temp.hash('test_alice')) #>> '{items,0,last_used_at}', NULL, 'the time of the last use is shown');
SELECT lives_ok($$ SELECT chimera.web_caller(pg_temp.hash('reads'), false, false) $$, 'a token of scope read can read');
SELECT throws_ok($$ SELECT chimera.web_caller(pg_temp.hash('reads'), true, false) $$, '42501', 'this API token is read-only', 'but cannot write');
SELECT lives_ok($$ SELECT chimera.web_caller(pg_temp.hash('writes'), true, false) $$, 'a token of scope write can write');
SELECT throws_ok(format(statement, 'pg_temp.hash(''writes'')'), '42501', 'an API token may not do this', 'but cannot ' || what)
FROM (VALUES ('SELECT chimera.web_user_add_token(%s, pg_temp.hash(''more''), ''more'', ''write'')', 'create tokens'),
             ('SELECT chimera.web_user_password_hash(%s)', 'get the password''s hash'),
             ('SELECT chimera.web_user_set_password(%s, pg_temp.password(''new''))', 'set a password')) v (statement, what);
SELECT throws_ok(format('SELECT chimera.web_user_add_token(pg_temp.hash(%L), pg_temp.hash(%L), %L, %L, %L)', 'test_alice', 'new', name, scope, days),
                 '22023', NULL, 'refuses a token ' || why)
FROM (VALUES ('', 'read', 1, 'without a name'), (' ', 'read', 1, 'with a blank one'), (NULL, 'read', 1, 'with a null name'), (repeat('x', 65), 'read', 1, 'with a long one'),
             (E'a\nb', 'read', 1, 'with a line end in it'), ('x', 'admin', 1, 'of an unknown scope'), ('x', NULL, 1, 'of no scope'),
             ('x', 'read', 0, 'that has expired'), ('x', 'read', 3651, 'for more than ten years')) bad (name, scope, days, why);
SELECT throws_ok(format('SELECT chimera.web_user_add_token(pg_temp.hash(%L), pg_temp.hash(%L), %L, %L)', 'test_bob', 'reads', 'x', 'read'),
                 '23505', NULL, 'a token is one user''s');

UPDATE chimera.web_tokens SET expires_at = now() WHERE token_id = :writes;
SELECT is(pg_temp.who('writes'), NULL, 'a token ends when it expires');
SELECT throws_ok($$ SELECT chimera.web_caller(pg_temp.hash('writes'), false, false) $$, '28000', NULL, 'and is rejected');
SELECT is(jsonb_array_length(chimera.web_user_tokens(pg_temp.hash('test_alice')) -> 'items'), 2, 'but is still listed');
SELECT throws_ok(format('SELECT chimera.web_user_revoke_token(pg_temp.hash(%L), %s)', 'test_bob', :reads), '42704', format('token %s does not exist', :reads),
                 'a user cannot revoke another user''s token');
SELECT throws_ok(format('SELECT chimera.web_user_revoke_token(pg_temp.hash(%L), %s)', 'reads', :reads), '42501', NULL, 'nor can a token of scope read revoke');
SELECT is(chimera.web_user_revoke_token(pg_temp.hash('test_alice'), :reads), '{}', 'its owner can');
SELECT is(pg_temp.who('reads'), NULL, 'then it is rejected');
SELECT throws_ok(format('SELECT chimera.web_user_revoke_token(pg_temp.hash(%L), %s)', 'test_alice', :reads), '42704', NULL, 'and no longer exists');
SELECT chimera.web_user_add_token(pg_temp.hash('test_bob'), pg_temp.hash('bob ' || n), 'token ' || n, 'read') FROM generate_series(1, 50) n;
SELECT throws_ok($$ SELECT chimera.web_user_add_token(pg_temp.hash('test_bob'), pg_temp.hash('bob 51'), 'x', 'read') $$, '55000', NULL,
                 'a user can have 50');
SELECT chimera.disable_web_user('test_bob');
SELECT is(pg_temp.who('bob 1'), NULL, 'tokens of a disabled user are rejected');
SELECT chimera.enable_web_user('test_bob');
SELECT is(pg_temp.who('bob 1'), 'test_bob', 'until the user is enabled again');

-- ---------- password ----------

SELECT is(chimera.web_user_password_hash(pg_temp.hash('test_alice')), jsonb_build_object('password_hash', pg_temp.password('test_alice')),
          'a user''s password is compared with its hash');
SELECT chimera.web_user_add_token(pg_temp.hash('test_alice'), pg_temp.hash('stays'), 'x', 'read');
SELECT chimera.web_login_begin('192.0.2.1', 'test_alice');
SELECT throws_ok($$ SELECT chimera.web_user_set_password(pg_temp.hash('test_alice'), 'plain') $$, '22023', NULL, 'a password that is not hashed is refused');
SELECT is(chimera.web_user_set_password(pg_temp.hash('test_alice'), pg_temp.password('new')), '{}', 'the password is changed');
SELECT is(pg_temp.who('test_alice'), 'test_alice', 'the session continues');
SELECT is(pg_temp.who('alice elsewhere'), NULL, 'the other sessions end');
SELECT is(pg_temp.who('stays'), 'test_alice', 'tokens remain valid');
SELECT throws_ok($$ SELECT chimera.web_login_end('192.0.2.1', 'test_alice', true, pg_temp.hash('late')) $$, '28P01', NULL,
                 'a sign-in that began with the old one is refused');
SELECT is(chimera.web_login_begin('192.0.2.1', 'test_alice') ->> 'password_hash', pg_temp.password('new'), 'the new password is required');
SELECT chimera.web_user_password_hash(pg_temp.hash('test_alice')) FROM generate_series(1, 10);
SELECT throws_ok($$ SELECT chimera.web_user_password_hash(pg_temp.hash('test_alice')) $$, '53400', NULL, 'the old password can be tried 10 times in 15 minutes');
UPDATE chimera.web_attempts SET at = at - interval '15 minutes';
SELECT lives_ok($$ SELECT chimera.web_user_password_hash(pg_temp.hash('test_alice')) $$, 'and again after them');
SELECT is(pg_temp.who('bob 1'), 'test_bob', 'other users are not affected');

SELECT * FROM finish();
ROLLBACK;
