/*
 * block_worker.h
 *	  The steps of the worker that submits and follows a network's blocks.
 */
#ifndef CHIMERA_BLOCK_WORKER_H
#define CHIMERA_BLOCK_WORKER_H

#include "postgres.h"

#include "node/node.h"
#include "worker/network.h"

/*
 * Send every block that is 'found' to the node and store its answer.  False
 * when the node failed (its failure is shown); the blocks stay 'found' then.
 */
extern bool submit_found_blocks(const Network *network, NodeClient *node);

/*
 * Bring the status and confirmations of the blocks that are not settled up to
 * what the node says.  False when the node failed.
 */
extern bool follow_blocks(const Network *network, NodeClient *node);

#endif
