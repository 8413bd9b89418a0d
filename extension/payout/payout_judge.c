/*
 * payout_judge.c
 *	  Decides by the chain what became of a batch whose transaction is
 *	  refused.
 *
 * The transactions in the chain that spend its inputs are found by the
 * wallet's conflicts and by searching the blocks since it was signed.  Then:
 *
 * - If the batch's own transaction is found, it continues.
 * - If another transaction pays everybody the same (a bumped fee), that one
 *   becomes the payout.
 * - If all transactions that spend its inputs are deep in the chain and pay
 *   none of it, the batch cannot be paid any more, and its amounts are
 *   returned to the balances.
 * - If one is not deep yet, or unconfirmed, the batch waits.
 * - Anything else is in doubt: the batch is held, and an operator decides.
 *
 * A node that does not know the whole chain decides nothing.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "utils/array.h"
#include "utils/builtins.h"

#include "spi/spi_query.h"
#include "spi/spi_transaction.h"
#include "payout/crash_point.h"
#include "payout/payout_judge.h"

#define CONFLICTS_MAX 50

static const char settle_hint[] =
	"chimera.settle_payout_batch() takes an operator's verdict";

const char *
judge_is_fit(const Payer *payer)
{
	if (!payer->tip.known)
		return "the node does not report the height of its chain, so it cannot "
			   "show whether the batch is paid";
	if (payer->tip.height < payer->known_height)
		return psprintf("the node is at block " INT64_FORMAT
						" and the pool knows of " INT64_FORMAT
						", so it cannot show whether the batch is paid",
						payer->tip.height, payer->known_height);
	return NULL;
}

/* ---------- what the batch owes ---------- */

