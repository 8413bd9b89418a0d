-- network_edit.sql: changing networks and their nodes, and deleting networks.
BEGIN;
\ir begin.psql
\ir work.psql
SELECT plan(95);

UPDATE chimera.network_configs SET is_active = false, is_enabled = false WHERE algorithm = 'blake2s';
SELECT pg_temp.make_network('test_a', 'blake2s') AS a, pg_temp.make_network('test_b', 'blake2s') AS b \gset
SELECT node_id AS node FROM chimera.network_nodes WHERE network_id = :'a' \gset
CREATE TEMP TABLE seen AS SELECT max(history_id) AS history_id FROM chimera.network_switch_history;

CREATE FUNCTION pg_temp.news() RETURNS text LANGUAGE sql AS $$
    WITH rows AS (
        SELECT * FROM chimera.network_switch_history h WHERE h.history_id > (SELECT max(history_id) FROM seen)
    ), noted AS (INSERT INTO seen SELECT history_id FROM rows)
    SELECT coalesce(string_agg(concat_ws('|', kind, algorithm, network_name, reason, num_nonnulls(from_network, to_network, undoes), changes, result),
                               E'\n' ORDER BY history_id), 'none')
    FROM rows
$$;
-- all that an error says
CREATE FUNCTION pg_temp.error_of(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    detail text;
    hint text;
    context text;
BEGIN
    EXECUTE statement;
    RETURN 'none';
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT, context = PG_EXCEPTION_CONTEXT;
    -- but for the test's own statement
    RETURN concat_ws(' ', SQLSTATE, SQLERRM, detail, hint, replace(context, statement, ''));
END;
$$;

-- ---------- what is added is in the history ----------

SELECT results_eq(format($$ SELECT kind, result, changes->'symbol', changes->'algorithm', changes ?| '{network_id,created_at,updated_at,rpc_password}'
                            FROM chimera.network_switch_history WHERE network_id = %L $$, :'a'),
                  $$ VALUES ('add', 'added', '[null, "TST"]'::jsonb, '[null, "blake2s"]'::jsonb, false) $$,
                  'add_network writes one row, with the settings');
SELECT chimera.add_node('test_a', 'http://127.0.0.1:2', rpc_user => 'u', rpc_password => 'TOPSECRET') AS second \gset
SELECT is(pg_temp.news(), format('edit|blake2s|test_a|0|{"node.%1$s.kind": [null, "node"], "node.%1$s.rpc_url": [null, "http://127.0.0.1:2"], '
          '"node.%1$s.priority": [null, 2], "node.%1$s.rpc_user": [null, "(hidden)"], "node.%1$s.rpc_password": [null, "(hidden)"]}|node added', :second),
          'add_node too, without secrets');
SELECT is(chimera.remove_node(:second), true, 'remove_node says that it removed a node');
SELECT is(pg_temp.news(), format('edit|blake2s|test_a|0|{"node.%1$s.kind": ["node", null], "node.%1$s.rpc_url": ["http://127.0.0.1:2", null], '
          '"node.%1$s.priority": [2, null], "node.%1$s.rpc_user": ["(hidden)", null], "node.%1$s.rpc_password": ["(hidden)", null]}|node removed', :second),
          'and that is in the history');
SELECT is(chimera.remove_node(:second), false, 'remove_node says that there was none');
SELECT is(pg_temp.news(), 'none', 'which is no history');

-- ---------- update_network ----------

SELECT updated_at AS before FROM chimera.network_configs WHERE name = 'test_a' \gset
SELECT chimera.update_network('test_a', '{"symbol": "TSA", "confirmations_needed": 7, "icon": null, "block_url": "https://x/{hash}"}', 'typo') AS returned \gset
SELECT is(:returned::bigint, (SELECT max(history_id) FROM chimera.network_switch_history), 'update_network returns the number of its row of history');
SELECT is(pg_temp.news(), 'edit|blake2s|test_a|typo|0|{"symbol": ["TST", "TSA"], "block_url": [null, "https://x/{hash}"], "confirmations_needed": [100, 7]}|changed',
          'which has what changed, and that alone');
SELECT results_eq($$ SELECT symbol, confirmations_needed, icon, block_url, display_name FROM chimera.network_configs WHERE name = 'test_a' $$,
                  $$ VALUES ('TSA', 7, NULL, 'https://x/{hash}', 'Test_A') $$, 'the settings are so');
SELECT ok(updated_at > :'before', 'and the workers are told') FROM chimera.network_configs WHERE name = 'test_a';
SELECT updated_at AS before FROM chimera.network_configs WHERE name = 'test_a' \gset
SELECT is(chimera.update_network(:'a', changes), NULL, 'nothing changes by ' || changes::text)
FROM unnest(ARRAY['{}', '{"symbol": "TSA", "min_difficulty": 1e-3, "template_rules": ["segwit"]}', '{"icon": null}']::jsonb[]) changes;
SELECT is(pg_temp.news(), 'none', 'and that is no history');
SELECT is(updated_at, :'before', 'and restarts no worker') FROM chimera.network_configs WHERE name = 'test_a';
SELECT chimera.update_network('test_a', '{"template_rules": ["segwit", "mweb"], "share_retention": "30 days", "version_mask": 536862720, "vardiff_variance": 0.25}');
SELECT results_eq($$ SELECT template_rules, share_retention, version_mask, vardiff_variance FROM chimera.network_configs WHERE name = 'test_a' $$,
                  $$ VALUES ('{segwit,mweb}'::text[], interval '30 days', 536862720::bigint, 0.25::float8) $$, 'arrays, intervals and numbers are taken');
SELECT pg_temp.news();
SELECT chimera.update_network('test_a', '{"min_difficulty": 10, "start_difficulty": 20, "max_difficulty": 30}');
SELECT is(pg_temp.news(), 'edit|blake2s|test_a|0|{"max_difficulty": [1000000000000, 30], "min_difficulty": [0.001, 10], "start_difficulty": [1, 20]}|changed',
          'what must fit together changes together');
SELECT throws_ok(format('SELECT chimera.update_network(%L, %L)', 'test_a', changes), state, message, 'it refuses ' || what)
FROM (VALUES
    (NULL, '22023', 'changes must be a JSON object', 'no changes'),
    ('[]', '22023', 'changes must be a JSON object', 'an array'),
    ('null', '22023', 'changes must be a JSON object', 'a JSON null'),
    ('{"colour": "red"}', '22023', 'network setting "colour" cannot be changed', 'what is no setting'),
    ('{"symbol = ''''; DROP TABLE chimera.shares; --": 1}', '22023', NULL, 'a key that is SQL'),
    ('{"ctid": "(0,1)"}', '22023', NULL, 'a system column'),
    ('{"name": "test_x"}', '22023', NULL, 'a name'),
    ('{"network_id": "00000000-0000-0000-0000-000000000000"}', '22023', NULL, 'an id'),
    ('{"is_enabled": true}', '22023', NULL, 'is_enabled'),
    ('{"is_active": true}', '22023', NULL, 'is_active'),
    ('{"archived_at": null}', '22023', NULL, 'archived_at'),
    ('{"created_at": "2000-01-01"}', '22023', NULL, 'created_at'),
    ('{"updated_at": "2000-01-01"}', '22023', NULL, 'updated_at'),
    ('{"icon": {"a": 1}}', '22023', 'icon must be a single value', 'an object for a text'),
    ('{"icon": [1]}', '22023', 'icon must be a single value', 'an array for a text'),
    ('{"confirmations_needed": "many"}', '22P02', NULL, 'a text for a number'),
    ('{"confirmations_needed": 1e10}', '22003', NULL, 'a number that is too large'),
    ('{"template_rules": "segwit"}', '22P02', NULL, 'a text for an array'),
    ('{"template_rules": [null]}', '23514', NULL, 'a rule of null'),
    ('{"symbol": null}', '23502', NULL, 'null where there must be a value'),
    ('{"confirmations_needed": 0}', '23514', NULL, 'a number out of its range'),
    ('{"start_difficulty": 31}', '23514', NULL, 'a start beyond the highest difficulty'),
    ('{"block_url": "javascript:alert(1)"}', '23514', NULL, 'an invalid URL'),
    ('{"algorithm": "md5"}', '23514', NULL, 'an unknown algorithm'),
    ('{"genesis_hash": "ab"}', '23514', NULL, 'an invalid hash'),
    ('{"pool_address": "LVg2kJoFNg45Nbpy53h7Fe1wKyeXVRhMH9"}', '22023', NULL, 'another coin''s address')) bad (changes, state, message, what);
SELECT throws_ok($$ SELECT chimera.update_network('test_none', '{}') $$, '42704', NULL, 'it refuses an unknown network');
SELECT alike(pg_temp.error_of(format('SELECT chimera.update_network(%L, %L)', 'test_a', changes)), '%' || hint || '%', 'and names ' || hint)
FROM (VALUES ('{"is_enabled": true}', 'enable_network'), ('{"is_active": true}', 'switch_active_network'), ('{"archived_at": "now"}', 'archive_network'),
             ('{"rpc_url": "http://x"}', 'update_node'), ('{"name": "test_x"}', 'display_name')) hints (changes, hint);
SELECT is(pg_temp.news(), 'none', 'what is refused is no history');
SELECT chimera.update_network('test_a', jsonb_build_object('algorithm', 'scrypt', 'genesis_hash', upper(repeat('ab', 32))));
SELECT results_eq($$ SELECT algorithm, genesis_hash FROM chimera.network_configs WHERE name = 'test_a' $$,
                  $$ VALUES ('scrypt', repeat('ab', 32)) $$, 'algorithm and genesis_hash change before there are jobs');
SELECT alike(pg_temp.news(), 'edit|blake2s|test_a|0|%"algorithm": ["blake2s", "scrypt"]%', 'the row is the old algorithm''s');
SELECT chimera.enable_network('test_b');
SELECT throws_ok($$ SELECT chimera.update_network('test_b', '{"algorithm": "scrypt"}') $$, '55000', NULL, 'not while the network is enabled');
SELECT chimera.disable_network('test_b');
SELECT pg_temp.make_job(:'b', :hard_nbits);
SELECT throws_ok($$ SELECT chimera.update_network('test_b', '{"algorithm": "scrypt"}') $$, '55000', NULL, 'nor when it has had jobs');
SELECT throws_ok(format($$ SELECT chimera.update_network('test_b', '{"symbol": "X", "genesis_hash": "%s"}') $$, repeat('ab', 32)), '55000', NULL,
                 'which goes for genesis_hash as well');
SELECT lives_ok($$ SELECT chimera.update_network('test_b', '{"algorithm": "blake2s", "symbol": "TSB"}') $$, 'to say what it is already is no change of it');
SELECT pg_temp.news();

-- ---------- update_node ----------

SELECT chimera.update_node(:node, '{"rpc_url": "http://127.0.0.1:3", "priority": 4, "rpc_password": "secret"}', 'moved') AS returned \gset
SELECT is(:returned::bigint, (SELECT max(history_id) FROM chimera.network_switch_history),
          'update_node returns the number of its row of history');
SELECT is(pg_temp.news(), format('edit|scrypt|test_a|moved|0|{"node.%1$s.rpc_url": ["http://127.0.0.1:1", "http://127.0.0.1:3"], "node.%1$s.priority": [1, 4]}|node changed', :node),
          'which has what changed');
SELECT chimera.update_node(:node, '{"rpc_password": "TOPSECRET", "rpc_user": null}');
SELECT is(pg_temp.news(), format('edit|scrypt|test_a|0|{"node.%1$s.rpc_user": ["(hidden)", null], "node.%1$s.rpc_password": ["(hidden)", "(hidden)"]}|node changed', :node),
          'of secrets only that they changed');
SELECT results_eq(format('SELECT rpc_url, priority, rpc_user, rpc_password, rpc_cookie_file FROM chimera.network_nodes JOIN chimera.network_credentials USING (node_id) WHERE node_id = %s', :node),
                  $$ VALUES ('http://127.0.0.1:3', 4, NULL, 'TOPSECRET', NULL) $$, 'the node is so');
SELECT is(chimera.update_node(:node, '{"rpc_password": "TOPSECRET", "priority": 4}'), NULL, 'what is so already is no change');
SELECT is(pg_temp.news(), 'none', 'and no history');
SELECT chimera.update_node(:node, '{"rpc_password": null, "rpc_cookie_file": "/x/.cookie"}');
SELECT pg_temp.news();
SELECT chimera.add_node('test_a', 'http://127.0.0.1:4', priority => 9) AS second \gset
DELETE FROM chimera.network_credentials WHERE node_id = :second;
SELECT lives_ok(format('SELECT chimera.update_node(%s, %L)', :second, '{"rpc_user": "u", "rpc_password": "p"}'), 'a node without login gets one');
SELECT pg_temp.news();
SELECT alike(pg_temp.error_of(format('SELECT chimera.update_node(%s, %L)', n, changes)), state || '%', 'it refuses ' || what)
FROM (VALUES
    (:node, NULL, '22023', 'no changes'),
    (:node, '"TOPSECRET"', '22023', 'a text'),
    (:node, '{"kind": "wallet"}', '22023 node setting "kind" cannot be changed', 'another kind'),
    (:node, '{"rpc_url": "http://u:TOPSECRET@h"}', '23514', 'a URL with a password'),
    (:node, '{"rpc_url": "TOPSECRET@h"}', '23514', 'a password that is no URL'),
    (:node, '{"rpc_url": null}', '23502', 'no URL'),
    (:node, '{"rpc_url": "ftp://h"}', '23514', 'another protocol'),
    (:node, '{"rpc_password": "TOPSECRET"}', '23514', 'a password beside a cookie file'),
    (:node, '{"rpc_password": ["TOPSECRET"]}', '22023 rpc_password must be a JSON string', 'an array'),
    (:node, '{"priority": "TOPSECRET"}', '22023 priority must be a JSON number', 'a priority that is no number'),
    (:node, '{"priority": 0}', '23514', 'a priority of 0'),
    (:node, '{"priority": 9}', '23505', 'a priority that is taken'),
    (:node, '{"rpc_url": "http://127.0.0.1:5"}', '22023 credentials must be given again for a new host', 'to take a cookie to another port'),
    (:node, '{"rpc_url": "https://127.0.0.1:3", "rpc_user": "u"}', '22023', 'or by another protocol'),
    (:second, '{"rpc_url": "http://evil:4", "rpc_user": "u"}', '22023', 'or a password to another host'),
    (-1, '{"rpc_password": "TOPSECRET"}', '42704', 'an unknown node')) bad (n, changes, state, what);
SELECT lives_ok(format('SELECT chimera.update_node(%s, %L)', :second, '{"rpc_url": "http://127.0.0.1:4/wallet/x"}'), 'to another path of its host it moves as it is');
SELECT pg_temp.news();
CREATE TEMP TABLE errors AS
    SELECT pg_temp.error_of(format('SELECT chimera.update_node(%s, %L)', :node, changes)) AS said
    FROM unnest(ARRAY['"TOPSECRET"', '{"rpc_url": "http://u:TOPSECRET@h"}', '{"rpc_url": "TOPSECRET@h"}', '{"rpc_password": "TOPSECRET"}', '{"rpc_password": ["TOPSECRET"]}',
                      '{"priority": "TOPSECRET"}', '{"rpc_password": "TOPSECRET", "rpc_cookie_file": null, "priority": 0}']) changes;
SELECT is_empty($$ SELECT said FROM errors WHERE said LIKE '%TOPSECRET%' OR said = 'none' $$, 'no refusal shows a secret');
SELECT is_empty($$ SELECT h FROM chimera.network_switch_history h WHERE h::text LIKE '%TOPSECRET%' OR h::text LIKE '%.cookie%' $$, 'nor does the history');

-- ---------- delete_network ----------

SELECT pg_temp.make_network('test_c', 'blake2s') AS c \gset
SELECT pg_temp.make_job(:'c', :hard_nbits) AS job \gset
SELECT chimera.add_listener(4001, network => 'test_c');
SELECT chimera.enable_network('test_c');
SELECT throws_ok($$ SELECT chimera.delete_network('test_c', 'x') $$, '55000', 'network "test_c" is enabled', 'delete_network refuses an enabled network');
SELECT chimera.disable_network('test_c');
SELECT throws_ok($$ SELECT chimera.delete_network('test_c', '') $$, '22023', 'reason must not be empty', 'it needs a reason');
SELECT throws_ok($$ SELECT chimera.delete_network('test_none', 'x') $$, '42704', NULL, 'it refuses an unknown network');
SELECT pg_temp.make_miner('test_edit') AS miner \gset
INSERT INTO chimera.blocks (network_id, height, hash, job_id, account_id, miner_id, reward_sats, network_difficulty, share_difficulty)
SELECT :'c', 1, sha256('x'), 1, account_id, miner_id, 1, 1, 1 FROM chimera.miners WHERE miner_id = :miner;
SELECT alike(pg_temp.error_of($$ SELECT chimera.delete_network('test_c', 'x') $$), '55000 % The network has rows in chimera.blocks. %archive_network%', 'it refuses a network with a block');
DELETE FROM chimera.blocks WHERE network_id = :'c';
INSERT INTO chimera.shares (share_id, network_id, submitted_at, job_id, extranonce2, difficulty, miner_id, extranonce1, ntime, nonce, version, share_difficulty)
VALUES (1, :'c', now(), 1, 1, 1, :miner, 1, 1, 1, 1, 1);
SELECT alike(pg_temp.error_of($$ SELECT chimera.delete_network('test_c', 'x') $$), '55000 % The network has rows in chimera.shares. %archive_network%', 'and one with a share');
DELETE FROM chimera.shares WHERE network_id = :'c';
INSERT INTO chimera.share_deltas (network_id, submitted_at, counts) VALUES (:'c', now(), '');
\if :is_pool
SELECT is(pg_temp.submit(pg_temp.share(:job, :miner, ntime => 1)), '{6}', 'a refused share is nothing to keep a network for');
\else
SELECT skip('no shares are taken here');
\endif
SELECT pg_temp.news();
SELECT chimera.delete_network('test_c', 'never used') AS returned \gset
SELECT is(:returned::bigint, (SELECT max(history_id) FROM chimera.network_switch_history),
          'it returns the number of its row of history');
SELECT alike(pg_temp.news(), 'delete|blake2s|test_c|never used|0|%"symbol": ["TST", null]%|deleted', 'which keeps the settings');
SELECT is(to_regclass('chimera.shares_test_c'), NULL, 'its partitions are gone');
-- how many rows of the schema name it, all tables together
CREATE FUNCTION pg_temp.mentions(network uuid) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    t regclass;
    n bigint;
    total bigint := 0;
BEGIN
    FOR t IN SELECT attrelid FROM pg_attribute a JOIN pg_class c ON c.oid = attrelid
             WHERE relnamespace = 'chimera'::regnamespace AND relkind = 'r' AND attname = 'network_id' AND relname <> 'network_switch_history' LOOP
        EXECUTE format('SELECT count(*) FROM %s WHERE network_id = $1', t) INTO n USING network;
        total := total + n;
    END LOOP;
    RETURN total;
END;
$$;
SELECT is(pg_temp.mentions(:'c'), 0::bigint, 'and so are all rows that named it');
\if :is_pool
SELECT is(pg_temp.submit(pg_temp.share(:job, :miner)), '{2}', 'a share of its job, which this backend has cached, is stale');
\else
SELECT skip('no shares are taken here');
\endif
SELECT cmp_ok(pg_temp.mentions(:'b'), '>', 1::bigint, 'another network''s are there');
SELECT lives_ok($$ SELECT pg_temp.make_network('test_c', 'scrypt') $$, 'its name can be had again');

SELECT * FROM finish();
ROLLBACK;
