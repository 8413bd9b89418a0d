-- payout_runs.sql: who is paid, in which order, and what each wallet gets, without a wallet.
BEGIN;
\ir begin.psql
\ir payouts.psql
SELECT plan(60);

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
    SELECT message FROM chimera.waiting_payouts() WHERE network = 'test_payouts'
$$;

-- ---------- everybody, each day ----------

-- as many as a pool has, made at once
INSERT INTO chimera.accounts (name) SELECT 'test_' || n FROM generate_series(1, 2500) n;
SELECT chimera.set_wallets('test_1000', 'test_payouts', ARRAY[:'one', :'two'], '{30,70}') \g /dev/null
WITH sets AS (
    INSERT INTO chimera.wallet_sets (account_id, network_id, set_by, valid_from)
    SELECT account_id, :'network', 'test', now() FROM chimera.accounts WHERE name ~ '^test_\d+$' AND name <> 'test_1000' ORDER BY account_id RETURNING set_id
)
INSERT INTO chimera.wallets (set_id, address, percent) SELECT set_id, :'one', 100 FROM sets;
WITH moved AS (
    INSERT INTO chimera.ledger_transactions (network_id, kind, memo) VALUES (:'network', 'adjustment', 'test') RETURNING transaction_id
)
INSERT INTO chimera.ledger_entries (transaction_id, network_id, account, account_id, amount_sats)
SELECT m.transaction_id, :'network'::uuid, e.account, e.account_id, e.sats
FROM moved m, (SELECT 'balance'::chimera.ledger_account AS account, account_id, 150000 AS sats FROM chimera.accounts WHERE name ~ '^test_\d+$'
               UNION ALL SELECT 'pool', NULL, -2500 * 150000) e;
SELECT is(count(*), 2501::bigint, 'all that are due are payable') FROM chimera.payable_accounts(:'network');
SELECT is(r::text, '(3,2501,2500,1000)', '2500 accounts are paid on the day they are due, by batches of at most 1000 outputs') FROM pg_temp.run() r;
SELECT is_empty($$ SELECT p.account_id FROM chimera.payouts p WHERE p.network_id = pg_temp.id() GROUP BY 1 HAVING count(DISTINCT p.batch_id) > 1 $$,
                'each of them in one batch, with all its wallets');
SELECT is_empty($$ SELECT FROM chimera.account_balances WHERE network = 'test_payouts' AND (balance_sats, paid_sats) <> (0, 150000) $$, 'each its own');
SELECT is(count(*), 0::bigint, 'the queue is empty') FROM chimera.payout_queue WHERE network_id = :'network';
SELECT is_empty($$ SELECT * FROM chimera.audit('test_payouts') $$, 'the audit finds nothing');

-- ---------- the schedule ----------

SELECT pg_temp.earn('test_1', 100000);
SELECT is(chimera.collect_due_payouts(:'network'), NULL, 'another run begins when payout_interval is over, not before');
SELECT is(pg_temp.run()::text, '(0,0,0,)', 'however often it is asked');
UPDATE chimera.payout_batches SET created_at = created_at - interval '25 hours' WHERE network_id = :'network' AND run_id <> batch_id;
SELECT is(chimera.collect_due_payouts(:'network'), NULL, 'the run''s first batch counts');
UPDATE chimera.payout_batches SET created_at = now() - CASE WHEN run_id = batch_id THEN interval '25 hours' ELSE '1 hour' END
WHERE network_id = :'network';
SELECT chimera.collect_due_payouts(:'network') AS batch \gset
SELECT is(pg_temp.pays(:batch), 'test_1 100000', 'not those that followed it');
SELECT is(run_id, batch_id, 'by a batch that is its first') FROM chimera.payout_batches WHERE batch_id = :batch;
SELECT pg_temp.earn('test_2', 100000);
SELECT is(chimera.collect_due_payouts(:'network'), NULL, 'no other is made while one is not sent');
SELECT pg_temp.finish(:batch);
SELECT is(chimera.collect_due_payouts(:'network'), NULL, 'who is due since waits for the next run');
SELECT is(pg_temp.pays(chimera.prepare_payouts('test_payouts')), 'test_2 100000', 'or for an operator');
SELECT pg_temp.finish(max(batch_id)) FROM chimera.payout_batches;
SELECT is(chimera.prepare_payouts('test_payouts'), NULL, 'who finds nothing then');

