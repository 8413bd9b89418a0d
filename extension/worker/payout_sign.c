/*
 * payout_sign.c
 *	  Makes a batch's transaction by the wallet, and stores it before it is
 *	  sent.
 *
 * createrawtransaction with the batch's outputs, fundrawtransaction for inputs
 * and change, signrawtransactionwithwallet: nothing of it binds anybody, so a
 * crash before the transaction is stored only means to begin again.  Where
 * recipients bear the fee the node takes it from all outputs alike; here it is
 * divided anew in proportion to the amounts, which leaves size and fee as they
 * are.  What the wallet has signed is read and compared with what it was to
 * pay before it is stored.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "chain/endian.h"
#include "chain/hex.h"
#include "chain/transaction.h"
#include "transaction.h"
#include "worker/crash_point.h"
#include "worker/payer.h"

#define SATS_A_COIN	  100000000
#define AMOUNT_DIGITS 32
#define FEE_MAX_COINS 1000.0 /* a number of the node's that makes sense */

typedef struct PayoutOutput
{
	char *address;
	int64 sats;
	uint8 *script;
	size_t script_length;
	bool found; /* in the transaction */
} PayoutOutput;

typedef struct PayoutOutputs
{
	uint64 count;
	PayoutOutput *items;
} PayoutOutputs;

/* A transaction's bytes on their way. */
typedef struct RawTransaction
{
	uint8 *bytes;
	size_t length;
	Transaction parsed;
} RawTransaction;

