-- web_fill.sql: a pool with a past, for bench/web: :miners miners, a tenth of
-- them one account's ("farm"), on the network "web", each with a share accepted
-- in nearly every minute; minutes of two hours, hours of eight days, days of
-- :days days, 2000 blocks shared among a hundred accounts.
SET client_min_messages = warning;
SET timezone = 'UTC';
SET synchronous_commit = off;
SET jit = off;
SELECT chimera.add_network('web', 'sha256d', 'BCH', repeat('0', 64), 'http://127.0.0.1:1', '1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2',
    settings => '{"p2pkh_version": 0, "p2sh_version": 5}') AS network_id \gset
UPDATE chimera.network_configs SET is_enabled = true, is_active = true, created_at = now() - :days * interval '24 hours' WHERE name = 'web';
INSERT INTO chimera.accounts (account_id, name) SELECT n, CASE n WHEN 1 THEN 'farm' ELSE 'account' || n END FROM generate_series(1, :miners) n;
INSERT INTO chimera.miners (miner_id, account_id, name)
SELECT n, CASE WHEN n % 10 = 0 THEN 1 ELSE n END, 'rig' || n FROM generate_series(1, :miners) n;

INSERT INTO chimera.share_rollups_minute
SELECT :'network_id', date_trunc('minute', now()) - i * interval '1 minute', m.miner_id, m.account_id, 6, 0, 0, 0, 0, 6000.0 * (1 + m.miner_id % 97)
FROM generate_series(0, 120) i, chimera.miners m WHERE (m.miner_id + i) % 400 <> 0;
INSERT INTO chimera.share_rollups_hour
SELECT :'network_id', date_trunc('hour', now()) - i * interval '1 hour', m.miner_id, m.account_id, 360, 1, 0, 0, 0, 360000.0 * (1 + m.miner_id % 97)
FROM generate_series(1, 192) i, chimera.miners m;
INSERT INTO chimera.share_rollups_day
SELECT :'network_id', date_trunc('day', now()) - i * interval '24 hours', m.miner_id, m.account_id, 8640, 20, 0, 0, 0, 8640000.0 * (1 + m.miner_id % 97)
FROM generate_series(1, :days) i, chimera.miners m;
INSERT INTO chimera.network_rollups_minute
SELECT :'network_id', date_trunc('minute', now()) - i * interval '1 minute', 6 * :miners, 10, 0, 0, 0, 6000.0 * 49 * :miners
FROM generate_series(0, 1440 * least(:days, 730)) i;
INSERT INTO chimera.network_rollups_hour
SELECT :'network_id', date_trunc('hour', now()) - i * interval '1 hour', 360 * :miners, 600, 0, 0, 0, 360000.0 * 49 * :miners, :miners, :miners * 9 / 10
FROM generate_series(1, 24 * :days) i;
INSERT INTO chimera.rollup_progress (level, closed_until) VALUES ('hour', date_trunc('hour', now())), ('day', date_trunc('day', now()))
ON CONFLICT (level) DO UPDATE SET closed_until = excluded.closed_until;

INSERT INTO chimera.jobs (job_id, network_id, template_id, algorithm, height, version, prevhash, nbits, curtime, mintime,
    coinbase_value, coinbase_prefix, coinbase_suffix, merkle_branch, has_witness, version_mask, clean_jobs)
SELECT nextval('chimera.jobs_job_id_seq'), :'network_id', 0, 'sha256d', 800000, 1, sha256('x'), 386000000, 0, 0, 312500000, '', '', '', false, 0, true;
INSERT INTO chimera.blocks (network_id, height, hash, status, job_id, account_id, miner_id, reward_sats, network_difficulty, share_difficulty, found_at)
SELECT :'network_id', 700000 + n, sha256(int4send(n)), 'confirmed', 1, 1 + n % 100, 1 + n % 100, 312500000, 1e12, 2e12, now() - (2001 - n) * interval '4 hours'
FROM generate_series(1, 2000) n;
INSERT INTO chimera.block_rounds (block_id, network_id, ended_at, share_id, previous_block_id, difficulty, rest_of_day)
SELECT block_id, network_id, found_at, block_id, nullif(block_id - 1, 0), 1e12, 1e9 FROM chimera.blocks;
UPDATE chimera.blocks SET share_id = block_id;

SELECT chimera.set_reward_scheme('web', 'pplns', '{"window": 2, "fee_percent": 1}') AS unused \gset
INSERT INTO chimera.ledger_transactions (network_id, kind, block_id, step, created_at)
SELECT network_id, 'block', block_id, 1, found_at FROM chimera.blocks ORDER BY block_id;
INSERT INTO chimera.ledger_entries (transaction_id, network_id, account, account_id, amount_sats)
SELECT t.transaction_id, t.network_id, e.* FROM chimera.ledger_transactions t
CROSS JOIN LATERAL (SELECT 'immature'::chimera.ledger_account, a, 1000000 FROM generate_series(1, 100) a UNION ALL SELECT 'rewards', NULL, -100000000) e;
INSERT INTO chimera.miner_network_assignments (server_id, session_id, miner_id, first_miner_id, listener_id, network_id, chosen_by)
SELECT '00000000-0000-0000-0000-000000000001', miner_id, miner_id, miner_id, 1, :'network_id', 'default' FROM chimera.miners;
VACUUM ANALYZE;
