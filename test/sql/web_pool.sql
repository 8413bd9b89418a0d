-- web_pool.sql: the pool and its networks in the REST API (sql/web/api.sql, sql/web/pool.sql).
BEGIN;
\ir begin.psql
\ir work.psql
SELECT plan(92);

-- ---------- an empty pool ----------

SAVEPOINT empty;
UPDATE chimera.network_configs SET archived_at = now(), is_active = false, is_enabled = false;
SELECT is(chimera.web_pool_stats(), '{"miners": 0, "accounts": 0, "algorithms": [], "networks": []}'::jsonb, 'a pool without networks has empty stats');
SELECT is(chimera.web_hashrate() - 'series', '{"range": "24h", "step_s": 600}'::jsonb, 'and a hashrate without series');
SELECT is(chimera.web_networks(), '{"items": []}'::jsonb, 'no networks');
SELECT is(chimera.web_active_networks(), '{"items": []}'::jsonb, 'no active ones');
SELECT is(chimera.web_top_miners(), '{"range": "24h", "items": []}'::jsonb, 'no miners');
ROLLBACK TO empty;

\ir web.psql
-- times do not depend on the time zone, even during a change to or from daylight saving time
SET LOCAL timezone = 'America/St_Johns';
SELECT chimera.add_listener(23333, network => 'test_web_sha', start_difficulty => 1e-6) AS own,
       chimera.add_listener(23334, algorithm => 'sha256d', tls => true, min_difficulty => 16, address => '127.0.0.2') AS shared,
       chimera.add_listener(23334, algorithm => 'sha256d', address => '127.0.0.1') AS again,
       chimera.add_listener(23335, network => 'test_web_scrypt') AS other \gset

CREATE FUNCTION pg_temp.keys(o jsonb) RETURNS text LANGUAGE sql AS $$ SELECT string_agg(k, ' ' ORDER BY k) FROM jsonb_object_keys(o) k $$;
CREATE FUNCTION pg_temp.of(list jsonb, name text) RETURNS jsonb LANGUAGE sql AS $$
    SELECT e FROM jsonb_array_elements(list) e WHERE e ->> 'network' = name
$$;

-- ---------- /pool/stats ----------

SELECT chimera.web_pool_stats() AS stats \gset
SELECT pg_temp.of(:'stats'::jsonb -> 'networks', 'test_web_sha') AS sha_stats \gset
SELECT is(pg_temp.keys(:'stats'), 'accounts algorithms miners networks', 'stats have algorithms and networks');
SELECT is(pg_temp.keys(:'sha_stats'), 'accounts algorithm blocks_24h children confirmations_needed display_name fee_percent hashrate_hs height icon is_active is_enabled last_block_at last_block_height miners minimum_payout_sats network network_difficulty network_hashrate_hs network_id parents payout_interval_s reward_scheme round_effort seconds_to_block shares_24h symbol',
          'a network has all of its figures');
SELECT is(pg_temp.of(:'stats'::jsonb -> 'networks', 'test_web_hidden'), NULL, 'a network in preparation is not shown');
SELECT is(:'sha_stats'::jsonb -> 'shares_24h', (SELECT jsonb_build_object('accepted', sum(accepted), 'stale', count(*), 'duplicate', 2 * count(*),
              'low_difficulty', 3 * count(*), 'invalid', 4 * count(*)) FROM sent WHERE network_id = :'sha'), 'shares_24h matches the submitted shares');
SELECT is((SELECT jsonb_build_object('hashrate_hs', hashrate_hs, 'miners', miners, 'accounts', accounts, 'last_block_at', last_block_at) FROM chimera.network_stats WHERE network = 'test_web_sha'),
          (SELECT jsonb_object_agg(k, :'sha_stats'::jsonb -> k) || jsonb_build_object('last_block_at', (:'sha_stats'::jsonb ->> 'last_block_at')::timestamptz)
           FROM unnest('{hashrate_hs,miners,accounts}'::text[]) k), 'the rest is what chimera.network_stats says');
