-- payout_splits.sql: what each wallet of an account gets, over many payouts, without a wallet.
BEGIN;
\ir begin.psql
\ir payouts.psql
SELECT plan(19);

CREATE FUNCTION pg_temp.next_day() RETURNS void LANGUAGE sql AS $$
    UPDATE chimera.payout_batches SET created_at = created_at - interval '25 hours' WHERE network_id = pg_temp.id()
$$;

-- ---------- what is too small ----------

SELECT pg_temp.make('test_split', ARRAY[:'one', :'two'], '{10,90}');
CREATE FUNCTION pg_temp.got(account text) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(format('%s %s', left(p.address, 4), p.sats), ', ' ORDER BY p.address COLLATE "C")
    FROM (SELECT p.address, sum(p.amount_sats) AS sats FROM chimera.payouts p JOIN chimera.accounts a USING (account_id)
          JOIN chimera.payout_batches b USING (batch_id) WHERE a.name = account AND b.state <> 'failed' GROUP BY 1) p
$$;
-- a tenth of it is below 5,000 four times out of ten
SELECT chimera.update_network('test_payouts', '{"minimum_payout_sats": 40000}') \g /dev/null
CREATE FUNCTION pg_temp.pay_often(account text, times int, sats bigint) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    FOR i IN 1..times LOOP
        PERFORM pg_temp.earn(account, sats), pg_temp.finish(chimera.prepare_payouts('test_payouts'));
    END LOOP;
END;
$$;
SELECT pg_temp.pay_often('test_split', 1, 40000);
SELECT is(pg_temp.got('test_split'), '1A1z 36000', 'a part that is too small an output is not paid');
SELECT is(pg_temp.balance('test_split'), 4000::bigint, 'and stays in the balance');
SELECT is(format('%s %s', left(address, 4), amount_sats), '1BvB 4000', 'for the wallet that has missed it')
FROM chimera.payout_arrears WHERE network_id = :'network';
SELECT pg_temp.pay_often('test_split', 99, 40000);
SELECT is(pg_temp.got('test_split'), '1A1z 3600000, 1BvB 400000', 'after 100 payouts of 90 to 10 each has its part, to the unit');
SELECT is((SELECT count(*) FROM chimera.payout_arrears WHERE network_id = :'network'), 0::bigint, 'and nothing is missing');

-- to the unit also where nothing divides evenly
SELECT pg_temp.make('test_odd', ARRAY[:'one', :'two', :'three'], '{33.33,0.05,66.62}');
SELECT pg_temp.pay_often('test_odd', 50, 1000003);
-- each time 333300.9999, 500.0015 and 666201.9986 units: 333301, 500 and 666202
SELECT is(pg_temp.got('test_odd') || ', balance ' || pg_temp.balance('test_odd'),
          format('1A1z %s, 1BvB %s, bc1q %s, balance 0', 50 * 500, 50 * 333301, 50 * 666202), 'odd parts come out as well');

SELECT pg_temp.make('test_edge', ARRAY[:'one', :'two'], '{50,50}');
SELECT chimera.update_network('test_payouts', '{"minimum_payout_sats": 5000}') \g /dev/null
SELECT pg_temp.earn('test_edge', 9999);
SELECT is(pg_temp.pays(chimera.prepare_payouts('test_payouts')), 'test_edge 5000', 'a part of exactly the least is paid, one below is not');
SELECT pg_temp.finish(max(batch_id)) FROM chimera.payout_batches;
SELECT is(pg_temp.balance('test_edge'), 4999::bigint, 'it stays');
SELECT chimera.set_wallets('test_edge', 'test_payouts', ARRAY[:'two', :'three'], '{50,50}') \g /dev/null
SELECT pg_temp.earn('test_edge', 20001);
SELECT is(pg_temp.pays(chimera.prepare_payouts('test_payouts')), 'test_edge 12500, test_edge 12500',
          'what a wallet has missed that is no longer one is divided among the others');
