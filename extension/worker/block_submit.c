/*
 * block_submit.c
 *	  Sends found blocks to the node with submitblock (BIP 22).
 *
 * A block stays 'found' until an answer about it is stored: whatever crashes
 * in between, it is sent again.  The node takes a block twice without harm and
 * answers 'duplicate'.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "utils/builtins.h"

#include "settings.h"
#include "transaction.h"
#include "worker/block_worker.h"
#include "worker/worker_status.h"

typedef struct FoundBlock
{
	int64 block_id;
	char *raw_hex;
} FoundBlock;

/* The oldest block to be sent, copied to the caller's context; or NULL. */
static FoundBlock *
next_found_block(const Network *network)
{
	Oid types[] = {UUIDOID};
	Datum values[] = {UUIDPGetDatum(&network->network_id)};
	MemoryContext caller = transaction_begin("looking for found blocks");
	FoundBlock *block = NULL;

	if (SPI_execute_with_args(
			"SELECT block_id, encode(raw, 'hex') FROM chimera.blocks"
			" WHERE network_id = $1 AND status = 'found' AND raw IS NOT NULL"
			" ORDER BY block_id LIMIT 1",
			1, types, values, NULL, true, 1) != SPI_OK_SELECT)
		elog(ERROR, "could not read found blocks");
	if (SPI_processed == 1)
	{
		HeapTuple row = SPI_tuptable->vals[0];
		bool isnull;

		block = MemoryContextAlloc(caller, sizeof(FoundBlock));
		block->block_id = DatumGetInt64(
			SPI_getbinval(row, SPI_tuptable->tupdesc, 1, &isnull));
		block->raw_hex = MemoryContextStrdup(
			caller, SPI_getvalue(row, SPI_tuptable->tupdesc, 2));
	}
	transaction_commit(caller);
	return block;
}

/*
 * What the node's answer makes of a block.  BIP 22: null (here "accepted") is
 * success, a string the reason.  A block that is a duplicate or inconclusive
 * is with the node; whether it is in the chain is found out by following it.
 * bcoin puts "rejected: " before every reason.
 */
static const char *
status_of_answer(const char *answer)
{
	static const char prefix[] = "rejected: ";

	if (strncmp(answer, prefix, strlen(prefix)) == 0)
		answer += strlen(prefix);
	if (strcmp(answer, "accepted") == 0)
		return "accepted";
	if (strcmp(answer, "duplicate") == 0 ||
		strcmp(answer, "inconclusive") == 0 ||
		strcmp(answer, "duplicate-inconclusive") == 0)
		return "submitted";
	return "rejected";
}

/* Store the answer; status NULL leaves the block 'found'. */
static void
store_answer(int64 block_id, const char *answer, const char *status)
{
	Oid types[] = {INT8OID, TEXTOID, TEXTOID};
	Datum values[] = {Int64GetDatum(block_id), CStringGetTextDatum(answer),
					  status ? CStringGetTextDatum(status) : (Datum) 0};
	char nulls[] = {' ', ' ', status ? ' ' : 'n', '\0'};
	MemoryContext caller = transaction_begin("storing the node's answer");

	if (SPI_execute_with_args(
			"UPDATE chimera.blocks SET submit_result = $2,"
			" status = coalesce($3::chimera.block_status, status),"
			" submit_attempts = submit_attempts + 1,"
			" submitted_at = coalesce(submitted_at, clock_timestamp()),"
			" raw = CASE WHEN $3 = 'rejected' THEN NULL ELSE raw END"
			" WHERE block_id = $1",
			3, types, values, nulls, false, 0) != SPI_OK_UPDATE)
		elog(ERROR, "could not store the node's answer");
	transaction_commit(caller);
}

/* False when the node gave no verdict. */
static bool
submit_block(const Network *network, NodeClient *node, const FoundBlock *block)
{
	NodeCall *call =
		node_call(node, "submitblock", json_pack("[s]", block->raw_hex),
				  chimera_node_timeout_ms);
	NodeOutcome outcome = node_call_outcome(call);
	bool judged = outcome == NODE_OK;

	if (outcome == NODE_OK)
	{
		json_t *result = node_call_result(call);
		const char *answer = json_is_string(result) ? json_string_value(result)
													: "accepted";
		const char *status = status_of_answer(answer);

		store_answer(block->block_id, answer, status);
		ereport(LOG, (errmsg("chimera block " INT64_FORMAT " of %s: %s (the "
							 "node says %s)",
							 block->block_id, network->name, status, answer)));
	}
	else if (outcome == NODE_RPC_ERROR &&
			 node_call_error_code(call) == NODE_ERROR_DESERIALIZATION)
	{
		store_answer(block->block_id, node_call_error(call), "rejected");
		judged = true;
	}
	else
	{
		store_answer(block->block_id, node_call_error(call), NULL);
		worker_status_failing("%s", node_call_error(call));
	}
	node_call_free(call);
	return judged;
}

bool
submit_found_blocks(const Network *network, NodeClient *node)
{
	FoundBlock *block;

	while ((block = next_found_block(network)) != NULL)
	{
		bool judged = submit_block(network, node, block);

		pfree(block->raw_hex);
		pfree(block);
		if (!judged)
			return false;
	}
	return true;
}
