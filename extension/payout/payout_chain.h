/*
 * payout_chain.h
 *	  What the chain of the wallet's node shows about a transaction.
 */
#ifndef CHIMERA_PAYOUT_CHAIN_H
#define CHIMERA_PAYOUT_CHAIN_H

#include "postgres.h"

#include "nodes/pg_list.h"

#include "chain/hex.h"
#include "chain/transaction.h"
#include "payout/payout_steps.h"

/* A spent output, in the node's notation. */
typedef struct Outpoint
{
	char txid[HASH_HEX_BYTES];
	uint32 index;
} Outpoint;

/* A transaction that is in the node's chain or mempool. */
typedef struct ChainTransaction
{
	char txid[HASH_HEX_BYTES];
	char block_hash[HASH_HEX_BYTES]; /* empty: in no block */
	int depth;						 /* confirmations; 0: in the mempool */
	int64 fee_sats;					 /* -1: unknown */
	uint8 *raw;						 /* NULL: in an unsupported format */
	size_t raw_length;
	Transaction parsed; /* of raw */
} ChainTransaction;

/* Copy a hash from a node; set to empty if it is not one. */
extern void chain_read_hash(json_t *value, char hash[HASH_HEX_BYTES]);

/*
 * Find a transaction by its id: by the node's index or mempool, by the wallet,
 * by its unspent outputs.  'found' is NULL if none of them shows it, which
 * proves nothing.
 */
extern PayoutStep
chain_find(Payer *payer, const PayoutBatch *batch, const char *txid,
		   size_t output_count, ChainTransaction **found);

/* The confirmations of a block; 0 if it is not in the chain. */
extern PayoutStep chain_depth(Payer *payer, const PayoutBatch *batch,
							  const char *block_hash, int *depth);

/* Is a transaction in the node's mempool? */
extern PayoutStep chain_has_in_mempool(Payer *payer, const PayoutBatch *batch,
									   const char *txid, bool *there);

/*
 * Does the chain have another tip than when the round began?  Then a
 * transaction may have moved from the mempool to a block between two calls.
 */
extern PayoutStep
chain_has_moved(Payer *payer, const PayoutBatch *batch, bool *moved);

/*
 * Does the node have an index of all transactions, so that one it does not
 * know is in no block?
 */
extern PayoutStep
chain_is_indexed(Payer *payer, const PayoutBatch *batch, bool *indexed);

/* The progress of the search through the blocks since a batch was signed. */
typedef struct ChainSearch
{
	int64 batch_id;
	char txid[HASH_HEX_BYTES];
	MemoryContext context; /* of everything below */
	bool used;			   /* in this round */
	int64 next_height;
	bool ended;	   /* all blocks have been searched */
	char *trouble; /* why blocks cannot be read; or NULL */
	List *found;   /* of ChainTransaction */
} ChainSearch;

/*
 * Search some more blocks for the batch's transaction and for transactions
 * that spend these outputs; 'found' is complete when the search has ended.
 */
extern PayoutStep
chain_search(Payer *payer, const PayoutBatch *batch, const Outpoint *inputs,
			 size_t count, ChainSearch **search);

/* Forget the results; the next search begins at the first block. */
extern void chain_search_forget(Payer *payer, const PayoutBatch *batch);

/* The payer begins a round: end searches that were not used in the last one. */
extern void chain_searches_begin_round(Payer *payer);

#endif
