-- web_admin.sql: the admins' routines of the REST API (sql/web/admin.sql, sql/web/admin_pool.sql).
BEGIN;
\ir begin.psql
\if :is_pool
\else
    SELECT :'skip_file';
    \quit
\endif
\ir web_users.psql
SELECT plan(203);

UPDATE chimera.network_configs SET is_active = false, is_enabled = false WHERE is_enabled;
SELECT chimera.set_web_password('test_root', pg_temp.password('root'), 'admin');
SELECT chimera.set_web_password('test_alice', pg_temp.password('alice'), 'user');
SELECT pg_temp.log_in('test_root', 'root'), pg_temp.log_in('test_alice', 'alice');
SELECT pg_temp.hash('root') AS root \gset
SELECT chimera.web_user_add_token(:'root', pg_temp.hash('root reads'), 'x', 'read'), chimera.web_user_add_token(:'root', pg_temp.hash('root writes'), 'x', 'write'),
       chimera.web_user_add_token(pg_temp.hash('alice'), pg_temp.hash('alice writes'), 'x', 'write');
\set legacy 1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2
-- user, kind and reason of the newest change
CREATE FUNCTION pg_temp.last_change() RETURNS text LANGUAGE sql AS $$
    SELECT concat_ws(' ', h ->> 'who', h ->> 'kind', h ->> 'network', h ->> 'reason')
    FROM chimera.web_admin_history(pg_temp.hash('root'), "limit" => 1) p, jsonb_array_elements(p -> 'items') h
$$;

-- ---------- access ----------

SELECT is(pg_temp.state(statement), '28000', routine || ' requires a session') FROM pg_temp.calls('^web_admin_', 'nobody');
SELECT is(pg_temp.state(statement), '42501', routine || ' is not for ' || session)
FROM unnest('{alice,alice writes}'::text[]) session CROSS JOIN LATERAL pg_temp.calls('^web_admin_', session);
SELECT set_eq($$ SELECT routine FROM pg_temp.calls('^web_admin_', 'root reads') WHERE pg_temp.state(statement) <> '42501' $$,
              '{web_admin_networks,web_admin_network,web_admin_test_network,web_admin_history,web_admin_payouts,web_admin_health,web_admin_presets,web_admin_audit}'::text[],
              'an admin''s token of scope read may only call these');

-- ---------- adding networks ----------

SELECT is((SELECT count(*) FROM jsonb_array_elements(chimera.web_admin_presets(:'root') -> 'items')), (SELECT count(*) FROM chimera.network_presets), 'an admin sees the presets');
SELECT chimera.web_admin_add_network(:'root', jsonb_build_object('preset', 'bitcoin', 'name', 'test_btc', 'rpc_url', 'http://127.0.0.1:1', 'pool_address', :'legacy',
    'rpc_user', 'hidden_user', 'rpc_password', 'hidden_password', 'coinbase_tag', '/us/', 'minimum_payout_sats', '2000000')) ->> 'network_id' AS btc \gset
SELECT is(pg_temp.last_change(), 'web:test_root add test_btc', 'adds a network from a preset, in the admin''s name');
SELECT is(chimera.actor(), session_user::text, 'nothing else is done in its name');
SELECT is((SELECT (symbol, coinbase_tag, minimum_payout_sats)::text FROM chimera.network_configs WHERE network_id = :'btc'), '(BTC,/us/,2000000)', 'given settings override the preset');
SELECT chimera.web_admin_add_network(:'root', jsonb_build_object('name', 'test_own', 'symbol', 'OWN', 'algorithm', 'sha256d', 'genesis_hash', repeat('AB', 32),
    'rpc_url', 'http://127.0.0.1:1', 'rpc_cookie_file', '/var/lib/hidden/.cookie', 'pool_address', :'legacy', 'p2pkh_version', 0, 'template_rules', '["segwit", "own"]'::jsonb,
    'payout_interval', '1 day')) ->> 'network_id' AS own \gset
