-- assignments.sql: which network a connected miner works on, and who decides.
BEGIN;
\ir begin.psql
SELECT plan(79);

UPDATE chimera.network_configs SET is_active = false, is_enabled = false WHERE is_active;
DELETE FROM chimera.listeners;
SET CONSTRAINTS chimera.reassign_sessions IMMEDIATE;
SELECT pg_temp.make_network('test_one', 'blake2s') AS one, pg_temp.make_network('test_two', 'blake2s') AS two,
       pg_temp.make_network('test_three', 'blake2s') AS three, pg_temp.make_network('test_other', 'sha256d') AS other \gset
UPDATE chimera.network_configs SET symbol = CASE name WHEN 'test_one' THEN 'AAA' WHEN 'test_other' THEN 'OOO' ELSE 'BBB' END;
SET CONSTRAINTS chimera.reassign_sessions DEFERRED;
UPDATE chimera.network_configs SET is_enabled = true, is_active = name IN ('test_one', 'test_other') WHERE name LIKE 'test_%';
SELECT chimera.add_listener(4001, network => 'test_two') AS fixed,
       chimera.add_listener(4002, algorithm => 'blake2s') AS shared,
       chimera.add_listener(4003, algorithm => 'sha256d') AS far,
       '00000000-0000-4000-8000-000000000001' AS server \gset

SELECT is(chimera.stratum_hello(:'server'), 0, 'a stratumd says hello');

CREATE FUNCTION pg_temp.come(session bigint, port int, user_name text, password text DEFAULT 'x') RETURNS text LANGUAGE sql AS $$
    SELECT coalesce('refused: ' || a.error, n.name || ' by ' || a.chosen_by)
    FROM chimera.listeners l
    CROSS JOIN LATERAL chimera.authorize(l.listener_id, '00000000-0000-4000-8000-000000000001', session, user_name, password,
                                           '192.0.2.7') a
    LEFT JOIN chimera.network_configs n ON n.network_id = a.network_id
    WHERE l.port = come.port
$$;
-- the same of a rig that has had shares accepted
CREATE FUNCTION pg_temp.enter(session bigint, port int, user_name text, password text DEFAULT 'x') RETURNS text LANGUAGE sql AS $$
    SELECT pg_temp.make_rig(user_name);
    SELECT pg_temp.come(session, port, user_name, password)
$$;
-- where all the workers of a session are
CREATE FUNCTION pg_temp.at(session bigint) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(DISTINCT coalesce(network, 'none') || ' by ' || chosen_by, ', ')
    FROM chimera.miner_connections WHERE session_id = session
