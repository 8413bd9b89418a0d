-- switch.sql: which network is active, and the history of it.
BEGIN;
\ir begin.psql
SELECT plan(71);

-- a pool's own networks don't matter here
UPDATE chimera.network_configs SET is_active = false, is_enabled = false WHERE algorithm IN ('blake2s', 'scrypt');
SET CONSTRAINTS ALL IMMEDIATE;
SET CONSTRAINTS ALL DEFERRED;
SELECT pg_temp.make_network('test_a', 'blake2s') AS a, pg_temp.make_network('test_b', 'blake2s') AS b,
       pg_temp.make_network('test_c', 'blake2s') AS c, pg_temp.make_network('test_s', 'scrypt') AS s \gset
SELECT coalesce(max(history_id), 0) AS before_all FROM chimera.network_switch_history \gset
CREATE TEMP TABLE seen AS SELECT :before_all::bigint AS history_id;

-- rows of history since the last call, oldest first
CREATE FUNCTION pg_temp.news() RETURNS text LANGUAGE sql AS $$
    WITH rows AS (
        SELECT h.*, f.name AS from_name, t.name AS to_name, u.kind || ' ' || u.network_name AS undone
        FROM chimera.network_switch_history h
        LEFT JOIN chimera.network_configs f ON f.network_id = h.from_network
        LEFT JOIN chimera.network_configs t ON t.network_id = h.to_network
        LEFT JOIN chimera.network_switch_history u ON u.history_id = h.undoes
        WHERE h.history_id > (SELECT max(history_id) FROM seen)
    ), noted AS (INSERT INTO seen SELECT history_id FROM rows)
    SELECT coalesce(string_agg(concat_ws('|', kind, algorithm, network_name, coalesce(from_name, '-') || '>' || coalesce(to_name, '-'),
                                         coalesce(reason, '-'), undone, changes, result), E'\n' ORDER BY history_id), 'none')
    FROM rows
$$;
CREATE FUNCTION pg_temp.state() RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(substr(name, 6) || CASE WHEN is_active THEN '+' WHEN archived_at IS NOT NULL THEN 'x' WHEN is_enabled THEN '' ELSE '-' END,
                      ' ' ORDER BY name)
    FROM chimera.network_configs WHERE name ~ '^test_[a-z]$'