SELECT is((SELECT (display_name, genesis_hash = repeat('ab', 32), template_rules, payout_interval, start_difficulty)::text FROM chimera.network_configs WHERE name = 'test_own'),
          '(Test_Own,t,"{segwit,own}","1 day",1)', 'adds a network without a preset, with defaults');
SELECT is((SELECT count(*) FROM chimera.network_nodes WHERE network_id IN (:'btc', :'own')), 2::bigint, 'each with a node');
SELECT throws_ok(format('SELECT chimera.web_admin_add_network(%L, %L)', :'root', jsonb_build_object('preset', 'litecoin', 'name', 'test_bad', 'rpc_url', 'http://127.0.0.1:1',
                     'pool_address', 'ltc1qw508d6qejxtdg4y5r3zarvary0c5xw7kgmn4n9') || given), state, message, 'refuses ' || what)
FROM (VALUES
    ('{"nothing": 1}'::jsonb, '22023', 'network setting "nothing" cannot be changed', 'an unknown setting, naming it'),
    ('{"is_enabled": true}', '22023', NULL, 'a setting of another routine'),
    ('{"network_id": "x"}', '22023', NULL, 'an id'),
    ('{"rpc_password": {"hidden": 1}}', '22023', 'rpc_password must be a JSON string', 'a password that is not a string, without showing it'),
    ('{"rpc_url": null}', '22023', 'missing settings of the network: rpc_url', 'a network without a node'),
    ('{"preset": "nothing"}', '42704', NULL, 'an unknown preset'),
    ('{"preset": null}', '22023', 'missing settings of the network: symbol, algorithm, genesis_hash', 'a network without the settings that a preset would have'),
    ('{"preset": null, "symbol": "X", "algorithm": "md5", "genesis_hash": "00"}', '23514', NULL, 'an unknown algorithm'),
    ('{"pool_address": "1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2"}', '22023', NULL, 'an address that is not the coin''s'),
    ('{"vardiff_target_s": "soon"}', '22P02', NULL, 'a value of another type'),
    ('{"vardiff_target_s": -1}', '23514', NULL, 'a value out of range'),
    ('{"rpc_url": "http://u:hidden@127.0.0.1:1"}', '23514', 'rpc_url must not contain a user or password', 'a login in the URL')) bad (given, state, message, what);
SELECT throws_ok(format('SELECT chimera.web_admin_add_network(%L, %L)', :'root', settings), '22023', NULL, 'refuses ' || what)
FROM (VALUES ('[]', 'settings in an array'), ('"x"', 'settings as a string'), (NULL, 'null settings')) v (settings, what);
SELECT throws_ok(format('SELECT chimera.web_admin_add_network(%L, %L)', :'root', jsonb_build_object('preset', 'bitcoin', 'name', 'test_btc', 'rpc_url', 'http://127.0.0.1:1', 'pool_address', :'legacy')),
                 '23505', 'network "test_btc" already exists', 'refuses a name that is taken');

-- ---------- showing networks ----------

SELECT chimera.web_admin_networks(:'root') AS networks \gset
SELECT is((SELECT count(*) FROM jsonb_array_elements(:'networks'::jsonb -> 'items')), (SELECT count(*) FROM chimera.network_configs), 'an admin sees all networks');
SELECT chimera.web_admin_network(:'root', 'test_btc') AS btc_json \gset
SELECT is(:'btc_json'::jsonb, (SELECT n FROM jsonb_array_elements(:'networks'::jsonb -> 'items') n WHERE n ->> 'network' = 'test_btc'), 'or one by name');
SELECT is(chimera.web_admin_network(:'root', :'btc'), :'btc_json'::jsonb, 'or id');
SELECT is_empty($$ SELECT a.attname FROM pg_attribute a WHERE a.attrelid = 'chimera.network_configs'::regclass AND a.attnum > 0 AND NOT a.attisdropped
                   AND a.attname <> 'name' AND NOT chimera.web_admin_network(pg_temp.hash('root'), 'test_btc') ? a.attname $$, 'with every setting');
