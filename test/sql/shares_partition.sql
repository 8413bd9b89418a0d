-- shares_partition.sql: shares are in the partition of their network and day (UTC).
BEGIN;
\ir begin.psql
SELECT plan(30);
\ir work.psql

SELECT pg_temp.make_network('test_parts') AS network, pg_temp.make_network('test_parts_too') AS other,
       pg_temp.make_miner('test_alice') AS alice, to_char(now() AT TIME ZONE 'UTC', 'YYYYMMDD') AS today,
       to_char((now() + interval '1 day') AT TIME ZONE 'UTC', 'YYYYMMDD') AS tomorrow,
       to_char((now() + interval '5 days') AT TIME ZONE 'UTC', 'YYYYMMDD') AS later \gset
SET LOCAL timezone = 'UTC';

-- making them
SELECT throws_ok($$ SELECT chimera.make_share_partitions('00000000-0000-0000-0000-000000000000', '2030-01-01', '2030-01-01') $$,
                 'P0002', NULL, 'make_share_partitions refuses an unknown network');
SELECT is(chimera.make_share_partitions(:'network', '2030-02-27', '2030-03-02'), 4, 'it makes one for each day of a range');
SELECT is(chimera.make_share_partitions(:'network', '2030-02-27', '2030-03-03'), 1, 'it makes those that are missing');
SELECT is(chimera.make_share_partitions(:'network', '2030-02-27', '2030-03-03'), 0, 'it makes none twice');
SELECT is(chimera.make_share_partitions(:'network', '2030-03-02', '2030-03-01'), 0, 'an empty range needs none');
SET LOCAL timezone = 'Pacific/Auckland';
SELECT is(chimera.make_share_partitions(:'network', '2031-06-01', '2031-06-01'), 1, 'in another time zone');
SET LOCAL timezone = 'UTC';
SELECT is(pg_get_expr(relpartbound, oid),
          'FOR VALUES FROM (''2031-06-01 00:00:00+00'') TO (''2031-06-02 00:00:00+00'')', 'a day is a day of UTC')
FROM pg_class WHERE oid = 'chimera.shares_test_parts_20310601'::regclass;
SELECT is(pg_get_expr(relpartbound, oid), format('FOR VALUES IN (%L)', :'network'), 'a network''s partition takes its id alone')
FROM pg_class WHERE oid = 'chimera.shares_test_parts'::regclass;
SELECT is_empty($$ SELECT 1 FROM pg_constraint
                   WHERE conrelid = 'chimera.shares_test_parts_20310601'::regclass AND contype = 'c' $$,
                'the constraint that spares the scan is gone once a partition is attached');
SELECT is(array_agg(am.amname), '{brin}', 'a partition has a BRIN index and no other')
FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am am ON am.oid = c.relam
WHERE i.indrelid = 'chimera.shares_test_parts_20310601'::regclass;
SELECT results_eq($$ SELECT r.role, has_table_privilege(r.role, t, 'SELECT'), has_table_privilege(r.role, t, 'INSERT')
                     FROM unnest('{chimera_admin,chimera_reader,chimera_stratum,chimera_web}'::text[]) r (role),
                          unnest('{chimera.shares_test_parts,chimera.shares_test_parts_20310601}'::regclass[]) t ORDER BY r.role, t $$,
                  $$ VALUES ('chimera_admin', true, false), ('chimera_admin', true, false),
                            ('chimera_reader', true, false), ('chimera_reader', true, false),
                            ('chimera_stratum', false, false), ('chimera_stratum', false, false),
                            ('chimera_web', false, false), ('chimera_web', false, false) $$,
                  'who may read the parent may read the partitions');

-- dropping and summarizing them
UPDATE chimera.network_configs SET share_retention = '2 days' WHERE name = 'test_parts';
SELECT to_char((now() - interval '3 days') AT TIME ZONE 'UTC', 'YYYYMMDD') AS old,
       to_char((now() - interval '2 days') AT TIME ZONE 'UTC', 'YYYYMMDD') AS kept \gset
SELECT chimera.make_share_partitions(:'network', :'old', :'kept'), chimera.make_share_partitions(:'other', :'old', :'old');
SELECT chimera.drop_old_shares() AS dropped \gset
SELECT cmp_ok(:dropped, '>=', 1, 'drop_old_shares says that it dropped partitions');
SELECT hasnt_table('chimera', 'shares_test_parts_' || :'old', 'a day that is past its network''s retention is gone');
SELECT has_table('chimera', 'shares_test_parts_' || :'kept', 'a day of which the retention keeps a part stays');
SELECT has_table('chimera', 'shares_test_parts_too_' || :'old', 'another network has a retention of its own');
SELECT is(chimera.drop_old_shares(), 0, 'nothing is dropped twice');
SELECT has_table('chimera', 'shares_test_parts_' || :'today', 'today''s partition stays');
SELECT throws_ok($$ UPDATE chimera.network_configs SET share_retention = '23 hours' WHERE name = 'test_parts' $$, '23514', NULL,
                 'a retention is of a day at least');
