-- payout_verdicts.sql: whether a batch is paid, by the payer's notes and an
-- operator's verdict, without a wallet.
BEGIN;
\ir begin.psql
SELECT plan(74);

SELECT pg_temp.make_network('test_pay') AS network \gset
UPDATE chimera.network_configs SET minimum_payout_sats = 1000000, dust_sats = 5000 WHERE name = 'test_pay';
CREATE FUNCTION pg_temp.address(seed int) RETURNS text LANGUAGE sql AS $$
    SELECT ('{1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2,1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa}'::text[])[seed];
$$;
CREATE FUNCTION pg_temp.script(seed int) RETURNS bytea LANGUAGE sql AS $$
    SELECT chimera.network_address_script('test_pay', pg_temp.address(seed));
$$;
CREATE FUNCTION pg_temp.has(seed int) RETURNS text LANGUAGE sql AS $$
    SELECT concat_ws(' ', b.balance_sats, b.sending_sats, b.paid_sats) FROM chimera.account_balances b
    WHERE b.account = pg_temp.address(seed) AND b.network = 'test_pay';
$$;
CREATE FUNCTION pg_temp.txid(digits text) RETURNS text LANGUAGE sql AS $$ SELECT repeat(digits, 32) $$;
CREATE FUNCTION pg_temp.batch(id bigint) RETURNS chimera.payout_batches LANGUAGE sql AS $$
    SELECT b FROM chimera.payout_batches b WHERE b.batch_id = id;
$$;
-- a batch of 2,000,000 and 1,000,000 with its transaction, whose fee is 300
CREATE FUNCTION pg_temp.signed_batch() RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    id bigint;
BEGIN
    INSERT INTO chimera.accounts (name) SELECT pg_temp.address(seed) FROM generate_series(1, 2) seed ON CONFLICT DO NOTHING;
    PERFORM chimera.adjust_balance('test_pay', pg_temp.address(1), 2000000, 'test');
    PERFORM chimera.adjust_balance('test_pay', pg_temp.address(2), 1000000, 'test');
    id := chimera.prepare_payouts('test_pay');
    PERFORM chimera.store_payout_transaction(id, '\x00', pg_temp.txid('aa'), 300);
    RETURN id;
END;
$$;

CREATE FUNCTION pg_temp.arrears() RETURNS bigint[] LANGUAGE sql AS $$
    SELECT coalesce(array_agg(x.amount_sats ORDER BY x.account_id), '{}') FROM chimera.payout_arrears x JOIN chimera.network_configs n USING (network_id)
    WHERE n.name = 'test_pay';
$$;

-- ---------- the chain's height ----------

SELECT is(chimera.known_height(:'network'), NULL, 'of a chain that nothing tells of no height is known');
SELECT pg_temp.signed_batch() AS batch \gset
SELECT chimera.record_payout(:batch, 3, NULL, pg_temp.txid('0b'), 75);
SELECT is(chimera.known_height(:'network'), 77, 'a payout in a block tells the height');
SELECT is((pg_temp.batch(:batch)).block_hash, pg_temp.txid('0b'), 'and the block is kept');
INSERT INTO chimera.blocks (network_id, height, hash, status, reward_sats, submitted_at)
VALUES (:'network', 90, sha256('adopted'), 'confirmed', 1, now()), (:'network', 95, sha256('orphan'), 'orphaned', 1, now());
SELECT is(chimera.known_height(:'network'), 77, 'an older pool''s block or an orphan does not');
SELECT pg_temp.make_miner('test_pay') AS miner \gset
INSERT INTO chimera.blocks (network_id, height, hash, status, job_id, account_id, miner_id, reward_sats, network_difficulty, share_difficulty)
SELECT :'network', 80, sha256('own'), 'accepted', 1, m.account_id, m.miner_id, 1, 1, 1 FROM chimera.miners m WHERE m.miner_id = :miner;
SELECT is(chimera.known_height(:'network'), 80, 'one of the pool''s own does');
SAVEPOINT heights;
INSERT INTO chimera.payout_batches (batch_id, network_id, state, fee_payer) SELECT -n, :'network', 'failed', 'pool' FROM generate_series(1, 20) n;
UPDATE chimera.payout_batches SET confirmations = 9 WHERE batch_id = :batch;
SELECT is(chimera.known_height(:'network'), 83, 'the newest payouts do, however many there are');
INSERT INTO chimera.jobs (job_id, network_id, template_id, algorithm, height, version, prevhash, nbits, curtime, mintime,
    coinbase_value, coinbase_prefix, coinbase_suffix, merkle_branch, has_witness, version_mask, clean_jobs)