-- ---------- the longest unpaid first, as many as the money is for ----------

SELECT pg_temp.make('test_new');
SELECT pg_temp.earn(account, sats) FROM (VALUES ('test_1', 300000), ('test_2', 200000), ('test_3', 100000), ('test_new', 400000)) e (account, sats);
SELECT pg_temp.next_day();
SELECT is(chimera.collect_due_payouts(:'network', 99999), NULL, 'nobody is paid by what is too little for each');
SELECT is(pg_temp.waits(), '4 accounts wait for money in the wallet: it has 99999, but they are due 1000000 (900001 more)', 'and health says what is missing');
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

-- an operator who cancels means the run
SELECT pg_temp.next_day(), pg_temp.earn('test_' || n, 100000) FROM generate_series(5, 7) n;
SELECT chimera.cancel_payout_batch(chimera.collect_due_payouts(:'network', 100000), 'a test');
SELECT is(chimera.collect_due_payouts(:'network'), NULL, 'who cancels a batch ends its run');
SELECT is(pg_temp.pays(chimera.prepare_payouts('test_payouts')), 'test_5 100000, test_6 100000, test_7 100000', 'everybody has kept what was his');
SELECT pg_temp.finish(max(batch_id)) FROM chimera.payout_batches;

-- who is due follows the minimum
SELECT pg_temp.earn('test_8', 60000);
SELECT is(chimera.prepare_payouts('test_payouts'), NULL, 'below the minimum nobody is due');
SELECT chimera.update_network('test_payouts', '{"minimum_payout_sats": 60000}') \g /dev/null
SELECT chimera.update_network('test_payouts', '{"minimum_payout_sats": 60001}') \g /dev/null
SELECT is(chimera.prepare_payouts('test_payouts'), NULL, 'nor where it is one unit above');
SELECT chimera.update_network('test_payouts', '{"minimum_payout_sats": 60000}') \g /dev/null
SELECT is(pg_temp.pays(chimera.prepare_payouts('test_payouts')), 'test_8 60000', 'a lower minimum makes due who has reached it');
SELECT pg_temp.finish(max(batch_id)) FROM chimera.payout_batches;
SELECT chimera.update_network('test_payouts', '{"minimum_payout_sats": 100000}') \g /dev/null

-- ---------- whom the wallet refuses ----------

SELECT pg_temp.make('test_good'), pg_temp.make('test_bad', ARRAY[:'one', :'two'], '{50,50}');
SELECT pg_temp.earn('test_good', 200000), pg_temp.earn('test_bad', 400000);
SELECT chimera.prepare_payouts('test_payouts') AS batch \gset
SELECT is(chimera.return_payouts(:batch, ARRAY(SELECT payout_id FROM chimera.payouts WHERE batch_id = :batch AND address = :'two'), 'refused', 'bad address'),
          true, 'a payout that the wallet refuses leaves its batch');
