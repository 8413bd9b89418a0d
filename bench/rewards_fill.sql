-- rewards_fill.sql: :shares shares of 1000 accounts in the day until an hour
-- ago, in batches of ten, for 1440 jobs, and the block that the last one is.
SET client_min_messages = warning;
SET timezone = 'UTC';
SET synchronous_commit = off;
SELECT network_id FROM chimera.network_configs WHERE name = 'storage' \gset
SELECT chimera.make_share_partitions(:'network_id', current_date - 2, current_date) IS NULL AS unused \gset

INSERT INTO chimera.accounts (account_id, name) SELECT n, 'bench' || n FROM generate_series(1, 1000) n;
INSERT INTO chimera.miners (miner_id, account_id, name) SELECT n, n, 'rig' FROM generate_series(1, 1000) n;
INSERT INTO chimera.jobs (job_id, network_id, template_id, algorithm, height, version, prevhash, nbits, curtime, mintime,
    coinbase_value, coinbase_prefix, coinbase_suffix, merkle_branch, has_witness, version_mask, clean_jobs, fees)
SELECT n, :'network_id', 0, 'sha256d', n / 10, 1, sha256(int4send(n / 10)), 386000000, 0, 0,
    312500000 + n * 1000, '', '', '', false, 0, true, 12500000 + n * 1000
FROM generate_series(0, 1439) n;

INSERT INTO chimera.shares
SELECT 4096 * (1 + n / 10) + n % 10, :'network_id', oldest + interval '1 day' * (n / :shares::float8), n * 1440 / :shares, n,
       1024 * (1 + n % 8), 1 + n * 7919 % 1000, 1, 1700000000, n & 2147483647, 536870912, 1
FROM generate_series(0, :shares::bigint - 1) n, (SELECT now() - interval '25 hours' AS oldest) clock;

INSERT INTO chimera.blocks (network_id, height, hash, job_id, share_id, account_id, miner_id, reward_sats,
    network_difficulty, share_difficulty, found_at)
SELECT :'network_id', 1, sha256('block'), job_id, share_id, miner_id, miner_id, 312500000,
       (SELECT sum(difficulty) FROM chimera.shares WHERE network_id = :'network_id'), 1, submitted_at
FROM chimera.shares WHERE network_id = :'network_id' ORDER BY share_id DESC LIMIT 1;
VACUUM ANALYZE chimera.shares;
CHECKPOINT;