SELECT matches(:'sha_stats'::jsonb ->> 'last_block_at', '^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?\+00:00$', 'times are ISO 8601, in UTC');
SELECT is(:'sha_stats'::jsonb -> 'minimum_payout_sats', '"100000"'::jsonb, 'amounts are strings');
SELECT is((:'sha_stats'::jsonb -> 'reward_scheme', :'sha_stats'::jsonb -> 'fee_percent', :'sha_stats'::jsonb -> 'blocks_24h')::text, '("""prop""",1.5,24)', 'scheme, fee and blocks of a day are shown');
SELECT is((SELECT round(((:'sha_stats'::jsonb -> 'seconds_to_block')::float8 * hashrate_hs / chimera.expected_hashes(network_difficulty, 'sha256d'))::numeric, 9)
           FROM chimera.network_stats WHERE network = 'test_web_sha'), 1.000000000, 'seconds_to_block follows from hashrate and difficulty');
SELECT is(pg_temp.of(:'stats'::jsonb -> 'networks', 'test_web_scrypt') -> k, 'null', 'without job and scheme ' || k || ' is null')
FROM unnest('{height,network_difficulty,network_hashrate_hs,round_effort,seconds_to_block,fee_percent,reward_scheme,payout_interval_s}'::text[]) k;
SELECT is((SELECT jsonb_agg(e ->> 'algorithm') FROM jsonb_array_elements(:'stats'::jsonb -> 'algorithms') e WHERE e ->> 'algorithm' IN ('sha256d', 'scrypt')),
          '["scrypt", "sha256d"]'::jsonb, 'algorithms are separate');
SELECT is((SELECT (e -> 'networks', e -> 'miners', e -> 'accounts')::text FROM jsonb_array_elements(chimera.web_pool_stats('test_web_sha') -> 'algorithms') e), '(1,2,2)', 'a network''s own algorithm counts its miners');
SELECT is(jsonb_array_length(chimera.web_pool_stats(:'sha') -> 'networks'), 1, 'a network is found by its id');
SELECT is(jsonb_array_length(chimera.web_pool_stats('TEST_WEB_SHA') -> 'networks'), 1, 'or its name in upper or lower case');
SELECT ok(chimera.network_hashrate(n, 2) = 2 * 4294967296.0 / 600, 'the chain''s hashrate follows from the preset''s block spacing')
FROM (SELECT (jsonb_populate_record(n, jsonb_build_object('genesis_hash', p.genesis_hash))).* FROM chimera.network_configs n, chimera.network_presets p
      WHERE n.name = 'test_web_sha' AND p.name = 'bitcoin') n;

-- ---------- /pool/stats/hashrate ----------

SELECT is((SELECT jsonb_agg(jsonb_array_length(h -> 'series' -> 0 -> 'points') * 1000000 + (h -> 'step_s')::int ORDER BY place)
           FROM unnest('{1h,6h,12h,24h,3d,7d,30d,90d}'::text[]) WITH ORDINALITY r (range, place), chimera.web_hashrate('test_web_sha', r.range) h),
          '[60000060, 72000300, 144000300, 144000600, 144001800, 168003600, 240010800, 180043200]'::jsonb, 'each range has the expected steps');
SELECT chimera.web_hashrate('test_web_sha') AS curve \gset
SELECT is(pg_temp.keys(:'curve') || ' of ' || pg_temp.keys(:'curve'::jsonb -> 'series' -> 0), 'range series step_s of algorithm network network_id points', 'a curve has all of its parts');
SELECT is((SELECT array_agg((p -> 0)::bigint - lag) FILTER (WHERE (p -> 0)::bigint - lag <> 600) FROM (SELECT p, lag((p -> 0)::bigint) OVER () AS lag
           FROM jsonb_array_elements(:'curve'::jsonb -> 'series' -> 0 -> 'points') p) q), NULL, 'all steps are listed, oldest first');