SELECT is((:'btc_json'::jsonb - ARRAY(SELECT a.attname::text FROM pg_attribute a WHERE a.attrelid = 'chimera.network_configs'::regclass AND a.attname <> 'minimum_payout_sats'))
              #- '{nodes,0,node_id}',
          '{"network": "test_btc", "state": "disabled", "minimum_payout_sats": "2000000", "health": [], "reward_settings": [],
            "nodes": [{"kind": "node", "rpc_url": "http://127.0.0.1:1", "priority": 1, "login": "password", "is_current": null, "last_problem": null}]}',
          'and its state');
SELECT throws_ok(format('SELECT chimera.web_admin_network(%L, %L)', :'root', network), '42704', NULL, 'rejects an unknown network, ' || coalesce(network, 'without a name'))
FROM unnest('{test_none,NULL}'::text[]) network;

-- ---------- changing networks ----------

SELECT isnt(chimera.web_admin_update_network(:'root', 'test_btc', '{"symbol": "TBT", "payout_interval": "2 hours"}', 'a test') ->> 'history_id', NULL, 'changes settings');
SELECT is(pg_temp.last_change(), 'web:test_root edit test_btc a test', 'in the admin''s name, with the reason');
SELECT is((SELECT (symbol, payout_interval)::text FROM chimera.network_configs WHERE name = 'test_btc'), '(TBT,02:00:00)', 'the settings are stored');
SELECT is(chimera.web_admin_update_network(:'root', 'test_btc', '{"symbol": "TBT"}'), '{"history_id": null}', 'an unchanged setting is not a change');
SELECT throws_ok(format('SELECT chimera.web_admin_update_network(%L, %L, %L)', :'root', network, changes), state, NULL, 'refuses ' || what)
FROM (VALUES ('test_none', '{}', '42704', 'an unknown network'), ('test_btc', '{"x": 1}', '22023', 'an unknown setting'), ('test_btc', '[]', '22023', 'a value that is not an object'),
             ('test_btc', '{"coinbase_tag": null}', '23502', 'null for a required setting'), ('test_btc', '{"rpc_password": "x"}', '22023', 'a login')) bad (network, changes, state, what);

SELECT chimera.web_admin_enable_network(:'root', 'test_btc', 'go');
SELECT is(pg_temp.last_change(), 'web:test_root enable test_btc go', 'enables a network');
SELECT is(chimera.web_admin_enable_network(:'root', 'test_btc', 'go'), '{"warning": null, "history_id": null}', 'once');
SELECT is(chimera.web_admin_network(:'root', 'test_btc') ->> 'state', 'enabled', 'it is enabled');
SELECT is((SELECT string_agg(h ->> 'part', ' ' ORDER BY h ->> 'part') FROM jsonb_array_elements(chimera.web_admin_network(:'root', 'test_btc') -> 'health') h), 'block payer rewards template',
          'its health has the parts of workers and rewards');
