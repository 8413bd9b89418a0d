/*
 * block_verdict.h
 *	  What a node's answer to submitblock (BIP 22) makes of a block.
 */
#ifndef CHIMERA_BLOCK_VERDICT_H
#define CHIMERA_BLOCK_VERDICT_H

#include "postgres.h"

#include "node/rpc.h"

/* What an answer means, or the lack of one; the greater decides. */
typedef enum Verdict
{
	VERDICT_NONE,
	VERDICT_UNCLEAR, /* refused, but not for good */
	VERDICT_REJECTED,
	VERDICT_SUBMITTED,
	VERDICT_ACCEPTED,
} Verdict;

/*
 * The verdict of a finished call.  That a block is refused must come from a
 * node that is good; one that lacks the block's parent may be told it soon, as
 * long as the block may wait for that.
 */
extern Verdict
verdict_of_call(const NodeCall *call, bool node_is_good, bool may_wait);

/* The text of a finished call's answer, as the node gave it. */
extern const char *verdict_answer(const NodeCall *call);

/* The block's status for a verdict; NULL: it stays 'found'. */
extern const char *verdict_status(Verdict verdict);

#endif
