-- payout_runs.sql: who is paid, in which order, and what each wallet gets, without a wallet.
BEGIN;
\ir begin.psql
SELECT plan(71);

SELECT pg_temp.make_network('test_run') AS network \gset
-- 5,000 is the least of every output
SELECT chimera.update_network('test_run', '{"minimum_payout_sats": 100000, "dust_sats": 5000, "dust_relay_fee_sats": 3000, "payout_interval": "1 day"}') \g /dev/null
CREATE FUNCTION pg_temp.id() RETURNS uuid LANGUAGE sql AS $$ SELECT chimera.network_id('test_run') $$;
\set one 1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2
\set two 1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa
\set three bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4

-- an account paid to one address
CREATE FUNCTION pg_temp.make(account text, addresses text[] DEFAULT '{1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2}', percents numeric[] DEFAULT NULL)
    RETURNS void LANGUAGE sql AS $$
    INSERT INTO chimera.accounts (name) VALUES (account);
    SELECT chimera.set_wallets(account, 'test_run', addresses, percents);
$$;
CREATE FUNCTION pg_temp.earn(account text, sats bigint) RETURNS void LANGUAGE sql AS $$
    SELECT chimera.adjust_balance('test_run', account, sats, 'a test')
$$;
CREATE FUNCTION pg_temp.balance(account text) RETURNS bigint LANGUAGE sql AS $$
    SELECT balance_sats FROM chimera.account_balances b WHERE b.account = balance.account AND b.network = 'test_run'
$$;
-- what a batch pays: account address amount
CREATE FUNCTION pg_temp.pays(batch bigint) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(format('%s %s', a.name, p.amount_sats), ', ' ORDER BY p.payout_id)
    FROM chimera.payouts p JOIN chimera.accounts a USING (account_id) WHERE p.batch_id = batch
$$;
-- as its payer would take it to its end
CREATE FUNCTION pg_temp.sign(batch bigint) RETURNS void LANGUAGE sql AS $$
    SELECT chimera.store_payout_transaction(batch, '\x00', encode(sha256(int8send(batch)), 'hex'), 500)
    WHERE EXISTS (SELECT FROM chimera.payout_batches b WHERE b.batch_id = batch AND b.state = 'prepared');
$$;
CREATE FUNCTION pg_temp.finish(batch bigint) RETURNS void LANGUAGE sql AS $$
    SELECT pg_temp.sign(batch);
    SELECT chimera.note_payout(batch, 0);
    SELECT chimera.end_payout(batch, false);
$$;
-- a whole run: how many batches, payouts and accounts
CREATE FUNCTION pg_temp.run(spendable bigint DEFAULT NULL, OUT batches int, OUT payouts bigint, OUT accounts bigint, OUT most bigint)
    LANGUAGE plpgsql AS $$
DECLARE
    batch bigint;
    first bigint;
BEGIN
    batches := 0;
    LOOP
        batch := chimera.collect_due_payouts(pg_temp.id(), spendable);
        EXIT WHEN batch IS NULL;
        first := coalesce(first, batch);
        batches := batches + 1;
        spendable := spendable - (SELECT sum(amount_sats) FROM chimera.payouts p WHERE p.batch_id = batch);
        PERFORM pg_temp.finish(batch);
    END LOOP;
    SELECT count(*), count(DISTINCT p.account_id) INTO payouts, accounts FROM chimera.payouts p WHERE p.batch_id >= first;
    SELECT max(c) INTO most FROM (SELECT count(*) AS c FROM chimera.payouts p WHERE p.batch_id >= first GROUP BY p.batch_id) b;
END;
$$;
CREATE FUNCTION pg_temp.next_day() RETURNS void LANGUAGE sql AS $$
    UPDATE chimera.payout_batches SET created_at = created_at - interval '25 hours' WHERE network_id = pg_temp.id()
$$;
CREATE FUNCTION pg_temp.waits() RETURNS text LANGUAGE sql AS $$
    SELECT message FROM chimera.waiting_payouts() WHERE network = 'test_run'
$$;

-- ---------- everybody, each day ----------

