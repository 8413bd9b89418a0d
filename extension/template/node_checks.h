/*
 * node_checks.h
 *	  What a node's answers tell of it: whether a pool may work with it.
 *
 * Each check takes a finished call and returns NULL, or what is wrong, in the
 * current memory context and without the node's name.
 */
#ifndef CHIMERA_NODE_CHECKS_H
#define CHIMERA_NODE_CHECKS_H

#include "postgres.h"

#include "job/template.h"
#include "node/rpc.h"
#include "node/network.h"

#define NODE_HASH_DIGITS 64

/* Where a node stands, by its own word. */
typedef struct NodeTip
{
	bool known; /* a node without getblockchaininfo doesn't tell */
	int64 height;
	char hash[NODE_HASH_DIGITS + 1]; /* of its best block; or empty */
	char work[NODE_HASH_DIGITS + 1]; /* the chain's; or empty */
} NodeTip;

/* The parameters of getblocktemplate; longpollid may be NULL. */
extern json_t *template_request(const Network *network, const char *longpollid);

/* getblockhash 0: is the node on the network's chain? */
extern const char *check_chain(const NodeCall *call, const Network *network);

/* getblockchaininfo: is it synced?  Also tells where it stands. */
extern const char *check_sync(const NodeCall *call, NodeTip *tip);

/*
 * getblocktemplate: can a block be built of it that meets its demands, and upon
 * the node's own tip (unless that is unknown)?
 */
extern const char *check_template(const NodeCall *call, const Network *network,
								  const NodeTip *tip, BlockTemplate **template);

/* By how many blocks 'a' is further than 'b'; 0 when it isn't or may not be. */
extern int64 tip_ahead(const NodeTip *a, const NodeTip *b);

#endif
