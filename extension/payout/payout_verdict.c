/*
 * payout_verdict.c
 *	  An operator's verdict on a batch (chimera.settle_payout_batch), checked
 *	  as far as the node allows; and failed batches, watched for some time.
 *
 * The operator decides what the node cannot show: verdicts exist for that.  A
 * verdict that contradicts the chain is refused, and the batch is held again.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "utils/builtins.h"
#include "utils/uuid.h"

#include "spi/spi_query.h"
#include "spi/spi_transaction.h"
#include "payout/crash_point.h"
#include "payout/payout_judge.h"

/*
 * No verdict is accepted while the batch's own transaction may still get into
 * the chain: until one of its inputs is spent there, anyone who has it can
 * send it.
 */
static bool
can_be_sent(const Evidence *evidence)
{
	for (size_t i = 0; i < evidence->input_count; i++)
		if (!evidence->inputs[i].in_chain && !evidence->inputs[i].in_pool)
			return false;
	return true;
}

static PayoutStep
refuse_while_alive(const PayoutBatch *batch)
{
	return payout_hold(
		batch, true,
		"the verdict is refused: transaction %s can still be sent by anyone "
		"who has it, until one of its inputs is spent in the chain",
		batch->txid);
}

/* ---------- void ---------- */

static PayoutStep
settle_void(const PayoutBatch *batch, const Evidence *evidence,
			const ChainTransaction *own)
{
	ListCell *cell;

	if (own)
		return payout_hold(batch, true,
						   "the verdict \"void\" is refused: transaction %s is "
						   "in the %s",
						   own->txid, own->depth > 0 ? "chain" : "mempool");
	foreach (cell, evidence->spenders)
	{
		ChainTransaction *other = lfirst(cell);

		if (payment_match(&evidence->owed, other, NULL) == PAYS_ALL)
			return payout_take_over(batch, &evidence->owed, other);
	}
	if (can_be_sent(evidence))
		return refuse_while_alive(batch);
	CRASH_POINT("judged");
	payout_end(batch, 0, "voided by an operator's verdict");
	CRASH_POINT("given back");
	return STEP_LATER;
}

/* ---------- paid ---------- */

/* The node shows the transaction that the operator names. */
static PayoutStep
settle_shown(const PayoutBatch *batch, const OwedOutputs *owed,
			 const ChainTransaction *named)
{
	switch (payment_match(owed, named, NULL))
	{
		case PAYS_NOTHING:
			return payout_hold(batch, true,
							   "the verdict \"paid\" is refused: transaction "
							   "%s pays nothing of it",
							   named->txid);
		case PAYS_UNKNOWN:
			payout_believe_verdict(batch);
			return STEP_LATER;
		default:
			return payout_take_over(batch, owed, named);
	}
}

/* The node does not show it: does it know all transactions? */
static PayoutStep
settle_unseen(Payer *payer, const PayoutBatch *batch)
{
	bool indexed;
	PayoutStep step = chain_is_indexed(payer, batch, &indexed);

	if (step != STEP_DONE)
		return step;
	if (indexed)
		return payout_hold(batch, true,
						   "the verdict \"paid\" is refused: the node, which "
						   "has an index of all transactions, does not know %s",
						   batch->verdict_txid);
	payout_believe_verdict(batch);
	return STEP_LATER;
}

/* The batch is paid by a transaction other than its own. */
static PayoutStep
settle_by_other(Payer *payer, const PayoutBatch *batch, Evidence *evidence)
{
	ChainTransaction *named = NULL;
	bool excludes_own;
	PayoutStep step = chain_find(payer, batch, batch->verdict_txid,
								 batch->payout_count + 1, &named);
	ListCell *cell;

	if (step != STEP_DONE)
		return step;
	foreach (cell, evidence->spenders)
	{
		ChainTransaction *other = lfirst(cell);

		if (strcmp(other->txid, batch->verdict_txid) == 0)
			named = other;
	}
	excludes_own = named && evidence_add(evidence, named);
	if (!excludes_own && can_be_sent(evidence))
		return refuse_while_alive(batch);
	return named ? settle_shown(batch, &evidence->owed, named)
				 : settle_unseen(payer, batch);
}