SELECT pg_temp.make('test_' || n, CASE n WHEN 1000 THEN ARRAY[:'one', :'two'] ELSE ARRAY[:'one'] END, CASE n WHEN 1000 THEN '{30,70}'::numeric[] END)
FROM generate_series(1, 2500) n \g /dev/null
SELECT pg_temp.earn('test_' || n, 150000) FROM generate_series(1, 2500) n \g /dev/null
SELECT is(count(*), 2501::bigint, 'all that are due are payable') FROM chimera.payable_accounts(:'network');
SELECT is(r::text, '(3,2501,2500,1000)', '2500 accounts are paid on the day they are due, by batches of at most 1000 outputs') FROM pg_temp.run() r;
SELECT is_empty($$ SELECT p.account_id FROM chimera.payouts p WHERE p.network_id = pg_temp.id() GROUP BY 1 HAVING count(DISTINCT p.batch_id) > 1 $$,
                'each of them in one batch, with all its wallets');
SELECT is_empty($$ SELECT FROM chimera.account_balances WHERE network = 'test_run' AND (balance_sats, paid_sats) <> (0, 150000) $$, 'each its own');
SELECT is(count(*), 0::bigint, 'the queue is empty') FROM chimera.payout_queue WHERE network_id = :'network';
SELECT is_empty($$ SELECT * FROM chimera.audit('test_run') $$, 'the audit finds nothing');

-- ---------- the schedule ----------

SELECT pg_temp.earn('test_1', 100000);
SELECT is(chimera.collect_due_payouts(:'network'), NULL, 'another run begins when payout_interval is over, not before');
SELECT is(pg_temp.run(), (0, 0, 0, NULL)::record, 'however often it is asked');
UPDATE chimera.payout_batches SET created_at = created_at - interval '25 hours' WHERE network_id = :'network' AND run_id <> batch_id;
SELECT is(chimera.collect_due_payouts(:'network'), NULL, 'the run''s first batch counts, not those that followed it');
SELECT pg_temp.next_day();
SELECT chimera.collect_due_payouts(:'network') AS batch \gset
SELECT is(pg_temp.pays(:batch), 'test_1 100000', 'then it does');
SELECT is(run_id, batch_id, 'by a batch that is its first') FROM chimera.payout_batches WHERE batch_id = :batch;
SELECT pg_temp.earn('test_2', 100000);
SELECT is(chimera.collect_due_payouts(:'network'), NULL, 'no other is made while one is not sent');
SELECT pg_temp.finish(:batch);
SELECT is(chimera.collect_due_payouts(:'network'), NULL, 'who is due since waits for the next run');
SELECT is(pg_temp.pays(chimera.prepare_payouts('test_run')), 'test_2 100000', 'or for an operator');
SELECT pg_temp.finish(max(batch_id)) FROM chimera.payout_batches;
SELECT is(chimera.prepare_payouts('test_run'), NULL, 'who finds nothing then');

-- ---------- the longest unpaid first, as many as the money is for ----------

SELECT pg_temp.make('test_new');
SELECT pg_temp.earn(account, sats) FROM (VALUES ('test_1', 300000), ('test_2', 200000), ('test_3', 100000), ('test_new', 400000)) e (account, sats);
SELECT pg_temp.next_day();
SELECT is(chimera.collect_due_payouts(:'network', 99999), NULL, 'nobody is paid by what is too little for each');
SELECT is(pg_temp.waits(), '4 accounts wait for money in the wallet: it has 99999 and they are due 1000000, 900001 more', 'and health says what is missing');
SELECT chimera.collect_due_payouts(:'network', 650000) AS batch \gset
SELECT is(pg_temp.pays(:batch), 'test_new 400000, test_3 100000', 'who was never paid or longest ago comes first');
SELECT pg_temp.finish(:batch);
SELECT chimera.collect_due_payouts(:'network', 250000) AS batch \gset
SELECT is(pg_temp.pays(:batch), 'test_2 200000', 'one who is due more than there is lets the others pass');
SELECT pg_temp.earn('test_4', 150000);
SELECT pg_temp.finish(:batch), pg_temp.next_day();
SELECT chimera.collect_due_payouts(:'network', 299999) AS batch \gset
SELECT is(pg_temp.pays(:batch), 'test_4 150000', 'also those of a later run');
SELECT pg_temp.finish(:batch);
SELECT is(pg_temp.pays(chimera.collect_due_payouts(:'network', 300000)), 'test_1 300000', 'and is paid when the money is there');
SELECT pg_temp.finish(max(batch_id)) FROM chimera.payout_batches;
SELECT is(pg_temp.waits(), NULL, 'then nothing waits');

