/*
 * payer.c
 *	  Pays out a network's balances; one worker per network that has a
 *	  schedule or unfinished batches.
 *
 * It creates batches when they are due (sql/money/payouts.sql), one after the
 * other until everybody is paid, and takes each as far as possible: prepared,
 * sending, sent, confirmed.  Each step is stored before the next one begins,
 * so after a crash the same step runs again, and no step pays twice
 * (payout_sign.c, payout_send.c).  The chain decides what becomes of a
 * transaction (payout_judge.c), as shown by a node that knows all of it: a
 * node in its initial download, or behind, neither signs nor sends nor
 * decides.  The worker runs every chimera.block_poll_interval and when it is
 * woken.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "postmaster/bgworker.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/uuid.h"

#include "settings.h"
#include "spi/spi_query.h"
#include "spi/spi_transaction.h"
#include "payout/crash_point.h"
#include "template/node_checks.h"
#include "payout/payout_chain.h"
#include "payout/payout_trial.h"
#include "worker/wake.h"
#include "worker/worker_main.h"

/* a node may receive a block or two later than others */
#define BLOCKS_BEHIND_MAX 2

PG_FUNCTION_INFO_V1(chimera_wake_payer);

Datum
chimera_wake_payer(PG_FUNCTION_ARGS)
{
	worker_wake_at_commit(WORKER_PAYER, PG_GETARG_UUID_P(0));
	PG_RETURN_VOID();
}

/* Call a routine; returns 0 for NULL. */
static int64
call_routine(const SpiQuery *query)
{
	MemoryContext caller = spi_transaction_begin("creating a payout batch");
	int64 result = 0;

	spi_query_int64(query, &result);
	spi_transaction_commit(caller);
	return result;
}

/* Are payouts due that are not in a batch yet? */
static bool
queue_due_payouts(const Network *network)
{
	Oid types[] = {UUIDOID};
	Datum values[] = {UUIDPGetDatum(&network->network_id)};
	SpiQuery query = {"SELECT chimera.queue_due_payouts($1)::int::bigint", 1,
					  types, values, NULL};

	return call_routine(&query) != 0;
}

/* Create a batch of what the wallet can pay; returns its number, or 0. */
static int64
collect_payouts(const Network *network, int64 spendable_sats)
{
	Oid types[] = {UUIDOID, INT8OID};
	Datum values[] = {UUIDPGetDatum(&network->network_id),
					  Int64GetDatum(spendable_sats)};
	SpiQuery query = {"SELECT chimera.collect_payouts($1, $2)", 2, types,
					  values, spendable_sats < 0 ? " n" : "  "};
	int64 batch_id = call_routine(&query);

	CRASH_POINT("collected");
	return batch_id;
}

/* ---------- the batches ---------- */

/* An integer column, or 'missing' for NULL. */
static int64
int64_or(SpiRow row, int column, int64 missing)
{
	return row_is_null(row, column) ? missing : row_int64(row, column);
}

/* Read what the chain has shown and an operator has decided. */
static void
read_findings(PayoutBatch *batch, SpiRow row)
{
	batch->fee_sats = int64_or(row, 7, 0);
	batch->start_height = int64_or(row, 8, -1);
	batch->block_hash = row_text(row, 9);
	batch->is_replaced = row_bool(row, 10);
	batch->payout_count = int64_or(row, 11, 0);
	batch->verdict = (PayoutVerdict) row_int32(row, 12);
	batch->verdict_txid = row_text(row, 13);
	batch->verdict_fee_sats = int64_or(row, 14, -1);
}

static void
read_batch(PayoutBatch *batch, SpiRow row)
{
	batch->batch_id = row_int64(row, 1);
	batch->state = (PayoutState) row_int32(row, 2);
	batch->recipients_pay = row_bool(row, 3);
	batch->confirmations_needed = row_int32(row, 4);
	batch->txid = row_text(row, 5);
	batch->raw = row_bytes(row, 6, &batch->raw_length);
	read_findings(batch, row);
}

