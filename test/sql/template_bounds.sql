-- template_bounds.sql: what a template may claim, by the job of a day before, and what operators let it claim.
BEGIN;
\ir begin.psql
SELECT plan(48);

SELECT pg_temp.make_network('test_bounds') AS network, pg_temp.make_network('test_other') AS other \gset
CREATE FUNCTION pg_temp.bits(difficulty float8) RETURNS bigint LANGUAGE sql AS $$ SELECT chimera.nbits(chimera.share_target(difficulty, 'sha256d')) $$;
-- jobs as the template worker stores them; difficulties are sha256d's
CREATE FUNCTION pg_temp.job(network uuid, difficulty float8, subsidy bigint, age interval, fees bigint DEFAULT 7) RETURNS bigint LANGUAGE sql AS $$
    INSERT INTO chimera.jobs (job_id, network_id, template_id, algorithm, height, version, prevhash, nbits, curtime, mintime,
        coinbase_value, coinbase_prefix, coinbase_suffix, merkle_branch, has_witness, version_mask, clean_jobs, created_at, fees)
    VALUES (nextval('chimera.jobs_job_id_seq'), network, 0, 'sha256d', 7, 1, sha256('tip'), pg_temp.bits(difficulty), 0, 0,
        subsidy + coalesce(fees, 0), '', '', '', false, 0, true, now() - age, fees)
    RETURNING job_id
$$;
-- what is wrong with a template, in a word
CREATE FUNCTION pg_temp.problem(difficulty float8, subsidy bigint, fees bigint DEFAULT 3, name text DEFAULT 'test_bounds') RETURNS text LANGUAGE sql AS $$
    SELECT coalesce(substring(p FROM '(subsidy|difficulty|easier|fees)'), p)
    FROM chimera.template_problem(chimera.network_id(name), pg_temp.bits(difficulty), subsidy + coalesce(fees, 0), fees) p
$$;

SELECT is(pg_temp.problem(1e-6, 9000000000000000000), NULL, 'the first template is taken as it is');
SELECT is(pg_temp.problem(2e19, 5000), 'difficulty', 'but for a difficulty that can''t be reckoned with');
SELECT throws_ok(format('SELECT pg_temp.job(%L, 2e19, 5000, ''0'')', :'network'), '23514', NULL, 'of which there can be no job');
SELECT chimera.update_network('test_bounds', '{"easiest_nbits": 486604799}') \gset
SELECT is(pg_temp.problem(d, 5000), problem, d || ' beside the chain''s limit of 1') FROM (VALUES (1, NULL), (0.99, 'easier')) v (d, problem);
SELECT chimera.update_network('test_bounds', '{"easiest_nbits": null}') \gset

-- ---------- against the first job, and that of a day before ----------

SELECT pg_temp.job(:'network', 1000, 5000, '1 hour') AS first \gset
SELECT is(pg_temp.problem(d, subsidy), problem, format('difficulty %s and subsidy %s after 1000 and 5000', d, subsidy))
FROM (VALUES (1000, 5000, NULL), (250.1, 5000, NULL), (249.9, 5000, 'difficulty'), (1e9, 5000, NULL), (1000, 5001, 'subsidy'),
             (1000, 2500, NULL), (1000, 0, NULL)) v (d, subsidy, problem);
SELECT is(pg_temp.problem(1000, 5000, 1000000), NULL, 'fees may be any: they pay shares up to the subsidy only');
SELECT is(pg_temp.problem(1e-6, 1000000, name => 'test_other'), NULL, 'another network''s jobs are its own');

-- a liar takes one step at a time: the yardstick is a day old
SELECT pg_temp.job(:'network', 300, 5000, '59 minutes'), pg_temp.job(:'network', 251, 2500, '58 minutes') \gset
SELECT is(pg_temp.problem(249.9, 2500), 'difficulty', 'many small steps are no large one');
SELECT is(pg_temp.problem(300, 5000), NULL, 'what was so in the last day may come back, as after a reorganisation');
SELECT pg_temp.job(:'network', 400, 4000, '23 hours 59 minutes'), pg_temp.job(:'network', 500, 6000, '1 day 1 minute'),
       pg_temp.job(:'network', 8000, 9999, '1 day 2 minutes') \gset
SELECT is(pg_temp.problem(d, subsidy), problem, format('difficulty %s and subsidy %s a day after 500 and 6000', d, subsidy))
FROM (VALUES (125.1, 6000, NULL), (124.9, 6000, 'difficulty'), (500, 6001, 'subsidy')) v (d, subsidy, problem);
-- one whose fees are not known tells nothing of the subsidy
SELECT pg_temp.job(:'network', 1, 99999, '1 day', fees => NULL) \gset
SELECT is(pg_temp.problem(d, subsidy), problem, 'a job without fees is no yardstick') FROM (VALUES (125.1, 6000, NULL), (124.9, 6001, 'difficulty')) v (d, subsidy, problem);

