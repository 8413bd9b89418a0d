-- merged_rounds.sql: the round of a child's block is the work that carried it.
BEGIN;
\ir begin.psql
\ir rewards.psql
SELECT plan(3);
SELECT pg_temp.make_miner('test_a') AS a, pg_temp.make_reward_network('test_parent') AS parent, pg_temp.make_reward_network('test_child') AS child \gset
SELECT chimera.merge_network('test_child', 'test_parent') \g /dev/null
SELECT pg_temp.add_job(:'child') AS child_job, pg_temp.add_job(:'parent') AS plain, nextval('chimera.carried_jobs_tree_id_seq') AS tree,
       date_trunc('hour', now()) - interval '3 hours' AS t \gset
INSERT INTO chimera.carried_jobs (tree_id, network_id, job_id, slot, branch) VALUES (:tree, :'child', :child_job, 0, '');
INSERT INTO chimera.jobs SELECT (jsonb_populate_record(j, jsonb_build_object('job_id', :plain + 1000, 'tree_id', :tree))).* FROM chimera.jobs j WHERE j.job_id = :plain;
SELECT pg_temp.add_share(:'parent', 4096 + n, :'t'::timestamptz + n * interval '10 minutes', :a, n, CASE WHEN n % 2 = 0 THEN :plain ELSE :plain + 1000 END)
FROM generate_series(1, 9) n \g /dev/null
SELECT pg_temp.add_block(:'child', 4099, :'t'::timestamptz + interval '30 minutes', :a, 100, 1, :child_job),
       pg_temp.add_block(:'child', 4105, :'t'::timestamptz + interval '90 minutes', :a, 100, 1, :child_job) \g /dev/null
-- its share has that difficulty
UPDATE chimera.blocks SET share_difficulty = 1 WHERE network_id = :'child';
SELECT is(chimera.record_rounds(network_id => :'child'), 2, 'two rounds are recorded');
SELECT is(array_agg(round_difficulty ORDER BY found_at), '{4,21}'::float8[], 'of the shares whose job carried the child: 1 + 3, and 5 + 7 + 9')
FROM chimera.block_luck WHERE network_id = :'child';
SELECT is(chimera.round_work(:'child'), 0::float8, 'and nothing since');
SELECT * FROM finish();
ROLLBACK;
