-- rewards_settle.sql: a block knows its own share, and when all before it are there.
BEGIN;
\ir begin.psql
\if :is_pool
\else
    \echo :skip_file
    \quit
\endif
\ir work.psql
SELECT plan(13);

SELECT pg_temp.make_network('test_settle') AS network, pg_temp.make_miner('test_alice') AS alice \gset
SELECT account_id AS account FROM chimera.miners WHERE miner_id = :alice \gset
SELECT pg_temp.make_job(:'network', :easy_nbits, template_id => (
    SELECT template_id FROM (SELECT nextval('chimera.templates_template_id_seq') AS template_id) t)) AS job \gset
INSERT INTO chimera.templates (template_id, network_id, height, transaction_count, transactions)
SELECT template_id, network_id, height, 0, '' FROM chimera.jobs WHERE job_id = :job;
SELECT pg_temp.find(:job, true) AS good, pg_temp.find(:job, false) AS bad \gset

SELECT share_id AS before FROM chimera.share_horizon() \gset
SELECT is(pg_temp.submit(pg_temp.share(:job, :alice, :bad), pg_temp.share(:job, :alice, :good)), '{0,1}', 'a share and a block');
SELECT block_id AS block, share_id AS share FROM chimera.blocks WHERE job_id = :job \gset
SELECT is((SELECT array_agg(extranonce2) FROM chimera.shares WHERE network_id = :'network' AND share_id = :share), ARRAY[:good::bigint],
          'the block names its own share');
SELECT is(chimera.share_hash(s.job_id, s.extranonce1, s.extranonce2, s.ntime, s.nonce, s.version), b.hash, 'which has its hash')
FROM chimera.blocks b JOIN chimera.shares s USING (network_id, share_id) WHERE b.block_id = :block;
SELECT is(share_id, :share::bigint / 4096 * 4096 + 4095, 'a horizon is the last share that the last batch can have, and none of the next') FROM chimera.share_horizon();
SELECT ok(:share > :before, 'which is after the one of before the batch');
SELECT is(b.found_at, s.submitted_at, 'a block is found when its share was taken') FROM chimera.shares s JOIN chimera.blocks b USING (network_id, share_id) WHERE b.block_id = :block;
SELECT ok(h.settles_after >= b.settles_after, 'and settles no earlier') FROM chimera.share_horizon() h, chimera.blocks b WHERE b.block_id = :block;
SELECT results_eq(format('SELECT account_id, amount_sats, kind FROM chimera.rewards_of_block(%s, ''pplns'', ''{}'')', :block),
    format('VALUES (%s, 5000000000::bigint, ''reward'')', :account), 'our own shares are settled for us');
SELECT is((SELECT work FROM chimera.prop_work(:block)), chimera.sum_work(difficulty), 'and the round has both')
FROM chimera.shares WHERE network_id = :'network';

SELECT is(chimera.shares_are_settled('3'), true, 'what is long over is settled');
SELECT is(chimera.shares_are_settled('9000000000000000000'), true, 'so is what another cluster''s dump brought');

SELECT is(chimera.shares_are_settled(NULL), NULL, 'no horizon, no answer');
SELECT is(count(*), 1::bigint, 'a share ends one round only') FROM chimera.blocks WHERE network_id = :'network' AND share_id = :share;

SELECT * FROM finish();
ROLLBACK;