SELECT is((SELECT (sum((p -> 2)::bigint), sum((p -> 3)::bigint))::text FROM jsonb_array_elements(:'curve'::jsonb -> 'series' -> 0 -> 'points') p WHERE p -> 2 <> 'null'),
          (SELECT (sum(accepted), 10 * count(*))::text FROM sent WHERE network_id = :'sha'), 'the points match the submitted shares');
SELECT is((SELECT bool_and((p -> 1 = 'null') = (to_timestamp((p -> 0)::bigint + 600) <= (SELECT min(date_trunc('minute', submitted_at)) FROM sent WHERE network_id = :'sha')))
           FROM jsonb_array_elements(:'curve'::jsonb -> 'series' -> 0 -> 'points') p), true, 'points are null before the network''s start and never afterwards');
SELECT date_trunc('day', now(), 'UTC') - interval '10 days' AS day \gset
UPDATE chimera.network_configs SET created_at = :'day'::timestamptz + interval '15 hours' WHERE name = 'test_web_hidden';
INSERT INTO chimera.share_rollups_day (network_id, day, miner_id, accepted, stale, duplicate, low_difficulty, invalid, difficulty)
VALUES (:'hidden', :'day', :rig1, 1, 0, 0, 0, 0, 1);
SELECT is(chimera.network_started_at(:'hidden'), :'day'::timestamptz + interval '15 hours', 'a network was not there in the hours before it on its first day');
UPDATE chimera.share_rollups_day SET day = day - interval '24 hours' WHERE network_id = :'hidden';
SELECT is(chimera.network_started_at(:'hidden'), :'day'::timestamptz - interval '24 hours', 'except on days of adopted history');
DELETE FROM chimera.share_rollups_day WHERE network_id = :'hidden';
SELECT ok(EXISTS (SELECT FROM jsonb_array_elements(:'curve'::jsonb -> 'series' -> 0 -> 'points') p WHERE p -> 1 = '0'), 'without shares it is 0');
SELECT set_has($$ SELECT e ->> 'network' FROM jsonb_array_elements(chimera.web_hashrate() -> 'series') e $$, $$ VALUES ('test_web_scrypt'), ('test_web_sha') $$, 'without a network, each has a series');
UPDATE chimera.network_configs SET created_at = now() - interval '3 years' WHERE name = 'test_web_sha';
SELECT is((SELECT (h -> 'step_s', jsonb_array_length(h -> 'series' -> 0 -> 'points') BETWEEN 60 AND 300, h -> 'series' -> 0 -> 'points' -> 1 -> 1)::text FROM chimera.web_hashrate('test_web_sha', 'all') h),
          '(604800,t,0)', '"all" goes back to the network''s begin in steps of weeks, if need be');

-- ---------- /pool/blocks ----------

CREATE FUNCTION pg_temp.pages(call text) RETURNS SETOF jsonb LANGUAGE plpgsql AS $$
DECLARE
    cursor text;
    page jsonb;
BEGIN
    LOOP
        EXECUTE format(call, cursor) INTO page;
        RETURN QUERY SELECT * FROM jsonb_array_elements(page -> 'items');
        cursor := page ->> 'next';
        EXIT WHEN cursor IS NULL;
    END LOOP;
END;
$$;
SELECT chimera.web_blocks('test_web_sha', "limit" => 1) -> 'items' -> 0 AS block \gset
SELECT is(pg_temp.keys(:'block'), 'block_id confirmations confirmations_needed effort explorer_url finder found_at hash height is_private network network_difficulty network_id reward_sats status symbol', 'a block has all of its figures');
SELECT is((:'block'::jsonb -> 'height', :'block'::jsonb -> 'reward_sats', :'block'::jsonb -> 'finder', :'block'::jsonb -> 'effort')::text,
          '(130,"""9007199254740993""","""test_web_alice""",null)', 'blocks are listed newest first, with exact rewards, and without effort if the round is not recorded');