-- ---------- what is too small ----------

SELECT pg_temp.make('test_split', ARRAY[:'one', :'two'], '{10,90}');
CREATE FUNCTION pg_temp.got(account text) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(format('%s %s', left(p.address, 4), p.sats), ', ' ORDER BY p.address COLLATE "C")
    FROM (SELECT p.address, sum(p.amount_sats) AS sats FROM chimera.payouts p JOIN chimera.accounts a USING (account_id)
          JOIN chimera.payout_batches b USING (batch_id) WHERE a.name = account AND b.state <> 'failed' GROUP BY 1) p
$$;
-- a tenth of it is below 5,000 four times out of ten
SELECT chimera.update_network('test_run', '{"minimum_payout_sats": 40000}') \g /dev/null
CREATE FUNCTION pg_temp.pay_often(account text, times int, sats bigint) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    FOR i IN 1..times LOOP
        PERFORM pg_temp.earn(account, sats), pg_temp.finish(chimera.prepare_payouts('test_run'));
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
SELECT is(pg_temp.got('test_odd') || ', balance ' || pg_temp.balance('test_odd'), format('1A1z %s, 1BvB %s, bc1q %s, balance 0', a, b, c), 'odd parts come out as well')
FROM (SELECT sum(amount_sats) FILTER (WHERE address = :'two') AS a, sum(amount_sats) FILTER (WHERE address = :'one') AS b,
             sum(amount_sats) FILTER (WHERE address = :'three') AS c
      FROM chimera.payouts p JOIN chimera.accounts a USING (account_id) WHERE a.name = 'test_odd') s
WHERE a + b + c = 50 * 1000003 AND abs(a - 50 * 1000003 * 0.0005) <= 50;
SELECT is(pg_temp.balance('test_odd'), 0::bigint, 'all of it is paid');

SELECT pg_temp.make('test_edge', ARRAY[:'one', :'two'], '{50,50}');
SELECT chimera.update_network('test_run', '{"minimum_payout_sats": 5000}') \g /dev/null
SELECT pg_temp.earn('test_edge', 9999);
SELECT is(pg_temp.pays(chimera.prepare_payouts('test_run')), 'test_edge 5000', 'a part of exactly the least is paid, one below is not');
SELECT pg_temp.finish(max(batch_id)) FROM chimera.payout_batches;
SELECT is(pg_temp.balance('test_edge'), 4999::bigint, 'it stays');
SELECT chimera.set_wallets('test_edge', 'test_run', ARRAY[:'two', :'three'], '{50,50}') \g /dev/null
SELECT pg_temp.earn('test_edge', 20001);
SELECT is(pg_temp.got('test_edge') || ', then ' || pg_temp.pays(chimera.prepare_payouts('test_run')),
          CASE (SELECT amount_sats FROM chimera.payout_arrears x JOIN chimera.accounts a USING (account_id) WHERE a.name = 'test_edge')
               WHEN NULL THEN '' ELSE '1A1z 5000, then test_edge 12500, test_edge 12500' END, 'what a wallet has missed that is no longer one is divided anew');
SELECT pg_temp.finish(max(batch_id)) FROM chimera.payout_batches;
SELECT is((SELECT count(*) FROM chimera.payout_arrears WHERE network_id = :'network'), 0::bigint, 'and is noted no more');

