/*
 * payout_send.c
 *	  Sends a batch's stored transaction, and follows it until it is final.
 *
 * The wallet is asked for the transaction, or the chain if the wallet does not
 * know it.  If neither shows it, it is sent, and sent again as often as
 * necessary: nodes accept it only once.  If it is refused, payout_judge.c
 * decides.
 */
#include "postgres.h"

#include "chain/hex.h"
#include "payout/crash_point.h"
#include "payout/payout_steps.h"
#include "payout/payout_chain.h"

/* Where the batch's transaction is. */
typedef struct Sighting
{
	bool seen;		 /* in the mempool or in a block */
	bool conflicted; /* according to the wallet */
	int depth;
	char block_hash[HASH_HEX_BYTES]; /* empty: unknown */
} Sighting;

/* Ask the wallet for the transaction. */
static PayoutStep
ask_wallet(Payer *payer, const PayoutBatch *batch, Sighting *sighting)
{
	NodeCall *call =
		payer_call(payer, "gettransaction", json_pack("[s]", batch->txid));
	json_t *member;
	json_int_t confirmations;

	if (node_call_outcome(call) == NODE_RPC_ERROR &&
		node_call_error_code(call) == NODE_ERROR_INVALID_ADDRESS_OR_KEY)
		return STEP_DONE;
	if (node_call_outcome(call) != NODE_OK)
		return payer_call_failed(payer, batch, call);

	member = json_object_get(node_call_result(call), "confirmations");
	confirmations = json_integer_value(member);
	if (!json_is_integer(member) || confirmations > PG_INT32_MAX)
		return payout_waits(
			batch,
			"the wallet does not report the confirmations of its transaction");
	if (confirmations < 0)
		sighting->conflicted = true;
	else if (confirmations == 0)
		return chain_has_in_mempool(payer, batch, batch->txid, &sighting->seen);
	else
	{
		sighting->seen = true;
		sighting->depth = (int) confirmations;
		chain_read_hash(json_object_get(node_call_result(call), "blockhash"),
						sighting->block_hash);
	}
	return STEP_DONE;
}

/* Is the block in which it was last seen still in the chain? */
static PayoutStep
ask_block(Payer *payer, const PayoutBatch *batch, Sighting *sighting)
{
	PayoutStep step =
		chain_depth(payer, batch, batch->block_hash, &sighting->depth);

	sighting->seen = sighting->depth > 0;
	if (sighting->seen)
		strlcpy(sighting->block_hash, batch->block_hash, HASH_HEX_BYTES);
	return step;
}

static PayoutStep
send_raw(Payer *payer, PayoutBatch *batch)
{
	char *hex = palloc(batch->raw_length * 2 + 1);
	NodeCall *call;

	/* one that was seen before has gone out: sending it again gives nothing */
	if (batch->state == PAYOUT_SENDING &&
		payout_clear(payer, batch) != STEP_DONE)
		return STEP_LATER;
	bytes_to_hex(batch->raw, batch->raw_length, hex);
	call = payer_call(payer, "sendrawtransaction", json_pack("[s]", hex));
	CRASH_POINT("sent");
	if (node_call_outcome(call) == NODE_OK)
		return STEP_DONE;
	if (node_call_outcome(call) == NODE_RPC_ERROR)
		return payout_judge(payer, batch, call);
	return payer_call_failed(payer, batch, call);
}

PayoutStep
payout_follow(Payer *payer, PayoutBatch *batch)
{
	Sighting sighting = {0};
	PayoutStep step = ask_wallet(payer, batch, &sighting);

	if (step == STEP_DONE && !sighting.seen && batch->block_hash)
		step = ask_block(payer, batch, &sighting);
	if (step == STEP_DONE && !sighting.seen)
		step = sighting.conflicted ? payout_judge(payer, batch, NULL)
								   : send_raw(payer, batch);
	if (step != STEP_DONE)
		return step;

	if (sighting.depth >= batch->confirmations_needed)
	{
		if (batch->state != PAYOUT_SENT)
			payout_seen(batch, sighting.depth, NULL, 0);
		CRASH_POINT("final");
		payout_end(batch, sighting.depth, NULL);
		CRASH_POINT("ended");
		return STEP_LATER;
	}
	payout_seen(batch, sighting.depth,
				sighting.block_hash[0] ? sighting.block_hash : NULL,
				payer->tip.height - sighting.depth + 1);
	batch->state = PAYOUT_SENT;
	CRASH_POINT("noted");
	return STEP_DONE;
}
