-- sums_beyond_bigint.sql: amounts fit a bigint, their sums need not; nobody else waits for one that does not.
BEGIN;
\ir begin.psql
CREATE EXTENSION IF NOT EXISTS chimera_legacy;
\ir rewards.psql
\ir payouts.psql
SELECT plan(19);
\set max 9223372036854775807

SELECT is(array(SELECT chimera.ledger_amounts(total)), parts, format('%s is made of %s', total, parts))
FROM (VALUES (0::numeric, '{}'::bigint[]), (1, '{1}'), (-1, '{-1}'), (:max, '{9223372036854775807}'), (-:max, '{-9223372036854775807}'),
             (:max::numeric + 1, '{9223372036854775807,1}'), (-2 * :max::numeric, '{-9223372036854775807,-9223372036854775807}'))
    v (total, parts);

-- ---------- shares that are worth more than a bigint together ----------

SELECT pg_temp.make_miner('test_big') AS big, pg_temp.make_miner('test_small') AS small, pg_temp.make_reward_network('test_sums') AS sums \gset
SELECT pg_temp.add_job(:'sums', :max) AS job \gset
SELECT chimera.set_reward_scheme('test_sums', 'fpps') \g /dev/null
SELECT pg_temp.add_share(:'sums', 4096 + n, now() - interval '1 hour', CASE WHEN n = 4 THEN :small ELSE :big END, 1, :job)
FROM generate_series(1, 4) n \g /dev/null
INSERT INTO chimera.pps_progress (network_id, next_share_id, next_settles_after, next_taken_at) VALUES (:'sums', 4100, '3', now());
SELECT is(chimera.post_pps_shares(:'sums'), 1, 'shares worth four times the largest bigint are paid');
SELECT is(problem, NULL, 'without a problem') FROM chimera.pps_progress WHERE network_id = :'sums';
SELECT is(array_agg(format('%s %s', b.account, b.amount_sats) ORDER BY b.account, b.account_id),
          ARRAY[format('balance %s', 3 * :max::numeric), format('balance %s', :max), format('pool %s', -4 * :max::numeric)], 'to the unit')
FROM chimera.balances b WHERE b.network_id = :'sums' AND b.amount_sats <> 0;
SELECT is_empty($$ SELECT * FROM chimera.audit('test_sums') $$, 'and the audit finds nothing');

-- ---------- a balance that is more than a bigint ----------

SELECT pg_temp.make('test_rich', ARRAY[:'one', :'two'], '{70, 30}'), pg_temp.make('test_poor') \g /dev/null
SELECT pg_temp.earn('test_rich', :max), pg_temp.earn('test_rich', :max), pg_temp.earn('test_poor', 200000) \g /dev/null
SELECT is(pg_temp.pays(chimera.prepare_payouts('test_payouts')), 'test_rich 2767011611056432742, test_rich 6456360425798343065',
          'an account is paid as much as an amount may be');
SELECT pg_temp.finish(max(batch_id)) FROM chimera.payout_batches;
SELECT is(pg_temp.pays(chimera.collect_payouts(:'network')), 'test_poor 200000', 'what is beyond one batch''s sum waits for the next');
SELECT pg_temp.finish(max(batch_id)) FROM chimera.payout_batches;
SELECT is(pg_temp.pays(chimera.prepare_payouts('test_payouts')), 'test_rich 2767011611056432742, test_rich 6456360425798343065',
          'and the rest of the balance is paid by another');
SELECT pg_temp.finish(max(batch_id)) FROM chimera.payout_batches;
SELECT is(array_agg(amount_sats ORDER BY account_id), ARRAY[2 * :max::numeric, 200000], 'all are paid')
FROM chimera.balances WHERE network_id = :'network' AND account = 'paid';
SELECT is_empty($$ SELECT * FROM chimera.audit('test_payouts') $$, 'and the audit finds nothing');

-- ---------- old payouts of more than a bigint ----------

SELECT account_id AS rich FROM chimera.accounts WHERE name = 'test_rich' \gset
SELECT nextval('chimera.payout_batches_batch_id_seq') AS batch \gset
INSERT INTO chimera.payout_batches (batch_id, network_id, state, fee_payer, txid, sent_at, confirmed_at)
VALUES (:batch, :'network', 'confirmed', 'pool', repeat('a', 64), now(), now());
INSERT INTO chimera.payouts (batch_id, network_id, account_id, address, amount_sats, txid)
VALUES (:batch, :'network', :rich, :'one', :max, repeat('a', 64)), (:batch, :'network', :rich, :'two', :max, repeat('a', 64));
SELECT lives_ok(format('SELECT chimera.enter_legacy_payouts(%L, ARRAY[%s])', :'network', :batch), 'payouts of an old pool are entered');
SELECT is(amount_sats, 4 * :max::numeric, 'to the unit') FROM chimera.balances
WHERE network_id = :'network' AND account = 'paid' AND account_id = :rich;
SELECT is_empty($$ SELECT * FROM chimera.audit('test_payouts') $$, 'and the audit finds nothing');

SELECT * FROM finish();
ROLLBACK;