SELECT is(:'block'::jsonb ->> 'explorer_url', 'https://explorer.test/block/' || encode(sha256('sha30'), 'hex') || '/130', 'it links to the explorer');
SELECT is(chimera.web_blocks('test_web_scrypt') -> 'items' -> 0 -> 'explorer_url', 'null', 'null without an explorer');
SELECT is((SELECT jsonb_agg((b -> 'height')::int) FROM pg_temp.pages($$ SELECT chimera.web_blocks('test_web_sha', before => %L, "limit" => 7) $$) b),
          (SELECT jsonb_agg(i ORDER BY i DESC) FROM generate_series(101, 130) i), 'the pages contain each block once');
SELECT is((SELECT jsonb_agg((b -> 'height')::int) FROM pg_temp.pages($$ SELECT chimera.web_blocks('test_web_sha', 'orphaned', %L, 3) $$) b), '[130, 125, 120, 115, 110, 105]'::jsonb,
          'and those of a status, with a full last page');
SELECT is((SELECT count(*) FROM pg_temp.pages($$ SELECT chimera.web_blocks(before => %L, "limit" => 10) $$) b WHERE b ->> 'network' LIKE 'test\_web\_%'), 33::bigint, 'of all networks too');
SELECT is(chimera.web_blocks('test_web_sha', before => 0), '{"items": [], "next": null}'::jsonb, 'after the last page no blocks follow');
SELECT is(jsonb_array_length(chimera.web_blocks('test_web_sha') -> 'items'), 25, 'a page has 25 items by default');
INSERT INTO chimera.block_rounds (block_id, network_id, ended_at, difficulty) VALUES (:last_block, :'sha', now(), 250);
SELECT is(chimera.web_blocks('test_web_sha') -> 'items' -> 0 -> 'effort', '0.25', 'effort is the round''s work divided by the difficulty');

-- ---------- /pool/top-miners ----------

SELECT chimera.web_top_miners('test_web_sha') -> 'items' AS top \gset
SELECT is(pg_temp.keys(:'top'::jsonb -> 0), 'accepted account algorithm difficulty hashrate_hs miners network network_id rank', 'a top miner has all members');
SELECT is((SELECT jsonb_agg(jsonb_build_array(t -> 'rank', t -> 'account', t -> 'accepted', t -> 'difficulty', t -> 'miners')) FROM jsonb_array_elements(:'top') t),
          (SELECT jsonb_agg(jsonb_build_array(rank, name, accepted, difficulty, 1) ORDER BY rank)
           FROM (SELECT row_number() OVER (ORDER BY sum(s.difficulty) DESC) AS rank, a.name, sum(s.accepted) AS accepted, sum(s.difficulty) AS difficulty
                 FROM sent s JOIN chimera.miners m USING (miner_id) JOIN chimera.accounts a USING (account_id) WHERE s.network_id = :'sha' GROUP BY a.name) r),
          'they are ranked by work, matching a recount');
SELECT is(jsonb_array_length(chimera.web_top_miners('test_web_sha', "limit" => 1) -> 'items'), 1, 'the limit applies');
SELECT is((SELECT jsonb_agg(t -> 'rank') FROM jsonb_array_elements(chimera.web_top_miners() -> 'items') t WHERE t ->> 'network' LIKE 'test\_web\_%'), '[1, 1, 2]'::jsonb, 'each network has its own ranks');

-- ---------- private accounts ----------

SAVEPOINT private;
INSERT INTO chimera.web_users (account_id, password_hash) VALUES (:alice, '$argon2id$');
SELECT is((SELECT jsonb_agg(DISTINCT jsonb_build_array(b -> 'finder', b -> 'is_private')) FROM jsonb_array_elements(chimera.web_blocks('test_web_sha') -> 'items') b),
          jsonb_build_array(jsonb_build_array(NULL, true), jsonb_build_array(:'address', false)), 'a private account''s blocks don''t name it');
