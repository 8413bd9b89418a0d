/*
 * transaction.c
 *	  A serialized transaction: its id, and what it spends and pays.
 *
 * transaction_parse() checks every length against the end, so that later reads
 * of inputs and outputs need not.
 */
#include "chain/transaction.h"

#include <string.h>

#include "chain/compact_size.h"
#include "byte_order.h"
#include "pow/sha256.h"

#define VERSION_BYTES	4
#define OUTPOINT_BYTES	36
#define SEQUENCE_BYTES	4
#define VALUE_BYTES		8
#define LOCK_TIME_BYTES 4
#define WITNESS_FLAG	1 /* BIP144 */

/*
 * The position up to which a transaction is read; bad once a read does not
 * fit.
 */
typedef struct Reader
{
	const uint8_t *raw;
	size_t length;
	size_t at;
	bool bad;
} Reader;

static void
skip_bytes(Reader *reader, uint64_t bytes)
{
	if (reader->bad || bytes > reader->length - reader->at)
		reader->bad = true;
	else
		reader->at += bytes;
}

static uint64_t
read_size(Reader *reader)
{
	uint64_t value = 0;
	size_t used = 0;

	if (!reader->bad)
		used = compact_size_read(reader->raw + reader->at,
								 reader->length - reader->at, &value);
	if (used == 0)
		reader->bad = true;
	reader->at += used;
	return reader->bad ? 0 : value;
}

static void
skip_inputs(Reader *reader, uint64_t count)
{
	for (uint64_t i = 0; i < count && !reader->bad; i++)
	{
		skip_bytes(reader, OUTPOINT_BYTES);
		skip_bytes(reader, read_size(reader));
		skip_bytes(reader, SEQUENCE_BYTES);
	}
}

static void
skip_outputs(Reader *reader, uint64_t count)
{
	for (uint64_t i = 0; i < count && !reader->bad; i++)
	{
		skip_bytes(reader, VALUE_BYTES);
		skip_bytes(reader, read_size(reader));
	}
}

static void
skip_witnesses(Reader *reader, uint64_t inputs)
{
	for (uint64_t i = 0; i < inputs && !reader->bad; i++)
	{
		uint64_t items = read_size(reader);

		for (uint64_t j = 0; j < items && !reader->bad; j++)
			skip_bytes(reader, read_size(reader));
	}
}

/* BIP144: a zero in place of the number of inputs marks witnesses. */
static bool
skip_marker(Reader *reader)
{
	if (reader->bad || reader->length - reader->at < 2 ||
		reader->raw[reader->at] != 0)
		return false;
	reader->bad = reader->raw[reader->at + 1] != WITNESS_FLAG;
	reader->at += 2;
	return true;
}

size_t
transaction_read(const uint8_t *raw, size_t length, Transaction *transaction)
{
	Reader reader = {raw, length, 0, false};
	bool has_witnesses;
	size_t stripped_length;
	size_t body_at;
	size_t body_end;
	Sha256 hash;

	memset(transaction, 0, sizeof(Transaction));
	transaction->raw = raw;

	skip_bytes(&reader, VERSION_BYTES);
	has_witnesses = skip_marker(&reader);
	body_at = reader.at;
	transaction->input_count = read_size(&reader);
	transaction->inputs_at = reader.at;
	skip_inputs(&reader, transaction->input_count);
	transaction->output_count = read_size(&reader);
	transaction->outputs_at = reader.at;
	skip_outputs(&reader, transaction->output_count);
	body_end = reader.at;
	if (has_witnesses)
		skip_witnesses(&reader, transaction->input_count);
	skip_bytes(&reader, LOCK_TIME_BYTES);
	if (reader.bad || transaction->input_count == 0)
		return 0;

	transaction->length = reader.at;
	stripped_length = VERSION_BYTES + (body_end - body_at) + LOCK_TIME_BYTES;
	transaction->weight = 3 * stripped_length + transaction->length;

	/* the id is the hash of the form without witnesses */
	sha256_init(&hash);
	sha256_update(&hash, raw, VERSION_BYTES);
	sha256_update(&hash, raw + body_at, body_end - body_at);
	sha256_update(&hash, raw + reader.at - LOCK_TIME_BYTES, LOCK_TIME_BYTES);
	sha256d_final(&hash, transaction->txid);
	return transaction->length;
}

bool
transaction_parse(const uint8_t *raw, size_t length, Transaction *transaction)
{
	return transaction_read(raw, length, transaction) == length && length > 0;
}

size_t
transaction_input(const Transaction *transaction, size_t at,
				  TransactionInput *input)
{
	Reader reader = {transaction->raw, transaction->length, at, false};

	memcpy(input->txid, transaction->raw + at, sizeof(input->txid));
	input->index = load_le32(transaction->raw + at + sizeof(input->txid));
	skip_bytes(&reader, OUTPOINT_BYTES);
	input->script_length = read_size(&reader);
	input->script = transaction->raw + reader.at;
	skip_bytes(&reader, input->script_length + SEQUENCE_BYTES);
	return reader.at;
}

size_t
transaction_output(const Transaction *transaction, size_t at,
				   TransactionOutput *output)
{
	Reader reader = {transaction->raw, transaction->length, at, false};

	output->value_at = at;
	output->value_sats = (int64_t) load_le64(transaction->raw + at);
	skip_bytes(&reader, VALUE_BYTES);
	output->script_length = read_size(&reader);
	output->script = transaction->raw + reader.at;
	skip_bytes(&reader, output->script_length);
	return reader.at;
}
