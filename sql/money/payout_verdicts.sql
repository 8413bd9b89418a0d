-- payout_verdicts.sql: whether a batch is paid, by the chain or by an
-- operator's verdict (extension/payout/payout_judge.c).
--
-- The payer looks for a batch's transaction in the chain. Another transaction
-- that spends its inputs and pays the same replaces it; one that pays none of
-- it and is deep in the chain ends the batch as failed. A batch that the
-- chain does not decide is held until an operator gives a verdict, which the
-- payer checks as far as its node allows.

-- ---------- information for the payer ----------

CREATE FUNCTION chimera.known_height(network_id uuid) RETURNS int
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    SELECT greatest(
        (SELECT j.height - 1 FROM chimera.jobs j WHERE j.network_id = known_height.network_id ORDER BY j.job_id DESC LIMIT 1),
        (SELECT max(b.height) FROM chimera.blocks b
         WHERE b.network_id = known_height.network_id AND b.status IN ('accepted', 'confirmed') AND b.job_id IS NOT NULL),
        -- confirmations are counted from the tip
        (SELECT max(p.block_height + greatest(p.confirmations, 1) - 1)
         FROM (SELECT b.block_height, b.confirmations FROM chimera.payout_batches b
               WHERE b.network_id = known_height.network_id ORDER BY b.batch_id DESC LIMIT 20) p));
$$;
COMMENT ON FUNCTION chimera.known_height(uuid) IS
'Internal: the height of a network''s chain according to the newest job, the pool''s own blocks and the newest '
'payouts; NULL: not known. A node below this height does not know the whole chain.';

CREATE FUNCTION chimera.payout_owed(batch_id bigint, OUT payout_id bigint, OUT script bytea, OUT fee_sats bigint, OUT owed_sats bigint)
    RETURNS SETOF record
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    SELECT o.payout_id,
           CASE WHEN chimera.network_address_error(b.network_id::text, o.address) IS NULL
                THEN chimera.network_address_script(b.network_id::text, o.address) END,
           f.sats, o.amount_sats - f.sats
    FROM chimera.payout_batches b
    CROSS JOIN LATERAL chimera.payout_outputs(b.batch_id, coalesce(b.replaced_fee_sats, b.fee_sats, 0)) o
    CROSS JOIN LATERAL (SELECT CASE b.fee_payer WHEN 'recipients' THEN o.fee_sats ELSE 0 END) f (sats)
    WHERE b.batch_id = payout_owed.batch_id;
$$;
COMMENT ON FUNCTION chimera.payout_owed(bigint) IS
'Internal: what a batch''s transaction was signed to pay: one output script and amount per payout. The script is '
'NULL if the address is no longer valid on the network.';

CREATE FUNCTION chimera.record_payout_start(batch_id bigint, height int) RETURNS void
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    UPDATE chimera.payout_batches b SET start_height = record_payout_start.height
    WHERE b.batch_id = record_payout_start.batch_id AND b.state = 'prepared' AND b.start_height IS NULL;
$$;
COMMENT ON FUNCTION chimera.record_payout_start(bigint, int) IS
'For the payer: records the chain''s height before a batch''s transaction is signed.';

-- ---------- steps of the payer ----------

CREATE FUNCTION chimera.hold_payout(batch_id bigint, reason text, refuses_verdict boolean DEFAULT false) RETURNS void
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    -- a verdict given meanwhile is checked first
    UPDATE chimera.payout_batches b
    SET held_at = now(), held_by = 'payer', note = hold_payout.reason, problem = NULL, problem_since = NULL,
        verdict = NULL, verdict_txid = NULL, verdict_fee_sats = NULL, verdict_by = NULL, verdict_at = NULL, verdict_reason = NULL,
        verdict_is_pending = false
    WHERE b.batch_id = hold_payout.batch_id AND b.state IN ('sending', 'sent') AND b.held_at IS NULL
      AND b.verdict_is_pending = refuses_verdict;