SELECT cmp_ok(chimera.summarize_shares(), '>=', 0, 'summarize_shares says how many ranges it summarized');

-- storing in them
\if :is_pool
SELECT pg_temp.make_job(:'network', :hard_nbits) AS job, pg_temp.make_job(:'other', :hard_nbits) AS other_job,
       pg_temp.make_job(:'network', :hard_nbits, false) AS unused \gset
SELECT is(pg_temp.submit(pg_temp.share(:job, :alice, 1), pg_temp.share(:other_job, :alice, 1), pg_temp.share(:job, :alice, 2)),
          '{0,0,0}', 'shares of two networks come in one batch');
SELECT results_eq(format('SELECT job_id, tableoid::regclass FROM chimera.shares WHERE network_id IN (%L, %L) ORDER BY share_id', :'network', :'other'),
    format($$ VALUES (%s::bigint, 'chimera.shares_test_parts_%s'::regclass), (%s, 'chimera.shares_test_parts_too_%2$s'::regclass),
                     (%1$s, 'chimera.shares_test_parts_%2$s'::regclass) $$, :job, :'today', :other_job),
    'each goes to its network''s partition of today');
SELECT is((SELECT count(*) FROM chimera.shares WHERE network_id = :'network' AND submitted_at >= now() - interval '1 hour'), 2::bigint,
          'the index finds them');

CREATE FUNCTION pg_temp.later_job(network uuid, created_at timestamptz) RETURNS bigint LANGUAGE sql AS $$
    INSERT INTO chimera.jobs
    SELECT nextval('chimera.jobs_job_id_seq'), network_id, template_id, algorithm, height, version, prevhash, nbits, curtime,
           mintime, coinbase_value, coinbase_prefix, coinbase_suffix, merkle_branch, has_witness, version_mask, false,
           later_job.created_at
    FROM chimera.jobs WHERE network_id = network ORDER BY job_id LIMIT 1 RETURNING job_id
$$;
SELECT pg_temp.later_job(:'network', now() + interval '5 days') AS later_job \gset
SELECT is(pg_temp.submit(pg_temp.share(:later_job, :alice)), '{0}', 'a share of a day without partition is accepted');
SELECT results_eq(format('SELECT tableoid::regclass::text, submitted_at FROM chimera.shares WHERE job_id = %s AND network_id = %L',
                         :later_job, :'network'),
    format('SELECT %L, created_at FROM chimera.jobs WHERE job_id = %s', 'chimera.shares_test_parts_' || :'later', :later_job),
    'its partition is made, and it is no older than its job');
DELETE FROM chimera.shares WHERE network_id = :'other';
DROP TABLE chimera.shares_test_parts_too;
SELECT is(pg_temp.submit(pg_temp.share(:other_job, :alice, 3)), '{0}', 'a network''s own partition is made as well');
SELECT is(count(*), 1::bigint, 'and takes the share') FROM chimera.shares WHERE network_id = :'other';

-- what is no partition, or would not do
SELECT format('chimera.shares_test_parts_%s', :'today') AS leaf \gset
CREATE TRIGGER refuse BEFORE INSERT ON :leaf FOR EACH ROW EXECUTE FUNCTION chimera.forbid_change();
SELECT throws_ok(format('SELECT pg_temp.submit(pg_temp.share(%s, %s, 4))', :job, :alice), '55000', NULL,
                 'a partition with triggers, which would not fire, is refused');
DROP TRIGGER refuse ON :leaf;
SELECT is(pg_temp.submit(pg_temp.share(:job, :alice, 4)), '{0}', 'without them it is taken again');
ALTER TABLE chimera.shares_test_parts DETACH PARTITION :leaf;
SELECT throws_ok(format('SELECT pg_temp.submit(pg_temp.share(%s, %s, 5))', :job, :alice), '55000', NULL,
                 'a table with the partition''s name that is no partition is refused');
ALTER TABLE chimera.shares_test_parts ATTACH PARTITION :leaf FOR VALUES FROM (:'today') TO (:'tomorrow');
SELECT is(pg_temp.submit(pg_temp.share(:job, :alice, 5)), '{0}', 'attached it is taken again');
\else
SELECT skip('chimera is not preloaded with chimera.database = ' || current_database(), 11);
\endif

SELECT * FROM finish();
ROLLBACK;