SELECT nextval('chimera.jobs_job_id_seq'), :'network', 0, 'sha256d', height, 1, sha256(''), 545259519, 1, 1, 1, '', '', '', false, 0, true
FROM unnest('{200,150}'::int[]) WITH ORDINALITY h (height, place) ORDER BY place;
SELECT is(chimera.known_height(:'network'), 149, 'a job is for the block after the tip, and the newest one counts: the chain may have become shorter');
ROLLBACK TO heights;
SELECT chimera.record_payout(:batch, 0, 'lost');
SELECT is((pg_temp.batch(:batch)).block_height, 75, 'a block that it was seen in is not forgotten');

-- ---------- another transaction pays the same ----------

SELECT chimera.take_over_payout(:batch, pg_temp.txid('cc'), '\x01', 800, ARRAY[pg_temp.script(1), pg_temp.script(2)], '{2000000,1000000}');
SELECT is((pg_temp.batch(:batch)).txid, pg_temp.txid('cc'), 'a replacement is the batch''s transaction');
SELECT is((pg_temp.batch(:batch)).replaced_txid, pg_temp.txid('aa'), 'the one that was signed is kept');
SELECT is((pg_temp.batch(:batch)).block_hash, NULL, 'whose block is not the replacement''s');
SELECT is((SELECT sum(returned_sats) FROM chimera.payouts WHERE batch_id = :batch), 0::numeric, 'nothing goes back');
SELECT chimera.take_over_payout(:batch, pg_temp.txid('aa'), '\x00', 300, ARRAY[pg_temp.script(1), pg_temp.script(2)], '{2000000,1000000}');
SELECT is((pg_temp.batch(:batch)).replaced_txid, NULL, 'the one that was signed may come back');
SELECT chimera.take_over_payout(:batch, pg_temp.txid('cc'), '\x01', 800, ARRAY[pg_temp.script(1), pg_temp.script(2)], '{2000000,1000000}');
SELECT isnt(chimera.finish_payout(:batch, false, NULL, 7), NULL, 'it is final by the replacement');
SELECT is((pg_temp.batch(:batch)).confirmations, 7, 'and keeps its confirmations');
SELECT is(pg_temp.has(1) || ', ' || pg_temp.has(2), '0 0 2000000, 0 0 1000000', 'all are paid');
SELECT is((SELECT amount_sats FROM chimera.balances WHERE network_id = :'network' AND account = 'network_fee'), 800::numeric,
          'the fee is the replacement''s');
SELECT is_empty($$ SELECT * FROM chimera.audit('test_pay') WHERE subject LIKE 'batch%' $$, 'the audit finds nothing');

-- ---------- it pays a part ----------

UPDATE chimera.network_configs SET payout_fee_payer = 'recipients' WHERE name = 'test_pay';
SELECT pg_temp.signed_batch() AS batch \gset
SELECT results_eq(format($$ SELECT owed_sats FROM chimera.payout_owed(%s) ORDER BY 1 $$, :batch), '{999900,1999800}'::bigint[],
                  'what it owes is without the recipients'' fee');
SAVEPOINT unpaid;
SELECT chimera.take_over_payout(:batch, pg_temp.txid('cc'), '\x01', 800, ARRAY[pg_temp.script(1)], '{1999800}');
SELECT results_eq(format($$ SELECT fee_sats, returned_sats FROM chimera.payouts WHERE batch_id = %s ORDER BY amount_sats $$, :batch),
                  $$ VALUES (0::bigint, 1000000::bigint), (200, 0) $$, 'who gets nothing of a replacement gets all of it back, and bears no fee');