-- a type's own least: 5460 for a key's hash, 2940 for a witness program
SELECT chimera.update_network('test_run', '{"dust_sats": 0, "dust_relay_fee_sats": 30000, "minimum_payout_sats": 2940}') \g /dev/null
SELECT pg_temp.make('test_types', ARRAY[:'one', :'three'], '{50,50}');
SELECT pg_temp.earn('test_types', 2 * 5459);
SELECT is(pg_temp.pays(chimera.prepare_payouts('test_run')), 'test_types 5459', 'what is too small depends on the output''s type');
SELECT pg_temp.finish(max(batch_id)) FROM chimera.payout_batches;
SELECT is((SELECT count(*) FROM chimera.payable_accounts(:'network')), 0::bigint, 'what is left is above the minimum, and not payable yet');
SELECT pg_temp.next_day();
SELECT is(chimera.collect_due_payouts(:'network'), NULL, 'no run is begun for it');
SELECT is((SELECT count(*) FROM chimera.payout_queue WHERE network_id = :'network'), 0::bigint, 'nor is it queued');
SELECT pg_temp.earn('test_types', -3000);
SELECT is(pg_temp.balance('test_types') || ' ' || (SELECT coalesce(sum(amount_sats), 0) FROM chimera.payout_parts(:'network',
          ARRAY(SELECT account_id FROM chimera.accounts WHERE name = 'test_types'))), '2459 2459', 'who has less than was missed has that divided');
SELECT pg_temp.earn('test_types', -2459);
SELECT chimera.update_network('test_run', '{"dust_sats": 5000, "dust_relay_fee_sats": 3000, "minimum_payout_sats": 100000}') \g /dev/null

-- ---------- what comes back ----------

SELECT pg_temp.make('test_back', ARRAY[:'one', :'two'], '{25,75}');
SELECT pg_temp.earn('test_back', 400000);
SELECT chimera.prepare_payouts('test_run') AS batch \gset
SELECT chimera.cancel_payout_batch(:batch, 'a test');
SELECT chimera.set_wallets('test_back', 'test_run', ARRAY[:'one', :'two'], '{75,25}') \g /dev/null
SELECT pg_temp.earn('test_back', 100000);
SELECT is(pg_temp.pays(chimera.prepare_payouts('test_run')), 'test_back 325000, test_back 175000',
          'what was divided once stays so when its batch fails: 300000 and 100000, and the new 100000 by the new percentages');
SELECT pg_temp.finish(max(batch_id)) FROM chimera.payout_batches;
SELECT is_empty($$ SELECT * FROM chimera.audit('test_run') $$, 'the audit finds nothing');

-- ---------- whom the wallet refuses ----------

SELECT pg_temp.make('test_good'), pg_temp.make('test_bad', ARRAY[:'one', :'two'], '{50,50}');
SELECT pg_temp.earn('test_good', 200000), pg_temp.earn('test_bad', 400000);
SELECT chimera.prepare_payouts('test_run') AS batch \gset
SELECT is(chimera.return_payouts(:batch, ARRAY(SELECT payout_id FROM chimera.payouts WHERE batch_id = :batch AND address = :'two'), 'refused', 'bad address'),
          true, 'a payout that the wallet refuses leaves its batch');
SELECT is(pg_temp.pays(:batch) || ', balance ' || pg_temp.balance('test_bad'), 'test_good 200000, test_bad 200000, balance 200000', 'and the others stay');
SELECT is(pg_temp.waits(), format('1 refused by the wallet: test_bad to %s: bad address', :'two'), 'health names account, address and reason');
SELECT is((SELECT format('%s %s %s %s', account, address, amount_sats, refusal) FROM chimera.refused_payouts), format('test_bad %s 200000 bad address', :'two'), 'so does a view');
SELECT is_empty($$ SELECT * FROM chimera.audit('test_run') $$, 'the audit finds nothing');
SELECT pg_temp.finish(:batch);
SELECT is(chimera.return_payouts(:batch, '{}', 'later'), false, 'nothing leaves a batch that is sent');
SELECT pg_temp.next_day();
SELECT is(chimera.collect_due_payouts(:'network'), NULL, 'it is not tried again by itself, though above the minimum');
SELECT pg_temp.earn('test_bad', 300000);
SELECT is(pg_temp.pays(chimera.collect_due_payouts(:'network')), 'test_bad 150000', 'its other wallet is paid meanwhile');
SELECT pg_temp.finish(max(batch_id)) FROM chimera.payout_batches;
SELECT is(amount_sats, 350000::bigint, 'and it misses more') FROM chimera.refused_payouts;
SELECT is(chimera.retry_payout('test_bad', 'test_run'), true, 'an operator can have it tried again');
SELECT is(pg_temp.pays(chimera.collect_due_payouts(:'network')), 'test_bad 350000', 'at once, whatever the schedule says');
SELECT pg_temp.finish(max(batch_id)) FROM chimera.payout_batches;
SELECT is(chimera.retry_payout('test_bad', 'test_run'), false, 'where nothing is refused there is nothing to try');
SELECT throws_ok($$ SELECT chimera.retry_payout('test_nobody', 'test_run') $$, '42704', NULL, 'an unknown account is refused');

