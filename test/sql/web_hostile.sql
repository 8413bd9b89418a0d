-- web_hostile.sql: with any input, the routines behind the REST API return a result or an error of the client:
-- never an error that webd would show as status 500.
BEGIN;
\ir begin.psql
\if :is_pool
\else
    SELECT :'skip_file';
    \quit
\endif
\ir web_users.psql
SELECT plan(7);

SELECT pg_temp.make_network('test_web');
SELECT chimera.enable_network('test_web');
SELECT chimera.set_web_password('test_root', pg_temp.password('root'), 'admin');
SELECT pg_temp.log_in('test_root', 'root');
SELECT chimera.set_wallets('test_root', 'test_web', '{1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2}');
SELECT chimera.adjust_balance('test_web', 'test_root', 5000000, 'test');
SELECT chimera.prepare_payouts('test_web') AS batch \gset
INSERT INTO chimera.accounts (name) VALUES ('test_public');

-- the parameters of each routine that webd may call, with valid values
CREATE TEMP TABLE parameters AS
SELECT p.oid AS routine, p.proname::text COLLATE "default" AS name, a.number, a.parameter, a.type,
       CASE a.parameter
           WHEN 'session_hash' THEN format('%L::bytea', pg_temp.hash('root'))
           WHEN 'network' THEN '''test_web''' WHEN 'account' THEN '''test_public''' WHEN 'range' THEN '''24h'''
           WHEN 'settings' THEN '''{"rpc_url": "http://127.0.0.1:1"}''' WHEN 'changes' THEN '''{"symbol": "TST"}'''
           WHEN 'addresses' THEN '''["1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2"]''' WHEN 'scheme' THEN '''pplns''' WHEN 'parameters' THEN '''{}'''
           WHEN 'reason' THEN '''because''' WHEN 'name' THEN '''test_name''' WHEN 'remote_address' THEN '''192.0.2.1''' WHEN 'scope' THEN '''read'''
           WHEN 'password_hash' THEN quote_literal(pg_temp.password('x')) WHEN 'token_hash' THEN format('%L::bytea', pg_temp.hash('t'))
           WHEN 'batch_id' THEN :'batch' WHEN 'is_right' THEN 'true' WHEN 'event' THEN '''network''' WHEN 'address' THEN '''1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2'''
           ELSE 'NULL' END AS good
FROM pg_proc p CROSS JOIN LATERAL unnest(p.proargnames, p.proargtypes::oid[]) WITH ORDINALITY a (parameter, type, number)
WHERE p.pronamespace = 'chimera'::regnamespace AND p.proname ~ '^web_' AND has_function_privilege('chimera_web', p.oid, 'EXECUTE');

CREATE TEMP TABLE hostile AS
SELECT v.type::regtype AS type, v.value FROM (VALUES
    ('text', 'NULL'), ('text', ''''''), ('text', ''' '''), ('text', ''''''' OR true --'''), ('text', '''%s %I %L $1'''), ('text', 'E''\x01\x1b[31m\x7f'''),
    ('text', '''../../etc/passwd'''), ('text', '''{"a": 1}'''), ('text', '''NaN'''), ('text', '''9223372036854775808'''), ('text', '''2001:db8::%'''),
    ('text', 'repeat(''x'', 60000)'), ('text', 'repeat(''1'', 60000)'), ('text', 'U&''\202E\+01F600\FEFF'''), ('text', '''00000000-0000-0000-0000-000000000000'''),
    ('bigint', 'NULL'), ('bigint', '0'), ('bigint', '-1'), ('bigint', '9223372036854775807'), ('bigint', '(-9223372036854775808)'),
    ('int', 'NULL'), ('int', '0'), ('int', '-1'), ('int', '2147483647'), ('int', '(-2147483648)'),
    ('boolean', 'NULL'), ('boolean', 'false'),
    ('bytea', 'NULL'), ('bytea', ''''''), ('bytea', 'repeat(''x'', 31)::bytea'), ('bytea', 'repeat(''x'', 60000)::bytea'),
    ('jsonb', 'NULL'), ('jsonb', '''null'''), ('jsonb', '''[]'''), ('jsonb', '''{}'''), ('jsonb', '''""'''), ('jsonb', '''1e400'''), ('jsonb', '''true'''),
    ('jsonb', '''[[[[1]]], {}, null, ""]'''), ('jsonb', '''{"": {}, "symbol": [], "name": {}}'''),
    ('jsonb', '(repeat(''['', 5000) || repeat('']'', 5000))'), ('jsonb', 'jsonb_build_array(repeat(''x'', 60000))'),
    ('jsonb', '(SELECT jsonb_object_agg(''k'' || n, n) FROM generate_series(1, 5000) n)'),
    ('jsonb', '''{"window": 1e400, "fee_percent": "x", "finder_percent": null}'''), ('jsonb', '''{"window": -1, "fee_percent": 101}'''),
    ('jsonb', '''{"rpc_url": "http://127.0.0.1:1", "priority": 1e300}'''), ('jsonb', '''{"rpc_url": "", "rpc_user": "a\nb:c"}'''),
    ('jsonb', '''{"rpc_url": "http://[", "rpc_user": "x", "rpc_password": "", "rpc_cookie_file": ""}'''),
    ('jsonb', '''{"preset": "bitcoin", "rpc_url": "x", "pool_address": "", "name": "''''; DROP TABLE x"}'''),
    ('jsonb', '''{"vardiff_target_s": "Infinity"}'''), ('jsonb', '''{"share_retention": "infinity"}'''), ('jsonb', '''{"payout_interval": "-1 day"}'''),
    ('jsonb', '''{"payout_interval": "178000000 years"}'''), ('jsonb', '''{"share_retention": "100000 years"}'''),
    ('jsonb', '''{"template_rules": [["a"], "b"]}'''), ('jsonb', '''{"template_rules": "segwit"}'''), ('jsonb', '''{"template_rules": [null]}'''),
    ('jsonb', '''{"p2pkh_version": 1.5}'''), ('jsonb', '''{"p2pkh_version": null}'''), ('jsonb', '''{"algorithm": "md5"}'''), ('jsonb', '''{"genesis_hash": "zz"}'''),
    ('jsonb', '''{"bech32_hrp": "\u00e4"}'''), ('jsonb', '''{"version_mask": 18446744073709551616}'''), ('jsonb', '''{"max_difficulty": 1e308, "start_difficulty": 1e307}''')
) v (type, value);