$$;
COMMENT ON FUNCTION chimera.hold_payout(bigint, text, boolean) IS
'For the payer: holds a batch until an operator gives a verdict, since the chain does not show whether it is paid '
'or contradicts an earlier verdict.';

CREATE FUNCTION chimera.take_over_payout(batch_id bigint, txid text, raw bytea, fee_sats bigint, scripts bytea[], sats bigint[],
    by_verdict boolean DEFAULT false) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    UPDATE chimera.payout_batches b
    SET state = 'sent', sent_at = coalesce(b.sent_at, now()), txid = take_over_payout.txid, raw = take_over_payout.raw,
        fee_sats = take_over_payout.fee_sats,
        -- the transaction that was signed may return
        replaced_txid = nullif(coalesce(b.replaced_txid, b.txid), take_over_payout.txid),
        replaced_fee_sats = CASE WHEN coalesce(b.replaced_txid, b.txid) <> take_over_payout.txid
                                 THEN coalesce(b.replaced_fee_sats, b.fee_sats) END,
        confirmations = 0, block_hash = NULL, block_height = NULL, problem = NULL, problem_since = NULL,
        verdict = CASE WHEN by_verdict THEN b.verdict END, verdict_txid = CASE WHEN by_verdict THEN b.verdict_txid END,
        verdict_fee_sats = CASE WHEN by_verdict THEN b.verdict_fee_sats END,
        verdict_by = CASE WHEN by_verdict THEN b.verdict_by END, verdict_at = CASE WHEN by_verdict THEN b.verdict_at END,
        verdict_reason = CASE WHEN by_verdict THEN b.verdict_reason END, verdict_is_pending = false
    WHERE b.batch_id = take_over_payout.batch_id AND b.state IN ('sending', 'sent');
    IF NOT FOUND THEN
        RETURN;
    END IF;

    WITH received AS (
        SELECT r.script, sum(r.sats) AS sats FROM unnest(scripts, take_over_payout.sats) r (script, sats) GROUP BY 1
    ), owed AS (
        SELECT o.script, array_agg(o.payout_id ORDER BY o.payout_id) AS ids, array_agg(o.owed_sats ORDER BY o.payout_id) AS owed,
               array_agg(o.fee_sats ORDER BY o.payout_id) AS fees, sum(o.owed_sats) AS sats
        FROM chimera.payout_owed(take_over_payout.batch_id) o GROUP BY 1
    ), divided AS (
        SELECT d.payout_id, d.owed_sats, d.fee_sats, d.received_sats
        FROM owed o LEFT JOIN received r USING (script)
        CROSS JOIN LATERAL unnest(o.ids, o.owed, o.fees,
                                  chimera.split_amount(least(coalesce(r.sats, 0), o.sats)::bigint, o.owed::numeric[]))
            d (payout_id, owed_sats, fee_sats, received_sats)
    )
    UPDATE chimera.payouts p
    SET txid = take_over_payout.txid,
        -- recipients that are not paid bear no fee
        fee_sats = CASE WHEN d.received_sats > 0 THEN d.fee_sats ELSE 0 END,
        returned_sats = CASE WHEN d.received_sats > 0 THEN d.owed_sats - d.received_sats ELSE p.amount_sats END
    FROM divided d WHERE p.payout_id = d.payout_id;
END;
$$;
COMMENT ON FUNCTION chimera.take_over_payout(bigint, text, bytea, bigint, bytea[], bigint[], boolean) IS
'For the payer: another transaction pays a batch, these amounts to these scripts; amounts that it does not pay '
'return to the balances once it is final.';

CREATE FUNCTION chimera.accept_payout_verdict(batch_id bigint) RETURNS void
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    UPDATE chimera.payout_batches b SET verdict_is_pending = false, problem = NULL, problem_since = NULL
    WHERE b.batch_id = accept_payout_verdict.batch_id AND b.state IN ('sending', 'sent');
$$;
COMMENT ON FUNCTION chimera.accept_payout_verdict(bigint) IS
'For the payer: accepts an operator''s verdict that the chain confirms: the batch''s own transaction pays it.';