SELECT pg_temp.earn('test_bad', 400000);
SELECT chimera.prepare_payouts('test_run') AS batch \gset
SELECT chimera.return_payouts(:batch, ARRAY(SELECT payout_id FROM chimera.payouts WHERE batch_id = :batch), 'refused', 'bad address');
SELECT is(format('%s %s', state, note), 'failed none of its payouts could be made: bad address', 'a batch of which nothing is left has failed')
FROM chimera.payout_batches WHERE batch_id = :batch;
SELECT chimera.set_wallets('test_bad', 'test_run', ARRAY[:'three']) \g /dev/null
SELECT is(pg_temp.waits(), NULL, 'another address ends it');
SELECT is(pg_temp.pays(chimera.prepare_payouts('test_run')), 'test_bad 400000', 'all of it is paid there');
SELECT pg_temp.finish(max(batch_id)) FROM chimera.payout_batches;

-- ---------- who has to wait ----------

SELECT pg_temp.earn('test_' || n, 100000) FROM generate_series(1, 3) n \g /dev/null
SELECT chimera.prepare_payouts('test_run') AS batch \gset
SELECT chimera.return_payouts(:batch, ARRAY(SELECT payout_id FROM chimera.payouts JOIN chimera.accounts USING (account_id)
                                            WHERE batch_id = :batch AND name <> 'test_1'), 'later', 'its coins are too small');
SELECT pg_temp.finish(:batch);
SELECT is(pg_temp.waits(), 'test_3: its coins are too small; test_2: its coins are too small', 'what a wallet could not do is told of');
SELECT is(chimera.collect_due_payouts(:'network'), NULL, 'it is not tried again at once');
UPDATE chimera.payout_queue SET retry_at = retry_at - interval '1 hour';
SELECT is(pg_temp.pays(chimera.collect_due_payouts(:'network')), 'test_3 100000, test_2 100000', 'but in an hour');
SELECT chimera.cancel_payout_batch(max(batch_id), 'a test') FROM chimera.payout_batches;
SELECT is((SELECT count(*) FROM chimera.payout_queue WHERE network_id = :'network'), 0::bigint, 'who cancels a batch ends its run');
SELECT pg_temp.finish(chimera.prepare_payouts('test_run'));

-- ---------- who cannot be paid ----------

INSERT INTO chimera.accounts (name) VALUES ('test_nowhere');
SELECT pg_temp.earn('test_nowhere', 99999);
SELECT is(pg_temp.waits(), NULL, 'below the minimum nobody needs an address');
SELECT pg_temp.earn('test_nowhere', 1);
SELECT is(pg_temp.waits(), '1 accounts, 100000 of the smallest unit, have no address there', 'from there on it is told of');
SELECT ok(NOT ok, 'health has it') FROM chimera.health WHERE name = 'test_run' AND part = 'payouts';
SELECT chimera.archive_network('test_run', 'a test') \g /dev/null
SELECT matches(pg_temp.waits(), 'archived, and 1 accounts have 100000 of the smallest unit', 'and what an archived network owes');
SELECT chimera.set_wallets('test_nowhere', 'test_run', ARRAY[:'one']) \g /dev/null
SELECT is(pg_temp.pays(chimera.prepare_payouts('test_run')), 'test_nowhere 100000', 'which can be paid still');

SELECT * FROM finish();
ROLLBACK;