ROLLBACK TO unpaid;
SELECT lives_ok(format($$ SELECT chimera.settle_payout_batch(%s, 'paid', 'x', pg_temp.txid('cc'), 0) $$, :batch), 'a transaction may have no fee');
ROLLBACK TO unpaid;
SELECT chimera.hold_payout(:batch, 'a part of it is paid');
SELECT is((pg_temp.batch(:batch)).held_by, 'payer', 'the payer holds what it cannot judge');
SELECT throws_ok(format($$ SELECT chimera.settle_payout_batch(%s, 'maybe', 'x') $$, :batch), '22023', NULL, 'a verdict is paid or void');
SELECT throws_ok(format($$ SELECT chimera.settle_payout_batch(%s, NULL, 'x') $$, :batch), '22023', NULL, 'and not null');
SELECT throws_ok(format($$ SELECT chimera.settle_payout_batch(%s, 'void', '  ') $$, :batch), '22023', NULL, 'it has a reason');
SELECT throws_ok(format($$ SELECT chimera.settle_payout_batch(%s, 'paid', 'x') $$, :batch), '22023', NULL, 'paid has a transaction');
SELECT throws_ok(format($$ SELECT chimera.settle_payout_batch(%s, 'paid', 'x', 'abc') $$, :batch), '22023', NULL, 'with an id of 64 digits');
SELECT throws_ok(format($$ SELECT chimera.settle_payout_batch(%s, 'void', 'x', pg_temp.txid('cc')) $$, :batch), '22023', NULL,
                 'void has no transaction');
SELECT throws_ok(format($$ SELECT chimera.settle_payout_batch(%s, 'paid', 'x', pg_temp.txid('cc'), -1) $$, :batch), '22023', NULL,
                 'a fee is not below zero');
SELECT throws_ok($$ SELECT chimera.settle_payout_batch(0, 'void', 'x') $$, '42704', NULL, 'an unknown batch is refused');
SELECT chimera.settle_payout_batch(:batch, 'paid', 'one by hand', upper(pg_temp.txid('cc')));
SELECT is((pg_temp.batch(:batch)).verdict_txid, pg_temp.txid('cc'), 'a verdict waits for the payer');
SELECT is((pg_temp.batch(:batch)).held_at, NULL, 'and the batch is held no more');
SELECT chimera.hold_payout(:batch, 'an older thought');
SELECT is((pg_temp.batch(:batch)).verdict_is_pending, true, 'which does not hold it before it has looked at the verdict');
SELECT chimera.hold_payout(:batch, 'it is refused', true);
SELECT is((pg_temp.batch(:batch)).verdict, NULL, 'a verdict that the chain refuses is dropped');
SELECT is((pg_temp.batch(:batch)).note, 'it is refused', 'with the reason');

SELECT chimera.settle_payout_batch(:batch, 'paid', 'one by hand', pg_temp.txid('cc'));
SELECT chimera.take_over_payout(:batch, pg_temp.txid('cc'), '\x01', 800, ARRAY[pg_temp.script(1), pg_temp.script(2)], '{1500000,0}', true);
SELECT is((pg_temp.batch(:batch)).verdict_is_pending, false, 'a verdict that the chain shows is done');
SELECT is((pg_temp.batch(:batch)).verdict_by, session_user::text, 'and kept');
SELECT is_empty($$ SELECT * FROM chimera.audit('test_pay') WHERE subject LIKE 'batch%' $$, 'the audit finds nothing before it is final');
SELECT isnt(chimera.finish_payout(:batch, false, NULL, 7), NULL, 'it is final');
-- the first has borne 200 of the fee and got 1,500,000 of 1,999,800
SELECT is(pg_temp.has(1) || ', ' || pg_temp.has(2), '499800 0 3500000, 1000000 0 1000000',
          'what the transaction does not pay is back in the balances');
SELECT is(pg_temp.arrears(), '{499800,1000000}'::bigint[], 'as what each address has missed');
SELECT is((SELECT sum(sent_sats) FROM chimera.account_payouts WHERE batch_id = :batch), 1500000::numeric, 'and is not called sent');
SELECT is((SELECT memo FROM chimera.ledger_transactions WHERE batch_id = :batch AND kind = 'payout_end'),
          format('verdict of %s: paid by %s: one by hand', session_user, pg_temp.txid('cc')), 'the ledger tells who said so, and why');