SELECT is(pg_temp.pays(:batch) || ', balance ' || pg_temp.balance('test_bad'), 'test_good 200000, test_bad 200000, balance 200000', 'and the others stay');
SELECT is(pg_temp.waits(), format('addresses refused by the wallet: 1; test_bad to %s: bad address', :'two'), 'health names account, address and reason');
SELECT is((SELECT format('%s %s %s %s', account, address, amount_sats, refusal) FROM chimera.refused_payouts), format('test_bad %s 200000 bad address', :'two'), 'so does a view');
SELECT is_empty($$ SELECT * FROM chimera.audit('test_payouts') $$, 'the audit finds nothing');
SELECT pg_temp.finish(:batch);
SELECT is(chimera.return_payouts(:batch, '{}', 'later'), false, 'nothing leaves a batch that is sent');
SELECT pg_temp.next_day();
SELECT is(chimera.collect_due_payouts(:'network'), NULL, 'it is not tried again by itself, though above the minimum');
SELECT pg_temp.earn('test_bad', 100000);
SELECT is(chimera.collect_due_payouts(:'network'), NULL, 'what is left without the refused part must reach the minimum');
SELECT pg_temp.earn('test_bad', 200000);
SELECT is(pg_temp.pays(chimera.collect_due_payouts(:'network')), 'test_bad 150000', 'its other wallet is paid meanwhile');
SELECT pg_temp.finish(max(batch_id)) FROM chimera.payout_batches;
SELECT is(amount_sats, 350000::bigint, 'and it misses more') FROM chimera.refused_payouts;
SELECT is(chimera.retry_payout('test_bad', 'test_payouts'), true, 'an operator can have it tried again');
SELECT is(pg_temp.pays(chimera.collect_due_payouts(:'network')), 'test_bad 350000', 'at once, whatever the schedule says');
SELECT pg_temp.finish(max(batch_id)) FROM chimera.payout_batches;
SELECT is(chimera.retry_payout('test_bad', 'test_payouts'), false, 'where nothing is refused there is nothing to try');
SELECT throws_ok($$ SELECT chimera.retry_payout('test_nobody', 'test_payouts') $$, '42704', NULL, 'an unknown account is refused');

SELECT pg_temp.earn('test_bad', 400000);
SELECT chimera.prepare_payouts('test_payouts') AS batch \gset
SELECT chimera.return_payouts(:batch, ARRAY(SELECT payout_id FROM chimera.payouts WHERE batch_id = :batch), 'refused', 'bad address');
SELECT is(format('%s %s', state, note), 'failed no payout of the batch could be made: bad address', 'a batch of which nothing is left has failed')
FROM chimera.payout_batches WHERE batch_id = :batch;
SELECT chimera.set_wallets('test_bad', 'test_payouts', ARRAY[:'three']) \g /dev/null
SELECT is(pg_temp.waits(), NULL, 'another address ends it');
SELECT is(pg_temp.pays(chimera.prepare_payouts('test_payouts')), 'test_bad 400000', 'all of it is paid there');
SELECT pg_temp.finish(max(batch_id)) FROM chimera.payout_batches;

-- ---------- who has to wait ----------

SELECT pg_temp.earn('test_' || n, 100000) FROM generate_series(1, 3) n \g /dev/null
SELECT chimera.prepare_payouts('test_payouts') AS batch \gset
SELECT chimera.return_payouts(:batch, ARRAY(SELECT payout_id FROM chimera.payouts JOIN chimera.accounts USING (account_id)
                                            WHERE batch_id = :batch AND name <> 'test_1'), 'later', 'its coins are too small');
SELECT pg_temp.finish(:batch);
SELECT is(pg_temp.waits(), 'test_3: its coins are too small; test_2: its coins are too small', 'what a wallet could not do is told of');
SELECT is(chimera.collect_due_payouts(:'network'), NULL, 'it is not tried again at once');
SAVEPOINT later;
SELECT is(chimera.retry_payout('test_2', 'test_payouts'), true, 'unless an operator says so');
SELECT is(pg_temp.pays(chimera.collect_due_payouts(:'network')), 'test_2 100000', 'of that account');
ROLLBACK TO later;
-- five of each kind are named
INSERT INTO chimera.payout_arrears (network_id, account_id, address, amount_sats, refusal, refused_at)
SELECT :'network', a.account_id, :'one', 1, 'bad ' || n, now() - n * interval '1 minute'
FROM generate_series(11, 17) n JOIN chimera.accounts a ON a.name = 'test_' || n;
INSERT INTO chimera.payout_queue (network_id, account_id, problem) SELECT :'network', a.account_id, 'late ' || n
FROM generate_series(21, 25) n JOIN chimera.accounts a ON a.name = 'test_' || n ORDER BY n DESC;
SELECT is(pg_temp.waits(), format('addresses refused by the wallet: 7; test_17 to %1$s: bad 17; test_16 to %1$s: bad 16; test_15 to %1$s: bad 15; test_14 to %1$s: bad 14; '
    'test_13 to %1$s: bad 13; ...; test_3: its coins are too small; test_2: its coins are too small; test_25: late 25; test_24: late 24; test_23: late 23', :'one'),
    'health names the first of each kind, the longest waiting first');