CREATE FUNCTION chimera.pay_whole_batch(batch_id bigint) RETURNS void
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    UPDATE chimera.payouts p SET txid = b.txid, fee_sats = o.fee_sats, returned_sats = 0
    FROM chimera.payout_batches b CROSS JOIN LATERAL chimera.payout_owed(b.batch_id) o
    WHERE b.batch_id = pay_whole_batch.batch_id AND p.payout_id = o.payout_id;
$$;
COMMENT ON FUNCTION chimera.pay_whole_batch(bigint) IS
'Internal: a batch''s transaction pays everything that was signed, whatever another transaction paid before.';

CREATE FUNCTION chimera.believe_payout_verdict(batch_id bigint) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    UPDATE chimera.payout_batches b
    SET state = 'sent', sent_at = coalesce(b.sent_at, now()), txid = b.verdict_txid,
        replaced_txid = nullif(coalesce(b.replaced_txid, b.txid), b.verdict_txid),
        replaced_fee_sats = CASE WHEN coalesce(b.replaced_txid, b.txid) <> b.verdict_txid THEN coalesce(b.replaced_fee_sats, b.fee_sats) END,
        fee_sats = coalesce(b.verdict_fee_sats, b.fee_sats)
    WHERE b.batch_id = believe_payout_verdict.batch_id AND b.state IN ('sending', 'sent') AND b.verdict = 'paid' AND b.verdict_is_pending;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    PERFORM chimera.pay_whole_batch(believe_payout_verdict.batch_id);
    RETURN chimera.finish_payout(believe_payout_verdict.batch_id, false);
END;
$$;
COMMENT ON FUNCTION chimera.believe_payout_verdict(bigint) IS
'For the payer: ends a batch as paid by the transaction that an operator named and the node does not show. '
'Returns the ledger''s transaction_id, or NULL if no such verdict is pending.';

-- ---------- watching failed batches ----------

CREATE FUNCTION chimera.watched_payout(network_id uuid, OUT batch_id bigint, OUT txid text, OUT replaced_txid text, OUT output_count int)
    RETURNS SETOF record
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    SELECT b.batch_id, b.txid, b.replaced_txid,
           (SELECT count(*)::int + 1 FROM chimera.payouts p WHERE p.batch_id = b.batch_id)
    FROM chimera.payout_batches b
    WHERE b.network_id = watched_payout.network_id AND b.state = 'failed' AND b.txid IS NOT NULL
      AND b.failed_at > now() - chimera.failed_payout_watch()
      AND (b.looked_at IS NULL OR b.looked_at < now() - interval '1 hour')
    ORDER BY b.looked_at NULLS FIRST, b.batch_id LIMIT 1;
$$;
COMMENT ON FUNCTION chimera.watched_payout(uuid) IS
'For the payer: a failed batch whose transaction should be looked for in the chain: each one at once and then '
'every hour, for chimera.failed_payout_watch(). No row: none is due.';

CREATE FUNCTION chimera.record_watched_payout(batch_id bigint, found_txid text) RETURNS void
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    UPDATE chimera.payout_batches b
    SET looked_at = now(),
        problem = CASE WHEN found_txid IS NOT NULL
                       THEN format('has failed, but transaction %s is in the chain', found_txid) END,
        problem_since = CASE WHEN found_txid IS NOT NULL THEN coalesce(b.problem_since, now()) END
    WHERE b.batch_id = record_watched_payout.batch_id AND b.state = 'failed';
$$;
COMMENT ON FUNCTION chimera.record_watched_payout(bigint, text) IS
'For the payer: records whether a transaction of a failed batch is in the chain after all; NULL: it is not.';

-- ---------- an operator's verdict ----------

CREATE FUNCTION chimera.correct_failed_payout(batch_id bigint, reason text, txid text, fee_sats bigint) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    batch record;
    poor record;
    new_id bigint;
