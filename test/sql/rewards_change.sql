-- rewards_change.sql: every share counts in the scheme in force, once: when schemes change, are mended, or are given to a block.
BEGIN;
\ir begin.psql
\ir rewards.psql
SELECT plan(64);

SELECT pg_temp.make_miner('test_a') AS a, pg_temp.make_miner('test_b') AS b \gset
SELECT account_id AS account_a FROM chimera.miners WHERE miner_id = :a \gset
SELECT account_id AS account_b FROM chimera.miners WHERE miner_id = :b \gset
SELECT date_trunc('hour', now()) - interval '5 hours' AS began \gset

-- shares of difficulty 1, as is the network, and blocks worth 1000, of which 100 are fees; share n comes n seconds after the begin
CREATE FUNCTION pg_temp.make(name text) RETURNS uuid LANGUAGE sql AS $$
    SELECT network_id FROM (SELECT pg_temp.make_reward_network(name) AS network_id OFFSET 0) n
    WHERE pg_temp.add_job(network_id, 1000, fees => 100) > 0
$$;
CREATE FUNCTION pg_temp.share(network uuid, id bigint, miner int) RETURNS void LANGUAGE sql AS $$
    SELECT pg_temp.add_share(network, id, date_trunc('hour', now()) - interval '5 hours' + make_interval(secs => id), miner, 1,
                             (SELECT max(job_id) FROM chimera.jobs j WHERE j.network_id = network))
$$;
CREATE FUNCTION pg_temp.block(network uuid, id bigint, miner int) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    id_of_block bigint;
BEGIN
    PERFORM pg_temp.share(network, id, miner);
    id_of_block := pg_temp.add_block(network, id, date_trunc('hour', now()) - interval '5 hours' + make_interval(secs => id), miner, 1000, 1,
                                     (SELECT max(job_id) FROM chimera.jobs j WHERE j.network_id = network));
    UPDATE chimera.blocks b SET settles_after = '3', status = 'accepted' WHERE b.block_id = id_of_block;
    RETURN id_of_block;
END;
$$;
-- the accountant comes by, and sees shares up to that one
CREATE FUNCTION pg_temp.account(network uuid, up_to bigint) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM chimera.post_blocks();
    INSERT INTO chimera.pps_progress (network_id) VALUES (network) ON CONFLICT DO NOTHING;
    UPDATE chimera.pps_progress a SET taken_at = '-infinity', next_share_id = up_to, next_settles_after = '3', next_taken_at = now() WHERE a.network_id = network;
    PERFORM chimera.post_pps_shares();
    UPDATE chimera.pps_progress a SET next_share_id = NULL, next_settles_after = NULL, next_taken_at = NULL WHERE a.network_id = network;
END;
$$;
-- what an account has got, of blocks and by share
CREATE FUNCTION pg_temp.got(network uuid) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(concat_ws(' ', right(a.name, 1), CASE b.account WHEN 'balance' THEN 'by share' ELSE 'of blocks' END, b.amount_sats), ', ' ORDER BY a.name, b.account)
    FROM chimera.balances b JOIN chimera.accounts a USING (account_id) WHERE b.network_id = network AND b.amount_sats <> 0
$$;
CREATE FUNCTION pg_temp.of_block(id bigint) RETURNS text LANGUAGE sql AS $$
    SELECT coalesce(string_agg(right(a.name, 1) || ' ' || e.amount_sats, ', ' ORDER BY a.name), 'nobody')
    FROM chimera.ledger_entries e JOIN chimera.ledger_transactions t USING (transaction_id) JOIN chimera.accounts a USING (account_id)
    WHERE t.block_id = id AND t.kind = 'block'
$$;

-- ---------- from one scheme to another ----------