/* The batch's outputs with their part of that fee taken off, one a script. */
static PayoutOutputs
read_outputs(Payer *payer, const PayoutBatch *batch, int64 fee_sats)
{
	Oid types[] = {INT8OID, INT8OID, TEXTOID};
	Datum values[] = {Int64GetDatum(batch->batch_id), Int64GetDatum(fee_sats),
					  CStringGetTextDatum(payer->network->name)};
	MemoryContext caller = transaction_begin("reading a payout's outputs");
	PayoutOutputs outputs;

	if (SPI_execute_with_args(
			"SELECT min(o.address COLLATE \"C\"),"
			" sum(o.amount_sats - o.fee_sats)::bigint, a.script"
			" FROM chimera.payout_outputs($1, $2) o CROSS JOIN LATERAL"
			" chimera.network_address_script($3, o.address) a (script)"
			" GROUP BY a.script ORDER BY 1",
			3, types, values, NULL, true, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not read a payout's outputs");

	MemoryContextSwitchTo(caller);
	outputs.count = SPI_processed;
	outputs.items = palloc0(sizeof(PayoutOutput) * Max(outputs.count, 1));
	for (uint64 i = 0; i < outputs.count; i++)
	{
		PayoutOutput *output = &outputs.items[i];
		HeapTuple row = SPI_tuptable->vals[i];
		TupleDesc desc = SPI_tuptable->tupdesc;
		bool isnull;
		bytea *script =
			DatumGetByteaPCopy(SPI_getbinval(row, desc, 3, &isnull));

		output->address = SPI_getvalue(row, desc, 1);
		output->sats = DatumGetInt64(SPI_getbinval(row, desc, 2, &isnull));
		output->script = (uint8 *) VARDATA(script);
		output->script_length = VARSIZE(script) - VARHDRSZ;
	}
	transaction_commit(caller);
	return outputs;
}

/* ---------- the calls ---------- */

/* A call whose result, or its member, is a transaction in hexadecimal. */
static bool
take_transaction(const char *hex, RawTransaction *transaction)
{
	size_t digits = hex ? strlen(hex) : 0;

	transaction->length = digits / 2;
	transaction->bytes = palloc(Max(transaction->length, 1));
	return digits > 0 &&
		   hex_to_bytes(hex, digits, transaction->bytes, transaction->length);
}

static char *
transaction_hex(const RawTransaction *transaction)
{
	char *hex = palloc(transaction->length * 2 + 1);

	bytes_to_hex(transaction->bytes, transaction->length, hex);
	return hex;
}

static PayoutStep
create(Payer *payer, const PayoutBatch *batch, const PayoutOutputs *outputs,
	   char **hex)
{
	json_t *amounts = json_pack("{}");
	NodeCall *call;

	for (uint64 i = 0; i < outputs->count; i++)
	{
		char amount[AMOUNT_DIGITS];

		snprintf(amount, sizeof(amount), INT64_FORMAT ".%08d",
				 outputs->items[i].sats / SATS_A_COIN,
				 (int) (outputs->items[i].sats % SATS_A_COIN));
		json_object_set_new(amounts, outputs->items[i].address,
							json_string(amount));
	}
	call = payer_call(payer, "createrawtransaction",
					  json_pack("[[], o]", amounts));
	if (node_call_outcome(call) != NODE_OK)
		return payer_call_failed(payer, batch, call);
	if (!json_is_string(node_call_result(call)))
		return payout_waits(batch, "createrawtransaction gave no transaction");
	*hex = pstrdup(json_string_value(node_call_result(call)));
	return STEP_DONE;
}

static PayoutStep
fund(Payer *payer, const PayoutBatch *batch, const PayoutOutputs *outputs,
	 const char *hex, RawTransaction *transaction, int64 *fee_sats)
{
	json_t *fee_from = json_array();
	NodeCall *call;
	double fee;

	for (uint64 i = 0; batch->recipients_pay && i < outputs->count; i++)
		json_array_append_new(fee_from, json_integer((json_int_t) i));
	call = payer_call(
		payer, "fundrawtransaction",
		json_pack("[s, {s:o}]", hex, "subtractFeeFromOutputs", fee_from));
	if (node_call_outcome(call) != NODE_OK)
		return payer_call_failed(payer, batch, call);

	/* below 2^53, so a fee comes through a double unharmed */
	fee = json_number_value(json_object_get(node_call_result(call), "fee"));
	if (!take_transaction(
			json_string_value(json_object_get(node_call_result(call), "hex")),
			transaction) ||
		!(fee > 0 && fee < FEE_MAX_COINS))
		return payout_waits(batch, "fundrawtransaction gave no transaction");
	*fee_sats = (int64) (fee * SATS_A_COIN + 0.5);
	return STEP_DONE;
}

static PayoutStep
sign(Payer *payer, const PayoutBatch *batch, RawTransaction *transaction)
{
	char *hex = transaction_hex(transaction);
	NodeCall *call = payer_call(payer, "signrawtransactionwithwallet",
								json_pack("[s]", hex));
	json_t *result;

	/* what it was called before Bitcoin Core 0.17, and is at its older forks */
	if (node_call_outcome(call) == NODE_RPC_ERROR &&
		node_call_error_code(call) == NODE_ERROR_METHOD_NOT_FOUND)
		call = payer_call(payer, "signrawtransaction", json_pack("[s]", hex));
	if (node_call_outcome(call) != NODE_OK)
		return payer_call_failed(payer, batch, call);

	result = node_call_result(call);
	if (!json_is_true(json_object_get(result, "complete")) ||
		!take_transaction(json_string_value(json_object_get(result, "hex")),
						  transaction))
		return payout_waits(batch, "the wallet could not sign all inputs");
	return STEP_DONE;
}

/* ---------- looking at it ---------- */

static PayoutOutput *
find_output(PayoutOutputs *outputs, const TransactionOutput *wanted)
{
	for (uint64 i = 0; i < outputs->count; i++)
	{
		PayoutOutput *output = &outputs->items[i];

		if (!output->found && output->script_length == wanted->script_length &&
			memcmp(output->script, wanted->script, wanted->script_length) == 0)
			return output;
	}
	return NULL;
}

/*
 * Find each of the batch's outputs in the transaction, beside which there may
 * be one for the change.  With 'set', they are given their amounts; without,
 * they must have them.  NULL, or what is wrong.
 */
static const char *
match_outputs(RawTransaction *transaction, PayoutOutputs *outputs, bool set)
{
	uint64 found = 0;
	size_t at;

	if (!transaction_parse(transaction->bytes, transaction->length,
						   &transaction->parsed))
		return "the wallet's transaction is of a form that is not known here";

	for (uint64 i = 0; i < outputs->count; i++)
		outputs->items[i].found = false;
	at = transaction->parsed.outputs_at;
	for (size_t i = 0; i < transaction->parsed.output_count; i++)
	{
		TransactionOutput seen;
		PayoutOutput *output;

		at = transaction_output(&transaction->parsed, at, &seen);
		output = find_output(outputs, &seen);
		if (output == NULL)
			continue;
		if (set)
			store_le64(transaction->bytes + seen.value_at,
					   (uint64) output->sats);
		else if (seen.value_sats != output->sats)
			return "the wallet's transaction pays another amount than asked "
				   "for";
		output->found = true;
		found++;
	}
	if (found != outputs->count)
		return "the wallet's transaction does not pay everybody";
	if (transaction->parsed.output_count > found + 1)
		return "the wallet's transaction pays more than asked for";
	return NULL;
}

/* Divide the fee, which the node took from all alike, by the amounts. */
static PayoutStep
divide_fee(Payer *payer, const PayoutBatch *batch, int64 fee_sats,
		   PayoutOutputs *outputs, RawTransaction *transaction)
{
	const char *wrong;

	*outputs = read_outputs(payer, batch, fee_sats);
	for (uint64 i = 0; i < outputs->count; i++)
		if (outputs->items[i].sats < Max(batch->dust_sats, 1))
			return payout_waits(batch,
								"the payout to %s is dust after its part of "
								"the fee: raise minimum_payout_sats",
								outputs->items[i].address);
	wrong = match_outputs(transaction, outputs, true);
	return wrong ? payout_waits(batch, "%s", wrong) : STEP_DONE;
}

/* ---------- storing ---------- */

/* False when the batch was held or cancelled meanwhile. */
static bool
store(PayoutBatch *batch, const RawTransaction *transaction, int64 fee_sats)
{
	Oid types[] = {INT8OID, BYTEAOID, TEXTOID, INT8OID};
	bytea *raw = palloc(VARHDRSZ + transaction->length);
	char txid[HASH_HEX_BYTES];
	Datum values[4];
	MemoryContext caller;
	bool isnull;
	bool stored;

	SET_VARSIZE(raw, VARHDRSZ + transaction->length);
	memcpy(VARDATA(raw), transaction->bytes, transaction->length);
	hash_to_hex(transaction->parsed.txid, txid);
	values[0] = Int64GetDatum(batch->batch_id);
	values[1] = PointerGetDatum(raw);
	values[2] = CStringGetTextDatum(txid);
	values[3] = Int64GetDatum(fee_sats);

	caller = transaction_begin("storing a payout's transaction");
	if (SPI_execute_with_args(
			"SELECT chimera.store_payout_transaction($1, $2, $3, $4)", 4, types,
			values, NULL, false, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not store a payout's transaction");
	stored = DatumGetBool(SPI_getbinval(SPI_tuptable->vals[0],
										SPI_tuptable->tupdesc, 1, &isnull));
	transaction_commit(caller);

	batch->state = PAYOUT_SENDING;
	batch->txid = pstrdup(txid);
	batch->raw = transaction->bytes;
	batch->raw_length = transaction->length;
	return stored;
}

PayoutStep
payout_sign(Payer *payer, PayoutBatch *batch)
{
	PayoutOutputs outputs = read_outputs(payer, batch, 0);
	RawTransaction transaction;
	const char *wrong;
	char *hex = NULL;
	int64 fee_sats = 0;
	PayoutStep step;

	CRASH_POINT("prepared");
	step = create(payer, batch, &outputs, &hex);
	if (step == STEP_DONE)
		step = fund(payer, batch, &outputs, hex, &transaction, &fee_sats);
	if (step == STEP_DONE && batch->recipients_pay)
		step = divide_fee(payer, batch, fee_sats, &outputs, &transaction);
	if (step == STEP_DONE)
		step = sign(payer, batch, &transaction);
	if (step != STEP_DONE)
		return step;

	wrong = match_outputs(&transaction, &outputs, false);
	if (wrong)
		return payout_waits(batch, "%s", wrong);
	CRASH_POINT("signed");
	if (!store(batch, &transaction, fee_sats))
		return STEP_LATER;
	CRASH_POINT("stored");
	return STEP_DONE;
}