static PayoutStep
settle_paid(Payer *payer, const PayoutBatch *batch, Evidence *evidence,
			const ChainTransaction *own)
{
	bool is_own = strcmp(batch->verdict_txid, batch->txid) == 0;

	if (own && is_own)
	{
		payout_accept_verdict(batch);
		return STEP_LATER;
	}
	if (own)
		return payout_hold(batch, true,
						   "the verdict \"paid\" by %s is refused: its own "
						   "transaction %s is in the %s",
						   batch->verdict_txid, own->txid,
						   own->depth > 0 ? "chain" : "mempool");
	return is_own ? settle_unseen(payer, batch)
				  : settle_by_other(payer, batch, evidence);
}

PayoutStep
payout_settle(Payer *payer, PayoutBatch *batch)
{
	const char *unfit = judge_is_fit(payer);
	ChainTransaction *own = NULL;
	Evidence evidence;
	PayoutStep step;

	CRASH_POINT("settling");
	if (unfit && payer->tip.known)
		return payout_waits(batch, "%s", unfit);
	step = evidence_collect(payer, batch, &evidence, &own);
	if (step != STEP_DONE)
		return step;
	step = batch->verdict == VERDICT_VOID
			   ? settle_void(batch, &evidence, own)
			   : settle_paid(payer, batch, &evidence, own);
	CRASH_POINT("settled");
	return step;
}

/* ---------- failed batches ---------- */

typedef struct WatchedBatch
{
	PayoutBatch batch;
	char *replaced_txid; /* or NULL */
	int output_count;
} WatchedBatch;

/* Read a batch that is due to be checked; false if none is. */
static bool
read_watched(const Network *network, WatchedBatch *watched)
{
	Oid types[] = {UUIDOID};
	Datum values[] = {UUIDPGetDatum(&network->network_id)};
	MemoryContext caller = spi_transaction_begin("looking for failed payouts");
	bool found;

	memset(watched, 0, sizeof(WatchedBatch));
	if (SPI_execute_with_args(
			"SELECT w.batch_id, w.txid, w.replaced_txid, w.output_count"
			" FROM chimera.watched_payout($1) w",
			1, types, values, NULL, true, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not look for failed payouts");
	found = SPI_processed > 0;
	MemoryContextSwitchTo(caller);
	if (found)
	{
		SpiRow row = spi_row(0);

		watched->batch.batch_id = row_int64(row, 1);
		watched->batch.txid = row_text(row, 2);
		watched->replaced_txid = row_text(row, 3);
		watched->output_count = row_int32(row, 4);
	}
	spi_transaction_commit(caller);
	return found;
}

static void
note_watched(const WatchedBatch *watched, const ChainTransaction *found)
{
	Oid types[] = {INT8OID, TEXTOID};
	Datum values[] = {Int64GetDatum(watched->batch.batch_id),
					  found ? CStringGetTextDatum(found->txid) : 0};

	payout_execute(&(SpiQuery){"SELECT chimera.record_watched_payout($1, $2)", 2,
							   types, values, found ? "  " : " n"},
				   "storing the check of a failed payout");
}

void
payout_watch_failed(Payer *payer)
{
	ChainTransaction *found = NULL;
	WatchedBatch watched;
	PayoutStep step;

	if (!read_watched(payer->network, &watched) || !payer_node_is_fit(payer))
		return;
	step = chain_find(payer, &watched.batch, watched.batch.txid,
					  watched.output_count, &found);
	if (step == STEP_DONE && found == NULL && watched.replaced_txid)
		step = chain_find(payer, &watched.batch, watched.replaced_txid,
						  watched.output_count, &found);
	if (step == STEP_DONE)
		note_watched(&watched, found && found->depth > 0 ? found : NULL);
}
