/*
 * block_follow.c
 *	  Follows submitted blocks to confirmation or orphanhood, both ways.
 *
 * The node's own view is taken as it is: confirmations of -1 say that a block
 * is not in the main chain, and it may come back in.  A block the node no
 * longer knows (its data was lost, or the answer came from another node) is
 * 'found' again, which sends it anew.  An orphan is given up once the chain
 * has grown by the confirmations needed above it.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "utils/builtins.h"

#include "settings.h"
#include "transaction.h"
#include "worker/block_worker.h"
#include "worker/worker_status.h"

typedef struct FollowedBlock
{
	int64 block_id;
	int confirmations;
	char *status;
	char *hash_hex;
} FollowedBlock;

typedef struct FollowedBlocks
{
	uint64 count;
	FollowedBlock *items;
} FollowedBlocks;

static FollowedBlocks
read_unsettled_blocks(const Network *network, int64 tip_height)
{
	Oid types[] = {UUIDOID, INT8OID};
	Datum values[] = {
		UUIDPGetDatum(&network->network_id),
		Int64GetDatum(tip_height - network->confirmations_needed)};
	MemoryContext caller = transaction_begin("looking for unsettled blocks");
	FollowedBlocks blocks;

	if (SPI_execute_with_args(
			"SELECT block_id, confirmations, status::text, encode(hash, 'hex')"
			" FROM chimera.blocks WHERE network_id = $1"
			" AND (status IN ('submitted', 'accepted')"
			"  OR (status = 'orphaned' AND height > $2))"
			" ORDER BY block_id",
			2, types, values, NULL, true, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not read unsettled blocks");

	blocks.count = SPI_processed;
	blocks.items = MemoryContextAlloc(
		caller, sizeof(FollowedBlock) * Max(blocks.count, 1));
	for (uint64 i = 0; i < blocks.count; i++)
	{
		FollowedBlock *block = &blocks.items[i];
		HeapTuple row = SPI_tuptable->vals[i];
		TupleDesc desc = SPI_tuptable->tupdesc;
		bool isnull;

		block->block_id = DatumGetInt64(SPI_getbinval(row, desc, 1, &isnull));
		block->confirmations =
			DatumGetInt32(SPI_getbinval(row, desc, 2, &isnull));
		block->status =
			MemoryContextStrdup(caller, SPI_getvalue(row, desc, 3));
		block->hash_hex =
			MemoryContextStrdup(caller, SPI_getvalue(row, desc, 4));
	}
	transaction_commit(caller);
	return blocks;
}

static void
store_status(const FollowedBlock *block, const char *status, int confirmations)
{
	Oid types[] = {INT8OID, TEXTOID, INT4OID};
	Datum values[] = {Int64GetDatum(block->block_id),
					  CStringGetTextDatum(status),
					  Int32GetDatum(confirmations)};
	MemoryContext caller = transaction_begin("storing a block's confirmations");

	if (SPI_execute_with_args(
			"UPDATE chimera.blocks SET status = $2::chimera.block_status,"
			" confirmations = $3,"
			" raw = CASE WHEN $2 = 'confirmed' THEN NULL ELSE raw END"
			" WHERE block_id = $1",
			3, types, values, NULL, false, 0) != SPI_OK_UPDATE)
		elog(ERROR, "could not store a block's confirmations");
	transaction_commit(caller);

	if (strcmp(status, block->status) != 0)
		ereport(LOG, (errmsg("chimera block " INT64_FORMAT " (%s): %s, %d "
							 "confirmations",
							 block->block_id, block->hash_hex, status,
							 confirmations)));
}

/* Store what the node says of a block, where it is news. */
static void
note_confirmations(const Network *network, const FollowedBlock *block,
				   int confirmations)
{
	const char *status = "accepted";

	if (confirmations < 0)
		status = "orphaned";
	else if (confirmations >= network->confirmations_needed)
		status = "confirmed";

	confirmations = Max(confirmations, 0);
	if (confirmations != block->confirmations ||
		strcmp(status, block->status) != 0)
		store_status(block, status, confirmations);
}

static bool
follow_block(const Network *network, NodeClient *node,
			 const FollowedBlock *block)
{
	NodeCall *call =
		node_call(node, "getblockheader",
				  json_pack("[s, b]", block->hash_hex, 1),
				  chimera_node_timeout_ms);
	NodeOutcome outcome = node_call_outcome(call);
	bool ok = true;

	if (outcome == NODE_OK)
	{
		json_t *count =
			json_object_get(node_call_result(call), "confirmations");

		ok = json_is_integer(count);
		if (ok)
			note_confirmations(network, block,
							   (int) json_integer_value(count));
		else
			worker_status_failing("the node tells no confirmations of a block");
	}
	else if (outcome == NODE_RPC_ERROR &&
			 node_call_error_code(call) == NODE_ERROR_INVALID_ADDRESS_OR_KEY)
	{
		if (strcmp(block->status, "orphaned") != 0)
			store_status(block, "found", 0);
	}
	else
	{
		worker_status_failing("%s", node_call_error(call));
		ok = false;
	}
	node_call_free(call);
	return ok;
}

/* The height of the node's tip, or -1 when it failed. */
static int64
read_tip_height(NodeClient *node)
{
	NodeCall *call = node_call(node, "getblockcount", json_array(),
							   chimera_node_timeout_ms);
	int64 height = -1;

	if (node_call_outcome(call) != NODE_OK)
		worker_status_failing("%s", node_call_error(call));
	else if (!json_is_integer(node_call_result(call)))
		worker_status_failing("the node's block count is no number");
	else
		height = json_integer_value(node_call_result(call));
	node_call_free(call);
	return height;
}

bool
follow_blocks(const Network *network, NodeClient *node)
{
	int64 tip_height = read_tip_height(node);
	FollowedBlocks blocks;

	if (tip_height < 0)
		return false;
	blocks = read_unsettled_blocks(network, tip_height);
	for (uint64 i = 0; i < blocks.count; i++)
		if (!follow_block(network, node, &blocks.items[i]))
			return false;
	return true;
}
