/*
 * block_worker.h
 *	  The steps of the worker that submits and follows a network's blocks.
 *
 * None of them waits for a node: each takes what calls have brought and begins
 * what is due, so that a found block is sent at once whatever is under way.
 */
#ifndef CHIMERA_BLOCK_WORKER_H
#define CHIMERA_BLOCK_WORKER_H

#include "postgres.h"

#include "instant.h"
#include "nodes/pg_list.h"

#include "node/network.h"
#include "template/node_choice.h"

typedef struct FollowRound FollowRound;

/* How a node takes blocks. */
typedef struct SubmitNode
{
	bool fails;		  /* its last call got no answer */
	Instant probe_at; /* then: when it is tried again, with one block */
} SubmitNode;

/* A block of the chain, by its height. */
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

	/* block_submit.c's */
	bool look_for_blocks;	  /* there may be blocks that were not sent */
	List *sent_blocks;		  /* of SentBlock */
	List *stragglers;		  /* of Straggler */
	SubmitNode *submit_nodes; /* for each node of the choice */

	/* block_follow.c's */
	FollowRound *round; /* under way, or NULL */
	Instant follow_at;	/* when the next round is due */
	ChainMark mark;		/* all confirmed blocks are in the chain of this one */
} BlockWorker;

extern void submit_begin(BlockWorker *worker);

/*
 * Send the blocks that are 'found' to all nodes and store what those make of
 * them.
 */
extern void submit_blocks(BlockWorker *worker);

/* When submit_blocks() has something to begin by itself. */
extern Instant submit_next_at(const BlockWorker *worker);

/*
 * Bring the status and confirmations of the blocks that are not settled up to
 * what the node that is used says, one call after the other.  When the node
 * fails it is left, and the round ends.
 */
extern void follow_blocks(BlockWorker *worker);

#endif
