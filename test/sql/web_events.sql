-- web_events.sql: notifications about blocks and changes of networks on channel chimera_events, and their content (sql/web/events.sql).
--
-- A notification is sent at commit, so this file commits its changes and undoes
-- them at the end. psql writes notifications to the file of \o, from which the
-- shell extracts the payloads.
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
SELECT plan(24);
\set file `mktemp`
\setenv file :file
SELECT pg_temp.make_network('test_events') AS network, pg_temp.make_miner('test_events') AS miner \gset
LISTEN chimera_events;

\o :file
BEGIN;
INSERT INTO chimera.blocks (network_id, height, hash, job_id, account_id, miner_id, reward_sats, network_difficulty, share_difficulty)
SELECT :'network', 1, sha256('events'), 1, account_id, miner_id, 50, 1, 2 FROM chimera.miners WHERE miner_id = :miner RETURNING block_id AS block \gset
COMMIT;
\o
\set heard `grep -o '{"event.*}' "$file" || :`
SELECT is(:'heard'::jsonb, jsonb_build_object('event', 'block', 'id', :block), 'a block found causes a notification with only its id');

\o :file
UPDATE chimera.blocks SET submit_attempts = 1, confirmations = 1 WHERE block_id = :block;
UPDATE chimera.blocks SET status = 'found' WHERE block_id = :block;
\o
\set heard `grep -o '{"event.*}' "$file" || :`
SELECT is(:'heard'::text, '', 'an update without a new status causes no notification');

\o :file
UPDATE chimera.blocks SET status = 'accepted' WHERE block_id = :block;
\o
\set heard `grep -o '{"event.*}' "$file" || :`
SELECT is(:'heard'::jsonb, jsonb_build_object('event', 'block', 'id', :block), 'a new status causes one');

\o :file
BEGIN;
UPDATE chimera.blocks SET status = 'orphaned' WHERE block_id = :block;
ROLLBACK;
SELECT 1;
\o
\set heard `grep -o '{"event.*}' "$file" || :`
SELECT is(:'heard'::text, '', 'a change that is rolled back causes none');

\o :file
SELECT chimera.enable_network('test_events') AS change \gset
\o
\set heard `grep -o '{"event.*}' "$file" || :`
SELECT is(:'heard'::jsonb, jsonb_build_object('event', 'network', 'id', :change), 'enabling a network causes a notification');

\o :file
INSERT INTO chimera.share_deltas (network_id, submitted_at, counts)
VALUES (:'network', now(), int4send(:miner) || '\x1e'::bytea || '\x0000000000000000');
\o
\set heard `grep -o '{"event.*}' "$file" || :`
SELECT is(:'heard'::text, '', 'shares cause no notifications');

UNLISTEN chimera_events;
SELECT chimera.disable_network('test_events') \g /dev/null

-- ---------- content ----------

BEGIN;
SET LOCAL timezone = 'Asia/Kolkata';
CREATE FUNCTION pg_temp.keys(o jsonb) RETURNS text LANGUAGE sql AS $$ SELECT string_agg(k, ' ' ORDER BY k) FROM jsonb_object_keys(o) k $$;
SELECT chimera.web_event('block', :block) AS told \gset
SELECT is(pg_temp.keys(:'told'), 'data event network network_id', 'an event has all members');
SELECT is(:'told'::jsonb - 'data', jsonb_build_object('event', 'block', 'network_id', :'network', 'network', 'test_events'), 'it names its network');
SELECT is(:'told'::jsonb -> 'data', chimera.web_blocks('test_events') -> 'items' -> 0, 'a block is as in the list of blocks');
SELECT matches(:'told'::jsonb -> 'data' ->> 'found_at', '\+00:00$', 'in UTC');
SELECT is(chimera.web_event('block', 0), NULL, 'a block that is gone is nothing');
SELECT chimera.enable_network('test_events') AS enabled, pg_temp.make_network('test_events_b') AS other \gset
SELECT chimera.enable_network('test_events_b') \g /dev/null
SELECT name AS first_active FROM chimera.network_configs WHERE is_active AND algorithm = 'sha256d' \gset
SELECT chimera.switch_active_network('sha256d', 'test_events_b', 'a secret reason') AS switch \gset
SELECT chimera.web_event('switch', :switch) AS told \gset
SELECT is(pg_temp.keys(:'told'::jsonb -> 'data'), 'algorithm at from_network kind switch_id to_network', 'a switch has all members, without user and reason');
SELECT is(:'told'::jsonb - '{data,network_id}'::text[] || (:'told'::jsonb -> 'data') - 'at', jsonb_build_object('event', 'switch', 'network', 'test_events_b',
          'switch_id', :'switch', 'kind', 'switch', 'algorithm', 'sha256d', 'from_network', :'first_active', 'to_network', 'test_events_b'), 'a switch names both networks');
SELECT is(chimera.web_event('switch', :enabled), NULL, 'a change that is not a switch is NULL as a switch');
SELECT chimera.rollback_switch('back') AS back \gset
SELECT is(chimera.web_event('switch', :back) -> 'data' -> 'kind', '"rollback"', 'a rollback is one');
SELECT is(chimera.web_event('network', :enabled) -> 'data', chimera.web_pool_stats('test_events') -> 'networks' -> 0, 'a network is shown with its current state');
SELECT is(chimera.web_event('network', :enabled) -> 'data' -> 'is_enabled', 'true', 'enabling a network is an event');
SELECT pg_temp.make_network('test_events_hidden') \g /dev/null
SELECT is((SELECT chimera.web_event('network', history_id) FROM chimera.network_switch_history WHERE network_name = 'test_events_hidden'), NULL, 'a network in preparation is not public');
SELECT throws_ok(format('SELECT chimera.web_event(%L, 1)', what), '22023', format('event "%s" does not exist', what), 'other events do not exist: ' || what) FROM unnest('{share,"",BLOCK}'::text[]) what;
SELECT is(count(*), 2::bigint, 'one trigger each fires for a block, and none for a share')
FROM pg_trigger WHERE tgrelid = 'chimera.blocks'::regclass AND tgfoid = 'chimera.notify_event'::regproc;
SELECT is_empty($$ SELECT tgname FROM pg_trigger WHERE tgrelid IN (SELECT 'chimera.shares'::regclass UNION SELECT relid FROM pg_partition_tree('chimera.shares') UNION SELECT 'chimera.share_deltas'::regclass) $$, 'the tables of the share path have no such triggers');
SELECT is_empty($$ SELECT tgname FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid WHERE p.proname = 'notify_event' AND tgtype::int & 1 = 0 $$, 'all are row triggers');
SELECT * FROM finish();
ROLLBACK;

DELETE FROM chimera.share_deltas WHERE network_id = :'network';
DELETE FROM chimera.blocks WHERE network_id = :'network';
DELETE FROM chimera.network_configs WHERE name = 'test_events';
DELETE FROM chimera.share_rollups_minute WHERE network_id = :'network';
DELETE FROM chimera.miners m USING chimera.accounts a WHERE m.account_id = a.account_id AND a.name = 'test_events';
DELETE FROM chimera.accounts WHERE name = 'test_events';
\set removed `rm "$file"`
