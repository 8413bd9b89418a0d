/*
 * block_worker.h
 *	  The steps of the worker that submits and follows a network's blocks.
 */
#ifndef CHIMERA_BLOCK_WORKER_H
#define CHIMERA_BLOCK_WORKER_H

#include "postgres.h"

#include "nodes/pg_list.h"

#include "worker/network.h"
#include "worker/node_choice.h"

typedef struct BlockWorker
{
	const Network *network;
	NodeChoice *choice;
	MemoryContext context; /* the worker's own */
	List *stragglers;	   /* of Straggler, see block_submit.c */
} BlockWorker;

/*
 * Send every block that is 'found' to all nodes and store what they make of
 * it.  False when there is one that no node has judged; it stays 'found' then.
 */
extern bool submit_found_blocks(BlockWorker *worker);

/*
 * Bring the status and confirmations of the blocks that are not settled up to
 * what the node that is used says.  False when it failed; it is left then.
 */
extern bool follow_blocks(BlockWorker *worker);

#endif
