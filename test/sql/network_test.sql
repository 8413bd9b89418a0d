-- network_test.sql: chimera.test_network, as far as it goes without a node (test/t/network/test_network.pl).
BEGIN;
\ir begin.psql
SELECT plan(8);

SELECT pg_temp.make_network('test_nodes') AS network \gset
CREATE TEMP TABLE found AS SELECT * FROM chimera.test_network('test_nodes');
SELECT results_eq('SELECT check_name FROM found', '{connect,chain,sync,peers,template,wallet,address}'::text[],
                  'a node and its wallet are tested in order');
SELECT is((SELECT count(*) FROM found WHERE ok), 0::bigint, 'nobody answers, so nothing is ok');
-- libcurl 8.14 changed its wording
SELECT matches(message, '^the node cannot be reached: Could(n''t| not) connect to server$', check_name || ' says so')
FROM found WHERE check_name IN ('connect', 'wallet');
SELECT is((SELECT count(*) FROM found WHERE message = 'not tried'), 5::bigint, 'the rest has not been tried');
SELECT is((SELECT count(*) FROM found f JOIN chimera.network_nodes n USING (node_id) WHERE n.network_id = :'network'), 7::bigint,
          'each row names the node');
SELECT throws_ok($$ SELECT chimera.test_network('test_nothing') $$, '42704', NULL, 'an unknown network is an error');
DELETE FROM chimera.network_nodes WHERE network_id = :'network';
SELECT is_empty($$ SELECT chimera.test_network('test_nodes') $$, 'without a node there is nothing to test');

SELECT * FROM finish();
ROLLBACK;