SELECT chimera.web_admin_enable_network(:'root', 'test_own');
SELECT chimera.web_admin_switch(:'root', 'test_own', 'it pays more');
SELECT is(pg_temp.last_change(), 'web:test_root switch test_own it pays more', 'switches to the network within its algorithm');
SELECT is((SELECT is_active FROM chimera.network_configs WHERE name = 'test_own'), true, 'it is active');
SELECT throws_ok(format('SELECT chimera.web_admin_switch(%L, %L, %L)', :'root', network, reason), state, NULL, 'refuses ' || what)
FROM (VALUES ('test_none', 'x', '42704', 'an unknown network'), ('test_own', 'x', '55000', 'the active one'), ('test_btc', '', '22023', 'no reason')) bad (network, reason, state, what);
SELECT throws_ok(format('SELECT chimera.web_admin_disable_network(%L, %L)', :'root', 'test_own'), '55000', NULL, 'the active network of several is not disabled');
SELECT chimera.web_admin_rollback(:'root', 'it does not', 'sha256d');
SELECT is(pg_temp.last_change(), 'web:test_root rollback test_btc it does not', 'rolls back');
SELECT throws_ok(format('SELECT chimera.web_admin_rollback(%L, %L, %L)', :'root', reason, algorithm), '22023', NULL, 'refuses ' || what)
FROM (VALUES ('x', 'md5', 'an unknown algorithm'), (NULL, NULL, 'no reason')) bad (reason, algorithm, what);
SELECT isnt(chimera.web_admin_merge_network(:'root', 'test_own', 'test_btc', 'more coins') ->> 'history_id', NULL, 'merges a network with another one');
SELECT is(pg_temp.last_change(), 'web:test_root merge test_own more coins', 'in the admin''s name');
SELECT is(chimera.web_admin_merge_network(:'root', 'test_own', 'test_btc'), '{"history_id": null}', 'once');
SELECT is(array_agg((n ->> 'children') || (n ->> 'parents') ORDER BY n ->> 'network'), '{"[\"test_own\"][]","[][\"test_btc\"]"}'::text[], 'each names the other')
FROM (SELECT chimera.network_identity_json(k) AS n FROM chimera.network_configs k WHERE k.name IN ('test_btc', 'test_own')) j;
SELECT throws_ok(format('SELECT chimera.web_admin_merge_network(%L, %L, %L)', :'root', 'test_own', parent), state, NULL, 'does not merge with ' || what)
FROM (VALUES ('test_none', '42704', 'an unknown network'), ('test_own', '22023', 'itself')) bad (parent, state, what);
SELECT chimera.web_admin_unmerge_network(:'root', 'test_own', 'test_btc', 'enough');
SELECT is(pg_temp.last_change(), 'web:test_root unmerge test_own enough', 'unmerges it');
SELECT chimera.web_admin_disable_network(:'root', 'test_own', 'stop');
SELECT is(pg_temp.last_change(), 'web:test_root disable test_own stop', 'disables a network');
SELECT chimera.web_admin_archive_network(:'root', 'test_own', 'no more');
SELECT is(pg_temp.last_change(), 'web:test_root archive test_own no more', 'archives it');
SELECT is(chimera.web_admin_network(:'root', 'test_own') ->> 'state', 'archived', 'it is archived');
SELECT throws_ok(format('SELECT chimera.web_admin_enable_network(%L, %L)', :'root', 'test_own'), '55000', NULL, 'and is not enabled again');
SELECT throws_ok(format('SELECT chimera.web_admin_delete_network(%L, %L, %L)', :'root', network, reason), state, NULL, 'does not delete ' || what)
FROM (VALUES ('test_btc', 'x', '55000', 'an enabled network'), ('test_own', NULL, '22023', 'without a reason'), ('test_none', 'x', '42704', 'an unknown one')) bad (network, reason, state, what);
SELECT chimera.adjust_balance('test_own', 'test_alice', 1, 'test');
SELECT throws_ok(format('SELECT chimera.web_admin_delete_network(%L, %L, %L)', :'root', 'test_own', 'x'), '55000', 'network "test_own" has history', 'nor a network with history');
SELECT pg_temp.make_network('test_gone', 'scrypt');
SELECT chimera.web_admin_delete_network(:'root', 'test_gone', 'a mistake');
SELECT is(pg_temp.last_change(), 'web:test_root delete test_gone a mistake', 'deletes a network');

-- ---------- history ----------

SELECT is((SELECT string_agg(concat_ws(' ', h ->> 'kind', h ->> 'from_network', h ->> 'to_network'), ', ' ORDER BY (h ->> 'switch_id')::bigint)
           FROM jsonb_array_elements(chimera.web_admin_history(:'root', 'test_own') -> 'items') h),
          'add, enable test_btc test_btc, switch test_btc test_own, rollback test_own test_btc, merge, unmerge, disable test_btc test_btc, archive test_btc test_btc', 'a network''s history has names');
