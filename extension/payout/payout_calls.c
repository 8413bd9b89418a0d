/*
 * payout_calls.c
 *	  Functions common to the payer's steps: calls to the wallet, and storing
 *	  their results (sql/money/payouts.sql).
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "lib/stringinfo.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/uuid.h"

#include "settings.h"
#include "spi/spi_query.h"
#include "spi/spi_transaction.h"
#include "payout/crash_point.h"
#include "payout/payout_steps.h"
#include "worker/worker_status.h"

NodeCall *
payer_call(Payer *payer, const char *method, json_t *params)
{
	return node_call(payer->wallet, method, params, chimera_node_timeout_ms);
}

PayoutStep
payer_call_failed(Payer *payer, const PayoutBatch *batch, const NodeCall *call)
{
	const char *error = node_call_error(call);

	if (node_call_outcome(call) != NODE_RPC_ERROR)
	{
		worker_status_failing("the wallet does not answer: %s", error);
		(void) payout_waits(batch, "the wallet does not answer: %s", error);
		return STEP_NO_NODE;
	}
	switch (node_call_error_code(call))
	{
		case NODE_ERROR_WALLET_NOT_FOUND:
			return payout_waits(batch,
								"the wallet is not loaded: load it with "
								"loadwallet and load_on_startup, or set "
								"wallet= in the node's configuration: %s",
								error);
		case NODE_ERROR_WALLET_NOT_SPECIFIED:
			return payout_waits(batch,
								"the node has several wallets: the wallet's "
								"URL must end with /wallet/NAME: %s",
								error);
		case NODE_ERROR_UNLOCK_NEEDED:
			return payout_waits(batch, "the wallet is locked: %s", error);
		case NODE_ERROR_INSUFFICIENT_FUNDS:
		case NODE_ERROR_WALLET:
			return payout_waits(batch, "the wallet cannot pay it: %s", error);
		default:
			return payout_waits(batch, "%s", error);
	}
}

void
payout_execute(const SpiQuery *query, const char *activity)
{
	MemoryContext caller = spi_transaction_begin(activity);

	if (SPI_execute_with_args(query->text, query->count, query->types,
							  query->values, query->nulls, false,
							  0) != SPI_OK_SELECT)
		elog(ERROR, "could not execute \"%s\"", query->text);
	spi_transaction_commit(caller);
}

/* ---------- storing what the chain shows ---------- */

static char *
format_text(const char *format, va_list arguments) pg_attribute_printf(1, 0);

static char *
format_text(const char *format, va_list arguments)
{
	StringInfoData text;
	int needed = 0;

	initStringInfo(&text);
	do
	{
		va_list copy;

		if (needed > 0)
			enlargeStringInfo(&text, needed);
		va_copy(copy, arguments);
		needed = appendStringInfoVA(&text, format, copy);
		va_end(copy);
	} while (needed > 0);
	return text.data;
}

PayoutStep
payout_waits(const PayoutBatch *batch, const char *format, ...)
{
	Oid types[] = {INT8OID, TEXTOID};
	Datum values[] = {Int64GetDatum(batch->batch_id), 0};
	va_list arguments;

	va_start(arguments, format);
	values[1] = CStringGetTextDatum(format_text(format, arguments));
	va_end(arguments);
	payout_execute(&(SpiQuery){"SELECT chimera.record_payout($1, NULL, $2)", 2,
							   types, values, NULL},
				   "storing what a payout waits for");
	return STEP_LATER;
}