SELECT is_empty($$ SELECT * FROM chimera.audit('test_pay') WHERE subject LIKE 'batch%' $$, 'the audit finds nothing');
SELECT throws_ok(format($$ SELECT chimera.settle_payout_batch(%s, 'void', 'x') $$, :batch), '55000', NULL, 'it is at its end');

-- ---------- the node is blind ----------

UPDATE chimera.network_configs SET payout_fee_payer = 'pool' WHERE name = 'test_pay';
SELECT pg_temp.signed_batch() AS batch \gset
SELECT is(chimera.believe_payout_verdict(:batch), NULL, 'without a verdict nothing is believed');
SELECT chimera.take_over_payout(:batch, pg_temp.txid('cc'), '\x01', 800, ARRAY[pg_temp.script(1), pg_temp.script(2)], '{1500000,0}');
SELECT chimera.settle_payout_batch(:batch, 'paid', 'an explorer has it', pg_temp.txid('dd'), 900);
SELECT isnt(chimera.believe_payout_verdict(:batch), NULL, 'with one the batch is paid');
SELECT is((pg_temp.batch(:batch)).state, 'confirmed', 'and final');
SELECT is((SELECT DISTINCT txid FROM chimera.payouts WHERE batch_id = :batch), pg_temp.txid('dd'), 'by the transaction that was named');
SELECT is((SELECT sum(returned_sats) FROM chimera.payouts WHERE batch_id = :batch), 0::numeric, 'all of it');
SELECT is((pg_temp.batch(:batch)).fee_sats, 900::bigint, 'with the fee that was told');
SELECT is_empty($$ SELECT * FROM chimera.audit('test_pay') WHERE subject LIKE 'batch%' $$, 'the audit finds nothing');

-- a part was paid by another transaction, all was given back, and the one that was named pays all
SAVEPOINT corrected;
SELECT pg_temp.signed_batch() AS batch \gset
SELECT chimera.take_over_payout(:batch, pg_temp.txid('cc'), '\x01', 800, ARRAY[pg_temp.script(1), pg_temp.script(2)], '{1500000,0}');
SELECT chimera.finish_payout(:batch, true), chimera.settle_payout_batch(:batch, 'paid', 'it is there', pg_temp.txid('aa')) \g /dev/null
SELECT results_eq(format($$ SELECT DISTINCT txid, returned_sats FROM chimera.payouts WHERE batch_id = %s $$, :batch),
                  $$ VALUES (pg_temp.txid('aa'), 0::bigint) $$, 'a batch that is corrected is paid whole');
ROLLBACK TO corrected;

-- ---------- void, and paid all the same ----------

SELECT pg_temp.signed_batch() AS batch \gset
SELECT chimera.record_payout(:batch, 0);
SELECT throws_ok(format($$ SELECT chimera.settle_payout_batch(%s, 'void', 'x') $$, :batch), '55000',
                 format('transaction of payout batch %s is unconfirmed', :batch), 'what is in the mempool is not void');
SELECT chimera.record_payout(:batch, 2, 'a problem', pg_temp.txid('0b'), 81);
SELECT throws_ok(format($$ SELECT chimera.settle_payout_batch(%s, 'void', 'x') $$, :batch), '55000',
                 format('transaction of payout batch %s is in the chain', :batch), 'nor what is in the chain');
SELECT chimera.record_payout(:batch, 0, 'a problem');
SELECT chimera.settle_payout_batch(:batch, 'void', 'the chain went another way');
SELECT chimera.finish_payout(:batch, true, 'void by an operator''s verdict') \g /dev/null
SELECT is((SELECT memo FROM chimera.ledger_transactions WHERE batch_id = :batch AND kind = 'payout_end'),
          format('verdict of %s: void: the chain went another way; void by an operator''s verdict', session_user), 'the ledger tells of it');
SELECT is(pg_temp.has(1), '2000000 0 5999800', 'a void batch gives its amounts back');
SELECT is(pg_temp.arrears(), '{2000000,1000000}'::bigint[], 'as what each address has missed');
SELECT results_eq(format($$ SELECT batch_id, txid, output_count FROM chimera.watched_payout(%L) $$, :'network'),
                  format($$ VALUES (%s::bigint, pg_temp.txid('aa'), 3) $$, :batch), 'it is looked for in the chain');