DELETE FROM chimera.jobs WHERE network_id = :'network';
SELECT pg_temp.job(:'network', 1000, 99999, '2 hours', fees => NULL), pg_temp.job(:'network', 1000, 5000, '1 hour') \gset
SELECT is(pg_temp.problem(1000, 5001), 'subsidy', 'not even where it is the first');
SELECT matches(chimera.template_problem(:'network', pg_temp.bits(1000), 5008, 7), 'a subsidy of 5001, above the maximum of 5000 ', 'which subsidy is claimed is told');

-- a pool that was off for some days
DELETE FROM chimera.jobs WHERE network_id = :'network';
SELECT pg_temp.job(:'network', 1000, 5000, '3 days 1 hour') \gset
SELECT is(pg_temp.problem(d, 5000), problem, 'three days later: ' || d) FROM (VALUES (15.7, NULL), (15.5, 'difficulty')) v (d, problem);
SELECT is(pg_temp.problem(1000, 5001), 'subsidy', 'a subsidy does not rise by waiting');
DELETE FROM chimera.jobs WHERE network_id = :'network';
SELECT pg_temp.job(:'network', 1000, 5000, '2 days') AS older, pg_temp.job(:'network', 1000, 5000, '1 day 23 hours') \gset
SELECT is(pg_temp.problem(d, 5000), problem, 'days that are not over do not count: ' || d) FROM (VALUES (250.1, NULL), (249.9, 'difficulty')) v (d, problem);

-- ---------- what the network's rules are ----------

SELECT chimera.update_network('test_bounds', '{"difficulty_drop_max": 16, "subsidy_rise_max": 1.5}') \gset
SELECT is(pg_temp.problem(d, subsidy), problem, format('16 and 1.5: %s, %s', d, subsidy))
FROM (VALUES (62.6, 7500, NULL), (62.4, 5000, 'difficulty'), (1000, 7501, 'subsidy')) v (d, subsidy, problem);
SELECT chimera.update_network('test_bounds', '{"difficulty_drop_max": null}') \gset
SELECT is(pg_temp.problem(1e-6, 5000), NULL, 'a test network''s difficulty may fall to the least');
SELECT is(pg_temp.problem(1e-6, 7501), 'subsidy', 'its subsidy may not rise');
SELECT chimera.update_network('test_bounds', '{"subsidy_rise_max": null}') \gset
SELECT is(pg_temp.problem(1e-6, 7501), NULL, 'on a private one it may, too');
SELECT chimera.update_network('test_bounds', '{"difficulty_drop_max": 4, "subsidy_rise_max": 1}') \gset

-- ---------- what an operator accepts ----------

SELECT throws_ok(format('SELECT chimera.accept_template(%s)', arguments), state, NULL, 'does not accept ' || what)
FROM (VALUES ('''test_bounds'', '' '', 5001', '22023', 'without a reason'), ('''test_bounds'', ''x''', '22023', 'nothing'),
             ('''test_nowhere'', ''x'', 1', '42704', 'for an unknown network'), ('''test_bounds'', ''x'', 0', '23514', 'a subsidy of nothing')) v (arguments, state, what);
SELECT chimera.accept_template('test_bounds', 'the fork of today', 8000, 10) AS acceptance \gset
SELECT chimera.accept_template('test_bounds', 'and no harder', difficulty => 100) AS another \gset
SELECT is(pg_temp.problem(d, subsidy), problem, format('accepted 8000 and 10: %s, %s', subsidy, d))
FROM (VALUES (10.1, 8000, NULL), (9.9, 8000, 'difficulty'), (1000, 8001, 'subsidy')) v (d, subsidy, problem);
SELECT results_eq(format('SELECT subsidy_sats, difficulty, reason, accepted_by FROM chimera.accepted_templates WHERE acceptance_id = %s', :acceptance),
    format('VALUES (8000::bigint, 10::float8, ''the fork of today'', %L)', chimera.actor()), 'who accepted it is in the history');
SELECT throws_ok('UPDATE chimera.accepted_templates SET reason = ''x''', '55000', NULL, 'which never changes');
INSERT INTO chimera.accepted_templates (network_id, subsidy_sats, reason, accepted_at) VALUES (:'network', 20000, 'long ago', now() - interval '2 days 1 minute');
SELECT is(pg_temp.problem(1000, 8001), 'subsidy', 'after two days it holds no more');

-- ---------- fees ----------

SELECT is(pg_temp.problem(1000, 5000, NULL), NULL, 'a template may not tell its fees');
SELECT chimera.set_reward_scheme('test_bounds', 'pplns'), chimera.set_reward_scheme('test_other', 'pps') \gset
SELECT is(pg_temp.problem(1000, 5000, NULL), NULL, 'where the scheme does without them');
SELECT is(pg_temp.problem(1000, 5000, NULL, 'test_other'), 'fees', 'but not under PPS');
SELECT chimera.set_reward_scheme('test_bounds', 'slice') \gset
SELECT is(pg_temp.problem(1000, 5000, NULL), 'fees', 'nor where the next scheme needs them');

SELECT * FROM finish();
ROLLBACK;
