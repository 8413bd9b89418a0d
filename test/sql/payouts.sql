-- payouts.sql: batches and their way through the ledger, without a wallet.
BEGIN;
\ir begin.psql
SELECT plan(38);

SELECT pg_temp.make_network('test_pay') AS network \gset
UPDATE chimera.network_configs SET minimum_payout_sats = 1000000, dust_sats = 5000 WHERE name = 'test_pay';
CREATE FUNCTION pg_temp.give(account text, sats bigint) RETURNS void LANGUAGE sql AS $$
    INSERT INTO chimera.accounts (name) VALUES (account) ON CONFLICT DO NOTHING;
    SELECT chimera.adjust_balance('test_pay', account, sats, 'test');
$$;
CREATE FUNCTION pg_temp.address(seed int) RETURNS text LANGUAGE sql AS $$
    SELECT ('{1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2,1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa}'::text[])[seed];
$$;
CREATE FUNCTION pg_temp.has(account text) RETURNS text LANGUAGE sql AS $$
    SELECT concat_ws(' ', b.balance_sats, b.sending_sats, b.paid_sats) FROM chimera.account_balances b
    WHERE b.account = has.account AND b.network = 'test_pay';
$$;
CREATE FUNCTION pg_temp.state(id bigint) RETURNS chimera.payout_state LANGUAGE sql AS $$
    SELECT state FROM chimera.payout_batches WHERE batch_id = id;
$$;

-- ---------- what is payable ----------

SELECT is(chimera.prepare_payouts('test_pay'), NULL, 'with nothing to pay there is no batch');
SELECT throws_ok($$ SELECT chimera.prepare_payouts('nowhere') $$, '42704', NULL, 'an unknown network is refused');
SELECT pg_temp.give(pg_temp.address(1), 999999), pg_temp.give('noaddress', 5000000);
SELECT is_empty(format($$ SELECT * FROM chimera.payable_accounts(%L) $$, :'network'),
                'a balance below the minimum is not payable, nor one without an address');
SELECT pg_temp.give(pg_temp.address(1), 1);
SELECT results_eq(format($$ SELECT address, amount_sats FROM chimera.payable_accounts(%L) $$, :'network'),
                  format($$ VALUES (%L, 1000000::bigint) $$, pg_temp.address(1)), 'one at the minimum is');

SELECT throws_ok(format($$ SELECT chimera.set_minimum_payout(%L, 'test_pay', 999999) $$, pg_temp.address(1)), '22023', NULL,
                 'an account''s minimum is not below the network''s');
SELECT throws_ok($$ SELECT chimera.set_minimum_payout('nobody', 'test_pay', 2000000) $$, '42704', NULL, 'an unknown account is refused');
SELECT chimera.set_minimum_payout(pg_temp.address(1), 'test_pay', 1000001);
SELECT is_empty(format($$ SELECT * FROM chimera.payable_accounts(%L) $$, :'network'), 'an account''s own minimum holds');
SELECT is(minimum_payout_sats, 1000001::bigint, 'and is shown') FROM chimera.account_balances WHERE account = pg_temp.address(1);
SELECT lives_ok(format($$ SELECT chimera.set_minimum_payout(%L, 'test_pay', 1000000) $$, pg_temp.address(1)), 'it may be exactly the network''s');
SELECT chimera.set_minimum_payout(pg_temp.address(1), 'test_pay', NULL);
SELECT is((SELECT minimum_payout_sats FROM chimera.account_balances WHERE account = pg_temp.address(1)), 1000000::bigint,
          'NULL gives the network''s back');

-- ---------- by schedule ----------

SELECT is(chimera.collect_due_payouts(:'network'), NULL, 'without a schedule nothing is paid by itself');
SELECT is(chimera.needs_payer(:'network'), false, 'and no payer is needed');
UPDATE chimera.network_configs SET payout_interval = '1 hour' WHERE name = 'test_pay';
SELECT is(chimera.needs_payer(:'network'), true, 'with one a payer is');
SELECT chimera.collect_due_payouts(:'network') AS batch \gset
SELECT is(pg_temp.has(pg_temp.address(1)), '0 1000000 0', 'what is due is taken from the balance');
SELECT is(pg_temp.state(:batch), 'prepared', 'into a batch');
SELECT throws_ok($$ SELECT chimera.prepare_payouts('test_pay') $$, '55000', NULL, 'no other is made until it is sent');
SELECT is_empty($$ SELECT * FROM chimera.audit('test_pay') $$, 'the audit finds nothing');

