/*
 * payout_trial.c
 *	  Has the wallet create and sign a transaction, and asks the node whether
 *	  it would accept it.
 *
 * createrawtransaction with the payouts' outputs, fundrawtransaction for
 * inputs and change, signrawtransactionwithwallet, testmempoolaccept: none of
 * these is binding, so they may be repeated for other payouts as often as
 * necessary.  If recipients pay the fee, the node deducts it from one output;
 * here it is divided in proportion to the amounts, which changes neither size
 * nor fee.  The signed transaction is read and compared with what it was to
 * pay.
 */
#include "postgres.h"

#include <math.h>

#include "byte_order.h"
#include "chain/hex.h"
#include "accounting/split.h"
#include "payout/payout_trial.h"

#define SATS_A_COIN	  100000000
#define AMOUNT_DIGITS 32
#define FEE_MAX_COINS 1000.0 /* the limit of a plausible fee from the node */

/*
 * Bitcoin Core's MAX_STANDARD_TX_WEIGHT is 400,000 (100,000 bytes without
 * witnesses), and older and other nodes relay as much; this is slightly less.
 */
#define WEIGHT_MAX 390000

/* the least that an input's signature adds: taproot's, a length and 64 bytes */
#define SIGNATURE_MIN_WEIGHT 66

/* The amount paid to a script: the sum of its payouts. */
typedef struct Output
{
	const Payout *payout; /* one of them */
	int64 sats;
	int64 least_sats;
	bool is_found; /* found in the transaction */
} Output;

typedef struct OutputList
{
	int count;
	Output *items;
} OutputList;

/* ---------- outcomes ---------- */

static bool pg_attribute_printf(3, 4)
	end(Trial *trial, TrialOutcome outcome, const char *format, ...)
{
	va_list arguments;
	char reason[512];

	va_start(arguments, format);
	vsnprintf(reason, sizeof(reason), format, arguments);
	va_end(arguments);
	trial->outcome = outcome;
	trial->reason = pstrdup(reason);
	return false;
}

static bool
error_contains(const char *error, const char *words)
{
	return strstr(error, words) != NULL;
}

/* End a trial after a call without a result. */
static bool
end_by_call(Trial *trial, const NodeCall *call)
{
	const char *error = node_call_error(call);

	if (node_call_outcome(call) != NODE_RPC_ERROR)
		return end(trial, TRIAL_NO_NODE, "the wallet does not answer: %s",
				   error);
	if (node_call_error_code(call) == NODE_ERROR_UNLOCK_NEEDED)
		return end(trial, TRIAL_WAITS, "the wallet is locked: %s", error);
	if (node_call_error_code(call) == NODE_ERROR_INSUFFICIENT_FUNDS ||
		error_contains(error, "nsufficient funds"))
		return end(trial, TRIAL_POOR, "the wallet cannot pay it: %s", error);
	if (error_contains(error, "ransaction too large") ||
		error_contains(error, "maximum weight"))
		return end(trial, TRIAL_TOO_LARGE, "%s", error);
	return end(trial, TRIAL_REFUSED, "%s", error);
}

static bool
is_unknown_method(const NodeCall *call)
{
	return node_call_outcome(call) == NODE_RPC_ERROR &&
		   node_call_error_code(call) == NODE_ERROR_METHOD_NOT_FOUND;
}

/* ---------- outputs ---------- */

int64
payout_sum(PayoutList list)
{
	int64 sum = 0;

	for (int i = 0; i < list.count; i++)
		sum += list.items[i].amount_sats;
	return sum;
}

static int
compare_scripts(const void *a, const void *b)
{
	const Payout *x = ((const Output *) a)->payout;
	const Payout *y = ((const Output *) b)->payout;
	int order =
		memcmp(x->script, y->script, Min(x->script_length, y->script_length));

	if (order == 0)
		order = (x->script_length > y->script_length) -
				(x->script_length < y->script_length);
	return order;
}

/* One output per script, minus the payouts' parts of the fee. */
static OutputList
make_outputs(PayoutList list)
{
	OutputList outputs = {0, palloc0(sizeof(Output) * Max(list.count, 1))};

	for (int i = 0; i < list.count; i++)
	{
		outputs.items[i].payout = &list.items[i];
		outputs.items[i].sats =
			list.items[i].amount_sats - list.items[i].fee_sats;
		outputs.items[i].least_sats = list.items[i].least_sats;
	}
	qsort(outputs.items, list.count, sizeof(Output), compare_scripts);
	for (int i = 0; i < list.count; i++)
	{
		Output *last = &outputs.items[outputs.count - 1];

		if (outputs.count > 0 && compare_scripts(last, &outputs.items[i]) == 0)
			last->sats += outputs.items[i].sats;
		else
			outputs.items[outputs.count++] = outputs.items[i];
	}
	return outputs;
}

static Output *
find_output(OutputList outputs, const TransactionOutput *seen)
{
	Payout payout = {.script = (uint8 *) seen->script,
					 .script_length = seen->script_length};
	Output wanted = {.payout = &payout};

	return bsearch(&wanted, outputs.items, outputs.count, sizeof(Output),
				   compare_scripts);
}

