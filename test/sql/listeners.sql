-- listeners.sql: the ports miners connect to, as stratumd sees them.
BEGIN;
\ir begin.psql
SELECT plan(50);

UPDATE chimera.network_configs SET is_active = false WHERE is_active;
DELETE FROM chimera.listeners;
SELECT pg_temp.make_network('test_one', 'blake2s') AS one, pg_temp.make_network('test_two', 'blake2s') AS two \gset
UPDATE chimera.network_configs
SET start_difficulty = 64, min_difficulty = 8, max_difficulty = 512, vardiff_target_s = 5, vardiff_retarget_s = 60,
    vardiff_retarget_shares = 12, vardiff_variance = 0.3
WHERE name = 'test_one';

-- what stratumd is told of a port
CREATE FUNCTION pg_temp.told(port int) RETURNS text LANGUAGE sql AS $$
    SELECT concat_ws(' ', coalesce(n.name, 'none'), l.start_difficulty, l.min_difficulty, l.max_difficulty,
                     l.vardiff_target_s, l.vardiff_retarget_s, l.vardiff_retarget_shares, l.vardiff_variance)
    FROM chimera.stratum_listeners() l LEFT JOIN chimera.network_configs n USING (network_id)
    WHERE l.port = told.port
$$;

SELECT chimera.add_listener(4001, network => 'test_one') AS of_one,
       chimera.add_listener(4002, algorithm => 'blake2s') AS of_active \gset
SELECT is(pg_temp.told(4001), 'none 1 0.001 1000000000000 10 180 30 0.15',
          'a listener whose network is not enabled serves none, with defaults');
SELECT is(pg_temp.told(4002), 'none 1 0.001 1000000000000 10 180 30 0.15',
          'a listener of an algorithm without active network serves none, with defaults');

SELECT chimera.enable_network('test_one'), chimera.enable_network('test_two');
SELECT is(pg_temp.told(4001), 'test_one 64 8 512 5 60 12 0.3', 'a listener takes its network''s difficulties and vardiff');
SELECT is(pg_temp.told(4002), 'test_one 64 8 512 5 60 12 0.3', 'a listener of an algorithm serves its active network');
UPDATE chimera.network_configs SET is_active = false WHERE name = 'test_one';
UPDATE chimera.network_configs SET is_active = true WHERE name = 'test_two';
SELECT alike(pg_temp.told(4002), 'test_two %', 'it follows when another network becomes active');
SELECT alike(pg_temp.told(4001), 'test_one %', 'a listener of a network stays with it');
UPDATE chimera.network_configs SET is_enabled = false, is_active = false WHERE name = 'test_two';
SELECT alike(pg_temp.told(4002), 'none %', 'it serves none when the active network is disabled');

SELECT chimera.add_listener(4003, network => 'test_one', start_difficulty => 32, min_difficulty => 16, max_difficulty => 48);
SELECT is(pg_temp.told(4003), 'test_one 32 16 48 5 60 12 0.3', 'a listener''s own difficulties go before its network''s');
SELECT chimera.add_listener(4004, network => 'test_one', start_difficulty => 2);
SELECT is(pg_temp.told(4004), 'test_one 8 8 512 5 60 12 0.3', 'a start below the lowest is raised to it');
SELECT chimera.add_listener(4005, network => 'test_one', start_difficulty => 1e9);
SELECT is(pg_temp.told(4005), 'test_one 512 8 512 5 60 12 0.3', 'a start above the highest is lowered to it');
SELECT chimera.add_listener(4006, network => 'test_one', max_difficulty => 2);
SELECT is(pg_temp.told(4006), 'test_one 8 8 8 5 60 12 0.3', 'the highest difficulty is never below the lowest');

SELECT chimera.add_listener(4011, network => 'test_one', tls => true) AS encrypted \gset
SELECT is((SELECT tls FROM chimera.stratum_listeners() WHERE port = 4011), true, 'a listener can have TLS');
SELECT is((SELECT tls FROM chimera.stratum_listeners() WHERE port = 4003), false, 'it has none unless asked for');
SELECT chimera.remove_listener(:encrypted, '0');
SELECT chimera.add_listener(4012, network => 'test_one', proxy_protocol => true) AS behind \gset
SELECT is((SELECT proxy_protocol FROM chimera.stratum_listeners() WHERE port = 4012), true, 'a listener can be behind a load balancer');
SELECT is((SELECT proxy_protocol FROM chimera.stratum_listeners() WHERE port = 4003), false, 'it is not unless asked for');
SELECT chimera.remove_listener(:behind, '0');

SELECT throws_ok($$ SELECT chimera.add_listener(4001, network => 'test_two') $$, '23505', NULL,
                 'add_listener refuses an address and port that are taken');
SELECT throws_ok($$ SELECT chimera.add_listener(4001, network => 'test_two', address => '127.0.0.1') $$, '23505',
                 'port 4001 of address 127.0.0.1 is taken by the listener on 0.0.0.0', 'nor one of the machine''s addresses beside all of them');
SELECT chimera.add_listener(4021, network => 'test_two', address => '127.0.0.1') \g /dev/null
SELECT throws_ok($$ SELECT chimera.add_listener(4021, network => 'test_two', address => '0.0.0.0') $$, '23505', NULL, 'nor all of them beside one');
SELECT throws_ok($$ SELECT chimera.add_listener(4021, network => 'test_two', address => '127.0.0.1') $$, '23505', NULL, 'nor one twice');
SELECT lives_ok(format('SELECT chimera.add_listener(4021, network => ''test_two'', address => %L)', address),
                'a port may be had once more at ' || address) FROM unnest('{127.0.0.2,::}'::text[]) address;