$$;
-- make one network of blake2s the active one, as a commit would
CREATE FUNCTION pg_temp.switch(network text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    UPDATE chimera.network_configs SET is_active = false WHERE is_active AND algorithm = 'blake2s';
    UPDATE chimera.network_configs SET is_active = true WHERE name = network;
    SET CONSTRAINTS chimera.reassign_sessions IMMEDIATE;
    SET CONSTRAINTS chimera.reassign_sessions DEFERRED;
END;
$$;
CREATE FUNCTION pg_temp.enable(network text, enabled boolean) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    UPDATE chimera.network_configs SET is_enabled = enabled, is_active = is_active AND enabled WHERE name = network;
    SET CONSTRAINTS chimera.reassign_sessions IMMEDIATE;
    SET CONSTRAINTS chimera.reassign_sessions DEFERRED;
END;
$$;

-- ---------- who decides ----------

SELECT is(pg_temp.enter(1, 4001, 'test_a.fixed'), 'test_two by listener', 'a listener with a network of its own decides');
SELECT is(pg_temp.enter(2, 4002, 'test_a.default'), 'test_one by default', 'else the active network of its algorithm is it');
SELECT is(pg_temp.enter(3, 4002, 'test_a.asks', 'd=512,c=bbb'), 'test_three by password', 'a password asks by symbol');
SELECT is(pg_temp.enter(4, 4002, 'test_a.names', 'c=TEST_Two'), 'test_two by password', 'or by name, in any case');
SELECT is(pg_temp.enter(5, 4001, 'test_a.same', 'c=aaa,d=1'), 'test_one by password', 'before the listener''s own network');
SELECT is(pg_temp.enter(6, 4002, 'test_a.x', 'c=zzz'), 'refused: coin "zzz" is not mined here', 'an unknown coin is refused');
SELECT is(pg_temp.enter(6, 4002, 'test_a.x', 'c=ooo'), 'refused: coin "ooo" uses algorithm sha256d, but this port is for blake2s',
          'so is one of another algorithm');
SELECT is(pg_temp.at(6), NULL, 'who is refused is assigned to nothing');
SELECT is(pg_temp.enter(7, 4002, 'test_a.x', 'abc=zzz'), 'test_one by default', 'an option is what follows a comma');
SELECT is(pg_temp.enter(7, 4002, 'test_a.y', 'c=bbb'), 'test_one by default', 'a connection''s first worker decides for the next');
SELECT is(pg_temp.at(7), 'test_one by default', 'and for all of them');
SELECT is(pg_temp.enter(7, 4002, 'test_a.y'), 'test_one by default', 'who comes twice');
SELECT is((SELECT count(*) FROM chimera.miner_connections WHERE session_id = 7), 2::bigint, 'is there once');
SELECT is(pg_temp.enter(8, 4003, 'test_a.far'), 'test_other by default', 'another algorithm is another matter');

-- ---------- a switch ----------

CREATE TEMP TABLE listening AS SELECT chimera.reassign_sessions() AS moved;
SELECT is((SELECT moved FROM listening), 0, 'nothing moves where nothing has changed');
SELECT pg_temp.switch('test_three');
SELECT is(pg_temp.at(2), 'test_three by default', 'a switch moves who is there by default');
SELECT is(pg_temp.at(7), 'test_three by default', 'all workers of a connection');
SELECT is(pg_temp.at(1), 'test_two by listener', 'not who is there by its listener');
SELECT is(pg_temp.at(4), 'test_two by password', 'nor who asked for a coin');
SELECT is(pg_temp.at(8), 'test_other by default', 'nor another algorithm''s');
SELECT is((SELECT string_agg(n.name || CASE WHEN disconnected_at IS NULL THEN '' ELSE ' till then' END, ', ' ORDER BY assignment_id)
           FROM chimera.miner_network_assignments a LEFT JOIN chimera.network_configs n USING (network_id) WHERE session_id = 2),
          'test_one till then, test_three', 'the history has each network once, and none between');
SELECT is((SELECT count(*) FROM chimera.miner_network_assignments a JOIN chimera.miner_network_assignments b USING (session_id, miner_id)
           WHERE session_id = 2 AND a.disconnected_at = b.connected_at), 1::bigint, 'without a gap');
SELECT results_eq(format('SELECT session_id FROM chimera.stratum_sessions(%L)', :'server'), 'VALUES (3::bigint), (4), (5)',
                  'stratumd is told who has a network of its own');

-- ---------- an admin decides ----------

SELECT chimera.assign_miner('test_a', 'test_one', 'test');
SELECT is(pg_temp.at(2), 'test_one by assignment', 'an account is assigned');
SELECT is(pg_temp.at(4), 'test_one by assignment', 'before what it asks for');
SELECT is(pg_temp.at(1), 'test_one by assignment', 'and before its listener');
SELECT is(pg_temp.at(8), 'test_other by default', 'on ports of that algorithm only');
SELECT chimera.assign_miner('test_a.default', 'test_two');
SELECT is(pg_temp.at(2), 'test_two by assignment', 'a miner is assigned before its account');
SELECT is(pg_temp.at(4), 'test_one by assignment', 'the account''s others are not');
SELECT is(pg_temp.enter(9, 4002, 'test_a.default'), 'test_two by assignment', 'it holds for who comes');
SELECT is(pg_temp.come(10, 4002, 'test_a.new'), 'test_one by assignment', 'for a new miner of the account, too');
SELECT is(chimera.reassign_sessions(), 0, 'which stays there');
SELECT is(pg_temp.come(10, 4002, 'test_new.rig'), 'test_one by assignment', 'and takes others of its connection along');
SELECT is((SELECT string_agg(account || '.' || rig, ', ' ORDER BY account) FROM chimera.miner_connections WHERE session_id = 10),
          'test_a.new, test_new.rig', 'all of whom can be seen');
SELECT is_empty($$ SELECT FROM chimera.miners WHERE name = 'new' UNION ALL SELECT FROM chimera.accounts WHERE name = 'test_new' $$,
                'though they have no rows as yet');
SELECT pg_temp.switch('test_one');
SELECT is(pg_temp.at(2), 'test_two by assignment', 'a switch does not move it');
SELECT pg_temp.enable('test_two', false);
SELECT is(pg_temp.at(2), 'test_one by assignment', 'while its network is disabled it is where it would be otherwise');
SELECT is(pg_temp.enter(11, 4002, 'test_a.default'), 'test_one by assignment', 'so is who comes');
SELECT pg_temp.enable('test_two', true);
SELECT is(pg_temp.at(2), 'test_two by assignment', 'and it goes back when it is enabled');
INSERT INTO chimera.stopped_networks (network_id, reason) VALUES (:'two', 'no template');
SELECT is(pg_temp.at(2), 'test_one by assignment', 'it leaves a network whose work is stopped');
SELECT is(pg_temp.at(1), 'test_one by assignment', 'where another is assigned');
SELECT is(pg_temp.enter(12, 4001, 'test_b'), 'refused: no template', 'a listener''s stopped network refuses, and says why');
DELETE FROM chimera.stopped_networks;
SELECT is(pg_temp.at(2), 'test_two by assignment', 'and comes back with the work');
SELECT is((SELECT made_by || ', ' || coalesce(reason, '') FROM chimera.network_choices WHERE miner_id IS NULL), session_user || ', test',
          'who said so is kept');
SELECT is(chimera.unassign_miner('test_a.default'), 1, 'an assignment is taken back');
SELECT is(pg_temp.at(2), 'test_one by assignment', 'the account''s still holds');
SELECT is(chimera.unassign_miner('test_a'), 1, 'until it is taken back');
SELECT is(pg_temp.at(4), 'test_two by password', 'then the password decides again');
SELECT is(chimera.unassign_miner('test_a'), 0, 'there is nothing left to take back');
SELECT throws_ok($$ SELECT chimera.assign_miner('test_nobody', 'test_one') $$, '42704', NULL, 'nobody unknown is assigned');
SELECT throws_ok($$ SELECT chimera.assign_miner('test_a.nobody', 'test_one') $$, '42704', NULL, 'no unknown rig either');
SELECT throws_ok($$ SELECT chimera.assign_miner('test_a', 'test_none') $$, '42704', NULL, 'to no unknown network');

-- ---------- no network ----------

SELECT pg_temp.enable('test_one', false);
SELECT is(pg_temp.at(2), 'none by default', 'without an active network a miner stays, without a network');
SELECT is(pg_temp.enter(13, 4002, 'test_a.z'), 'refused: no network is enabled for this port', 'who comes is refused');
SELECT is(pg_temp.enter(13, 4002, 'test_a.z', 'c=test_two'), 'test_two by password', 'unless it asks for one that works');
UPDATE chimera.network_configs SET is_enabled = true, is_active = true WHERE name = 'test_one';
SET CONSTRAINTS chimera.reassign_sessions IMMEDIATE;
SELECT is(pg_temp.at(2), 'test_one by default', 'it works again when there is one');
SELECT is((SELECT DISTINCT address FROM chimera.miner_connections WHERE session_id = 2), '192.0.2.7'::inet,
          'its address goes with it from network to network');

-- ---------- the end ----------

SELECT is(chimera.end_sessions(:'server', '{10}'), 2, 'a session of new rigs ends');
SELECT is_empty('SELECT FROM chimera.miner_network_assignments WHERE session_id = 10', 'and leaves no trace');
SELECT is(chimera.end_sessions(:'server', '{2,7,999}'), 3, 'sessions end with all their workers');
SELECT is(pg_temp.at(7), NULL, 'and are not there any more');
SELECT is(chimera.end_dead_servers(), 0, 'a stratumd that is connected lives');
UPDATE chimera.stratum_servers SET backend_start = backend_start - interval '1 s';
SELECT cmp_ok(chimera.end_dead_servers(), '>', 5, 'one whose connection is another''s now is dead');
SELECT is((SELECT count(*) FROM chimera.miner_connections), 0::bigint, 'and nobody is connected to it');
SELECT is(chimera.stratum_hello(:'server', '{3,3}', ARRAY[m.miner_id, n.miner_id], ARRAY[m.miner_id, m.miner_id],
                                ARRAY[:shared, :shared], ARRAY[:'two', :'two']::uuid[], ARRAY['192.0.2.8', '192.0.2.8']::inet[]), 2,
          'it says who is there when it is back')
FROM chimera.miners m, chimera.miners n WHERE m.name = 'asks' AND n.name = 'x';
SELECT is(pg_temp.at(3), 'test_two by password', 'as they were');
SELECT is((SELECT DISTINCT address FROM chimera.miner_connections WHERE session_id = 3), '192.0.2.8'::inet, 'and from where');
SELECT is(chimera.stratum_hello(:'server', '{3,4}', ARRAY[m.miner_id, m.miner_id], ARRAY[m.miner_id, m.miner_id],
                                ARRAY[:shared, :shared], ARRAY[NULL, NULL]::uuid[]), 1, 'addresses may be left out')
FROM chimera.miners m WHERE m.name = 'asks';
-- what a stratumd does not report of its own ends, and nobody else's
SELECT chimera.stratum_hello('00000000-0000-4000-8000-000000000009') \g /dev/null
SELECT is(pg_temp.at(3), 'test_two by password', 'another stratumd that connects ends no session of it');
SELECT chimera.assign_miner('test_a.asks', 'test_three') \g /dev/null
SELECT chimera.end_sessions(:'server', '{3,4}') \g /dev/null
SELECT chimera.stratum_hello(:'server', '{3}', ARRAY[m.miner_id], ARRAY[m.miner_id], ARRAY[:shared], ARRAY[:'two']::uuid[])
FROM chimera.miners m WHERE m.name = 'asks' \g /dev/null
SELECT is(pg_temp.at(3), 'test_three by assignment', 'an assignment comes before what a reported miner asked for');
SELECT is((SELECT account FROM chimera.miner_connections WHERE session_id = 3), 'test_a', 'its account is known');
SELECT chimera.unassign_miner('test_a.asks') \g /dev/null
SELECT chimera.stratum_hello(:'server') \g /dev/null
SELECT is(pg_temp.at(3), NULL, 'a session that is not reported has ended');
SELECT is(pg_temp.enter(3, 4002, 'test_a.asks', 'c=test_one'), 'test_one by password', 'and decides nothing for one of its number');

-- a symbol of two algorithms
UPDATE chimera.network_configs SET symbol = 'OOO' WHERE name = 'test_two';
SELECT is(pg_temp.enter(30, 4002, 'test_a.symbol', 'c=ooo'), 'test_two by password', 'of two coins of a symbol a port takes its algorithm''s');
SELECT is(pg_temp.enter(31, 4003, 'test_a.symbol', 'c=ooo'), 'test_other by password', 'each port its own');
UPDATE chimera.network_configs SET algorithm = 'sha256d' WHERE name = 'test_two';
SET CONSTRAINTS chimera.reassign_sessions IMMEDIATE;
SET CONSTRAINTS chimera.reassign_sessions DEFERRED;
SELECT is(pg_temp.at(30), 'test_one by default', 'a coin that gets another algorithm leaves the port');

-- a login that is rejected gives nothing but the reason
INSERT INTO chimera.stopped_networks (network_id, reason) VALUES (:'one', 'no template');
SELECT is((SELECT num_nonnulls(a.miner_id, a.network_id, a.chosen_by, a.requested_network) || ' ' || a.error
           FROM chimera.authorize(:shared, :'server', 32, 'test_a.asks', 'x') a), '0 no template', 'a rejected login gives nothing but the reason');
DELETE FROM chimera.stopped_networks;

UPDATE chimera.miner_network_assignments SET disconnected_at = now() - interval '91 days' WHERE session_id = 2;
SELECT cmp_ok(chimera.drop_old_assignments(), '>', 1, 'what is older than the shares is dropped');

SELECT * FROM finish();
ROLLBACK;