/* ---------- the calls ---------- */

/* Get a transaction in hexadecimal: a call's result, or a member of it. */
static bool
take_transaction(Trial *trial, const char *hex)
{
	size_t digits = hex ? strlen(hex) : 0;

	trial->length = digits / 2;
	trial->bytes = palloc(Max(trial->length, 1));
	if (digits == 0 ||
		!hex_to_bytes(hex, digits, trial->bytes, trial->length) ||
		!transaction_parse(trial->bytes, trial->length, &trial->transaction))
		return end(trial, TRIAL_WAITS,
				   "the wallet's transaction has an unsupported format "
				   "here");
	return true;
}

static char *
transaction_hex(const Trial *trial)
{
	char *hex = palloc(trial->length * 2 + 1);

	bytes_to_hex(trial->bytes, trial->length, hex);
	return hex;
}

static bool
create_transaction(Payer *payer, OutputList outputs, Trial *trial, char **hex)
{
	json_t *amounts = json_pack("{}");
	NodeCall *call;

	for (int i = 0; i < outputs.count; i++)
	{
		char amount[AMOUNT_DIGITS];

		snprintf(amount, sizeof(amount), INT64_FORMAT ".%08d",
				 outputs.items[i].sats / SATS_A_COIN,
				 (int) (outputs.items[i].sats % SATS_A_COIN));
		json_object_set_new(amounts, outputs.items[i].payout->address,
							json_string(amount));
	}
	call = payer_call(payer, "createrawtransaction",
					  json_pack("[[], o]", amounts));
	if (node_call_outcome(call) != NODE_OK)
		return end_by_call(trial, call);
	if (!json_is_string(node_call_result(call)))
		return end(trial, TRIAL_WAITS,
				   "createrawtransaction returned no transaction");
	*hex = pstrdup(json_string_value(node_call_result(call)));
	node_call_free(call);
	return true;
}

/* The largest output can pay the fee if any can. */
static json_t *
fee_bearers(OutputList outputs, bool recipients_pay)
{
	json_t *bearers = json_array();
	int largest = 0;

	for (int i = 1; i < outputs.count; i++)
		if (outputs.items[i].sats > outputs.items[largest].sats)
			largest = i;
	if (recipients_pay)
		json_array_append_new(bearers, json_integer(largest));
	return bearers;
}

static bool
fund_transaction(Payer *payer, const char *hex, json_t *bearers, Trial *trial)
{
	NodeCall *call = payer_call(
		payer, "fundrawtransaction",
		json_pack("[s, {s:o}]", hex, "subtractFeeFromOutputs", bearers));
	double fee;

	if (node_call_outcome(call) != NODE_OK)
		return end_by_call(trial, call);

	/* below 2^53, so a double holds a fee exactly */
	fee = json_number_value(json_object_get(node_call_result(call), "fee"));
	if (!(fee > 0 && fee < FEE_MAX_COINS))
		return end(trial, TRIAL_WAITS, "fundrawtransaction returned no fee");
	trial->fee_sats = (int64) (fee * SATS_A_COIN + 0.5);
	if (!take_transaction(trial, json_string_value(json_object_get(
									 node_call_result(call), "hex"))))
		return false;
	node_call_free(call);
	return true;
}

static bool
check_size(Trial *trial, size_t weight)
{
	if (weight <= WEIGHT_MAX)
		return true;
	return end(trial, TRIAL_TOO_LARGE,
			   "its transaction would have %zu inputs and a weight of %zu, and "
			   "nodes do not relay more than %d: consolidate the wallet's "
			   "coins by sending them to the wallet itself",
			   trial->transaction.input_count, weight, WEIGHT_MAX);
}

static bool
sign_transaction(Payer *payer, Trial *trial)
{
	char *hex = transaction_hex(trial);
	NodeCall *call = payer_call(payer, "signrawtransactionwithwallet",
								json_pack("[s]", hex));
	json_t *result;

	/* its name before Bitcoin Core 0.17, and in older forks */
	if (is_unknown_method(call))
		call = payer_call(payer, "signrawtransaction", json_pack("[s]", hex));
	if (node_call_outcome(call) != NODE_OK)
		return end_by_call(trial, call);

	result = node_call_result(call);
	if (!json_is_true(json_object_get(result, "complete")))
		return end(trial, TRIAL_WAITS, "the wallet could not sign all inputs");
	if (!take_transaction(trial,
						  json_string_value(json_object_get(result, "hex"))))
		return false;
	node_call_free(call);
	return true;
}

