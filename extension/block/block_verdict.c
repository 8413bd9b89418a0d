/*
 * block_verdict.c
 *	  What a node's response to submitblock (BIP 22) means for a block.
 */
#include "postgres.h"

#include "block/block_verdict.h"

/*
 * Is it a reason for rejecting a block, in the words of BIP 22, Bitcoin Core
 * or bcoin?  A faulty node may say anything.
 */
static bool
is_reject_reason(const char *answer)
{
	static const char *const beginnings[] = {
		"bad-",		  "duplicate-invalid",
		"early-",	  "high-hash",
		"invalid",	  "late-",
		"mandatory-", "prev-blk-not-found",
		"rejected",	  "stale-",
		"time-",	  "unexpected-witness",
	};

	for (int i = 0; i < lengthof(beginnings); i++)
		if (strncmp(answer, beginnings[i], strlen(beginnings[i])) == 0)
			return true;
	return false;
}

/*
 * BIP 22: null (here "accepted") is success, a string is the reason.  If a
 * block is a duplicate or inconclusive, the node has it; following it shows
 * whether it is in the chain. bcoin prefixes every reason with "rejected: ".
 */
static Verdict
verdict_of_answer(const char *answer, bool node_is_good, bool may_wait)
{
	static const char prefix[] = "rejected: ";

	if (strncmp(answer, prefix, strlen(prefix)) == 0)
		answer += strlen(prefix);
	if (strcmp(answer, "accepted") == 0)
		return VERDICT_ACCEPTED;
	if (strcmp(answer, "duplicate") == 0 ||
		strcmp(answer, "inconclusive") == 0 ||
		strcmp(answer, "duplicate-inconclusive") == 0)
		return VERDICT_SUBMITTED;

	/* an unknown reason, or Bitcoin Core or bcoin does not know the parent */
	if (may_wait &&
		(strcmp(answer, "prev-blk-not-found") == 0 ||
		 strcmp(answer, "bad-prevblk") == 0 || !is_reject_reason(answer)))
		return VERDICT_UNCLEAR;
	return node_is_good ? VERDICT_REJECTED : VERDICT_UNCLEAR;
}

const char *
verdict_answer(const NodeCall *call)
{
	json_t *result;

	if (node_call_outcome(call) != NODE_OK)
		return node_call_error(call);
	result = node_call_result(call);
	if (json_is_null(result))
		return "accepted";
	return json_is_string(result) ? json_string_value(result)
								  : "neither null nor a reason";
}

Verdict
verdict_of_call(const NodeCall *call, bool node_is_good, bool may_wait)
{
	NodeOutcome outcome = node_call_outcome(call);

	if (outcome == NODE_OK)
		return verdict_of_answer(verdict_answer(call), node_is_good, may_wait);
	if (outcome == NODE_RPC_ERROR &&
		node_call_error_code(call) == NODE_ERROR_DESERIALIZATION)
		return node_is_good ? VERDICT_REJECTED : VERDICT_UNCLEAR;
	return VERDICT_NONE;
}

const char *
verdict_status(Verdict verdict)
{
	switch (verdict)
	{
		case VERDICT_ACCEPTED:
			return "accepted";
		case VERDICT_SUBMITTED:
			return "submitted";
		case VERDICT_REJECTED:
			return "rejected";
		default:
			return NULL;
	}
}
