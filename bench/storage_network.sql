-- storage_network.sql: the network whose shares grow, unless it is there.
SET client_min_messages = warning;
SELECT count(chimera.add_network('storage', 'sha256d', 'BENCH', repeat('0', 64), 'http://127.0.0.1:1',
    '1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2', settings => '{"p2pkh_version": 0}')) AS unused
WHERE NOT EXISTS (SELECT FROM chimera.network_configs WHERE name = 'storage') \gset