/* Would the node accept it?  A node without that call is assumed to. */
static bool
ask_node(Payer *payer, Trial *trial)
{
	NodeCall *call;
	json_t *answer;
	const char *reason;

	if (payer->cannot_ask)
		return true;
	call = payer_call(payer, "testmempoolaccept",
					  json_pack("[[s]]", transaction_hex(trial)));
	if (is_unknown_method(call))
	{
		payer->cannot_ask = true;
		return true;
	}
	if (node_call_outcome(call) != NODE_OK)
		return end_by_call(trial, call);

	answer = json_array_get(node_call_result(call), 0);
	if (json_is_true(json_object_get(answer, "allowed")))
	{
		node_call_free(call);
		return true;
	}
	reason = json_string_value(json_object_get(answer, "reject-reason"));
	return end(trial, TRIAL_REFUSED, "%s",
			   reason ? node_printable(reason) : "refused without a reason");
}

/* ---------- checking the transaction ---------- */

/*
 * Find each output in the transaction, which may also have one for change.
 * With 'set', their amounts are set; otherwise they must match.
 */
static bool
match_outputs(Trial *trial, OutputList outputs, bool set)
{
	size_t at = trial->transaction.outputs_at;
	int found = 0;

	for (int i = 0; i < outputs.count; i++)
		outputs.items[i].is_found = false;
	for (size_t i = 0; i < trial->transaction.output_count; i++)
	{
		TransactionOutput seen;
		Output *output;

		at = transaction_output(&trial->transaction, at, &seen);
		output = find_output(outputs, &seen);
		if (output == NULL || output->is_found)
			continue;
		if (set)
			store_le64(trial->bytes + seen.value_at, (uint64) output->sats);
		else if (seen.value_sats != output->sats)
			return end(trial, TRIAL_WAITS,
					   "the wallet's transaction pays another amount than "
					   "asked for");
		output->is_found = true;
		found++;
	}
	if (found != outputs.count)
		return end(trial, TRIAL_WAITS,
				   "the wallet's transaction does not pay everybody");
	if (trial->transaction.output_count > (size_t) found + 1)
		return end(trial, TRIAL_WAITS,
				   "the wallet's transaction pays more than asked for");
	return true;
}

/* Each payout's part of the fee, as chimera.payout_outputs() divides it. */
static void
divide_fee(PayoutList list, int64 fee_sats)
{
	SplitPart *parts = palloc0(sizeof(SplitPart) * list.count);

	for (int i = 0; i < list.count; i++)
		parts[i].weight.limb[0] = (uint64) list.items[i].amount_sats;
	if (split_amount((uint64_t) fee_sats, parts, list.count) != SPLIT_DONE)
		elog(ERROR, "could not divide a payout's fee");
	for (int i = 0; i < list.count; i++)
		list.items[i].fee_sats = (int64) parts[i].amount;
	pfree(parts);
}

/* Which payouts are too small after their part of the fee? */
static bool
check_dust(PayoutList list, OutputList outputs, Trial *trial)
{
	bool any = false;

	for (int i = 0; i < list.count; i++)
	{
		TransactionOutput script = {.script = list.items[i].script,
									.script_length =
										list.items[i].script_length};
		Output *output = find_output(outputs, &script);

		list.items[i].is_dust = output->sats < output->least_sats;
		any |= list.items[i].is_dust;
	}
	return !any || end(trial, TRIAL_DUST,
					   "too little is left after their part of the fee");
}

/* Distribute the fee, which the node deducted from one output, over all. */
static bool
take_fee(PayoutList list, OutputList *outputs, Trial *trial)
{
	divide_fee(list, trial->fee_sats);
	*outputs = make_outputs(list);
	return check_dust(list, *outputs, trial) &&
		   match_outputs(trial, *outputs, true);
}

void
payout_try(Payer *payer, PayoutList list, bool recipients_pay, Trial *trial)
{
	OutputList outputs;
	char *hex = NULL;

	memset(trial, 0, sizeof(Trial));
	for (int i = 0; i < list.count; i++)
	{
		list.items[i].fee_sats = 0;
		list.items[i].is_dust = false;
		if (list.items[i].script == NULL)
		{
			end(trial, TRIAL_REFUSED,
				"the network does not accept this address any more");
			return;
		}
	}

	outputs = make_outputs(list);
	if (create_transaction(payer, outputs, trial, &hex) &&
		fund_transaction(payer, hex, fee_bearers(outputs, recipients_pay),
						 trial) &&
		(!recipients_pay || take_fee(list, &outputs, trial)) &&
		check_size(trial,
				   trial->transaction.weight +
					   trial->transaction.input_count * SIGNATURE_MIN_WEIGHT) &&
		sign_transaction(payer, trial) &&
		match_outputs(trial, outputs, false) &&
		check_size(trial, trial->transaction.weight) && ask_node(payer, trial))
		trial->outcome = TRIAL_GOOD;
}

int64
payer_spendable(Payer *payer)
{
	NodeCall *call = payer_call(payer, "getbalance", json_array());
	double coins;

	if (node_call_outcome(call) != NODE_OK ||
		!json_is_number(node_call_result(call)))
		return -1;
	coins = json_number_value(node_call_result(call));
	if (coins < 0)
		return 0;
	return (int64) Min(floor(coins * SATS_A_COIN + 0.5), 9e18);
}
