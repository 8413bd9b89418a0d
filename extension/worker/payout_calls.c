/*
 * payout_calls.c
 *	  What the payer's steps have in common: calls to the wallet, and notes of
 *	  what came of them (sql/payouts.sql).
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "lib/stringinfo.h"
#include "utils/builtins.h"

#include "settings.h"
#include "transaction.h"
#include "worker/payer.h"
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
		case NODE_ERROR_UNLOCK_NEEDED:
			return payout_waits(batch, "the wallet is locked: %s", error);
		case NODE_ERROR_INSUFFICIENT_FUNDS:
		case NODE_ERROR_WALLET:
			return payout_waits(batch, "the wallet cannot pay it: %s", error);
		default:
			return payout_waits(batch, "%s", error);
	}
}

static void
execute(const char *query, int count, Oid *types, Datum *values,
		const char *nulls, const char *activity)
{
	MemoryContext caller = transaction_begin(activity);

	if (SPI_execute_with_args(query, count, types, values, nulls, false, 0) !=
		SPI_OK_SELECT)
		elog(ERROR, "could not execute \"%s\"", query);
	transaction_commit(caller);
}

PayoutStep
payout_waits(const PayoutBatch *batch, const char *format, ...)
{
	Oid types[] = {INT8OID, TEXTOID};
	Datum values[] = {Int64GetDatum(batch->batch_id), 0};
	StringInfoData problem;
	va_list arguments;
	int needed = 0;

	initStringInfo(&problem);
	do
	{
		if (needed > 0)
			enlargeStringInfo(&problem, needed);
		va_start(arguments, format);
		needed = appendStringInfoVA(&problem, format, arguments);
		va_end(arguments);
	} while (needed > 0);
	values[1] = CStringGetTextDatum(problem.data);
	execute("SELECT chimera.note_payout($1, NULL, $2)", 2, types, values, NULL,
			"noting what a payout waits for");
	return STEP_LATER;
}

void
payout_seen(const PayoutBatch *batch, int confirmations)
{
	Oid types[] = {INT8OID, INT4OID};
	Datum values[] = {Int64GetDatum(batch->batch_id),
					  Int32GetDatum(confirmations)};

	execute("SELECT chimera.note_payout($1, $2)", 2, types, values, NULL,
			"noting a payout's confirmations");
}

void
payout_end(const PayoutBatch *batch, const char *failure)
{
	Oid types[] = {INT8OID, BOOLOID, TEXTOID};
	Datum values[] = {Int64GetDatum(batch->batch_id),
					  BoolGetDatum(failure != NULL),
					  failure ? CStringGetTextDatum(failure) : 0};

	execute("SELECT chimera.end_payout($1, $2, $3)", 3, types, values,
			failure ? "   " : "  n", "ending a payout");
	if (failure)
		ereport(LOG, (errmsg("chimera payout batch " INT64_FORMAT " failed: %s",
							 batch->batch_id, failure)));
	else
		ereport(LOG,
				(errmsg("chimera payout batch " INT64_FORMAT " is final: %s",
						batch->batch_id, batch->txid)));
}
