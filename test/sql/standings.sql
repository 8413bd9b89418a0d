-- standings.sql: what the accountant counts ahead is what the views count, and is counted when it is due (sql/stats/standings.sql).
BEGIN;
\ir begin.psql
\ir work.psql
SELECT plan(19);
\ir web.psql

SELECT set_eq($$ SELECT network, "window", miners, accounts FROM chimera.network_standings s JOIN chimera.network_pool_stats p USING (network_id, "window", miners, accounts)
                 WHERE s.seconds = p.seconds AND network LIKE 'test\_web\_%' $$,
              $$ SELECT network, "window", miners, accounts FROM chimera.network_pool_stats
                 WHERE network IN ('test_web_sha', 'test_web_scrypt') AND "window" IN ('15m', '1h', '24h', '7d') $$, 'miners and accounts are those of network_pool_stats');
SELECT set_eq($$ SELECT s."window", s.account_id, s.accepted, s.difficulty, s.miners FROM chimera.account_standings s JOIN chimera.network_configs n USING (network_id) WHERE n.name LIKE 'test\_web\_%' $$,
              $$ SELECT "window", account_id, accepted, difficulty, miners FROM chimera.user_network_stats
                 WHERE network LIKE 'test\_web\_%' AND "window" IN ('15m', '1h', '24h', '7d') AND accepted > 0 $$, 'accounts'' work is that of user_network_stats');
SELECT is_empty($$ SELECT network_id, "window" FROM chimera.account_standings GROUP BY 1, 2
                   HAVING array_agg(rank ORDER BY difficulty DESC, account_id) <> array_agg(rank ORDER BY rank) OR max(rank) <> count(*) $$, 'ranked by it');
SELECT is_empty($$ SELECT 1 FROM chimera.network_standings JOIN chimera.network_configs USING (network_id) WHERE name = 'test_web_hidden' $$, 'a network that is not enabled has none');

-- who moved between networks of an algorithm counts once
SAVEPOINT moved;
SELECT pg_temp.make_network('test_web_second', 'sha256d') AS second \gset
SELECT chimera.enable_network('test_web_second') \g /dev/null
SELECT pg_temp.send(:'second', :rig1, now() - interval '2 minutes', 1, 1) \g /dev/null
CREATE FUNCTION pg_temp.of_pool() RETURNS text LANGUAGE sql AS $$
    SELECT format('%s %s, sha256d %s %s', s -> 'miners', s -> 'accounts', a -> 'miners', a -> 'accounts')
    FROM chimera.web_pool_stats() s, jsonb_array_elements(s -> 'algorithms') a WHERE a ->> 'algorithm' = 'sha256d'
$$;
UPDATE chimera.pool_standings SET taken_at = now() - interval '2 minutes';
SELECT is(pg_temp.of_pool(), (SELECT format('%s %s, sha256d %s %s', count(DISTINCT miner_id) , count(DISTINCT account_id),
              count(DISTINCT miner_id) FILTER (WHERE network_id <> :'scrypt'), count(DISTINCT account_id) FILTER (WHERE network_id <> :'scrypt'))
          FROM sent JOIN chimera.miners USING (miner_id) WHERE submitted_at > date_trunc('minute', now()) - interval '15 minutes'), 'the pool''s miners and accounts are distinct over its networks');
SELECT is(chimera.web_pool_stats('test_web_second') - '{networks,algorithms}'::text[], '{"miners": 1, "accounts": 1}', 'of one network its own');
UPDATE chimera.network_standings SET taken_at = now() - interval '1 hour';
SELECT chimera.refresh_due_standings() \g /dev/null
SELECT is((SELECT count(*) FROM chimera.pool_standings WHERE taken_at = now()), 3::bigint, 'the accountant counts them, by algorithm and all');
UPDATE chimera.pool_standings SET miners = 77 WHERE algorithm = '';
SELECT is(chimera.web_pool_stats() -> 'miners', '77', 'and the API shows what it counted');
UPDATE chimera.pool_standings SET taken_at = now() - interval '2 minutes';
SELECT isnt(chimera.web_pool_stats() -> 'miners', '77', 'while that is new');
ROLLBACK TO moved;

-- only the hundred first are kept
INSERT INTO chimera.accounts (name) SELECT 'test_web_many' || i FROM generate_series(1, 150) i;
INSERT INTO chimera.miners (account_id, name) SELECT account_id, '' FROM chimera.accounts WHERE name LIKE 'test\_web\_many%';
SELECT count(pg_temp.send(:'sha', miner_id, now(), 1, 1e6 + miner_id)) AS sent FROM chimera.miners m JOIN chimera.accounts a USING (account_id) WHERE a.name LIKE 'test\_web\_many%' \gset
SELECT is(chimera.refresh_due_standings(), 0, 'what was just counted is not due');
UPDATE chimera.network_standings SET taken_at = now() - interval '61 seconds' WHERE network_id = :'sha';
SAVEPOINT new_network;
SELECT is(chimera.refresh_due_standings(), 4, 'a minute later all windows of a new network are');
ROLLBACK TO new_network;
UPDATE chimera.network_configs SET created_at = now() - interval '30 days' WHERE name = 'test_web_sha';
SELECT is(chimera.refresh_due_standings(), 2, 'of an old one 15m and 1h, a sixtieth of which has passed');
SELECT is((SELECT (count(*), min(difficulty) > 1e6, max(rank))::text FROM chimera.account_standings WHERE network_id = :'sha' AND "window" = '15m'), '(100,t,100)', 'the first hundred accounts stand there');
SELECT is((SELECT (miners, accounts)::text FROM chimera.network_standings WHERE network_id = :'sha' AND "window" = '15m'), '(152,152)', 'all are counted');
SELECT is((SELECT (miners, accounts)::text FROM chimera.network_standings WHERE network_id = :'sha' AND "window" = '24h'), '(2,2)', 'the longer windows are as they were');
SELECT is(chimera.web_pool_stats('test_web_sha') -> 'networks' -> 0 -> 'miners', '152', 'the API shows what stands there');
UPDATE chimera.network_standings SET taken_at = now() - interval '2 minutes', miners = 7 WHERE network_id = :'sha' AND "window" = '15m';
SELECT is(chimera.web_pool_stats('test_web_sha') -> 'networks' -> 0 -> 'miners', '152', 'and counts itself when that is old');

UPDATE chimera.network_standings SET taken_at = now() - interval '1 day' WHERE network_id = :'scrypt';
SELECT chimera.disable_network('test_web_scrypt') \g /dev/null
DELETE FROM chimera.share_deltas WHERE network_id = :'scrypt';
DELETE FROM chimera.share_rollups_minute WHERE network_id = :'scrypt';
DELETE FROM chimera.share_rollups_hour WHERE network_id = :'scrypt';
DELETE FROM chimera.share_rollups_day WHERE network_id = :'scrypt';
SELECT chimera.refresh_due_standings() \g /dev/null
SELECT is_empty($$ SELECT 1 FROM chimera.account_standings s JOIN chimera.network_configs USING (network_id) WHERE name = 'test_web_scrypt' $$, 'an account that has left is no longer in them');
UPDATE chimera.network_standings SET taken_at = now() - interval '1 day' WHERE network_id = :'scrypt';
SELECT is(chimera.refresh_due_standings(), 0, 'a network without work that is disabled is not counted for ever');

SELECT * FROM finish();
ROLLBACK;
