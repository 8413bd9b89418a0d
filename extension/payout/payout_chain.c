/*
 * payout_chain.c
 *	  What the chain of the wallet's node shows about a transaction.
 *
 * A wallet knows only its own transactions.  A node without an index knows
 * those of its mempool and, by their unspent outputs, some of its chain.
 * Anything else is searched for in the blocks since the batch was signed, a
 * few per round.  The progress of a search is kept in memory, since a search
 * that starts again finds the same.
 */
#include "postgres.h"

#include <math.h>

#include "utils/memutils.h"

#include "settings.h"
#include "payout/payout_chain.h"

#define SATS_A_COIN		1e8
#define FEE_MAX_COINS	1000.0 /* the limit of a plausible fee from the node */
#define OUTPUTS_TO_TRY	100
#define BLOCKS_A_ROUND	10
#define TRANSACTION_MAX (4 * 1024 * 1024) /* bytes */

/* ---------- reading a node's transactions ---------- */

void
chain_read_hash(json_t *value, char hash[HASH_HEX_BYTES])
{
	const char *digits = json_string_value(value);
	uint8 bytes[32];

	hash[0] = '\0';
	if (digits && hex_to_bytes(digits, strlen(digits), bytes, sizeof(bytes)))
		bytes_to_hex(bytes, sizeof(bytes), hash);
}

static int
read_confirmations(json_t *object)
{
	json_int_t value =
		json_integer_value(json_object_get(object, "confirmations"));

	return (int) Max(Min(value, PG_INT32_MAX), -PG_INT32_MAX);
}

static int64
read_fee(json_t *object)
{
	json_t *member = json_object_get(object, "fee");
	double fee = fabs(json_number_value(member));

	return json_is_number(member) && fee < FEE_MAX_COINS
			   ? (int64) (fee * SATS_A_COIN + 0.5)
			   : -1;
}

static void
read_raw(ChainTransaction *transaction, json_t *object)
{
	const char *hex = json_string_value(json_object_get(object, "hex"));
	size_t digits = hex ? strlen(hex) : 0;
	char txid[HASH_HEX_BYTES];
	uint8 *raw;

	if (digits == 0 || digits / 2 > TRANSACTION_MAX)
		return;
	raw = palloc(digits / 2);
	if (!hex_to_bytes(hex, digits, raw, digits / 2) ||
		!transaction_parse(raw, digits / 2, &transaction->parsed))
		return;
	hash_to_hex(transaction->parsed.txid, txid);
	if (strcmp(txid, transaction->txid) != 0)
		return;
	transaction->raw = raw;
	transaction->raw_length = digits / 2;
}

/* A transaction as getrawtransaction, gettransaction and getblock show it. */
static ChainTransaction *
read_transaction(json_t *object, const char *txid)
{
	ChainTransaction *transaction = palloc0(sizeof(ChainTransaction));

	strlcpy(transaction->txid, txid, sizeof(transaction->txid));
	chain_read_hash(json_object_get(object, "blockhash"),
					transaction->block_hash);
	transaction->depth = read_confirmations(object);
	transaction->fee_sats = read_fee(object);
	read_raw(transaction, object);
	return transaction;
}

/* ---------- finding a transaction ---------- */

PayoutStep
chain_has_in_mempool(Payer *payer, const PayoutBatch *batch, const char *txid,
					 bool *there)
{
	NodeCall *call =
		payer_call(payer, "getmempoolentry", json_pack("[s]", txid));

	*there = node_call_outcome(call) == NODE_OK;
	if (!*there &&
		(node_call_outcome(call) != NODE_RPC_ERROR ||
		 node_call_error_code(call) != NODE_ERROR_INVALID_ADDRESS_OR_KEY))
		return payer_call_failed(payer, batch, call);
	return STEP_DONE;
}

/*
 * Find in the result of a call that returns a transaction.  An index contains
 * those of stale blocks, and a wallet those that were dropped, so unconfirmed
 * ones count only while they are in the mempool.
 */
static PayoutStep
find_in_result(Payer *payer, const PayoutBatch *batch, const NodeCall *call,
			   const char *txid, ChainTransaction **found)
{
	ChainTransaction *transaction;
	bool there = true;
	PayoutStep step = STEP_DONE;

	*found = NULL;
	if (node_call_outcome(call) == NODE_RPC_ERROR)
		return STEP_DONE;
	if (node_call_outcome(call) != NODE_OK)
		return payer_call_failed(payer, batch, call);

	transaction = read_transaction(node_call_result(call), txid);
	if (transaction->depth <= 0)
	{
		transaction->depth = 0;
		transaction->block_hash[0] = '\0';
		step = chain_has_in_mempool(payer, batch, txid, &there);
	}
	if (step == STEP_DONE && there)
		*found = transaction;
	return step;
}

