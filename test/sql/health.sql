-- health.sql: what an operator looks at first.
BEGIN;
\ir begin.psql
\if :is_pool
\else
    \echo :skip_file
    \quit
\endif
SELECT plan(50);

-- CREATE EXTENSION may have been a moment ago: the workers come in a second
DO $$
BEGIN
    FOR i IN 1..100 LOOP
        EXIT WHEN (SELECT count(*) FROM chimera.worker_status() WHERE network_id IS NULL AND state = 'ok') = 2;
        PERFORM pg_sleep(0.1);
    END LOOP;
END;
$$;

SELECT columns_are('chimera', 'health', '{subject,name,part,ok,message,since,last_success}',
                   'health tells subject, name, part, ok, message, since and last_success');
SELECT set_eq($$ SELECT part FROM chimera.health WHERE subject = 'server' $$, '{launcher,accountant,share set,durability}'::text[],
              'the server has a row for each part');
SELECT is(count(*), 4::bigint, 'and one only') FROM chimera.health WHERE subject = 'server';
SELECT is((SELECT count(*) FROM chimera.health WHERE subject = 'server' AND name <> current_database()), 0::bigint,
          'they carry the database''s name');
SELECT is(ok, true, part || ' is ok') FROM chimera.health WHERE subject = 'server' ORDER BY part;
SELECT is(message, 'ok', 'a worker that works says so') FROM chimera.health WHERE part = 'launcher';
SELECT ok(last_success <= clock_timestamp() AND since <= last_success, 'and when it last did')
FROM chimera.health WHERE part = 'accountant';
SELECT matches(message, '^\d+ of \d+ shares of live jobs$', 'the share set says how full it is')
FROM chimera.health WHERE part = 'share set';

-- networks
SELECT pg_temp.make_network('test_health') AS network \gset
SELECT is_empty($$ SELECT 1 FROM chimera.health WHERE name = 'test_health' $$, 'a network not enabled has no row');
SELECT chimera.enable_network('test_health');
SELECT set_eq($$ SELECT format('%s %s %s %s', subject, part, ok, message) FROM chimera.health WHERE name = 'test_health' AND part <> 'rewards' $$,
              '{network template f no background worker is running,network block f no background worker is running}'::text[],
              'an enabled network whose workers are not there is not ok');
SELECT matches(message, '^no reward scheme is set', 'one that credits nobody says so') FROM chimera.health WHERE name = 'test_health' AND part = 'rewards' AND ok;
SAVEPOINT no_work;
INSERT INTO chimera.share_deltas (network_id, submitted_at, counts) VALUES (:'network', now(), '');
SELECT is(ok, false, 'which is not well once somebody has worked for nothing') FROM chimera.health WHERE name = 'test_health' AND part = 'rewards';
ROLLBACK TO no_work;
INSERT INTO chimera.network_rollups_minute VALUES (:'network', now(), 1, 0, 0, 0, 0, 1);
SELECT is(ok, false, 'later too') FROM chimera.health WHERE name = 'test_health' AND part = 'rewards';
UPDATE chimera.network_rollups_minute SET accepted = 0, stale = 1 WHERE network_id = :'network';
SELECT is(ok, true, 'but not when nothing was accepted') FROM chimera.health WHERE name = 'test_health' AND part = 'rewards';
UPDATE chimera.network_rollups_minute SET accepted = 1 WHERE network_id = :'network';
SELECT chimera.disable_network('test_health') \g /dev/null
SELECT is(ok, false, 'nor does it end with the network') FROM chimera.health WHERE name = 'test_health' AND part = 'rewards';
ROLLBACK TO no_work;
SELECT chimera.set_reward_scheme('test_health', 'prop') \g /dev/null
SELECT is_empty($$ SELECT 1 FROM chimera.health WHERE name = 'test_health' AND part = 'rewards' $$, 'and no more when it has a scheme');
INSERT INTO chimera.stopped_networks VALUES (:'network', '2026-01-02 03:04:05.6+00', 'no templates');
SET LOCAL timezone = 'UTC';
SELECT is(message, 'no jobs since 2026-01-02 03:04:05+00: no templates; no background worker is running', 'it is told when its work is stopped')
FROM chimera.health WHERE name = 'test_health' AND part = 'template';
SET LOCAL datestyle = 'German, DMY';
SELECT is(message, 'no jobs since 2026-01-02 03:04:05+00: no templates; no background worker is running', 'in whatever style the session has its dates')
FROM chimera.health WHERE name = 'test_health' AND part = 'template';
RESET datestyle;
SELECT is(message, 'no background worker is running', 'which is not the block worker''s matter')
FROM chimera.health WHERE name = 'test_health' AND part = 'block';