/* Read the batches that need work, or just one, into the current context. */
static PayoutBatch *
read_batches(const Network *network, int64 only_id, uint64 *count)
{
	Oid types[] = {UUIDOID, INT8OID};
	Datum values[] = {UUIDPGetDatum(&network->network_id),
					  Int64GetDatum(only_id)};
	MemoryContext caller = spi_transaction_begin("reading payout batches");
	PayoutBatch *batches;

	if (SPI_execute_with_args(
			"SELECT b.batch_id, array_position("
			"  '{prepared,sending,sent}'::chimera.payout_state[], b.state) - 1,"
			" b.fee_payer = 'recipients', n.payout_confirmations,"
			" b.txid, b.raw, b.fee_sats, b.start_height::bigint, b.block_hash,"
			" b.replaced_txid IS NOT NULL, (SELECT count(*)"
			"  FROM chimera.payouts p WHERE p.batch_id = b.batch_id),"
			" CASE WHEN NOT b.verdict_is_pending THEN 0"
			"  WHEN b.verdict = 'paid' THEN 1 ELSE 2 END,"
			" b.verdict_txid, b.verdict_fee_sats"
			" FROM chimera.payout_batches b"
			" JOIN chimera.network_configs n USING (network_id)"
			" WHERE b.network_id = $1 AND b.held_at IS NULL"
			" AND b.state IN ('prepared', 'sending', 'sent')"
			" AND $2 IN (0, b.batch_id)"
			" ORDER BY b.batch_id",
			2, types, values, NULL, true, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not read payout batches");

	MemoryContextSwitchTo(caller);
	*count = SPI_processed;
	batches = palloc0(sizeof(PayoutBatch) * Max(*count, 1));
	for (uint64 i = 0; i < *count; i++)
		read_batch(&batches[i], spi_row(i));
	spi_transaction_commit(caller);
	return batches;
}

/* Take a batch as far as possible. */
static PayoutStep
advance_batch(Payer *payer, PayoutBatch *batch)
{
	PayoutStep step = STEP_DONE;

	if (batch->verdict != VERDICT_NONE)
		return payout_settle(payer, batch);
	if (batch->state == PAYOUT_PREPARED)
	{
		if (batch->start_height < 0 && payer->tip.known)
			payout_note_start(batch, payer->tip.height);
		step = payout_sign(payer, batch);
	}
	return step == STEP_DONE ? payout_follow(payer, batch) : step;
}

/*
 * A wallet of another chain, whose addresses may look alike, must not be used.
 */
static bool
wallet_is_of_the_chain(Payer *payer)
{
	NodeCall *call;
	const char *wrong;

	if (payer->chain_checked)
		return true;
	call = payer_call(payer, "getblockhash", json_pack("[i]", 0));
	wrong = check_chain(call, payer->network);
	if (wrong)
		worker_status_failing("the wallet cannot be used: %s", wrong);
	payer->chain_checked = wrong == NULL;
	return payer->chain_checked;
}

static int64
read_known_height(const Network *network)
{
	Oid types[] = {UUIDOID};
	Datum values[] = {UUIDPGetDatum(&network->network_id)};
	MemoryContext caller = spi_transaction_begin("reading the chain's height");
	int64 height;

	if (SPI_execute_with_args("SELECT chimera.known_height($1)::bigint", 1,
							  types, values, NULL, true, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not read the chain's height");
	height = int64_or(spi_row(0), 1, -1);
	spi_transaction_commit(caller);
	return height;
}

/*
 * Does the wallet's node know the whole chain?  A node in its initial
 * download, or reindexing, takes spent outputs for unspent ones and vice
 * versa.
 */
static bool
node_knows_the_chain(Payer *payer)
{
	NodeCall *call = payer_call(payer, "getblockchaininfo", json_array());
	const char *wrong = check_sync(call, &payer->tip);

	payer->known_height = read_known_height(payer->network);
	if (wrong == NULL && payer->tip.known &&
		payer->tip.height < payer->known_height - BLOCKS_BEHIND_MAX)
		wrong = psprintf("the node is not synced: it is at block " INT64_FORMAT
						 ", and the pool knows of " INT64_FORMAT,
						 payer->tip.height, payer->known_height);
	if (wrong)
		worker_status_failing("the wallet cannot be used: %s", wrong);
	return wrong == NULL;
}

bool
payer_node_is_fit(Payer *payer)
{
	if (!payer->node_is_fit)
		payer->node_is_fit =
			wallet_is_of_the_chain(payer) && node_knows_the_chain(payer);
	return payer->node_is_fit;
}

/* Take all batches, or just one, as far as possible; true if another is due. */
static bool
pay_batches(Payer *payer, int64 only_id)
{
	uint64 count;
	PayoutBatch *batches = read_batches(payer->network, only_id, &count);
	bool all_sent = true;

	payer->node_is_fit = false;
	chain_searches_begin_round(payer);
	if (count > 0 && !payer_node_is_fit(payer))
		return false;
	for (uint64 i = 0; i < count; i++)
	{
		if (advance_batch(payer, &batches[i]) == STEP_NO_NODE)
		{
			/* it may be a different wallet when it responds again */
			payer->chain_checked = false;
			payer->cannot_ask = false;
			return false;
		}
		all_sent &= batches[i].state == PAYOUT_SENT;
	}
	worker_status_ok();
	return all_sent;
}

/*
 * Process the unfinished batches or, with 'is_hurried', only create and pay
 * the next one; true if there is more to pay at once.
 */
static bool
pay_round(Payer *payer, bool is_hurried)
{
	int64 batch_id;

	if (!is_hurried && !pay_batches(payer, 0))
		return false;
	if (!queue_due_payouts(payer->network) || !payer_node_is_fit(payer))
		return false;
	batch_id = collect_payouts(payer->network, payer_spendable(payer));
	return batch_id != 0 && pay_batches(payer, batch_id);
}

/* ---------- the worker ---------- */

/* Without a schedule and batches the worker is not needed. */
static bool
is_needed(const Network *network)
{
	Oid types[] = {UUIDOID};
	Datum values[] = {UUIDPGetDatum(&network->network_id)};
	MemoryContext caller = spi_transaction_begin("looking for due payouts");
	bool needed;

	if (SPI_execute_with_args("SELECT chimera.needs_payer($1)", 1, types,
							  values, NULL, true, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not look for due payouts");
	needed = row_bool(spi_row(0), 1);
	spi_transaction_commit(caller);
	return needed;
}

static void
pay(const WorkerArguments *arguments)
{
	Payer payer = {.context = CurrentMemoryContext,
				   .network = network_read(&arguments->network_id)};
	MemoryContext round;
	bool is_hurried = false;

	if (payer.network == NULL || payer.network->node_count == 0)
		return;
	round = AllocSetContextCreate(CurrentMemoryContext, "chimera payer round",
								  ALLOCSET_DEFAULT_SIZES);
	MemoryContextSwitchTo(round);

	while (is_needed(payer.network))
	{
		/* freed with the round, as all calls are */
		payer.loop = node_loop_create(round);
		payer.wallet = node_create(payer.loop, payer.network->wallet
												   ? payer.network->wallet
												   : &payer.network->nodes[0]);
		is_hurried = pay_round(&payer, is_hurried);
		if (!is_hurried)
			payout_watch_failed(&payer);
		MemoryContextReset(round);
		if (!is_hurried)
			worker_sleep(chimera_block_poll_interval_ms);
	}
}

void
chimera_payer_main(Datum arg)
{
	WorkerArguments arguments;

	memcpy(&arguments, MyBgworkerEntry->bgw_extra, sizeof(arguments));
	worker_run(WORKER_PAYER, &arguments, pay);
}