SELECT is((SELECT jsonb_agg(t -> 'account') FROM jsonb_array_elements(chimera.web_top_miners('test_web_sha') -> 'items') t), jsonb_build_array(NULL, :'address'), 'nor does its rank');
SELECT unalike(concat(chimera.web_pool_stats(), chimera.web_hashrate(), chimera.web_blocks("limit" => 100), chimera.web_top_miners(), chimera.web_networks(), chimera.web_health()),
              '%alice%', 'nothing does');
ROLLBACK TO private;

-- ---------- /networks ----------

SELECT is((SELECT pg_temp.keys(n) FROM pg_temp.of(chimera.web_networks() -> 'items', 'test_web_sha') n),
          'accounts algorithm children confirmations_needed display_name explorer_address_url explorer_block_url fee_percent hashrate_hs height icon is_active is_enabled last_block_at last_block_height miners minimum_payout_sats network network_difficulty network_hashrate_hs network_id parents payout_interval_s ports reward_scheme round_effort seconds_to_block symbol',
          'a network has all of its parts');
SELECT is(chimera.web_network('test_web_sha'), pg_temp.of(chimera.web_networks() -> 'items', 'test_web_sha'), 'a network is the same as in the list');
SELECT is((chimera.web_network('test_web_sha') -> 'ports', chimera.web_network('test_web_scrypt') -> 'ports')::text, '("[23333, 23334]",[23335])', 'each network has its ports');
SELECT is(pg_temp.of(chimera.web_networks() -> 'items', 'test_web_hidden'), NULL, 'a network in preparation is not listed');
SELECT is((SELECT pg_temp.keys(a) || ' ' || (a ->> 'algorithm') FROM pg_temp.of(chimera.web_active_networks() -> 'items', 'test_web_scrypt') a), 'algorithm display_name network network_id since symbol scrypt', 'active networks are listed by algorithm');
SELECT is((pg_temp.of(chimera.web_active_networks() -> 'items', 'test_web_scrypt') ->> 'since')::timestamptz,
          (SELECT happened_at FROM chimera.network_switch_history WHERE network_name = 'test_web_scrypt' AND kind = 'enable'), 'since the switch to it');
SELECT chimera.web_connect('test_web_sha') AS connect \gset
SELECT is(pg_temp.keys(:'connect'), 'address_example algorithm listeners network network_id password_options symbol', 'the connect page has all members');
SELECT is(:'connect'::jsonb -> 'listeners',
          '[{"host": null, "port": 23333, "tls": false, "is_own": true, "is_serving_now": true, "start_difficulty": 0.001, "min_difficulty": 0.001, "max_difficulty": 1000000000000},
            {"host": null, "port": 23334, "tls": true, "is_own": false, "is_serving_now": true, "start_difficulty": 16, "min_difficulty": 16, "max_difficulty": 1000000000000}]'::jsonb,
          'each port is listed once, with stratumd''s difficulties');
SELECT results_eq($$ SELECT (l -> 'port')::int, (l -> 'start_difficulty')::float8, (l -> 'min_difficulty')::float8, (l -> 'max_difficulty')::float8 FROM jsonb_array_elements(chimera.web_connect('test_web_sha') -> 'listeners') l $$,
                  $$ SELECT DISTINCT ON (port) port, start_difficulty, min_difficulty, max_difficulty FROM chimera.stratum_listeners() WHERE port IN (23333, 23334) ORDER BY port, listener_id $$, 'indeed');
