-- checks.sql: tables that people write to say in words what they refuse.
BEGIN;
\ir begin.psql
SELECT plan(9);

CREATE TEMP VIEW worded AS
    SELECT t.tgrelid AS relid FROM pg_trigger t WHERE t.tgname = 'violations_in_words';
SELECT set_eq('SELECT relid::regclass::text FROM worded', '{chimera.network_configs,chimera.network_nodes,chimera.network_credentials,chimera.listeners}'::text[],
              'settings of networks, nodes and listeners do');
SELECT is_empty($$ SELECT c.conrelid::regclass, c.conname FROM pg_constraint c JOIN worded w ON w.relid = c.conrelid
                   WHERE c.contype = 'c' AND coalesce(obj_description(c.oid, 'pg_constraint'), '') !~ '^[a-z]([^A-Z]|IP)*[^.]$' $$,
                'each of their constraints has its words, as a message has them');
SELECT is_empty($$ SELECT c.conname, count(*) FROM pg_constraint c JOIN worded w ON w.relid = c.conrelid
                   WHERE c.contype = 'c' AND c.conname ~ '_check[0-9]*$' AND cardinality(c.conkey) <> 1 GROUP BY 1 $$,
                'one about several columns has a name of its own');
-- whichever trigger comes later could change the row again
SELECT is_empty($$ SELECT t.tgrelid::regclass, t.tgname FROM pg_trigger t JOIN worded w ON w.relid = t.tgrelid
                   WHERE (t.tgtype & 2) = 2 AND (t.tgtype & 1) = 1 AND t.tgname > 'violations_in_words' $$, 'it is the last to see a row');

SELECT pg_temp.make_network('test_checks') AS network \gset
SELECT throws_ok($$ UPDATE chimera.network_configs SET min_difficulty = 2 WHERE name = 'test_checks' $$, '23514',
                 'start_difficulty must be from min_difficulty to max_difficulty', 'also to who writes directly');
SELECT throws_ok($$ UPDATE chimera.network_configs SET symbol = NULL WHERE name = 'test_checks' $$, '23502', 'symbol must not be null', 'of what is not there too');
SELECT throws_ok($$ INSERT INTO chimera.listeners (port, address) VALUES (NULL, '::') $$, '23502', 'port must not be null', 'before what it breaks besides');
SELECT throws_ok($$ INSERT INTO chimera.listeners (port, algorithm) VALUES (65536, 'scrypt') $$, '23514', 'port must be from 1 to 65535', 'of listeners likewise');
SELECT lives_ok($$ UPDATE chimera.network_configs SET min_difficulty = 2, start_difficulty = 3 WHERE name = 'test_checks' $$, 'what is right passes');

SELECT * FROM finish();
ROLLBACK;