SELECT is((SELECT string_agg(h ->> 'kind', ' ') FROM jsonb_array_elements(chimera.web_admin_history(:'root', 'test_gone') -> 'items') h), 'delete add', 'a deleted network has a history too');
SELECT is((SELECT h ->> 'database_user' FROM jsonb_array_elements(chimera.web_admin_history(:'root', "limit" => 1) -> 'items') h), session_user::text, 'the history has the database role as well as the user');
SELECT is((SELECT jsonb_agg(h -> 'switch_id') FROM jsonb_array_elements(chimera.web_admin_history(:'root', before => (p ->> 'next')::bigint, "limit" => 2) -> 'items') h),
          (SELECT jsonb_agg(h -> 'switch_id') FROM jsonb_array_elements(chimera.web_admin_history(:'root', "limit" => 5) -> 'items') WITH ORDINALITY a (h, n) WHERE n IN (4, 5)), 'the pages follow each other')
FROM chimera.web_admin_history(:'root', "limit" => 3) p;
SELECT throws_ok(format('SELECT chimera.web_admin_history(%L, %L, NULL, %L)', :'root', network, "limit"), state, NULL, 'refuses ' || what)
FROM (VALUES ('test_none', '1', '42704', 'the history of an unknown network'), (NULL, '0', '22023', 'a wrong limit')) bad (network, "limit", state, what);

-- ---------- nodes ----------

SELECT chimera.web_admin_add_node(:'root', 'test_btc', '{"rpc_url": "http://127.0.0.1:2", "rpc_cookie_file": "/var/lib/hidden/.cookie", "priority": 7}') ->> 'node_id' AS node \gset
SELECT is((SELECT n FROM jsonb_array_elements(chimera.web_admin_network(:'root', 'test_btc') -> 'nodes') n WHERE n ->> 'node_id' = :'node'),
          jsonb_build_object('node_id', :node, 'kind', 'node', 'rpc_url', 'http://127.0.0.1:2', 'priority', 7, 'login', 'cookie', 'is_current', NULL, 'last_problem', NULL),
          'adds a node without showing its credentials');
SELECT is(pg_temp.last_change(), 'web:test_root edit test_btc', 'in the admin''s name');
SELECT chimera.web_admin_add_node(:'root', 'test_btc', '{"rpc_url": "http://127.0.0.1:3", "rpc_user": "hidden_user", "rpc_password": "hidden_password", "kind": "wallet"}');
SELECT is((SELECT n ->> 'login' FROM jsonb_array_elements(chimera.web_admin_network(:'root', 'test_btc') -> 'nodes') n WHERE n ->> 'kind' = 'wallet'), 'password', 'or a wallet');
SELECT throws_ok(format('SELECT chimera.web_admin_add_node(%L, %L, %L)', :'root', network, settings), state, message, 'refuses ' || what)
FROM (VALUES ('test_none', '{"rpc_url": "http://127.0.0.1:4"}', '42704', NULL, 'a node of an unknown network'), ('test_btc', '{}', '22023', 'missing settings of the node: rpc_url', 'a node without URL'),
             ('test_btc', '{"rpc_url": "http://127.0.0.1:4", "url": 1}', '22023', 'node setting "url" does not exist', 'an unknown setting, naming it'),
             ('test_btc', '{"rpc_url": "http://127.0.0.1:4", "priority": "1"}', '22023', 'priority must be a JSON number', 'a priority that is not a number'),
             ('test_btc', '{"rpc_url": "http://127.0.0.1:4", "priority": 1.5}', '22P02', NULL, 'half a priority'),
             ('test_btc', '{"rpc_url": "http://127.0.0.1:4", "priority": 7}', '23505', NULL, 'one that is taken'),
             ('test_btc', '{"rpc_url": "http://127.0.0.1:4", "kind": "other"}', '22023', 'kind must be node or wallet', 'an unknown kind'),
             ('test_btc', '{"rpc_url": "file:///etc/passwd"}', '23514', NULL, 'a value that is not an HTTP URL')) bad (network, settings, state, message, what);
