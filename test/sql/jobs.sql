-- jobs.sql: jobs and templates, and what stratumd reads of them.
BEGIN;
\ir begin.psql
\ir work.psql
SELECT plan(43);

SELECT pg_temp.make_network('test_one') AS one, pg_temp.make_network('test_two') AS two \gset
SELECT pg_temp.make_job(:'one', :hard_nbits) AS old_job, pg_temp.make_job(:'one', :hard_nbits, false) AS new_job,
       pg_temp.make_job(:'two', :hard_nbits) AS disabled_job \gset
SELECT chimera.enable_network('test_one');

-- rows that never change
SELECT throws_ok($$ UPDATE chimera.jobs SET nbits = 1 $$, '55000', NULL, 'a job cannot be changed');
SELECT throws_ok($$ UPDATE chimera.jobs SET nbits = 1 WHERE false $$, '55000', NULL, 'not even none of them');
INSERT INTO chimera.templates (network_id, height, transaction_count, transactions) VALUES (:'one', 1, 0, '');
SELECT throws_ok($$ UPDATE chimera.templates SET height = 2 $$, '55000', NULL, 'a template cannot be changed');
CREATE FUNCTION pg_temp.insert_job(prevhash bytea, merkle_branch bytea) RETURNS void LANGUAGE sql AS $$
    INSERT INTO chimera.jobs
    SELECT nextval('chimera.jobs_job_id_seq'), network_id, 0, algorithm, 1, 1, insert_job.prevhash, 386000000, 1, 1, 1, '', '',
           insert_job.merkle_branch, false, 0, true
    FROM chimera.network_configs WHERE name = 'test_two'
$$;
SELECT throws_ok($$ SELECT pg_temp.insert_job('\x00', '') $$, '23514', NULL, 'a previous hash has 32 bytes');
SELECT throws_ok($$ SELECT pg_temp.insert_job(sha256(''), '\x00') $$, '23514', NULL, 'a merkle branch is of whole hashes');

