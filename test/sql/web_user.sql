-- web_user.sql: what a signed-in user asks for and sets.
BEGIN;
\ir begin.psql
SELECT plan(43);

CREATE FUNCTION pg_temp.password(word text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT '$argon2id$v=19$m=65536,t=2,p=1$c2FsdHNhbHRzYWx0$' || translate(encode(sha256(convert_to(word, 'UTF8')), 'base64'), E'=\n', '')
$$;
CREATE FUNCTION pg_temp.hash(word text) RETURNS bytea LANGUAGE sql IMMUTABLE AS $$ SELECT sha256(convert_to(word, 'UTF8')) $$;
CREATE FUNCTION pg_temp.who(session text) RETURNS text LANGUAGE sql AS $$
    SELECT chimera.web_session(pg_temp.hash(session)) ->> 'account'
$$;
SELECT chimera.web_sign_up('192.0.2.1', name, pg_temp.password(name), pg_temp.hash(name)) FROM unnest('{test_alice,test_bob}'::text[]) name;
SELECT chimera.web_login_begin('192.0.2.1', 'test_alice');
SELECT chimera.web_login_end('192.0.2.1', 'test_alice', true, pg_temp.hash('alice elsewhere'));

-- ---------- tokens ----------

SELECT chimera.web_user_add_token(pg_temp.hash('test_alice'), pg_temp.hash('reads'), ' graphs ', 'read') ->> 'token_id' AS reads,
       chimera.web_user_add_token(pg_temp.hash('test_alice'), pg_temp.hash('writes'), 'script', 'write', 30) ->> 'token_id' AS writes \gset
SELECT is(chimera.web_user_tokens(pg_temp.hash('test_alice')) #- '{items,0,created_at}' #- '{items,1,created_at}' #- '{items,1,expires_at}',
          jsonb_build_object('items', jsonb_build_array(
              jsonb_build_object('token_id', :'reads', 'name', 'graphs', 'scope', 'read', 'last_used_at', NULL, 'expires_at', NULL),
              jsonb_build_object('token_id', :'writes', 'name', 'script', 'scope', 'write', 'last_used_at', NULL))),
          'a user sees its tokens, without what lets them in');
SELECT is((chimera.web_user_tokens(pg_temp.hash('test_alice')) #>> '{items,1,expires_at}')::timestamptz, now() + interval '30 days', 'and when they end');
SELECT is(chimera.web_user_tokens(pg_temp.hash('test_bob')), '{"items": []}', 'and nobody else''s');
SELECT is(pg_temp.who('reads'), 'test_alice', 'a token acts for its user');
SELECT isnt(chimera.web_user_tokens(pg_temp.hash('test_alice')) #>> '{items,0,last_used_at}', NULL, 'it is seen when it was used');
SELECT lives_ok($$ SELECT chimera.web_caller(pg_temp.hash('reads'), false, false) $$, 'one of scope read may look');
SELECT throws_ok($$ SELECT chimera.web_caller(pg_temp.hash('reads'), true, false) $$, '42501', 'this API token may only read', 'but not write');
SELECT lives_ok($$ SELECT chimera.web_caller(pg_temp.hash('writes'), true, false) $$, 'one of scope write may write');
SELECT throws_ok(format(statement, 'pg_temp.hash(''writes'')'), '42501', 'this needs a signed-in user, not an API token', 'but not ' || what)
FROM (VALUES ('SELECT chimera.web_user_add_token(%s, pg_temp.hash(''more''), ''more'', ''write'')', 'make tokens'),
             ('SELECT chimera.web_user_password_hash(%s)', 'ask for the password''s hash'),
             ('SELECT chimera.web_user_set_password(%s, pg_temp.password(''new''))', 'set a password')) v (statement, what);
SELECT throws_ok(format('SELECT chimera.web_user_add_token(pg_temp.hash(%L), pg_temp.hash(%L), %L, %L, %L)', 'test_alice', 'new', name, scope, days),
                 '22023', NULL, 'refuses a token ' || why)
FROM (VALUES ('', 'read', 1, 'without a name'), (' ', 'read', 1, 'with a blank one'), (NULL, 'read', 1, 'with none'), (repeat('x', 65), 'read', 1, 'with a long one'),
             (E'a\nb', 'read', 1, 'with a line end in it'), ('x', 'admin', 1, 'of an unknown scope'), ('x', NULL, 1, 'of no scope'),
             ('x', 'read', 0, 'that has expired'), ('x', 'read', 3651, 'for more than ten years')) bad (name, scope, days, why);
SELECT throws_ok(format('SELECT chimera.web_user_add_token(pg_temp.hash(%L), pg_temp.hash(%L), %L, %L)', 'test_bob', 'reads', 'x', 'read'),
                 '23505', NULL, 'a token is one user''s');

UPDATE chimera.web_tokens SET expires_at = now() WHERE token_id = :writes;
SELECT is(pg_temp.who('writes'), NULL, 'a token ends when it expires');
SELECT throws_ok($$ SELECT chimera.web_caller(pg_temp.hash('writes'), false, false) $$, '28000', NULL, 'and lets nobody in');
SELECT is(jsonb_array_length(chimera.web_user_tokens(pg_temp.hash('test_alice')) -> 'items'), 2, 'but is still seen');
SELECT throws_ok(format('SELECT chimera.web_user_revoke_token(pg_temp.hash(%L), %s)', 'test_bob', :reads), '42704', format('you have no token %s', :reads),
                 'nobody revokes another''s token');
SELECT throws_ok(format('SELECT chimera.web_user_revoke_token(pg_temp.hash(%L), %s)', 'reads', :reads), '42501', NULL, 'nor does one of scope read');
SELECT is(chimera.web_user_revoke_token(pg_temp.hash('test_alice'), :reads), '{}', 'its owner does');
SELECT is(pg_temp.who('reads'), NULL, 'then it lets nobody in');
SELECT throws_ok(format('SELECT chimera.web_user_revoke_token(pg_temp.hash(%L), %s)', 'test_alice', :reads), '42704', NULL, 'it is gone');
SELECT chimera.web_user_add_token(pg_temp.hash('test_bob'), pg_temp.hash('bob ' || n), 'token ' || n, 'read') FROM generate_series(1, 50) n;
SELECT throws_ok($$ SELECT chimera.web_user_add_token(pg_temp.hash('test_bob'), pg_temp.hash('bob 51'), 'x', 'read') $$, '55000', NULL,
                 'a user can have 50');
SELECT chimera.disable_web_user('test_bob');
SELECT is(pg_temp.who('bob 1'), NULL, 'those of a disabled user let nobody in');
SELECT chimera.enable_web_user('test_bob');
SELECT is(pg_temp.who('bob 1'), 'test_bob', 'until it is enabled again');

-- ---------- password ----------

SELECT is(chimera.web_user_password_hash(pg_temp.hash('test_alice')), jsonb_build_object('password_hash', pg_temp.password('test_alice')),
          'a user''s password is compared with its hash');
SELECT chimera.web_user_add_token(pg_temp.hash('test_alice'), pg_temp.hash('stays'), 'x', 'read');
SELECT chimera.web_login_begin('192.0.2.1', 'test_alice');
SELECT throws_ok($$ SELECT chimera.web_user_set_password(pg_temp.hash('test_alice'), 'plain') $$, '22023', NULL, 'a password that is not hashed is refused');
SELECT is(chimera.web_user_set_password(pg_temp.hash('test_alice'), pg_temp.password('new')), '{}', 'it sets another');
SELECT is(pg_temp.who('test_alice'), 'test_alice', 'the session goes on');
SELECT is(pg_temp.who('alice elsewhere'), NULL, 'the other ones end');
SELECT is(pg_temp.who('stays'), 'test_alice', 'tokens stay');
SELECT throws_ok($$ SELECT chimera.web_login_end('192.0.2.1', 'test_alice', true, pg_temp.hash('late')) $$, '28P01', NULL,
                 'who began to sign in with the old one is not let in');
SELECT is(chimera.web_login_begin('192.0.2.1', 'test_alice') ->> 'password_hash', pg_temp.password('new'), 'the new one is asked for');
SELECT chimera.web_user_password_hash(pg_temp.hash('test_alice')) FROM generate_series(1, 10);
SELECT throws_ok($$ SELECT chimera.web_user_password_hash(pg_temp.hash('test_alice')) $$, '53400', NULL, 'the old one can be tried 10 times in 15 minutes');
UPDATE chimera.web_attempts SET at = at - interval '15 minutes';
SELECT lives_ok($$ SELECT chimera.web_user_password_hash(pg_temp.hash('test_alice')) $$, 'and again after them');
SELECT is(pg_temp.who('bob 1'), 'test_bob', 'others have noticed nothing');

SELECT * FROM finish();
ROLLBACK;