ROLLBACK TO later;
UPDATE chimera.payout_queue SET retry_at = retry_at - interval '1 hour';
SELECT is(pg_temp.pays(chimera.collect_due_payouts(:'network')), 'test_3 100000, test_2 100000', 'but in an hour');
SELECT chimera.cancel_payout_batch(max(batch_id), 'a test') FROM chimera.payout_batches;
SELECT is((SELECT count(*) FROM chimera.payout_queue WHERE network_id = :'network'), 0::bigint, 'a cancelled batch leaves nobody in the queue');
SELECT pg_temp.finish(chimera.prepare_payouts('test_payouts'));

-- ---------- one account is not another ----------

-- of the second a part is too small, and it is paid first: the first was paid later
SELECT pg_temp.make('test_whole', ARRAY[:'one', :'two'], '{50,50}'), pg_temp.make('test_part', ARRAY[:'one', :'two'], '{99,1}');
SELECT pg_temp.earn('test_part', 1000000), pg_temp.finish(chimera.prepare_payouts('test_payouts'));
SELECT pg_temp.earn('test_whole', 200000), pg_temp.finish(chimera.prepare_payouts('test_payouts'));
SELECT pg_temp.earn('test_whole', 200000), pg_temp.earn('test_part', 200000);
SELECT chimera.prepare_payouts('test_payouts') AS batch \gset
SELECT is(pg_temp.pays(:batch) || ', balance ' || pg_temp.balance('test_part'), 'test_part 198000, test_whole 100000, test_whole 100000, balance 2000',
          'each account''s parts are its own, whatever the order in which they are paid');
SELECT pg_temp.finish(:batch);

-- ---------- who cannot be paid ----------

INSERT INTO chimera.accounts (name) VALUES ('test_nowhere');
SELECT pg_temp.earn('test_nowhere', 99999);
SELECT is(pg_temp.waits(), NULL, 'below the minimum nobody needs an address');
SELECT pg_temp.earn('test_nowhere', 1);
SELECT is(pg_temp.waits(), '1 accounts with 100000 of the smallest unit have no address that can be paid', 'from there on it is told of');
SELECT ok(NOT ok, 'health has it') FROM chimera.health WHERE name = 'test_payouts' AND part = 'payouts';
SELECT chimera.archive_network('test_payouts', 'a test') \g /dev/null
SELECT matches(pg_temp.waits(), 'network is archived, but 1 accounts are due 100000 of the smallest unit', 'and what an archived network owes');
SELECT chimera.set_wallets('test_nowhere', 'test_payouts', ARRAY[:'one']) \g /dev/null
SELECT is(pg_temp.pays(chimera.prepare_payouts('test_payouts')), 'test_nowhere 100000', 'which can be paid still');

SELECT pg_temp.finish(max(batch_id)) FROM chimera.payout_batches;
SELECT is(pg_temp.waits(), NULL, 'then nothing waits');

-- an address that the network does not pay any more
SELECT pg_temp.earn('test_nowhere', 100000);
UPDATE chimera.network_configs SET p2pkh_version = 111, pool_address = :'three' WHERE name = 'test_payouts';
SELECT is(chimera.prepare_payouts('test_payouts'), NULL, 'what is an address no longer is not paid');
SELECT matches(pg_temp.waits(), '^1 accounts with 100000 of the smallest unit have no address that can be paid', 'and is told of');

SELECT * FROM finish();
ROLLBACK;