$$;
CREATE FUNCTION pg_temp.hint_of(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    hint text;
BEGIN
    EXECUTE statement;
    RETURN 'none';
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS hint = PG_EXCEPTION_HINT;
    RETURN hint;
END;
$$;

-- ---------- enabling and disabling ----------

SELECT chimera.enable_network('test_a', '  first  ') AS returned \gset
SELECT is(:returned::bigint, (SELECT max(history_id) FROM chimera.network_switch_history),
          'enable_network returns the number of its row of history');
SELECT is(pg_temp.news(), 'enable|blake2s|test_a|->test_a|first|enabled and active', 'the first one becomes active');
SELECT chimera.enable_network(:'b');
SELECT is(pg_temp.news(), 'enable|blake2s|test_b|test_a>test_a|-|enabled', 'the second does not');
SELECT is(chimera.enable_network('test_b'), NULL, 'to enable again changes nothing');
SELECT is(pg_temp.news(), 'none', 'and writes no history');
SELECT throws_ok($$ SELECT chimera.disable_network('test_a') $$, '55000',
                 'network "test_a" is the active one of algorithm "blake2s"', 'the active network cannot be disabled while another is enabled');
SELECT alike(pg_temp.hint_of($$ SELECT chimera.disable_network('test_a') $$), '%switch_active_network%', 'the hint names what to do first');
SELECT chimera.disable_network('test_b', 'node is down');
SELECT is(pg_temp.news(), 'disable|blake2s|test_b|test_a>test_a|node is down|disabled', 'another can');
SELECT is(chimera.disable_network('test_b'), NULL, 'to disable again changes nothing');
SELECT is(pg_temp.news(), 'none', 'and writes no history');
SELECT chimera.disable_network('test_a');
SELECT is(pg_temp.news(), 'disable|blake2s|test_a|test_a>-|-|disabled', 'the active one can when it is the last');
SELECT is(pg_temp.state(), 'a- b- c- s-', 'then none is active');
SELECT lives_ok('SET CONSTRAINTS ALL IMMEDIATE', 'which is right');
SET CONSTRAINTS ALL DEFERRED;

-- ---------- switching ----------

SELECT chimera.enable_network('test_a'), chimera.enable_network('test_b'), chimera.enable_network('test_s');
SELECT pg_temp.news();
SELECT chimera.switch_active_network('blake2s', 'test_b', 'pays more') AS returned \gset
SELECT is(:returned::bigint, (SELECT max(history_id) FROM chimera.network_switch_history),
          'switch_active_network returns the number of its row');
SELECT is(pg_temp.state(), 'a b+ c- s+', 'it moves its own algorithm''s');
SELECT is(pg_temp.news(), 'switch|blake2s|test_b|test_a>test_b|pays more|active', 'and its row says from where to where');
SELECT lives_ok('SET CONSTRAINTS ALL IMMEDIATE', 'at no statement''s end two or none is active');
SELECT lives_ok($$ SELECT chimera.switch_active_network('blake2s', 'test_a', 'immediate') $$, 'also when that is looked at within the statement');
SELECT lives_ok($$ SELECT chimera.switch_active_network('blake2s', 'test_b', 'and back') $$, 'in both directions');
SELECT pg_temp.news();
SET CONSTRAINTS ALL DEFERRED;
SELECT throws_ok(format('SELECT chimera.switch_active_network(%s)', arguments), state, message, 'it refuses ' || what)
FROM (VALUES
    ($$'blake2s', 'test_none', 'x'$$, '42704', 'network "test_none" does not exist', 'an unknown network'),
    ($$'blake2s', NULL, 'x'$$, '42704', NULL, 'no network'),
    ($$'md5', 'test_b', 'x'$$, '22023', 'algorithm "md5" does not exist', 'an unknown algorithm'),
    ($$NULL, 'test_b', 'x'$$, '22023', NULL, 'no algorithm'),
    ($$'blake2s', 'test_s', 'x'$$, '22023', 'network "test_s" has algorithm "scrypt", not "blake2s"', 'a network of another algorithm'),
    ($$'blake2s', 'test_b', 'x'$$, '55000', 'network "test_b" is already active', 'the active network'),
    ($$'blake2s', 'test_c', 'x'$$, '55000', 'network "test_c" is not enabled', 'one that is not enabled'),
    ($$'blake2s', 'test_a', ' '$$, '22023', 'reason must not be empty', 'an empty reason'),
    ($$'blake2s', 'test_a', NULL$$, '22023', 'reason must not be empty', 'no reason')) bad (arguments, state, message, what);
SELECT is(pg_temp.news(), 'none', 'what is refused is no history');
SELECT updated_at AS before FROM chimera.network_configs WHERE name = 'test_a' \gset
SELECT chimera.switch_active_network('blake2s', 'test_a', 'again');
SELECT is(updated_at, :'before', 'a switch restarts no workers') FROM chimera.network_configs WHERE name = 'test_a';
SELECT pg_temp.news();

-- ---------- rolling back: so far a>b, b>a, a>b, b>a ----------

SELECT chimera.enable_network('test_c'), chimera.switch_active_network('blake2s', 'test_c', 'new');
SELECT pg_temp.news();
SELECT chimera.rollback_switch('bad luck', 'blake2s') AS returned \gset
SELECT is(:returned::bigint, (SELECT max(history_id) FROM chimera.network_switch_history),
          'rollback_switch returns the number of its row');
SELECT is(pg_temp.news(), 'rollback|blake2s|test_a|test_c>test_a|bad luck|switch test_c|active', 'it undoes the newest switch');
SELECT chimera.rollback_switch('worse');
SELECT is(pg_temp.news(), 'rollback|blake2s|test_b|test_a>test_b|worse|switch test_a|active', 'then the one before');
SELECT is(pg_temp.state(), 'a b+ c s+', 'each moves the active network');
SELECT throws_ok($$ SELECT chimera.rollback_switch('x', 'scrypt') $$, '55000', 'no switch to undo',
                 'an algorithm that was never switched has nothing to undo');
SELECT throws_ok($$ SELECT chimera.rollback_switch('x', 'md5') $$, '22023', 'algorithm "md5" does not exist', 'nor has an unknown one');
SELECT throws_ok($$ SELECT chimera.rollback_switch(NULL) $$, '22023', 'reason must not be empty', 'it needs a reason');
SELECT chimera.disable_network('test_a');
SELECT pg_temp.news();
SELECT chimera.rollback_switch('a was right');
SELECT is(pg_temp.news(), 'rollback|blake2s|test_a|test_b>test_a|a was right|switch test_b|{"is_enabled": [false, true]}|enabled and active',
          'a network that was disabled meanwhile is enabled');
SELECT is(pg_temp.state(), 'a+ b c s+', 'and active');
SELECT chimera.switch_active_network('blake2s', 'test_b', 'once more');
SELECT chimera.rollback_switch('newest first');
SELECT alike(pg_temp.news(), '%' || E'\n' || 'rollback|blake2s|test_a|test_b>test_a|newest first|switch test_b|active',
             'a later switch is undone before the earlier ones');
SELECT chimera.rollback_switch('further back'), chimera.rollback_switch('to the first');
SELECT alike(pg_temp.news(), 'rollback|%|test_b|test_a>test_b|further back|%rollback|%|test_a|test_b>test_a|to the first|%', 'it goes back to the first switch');
SELECT throws_ok($$ SELECT chimera.rollback_switch('x') $$, '55000', 'no switch to undo', 'and no further')
FROM (SELECT WHERE :before_all = 0) only_history UNION ALL
SELECT skip('the pool has a history of its own') WHERE :before_all <> 0;
SELECT is_empty($$ SELECT undoes FROM chimera.network_switch_history WHERE undoes IS NOT NULL GROUP BY undoes HAVING count(*) > 1 $$,
                'no switch was undone twice');

-- the chain of one algorithm
SELECT is_empty(format($$ SELECT * FROM (
    SELECT from_network, lag(to_network) OVER (ORDER BY history_id) AS was FROM chimera.network_switch_history
    WHERE algorithm = 'blake2s' AND kind IN ('switch', 'rollback', 'enable', 'disable', 'archive') AND history_id > %s) h
    WHERE from_network IS DISTINCT FROM was $$, :before_all), 'each row goes from where the one before it led');

-- ---------- networks that are gone ----------

SELECT chimera.switch_active_network('blake2s', 'test_b', 'a shall go');
SELECT pg_temp.news();
SELECT throws_ok($$ SELECT chimera.archive_network('test_b', 'x') $$, '55000', NULL, 'the active network cannot be archived while another is enabled');
SELECT throws_ok($$ SELECT chimera.archive_network('test_a', '') $$, '22023', 'reason must not be empty', 'archiving needs a reason');
SELECT chimera.add_listener(4001, network => 'test_a'), chimera.add_listener(4002, algorithm => 'blake2s');
SELECT throws_ok($$ SELECT chimera.archive_network('test_a', 'coin is dead') $$, '55000', 'network "test_a" is enabled', 'an enabled network is not archived unless one says so');
SELECT chimera.archive_network('test_a', 'coin is dead', even_if_in_use => true);
SELECT is(pg_temp.news(), 'archive|blake2s|test_a|test_b>test_b|coin is dead|archived', 'an enabled network is archived');
SELECT is(pg_temp.state(), 'ax b+ c s+', 'and disabled by that');
SELECT set_eq('SELECT port FROM chimera.listeners WHERE port IN (4001, 4002)', '{4002}'::int[], 'its own listener is closed');
SELECT throws_ok($$ SELECT chimera.archive_network('test_a', 'x') $$, '55000', 'network "test_a" is already archived', 'it cannot be archived again');
SELECT throws_ok($$ SELECT chimera.enable_network('test_a') $$, '55000', 'network "test_a" is archived', 'nor enabled');
SELECT throws_ok($$ SELECT chimera.switch_active_network('blake2s', 'test_a', 'x') $$, '55000', 'network "test_a" is archived', 'nor switched to');
SELECT throws_ok($$ SELECT chimera.rollback_switch('x') $$, '55000', 'cannot undo the switch to network "test_b"', 'nor rolled back to');
SELECT throws_ok($$ UPDATE chimera.network_configs SET is_enabled = true WHERE name = 'test_a' $$, '23514', NULL, 'not even by UPDATE');
SELECT chimera.disable_network('test_c');
SELECT chimera.archive_network('test_b', 'the last', true);
SELECT alike(pg_temp.news(), '%archive|blake2s|test_b|test_b>-|the last|archived', 'the active network is archived when it is the last');

-- ---------- whoever writes past the routines ----------

SELECT pg_temp.make_network('test_d', 'blake2s') AS d, pg_temp.make_network('test_e', 'blake2s') AS e \gset
SELECT chimera.enable_network('test_d'), chimera.enable_network('test_e');
-- the SQLSTATE at commit
CREATE FUNCTION pg_temp.state_of(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    name text;
BEGIN
    SET CONSTRAINTS ALL DEFERRED;
    EXECUTE statement;
    SET CONSTRAINTS ALL IMMEDIATE;
    RAISE SQLSTATE '00T00';
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS name = CONSTRAINT_NAME;
    RETURN concat_ws(' ', SQLSTATE, nullif(name, ''));
END;
$$;
SELECT is(pg_temp.state_of(statement), state, what)
FROM (VALUES
    ($$UPDATE chimera.network_configs SET is_active = false WHERE name = 'test_d'$$, '23514 one_active_network', 'an UPDATE cannot leave no active network'),
    ($$UPDATE chimera.network_configs SET is_active = false, is_enabled = false WHERE name = 'test_d'$$, '23514 one_active_network', 'nor by disabling it'),
    ($$UPDATE chimera.network_configs SET algorithm = 'scrypt', is_active = false WHERE name = 'test_d'$$, '23514 one_active_network', 'nor by another algorithm'),
    ($$UPDATE chimera.network_configs SET is_active = false, is_enabled = false WHERE algorithm = 'blake2s';
       INSERT INTO chimera.network_configs (name, display_name, symbol, algorithm, genesis_hash, pool_address, p2pkh_version, is_enabled)
       SELECT 'test_f', 'F', 'F', algorithm, genesis_hash, pool_address, p2pkh_version, true FROM chimera.network_configs WHERE name = 'test_d'$$,
     '23514 one_active_network', 'nor an INSERT'),
    ($$DELETE FROM chimera.network_configs WHERE name = 'test_d'$$, '23514 one_active_network', 'nor a DELETE'),
    ($$UPDATE chimera.network_configs SET is_active = true WHERE name = 'test_e'$$, '23505 network_configs_one_active', 'nor two'),
    ($$UPDATE chimera.network_configs SET is_active = name = 'test_e', is_enabled = name = 'test_e' WHERE name IN ('test_d', 'test_e') AND name = 'test_d';
       UPDATE chimera.network_configs SET is_active = true WHERE name = 'test_e'$$, '00T00', 'one after the other in a transaction is right'),
    ($$UPDATE chimera.network_configs SET is_active = false, is_enabled = false WHERE algorithm = 'blake2s'$$, '00T00', 'and so is all off')) direct (statement, state, what);

-- ---------- the history ----------

SELECT results_eq(format('SELECT DISTINCT who COLLATE "C", acting_user FROM chimera.network_switch_history WHERE history_id > %s', :before_all),
                  'SELECT session_user::text COLLATE "C", NULL::text', 'the history says who was logged in');
SET LOCAL chimera.acting_user = 'alice@example.org';
SELECT chimera.switch_active_network('blake2s', 'test_e', 'as told') AS told \gset
SET LOCAL chimera.acting_user = '';
SELECT chimera.switch_active_network('blake2s', 'test_d', 'by myself') AS myself \gset
SELECT results_eq(format('SELECT acting_user FROM chimera.network_switch_history WHERE history_id IN (%s, %s) ORDER BY history_id', :told, :myself),
                  $$ VALUES ('alice@example.org'), (NULL) $$, 'and for whom that one acted');
SELECT ok(happened_at BETWEEN now() AND clock_timestamp(), 'and when') FROM chimera.network_switch_history WHERE history_id = :myself;
SELECT throws_ok(statement, '55000', 'cannot change rows of append-only table chimera.network_switch_history', split_part(statement, ' ', 1) || ' is refused')
FROM unnest(ARRAY['UPDATE chimera.network_switch_history SET reason = reason', 'DELETE FROM chimera.network_switch_history WHERE false',
                  'TRUNCATE chimera.network_switch_history']) statement;
SET LOCAL session_replication_role = replica;
SELECT throws_ok('DELETE FROM chimera.network_switch_history', '55000', NULL, 'also where triggers don''t fire otherwise');
RESET session_replication_role;

SELECT * FROM finish();
ROLLBACK;