-- ---------- its way ----------

SELECT throws_ok(format($$ SELECT chimera.store_payout_transaction(%s, '\x00', 'no txid', 1) $$, :batch), '23514', NULL, 'a txid is 64 digits');
SELECT chimera.hold_payout_batch(:batch, 'wait');
SELECT is(chimera.store_payout_transaction(:batch, '\x00', repeat('ab', 32), 500), false, 'a held batch takes no transaction');
SELECT throws_ok(format($$ SELECT chimera.retry_payout_batch(%s) $$, :batch), '55000', NULL, 'and is not tried');
SELECT chimera.release_payout_batch(:batch);
SELECT is(chimera.store_payout_transaction(:batch, '\x00', repeat('ab', 32), 500), true, 'a released one does');
SELECT is(pg_temp.state(:batch), 'sending', 'it is sending then');
SELECT is(chimera.store_payout_transaction(:batch, '\x01', repeat('cd', 32), 500), false, 'it never takes another');
SELECT throws_ok(format($$ SELECT chimera.cancel_payout_batch(%s, 'x') $$, :batch), '55000', NULL, 'and cannot be cancelled');
SELECT is(chimera.finish_payout(:batch, false), NULL, 'it is not final before it is sent');
SELECT chimera.record_payout(:batch, 0);
SELECT is(pg_temp.state(:batch), 'sent', 'the wallet has it: sent');
SELECT throws_ok(format($$ SELECT chimera.hold_payout_batch(%s) $$, :batch), '55000', NULL, 'a sent one cannot be held');
SELECT isnt(chimera.finish_payout(:batch, false), NULL, 'it is final');
SELECT is(chimera.finish_payout(:batch, false), NULL, 'once');
SELECT is(pg_temp.has(pg_temp.address(1)), '0 0 1000000', 'the account is paid');
SELECT is((SELECT amount_sats FROM chimera.balances WHERE network_id = :'network' AND account = 'network_fee'), 500::numeric, 'and the fee is borne');

-- ---------- one that fails ----------

UPDATE chimera.network_configs SET payout_interval = NULL, payout_fee_payer = 'recipients' WHERE name = 'test_pay';
SELECT pg_temp.give(pg_temp.address(1), 2000000), pg_temp.give(pg_temp.address(2), 1000000);
SELECT chimera.prepare_payouts('test_pay') AS batch \gset
SELECT results_eq(format($$ SELECT fee_sats FROM chimera.payout_outputs(%s, 100) ORDER BY amount_sats $$, :batch), '{33,67}'::bigint[],
                  'recipients bear a fee in proportion to the amounts');
-- rows that have changed come last in the table
UPDATE chimera.payouts SET txid = NULL WHERE payout_id = (SELECT min(payout_id) FROM chimera.payouts WHERE batch_id = :batch);
SELECT set_eq(format($$ SELECT payout_id, address, amount_sats FROM chimera.payout_outputs(%s, 100) $$, :batch),
              format($$ SELECT payout_id, address, amount_sats FROM chimera.payouts WHERE batch_id = %s $$, :batch), 'each has its own address and amount');
SELECT chimera.cancel_payout_batch(:batch, 'a mistake');
SELECT results_eq(format($$ SELECT account_id FROM chimera.payable_accounts(%L) $$, :'network'),
                  $$ SELECT account_id FROM chimera.accounts WHERE name IN (pg_temp.address(1), pg_temp.address(2)) ORDER BY 1 $$,
                  'who is payable is told in the order of the accounts');
SELECT is(pg_temp.has(pg_temp.address(1)) || ', ' || pg_temp.has(pg_temp.address(2)), '2000000 0 1000000, 1000000 0 0',
          'a cancelled one gives its amounts back');
SELECT throws_ok(format($$ SELECT chimera.release_payout_batch(%s) $$, :batch), '55000', NULL, 'and is at its end');
SELECT throws_ok($$ SELECT chimera.hold_payout_batch(0) $$, '42704', NULL, 'an unknown batch is refused');
SELECT is_empty($$ SELECT * FROM chimera.audit('test_pay') $$, 'the audit finds nothing');

SELECT * FROM finish();
ROLLBACK;