CREATE TEMP TABLE outcomes AS
WITH calls AS (
    SELECT t.routine, t.name, t.parameter, h.value,
           format('SELECT chimera.%I(%s)', t.name, (SELECT string_agg(CASE WHEN g.number = t.number THEN h.value ELSE g.good END || '::' || g.type::regtype, ', ' ORDER BY g.number)
                                                    FROM parameters g WHERE g.routine = t.routine)) AS statement
    FROM parameters t JOIN hostile h ON h.type = t.type::regtype
    -- it waits for its node in each call, and checks its input as others do
    WHERE t.name <> 'web_admin_test_network')
SELECT c.name, c.parameter, c.value, pg_temp.undone_state(c.statement) AS state FROM calls c;

SELECT cmp_ok((SELECT count(*) FROM outcomes), '>', 1000::bigint, 'every routine was called with unexpected values');
SELECT is_empty($$ SELECT DISTINCT name FROM parameters p WHERE p.name <> 'web_admin_test_network' AND NOT EXISTS (SELECT FROM outcomes o WHERE o.name = p.name) $$, 'each of them');
SELECT is_empty($$ SELECT name, parameter, left(value, 60), state FROM outcomes
                   WHERE state !~ '^(00000|22...|23502|23505|23514|28...|42501|42704|42710|P0002|53400|55000)$' $$,
                'every error is one of the client''s');
SELECT set_eq($$ SELECT * FROM (SELECT DISTINCT p.name, pg_temp.undone_state(format('SELECT chimera.%I(%s)', p.name,
                     (SELECT string_agg(g.good || '::' || g.type::regtype, ', ' ORDER BY g.number) FROM parameters g WHERE g.routine = p.routine))) AS state FROM parameters p) o
                 WHERE state <> '00000' $$,
              $$ VALUES ('web_sign_up', '23505'), ('web_login_end', '28P01'), ('web_user_revoke_token', '42704'), ('web_admin_remove_node', '42704'), ('web_admin_merge_network', '42704'), ('web_admin_unmerge_network', '42704'), ('web_admin_update_node', '22023'),
                        ('web_admin_add_network', '22023'), ('web_admin_delete_network', '55000'), ('web_admin_archive_network', '55000'), ('web_admin_switch', '55000'), ('web_admin_rollback', '55000') $$,
              'with expected values all succeed except those that the state does not permit');
SELECT is_empty($$ SELECT name, parameter, value FROM outcomes WHERE parameter = 'session_hash' AND name ~ '^web_(user|admin)_' AND state <> '28000' $$,
                'only the hash of a session authenticates');
SELECT is_empty($$ SELECT value, state FROM outcomes WHERE value ~ ' years|infinity|-1 day' AND name = 'web_admin_update_network' AND state = '00000' $$, 'no stored time is out of range');
SELECT is_empty($$ SELECT relname FROM pg_class WHERE relnamespace = 'chimera'::regnamespace AND relname ~ 'drop|''' $$, 'the schema is unchanged');

SELECT * FROM finish();
ROLLBACK;
