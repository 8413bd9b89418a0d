/*
 * payout_send.c
 *	  Sends a batch's stored transaction, and follows it to its end.
 *
 * The wallet is asked for the transaction before it is sent, and the same
 * transaction is sent again as often as need be: nodes take it once.  A batch
 * fails only when its transaction can't be in the chain any more, because an
 * input of it was spent by another one that is.
 */
#include "postgres.h"

#include "chain/hex.h"
#include "chain/transaction.h"
#include "worker/crash_point.h"
#include "worker/payer.h"

static const char input_is_spent[] =
	"an input was spent by another transaction";

typedef enum WalletView
{
	TRANSACTION_UNKNOWN,
	TRANSACTION_SEEN, /* confirmations: 0 and more */
	TRANSACTION_CONFLICTED,
} WalletView;

/*
 * What the wallet says of the batch's transaction; 'depth' is its own, or that
 * of the transaction that has taken its place.
 */
static PayoutStep
look_up(Payer *payer, const PayoutBatch *batch, WalletView *view, int *depth)
{
	NodeCall *call =
		payer_call(payer, "gettransaction", json_pack("[s]", batch->txid));
	json_t *member;
	json_int_t confirmations;

	*view = TRANSACTION_UNKNOWN;
	*depth = 0;
	if (node_call_outcome(call) == NODE_RPC_ERROR &&
		node_call_error_code(call) == NODE_ERROR_INVALID_ADDRESS_OR_KEY)
		return STEP_DONE;
	if (node_call_outcome(call) != NODE_OK)
		return payer_call_failed(payer, batch, call);

	member = json_object_get(node_call_result(call), "confirmations");
	confirmations = json_integer_value(member);
	if (!json_is_integer(member) || confirmations > PG_INT32_MAX ||
		confirmations < -PG_INT32_MAX)
		return payout_waits(batch, "the wallet does not tell the confirmations "
								   "of its transaction");
	*view = confirmations >= 0 ? TRANSACTION_SEEN : TRANSACTION_CONFLICTED;
	*depth = abs((int) confirmations);
	return STEP_DONE;
}

/* Another transaction is in the way; once it is as deep as a final one, it is
 * over. */
static PayoutStep
give_up_when_deep(const PayoutBatch *batch, int depth)
{
	if (depth < batch->confirmations_needed)
		return payout_waits(batch,
							"another transaction of the wallet, %d deep, "
							"spends one of its inputs",
							depth);
	payout_end(batch, input_is_spent);
	return STEP_LATER;
}

/* Is an input spent in the chain? */
static PayoutStep
look_at_inputs(Payer *payer, const PayoutBatch *batch, bool *spent)
{
	Transaction transaction;
	size_t at;

	*spent = false;
	if (!transaction_parse(batch->raw, batch->raw_length, &transaction))
		return payout_waits(batch, "its stored transaction is damaged");
	at = transaction.inputs_at;
	for (size_t i = 0; i < transaction.input_count && !*spent; i++)
	{
		TransactionInput input;
		char txid[HASH_HEX_BYTES];
		NodeCall *call;

		at = transaction_input(&transaction, at, &input);
		hash_to_hex(input.txid, txid);
		call = payer_call(
			payer, "gettxout",
			json_pack("[s, I, b]", txid, (json_int_t) input.index, 0));
		if (node_call_outcome(call) != NODE_OK)
			return payer_call_failed(payer, batch, call);
		*spent = json_is_null(node_call_result(call));
	}
	return STEP_DONE;
}

/*
 * The node refused the transaction.  When an input is spent in the chain, and
 * not by this transaction, which the wallet would know as its own, it never
 * can be.
 */
static PayoutStep
judge_refusal(Payer *payer, const PayoutBatch *batch, const NodeCall *refusal)
{
	WalletView view;
	bool spent;
	int depth;
	PayoutStep step = look_at_inputs(payer, batch, &spent);

	if (step == STEP_DONE && spent)
	{
		step = look_up(payer, batch, &view, &depth);
		if (step == STEP_DONE && view == TRANSACTION_UNKNOWN)
		{
			payout_end(batch, input_is_spent);
			return STEP_LATER;
		}
	}
	return step == STEP_DONE ? payer_call_failed(payer, batch, refusal) : step;
}

static PayoutStep
send_raw(Payer *payer, const PayoutBatch *batch)
{
	char *hex = palloc(batch->raw_length * 2 + 1);
	NodeCall *call;

	bytes_to_hex(batch->raw, batch->raw_length, hex);
	call = payer_call(payer, "sendrawtransaction", json_pack("[s]", hex));
	CRASH_POINT("sent");
	if (node_call_outcome(call) == NODE_OK ||
		(node_call_outcome(call) == NODE_RPC_ERROR &&
		 node_call_error_code(call) == NODE_ERROR_ALREADY_IN_CHAIN))
		return STEP_DONE;
	if (node_call_outcome(call) == NODE_RPC_ERROR)
		return judge_refusal(payer, batch, call);
	return payer_call_failed(payer, batch, call);
}

PayoutStep
payout_send(Payer *payer, PayoutBatch *batch)
{
	WalletView view;
	int depth;
	PayoutStep step = look_up(payer, batch, &view, &depth);

	if (step != STEP_DONE)
		return step;
	if (view == TRANSACTION_CONFLICTED)
		return give_up_when_deep(batch, depth);
	if (view == TRANSACTION_UNKNOWN)
	{
		step = send_raw(payer, batch);
		if (step != STEP_DONE)
			return step;
	}
	payout_seen(batch, depth);
	batch->state = PAYOUT_SENT;
	CRASH_POINT("noted");
	return STEP_DONE;
}

/* Is it in the mempool? */
static PayoutStep
look_into_mempool(Payer *payer, const PayoutBatch *batch, bool *there)
{
	NodeCall *call =
		payer_call(payer, "getmempoolentry", json_pack("[s]", batch->txid));

	*there = node_call_outcome(call) == NODE_OK;
	if (!*there &&
		(node_call_outcome(call) != NODE_RPC_ERROR ||
		 node_call_error_code(call) != NODE_ERROR_INVALID_ADDRESS_OR_KEY))
		return payer_call_failed(payer, batch, call);
	return STEP_DONE;
}

PayoutStep
payout_follow(Payer *payer, PayoutBatch *batch)
{
	WalletView view;
	int depth;
	bool there = true;
	PayoutStep step = look_up(payer, batch, &view, &depth);

	if (step != STEP_DONE)
		return step;
	if (view == TRANSACTION_CONFLICTED)
		return give_up_when_deep(batch, depth);
	if (depth >= batch->confirmations_needed)
	{
		CRASH_POINT("final");
		payout_end(batch, NULL);
		CRASH_POINT("ended");
		return STEP_LATER;
	}

	/* a node that was started anew, or is short of memory, may have lost it */
	if (view == TRANSACTION_UNKNOWN)
		there = false;
	else if (depth == 0)
		step = look_into_mempool(payer, batch, &there);
	if (step == STEP_DONE && !there)
		step = send_raw(payer, batch);
	if (step == STEP_DONE)
		payout_seen(batch, depth);
	return step;
}
