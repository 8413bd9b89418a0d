/*
 * template.c
 *	  Reads a block template from a node's JSON.
 *
 * The node may lie or run unexpected software, so every value is used only if
 * it has the type and length that a block needs: a template either becomes a
 * job or is refused with its problem.
 */
#include "postgres.h"

#include "utils/memutils.h"

#include "byte_order.h"
#include "chain/hex.h"
#include "chain/merkle.h"
#include "chain/target.h"
#include "compat.h"
#include "job/template.h"
#include "pow/sha256.h"

/* above Bitcoin's MAX_MONEY and every coin's here; the sign bit stays free */
#define COINBASE_VALUE_MAX PG_INT64_MAX

typedef struct TemplateReader
{
	json_t *json;
	const char *error; /* the first one */
} TemplateReader;

static void pg_attribute_printf(2, 3)
	refuse_template(TemplateReader *reader, const char *format, ...)
{
	va_list args;
	char *message;

	if (reader->error)
		return;
	message = palloc(256);
	va_start(args, format);
	vsnprintf(message, 256, format, args);
	va_end(args);
	reader->error = message;
}

static uint64
read_integer(TemplateReader *reader, const char *name, uint64 max)
{
	json_t *value = json_object_get(reader->json, name);

	if (!json_is_integer(value) || json_integer_value(value) < 0 ||
		(uint64) json_integer_value(value) > max)
	{
		refuse_template(reader, "template has no usable \"%s\"", name);
		return 0;
	}
	return (uint64) json_integer_value(value);
}

/* Read a hash from JSON into internal order. */
static void
read_hash(TemplateReader *reader, json_t *value, const char *name,
		  uint8 hash[32])
{
	if (!json_is_string(value) ||
		!hex_to_bytes(json_string_value(value), json_string_length(value), hash,
					  32))
	{
		refuse_template(reader, "template has no usable \"%s\"", name);
		return;
	}
	reverse32(hash, hash);
}

static bytea *
decode_hex(TemplateReader *reader, json_t *value, const char *name)
{
	size_t digits = json_string_length(value);
	bytea *data = palloc_extended(VARHDRSZ + digits / 2, MCXT_ALLOC_HUGE);

	SET_VARSIZE(data, VARHDRSZ + digits / 2);
	if (!json_is_string(value) || digits / 2 > MaxAllocSize - VARHDRSZ ||
		!hex_to_bytes(json_string_value(value), digits, (uint8 *) VARDATA(data),
					  digits / 2))
		refuse_template(reader, "template has no usable \"%s\"", name);
	return data;
}

static void
read_nbits(TemplateReader *reader, BlockTemplate *template)
{
	json_t *bits = json_object_get(reader->json, "bits");
	uint8 bytes[4];
	Uint256 target;

	if (!json_is_string(bits) ||
		!hex_to_bytes(json_string_value(bits), json_string_length(bits), bytes,
					  sizeof(bytes)))
		refuse_template(reader, "template has no usable \"bits\"");
	else
		template->nbits = load_be32(bytes);
	if (!reader->error && !target_from_nbits(template->nbits, &target))
		refuse_template(reader, "template's \"bits\" do not encode a target");
}

static void
read_coinbase_flags(TemplateReader *reader, BlockTemplate *template)
{
	json_t *aux = json_object_get(reader->json, "coinbaseaux");
	json_t *flags = json_object_get(aux, "flags");

	if (flags)
		template->coinbase_flags =
			decode_hex(reader, flags, "coinbaseaux.flags");
}

/*
 * Is segwit active for this block?  BIP 9: "!" marks rules that must be known.
 */
static bool
segwit_is_active(json_t *json)
{
	json_t *rules = json_object_get(json, "rules");
	size_t i;
	json_t *rule;

	json_array_foreach(rules, i, rule)
	{
		const char *name = json_string_value(rule);

		if (name && strcmp(name[0] == '!' ? name + 1 : name, "segwit") == 0)
			return true;
	}
	return false;
}

/* BIP144: zero and a flag replace the number of inputs. */
static bool
has_witness(const uint8 *transaction, size_t length)
{
	return length > 6 && transaction[4] == 0 && (transaction[5] & 1) != 0;
}

/* Compute the witness commitment ourselves. */
static void
make_commitment(BlockTemplate *template, json_t *transactions)
{
	uint8(*wtxids)[32] = palloc_extended(
		32 * ((Size) template->transaction_count + 1), MCXT_ALLOC_HUGE);
	const uint8 *at = (const uint8 *) VARDATA(template->transactions);
	uint8 commitment[32];
	size_t i;
	json_t *transaction;

	json_array_foreach(transactions, i, transaction)
	{
		size_t bytes =
			json_string_length(json_object_get(transaction, "data")) / 2;

		sha256d(at, bytes, wtxids[i]);
		at += bytes;
	}
	witness_commitment(wtxids, template->transaction_count, commitment);
	commitment_script(commitment, template->commitment_script);
	template->commitment_script_length = COMMITMENT_SCRIPT_BYTES;
	template->has_witness = true;
	pfree(wtxids);
}

/*
 * Use the node's commitment if segwit is active by the rules, or if a
 * transaction has a witness even without a rule (btcd lists none). bcoin
 * includes a commitment before a witness is allowed.
 */
