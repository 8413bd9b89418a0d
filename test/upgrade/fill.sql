-- fill.sql: a bit of everything that a pool keeps, by routines that every released version has.
\set ON_ERROR_STOP on
SELECT chimera.add_network('upgraded', 'sha256d', 'UPG', repeat('0', 64), 'http://127.0.0.1:1',
    '1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2',
    rpc_user => 'u', rpc_password => 'p', settings => '{"p2pkh_version": 0, "p2sh_version": 5, "bech32_hrp": "bc"}') AS network \gset
SELECT chimera.set_reward_scheme('upgraded', 'pplns', '{"window": 2}');
SELECT chimera.add_listener(3999, network => 'upgraded');
INSERT INTO chimera.accounts (name) SELECT 'account' || i FROM generate_series(1, 20) i;
INSERT INTO chimera.miners (account_id, name) SELECT account_id, 'rig' FROM chimera.accounts;
SELECT chimera.set_wallets('account1', 'upgraded', ARRAY['3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy']);
SELECT chimera.set_minimum_payout('account1', 'upgraded', 2000000);
INSERT INTO chimera.shares (share_id, network_id, submitted_at, job_id, extranonce2, difficulty, miner_id, extranonce1, ntime,
    nonce, version, share_difficulty)
SELECT miner_id, :'network', now(), 1, 0, 1, miner_id, 0, 0, 0, 0, 1 FROM chimera.miners;
-- miner_id, one accepted, difficulty 1.0
INSERT INTO chimera.share_deltas (network_id, submitted_at, counts)
SELECT :'network', now(), int4send(miner_id) || '\x0100013ff0000000000000'::bytea FROM chimera.miners;
SELECT chimera.apply_share_deltas();
INSERT INTO chimera.blocks (network_id, height, hash, status, job_id, account_id, miner_id, reward_sats, network_difficulty,
    share_difficulty, found_at)
SELECT :'network', miner_id, decode(md5(miner_id::text) || md5('x' || miner_id), 'hex'), 'orphaned', 1, account_id, miner_id,
       5000000000, 1, 1, now() FROM chimera.miners;
SELECT chimera.adjust_balance('upgraded', name, 10000000, 'a gift') FROM chimera.accounts;
SELECT chimera.prepare_payouts('upgraded');