SELECT pg_temp.make_miner('test_health') AS miner \gset
INSERT INTO chimera.blocks (network_id, height, hash, job_id, account_id, miner_id, reward_sats, network_difficulty, share_difficulty,
                            ledger_problem)
SELECT :'network', 7, sha256('block'), 1, m.account_id, m.miner_id, 1000, 1, 2, 'its shares are gone'
FROM chimera.miners m WHERE m.miner_id = :miner;
SELECT matches(message, '^blocks that could not be posted: 1; block \d+: its shares are gone$', 'a block that could not be credited is told of')
FROM chimera.health WHERE name = 'test_health' AND part = 'ledger' AND NOT ok;

-- found blocks
SELECT is_empty($$ SELECT 1 FROM chimera.health WHERE name = 'test_health' AND part = 'blocks' $$, 'a block found just now is about to be sent');
UPDATE chimera.blocks SET found_at = clock_timestamp() - interval '6 seconds', submit_result = 'the node cannot be reached' WHERE network_id = :'network';
SELECT matches(message, '^blocks that no node has accepted: 1; block \d+, found at [-0-9 :+]+: the node cannot be reached$', 'one that is not is told of, with the reason')
FROM chimera.health WHERE name = 'test_health' AND part = 'blocks' AND NOT ok;
UPDATE chimera.blocks SET status = 'submitted' WHERE network_id = :'network';
SELECT is_empty($$ SELECT 1 FROM chimera.health WHERE name = 'test_health' AND part = 'blocks' $$, 'one that is with a node is not');

INSERT INTO chimera.payout_batches (network_id, state, fee_payer, raw, txid, fee_sats, held_at, held_by, note)
VALUES (:'network', 'sent', 'pool', '\x00', repeat('ab', 32), 1, now(), 'payer', 'a part of it is paid') RETURNING batch_id AS held \gset
SELECT is(message, format('batch %s is held by payer: a part of it is paid; no background worker is running', :held), 'a held batch is told of with its reason')
FROM chimera.health WHERE name = 'test_health' AND part = 'payer' AND NOT ok;
UPDATE chimera.payout_batches
SET state = 'failed', failed_at = '2026-01-02', held_at = NULL, held_by = NULL, problem = 'was given back, and yet', problem_since = now()
WHERE batch_id = :held;
SELECT is(message, format('batch %s was given back, and yet; no background worker is running', :held), 'and one that was given back and is in the chain')
FROM chimera.health WHERE name = 'test_health' AND part = 'payer' AND NOT ok;