SELECT isnt(chimera.web_admin_update_node(:'root', :node, '{"rpc_cookie_file": null, "rpc_user": "hidden_user", "rpc_password": "hidden_other"}', 'moved') ->> 'history_id', NULL, 'changes a node');
SELECT is(pg_temp.last_change(), 'web:test_root edit test_btc moved', 'in the admin''s name');
SELECT is((SELECT n ->> 'login' FROM jsonb_array_elements(chimera.web_admin_network(:'root', 'test_btc') -> 'nodes') n WHERE n ->> 'node_id' = :'node'), 'password', 'its credentials have changed');
SELECT is(chimera.web_admin_update_node(:'root', :node, '{"priority": 7}'), '{"history_id": null}', 'an unchanged setting is not a change');
SELECT throws_ok(format('SELECT chimera.web_admin_update_node(%L, %s, %L)', :'root', node, changes), state, NULL, 'refuses ' || what)
FROM (VALUES (0, '{}', '42704', 'an unknown node'), (:node, '{"kind": "wallet"}', '22023', 'a setting that cannot be changed'), (:node, '{"rpc_password": 1}', '22023', 'a password that is not a string')) bad (node, changes, state, what);
SELECT is_empty($$ SELECT FROM chimera.web_admin_history(pg_temp.hash('root'), "limit" => 100) h, chimera.web_admin_networks(pg_temp.hash('root')) n
                   WHERE h::text ~ 'hidden_|/hidden/' OR n::text ~ 'hidden_|/hidden/' $$, 'no credentials are shown');
SELECT is(chimera.web_admin_remove_node(:'root', :node), '{}', 'removes a node');
SELECT throws_ok(format('SELECT chimera.web_admin_remove_node(%L, %s)', :'root', :node), '42704', NULL, 'once');
SELECT is((SELECT count(*) FROM jsonb_array_elements(chimera.web_admin_test_network(:'root', 'test_own') -> 'items') t WHERE t ->> 'check_name' = 'connect' AND NOT (t -> 'ok')::boolean), 1::bigint,
          'tests a network: a missing node does not respond');
SELECT throws_ok(format('SELECT chimera.web_admin_test_network(%L, %L)', :'root', 'test_none'), '42704', NULL, 'an unknown one cannot be tested');

-- ---------- rewards, payouts ----------

SELECT chimera.web_admin_set_reward_scheme(:'root', 'test_btc', 'prop', NULL, 'first'), chimera.web_admin_set_reward_scheme(:'root', 'test_btc', 'pplns', '{"window": 2, "fee_percent": 1}', 'fair');
SELECT is((SELECT jsonb_agg(r - 'set_at') FROM jsonb_array_elements(chimera.web_admin_network(:'root', 'test_btc') -> 'reward_settings') r),
          '[{"scheme": "pplns", "parameters": {"window": 2, "fee_percent": 1}, "reason": "fair", "set_by": "web:test_root", "is_pending": true},
            {"scheme": "prop", "parameters": {}, "reason": "first", "set_by": "web:test_root", "is_pending": false}]', 'sets how rewards are shared out, in the admin''s name');
SELECT throws_ok(format('SELECT chimera.web_admin_set_reward_scheme(%L, %L, %L, %L)', :'root', network, scheme, parameters), state, NULL, 'refuses ' || what)
FROM (VALUES ('test_none', 'prop', '{}', '42704', 'an unknown network'), ('test_btc', 'luck', '{}', '22023', 'an unknown scheme'), ('test_btc', 'prop', '{"x": 1}', '22023', 'an unknown parameter')) bad (network, scheme, parameters, state, what);

SELECT chimera.set_wallets('test_alice', 'test_btc', ARRAY[:'legacy']);
SELECT chimera.adjust_balance('test_btc', 'test_alice', 9007199254740993, 'test');
SELECT chimera.prepare_payouts('test_btc') AS batch \gset
SELECT is(chimera.web_admin_hold_payout(:'root', :batch, 'wait'), '{}', 'holds a batch');
SELECT chimera.web_admin_payouts(:'root', 'test_btc') #> '{items,0}' AS batch_json \gset
SELECT is((:'batch_json'::jsonb - '{created_at,held_at,network_id}'::text[]),
          jsonb_build_object('batch_id', :'batch', 'network', 'test_btc', 'symbol', 'TBT', 'state', 'prepared', 'amount_sats', '9007199254740993', 'fee_sats', NULL, 'fee_payer', 'pool',
              'recipients', 1, 'txid', NULL, 'explorer_url', NULL, 'confirmations', 0, 'problem', NULL, 'problem_since', NULL, 'held_by', 'web:test_root', 'note', 'wait',
              'sent_at', NULL, 'confirmed_at', NULL, 'failed_at', NULL), 'which shows who held it, and its exact amount');