static void
read_commitment(TemplateReader *reader, BlockTemplate *template, bool is_needed)
{
	json_t *script =
		json_object_get(reader->json, "default_witness_commitment");
	bytea *bytes;

	if (script == NULL && is_needed && reader->error == NULL)
		make_commitment(template,
						json_object_get(reader->json, "transactions"));
	if (script == NULL || !(is_needed || segwit_is_active(reader->json)))
		return;
	bytes = decode_hex(reader, script, "default_witness_commitment");
	if (VARSIZE(bytes) - VARHDRSZ > sizeof(template->commitment_script))
	{
		refuse_template(reader, "template's witness commitment is too long");
		return;
	}
	template->has_witness = true;
	template->commitment_script_length = VARSIZE(bytes) - VARHDRSZ;
	memcpy(template->commitment_script, VARDATA(bytes),
		   template->commitment_script_length);
}

/* The length of all transactions, which are decoded into one value. */
static size_t
transactions_length(json_t *list)
{
	size_t length = 0;
	size_t i;
	json_t *transaction;

	json_array_foreach(list, i, transaction) length +=
		json_string_length(json_object_get(transaction, "data")) / 2;
	return length;
}

static void
read_transactions(TemplateReader *reader, BlockTemplate *template)
{
	json_t *list = json_object_get(reader->json, "transactions");
	size_t length = transactions_length(list);
	size_t i;
	json_t *transaction;
	bool any_witness = false;
	uint8 *at;

	if (!json_is_array(list) || length > MaxAllocSize - VARHDRSZ)
	{
		refuse_template(reader, "template has no usable \"transactions\"");
		return;
	}
	template->transaction_count = (int) json_array_size(list);
	template->txids = palloc(32 * Max(json_array_size(list), 1));
	template->transactions =
		palloc_extended(VARHDRSZ + length, MCXT_ALLOC_HUGE);
	SET_VARSIZE(template->transactions, VARHDRSZ + length);

	at = (uint8 *) VARDATA(template->transactions);
	json_array_foreach(list, i, transaction)
	{
		json_t *data = json_object_get(transaction, "data");
		json_t *txid = json_object_get(transaction, "txid");
		size_t bytes = json_string_length(data) / 2;

		if (!json_is_string(data) ||
			!hex_to_bytes(json_string_value(data), json_string_length(data), at,
						  bytes))
			refuse_template(reader,
							"template's transaction %zu has no usable data", i);
		/* before segwit, "hash" was the txid and there was no "txid" */
		if (txid == NULL)
			txid = json_object_get(transaction, "hash");
		read_hash(reader, txid, "txid", template->txids[i]);
		any_witness |= has_witness(at, bytes);
		at += bytes;
	}
	read_commitment(reader, template, any_witness);
}

/*
 * Sum up the fees, which determine the subsidy.  BIP 22: a transaction without
 * "fee" has an unknown one.  A coin may burn fees or owe them to others: then
 * the coinbase value is less than all of them.
 */
static void
read_fees(TemplateReader *reader, BlockTemplate *template)
{
	size_t i;
	json_t *transaction;

	template->fees_known = true;
	json_array_foreach(json_object_get(reader->json, "transactions"), i,
					   transaction)
	{
		json_t *fee = json_object_get(transaction, "fee");

		if (fee == NULL)
			template->fees_known = false;
		else if (!json_is_integer(fee) || json_integer_value(fee) < 0)
			refuse_template(reader,
							"template's transaction %zu has no usable fee", i);
		else
			template->fees =
				Min(template->fees + (uint64) json_integer_value(fee),
					template->coinbase_value);
	}
}

BlockTemplate *
template_parse(json_t *json, const char **error)
{
	TemplateReader reader = {json, NULL};
	BlockTemplate *template = palloc0(sizeof(BlockTemplate));
	json_t *longpollid = json_object_get(json, "longpollid");
	json_t *mweb = json_object_get(json, "mweb");

	template->height = (uint32) read_integer(&reader, "height", PG_INT32_MAX);
	template->version =
		(uint32) (int32) json_integer_value(json_object_get(json, "version"));
	if (!json_is_integer(json_object_get(json, "version")))
		refuse_template(&reader, "template has no usable \"version\"");
	read_hash(&reader, json_object_get(json, "previousblockhash"),
			  "previousblockhash", template->prevhash);
	read_nbits(&reader, template);
	template->curtime =
		(uint32) read_integer(&reader, "curtime", PG_UINT32_MAX);
	template->mintime =
		(uint32) read_integer(&reader, "mintime", PG_UINT32_MAX);
	if (json_object_get(json, "coinbasevalue") == NULL &&
		json_object_get(json, "coinbasetxn"))
		refuse_template(&reader, "template has a \"coinbasetxn\" but no "
								 "\"coinbasevalue\": the pool cannot use it");
	template->coinbase_value =
		read_integer(&reader, "coinbasevalue", COINBASE_VALUE_MAX);
	read_coinbase_flags(&reader, template);
	read_transactions(&reader, template);
	read_fees(&reader, template);
	if (mweb)
		template->mweb = decode_hex(&reader, mweb, "mweb");
	if (json_is_string(longpollid))
		template->longpollid = pstrdup(json_string_value(longpollid));

	*error = reader.error;
	return reader.error ? NULL : template;
}
