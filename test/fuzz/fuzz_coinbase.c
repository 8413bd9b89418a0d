/*
 * fuzz_coinbase.c
 *	  Any spec of a coinbase: what is built is a transaction that a plain parser
 *	  reads back to the spec, with and without witness.
 */
#include "fuzz.h"

#include "chain/coinbase.h"
#include "chain/compact_size.h"
#include "byte_order.h"

/* beyond the limits, so that refusals are tried as well */
#define DATA_MAX 160

typedef struct Reader
{
	const uint8_t *next;
	size_t left;
} Reader;

static const uint8_t *
take(Reader *reader, size_t length)
{
	const uint8_t *bytes = reader->next;

	CHECK(length <= reader->left);
	reader->next += length;
	reader->left -= length;
	return bytes;
}

static uint64_t
take_size(Reader *reader)
{
	uint64_t value;
	size_t used = compact_size_read(reader->next, reader->left, &value);

	CHECK(used > 0);
	take(reader, used);
	return value;
}

static void
expect_bytes(Reader *reader, const void *expected, size_t length)
{
	const uint8_t *bytes = take(reader, length);

	CHECK(length == 0 || memcmp(bytes, expected, length) == 0);
}

static void
expect_fill(Reader *reader, uint8_t byte, size_t length)
{
	const uint8_t *bytes = take(reader, length);

	for (size_t i = 0; i < length; i++)
		CHECK(bytes[i] == byte);
}

static void
expect_script_sig(Reader *reader, const CoinbaseSpec *spec)
{
	uint64_t length = take_size(reader);
	Reader script = {take(reader, length), length};
	uint8_t height[6];

	CHECK(length >= 2 && length <= COINBASE_SCRIPT_MAX_BYTES);
	expect_bytes(&script, height, bip34_height_push(spec->height, height));
	expect_bytes(&script, spec->flags, spec->flags_length);
	expect_fill(&script, 4 + COINBASE_SALT_BYTES + EXTRANONCE_BYTES, 1);
	CHECK(load_be32(take(&script, 4)) == spec->job_nonce);
	expect_bytes(&script, spec->salt, COINBASE_SALT_BYTES);
	expect_fill(&script, 0xe1, EXTRANONCE1_BYTES);
	expect_fill(&script, 0xe2, EXTRANONCE2_BYTES);
	if (spec->tag_length > 75)
		expect_fill(&script, 0x4c, 1);
	if (spec->tag_length > 0)
		expect_fill(&script, (uint8_t) spec->tag_length, 1);
	expect_bytes(&script, spec->tag, spec->tag_length);
	CHECK(script.left == 0);
}

static void
expect_output(Reader *reader, uint64_t value, const uint8_t *script,
			  size_t length)
{
	CHECK(load_le64(take(reader, 8)) == value);
	CHECK(take_size(reader) == length);
	expect_bytes(reader, script, length);
}

static void
expect_transaction(Reader *reader, const CoinbaseSpec *spec, bool witness)
{
	bool commits = spec->commitment_script != NULL;

	CHECK(load_le32(take(reader, 4)) == 2);
	if (witness)
	{
		expect_fill(reader, 0, 1);
		expect_fill(reader, 1, 1);
	}
	CHECK(take_size(reader) == 1);
	expect_fill(reader, 0x00, 32);
	expect_fill(reader, 0xff, 4);
	expect_script_sig(reader, spec);
	expect_fill(reader, 0xff, 4);
	CHECK(take_size(reader) == (commits ? 2 : 1));
	expect_output(reader, spec->value, spec->pool_script,
				  spec->pool_script_length);
	if (commits)
		expect_output(reader, 0, spec->commitment_script,
					  spec->commitment_script_length);
	if (witness)
	{
		CHECK(take_size(reader) == 1);
		CHECK(take_size(reader) == 32);
		expect_fill(reader, 0, 32);
	}
	CHECK(load_le32(take(reader, 4)) == 0);
	CHECK(reader->left == 0);
}

static void
check_coinbase(const CoinbaseSpec *spec, const Coinbase *coinbase)
{
	size_t length =
		coinbase->prefix_length + EXTRANONCE_BYTES + coinbase->suffix_length;
	uint8_t *stripped = malloc(length);
	uint8_t *whole = malloc(length + COINBASE_WITNESS_EXTRA_BYTES);
	uint8_t *next = stripped;

	CHECK(stripped != NULL && whole != NULL);
	CHECK(length <= COINBASE_MAX_BYTES);
	memcpy(next, coinbase->prefix, coinbase->prefix_length);
	next += coinbase->prefix_length;
	memset(next, 0xe1, EXTRANONCE1_BYTES);
	next += EXTRANONCE1_BYTES;
	memset(next, 0xe2, EXTRANONCE2_BYTES);
	next += EXTRANONCE2_BYTES;
	memcpy(next, coinbase->suffix, coinbase->suffix_length);

	for (int witness = 0; witness < 2; witness++)
	{
		Reader reader = {
			whole, coinbase_serialize(stripped, length, witness != 0, whole)};

		expect_transaction(&reader, spec, witness != 0);
	}
	free(whole);
	free(stripped);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	FuzzInput input = {data, size};
	uint8_t bytes[DATA_MAX];
	CoinbaseSpec spec = {0};
	Coinbase coinbase;
	bool commits;

	spec.height = (uint32_t) fuzz_take(&input, 4);
	spec.job_nonce = (uint32_t) fuzz_take(&input, 4);
	memset(spec.salt, (int) spec.job_nonce, sizeof(spec.salt));
	spec.value = fuzz_take(&input, 8);
	spec.flags_length = fuzz_take(&input, 1) % DATA_MAX;
	spec.tag_length = fuzz_take(&input, 1) % DATA_MAX;
	spec.pool_script_length = fuzz_take(&input, 1) % DATA_MAX;
	spec.commitment_script_length = fuzz_take(&input, 1) % DATA_MAX;
	commits = fuzz_take(&input, 1) % 2 != 0;
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t) fuzz_take(&input, 1);
	spec.flags = spec.flags_length > 0 ? bytes : NULL;
	spec.tag = (const char *) bytes;
	spec.pool_script = bytes;
	spec.commitment_script = commits ? bytes : NULL;

	if (coinbase_build(&spec, &coinbase))
		check_coinbase(&spec, &coinbase);
	return 0;
}