SELECT throws_ok(format('SELECT chimera.web_admin_retry_payout(%L, %s)', :'root', :batch), '55000', NULL, 'a held batch is not retried');
SELECT is(chimera.web_admin_release_payout(:'root', :batch), '{}', 'releases it');
SELECT is(chimera.web_admin_payouts(:'root') #>> '{items,0,held_by}', NULL, 'then it is no longer held');
SELECT is(chimera.web_admin_retry_payout(:'root', :batch), '{}', 'and it is retried');
SELECT is(chimera.web_admin_cancel_payout(:'root', :batch, 'not now'), '{}', 'cancels it');
SELECT is((SELECT string_agg(concat_ws(' ', b ->> 'batch_id', b ->> 'state', b ->> 'note'), ', ') FROM jsonb_array_elements(chimera.web_admin_payouts(:'root', NULL, 'failed') -> 'items') b
           WHERE b ->> 'batch_id' = :'batch'), :'batch' || ' failed cancelled by web:test_root: not now', 'it has failed, with who cancelled it and why');
SELECT is(chimera.web_admin_payouts(:'root', 'test_btc', 'sent'), '{"items": [], "next": null}', 'batches can be listed by state');
SELECT throws_ok(format('SELECT chimera.web_admin_%s_payout(%L, %s)', verb, :'root', batch), state, NULL, 'cannot ' || verb || CASE batch WHEN 0 THEN ' an unknown batch' ELSE ' a finished batch' END)
FROM unnest('{hold,release,retry,cancel}'::text[]) verb CROSS JOIN (VALUES (0, '42704'), (:batch, '55000')) v (batch, state);
SELECT throws_ok(format('SELECT chimera.web_admin_payouts(%L, %L, %L, NULL, %L)', :'root', network, state, "limit"), error, NULL, 'refuses ' || what)
FROM (VALUES ('test_none', NULL, NULL, '42704', 'payouts of an unknown network'), (NULL, 'lost', NULL, '22023', 'in an unknown state'), (NULL, NULL, '101', '22023', 'a wrong limit')) bad (network, state, "limit", error, what);

-- ---------- health, audit ----------

SELECT is((SELECT count(*) FROM jsonb_array_elements(chimera.web_admin_health(:'root') -> 'items') h WHERE (h ->> 'name', h ->> 'part') = ('test_btc', 'template')), 1::bigint, 'an admin sees the pool''s health');
SELECT is((SELECT string_agg(k, ' ' ORDER BY k) FROM jsonb_object_keys(chimera.web_admin_health(:'root') #> '{items,0}') k), 'last_success message name ok part since subject', 'health has all members');
SELECT is((SELECT count(*) FROM jsonb_array_elements(chimera.web_admin_audit(:'root') -> 'items') a WHERE a ->> 'network' ~ '^test_'), 0::bigint, 'the audit finds no differences');
SET LOCAL session_replication_role = replica;
INSERT INTO chimera.ledger_entries (transaction_id, network_id, account, account_id, amount_sats)
SELECT max(transaction_id), :'btc', 'balance', chimera.account_id('test_alice'), 9007199254740993 FROM chimera.ledger_transactions WHERE network_id = :'btc';
SET LOCAL session_replication_role = origin;
SELECT is((SELECT a ->> 'found' FROM jsonb_array_elements(chimera.web_admin_audit(:'root') -> 'items') a WHERE a ->> 'network' = 'test_btc' AND a ->> 'subject' ~ '^transaction' LIMIT 1), '9007199254740993',
          'a difference is shown exactly');

SELECT * FROM finish();
ROLLBACK;