-- two shares of alice's, the block at which the scheme changes is bob's third, then alice 4, bob 5 which is a block
CREATE FUNCTION pg_temp.change(name text, before text, after text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    a CONSTANT int := (SELECT miner_id FROM chimera.miners JOIN chimera.accounts u USING (account_id) WHERE u.name = 'test_a' AND miners.name = '');
    b CONSTANT int := (SELECT miner_id FROM chimera.miners JOIN chimera.accounts u USING (account_id) WHERE u.name = 'test_b' AND miners.name = '');
    network CONSTANT uuid := pg_temp.make(name);
    windows CONSTANT jsonb := '{"pplns": {"window": 100}, "pps+": {"window": 100}, "slice": {"window": 100}}';
BEGIN
    PERFORM chimera.set_reward_scheme(name, before, coalesce(windows -> before, '{}'));
    PERFORM pg_temp.share(network, 1, a), pg_temp.share(network, 2, a);
    PERFORM pg_temp.account(network, 2);
    PERFORM chimera.set_reward_scheme(name, after, coalesce(windows -> after, '{}'));
    PERFORM pg_temp.block(network, 3, b), pg_temp.share(network, 4, a), pg_temp.block(network, 5, b);
    PERFORM pg_temp.account(network, 5);
    RETURN pg_temp.got(network);
END;
$$;
SELECT is(pg_temp.change('test_' || n, before, after), got, format('from %s to %s: %s', upper(before), upper(after), what))
FROM (VALUES
    (1, 'pps', 'pplns', 'a of blocks 500, a by share 1800, b of blocks 500, b by share 900', 'what was paid by share counts for no block'),
    (2, 'pplns', 'pps', 'a of blocks 667, a by share 900, b of blocks 333, b by share 900', 'and what counted for a block is not paid by share'),
    (3, 'fpps', 'pplns', 'a of blocks 500, a by share 2000, b of blocks 500, b by share 1000', 'nor are fees'),
    (4, 'pps+', 'pplns', 'a of blocks 567, a by share 1800, b of blocks 533, b by share 900', 'it has had its fees of the block before: 67 and 33'),
    (5, 'fpps', 'pps+', 'a of blocks 50, a by share 2900, b of blocks 50, b by share 1900', 'the fees of the new block go to those who work for it'),
    (6, 'pps', 'pps+', 'a of blocks 50, a by share 2700, b of blocks 50, b by share 1800', 'as the pool had those before'),
    (7, 'pplns', 'pps+', 'a of blocks 727, a by share 900, b of blocks 373, b by share 900', 'its window of fees goes over the change: 60 and 40'),
    (8, 'pps', 'slice', 'a of blocks 500, a by share 1800, b of blocks 500, b by share 900', 'as PPLNS'),
    (9, 'pps', 'prop', 'a of blocks 500, a by share 1800, b of blocks 500, b by share 900', 'a round'),
    (10, 'pplns', 'prop', 'a of blocks 1167, b of blocks 833', 'nobody is paid by share')) v (n, before, after, got, what);
SELECT is(pg_temp.change('test_pps_mend', 'pps+', 'pps+'), 'a of blocks 127, a by share 2700, b of blocks 73, b by share 1800', 'PPS+ with other parameters: the window of fees goes on');
SELECT is_empty($$ SELECT * FROM chimera.audit() $$, 'the audit finds nothing in any of them');

-- ---------- the order in which things are seen ----------

SELECT pg_temp.make('test_order') AS order \gset
SELECT chimera.set_reward_scheme('test_order', 'pplns') \gset
SELECT chimera.set_reward_scheme('test_order', 'pps') \gset
SELECT pg_temp.share(:'order', 1, :a), pg_temp.block(:'order', 2, :b) AS boundary, pg_temp.share(:'order', 3, :a) \gset
-- the block is not settled, so neither is where the scheme changes
UPDATE chimera.blocks SET share_id = NULL WHERE block_id = :boundary;
SELECT pg_temp.account(:'order', 1);
UPDATE chimera.blocks SET share_id = 2 WHERE block_id = :boundary;
SELECT pg_temp.account(:'order', 3);
SELECT is(pg_temp.got(:'order'), 'a of blocks 500, a by share 900, b of blocks 500', 'from PPLNS to PPS: what comes first is seen first');

SELECT chimera.correct_reward_scheme('test_order', '{"fee_percent": 1}', 'one percent was meant') AS mended \gset
SELECT is(scheme, 'pps', 'mending keeps the scheme that is in force now') FROM chimera.reward_settings WHERE setting_id = :mended;

-- ---------- a block of its own scheme ----------

SELECT pg_temp.make('test_own') AS own \gset
SELECT chimera.set_reward_scheme('test_own', 'prop') \gset
SELECT pg_temp.share(:'own', 1, :a), pg_temp.share(:'own', 2, :a), pg_temp.share(:'own', 3, :a), pg_temp.block(:'own', 4, :b) AS block \gset
SELECT throws_ok(format('SELECT chimera.set_block_reward_scheme(%s, %L, %L, %L)', id, scheme, parameters, reason), state, NULL, 'no scheme for a block: ' || what)
FROM (VALUES (:block, 'prop', '{}', ' ', '22023', 'without a reason'), (:block, 'none', '{}', 'x', '22023', 'an unknown one'),
             (:block, 'prop', '{"window": 2}', 'x', '22023', 'wrong parameters'), (-1, 'prop', '{}', 'x', 'P0002', 'an unknown block')) v (id, scheme, parameters, reason, state, what);
UPDATE chimera.blocks SET ledger_problem = 'something' WHERE block_id = :block;
SELECT is(chimera.post_blocks(), 0, 'a block that can''t be credited waits');
SELECT lives_ok(format('SELECT chimera.set_block_reward_scheme(%s, ''pplns'', ''{"window": 1}'', ''a first try'')', :block), 'an operator gives it another scheme');
SELECT lives_ok(format('SELECT chimera.set_block_reward_scheme(%s, ''pplns'', ''{"window": 2}'', '' the network was wrong '')', :block), 'and another one');
SELECT is(chimera.post_blocks(), 1, 'then it is credited');
SELECT is(pg_temp.of_block(:block), 'a 500, b 500', 'by the last one');
SELECT is_empty($$ SELECT * FROM chimera.audit('test_own') $$, 'the audit goes by it too');
SELECT results_eq(format('SELECT parameters, reason, set_by FROM chimera.block_reward_settings WHERE block_id = %s ORDER BY setting_id', :block),
    format($$ VALUES ('{"window": 1}'::jsonb, 'a first try', %1$L), ('{"window": 2}', 'the network was wrong', %1$L) $$, chimera.actor()), 'the history has both, with reasons');
SELECT throws_ok('UPDATE chimera.block_reward_settings SET reason = ''another''', '55000', NULL, 'and is never changed');
SELECT throws_ok(format('SELECT chimera.set_block_reward_scheme(%s, ''prop'', ''{}'', ''x'')', :block), '55000', NULL, 'what is credited stays so');
SELECT pg_temp.block(:'own', 6, :b) AS next \gset
SELECT is(scheme, 'prop', 'the next block goes by its network''s') FROM chimera.reward_setting_of(:next);

-- a network without a scheme, and a block whose shares have been paid
SELECT pg_temp.make('test_none') AS none \gset
SELECT pg_temp.block(:'none', 1, :a) AS block \gset
SELECT chimera.set_block_reward_scheme(:block, 'solo', '{}', 'the only one') \gset
SELECT pg_temp.make('test_paid') AS paid \gset
SELECT chimera.set_reward_scheme('test_paid', 'pps') \gset
SELECT pg_temp.share(:'paid', 1, :a), pg_temp.block(:'paid', 2, :b) AS paid_block \gset
SELECT chimera.set_block_reward_scheme(:paid_block, 'pplns', '{}', 'to pay twice') \gset
SET LOCAL client_min_messages = error;
SELECT chimera.post_blocks() \gset
SET LOCAL client_min_messages = warning;
SELECT is(pg_temp.of_block(:block), 'a 1000', 'a block may have a scheme where its network has none');
SELECT matches((SELECT ledger_problem FROM chimera.blocks WHERE block_id = :paid_block), 'has no work to reward', 'shares that were paid as they came count for no block');

-- ---------- mending the one in force ----------

SELECT pg_temp.make('test_mend') AS mend \gset
SELECT throws_ok($$ SELECT chimera.correct_reward_scheme('test_mend', '{}', 'x') $$, '55000', NULL, 'there must be one to be mended');
SELECT chimera.set_reward_scheme('test_mend', 'pplns', '{"window": 1}') \gset
SELECT pg_temp.share(:'mend', 1, :a), pg_temp.block(:'mend', 2, :b) AS credited, chimera.post_blocks() \gset
SELECT pg_temp.share(:'mend', 3, :a), pg_temp.block(:'mend', 4, :b) AS waiting \gset
SELECT throws_ok(format('SELECT chimera.correct_reward_scheme(%L, %L, %L)', name, parameters, reason), state, NULL, 'does not mend ' || what)
FROM (VALUES ('test_mend', '{"score_constant_s": 1}', 'x', '22023', 'with parameters of another scheme'), ('test_mend', '{}', '', '22023', 'without a reason'),
             ('test_nowhere', '{}', 'x', '42704', 'an unknown network')) v (name, parameters, reason, state, what);
SELECT chimera.correct_reward_scheme('test_mend', '{"window": 9, "fee_percent": 50}', 'wrong too') \gset
SELECT chimera.correct_reward_scheme('test_mend', '{"window": 2}', 'it was to be two') \gset
SELECT is(chimera.post_blocks(), 1, 'the block that waited is credited');
SELECT is(pg_temp.of_block(:credited) || '; ' || pg_temp.of_block(:waiting), 'b 1000; a 500, b 500', 'by the mended setting, the one before stays as it was');
SELECT is_empty($$ SELECT * FROM chimera.audit('test_mend') $$, 'the audit knows which went by which');
SELECT is((SELECT string_agg(reason, ', ' ORDER BY setting_id) FROM chimera.reward_settings WHERE network_id = :'mend'), 'wrong too, it was to be two', 'the history has all of it');
SELECT is((SELECT parameters FROM chimera.current_scheme(:'mend')), '{"window": 2}', 'what is shown is the last one');

SELECT pg_temp.make('test_mend_pps') AS mend_pps \gset
SELECT chimera.set_reward_scheme('test_mend_pps', 'pps', '{"fee_percent": 10}') \gset
SELECT pg_temp.share(:'mend_pps', 1, :a), pg_temp.account(:'mend_pps', 1) \gset
SELECT pg_temp.share(:'mend_pps', 2, :a), pg_temp.share(:'mend_pps', 3, :b), chimera.correct_reward_scheme('test_mend_pps', '{}', 'no fee here') \gset
SELECT pg_temp.account(:'mend_pps', 3);
SELECT is(pg_temp.got(:'mend_pps'), 'a by share 1710, b by share 900', 'PPS: what was paid stays, what was not yet goes by the mended one');

-- ---------- shares that are kept too short ----------

-- alice 9 shares late on one day, bob one early on the next, which is the block, and an earlier block of before
SELECT date_trunc('day', now(), 'UTC') - interval '24 hours' AS midnight \gset
CREATE FUNCTION pg_temp.make_edge(name text, scheme text, parameters jsonb) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    network CONSTANT uuid := pg_temp.make(name);
    midnight CONSTANT timestamptz := date_trunc('day', now(), 'UTC') - interval '24 hours';
    job CONSTANT bigint := (SELECT max(job_id) FROM chimera.jobs WHERE network_id = network);
    a CONSTANT int := (SELECT miner_id FROM chimera.miners JOIN chimera.accounts u USING (account_id) WHERE u.name = 'test_a' AND miners.name = '');
    b CONSTANT int := (SELECT miner_id FROM chimera.miners JOIN chimera.accounts u USING (account_id) WHERE u.name = 'test_b' AND miners.name = '');
    block bigint;
BEGIN
    PERFORM chimera.set_reward_scheme(name, scheme, parameters);
    PERFORM pg_temp.add_share(network, 4096 + n, midnight - interval '10 min' + n * interval '1 s', a, 1, job) FROM generate_series(1, 9) n;
    PERFORM pg_temp.add_share(network, 8192, midnight + interval '10 min', b, 1, job);
    block := pg_temp.add_block(network, 8192, midnight + interval '10 min', b, 1000, 10, job);
    UPDATE chimera.blocks SET settles_after = '3', status = 'accepted' WHERE block_id = block;
    RETURN block;
END;
$$;
CREATE TEMP TABLE edges AS SELECT scheme, parameters::jsonb, 'test_edge_' || scheme AS credited_name, pg_temp.make_edge('test_edge_' || scheme, scheme, parameters::jsonb) AS credited
FROM (VALUES ('pplns', '{}'), ('prop', '{}'), ('score', '{"score_constant_s": 86400}'), ('slice', '{}')) v (scheme, parameters);
SELECT chimera.post_blocks() \gset
SELECT is(pg_temp.of_block(credited), CASE scheme WHEN 'score' THEN 'a 899, b 101' ELSE 'a 900, b 100' END, upper(scheme) || ': credited while all shares are there') FROM edges ORDER BY scheme;
-- blocks that come too late to be credited
CREATE TEMP TABLE late AS SELECT scheme, 'test_late_' || scheme AS name, pg_temp.make_edge('test_late_' || scheme, scheme, parameters) AS block FROM edges;
SELECT chimera.update_network(name, '{"share_retention": "1 day"}') FROM (SELECT name FROM late UNION SELECT credited_name FROM edges) n \g /dev/null
SELECT chimera.drop_old_shares() \gset
SET LOCAL client_min_messages = error;
SELECT chimera.post_blocks() \gset
SET LOCAL client_min_messages = warning;
SELECT is_empty($$ SELECT a.* FROM edges CROSS JOIN LATERAL chimera.audit(credited_name) a $$, 'when a day''s shares are dropped, the audit of the next day''s blocks finds nothing');
SELECT is(count(*) FILTER (WHERE ledger_problem ~ 'began before the shares that are kept'), 4::bigint, 'no block is shared out by a part of its window or round')
FROM chimera.blocks WHERE block_id IN (SELECT block FROM late);
SELECT chimera.enable_network(name) FROM late \g /dev/null
SELECT results_eq($$ SELECT name COLLATE "C", ok FROM chimera.health WHERE part = 'retention' AND name LIKE 'test\_late\_%' ORDER BY 1 $$,
    $$ VALUES ('test_late_pplns' COLLATE "C", false), ('test_late_slice', false) $$, 'health tells whose next block could not be credited either: a window, not the round that has begun since');

SELECT is(after_block_id, 0::bigint, 'a scheme set before the first block waits for any') FROM chimera.reward_settings WHERE network_id = :'mend' ORDER BY setting_id LIMIT 1;
-- the round after the one that can't be counted is there
SELECT job_id AS prop_job, network_id AS prop FROM chimera.jobs WHERE network_id = chimera.network_id('test_late_prop') \gset
SELECT pg_temp.add_share(:'prop', 12288, :'midnight'::timestamptz + interval '1 hour', :a, 1, :prop_job),
       pg_temp.add_share(:'prop', 12289, :'midnight'::timestamptz + interval '1 hour', :b, 1, :prop_job) \gset
SELECT pg_temp.add_block(:'prop', 12289, :'midnight'::timestamptz + interval '1 hour', :b, 1000, 1, :prop_job) AS whole \gset
UPDATE chimera.blocks SET settles_after = '3', status = 'accepted' WHERE block_id = :whole;
SELECT is(chimera.post_blocks(), 1, 'PROP: a round after the shares that were dropped is credited');
SELECT is(pg_temp.of_block(:whole), 'a 500, b 500', 'to who worked in it');

-- of the schemes in force, on the network of the late PPLNS block: which health speaks up
CREATE FUNCTION pg_temp.retention_under(scheme text, parameters jsonb DEFAULT '{}') RETURNS text LANGUAGE sql AS $$
    DELETE FROM chimera.reward_settings s USING chimera.network_configs n WHERE n.network_id = s.network_id AND n.name = 'test_late_pplns';
    SELECT chimera.set_reward_scheme('test_late_pplns', scheme, parameters);
    SELECT substring(chimera.retention_problem(chimera.network_id('test_late_pplns')) FROM 'the (round|window)');
$$;
SELECT is(pg_temp.retention_under(scheme), problem, 'under ' || upper(scheme) || ': ' || coalesce(problem, 'nothing is missing'))
FROM (VALUES ('solo', NULL), ('pps', NULL), ('fpps', NULL), ('pps+', 'window'), ('slice', 'window'), ('prop', NULL)) v (scheme, problem);
DELETE FROM chimera.blocks WHERE network_id = chimera.network_id('test_late_pplns');
SELECT is(pg_temp.retention_under('prop'), 'round', 'a round without end began before');
-- windows begin after what was last paid by share, not after what was first
SAVEPOINT ranges;
SELECT job_id AS pplns_job, network_id AS pplns FROM chimera.jobs WHERE network_id = chimera.network_id('test_late_pplns') \gset
SELECT pg_temp.add_block(:'pplns', 4097, :'midnight'::timestamptz - interval '1 hour', :a, 1000, 10, :pplns_job),
       pg_temp.add_block(:'pplns', 8192, :'midnight'::timestamptz + interval '1 hour', :b, 1000, 10, :pplns_job) \gset
CREATE FUNCTION pg_temp.set_ranges(schemes text[]) RETURNS void LANGUAGE sql AS $$
    DELETE FROM chimera.reward_settings s WHERE s.network_id = chimera.network_id('test_late_pplns');
    INSERT INTO chimera.reward_settings (network_id, scheme, parameters, after_block_id, from_share_id)
    SELECT chimera.network_id('test_late_pplns'), s.scheme, '{}', 0, ('{0,4097,4200,8192}'::bigint[])[s.place]
    FROM unnest(schemes) WITH ORDINALITY s (scheme, place) ORDER BY s.place;
$$;
SELECT pg_temp.set_ranges('{pps,pplns,fpps,pplns}');
SELECT is(chimera.retention_problem(:'pplns'), NULL, 'of two ranges that were paid by share the later one ends what a window counts');
SELECT pg_temp.set_ranges('{pps,pplns,pplns,pplns}');
SELECT isnt(chimera.retention_problem(:'pplns'), NULL, 'of one that ended before the shares that are kept, the window is not whole');
SELECT pg_temp.set_ranges('{fpps,pps+,pps+,pps+}');
SELECT isnt(chimera.retention_problem(:'pplns'), NULL, 'PPS+: its fees'' window goes on through its own ranges');
SELECT pg_temp.set_ranges('{pps,pplns,fpps,pps+}');
SELECT is(chimera.retention_problem(:'pplns'), NULL, 'and begins where another scheme that paid by share ended');
ROLLBACK TO ranges;
SELECT is(chimera.retention_problem(:'own'), NULL, 'where nothing was dropped nothing is missing');
-- work of since then fills the window
INSERT INTO chimera.network_rollups_minute SELECT chimera.network_id('test_late_pplns'), date_trunc('minute', now(), 'UTC') - interval '1 minute', 1, 0, 0, 0, 0, 2;
SELECT is(pg_temp.retention_under('pplns', format('{"window": %s}', n)::jsonb), problem, format('a window of %s and work of 2', n)) FROM (VALUES (2, NULL), (2.1, 'window')) v (n, problem);

SELECT * FROM finish();
ROLLBACK;
