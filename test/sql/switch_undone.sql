-- switch_undone.sql: a switch that other means have taken back is not undone again.
BEGIN;
\ir begin.psql
SELECT plan(5);

-- a pool's own networks don't matter here
UPDATE chimera.network_configs SET is_active = false, is_enabled = false WHERE algorithm = 'blake2s';
SET CONSTRAINTS ALL IMMEDIATE;
SET CONSTRAINTS ALL DEFERRED;
SELECT pg_temp.make_network('test_a', 'blake2s'), pg_temp.make_network('test_b', 'blake2s'), pg_temp.make_network('test_c', 'blake2s') \g /dev/null
CREATE FUNCTION pg_temp.active() RETURNS text LANGUAGE sql AS $$
    SELECT n.name FROM chimera.network_configs n WHERE n.algorithm = 'blake2s' AND n.is_active
$$;
SELECT chimera.enable_network(n) FROM unnest('{test_a,test_b,test_c}'::text[]) n \g /dev/null
SELECT chimera.switch_active_network('blake2s', 'test_b', 'second'),
       chimera.switch_active_network('blake2s', 'test_c', 'third') \g /dev/null
SELECT is(pg_temp.active(), 'test_c', 'the last one is active');

-- by hand, as a restored configuration or a repair does it: the second switch began where the pool is now
UPDATE chimera.network_configs SET is_active = false WHERE name = 'test_c';
UPDATE chimera.network_configs SET is_active = true WHERE name = 'test_b';
SET CONSTRAINTS ALL IMMEDIATE;
SET CONSTRAINTS ALL DEFERRED;
SELECT chimera.rollback_switch('back') \g /dev/null
SELECT is(pg_temp.active(), 'test_a', 'what is rolled back is the last switch that leads elsewhere');
SELECT is((SELECT u.network_name FROM chimera.network_switch_history h JOIN chimera.network_switch_history u ON u.history_id = h.undoes
           ORDER BY h.history_id DESC LIMIT 1), 'test_b', 'the history says which');
SELECT is((SELECT result FROM chimera.network_switch_history ORDER BY history_id DESC LIMIT 1), 'active', 'and what came of it');
-- with no network enabled none is active
SELECT chimera.switch_active_network('blake2s', 'test_c', 'once more') \g /dev/null
UPDATE chimera.network_configs SET is_active = false, is_enabled = false WHERE algorithm = 'blake2s';
SET CONSTRAINTS ALL IMMEDIATE;
SET CONSTRAINTS ALL DEFERRED;
SELECT chimera.rollback_switch('back') \g /dev/null
SELECT is(pg_temp.active(), 'test_a', 'a rollback enables the network that was active before');
SELECT * FROM finish();
ROLLBACK;
