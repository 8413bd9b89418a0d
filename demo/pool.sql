-- pool.sql: sets the demo pool up, once, from the nodes' description in :nodes.

SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS chimera;

SELECT NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'stratumd') AS role_is_missing \gset
\if :role_is_missing
CREATE ROLE stratumd LOGIN IN ROLE chimera_stratum;
\endif

SELECT NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'webd') AS role_is_missing \gset
\if :role_is_missing
CREATE ROLE webd LOGIN IN ROLE chimera_web;
\endif

SELECT NOT EXISTS (SELECT FROM chimera.network_configs) AS pool_is_empty \gset
\if :pool_is_empty
BEGIN;
SELECT chimera.add_network(
    name => name, algorithm => node->>'algorithm', symbol => symbol, genesis_hash => node->>'genesis_hash',
    rpc_url => node->>'rpc_url', pool_address => node->>'pool_address',
    rpc_user => CASE WHEN node->>'rpc_cookie_file' IS NULL THEN node->>'rpc_user' END,
    rpc_password => CASE WHEN node->>'rpc_cookie_file' IS NULL THEN node->>'rpc_password' END,
    rpc_cookie_file => node->>'rpc_cookie_file',
    settings => jsonb_strip_nulls(jsonb_build_object(
        'p2pkh_version', node->'p2pkh_version', 'p2sh_version', node->'p2sh_version', 'bech32_hrp', node->'bech32_hrp',
        'witness_version_max', node->'witness_version_max', 'template_rules', node->'template_rules',
        'version_mask', x'1fffe000'::bigint, 'start_difficulty', start_difficulty, 'min_difficulty', start_difficulty,
        'vardiff_target_s', 2,
        -- regtest's difficulty is next to nothing: without this each share would be a block
        'caps_difficulty', false)))
FROM (VALUES ('litecoin', 'LTC', 0.05::float8), ('bitcoin', 'BTC', 0.0005)) AS coin (name, symbol, start_difficulty)
CROSS JOIN LATERAL (SELECT :'nodes'::jsonb->name) AS found (node);
SELECT chimera.set_reward_scheme(name, 'pplns', '{"window": 2, "fee_percent": 1}') FROM chimera.network_configs;
SELECT chimera.add_node('litecoin', (:'nodes'::jsonb->'litecoin'->>'rpc_url') || 'wallet/pool', kind => 'wallet',
    rpc_cookie_file => :'nodes'::jsonb->'litecoin'->>'rpc_cookie_file');
SELECT chimera.update_network('litecoin', '{"payout_interval": "1 minute"}');
SELECT chimera.enable_network(name) FROM chimera.network_configs;
SELECT chimera.add_listener(:scrypt_port, network => 'litecoin', address => '127.0.0.1');
SELECT chimera.add_listener(:sha256d_port, network => 'bitcoin', address => '127.0.0.1');
-- the account in the printed miner command, with addresses, so that it can be paid
INSERT INTO chimera.accounts (name) VALUES ('alice');
SELECT chimera.set_wallets('alice', name, ARRAY[pool_address]) FROM chimera.network_configs;
COMMIT;
\else
-- a restarted node may have another port or password
SELECT chimera.update_node(e.node_id, jsonb_build_object('rpc_url',
        (node->>'rpc_url') || CASE e.kind WHEN 'wallet' THEN 'wallet/pool' ELSE '' END)
    || CASE WHEN node->>'rpc_cookie_file' IS NULL THEN jsonb_build_object('rpc_password', node->'rpc_password')
       ELSE jsonb_build_object('rpc_cookie_file', node->'rpc_cookie_file') END)
FROM chimera.network_nodes e JOIN chimera.network_configs n USING (network_id)
CROSS JOIN LATERAL (SELECT :'nodes'::jsonb->n.name) AS found (node)
WHERE node IS NOT NULL;
\endif