SELECT is(chimera.needs_payer(:'network'), true, 'for which a payer is needed');
SAVEPOINT watched;
UPDATE chimera.payout_batches SET failed_at = now() - interval '14 days' WHERE batch_id = :batch;
SELECT is(chimera.needs_payer(:'network'), false, 'two weeks long');
SELECT is_empty(format($$ SELECT * FROM chimera.watched_payout(%L) $$, :'network'), 'then no more');
ROLLBACK TO watched;
SELECT chimera.record_watched_payout(:batch, NULL);
SELECT is_empty(format($$ SELECT * FROM chimera.watched_payout(%L) $$, :'network'), 'now and then');
SELECT is_empty($$ SELECT * FROM chimera.audit('test_pay') WHERE subject LIKE 'batch%' $$, 'the audit finds nothing');
UPDATE chimera.payout_batches SET looked_at = now() - interval '2 hours' WHERE batch_id = :batch;
SELECT chimera.record_watched_payout((SELECT batch_id FROM chimera.watched_payout(:'network')), pg_temp.txid('aa'));
SELECT results_eq($$ SELECT check_name, found FROM chimera.audit('test_pay') WHERE subject LIKE 'batch%' $$,
                  $$ VALUES ('no failed payout is in the chain', 3000000::numeric) $$, 'when it is there the audit tells of it');

SELECT chimera.adjust_balance('test_pay', pg_temp.address(1), -500000, 'spent') \g /dev/null
SELECT throws_ok(format($$ SELECT chimera.settle_payout_batch(%s, 'paid', 'it is there', pg_temp.txid('aa')) $$, :batch), '55000',
                 format('balance of account "%s" is below the amount that the batch paid it', pg_temp.address(1)),
                 'who has less than was paid twice is named');
SELECT chimera.adjust_balance('test_pay', pg_temp.address(1), 500000, 'the pool bears it') \g /dev/null
-- seven more than the batch gave back
UPDATE chimera.payout_arrears SET amount_sats = 2000007 WHERE network_id = :'network' AND amount_sats = 2000000;
SELECT chimera.settle_payout_batch(:batch, 'paid', 'it is there', pg_temp.txid('aa'));
SELECT is(pg_temp.has(1), '0 0 7999800', 'settled as paid, it is taken out of the balances again');
SELECT is((pg_temp.batch(:batch)).state, 'confirmed', 'the batch is paid');
SELECT is(pg_temp.arrears(), '{7}'::bigint[], 'and nobody has missed it, but what was missed otherwise');
DELETE FROM chimera.payout_arrears WHERE network_id = :'network';
SELECT is_empty($$ SELECT * FROM chimera.audit('test_pay') WHERE subject LIKE 'batch%' $$, 'and the audit finds nothing');
SELECT is(chimera.needs_payer(:'network'), false, 'nothing is left to look for');

-- ---------- without a transaction ----------

SELECT chimera.adjust_balance('test_pay', pg_temp.address(1), 1000000, 'test') \g /dev/null
SAVEPOINT known;
DELETE FROM chimera.due_balances WHERE network_id = :'network';
SELECT results_eq($$ SELECT check_name, found FROM chimera.audit('test_pay') WHERE check_name LIKE '%due' $$,
                  $$ VALUES ('every balance at the minimum payout is recorded as due', 1000000::numeric) $$, 'the audit finds who would not be paid');
ROLLBACK TO known;
SELECT chimera.prepare_payouts('test_pay') AS batch \gset
SELECT throws_ok(format($$ SELECT chimera.settle_payout_batch(%s, 'void', 'x') $$, :batch), '55000',
                 format('payout batch %s does not have a transaction yet', :batch), 'a prepared one is cancelled, not settled');
SELECT chimera.record_payout_start(:batch, 50), chimera.record_payout_start(:batch, 60);
SELECT is((pg_temp.batch(:batch)).start_height, 50, 'where its inputs may be spent from is kept once');

SELECT * FROM finish();
ROLLBACK;
