-- notifications.sql: who changes a network or a listener wakes every stratumd.
--
-- A notification goes out at commit, so this file commits what it does and
-- takes it back at the end. psql writes what it hears where \o says; the shell
-- counts it.
SELECT count(*) = 2 AS is_installed FROM pg_extension WHERE extname IN ('chimera', 'pgtap') \gset
\if :is_installed
\else
    \echo 1..0 # SKIP commits, so it needs chimera and pgtap in this database beforehand
    \quit
\endif

BEGIN;
\ir begin.psql
COMMIT;
SET client_min_messages = warning;
SET search_path = public, pg_catalog;
SELECT plan(11);
\set file `mktemp`
LISTEN chimera_listeners;
LISTEN chimera_bans;

\o :file
SELECT pg_temp.make_network('test_notify');
\o
\set heard `grep -c '"chimera_listeners"' :'file' || :`
SELECT is(:heard, 1, 'a new network is told of, once a transaction');

\o :file
UPDATE chimera.network_configs SET start_difficulty = 2 WHERE name = 'test_notify';
\o
\set heard `grep -c '"chimera_listeners"' :'file' || :`
SELECT is(:heard, 1, 'a changed network is told of');

\o :file
SELECT chimera.enable_network('test_notify');
SELECT chimera.disable_network('test_notify');
\o
\set heard `grep -c '"chimera_listeners"' :'file' || :`
SELECT is(:heard, 2, 'an enabled and a disabled network are told of');

\o :file
SELECT chimera.add_listener(4001, network => 'test_notify', address => '127.0.0.1') AS listener \gset
\o
\set heard `grep -c '"chimera_listeners"' :'file' || :`
SELECT is(:heard, 1, 'a new listener is told of');

\o :file
SELECT chimera.remove_listener(:listener);
\o
\set heard `grep -c '"chimera_listeners"' :'file' || :`
SELECT is(:heard, 1, 'a closed listener is told of');

\o :file
BEGIN;
UPDATE chimera.network_configs SET start_difficulty = 3 WHERE name = 'test_notify';
ROLLBACK;
SELECT 1;
\o
\set heard `grep -c '"chimera_listeners"' :'file' || :`
SELECT is(:heard, 0, 'a change that is rolled back is not told of');

\o :file
SELECT pg_temp.make_miner('test_notify');
\o
\set heard `grep -c '"chimera_listeners"' :'file' || :`
SELECT is(:heard, 0, 'a new miner is nothing to tell of');

\o :file
DELETE FROM chimera.network_configs WHERE name = 'test_notify';
\o
\set heard `grep -c '"chimera_listeners"' :'file' || :`
SELECT is(:heard, 1, 'a removed network is told of');

\o :file
SELECT chimera.ban_address('192.0.2.77', 'test');
SELECT chimera.lift_ban('192.0.2.77');
\o
\set heard `grep -c '"chimera_bans"' :'file' || :`
SELECT is(:heard, 2, 'a ban and its end are told of');

\o :file
DELETE FROM chimera.bans WHERE address = '192.0.2.77';
SELECT 1;
\o
\set heard `grep -c '"chimera_bans"' :'file' || :`
SELECT is(:heard, 0, 'one that is dropped is not');

\o :file
SELECT chimera.set_connection_limit('ban_seconds', 500);
SELECT chimera.set_connection_limit('ban_seconds', NULL);
\o
\set heard `grep -c '"chimera_bans"' :'file' || :`
SELECT is(:heard, 2, 'a changed limit is told of');

DELETE FROM chimera.miners m USING chimera.accounts a WHERE m.account_id = a.account_id AND a.name = 'test_notify';
DELETE FROM chimera.accounts WHERE name = 'test_notify';
DROP TABLE chimera.shares_test_notify;
\set removed `rm :'file'`
SELECT * FROM finish();
