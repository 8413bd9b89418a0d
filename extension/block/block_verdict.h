/*
 * block_verdict.h
 *	  What a node's response to submitblock (BIP 22) means for a block.
 */
#ifndef CHIMERA_BLOCK_VERDICT_H
#define CHIMERA_BLOCK_VERDICT_H

#include "postgres.h"

#include "node/rpc.h"

/* What a response, or the lack of one, means; the greatest decides. */
typedef enum Verdict
{
	VERDICT_NONE,
	VERDICT_UNCLEAR, /* refused, but not finally */
	VERDICT_REJECTED,
	VERDICT_SUBMITTED,
	VERDICT_ACCEPTED,
} Verdict;

/*
 * The verdict of a finished call.  Only a good node can reject a block.  A
 * node that lacks the block's parent may receive it soon, as long as the block
 * may wait for that.
 */
extern Verdict
verdict_of_call(const NodeCall *call, bool node_is_good, bool may_wait);

/* The text of a finished call's response, as the node sent it. */
extern const char *verdict_answer(const NodeCall *call);

/* The block's status for a verdict; NULL if it stays 'found'. */
extern const char *verdict_status(Verdict verdict);

#endif
