-- jobs.sql: jobs and templates, and what stratumd reads of them.
BEGIN;
\ir begin.psql
\ir work.psql
SELECT plan(26);

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

-- work that is stopped
CREATE FUNCTION pg_temp.stopped() RETURNS text LANGUAGE sql AS $$
    SELECT reason FROM chimera.network_work JOIN chimera.network_configs USING (network_id) WHERE name = 'test_one'
$$;
\if :is_pool
SELECT chimera.stop_stale_work() AS others \gset
SELECT is(pg_temp.stopped(), NULL, 'work goes on while the newest job is new');
INSERT INTO chimera.jobs SELECT (jsonb_populate_record(j, jsonb_build_object('job_id', nextval('chimera.jobs_job_id_seq'),
    'created_at', now() - interval '299 seconds'))).* FROM chimera.jobs j WHERE job_id = :new_job;
SELECT chimera.stop_stale_work() AS others \gset
SELECT is(pg_temp.stopped(), NULL, 'or not older than template_max_age_s');
INSERT INTO chimera.jobs SELECT (jsonb_populate_record(j, jsonb_build_object('job_id', nextval('chimera.jobs_job_id_seq'),
    'created_at', now() - interval '301 seconds'))).* FROM chimera.jobs j WHERE job_id = :new_job;
SELECT is(chimera.stop_stale_work(), 1, 'when it is, work is stopped');
SELECT is(pg_temp.stopped(), 'no node has given a template for 300 s', 'which is told');
SELECT is(chimera.stop_stale_work(), 0, 'once');
\else
SELECT skip('needs the pool''s own server', 5);
INSERT INTO chimera.network_work (network_id, reason) VALUES (:'one', 'a test');
\endif
SELECT is_empty(format('SELECT 1 FROM chimera.stratum_jobs() WHERE network_id = %L', :'one'),
                'stratum_jobs gives nothing of a network whose work is stopped');
DELETE FROM chimera.network_work;
SELECT chimera.disable_network('test_one');
SELECT is_empty(format('SELECT 1 FROM chimera.stratum_jobs() WHERE network_id = %L', :'one'),
                'stratum_jobs gives nothing of a network that is disabled');
DELETE FROM chimera.network_configs WHERE name = 'test_one';
SELECT is_empty(format('SELECT 1 FROM chimera.jobs WHERE job_id IN (%s, %s)', :old_job, :new_job),
                'a network''s jobs go with it');

-- extranonces
CREATE TEMP TABLE leases AS SELECT chimera.lease_extranonce1(1024) AS first FROM generate_series(1, 500);
SELECT is((SELECT count(DISTINCT first) FROM leases), 500::bigint, 'no two leases of extranonce1 are the same');
SELECT is((SELECT count(*) FROM leases WHERE first % 1024 <> 0 OR first NOT BETWEEN 0 AND 4294967295 - 1023), 0::bigint,
          'every lease is a whole chunk within 32 bits');
SAVEPOINT before_lease;
SELECT chimera.lease_extranonce1(1024) AS lost \gset
ROLLBACK TO before_lease;
SELECT isnt(chimera.lease_extranonce1(1024), :lost::bigint, 'a lease rolled back is not given again');
SELECT throws_ok(format('SELECT chimera.lease_extranonce1(%s)', count), '22023', NULL,
                 'lease_extranonce1 refuses a count of ' || count)
FROM unnest('{1023,0}'::int[]) c (count);
SELECT throws_ok('SELECT chimera.lease_extranonce1(NULL)', '22023', NULL, 'lease_extranonce1 refuses a count of NULL');

SELECT * FROM finish();
ROLLBACK;