PayoutStep
chain_depth(Payer *payer, const PayoutBatch *batch, const char *block_hash,
			int *depth)
{
	NodeCall *call =
		payer_call(payer, "getblockheader", json_pack("[s]", block_hash));

	*depth = 0;
	if (node_call_outcome(call) == NODE_RPC_ERROR &&
		node_call_error_code(call) == NODE_ERROR_INVALID_ADDRESS_OR_KEY)
		return STEP_DONE;
	if (node_call_outcome(call) != NODE_OK)
		return payer_call_failed(payer, batch, call);
	*depth = Max(read_confirmations(node_call_result(call)), 0);
	return STEP_DONE;
}

/* A block with its transactions. */
typedef struct ChainBlock
{
	NodeCall *call; /* freed by the caller; NULL: the node lacks the block */
	char hash[HASH_HEX_BYTES];
	char *trouble; /* why the node lacks it */
} ChainBlock;

static PayoutStep
read_block(Payer *payer, const PayoutBatch *batch, int64 height,
		   ChainBlock *block)
{
	NodeCall *call = payer_call(payer, "getblockhash",
								json_pack("[I]", (json_int_t) height));

	memset(block, 0, sizeof(ChainBlock));
	if (node_call_outcome(call) != NODE_OK)
		return payer_call_failed(payer, batch, call);
	chain_read_hash(node_call_result(call), block->hash);

	call = payer_call(payer, "getblock", json_pack("[s, i]", block->hash, 2));
	if (node_call_outcome(call) == NODE_UNREACHABLE)
		return payer_call_failed(payer, batch, call);
	if (node_call_outcome(call) == NODE_OK &&
		json_is_object(
			json_array_get(json_object_get(node_call_result(call), "tx"), 0)))
	{
		block->call = call;
		return STEP_DONE;
	}
	block->trouble =
		psprintf("block " INT64_FORMAT " could not be read: %s", height,
				 node_call_outcome(call) == NODE_OK
					 ? "the node does not return its transactions"
					 : node_call_error(call));
	return STEP_DONE;
}

/* Find in the block at that depth. */
static PayoutStep
find_in_block(Payer *payer, const PayoutBatch *batch, const char *txid,
			  int depth, ChainTransaction **found)
{
	ChainBlock block;
	json_t *item;
	size_t i;
	PayoutStep step =
		read_block(payer, batch, payer->tip.height - depth + 1, &block);

	if (step != STEP_DONE || block.call == NULL)
		return step;
	json_array_foreach(json_object_get(node_call_result(block.call), "tx"), i,
					   item)
	{
		char id[HASH_HEX_BYTES];

		chain_read_hash(json_object_get(item, "txid"), id);
		if (strcmp(id, txid) != 0)
			continue;
		*found = read_transaction(item, txid);
		(*found)->depth = depth;
		strlcpy((*found)->block_hash, block.hash, HASH_HEX_BYTES);
	}
	node_call_free(block.call);
	return STEP_DONE;
}

/* Find by its unspent outputs, whose block the node knows. */
static PayoutStep
find_by_outputs(Payer *payer, const PayoutBatch *batch, const char *txid,
				size_t output_count, ChainTransaction **found)
{
	output_count = Min(output_count, OUTPUTS_TO_TRY);
	for (size_t i = 0; i < output_count && payer->tip.known; i++)
	{
		NodeCall *call = payer_call(
			payer, "gettxout", json_pack("[s, I, b]", txid, (json_int_t) i, 0));
		int depth;

		if (node_call_outcome(call) != NODE_OK)
			return payer_call_failed(payer, batch, call);
		depth = read_confirmations(node_call_result(call));
		if (depth > 0)
			return find_in_block(payer, batch, txid, depth, found);
	}
	return STEP_DONE;
}

PayoutStep
chain_find(Payer *payer, const PayoutBatch *batch, const char *txid,
		   size_t output_count, ChainTransaction **found)
{
	NodeCall *call =
		payer_call(payer, "getrawtransaction", json_pack("[s, b]", txid, 1));
	PayoutStep step = find_in_result(payer, batch, call, txid, found);

	if (step == STEP_DONE && *found == NULL)
	{
		call = payer_call(payer, "gettransaction", json_pack("[s]", txid));
		step = find_in_result(payer, batch, call, txid, found);
	}
	if (step == STEP_DONE && *found == NULL)
		step = find_by_outputs(payer, batch, txid, output_count, found);
	return step;
}

PayoutStep
chain_has_moved(Payer *payer, const PayoutBatch *batch, bool *moved)
{
	NodeCall *call = payer_call(payer, "getbestblockhash", json_pack("[]"));
	char hash[HASH_HEX_BYTES];

	if (node_call_outcome(call) != NODE_OK)
		return payer_call_failed(payer, batch, call);
	chain_read_hash(node_call_result(call), hash);
	*moved = payer->tip.hash[0] && pg_strcasecmp(hash, payer->tip.hash) != 0;
	return STEP_DONE;
}