SELECT pg_temp.finish(max(batch_id)) FROM chimera.payout_batches;
SELECT is((SELECT count(*) FROM chimera.payout_arrears WHERE network_id = :'network'), 0::bigint, 'and is noted no more');

-- a type's own least: 5460 for a key's hash, 2940 for a witness program
SELECT chimera.update_network('test_payouts', '{"dust_sats": 0, "dust_relay_fee_sats": 30000, "minimum_payout_sats": 2940}') \g /dev/null
SELECT pg_temp.make('test_types', ARRAY[:'one', :'three'], '{50,50}');
SELECT pg_temp.earn('test_types', 2 * 5459);
SELECT is(pg_temp.pays(chimera.prepare_payouts('test_payouts')), 'test_types 5459', 'what is too small depends on the output''s type');
SELECT pg_temp.finish(max(batch_id)) FROM chimera.payout_batches;
SELECT is((SELECT count(*) FROM chimera.payable_accounts(:'network')), 0::bigint, 'what is left is above the minimum, and not payable yet');
SELECT pg_temp.next_day();
SELECT is(chimera.collect_due_payouts(:'network'), NULL, 'no run is begun for it');
SELECT is((SELECT count(*) FROM chimera.payout_queue WHERE network_id = :'network'), 0::bigint, 'nor is it queued');
SELECT pg_temp.earn('test_types', -3000);
SELECT is(pg_temp.balance('test_types') || ' ' || (SELECT coalesce(sum(amount_sats), 0) FROM chimera.payout_parts(:'network',
          ARRAY(SELECT account_id FROM chimera.accounts WHERE name = 'test_types'))), '2459 2459', 'who has less than was missed has that divided');
SELECT pg_temp.earn('test_types', -2459);
SELECT chimera.update_network('test_payouts', '{"dust_sats": 5000, "dust_relay_fee_sats": 3000, "minimum_payout_sats": 100000}') \g /dev/null

-- ---------- what comes back ----------

SELECT pg_temp.make('test_back', ARRAY[:'one', :'two'], '{25,75}');
SELECT pg_temp.earn('test_back', 400000);
SELECT chimera.prepare_payouts('test_payouts') AS batch \gset
SELECT chimera.cancel_payout_batch(:batch, 'a test');
SELECT chimera.set_wallets('test_back', 'test_payouts', ARRAY[:'one', :'two'], '{75,25}') \g /dev/null
SELECT pg_temp.earn('test_back', 100000);
SELECT is(pg_temp.pays(chimera.prepare_payouts('test_payouts')), 'test_back 325000, test_back 175000',
          'what was divided once stays so when its batch fails: 300000 and 100000, and the new 100000 by the new percentages');
SELECT pg_temp.finish(max(batch_id)) FROM chimera.payout_batches;

-- one batch is sent, another is made, and both fail
SELECT chimera.set_wallets('test_back', 'test_payouts', ARRAY[:'one', :'two'], '{20,80}') \g /dev/null
SELECT pg_temp.earn('test_back', 100000);
SELECT chimera.prepare_payouts('test_payouts') AS sent \gset
SELECT pg_temp.sign(:sent), chimera.record_payout(:sent, 0), pg_temp.earn('test_back', 200000);
SELECT chimera.cancel_payout_batch(chimera.prepare_payouts('test_payouts'), 'a test'), chimera.finish_payout(:sent, true) \g /dev/null
SELECT is(array_agg(amount_sats ORDER BY amount_sats), '{60000,240000}'::bigint[], 'what a wallet has missed twice is added up')
FROM chimera.payout_arrears JOIN chimera.accounts USING (account_id) WHERE network_id = :'network' AND name = 'test_back';
SELECT is(pg_temp.pays(chimera.prepare_payouts('test_payouts')), 'test_back 240000, test_back 60000', 'and paid together');
SELECT pg_temp.finish(max(batch_id)) FROM chimera.payout_batches;
SELECT is_empty($$ SELECT * FROM chimera.audit('test_payouts') $$, 'the audit finds nothing');

SELECT * FROM finish();
ROLLBACK;
