-- setup.sql: a network without a node, a job on it, and listeners.
--
--     psql -v algorithm=sha256d -v port=3340 -f setup.sql
--
-- Miners on :port get a difficulty that every hash meets, those on :port + 1
-- one that every second hash meets. No vardiff moves them: vardiff_target_s is
-- so short that each miner counts as too slow.
\set ON_ERROR_STOP on
\set QUIET on

SELECT 'bench_' || :'algorithm' AS network, 1 / hashes_per_difficulty AS one_hash
FROM chimera.algorithms() WHERE name = :'algorithm' \gset

SELECT chimera.add_network(:'network', :'algorithm', 'BENCH', repeat('0', 64), 'http://127.0.0.1:1',
    '1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2', settings => jsonb_build_object(
        'p2pkh_version', 0, 'start_difficulty', :one_hash / 4, 'min_difficulty', :one_hash / 4,
        'vardiff_target_s', 1e-9)) AS network_id \gset

\ir new_job.sql

SELECT chimera.enable_network(:'network');
SELECT chimera.add_listener(:port, network => :'network', address => '127.0.0.1');
SELECT chimera.add_listener(:port + 1, network => :'network', address => '127.0.0.1',
    start_difficulty => :one_hash * 2, min_difficulty => :one_hash * 2);

-- one connection sends what many would, and some of it is bad on purpose
SELECT chimera.set_connection_limit('lines_per_second', 'infinity');
SELECT chimera.set_connection_limit('bad_share_percent', 100);