SELECT is((:'connect'::jsonb -> 'password_options', :'connect'::jsonb -> 'address_example')::text, '("[""x"", ""d=1"", ""c=tst""]","""bc1q...""")', 'with the password options and an example of an address');
SELECT chimera.disable_network('test_web_scrypt') \g /dev/null
SELECT is(chimera.web_connect('test_web_scrypt') -> 'listeners' -> 0 -> 'is_serving_now', 'false', 'a port of a network that is disabled serves nothing now');
SELECT isnt(pg_temp.of(chimera.web_networks() -> 'items', 'test_web_scrypt'), NULL, 'a disabled network that was mined is listed');
SELECT chimera.archive_network('test_web_scrypt', 'over', true) \g /dev/null
SELECT is(pg_temp.of(chimera.web_networks() -> 'items', 'test_web_scrypt'), NULL, 'but not when archived');
SELECT is(jsonb_array_length(chimera.web_blocks('test_web_scrypt') -> 'items'), 3, 'its blocks are still public');
SELECT is(chimera.web_check_address('test_web_sha', :'address'), '{"is_valid": true, "type": "p2pkh", "error": null}'::jsonb, 'a right address');
SELECT is(chimera.web_check_address('test_web_sha', :'address' || 'x') - 'error', '{"is_valid": false, "type": null}'::jsonb, 'a wrong one');
SELECT isnt(chimera.web_check_address('test_web_sha', '') ->> 'error', NULL, 'with the error');

-- ---------- /health ----------

SELECT is(pg_temp.keys(chimera.web_health()), 'networks ok', 'health has all members');
SELECT is(pg_temp.of(chimera.web_health() -> 'networks', 'test_web_sha'), CASE WHEN :'is_pool' THEN '{"network": "test_web_sha", "ok": false}'::jsonb END, 'a network without workers is not well, and nothing says why');

-- ---------- errors ----------

SELECT throws_ok(format('SELECT chimera.web_%s', call), state, message, format('web_%s: %s', call, message))
FROM (VALUES ('pool_stats(''nowhere'')', '42704', 'network "nowhere" does not exist'), ('hashrate(''nowhere'')', '42704', 'network "nowhere" does not exist'),
             ('hashrate(range => ''2d'')', '22023', 'range "2d" does not exist'), ('blocks(''nowhere'')', '42704', 'network "nowhere" does not exist'),
             ('blocks(status => ''lost'')', '22023', 'block status "lost" does not exist'), ('blocks("limit" => 0)', '22023', 'limit must be from 1 to 100, not 0'),
             ('blocks("limit" => 101)', '22023', 'limit must be from 1 to 100, not 101'), ('blocks(before => ''x'')', '22P02', NULL),
             ('top_miners(''nowhere'')', '42704', 'network "nowhere" does not exist'), ('top_miners(range => ''30d'')', '22023', 'invalid range "30d"'),
             ('network(''nowhere'')', '42704', 'network "nowhere" does not exist'), ('network(''test_web_hidden'')', '42704', 'network "test_web_hidden" does not exist'),
             ('network(''test_web_scrypt'')', '42704', 'network "test_web_scrypt" does not exist'), ('connect(''nowhere'')', '42704', 'network "nowhere" does not exist'),
             ('check_address(''nowhere'', ''x'')', '42704', 'network "nowhere" does not exist'), ('check_address(''test_web_sha'', NULL)', '22004', 'address must not be null')) t (call, state, message);

-- ---------- when miners are counted ----------

CREATE FUNCTION pg_temp.due_after(after_s int, age interval) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    UPDATE chimera.network_standings SET taken_at = now() - after_s * interval '1 second';
    UPDATE chimera.network_configs SET created_at = now() - age WHERE name = 'test_web_sha';
    PERFORM chimera.refresh_due_standings();
    RETURN (SELECT string_agg(s."window", ' ' ORDER BY w.length) FROM chimera.network_standings s JOIN chimera.stat_windows w USING ("window")
            JOIN chimera.network_configs n USING (network_id) WHERE n.name = 'test_web_sha' AND s.taken_at = now());
END;
$$;
SELECT is(pg_temp.due_after(16, '3 years'), '15m', 'a window is recounted when a sixtieth of it has passed');
SELECT is(pg_temp.due_after(16, '10 minutes'), '15m 1h 24h 7d', 'a new network is recounted after a sixtieth of its age');
SELECT is(pg_temp.due_after(14, '1 minute'), NULL, 'but not continuously');

SELECT * FROM finish();
ROLLBACK;