BEGIN
    UPDATE chimera.payout_batches b
    SET state = 'confirmed', confirmed_at = now(), failed_at = NULL, problem = NULL, problem_since = NULL,
        replaced_txid = nullif(coalesce(b.replaced_txid, b.txid), correct_failed_payout.txid),
        replaced_fee_sats = CASE WHEN coalesce(b.replaced_txid, b.txid) <> correct_failed_payout.txid
                                 THEN coalesce(b.replaced_fee_sats, b.fee_sats) END,
        txid = correct_failed_payout.txid, fee_sats = coalesce(correct_failed_payout.fee_sats, b.fee_sats),
        verdict = 'paid', verdict_txid = correct_failed_payout.txid, verdict_fee_sats = correct_failed_payout.fee_sats,
        verdict_by = chimera.actor(), verdict_at = now(), verdict_reason = correct_failed_payout.reason
    WHERE b.batch_id = correct_failed_payout.batch_id
    RETURNING b.network_id, b.fee_sats INTO batch;
    PERFORM chimera.pay_whole_batch(correct_failed_payout.batch_id);

    SELECT a.name, p.sats, coalesce(s.amount_sats, 0) AS has_sats INTO poor
    FROM (SELECT o.account_id, sum(o.amount_sats) AS sats FROM chimera.payouts o
          WHERE o.batch_id = correct_failed_payout.batch_id GROUP BY 1) p
    JOIN chimera.accounts a USING (account_id)
    LEFT JOIN chimera.balances s ON s.network_id = batch.network_id AND s.account = 'balance' AND s.account_id = p.account_id
    WHERE coalesce(s.amount_sats, 0) < p.sats ORDER BY p.account_id LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'balance of account "%" is below the amount that the batch paid it', poor.name
            USING ERRCODE = 'object_not_in_prerequisite_state',
                  DETAIL = format('The balance is %s, but the batch paid %s.', poor.has_sats, poor.sats),
                  HINT = 'If the pool bears the loss, first add the missing amount with chimera.adjust_balance().';
    END IF;

    INSERT INTO chimera.ledger_transactions (network_id, kind, batch_id, memo)
    VALUES (batch.network_id, 'payout_correction', correct_failed_payout.batch_id,
            format('verdict of %s: paid by %s: %s', chimera.actor(), correct_failed_payout.txid, correct_failed_payout.reason))
    RETURNING transaction_id INTO new_id;
    WITH paid AS (
        SELECT p.account_id, sum(p.amount_sats) AS amount_sats, sum(p.fee_sats) AS fee_sats
        FROM chimera.payouts p WHERE p.batch_id = correct_failed_payout.batch_id GROUP BY 1
    ), moved AS (
        SELECT 'balance'::chimera.ledger_account AS account, p.account_id, -p.amount_sats AS sats FROM paid p
        UNION ALL
        SELECT 'paid', p.account_id, p.amount_sats - p.fee_sats FROM paid p
        UNION ALL
        SELECT 'network_fee', NULL, batch.fee_sats
        UNION ALL
        SELECT 'pool', NULL, sum(p.fee_sats) - batch.fee_sats FROM paid p
    )
    INSERT INTO chimera.ledger_entries (transaction_id, network_id, account, account_id, amount_sats)
    SELECT new_id, batch.network_id, m.account, m.account_id, m.sats FROM moved m WHERE m.sats <> 0;
END;
$$;
COMMENT ON FUNCTION chimera.correct_failed_payout(bigint, text, text, bigint) IS
'Internal: a failed batch has been paid after all: takes its amounts out of the balances again. Errors: 55000 if '
'a balance is below its amount.';

CREATE FUNCTION chimera.settle_payout_batch(batch_id bigint, verdict text, reason text, txid text DEFAULT NULL, fee_sats bigint DEFAULT NULL)
    RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    batch chimera.payout_batches;
    by_txid CONSTANT text := lower(btrim(txid));
    is_paid CONSTANT boolean := verdict = 'paid';