static OwedOutputs
read_owed(const PayoutBatch *batch)
{
	Oid types[] = {INT8OID};
	Datum values[] = {Int64GetDatum(batch->batch_id)};
	MemoryContext caller = spi_transaction_begin("reading what a payout owes");
	OwedOutputs owed = {.is_complete = true};

	if (SPI_execute_with_args("SELECT o.script, sum(o.owed_sats)::bigint"
							  " FROM chimera.payout_owed($1) o GROUP BY 1",
							  1, types, values, NULL, true, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not read what a payout owes");

	MemoryContextSwitchTo(caller);
	owed.items = palloc0(sizeof(OwedOutput) * Max(SPI_processed, 1));
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		OwedOutput *output = &owed.items[owed.count];
		SpiRow row = spi_row(i);

		output->script = row_bytes(row, 1, &output->script_length);
		output->sats = row_int64(row, 2);
		if (output->script)
			owed.count++;
		else
			owed.is_complete = false;
	}
	spi_transaction_commit(caller);
	return owed;
}

PaymentMatch
payment_match(const OwedOutputs *owed, const ChainTransaction *other,
			  int64 *received)
{
	bool pays_all = true;
	bool pays_any = false;

	if (!owed->is_complete || other->raw == NULL)
		return PAYS_UNKNOWN;
	for (uint64 i = 0; i < owed->count; i++)
	{
		size_t at = other->parsed.outputs_at;
		int64 sats = 0;

		for (size_t j = 0; j < other->parsed.output_count; j++)
		{
			TransactionOutput output;

			at = transaction_output(&other->parsed, at, &output);
			if (output.script_length == owed->items[i].script_length &&
				memcmp(output.script, owed->items[i].script,
					   output.script_length) == 0)
				sats += output.value_sats;
		}
		if (received)
			received[i] = sats;
		pays_any = pays_any || sats != 0;
		pays_all = pays_all && sats == owed->items[i].sats;
	}
	if (!pays_any)
		return PAYS_NOTHING;
	return pays_all ? PAYS_ALL : PAYS_PART;
}

/* ---------- collecting evidence ---------- */

static void
read_inputs(Evidence *evidence)
{
	size_t at = evidence->own.inputs_at;

	evidence->input_count = evidence->own.input_count;
	evidence->outpoints = palloc(sizeof(Outpoint) * evidence->input_count);
	evidence->inputs = palloc0(sizeof(JudgedInput) * evidence->input_count);
	for (size_t i = 0; i < evidence->input_count; i++)
	{
		TransactionInput input;

		at = transaction_input(&evidence->own, at, &input);
		hash_to_hex(input.txid, evidence->outpoints[i].txid);
		evidence->outpoints[i].index = input.index;
	}
}

/* Is an output unspent in the chain, or in chain and mempool? */
static PayoutStep
look_at_output(Payer *payer, const PayoutBatch *batch, const Outpoint *outpoint,
			   bool with_mempool, bool *unspent)
{
	NodeCall *call =
		payer_call(payer, "gettxout",
				   json_pack("[s, I, b]", outpoint->txid,
							 (json_int_t) outpoint->index, with_mempool));

	if (node_call_outcome(call) != NODE_OK)
		return payer_call_failed(payer, batch, call);
	*unspent = !json_is_null(node_call_result(call));
	return STEP_DONE;
}

/* Read what the batch owes and its inputs, and look each of them up. */
static PayoutStep
gather_evidence(Payer *payer, const PayoutBatch *batch, Evidence *evidence)
{
	PayoutStep step = STEP_DONE;

	memset(evidence, 0, sizeof(Evidence));
	if (!transaction_parse(batch->raw, batch->raw_length, &evidence->own))
		return payout_waits(batch, "its stored transaction is damaged");
	evidence->owed = read_owed(batch);
	read_inputs(evidence);
	for (size_t i = 0; i < evidence->input_count && step == STEP_DONE; i++)
	{
		JudgedInput *input = &evidence->inputs[i];

		step = look_at_output(payer, batch, &evidence->outpoints[i], false,
							  &input->in_chain);
		if (step == STEP_DONE)
			step = look_at_output(payer, batch, &evidence->outpoints[i], true,
								  &input->in_pool);
	}
	return step;
}

bool
evidence_add(Evidence *evidence, ChainTransaction *other)
{
	bool spends = other->raw == NULL;
	size_t at = other->parsed.inputs_at;

	for (size_t i = 0; i < other->parsed.input_count; i++)
	{
		TransactionInput input;
		char txid[HASH_HEX_BYTES];

		at = transaction_input(&other->parsed, at, &input);
		hash_to_hex(input.txid, txid);
		for (size_t j = 0; j < evidence->input_count; j++)
		{
			if (evidence->outpoints[j].index != input.index ||
				strcmp(evidence->outpoints[j].txid, txid) != 0)
				continue;
			spends = true;
			if (other->depth > 0)
				evidence->inputs[j].explained = true;
		}
	}
	if (spends)
		evidence->spenders = lappend(evidence->spenders, other);
	return spends;
}

/* Look up the transactions that the wallet reports as conflicting. */
static PayoutStep
ask_wallet(Payer *payer, const PayoutBatch *batch, Evidence *evidence)
{
	NodeCall *call =
		payer_call(payer, "gettransaction", json_pack("[s]", batch->txid));
	PayoutStep step = STEP_DONE;
	json_t *conflicts;

	if (node_call_outcome(call) == NODE_RPC_ERROR)
		return STEP_DONE;
	if (node_call_outcome(call) != NODE_OK)
		return payer_call_failed(payer, batch, call);
	conflicts = json_object_get(node_call_result(call), "walletconflicts");
	for (size_t i = 0; step == STEP_DONE &&
					   i < Min(json_array_size(conflicts), CONFLICTS_MAX);
		 i++)
	{
		ChainTransaction *other = NULL;
		char txid[HASH_HEX_BYTES];

		chain_read_hash(json_array_get(conflicts, i), txid);
		if (txid[0] == '\0')
			continue;
		step = chain_find(payer, batch, txid, 0, &other);
		if (other)
			(void) evidence_add(evidence, other);
	}
	return step;
}

/* The input is neither unspent nor spent by a known transaction. */
static bool
is_unexplained(const JudgedInput *input)
{
	return !input->in_chain && !input->in_pool && !input->explained;
}

static int
first_unexplained(const Evidence *evidence)
{
	for (size_t i = 0; i < evidence->input_count; i++)
		if (is_unexplained(&evidence->inputs[i]))
			return (int) i;
	return -1;
}

/*
 * The transaction that created an input may be unconfirmed or dropped, rather
 * than the input spent: then a search is pointless.
 */
static PayoutStep
wait_for_parents(Payer *payer, const PayoutBatch *batch,
				 const Evidence *evidence)
{
	for (size_t i = 0; i < evidence->input_count; i++)
	{
		const char *txid = evidence->outpoints[i].txid;
		json_t *confirmations;
		NodeCall *call;

		if (!is_unexplained(&evidence->inputs[i]))
			continue;
		call = payer_call(payer, "gettransaction", json_pack("[s]", txid));
		if (node_call_outcome(call) == NODE_UNREACHABLE)
			return payer_call_failed(payer, batch, call);
		confirmations =
			node_call_outcome(call) == NODE_OK
				? json_object_get(node_call_result(call), "confirmations")
				: NULL;
		if (json_is_integer(confirmations) &&
			json_integer_value(confirmations) == 0)
			return payout_waits(batch,
								"transaction %s, whose output it spends, is "
								"not in the chain yet",
								txid);
	}
	return STEP_DONE;
}

/*
 * Search blocks for the transactions that spend the inputs, or for the batch's
 * own.
 */
static PayoutStep
search_blocks(Payer *payer, const PayoutBatch *batch, Evidence *evidence,
			  ChainTransaction **own)
{
	PayoutStep step = wait_for_parents(payer, batch, evidence);
	ChainSearch *search;
	ListCell *cell;

	if (step == STEP_DONE)
		step = chain_search(payer, batch, evidence->outpoints,
							evidence->input_count, &search);
	if (step != STEP_DONE)
		return step;
	evidence->search_trouble = search->trouble;
	foreach (cell, search->found)
	{
		ChainTransaction *found = lfirst(cell);

		step = chain_depth(payer, batch, found->block_hash, &found->depth);
		if (step != STEP_DONE)
			return step;
		if (found->depth == 0)
		{
			chain_search_forget(payer, batch);
			return payout_waits(
				batch, "the chain has changed: the search for the transaction "
					   "that has spent its inputs starts again");
		}
		if (strcmp(found->txid, batch->txid) == 0)
			*own = found;
		else
			(void) evidence_add(evidence, found);
	}
	return STEP_DONE;
}

/* ---------- taking over ---------- */

/* Do they spend the same outputs? */
static bool
has_same_inputs(const Transaction *one, const Transaction *other)
{
	size_t at = one->inputs_at;

	if (one->input_count != other->input_count)
		return false;
	for (size_t i = 0; i < one->input_count; i++)
	{
		TransactionInput wanted;
		bool found = false;
		size_t other_at = other->inputs_at;

		at = transaction_input(one, at, &wanted);
		for (size_t j = 0; j < other->input_count && !found; j++)
		{
			TransactionInput input;

			other_at = transaction_input(other, other_at, &input);
			found = input.index == wanted.index &&
					memcmp(input.txid, wanted.txid, sizeof(input.txid)) == 0;
		}
		if (!found)
			return false;
	}
	return true;
}

static int64
sum_of_outputs(const Transaction *transaction)
{
	size_t at = transaction->outputs_at;
	int64 sum = 0;

	for (size_t i = 0; i < transaction->output_count; i++)
	{
		TransactionOutput output;

		at = transaction_output(transaction, at, &output);
		sum += output.value_sats;
	}
	return sum;
}

/*
 * The fee of a transaction that pays the batch; -1 if unknown.  With the same
 * inputs, the fee is what is not paid out.
 */
static int64
fee_of(const PayoutBatch *batch, const ChainTransaction *other)
{
	Transaction own;

	if (batch->verdict_fee_sats >= 0)
		return batch->verdict_fee_sats;
	if (transaction_parse(batch->raw, batch->raw_length, &own) &&
		has_same_inputs(&own, &other->parsed))
		return batch->fee_sats + sum_of_outputs(&own) -
			   sum_of_outputs(&other->parsed);
	return other->fee_sats;
}

static Datum
bytea_datum(const uint8 *bytes, size_t length)
{
	bytea *copy = palloc(VARHDRSZ + length);

	SET_VARSIZE(copy, VARHDRSZ + length);
	memcpy(VARDATA(copy), bytes, length);
	return PointerGetDatum(copy);
}

static void
store_take_over(const PayoutBatch *batch, const OwedOutputs *owed,
				const ChainTransaction *other, int64 fee_sats)
{
	Oid types[] = {INT8OID,		  TEXTOID,		BYTEAOID, INT8OID,
				   BYTEAARRAYOID, INT8ARRAYOID, BOOLOID};
	int64 *received = palloc0(sizeof(int64) * Max(owed->count, 1));
	Datum *scripts = palloc(sizeof(Datum) * Max(owed->count, 1));
	Datum *sats = palloc(sizeof(Datum) * Max(owed->count, 1));
	Datum values[7];

	(void) payment_match(owed, other, received);
	for (uint64 i = 0; i < owed->count; i++)
	{
		scripts[i] =
			bytea_datum(owed->items[i].script, owed->items[i].script_length);
		sats[i] = Int64GetDatum(received[i]);
	}
	values[0] = Int64GetDatum(batch->batch_id);
	values[1] = CStringGetTextDatum(other->txid);
	values[2] = bytea_datum(other->raw, other->raw_length);
	values[3] = Int64GetDatum(fee_sats);
	values[4] = PointerGetDatum(construct_array(
		scripts, (int) owed->count, BYTEAOID, -1, false, TYPALIGN_INT));
	values[5] = PointerGetDatum(
		construct_array(sats, (int) owed->count, INT8OID, sizeof(int64),
						FLOAT8PASSBYVAL, TYPALIGN_DOUBLE));
	values[6] = BoolGetDatum(batch->verdict == VERDICT_PAID);
	payout_execute(
		&(SpiQuery){
			"SELECT chimera.take_over_payout($1, $2, $3, $4, $5, $6, $7)", 7,
			types, values, NULL},
		"taking another transaction for a payout");
}

PayoutStep
payout_take_over(const PayoutBatch *batch, const OwedOutputs *owed,
				 const ChainTransaction *other)
{
	int64 fee_sats = fee_of(batch, other);

	if (fee_sats < 0)
		return payout_hold(
			batch, batch->verdict != VERDICT_NONE,
			"transaction %s pays it, but the node does not report its fee: "
			"pass the fee to chimera.settle_payout_batch()",
			other->txid);
	store_take_over(batch, owed, other, fee_sats);
	ereport(LOG, (errmsg("chimera payout batch " INT64_FORMAT
						 ": transaction %s has replaced %s",
						 batch->batch_id, other->txid, batch->txid)));
	CRASH_POINT("taken over");
	return STEP_LATER;
}

/* ---------- deciding ---------- */

/* A transaction that pays all the same; one in the chain is preferred. */
static ChainTransaction *
find_replacement(const Evidence *evidence)
{
	ChainTransaction *best = NULL;
	ListCell *cell;

	foreach (cell, evidence->spenders)
	{
		ChainTransaction *other = lfirst(cell);

		if (payment_match(&evidence->owed, other, NULL) == PAYS_ALL &&
			(best == NULL || other->depth > best->depth))
			best = other;
	}
	return best;
}

/* The transactions that spend the inputs pay nobody: is that final? */
static PayoutStep
fail_if_conflict_is_final(const PayoutBatch *batch, const Evidence *evidence)
{
	ChainTransaction *shallow = NULL;
	ListCell *cell;

	foreach (cell, evidence->spenders)
	{
		ChainTransaction *other = lfirst(cell);

		if (shallow == NULL || other->depth < shallow->depth)
			shallow = other;
	}
	if (shallow->depth < batch->confirmations_needed)
		return payout_waits(batch,
							"another transaction, %s, %d deep, spends one of "
							"its inputs",
							shallow->txid, shallow->depth);
	if (batch->is_replaced)
		return payout_hold(batch, false,
						   "transaction %s spends an input of %s, which had "
						   "replaced the signed transaction: %s",
						   shallow->txid, batch->txid, settle_hint);
	CRASH_POINT("judged");
	payout_end(batch, 0,
			   psprintf("an input was spent by another transaction, %s",
						shallow->txid));
	CRASH_POINT("given back");
	return STEP_LATER;
}

/*
 * The payer does not decide about a transaction that pays a part of the batch,
 * or cannot be read.
 */
static PayoutStep
judge_partial(const PayoutBatch *batch, const Evidence *evidence)
{
	ListCell *cell;

	foreach (cell, evidence->spenders)
	{
		ChainTransaction *other = lfirst(cell);
		PaymentMatch match = payment_match(&evidence->owed, other, NULL);

		if (match == PAYS_NOTHING)
			continue;
		if (other->depth < batch->confirmations_needed)
			return payout_waits(batch,
								"another transaction, %s, %d deep, spends its "
								"inputs and pays a part of it",
								other->txid, other->depth);
		return payout_hold(batch, false,
						   match == PAYS_PART
							   ? "transaction %s, %d deep, spends its inputs "
								 "and pays a part of it: %s"
							   : "transaction %s, %d deep, spends its inputs, "
								 "and its outputs cannot be read: %s",
						   other->txid, other->depth, settle_hint);
	}
	return STEP_DONE;
}

static PayoutStep
decide_batch(Payer *payer, const PayoutBatch *batch, const Evidence *evidence,
			 const NodeCall *refusal)
{
	ChainTransaction *replacement = find_replacement(evidence);
	int unexplained = first_unexplained(evidence);
	PayoutStep step;

	if (replacement)
		return payout_take_over(batch, &evidence->owed, replacement);
	step = judge_partial(batch, evidence);
	if (step != STEP_DONE)
		return step;
	if (unexplained >= 0)
		return payout_hold(
			batch, false,
			"its input %s:%u is spent, and the transaction that spends it "
			"is not found%s%s: %s",
			evidence->outpoints[unexplained].txid,
			evidence->outpoints[unexplained].index,
			evidence->search_trouble ? ", " : "",
			evidence->search_trouble ? evidence->search_trouble : "",
			settle_hint);
	for (size_t i = 0; i < evidence->input_count; i++)
		if (evidence->inputs[i].in_chain && !evidence->inputs[i].in_pool)
			return payout_waits(batch,
								"its input %s:%u is spent by an unconfirmed "
								"transaction",
								evidence->outpoints[i].txid,
								evidence->outpoints[i].index);
	if (evidence->spenders != NIL)
		return fail_if_conflict_is_final(batch, evidence);
	return refusal ? payer_call_failed(payer, batch, refusal)
				   : payout_waits(batch, "the wallet calls its transaction "
										 "conflicted");
}

PayoutStep
evidence_collect(Payer *payer, const PayoutBatch *batch, Evidence *evidence,
				 ChainTransaction **own)
{
	bool moved = false;
	PayoutStep step =
		chain_find(payer, batch, batch->txid, batch->payout_count + 1, own);

	if (step == STEP_DONE && *own == NULL)
		step = gather_evidence(payer, batch, evidence);
	if (step == STEP_DONE && *own == NULL)
		step = ask_wallet(payer, batch, evidence);
	if (step == STEP_DONE && *own == NULL && first_unexplained(evidence) >= 0)
		step = search_blocks(payer, batch, evidence, own);
	if (step == STEP_DONE && *own == NULL)
		step = chain_has_moved(payer, batch, &moved);
	return step == STEP_DONE && moved ? STEP_LATER : step;
}

PayoutStep
payout_judge(Payer *payer, PayoutBatch *batch, const NodeCall *refusal)
{
	const char *unfit = judge_is_fit(payer);
	ChainTransaction *own = NULL;
	Evidence evidence;
	PayoutStep step;

	if (unfit)
		return payout_waits(batch, "%s", unfit);
	step = evidence_collect(payer, batch, &evidence, &own);
	if (step != STEP_DONE)
		return step;
	if (own == NULL)
		return decide_batch(payer, batch, &evidence, refusal);

	/* the next round continues from there */
	payout_seen(batch, own->depth, own->depth > 0 ? own->block_hash : NULL,
				payer->tip.height - own->depth + 1);
	CRASH_POINT("found");
	return STEP_LATER;
}