PayoutStep
payout_clear(const Payer *payer, const PayoutBatch *batch)
{
	Oid types[] = {UUIDOID};
	Datum values[] = {UUIDPGetDatum(&payer->network->network_id)};
	MemoryContext caller =
		spi_transaction_begin("looking for a payout's obstacle");
	char *obstacle;

	if (SPI_execute_with_args("SELECT chimera.payout_obstacle($1)", 1, types,
							  values, NULL, true, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not look for a payout's obstacle");
	obstacle = row_text(spi_row(0), 1);
	if (obstacle)
		obstacle = MemoryContextStrdup(caller, obstacle);
	spi_transaction_commit(caller);
	return obstacle ? payout_waits(batch, "%s", obstacle) : STEP_DONE;
}

PayoutStep
payout_hold(const PayoutBatch *batch, bool refused, const char *format, ...)
{
	Oid types[] = {INT8OID, TEXTOID, BOOLOID};
	Datum values[] = {Int64GetDatum(batch->batch_id), 0, BoolGetDatum(refused)};
	va_list arguments;
	char *reason;

	va_start(arguments, format);
	reason = format_text(format, arguments);
	va_end(arguments);
	values[1] = CStringGetTextDatum(reason);
	payout_execute(&(SpiQuery){"SELECT chimera.hold_payout($1, $2, $3)", 3,
							   types, values, NULL},
				   "holding a payout");
	CRASH_POINT("held");
	ereport(LOG, (errmsg("chimera payout batch " INT64_FORMAT " is held: %s",
						 batch->batch_id, reason)));
	return STEP_LATER;
}

void
payout_note_start(const PayoutBatch *batch, int64 height)
{
	Oid types[] = {INT8OID, INT4OID};
	Datum values[] = {Int64GetDatum(batch->batch_id),
					  Int32GetDatum((int32) height)};

	payout_execute(&(SpiQuery){"SELECT chimera.record_payout_start($1, $2)", 2,
							   types, values, NULL},
				   "storing where a payout begins");
}

void
payout_seen(const PayoutBatch *batch, int confirmations, const char *block_hash,
			int64 block_height)
{
	Oid types[] = {INT8OID, INT4OID, TEXTOID, INT4OID};
	Datum values[] = {Int64GetDatum(batch->batch_id),
					  Int32GetDatum(confirmations),
					  block_hash ? CStringGetTextDatum(block_hash) : 0,
					  Int32GetDatum((int32) block_height)};

	payout_execute(
		&(SpiQuery){"SELECT chimera.record_payout($1, $2, NULL, $3, $4)", 4,
					types, values, block_hash ? "    " : "  nn"},
		"storing a payout's confirmations");
}

/* ---------- finishing ---------- */

void
payout_end(const PayoutBatch *batch, int confirmations, const char *failure)
{
	Oid types[] = {INT8OID, BOOLOID, TEXTOID, INT4OID};
	Datum values[] = {Int64GetDatum(batch->batch_id),
					  BoolGetDatum(failure != NULL),
					  failure ? CStringGetTextDatum(failure) : 0,
					  Int32GetDatum(confirmations)};

	payout_execute(&(SpiQuery){"SELECT chimera.finish_payout($1, $2, $3, $4)", 4,
							   types, values, failure ? "    " : "  n "},
				   "ending a payout");
	if (failure)
		ereport(LOG, (errmsg("chimera payout batch " INT64_FORMAT " failed: %s",
							 batch->batch_id, failure)));
	else
		ereport(LOG,
				(errmsg("chimera payout batch " INT64_FORMAT " is final: %s",
						batch->batch_id, batch->txid)));
}

void
payout_accept_verdict(const PayoutBatch *batch)
{
	Oid types[] = {INT8OID};
	Datum values[] = {Int64GetDatum(batch->batch_id)};

	payout_execute(&(SpiQuery){"SELECT chimera.accept_payout_verdict($1)", 1,
							   types, values, NULL},
				   "accepting a verdict on a payout");
}

void
payout_believe_verdict(const PayoutBatch *batch)
{
	Oid types[] = {INT8OID};
	Datum values[] = {Int64GetDatum(batch->batch_id)};

	payout_execute(&(SpiQuery){"SELECT chimera.believe_payout_verdict($1)", 1,
							   types, values, NULL},
				   "applying a verdict on a payout");
	ereport(LOG, (errmsg("chimera payout batch " INT64_FORMAT
						 " is paid by %s, by an operator's verdict",
						 batch->batch_id, batch->verdict_txid)));
}