-- Block 170 of Bitcoin, the first with a payment: its coinbase cut so that 12
-- bytes of it are the extranonces.
\set coinbase '''\\x01000000010000000000000000000000000000000000000000000000000000000000000000ffffffff0704ffff001d0102ffffffff0100f2052a01000000434104d46c4968bde02899d2aa0963367c7a6ce34eec332b32e42e5f3407e052d64ac625da6f0718e7b302140434bd725706957c092db53805b821a85b23a7ac61725bac00000000''::bytea'
INSERT INTO chimera.jobs (job_id, network_id, template_id, algorithm, height, version, prevhash, nbits, curtime, mintime,
    coinbase_value, coinbase_prefix, coinbase_suffix, merkle_branch, has_witness, version_mask, clean_jobs)
VALUES (nextval('chimera.jobs_job_id_seq'), :'two', 0, 'sha256d', 170, 1,
    pg_temp.reverse('\x000000002a22cfee1f2c846adbd12b3e183d4f97683f85dad08a79780a84bd55'), x'1d00ffff'::bigint, 1231731025,
    1231700000, 5000000000, substr(:coinbase, 1, 60), substr(:coinbase, 73),
    pg_temp.reverse('\xf4184fc596403b9d638783cf57adfe4c75c605f6356fbc91338530e9831e9e16'), false, 536862720, true)
RETURNING job_id AS block_170 \gset
SELECT is(chimera.notify_params(j),
    '"0a84bd55d08a7978683f85da183d4f97dbd12b3e1f2c846a2a22cfee00000000",'
    '"01000000010000000000000000000000000000000000000000000000000000000000000000ffffffff0704ffff001d0102ffffffff0100f2052a0100",'
    '"99d2aa0963367c7a6ce34eec332b32e42e5f3407e052d64ac625da6f0718e7b302140434bd725706957c092db53805b821a85b23a7ac61725bac00000000",'
    '["169e1e83e930853391bc6f35f605c6754cfead57cf8387639d3b4096c54f18f4"],'
    '"00000001","1d00ffff","496ab951"',
    'notify_params shows a job as mining.notify does')
FROM chimera.jobs j WHERE job_id = :block_170;
SELECT is(jsonb_array_length(format('[%s]', chimera.notify_params(j))::jsonb), 7, 'notify_params is JSON of seven values')
FROM chimera.jobs j WHERE job_id = :block_170;
SELECT is(format('[%s]', chimera.notify_params(j))::jsonb -> 3,
    jsonb_build_array(encode(sha256('first'), 'hex'), encode(sha256('second'), 'hex'), encode(sha256('third'), 'hex')),
    'notify_params keeps the order of the merkle branch')
FROM chimera.jobs j WHERE job_id = :old_job;
SELECT is(chimera.notify_params(NULL), NULL, 'notify_params of NULL is NULL');

-- what stratumd reads
SELECT results_eq(
    format('SELECT job_id, network_id, clean_jobs, notify_params, version_mask FROM chimera.stratum_job(%s)', :block_170),
    format('SELECT job_id, network_id, true, chimera.notify_params(j), 536862720::bigint FROM chimera.jobs j WHERE job_id = %s',
           :block_170),
    'stratum_job gives a job ready to be sent');
SELECT is_empty('SELECT chimera.stratum_job(0)', 'stratum_job gives no row when there is no such job');
SELECT results_eq(
    format('SELECT job_id, clean_jobs FROM chimera.stratum_jobs() WHERE network_id IN (%L, %L)', :'one', :'two'),
    format('VALUES (%s::bigint, false)', :new_job), 'stratum_jobs gives the newest job of enabled networks alone');

-- renewing a job, for miners whose difficulty was chosen since
CREATE FUNCTION pg_temp.ask(renew boolean) RETURNS SETOF record LANGUAGE sql AS $$
    SELECT m.mark, m.is_renewed FROM chimera.stratum_mark(chimera.network_id('test_one'), renew) m
$$;
INSERT INTO chimera.jobs SELECT r.* FROM chimera.jobs j
CROSS JOIN LATERAL jsonb_populate_record(j, jsonb_build_object('job_id', nextval('chimera.jobs_job_id_seq'),
    'coinbase_prefix', '\x' || repeat('00', 45) || '18' || repeat('11', 12))) r WHERE j.job_id = :new_job
RETURNING job_id AS newest \gset
SELECT results_eq('SELECT * FROM pg_temp.ask(false) t (mark bigint, is_renewed boolean)', format('VALUES (%s::bigint, false)', :newest),
                  'stratum_mark gives the number of the newest job');
SELECT results_eq('SELECT * FROM pg_temp.ask(true) t (mark bigint, is_renewed boolean)', format('VALUES (%s::bigint, false)', :newest),
                  'it renews nothing of a network that nobody has made jobs for');
SELECT chimera.lock_job_making(:'one');
SELECT results_eq('SELECT * FROM pg_temp.ask(true) t (mark bigint, is_renewed boolean)', format('VALUES (%s::bigint, true)', :newest),
                  'it makes the newest job once more, above the mark');
SELECT results_eq('SELECT * FROM pg_temp.ask(true) t (mark bigint, is_renewed boolean)',
                  format('VALUES (%s::bigint, false)', :newest + 1), 'but not twice in a second');
SELECT results_eq(
    format('SELECT job_id, renews, clean_jobs, to_jsonb(j) - %L::text[] FROM chimera.jobs j WHERE job_id = %s',
           '{job_id,renews,coinbase_prefix,created_at}', :newest + 1),
    format('SELECT job_id + 1, job_id, false, to_jsonb(j) - %L::text[] FROM chimera.jobs j WHERE job_id = %s',
           '{job_id,renews,coinbase_prefix,created_at}', :newest),
    'a renewed job is the same');
SELECT ok(substr(r.coinbase_prefix, 1, 46) = substr(j.coinbase_prefix, 1, 46)
          AND substr(r.coinbase_prefix, 47, 4) = substr(int8send(r.job_id), 5)
          AND substr(r.coinbase_prefix, 51) <> substr(j.coinbase_prefix, 51)
          AND length(r.coinbase_prefix) = length(j.coinbase_prefix), 'but for its number and random bytes in the coinbase')
FROM chimera.jobs j JOIN chimera.jobs r ON r.renews = j.job_id WHERE j.job_id = :newest;
SELECT results_eq('SELECT job_id, is_renewal FROM chimera.stratum_jobs() WHERE job_id >= ' || :newest,
                  format('VALUES (%s::bigint, true)', :newest + 1), 'stratumd is told that it is a renewal');
SELECT results_eq(format('SELECT chimera.newest_template_at(%L)', :'one'),
                  format('SELECT created_at FROM chimera.jobs WHERE job_id = %s', :newest),
                  'renewing makes no template newer');
UPDATE chimera.job_makers SET renewed_at = clock_timestamp() + interval '1 hour';
SELECT results_eq('SELECT is_renewed FROM pg_temp.ask(true) t (mark bigint, is_renewed boolean)', 'VALUES (true)',
                  'a clock that was put back stops nothing');
UPDATE chimera.job_makers SET renewed_at = '-infinity';
INSERT INTO chimera.stopped_networks (network_id, reason) VALUES (:'one', 'a test');
SELECT results_eq('SELECT is_renewed FROM pg_temp.ask(true) t (mark bigint, is_renewed boolean)', 'VALUES (false)',
                  'no job is renewed while work is stopped');
DELETE FROM chimera.stopped_networks;
SELECT throws_ok(format('SELECT chimera.renewed_coinbase(coinbase_prefix, 1) FROM chimera.jobs WHERE job_id = %s', :old_job), '22023', NULL,
                 'what is no coinbase of ours is not renewed');
DELETE FROM chimera.jobs WHERE job_id >= :newest;

-- the difficulty that no miner is told more than
SELECT is((SELECT difficulty_cap FROM chimera.stratum_job(:new_job)),
          chimera.difficulty(chimera.target(:hard_nbits), 'sha256d'), 'a job''s cap is the network''s difficulty');
SELECT chimera.update_network('test_one', '{"caps_difficulty": false}') AS edited \gset
SELECT is((SELECT difficulty_cap FROM chimera.stratum_job(:new_job)), NULL, 'a test chain may have none');

-- work that is stopped
CREATE FUNCTION pg_temp.stopped() RETURNS text LANGUAGE sql AS $$
    SELECT reason FROM chimera.stopped_networks JOIN chimera.network_configs USING (network_id) WHERE name = 'test_one'
$$;
\if :is_pool
SELECT chimera.stop_stale_networks() AS others \gset
SELECT is(pg_temp.stopped(), NULL, 'work goes on while the newest job is new');
INSERT INTO chimera.jobs SELECT (jsonb_populate_record(j, jsonb_build_object('job_id', nextval('chimera.jobs_job_id_seq'),
    'created_at', now() - interval '299 seconds'))).* FROM chimera.jobs j WHERE job_id = :new_job;
SELECT chimera.stop_stale_networks() AS others \gset
SELECT is(pg_temp.stopped(), NULL, 'or not older than template_max_age_s');
INSERT INTO chimera.jobs SELECT (jsonb_populate_record(j, jsonb_build_object('job_id', nextval('chimera.jobs_job_id_seq'),
    'created_at', now() - interval '301 seconds'))).* FROM chimera.jobs j WHERE job_id = :new_job;
SELECT is(chimera.stop_stale_networks(), 1, 'when it is, work is stopped');
SELECT is(pg_temp.stopped(), 'no node has given a template for 300 s', 'which is told');
SELECT is(chimera.stop_stale_networks(), 0, 'once');
\else
SELECT skip('needs the pool''s own server', 5);
INSERT INTO chimera.stopped_networks (network_id, reason) VALUES (:'one', 'a test');
\endif
SELECT is_empty(format('SELECT 1 FROM chimera.stratum_jobs() WHERE network_id = %L', :'one'),
                'stratum_jobs gives nothing of a network whose work is stopped');
DELETE FROM chimera.stopped_networks;
SELECT chimera.disable_network('test_one');
SELECT is_empty(format('SELECT 1 FROM chimera.stratum_jobs() WHERE network_id = %L', :'one'),
                'stratum_jobs gives nothing of a network that is disabled');
DELETE FROM chimera.network_configs WHERE name = 'test_one';
SELECT is_empty(format('SELECT 1 FROM chimera.jobs WHERE job_id IN (%s, %s)', :old_job, :new_job),
                'a network''s jobs go with it');

-- extranonces
CREATE TEMP TABLE leases AS SELECT n, chimera.lease_extranonce1(1024) AS values FROM generate_series(1, 50) n;
CREATE TEMP TABLE leased AS
    SELECT n, i, ('x' || encode(substr(values, 4 * i + 1, 4), 'hex'))::bit(32)::bigint AS value
    FROM leases, generate_series(0, 1023) i;
SELECT is((SELECT min(length(values)) = 4096 AND max(length(values)) = 4096 FROM leases), true, 'a lease is of 1024 values of 4 bytes');
SELECT is((SELECT count(DISTINCT value) FROM leased), 50 * 1024::bigint, 'no two extranonce1 values are the same');
SELECT ok((SELECT count(*) FROM leased a JOIN leased b ON b.n = a.n AND b.i = a.i + 1 AND abs(b.value - a.value) < 4294967296 / 2
           ) BETWEEN 50 * 1023 * 0.73 AND 50 * 1023 * 0.77,
          'one says nothing of the next: the distance is that of random numbers');
SAVEPOINT before_lease;
SELECT chimera.lease_extranonce1(1024) AS lost \gset
ROLLBACK TO before_lease;
SELECT isnt(chimera.lease_extranonce1(1024), :'lost'::bytea, 'a lease rolled back is not given again');
SELECT isnt(chimera.extranonce1_values(sha256('a'), 0, 1024), chimera.extranonce1_values(sha256('b'), 0, 1024),
            'another key, other values');
SELECT throws_ok($$ INSERT INTO chimera.extranonce1_key (key) VALUES (sha256('')) $$, '23505', NULL, 'there is one key');
SELECT throws_ok($$ SELECT chimera.extranonce1_values('short', 0, 1) $$, '22023', NULL, 'a key has 32 bytes');
SELECT throws_ok(format('SELECT chimera.lease_extranonce1(%s)', count), '22023', NULL,
                 'lease_extranonce1 refuses a count of ' || count)
FROM unnest('{1023,0}'::int[]) c (count);
SELECT throws_ok('SELECT chimera.lease_extranonce1(NULL)', '22023', NULL, 'lease_extranonce1 refuses a count of NULL');

SELECT * FROM finish();
ROLLBACK;
