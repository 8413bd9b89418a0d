/*
 * block_worker.h
 *	  The steps of the worker that submits and follows a network's blocks.
 *
 * None of them waits for a node: each processes the responses that have
 * arrived and starts what is due, so that a found block is sent at once
 * whatever is in progress.
 */
#ifndef CHIMERA_BLOCK_WORKER_H
#define CHIMERA_BLOCK_WORKER_H

#include "postgres.h"

#include "instant.h"
#include "nodes/pg_list.h"

#include "node/network.h"
#include "template/node_choice.h"

typedef struct FollowRound FollowRound;

/* How a node responds to blocks. */
typedef struct SubmitNode
{
	bool fails;		  /* it did not respond to its last call */
	Instant probe_at; /* then: when it is tried again, with one block */
} SubmitNode;

/* A block of the chain and its height. */
typedef struct ChainMark
{
	int64 height; /* -1: none */
	char hash_hex[2 * 32 + 1];
} ChainMark;

typedef struct BlockWorker
{
	const Network *network;
	NodeChoice *choice;
	MemoryContext context; /* the worker's own */

	/* used by block_submit.c */
	bool look_for_blocks;	  /* there may be unsent blocks */
	List *sent_blocks;		  /* of SentBlock */
	List *stragglers;		  /* of Straggler */
	SubmitNode *submit_nodes; /* one per node of the choice */

	/* used by block_follow.c */
	FollowRound *round; /* in progress, or NULL */
	Instant follow_at;	/* when the next round is due */
	ChainMark mark; /* all confirmed blocks are in the chain of this block */
} BlockWorker;

extern void submit_begin(BlockWorker *worker);

/* Send the blocks that are 'found' to all nodes and store their responses. */
extern void submit_blocks(BlockWorker *worker);

/* When submit_blocks() has something to start without an event. */
extern Instant submit_next_at(const BlockWorker *worker);

/*
 * Update the status and confirmations of the unsettled blocks by the node in
 * use, one call after the other.  If the node fails, it is abandoned and the
 * round ends.
 */
extern void follow_blocks(BlockWorker *worker);

#endif