SELECT throws_ok($$ SELECT chimera.add_listener(4021, network => 'test_two', address => '0:0::1') $$, '23505', NULL, 'of IPv6 likewise');
SELECT throws_ok(format('SELECT chimera.add_listener(4022, network => ''test_two'', address => %L)', address), '22023',
                 format('invalid IP address: "%s"', address), 'refuses the address ' || address)
FROM unnest('{localhost,127.0.0.0/8,1.2.3}'::text[]) address;
SELECT throws_ok('SELECT chimera.remove_listener(port => 4021)', '42P08', NULL, 'a port on several addresses is not removed by its number alone');
SELECT is(chimera.remove_listener(port => 4021, address => '127.0.0.1'), true, 'with its address it is');
SELECT throws_ok('SELECT chimera.remove_listener(4002)', '42704', 'listener 4002 does not exist', 'a port is not taken for a listener_id');
SELECT throws_ok('SELECT chimera.remove_listener()', '22023', NULL, 'remove_listener refuses nothing');
SELECT chimera.remove_listener(port => 4021, address => '127.0.0.2'), chimera.remove_listener(port => 4021) \g /dev/null
SELECT throws_ok($$ SELECT chimera.add_listener(4023, network => 'test_one', public_host => 'pool.example/x') $$, '23514',
                 'public_host must be a host name or an IP address', 'an invalid host is refused');
SELECT throws_ok($$ SELECT chimera.add_listener(4023, network => 'test_one', public_port => 0) $$, '23514',
                 'public_port must be from 1 to 65535', 'and an invalid port');
SELECT throws_ok('SELECT chimera.add_listener(4007)', '23514', NULL, 'add_listener refuses neither network nor algorithm');
SELECT throws_ok($$ SELECT chimera.add_listener(4007, network => 'test_one', algorithm => 'blake2s') $$, '23514', NULL,
                 'add_listener refuses both network and algorithm');
SELECT throws_ok($$ SELECT chimera.add_listener(4007, network => 'test_none') $$, '42704', NULL,
                 'add_listener refuses an unknown network');
SELECT throws_ok($$ SELECT chimera.add_listener(4007, algorithm => 'md5') $$, '23514', NULL,
                 'add_listener refuses an unknown algorithm');
SELECT throws_ok($$ SELECT chimera.add_listener(65536, network => 'test_one') $$, '23514', NULL,
                 'add_listener refuses a port beyond 65535');
SELECT throws_ok($$ SELECT chimera.add_listener(4007, network => 'test_one', start_difficulty => 'nan') $$, '23514', NULL,
                 'add_listener refuses a difficulty that is no number');

SELECT is(chimera.remove_listener(:of_one), true, 'remove_listener says that it closed a port');
SELECT is(chimera.remove_listener(:of_one), false, 'remove_listener says that there was no such listener');
SELECT chimera.add_listener(4008, network => 'test_one') AS drained \gset
INSERT INTO chimera.stratum_servers (server_id, pid, backend_start)
SELECT '00000000-0000-4000-8000-000000000001', pid, backend_start FROM pg_stat_get_activity(pg_backend_pid());
SELECT isnt((SELECT miner_id FROM chimera.authorize(:drained, '00000000-0000-4000-8000-000000000001', 1, 'test_drain', 'x')), NULL,
            'a miner comes by a port');
SELECT is(chimera.remove_listener(:drained), true, 'a port with a miner is removed');
SELECT is((SELECT is_draining FROM chimera.stratum_listeners() WHERE port = 4008), true, 'it drains');
SELECT lives_ok($$ SELECT chimera.add_listener(4008, network => 'test_two') $$, 'meanwhile the port can be opened again');
SELECT chimera.drop_drained_listeners();
SELECT is((SELECT count(*) FROM chimera.stratum_listeners() WHERE port = 4008), 2::bigint, 'a drain that is not over stays');
SELECT is(chimera.remove_listener(:drained, '0'), true, 'the drain can be shortened to nothing');
SELECT is((SELECT array_agg(is_draining) FROM chimera.stratum_listeners() WHERE port = 4008), '{f}', 'and is over then');
SELECT throws_ok('SELECT chimera.remove_listener(1, NULL)', '22004', NULL, 'remove_listener refuses a drain of NULL');
SELECT chimera.end_sessions('00000000-0000-4000-8000-000000000001', '{1}');

INSERT INTO chimera.stopped_networks (network_id, reason) SELECT network_id, 'the test says so' FROM chimera.network_configs WHERE name = 'test_one';
SELECT is((SELECT no_work FROM chimera.stratum_listeners() WHERE port = 4003), 'the test says so',
          'a listener says why its network has no work');
DELETE FROM chimera.stopped_networks;

SELECT is((SELECT array_agg(address) FROM chimera.stratum_listeners() WHERE port = 4001), NULL, 'a removed listener is told of no more');
DELETE FROM chimera.network_configs WHERE name = 'test_one';
SELECT results_eq('SELECT port FROM chimera.stratum_listeners() ORDER BY port', 'VALUES (4002), (4008)',
                  'a network''s listeners go with it, those of an algorithm stay');

SELECT * FROM finish();
ROLLBACK;