PayoutStep
chain_is_indexed(Payer *payer, const PayoutBatch *batch, bool *indexed)
{
	NodeCall *call = payer_call(payer, "getindexinfo", json_pack("[]"));

	*indexed = false;
	if (node_call_outcome(call) == NODE_UNREACHABLE)
		return payer_call_failed(payer, batch, call);
	if (node_call_outcome(call) == NODE_OK)
		*indexed = json_is_true(json_object_get(
			json_object_get(node_call_result(call), "txindex"), "synced"));
	return STEP_DONE;
}

/* ---------- searching blocks ---------- */

static ChainSearch *
find_search(const Payer *payer, const PayoutBatch *batch)
{
	ListCell *cell;

	foreach (cell, payer->searches)
	{
		ChainSearch *search = lfirst(cell);

		if (search->batch_id == batch->batch_id &&
			strcmp(search->txid, batch->txid) == 0)
			return search;
	}
	return NULL;
}

static ChainSearch *
begin_search(Payer *payer, const PayoutBatch *batch)
{
	MemoryContext context = AllocSetContextCreate(
		payer->context, "chimera payout search", ALLOCSET_SMALL_SIZES);
	MemoryContext caller = MemoryContextSwitchTo(context);
	ChainSearch *search = palloc0(sizeof(ChainSearch));

	search->batch_id = batch->batch_id;
	strlcpy(search->txid, batch->txid, sizeof(search->txid));
	search->context = context;

	/* the blocks at the tip may have changed since it was signed */
	search->next_height =
		Max(batch->start_height - batch->confirmations_needed, 0);
	if (batch->start_height < 0)
		search->trouble =
			pstrdup("the time at which it was signed is not known");
	MemoryContextSwitchTo(payer->context);
	payer->searches = lappend(payer->searches, search);
	MemoryContextSwitchTo(caller);
	return search;
}

static void
end_search(Payer *payer, ChainSearch *search)
{
	payer->searches = list_delete_ptr(payer->searches, search);
	MemoryContextDelete(search->context);
}

void
chain_search_forget(Payer *payer, const PayoutBatch *batch)
{
	ChainSearch *search = find_search(payer, batch);

	if (search)
		end_search(payer, search);
}

void
chain_searches_begin_round(Payer *payer)
{
	List *all = list_copy(payer->searches);
	ListCell *cell;

	payer->blocks_left = BLOCKS_A_ROUND;
	foreach (cell, all)
	{
		ChainSearch *search = lfirst(cell);

		if (!search->used)
			end_search(payer, search);
		else
			search->used = false;
	}
}

/* Does a transaction of a block spend one of these outputs? */
static bool
spends_any(json_t *transaction, const Outpoint *inputs, size_t count)
{
	json_t *item;
	size_t i;

	json_array_foreach(json_object_get(transaction, "vin"), i, item)
	{
		const char *txid = json_string_value(json_object_get(item, "txid"));
		json_int_t index = json_integer_value(json_object_get(item, "vout"));

		for (size_t j = 0; txid && j < count; j++)
			if (inputs[j].index == index && strcmp(inputs[j].txid, txid) == 0)
				return true;
	}
	return false;
}

static PayoutStep
search_block(Payer *payer, const PayoutBatch *batch, const Outpoint *inputs,
			 size_t count, ChainSearch *search)
{
	ChainBlock block;
	json_t *item;
	size_t i;
	PayoutStep step = read_block(payer, batch, search->next_height, &block);

	if (step != STEP_DONE)
		return step;
	if (block.call == NULL)
	{
		search->trouble = MemoryContextStrdup(search->context, block.trouble);
		return STEP_DONE;
	}
	json_array_foreach(json_object_get(node_call_result(block.call), "tx"), i,
					   item)
	{
		char txid[HASH_HEX_BYTES];
		MemoryContext caller;
		ChainTransaction *transaction;

		chain_read_hash(json_object_get(item, "txid"), txid);
		if (strcmp(txid, batch->txid) != 0 && !spends_any(item, inputs, count))
			continue;
		caller = MemoryContextSwitchTo(search->context);
		transaction = read_transaction(item, txid);
		strlcpy(transaction->block_hash, block.hash, HASH_HEX_BYTES);
		search->found = lappend(search->found, transaction);
		MemoryContextSwitchTo(caller);
	}
	node_call_free(block.call);
	search->next_height++;
	return STEP_DONE;
}

PayoutStep
chain_search(Payer *payer, const PayoutBatch *batch, const Outpoint *inputs,
			 size_t count, ChainSearch **search)
{
	PayoutStep step = STEP_DONE;

	*search = find_search(payer, batch);
	if (*search == NULL)
		*search = begin_search(payer, batch);
	(*search)->used = true;
	while (step == STEP_DONE && (*search)->trouble == NULL &&
		   (*search)->next_height <= payer->tip.height)
	{
		if (payer->blocks_left-- <= 0)
			return payout_waits(
				batch,
				"the chain is being searched for the transaction that has "
				"spent its inputs, up to block " INT64_FORMAT,
				payer->tip.height);
		step = search_block(payer, batch, inputs, count, *search);
	}
	(*search)->ended = step == STEP_DONE;
	return step;
}