-- stratumd
SELECT gen_random_uuid() AS server, gen_random_uuid() AS successor, gen_random_uuid() AS other, chimera.add_listener(4001, network => 'test_health') AS listener \gset
CREATE FUNCTION pg_temp.part(part text) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(format('%s %s', h.ok, h.message), '; ') FROM chimera.health h WHERE h.part = $1
$$;
SELECT chimera.stratum_hello(:'server') \g /dev/null
SELECT is(pg_temp.part('stratumd'), NULL, 'a stratumd that is there has no row');
SELECT chimera.stratum_report_listeners(:'server', ARRAY[:listener], '{Address already in use}');
SELECT is(pg_temp.part('listener'), 'f stratumd could not listen on 0.0.0.0 port 4001: Address already in use', 'a port that cannot be opened is told of');
SELECT chimera.stratum_report_listeners(:'server', ARRAY[:listener, 0], '{Permission denied,x}');
SELECT is(pg_temp.part('listener'), 'f stratumd could not listen on 0.0.0.0 port 4001: Permission denied', 'with the newest reason, and no port that is not there');
SAVEPOINT opened;
SELECT chimera.stratum_report_listeners(:'server', '{}', '{}');
SELECT is(pg_temp.part('listener'), NULL, 'until it is open');
ROLLBACK TO opened;
UPDATE chimera.stratum_servers SET backend_start = backend_start - interval '1 s' WHERE server_id = :'server';
SELECT chimera.end_dead_servers() \g /dev/null
SELECT matches(pg_temp.part('stratumd'), '^f lost connection to stratumd; .*' || :'server', 'one that ended without a word is told of');
SELECT is(pg_temp.part('listener'), NULL, 'and its ports no more');
SAVEPOINT gone;
SELECT chimera.stratum_hello(:'server') \g /dev/null
SELECT is(pg_temp.part('stratumd'), NULL, 'until it is back');
ROLLBACK TO gone;
SELECT chimera.stratum_hello(:'successor') \g /dev/null
SELECT is(pg_temp.part('stratumd'), NULL, 'or another one from the same place has taken over');
ROLLBACK TO gone;
UPDATE chimera.stratum_servers SET client = '192.0.2.1';
SELECT chimera.stratum_hello(:'other') \g /dev/null
SELECT matches(pg_temp.part('stratumd'), 'lost connection to stratumd at 192.0.2.1', 'but not one from elsewhere');
SELECT is(chimera.forget_stratum_server(:'other'), false, 'one that is there is not forgotten');
SELECT is(chimera.forget_stratum_server(:'server'), true, 'one that is gone is');
SELECT is(pg_temp.part('stratumd'), NULL, 'and told of no more');
SELECT chimera.stratum_goodbye(:'other');
SELECT chimera.end_dead_servers() \g /dev/null
SELECT is(pg_temp.part('stratumd'), NULL, 'one that says goodbye is not missed');

-- durability
CREATE FUNCTION pg_temp.durability() RETURNS text LANGUAGE sql AS $$
    SELECT CASE WHEN ok THEN 'ok: ' ELSE 'not ok: ' END || message FROM chimera.health WHERE part = 'durability'
$$;
SELECT is(pg_temp.durability(), 'ok: ok', 'durability is ok with synchronous_commit = on');
SET LOCAL synchronous_commit = 'off';
SELECT is(pg_temp.durability(), 'not ok: acknowledged shares may be lost: synchronous_commit = off',
          'it is not with synchronous_commit = off');
SET LOCAL synchronous_commit = local;
SELECT matches(pg_temp.durability(), '^not ok: .*synchronous_commit = local', 'nor with local');
SET LOCAL synchronous_commit = remote_apply;
SELECT is(pg_temp.durability(), 'ok: ok', 'remote_apply is more than on');
SET LOCAL synchronous_commit = on;
SAVEPOINT before_role;
ALTER ROLE chimera_stratum SET synchronous_commit = off;
SELECT is(pg_temp.durability(), 'not ok: acknowledged shares may be lost: synchronous_commit = off for role chimera_stratum',
          'it is not when a role has set it off');
ROLLBACK TO before_role;
ALTER ROLE chimera_stratum SET synchronous_commit = 'False';
SELECT matches(pg_temp.durability(), '^not ok: .*False for role chimera_stratum', 'nor when a role has set it false, which is the same');
ROLLBACK TO before_role;
SELECT format('ALTER DATABASE %I SET synchronous_commit = off', current_database()) \gexec
SELECT is(pg_temp.durability(), 'not ok: acknowledged shares may be lost: synchronous_commit = off for database ' || current_database(),
          'nor when the database has');
ROLLBACK TO before_role;
ALTER DATABASE template1 SET synchronous_commit = off;
SELECT is(pg_temp.durability(), 'ok: ok', 'another database''s setting does not matter');
ROLLBACK TO before_role;
ALTER ROLE chimera_stratum SET synchronous_commit = remote_write;
SELECT is(pg_temp.durability(), 'ok: ok', 'nor does a role''s that is safe');

SELECT * FROM finish();
ROLLBACK;
