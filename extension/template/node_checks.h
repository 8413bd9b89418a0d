/*
 * node_checks.h
 *	  Checks a node's responses: whether the pool may use it.
 *
 * Each check takes a finished call and returns NULL, or the problem, in the
 * current memory context and without the node's name.
 */
#ifndef CHIMERA_NODE_CHECKS_H
#define CHIMERA_NODE_CHECKS_H

#include "postgres.h"

#include "job/template.h"
#include "node/rpc.h"
#include "node/network.h"

#define NODE_HASH_DIGITS 64

/* The tip that a node reports. */
typedef struct NodeTip
{
	bool known; /* false for a node without getblockchaininfo */
	int64 height;
	char hash[NODE_HASH_DIGITS + 1]; /* of its best block; or empty */
	char work[NODE_HASH_DIGITS + 1]; /* the chain's; or empty */
} NodeTip;

/* The parameters of getblocktemplate; longpollid may be NULL. */
extern json_t *template_request(const Network *network, const char *longpollid);

/* getblockhash 0: is the node on the network's chain? */
extern const char *check_chain(const NodeCall *call, const Network *network);

/* getblockchaininfo: is it synced?  Also returns its tip. */
extern const char *check_sync(const NodeCall *call, NodeTip *tip);

/*
 * getblocktemplate: can the pool build a block from it that meets its demands,
 * on the node's own tip (unless that is unknown)?
 */
extern const char *check_template(const NodeCall *call, const Network *network,
								  const NodeTip *tip, BlockTemplate **template);

/* The number of blocks by which 'a' is ahead of 'b'; 0 if it may not be. */
extern int64 tip_ahead(const NodeTip *a, const NodeTip *b);

#endif