BEGIN
    IF verdict IS NULL OR verdict NOT IN ('paid', 'void') THEN
        RAISE EXCEPTION 'verdict must be "paid" or "void"' USING ERRCODE = 'invalid_parameter_value';
    ELSIF coalesce(btrim(reason), '') = '' THEN
        RAISE EXCEPTION 'reason must not be empty' USING ERRCODE = 'invalid_parameter_value';
    ELSIF is_paid AND coalesce(by_txid, '') !~ '^[0-9a-f]{64}$' THEN
        RAISE EXCEPTION 'txid must be 64 hexadecimal digits' USING ERRCODE = 'invalid_parameter_value';
    ELSIF NOT is_paid AND num_nonnulls(txid, fee_sats) > 0 THEN
        RAISE EXCEPTION 'txid must be NULL for verdict "void"' USING ERRCODE = 'invalid_parameter_value';
    ELSIF fee_sats < 0 THEN
        RAISE EXCEPTION 'fee_sats must not be negative' USING ERRCODE = 'invalid_parameter_value';
    END IF;

    SELECT * INTO batch FROM chimera.payout_batches b WHERE b.batch_id = settle_payout_batch.batch_id FOR UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'payout batch % does not exist', batch_id USING ERRCODE = 'undefined_object';
    ELSIF batch.state = 'failed' AND batch.txid IS NOT NULL AND is_paid THEN
        PERFORM chimera.correct_failed_payout(batch.batch_id, reason, by_txid, settle_payout_batch.fee_sats);
        RETURN;
    ELSIF batch.state IN ('confirmed', 'failed') THEN
        RAISE EXCEPTION 'payout batch % is %', batch_id, batch.state USING ERRCODE = 'object_not_in_prerequisite_state';
    ELSIF batch.state = 'prepared' THEN
        RAISE EXCEPTION 'payout batch % does not have a transaction yet', batch_id
            USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Use chimera.cancel_payout_batch().';
    ELSIF NOT is_paid AND batch.confirmations > 0 THEN
        RAISE EXCEPTION 'transaction of payout batch % is in the chain', batch_id
            USING ERRCODE = 'object_not_in_prerequisite_state',
                  DETAIL = format('Transaction %s was last seen with %s confirmations, in block %s.', batch.txid, batch.confirmations, batch.block_hash);
    ELSIF NOT is_paid AND batch.state = 'sent' AND batch.held_at IS NULL AND batch.problem IS NULL THEN
        RAISE EXCEPTION 'transaction of payout batch % is unconfirmed', batch_id
            USING ERRCODE = 'object_not_in_prerequisite_state', DETAIL = format('Transaction %s was last seen in the node''s mempool.', batch.txid);
    END IF;

    UPDATE chimera.payout_batches b
    SET verdict = settle_payout_batch.verdict, verdict_txid = by_txid, verdict_fee_sats = settle_payout_batch.fee_sats,
        verdict_by = chimera.actor(), verdict_at = now(), verdict_reason = settle_payout_batch.reason, verdict_is_pending = true,
        held_at = NULL, held_by = NULL
    WHERE b.batch_id = batch.batch_id;
    PERFORM chimera.wake_payer(batch.network_id);
END;
$$;
COMMENT ON FUNCTION chimera.settle_payout_batch(bigint, text, text, text, bigint) IS
'Records an operator''s verdict on a batch that the chain does not decide: ''paid'' by the transaction txid, or '
'''void'', with a reason that the ledger stores. The payer checks it if its node can. It rejects a transaction that '
'does not exist or pays nothing of the batch, and void while the batch''s own transaction is in the chain or the '
'mempool or could still be sent; the batch is then held again, and health shows why. Amounts of the batch that '
'the transaction does not pay return to the balances. fee_sats is the transaction''s fee, for when the node does '
'not show it; the default is the batch''s fee. A failed batch can be settled as paid, which takes effect at once: '
'its amounts are taken out of the balances again. Errors: 22023 for an unknown verdict, a missing reason or a '
'txid that is not 64 hexadecimal digits; 42704 for an unknown batch; 55000 for a batch without a transaction or a '
'finished one, for void if the transaction was last seen in the chain or the mempool, and for a failed batch if a '
'balance is below its amount.';
