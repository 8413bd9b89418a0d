-- web_metrics.sql: the metrics are in Prometheus' format and have the right values (sql/web/metrics.sql).
BEGIN;
\ir begin.psql
\ir work.psql
SELECT plan(25);
\ir web.psql
SET LOCAL timezone = 'America/St_Johns';

CREATE FUNCTION pg_temp.lines() RETURNS TABLE (number bigint, line text) LANGUAGE sql AS $$
    SELECT number, line FROM regexp_split_to_table(chimera.web_metrics(), '\n') WITH ORDINALITY l (line, number)
$$;
CREATE FUNCTION pg_temp.value(sample text) RETURNS numeric LANGUAGE sql AS $$
    SELECT replace(line, sample || ' ', '')::numeric FROM pg_temp.lines() WHERE starts_with(line, sample || ' ')
$$;

-- ---------- the format ----------

CREATE TEMP TABLE page AS SELECT * FROM pg_temp.lines();
SELECT matches((SELECT chimera.web_metrics()), '\n$', 'the text ends with a line feed');
SELECT is_empty($$ SELECT line FROM page
    WHERE line !~ '^# HELP chimera_[a-z_]+ [ -~]+$' AND line !~ '^# TYPE chimera_[a-z_]+ (counter|gauge)$' AND line <> ''
      AND line !~ '^chimera_[a-z_]+(\{[a-z_]+="([^"\\]|\\["n\\])*"(,[a-z_]+="([^"\\]|\\["n\\])*")*\})? -?\d+(\.\d+)?(e[+-]\d+)?$' $$,
    'every line is a HELP, a TYPE or a sample with a number');
SELECT is((SELECT count(*) FROM page WHERE line = ''), 1::bigint, 'no line is empty except after the last');
CREATE TEMP TABLE families AS SELECT number, substring(line, '^# TYPE (\S+)') AS name, substring(line, '^# TYPE \S+ (\S+)') AS type FROM page WHERE line LIKE '# TYPE %';
SELECT is_empty($$ SELECT name FROM families f WHERE NOT EXISTS (SELECT FROM page p WHERE p.number = f.number - 1 AND starts_with(p.line, '# HELP ' || f.name || ' ')) $$, 'each TYPE follows its HELP');
SELECT is_empty($$ SELECT name FROM families GROUP BY 1 HAVING count(*) > 1 $$, 'each metric occurs once');
SELECT is_empty($$ SELECT line FROM page p WHERE line ~ '^chimera_'
    AND substring(line, '^[a-z_]+') <> (SELECT name FROM families f WHERE f.number < p.number ORDER BY f.number DESC LIMIT 1) $$, 'samples follow their TYPE');
SELECT is_empty($$ SELECT name FROM families WHERE (type = 'counter') <> (name LIKE '%\_total') $$, 'counters, and only they, end in _total');
SELECT is_empty($$ SELECT substring(line, '^\S+') FROM page WHERE line ~ '^chimera_' GROUP BY 1 HAVING count(*) > 1 $$, 'no sample occurs twice');
SELECT is_empty($$ SELECT metric FROM chimera.network_metrics() UNION SELECT metric FROM chimera.server_metrics() WHERE current_setting('shared_preload_libraries') ~ '\mchimera\M'
                   EXCEPT SELECT metric FROM chimera.metric_families() $$, 'every sample has its TYPE');
SELECT is(chimera.metric_labels('a', E'x"y\\z\n', 'b', NULL), '{a="x\"y\\z\n",b=""}', 'quotes, backslashes and line feeds are escaped in labels');

-- ---------- values ----------

SELECT is(pg_temp.value('chimera_network_shares_total{network="test_web_sha",result="accepted"}'), (SELECT sum(accepted)::numeric FROM sent WHERE network_id = :'sha'), 'the counts match the submitted shares');
SELECT is(pg_temp.value('chimera_network_shares_total{network="test_web_sha",result="' || result || '"}'), (SELECT each * count(*)::numeric FROM sent WHERE network_id = :'sha'), 'rejected shares too: ' || result)
FROM (VALUES ('stale', 1), ('duplicate', 2), ('low_difficulty', 3), ('invalid', 4)) r (result, each);
SELECT is(pg_temp.value('chimera_network_accepted_difficulty_total{network="test_web_sha"}'), (SELECT sum(difficulty)::numeric FROM sent WHERE network_id = :'sha'), 'and the difficulty matches');
SELECT is(pg_temp.value('chimera_network_hashrate_hashes_per_second{network="test_web_sha"}'), (SELECT hashrate_hs::text::numeric FROM chimera.network_stats WHERE network = 'test_web_sha'), 'the hashrate is that of chimera.network_stats');
SELECT is((SELECT array_agg(pg_temp.value(format('chimera_network_blocks{network="test_web_sha",status="%s"}', status)) ORDER BY status) FROM unnest(enum_range(NULL::chimera.block_status)) status),
          '{0,0,0,24,6,0}'::numeric[], 'blocks by status');
SELECT is(pg_temp.value('chimera_network_last_block_timestamp_seconds{network="test_web_sha"}'), (SELECT extract(epoch FROM max(found_at)) FROM chimera.blocks WHERE network_id = :'sha'), 'and the time of the last block');
SELECT is((SELECT array_agg(pg_temp.value(format('chimera_network_owed_sats{network="test_web_sha",account="%s"}', account))) FROM unnest('{immature,balance,sending}'::text[]) account),
          '{9007199254740993,42,200000}'::numeric[], 'the amounts owed are exact');
SELECT is(pg_temp.value('chimera_network_ledger_imbalance_sats{network="test_web_sha"}'), 0::numeric, 'the ledger sums to 0');
SELECT is((SELECT array_agg(pg_temp.value(format('chimera_network_payout_batches{network="test_web_sha",state="%s"}', state)) ORDER BY state) FROM unnest('{prepared,confirmed,failed}'::chimera.payout_state[]) state),
          '{1,1,0}'::numeric[], 'payout batches by state');
SELECT ok(pg_temp.value('chimera_share_deltas_oldest_age_seconds') BETWEEN 299 AND 301, 'the age of the oldest batch of shares');
SELECT is((SELECT string_agg(name, ' ') FROM families WHERE name IN ('chimera_health_ok', 'chimera_share_set_capacity_shares', 'chimera_worker_state')),
          CASE WHEN current_setting('shared_preload_libraries') ~ '\mchimera\M' THEN 'chimera_health_ok chimera_worker_state chimera_share_set_capacity_shares' END, 'the library''s metrics exist if it is preloaded');

-- counters never decrease, whichever rollups they are summed from
SELECT pg_temp.value('chimera_network_accepted_difficulty_total{network="test_web_sha"}') AS before \gset
SELECT chimera.apply_share_deltas(), chimera.close_rollups(now() + interval '2 days') \g /dev/null
SELECT is(pg_temp.value('chimera_network_accepted_difficulty_total{network="test_web_sha"}'), :before::numeric, 'rolling up changes no counter');

SELECT * FROM finish();
ROLLBACK;
