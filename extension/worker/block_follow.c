/*
 * block_follow.c
 *	  Follows submitted blocks to confirmation or orphanhood, both ways.
 *
 * A block is in the chain if the node's hash at its height is its own; how
 * deep, its height and the tip's tell.  (A node's "confirmations" would not do:
 * bcoin counts them for orphans as well.)  A block that is not in the chain is
 * orphaned and may come back in.  A block the node no longer knows (its data
 * was lost, or the answer came from another node) is 'found' again, which
 * sends it anew.  An orphan is given up once the chain has grown by the
 * confirmations needed above it.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "utils/builtins.h"

#include "settings.h"
#include "transaction.h"
#include "worker/block_worker.h"

typedef struct FollowedBlock
{
	int64 block_id;
	int height;
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
			"SELECT block_id, height, confirmations, status::text,"
			" encode(hash, 'hex')"
			" FROM chimera.blocks WHERE network_id = $1"
			" AND (status IN ('submitted', 'accepted')"
			"  OR (status = 'orphaned' AND height > $2 AND job_id IS NOT NULL))"
			" ORDER BY block_id",
			2, types, values, NULL, true, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not read unsettled blocks");

	blocks.count = SPI_processed;
	blocks.items = MemoryContextAlloc(caller, sizeof(FollowedBlock) *
												  Max(blocks.count, 1));
	for (uint64 i = 0; i < blocks.count; i++)
	{
		FollowedBlock *block = &blocks.items[i];
		HeapTuple row = SPI_tuptable->vals[i];
		TupleDesc desc = SPI_tuptable->tupdesc;
		bool isnull;

		block->block_id = DatumGetInt64(SPI_getbinval(row, desc, 1, &isnull));
		block->height = DatumGetInt32(SPI_getbinval(row, desc, 2, &isnull));
		block->confirmations =
			DatumGetInt32(SPI_getbinval(row, desc, 3, &isnull));
		block->status = MemoryContextStrdup(caller, SPI_getvalue(row, desc, 4));
		block->hash_hex =
			MemoryContextStrdup(caller, SPI_getvalue(row, desc, 5));
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

/* Store a block's status and confirmations, where they are news. */
static void
note_status(const FollowedBlock *block, const char *status, int confirmations)
{
	if (confirmations != block->confirmations ||
		strcmp(status, block->status) != 0)
		store_status(block, status, confirmations);
}

/*
 * Did the node answer, if only that there is no such block?  Bitcoin Core says
 * so by error -5 or, for a height, -8; bcoin by -1.
 */
static bool
node_has_answered(BlockWorker *worker, const NodeCall *call)
{
	int code = node_call_error_code(call);

	if (node_call_outcome(call) == NODE_OK ||
		(node_call_outcome(call) == NODE_RPC_ERROR &&
		 (code == NODE_ERROR_INVALID_ADDRESS_OR_KEY ||
		  code == NODE_ERROR_INVALID_PARAMETER || code == NODE_ERROR_MISC)))
		return true;
	node_choice_leave(worker->choice, "%s", node_call_error(call));
	return false;
}

/* Is the block in the node's chain?  False when the node failed. */
static bool
ask_whether_in_chain(BlockWorker *worker, const FollowedBlock *block,
					 bool *in_chain)
{
	NodeCall *call =
		node_call(worker->choice->used->client, "getblockhash",
				  json_pack("[i]", block->height), chimera_node_timeout_ms);
	bool answered = node_has_answered(worker, call);

	*in_chain = false;
	if (answered && node_call_outcome(call) == NODE_OK)
	{
		const char *hash = json_string_value(node_call_result(call));

		*in_chain = hash && strcmp(hash, block->hash_hex) == 0;
	}
	node_call_free(call);
	return answered;
}

/* Does the node know the block at all?  False when the node failed. */
static bool
ask_whether_known(BlockWorker *worker, const FollowedBlock *block, bool *known)
{
	NodeCall *call = node_call(worker->choice->used->client, "getblockheader",
							   json_pack("[s, b]", block->hash_hex, 1),
							   chimera_node_timeout_ms);
	bool answered = node_has_answered(worker, call);

	*known = node_call_outcome(call) == NODE_OK;
	node_call_free(call);
	return answered;
}

static bool
follow_block(BlockWorker *worker, int64 tip_height, const FollowedBlock *block)
{
	int needed = worker->network->confirmations_needed;
	bool in_chain;
	bool known;

	if (!ask_whether_in_chain(worker, block, &in_chain))
		return false;
	if (in_chain)
	{
		int confirmations = (int) Max(tip_height - block->height + 1, 1);
		bool enough = confirmations >= needed;

		note_status(block, enough ? "confirmed" : "accepted", confirmations);
		return true;
	}

	if (!ask_whether_known(worker, block, &known))
		return false;
	note_status(block, known ? "orphaned" : "found", 0);
	return true;
}

/* The height of the node's tip, or -1 when it failed. */
static int64
read_tip_height(BlockWorker *worker)
{
	NodeCall *call = node_call(worker->choice->used->client, "getblockcount",
							   json_array(), chimera_node_timeout_ms);
	int64 height = -1;

	if (node_call_outcome(call) != NODE_OK)
		node_choice_leave(worker->choice, "%s", node_call_error(call));
	else if (!json_is_integer(node_call_result(call)))
		node_choice_leave(worker->choice,
						  "the node's block count is no number");
	else
		height = json_integer_value(node_call_result(call));
	node_call_free(call);
	return height;
}

bool
follow_blocks(BlockWorker *worker)
{
	int64 tip_height = read_tip_height(worker);
	FollowedBlocks blocks;

	if (tip_height < 0)
		return false;
	blocks = read_unsettled_blocks(worker->network, tip_height);
	for (uint64 i = 0; i < blocks.count; i++)
		if (!follow_block(worker, tip_height, &blocks.items[i]))
			return false;
	return true;
}
