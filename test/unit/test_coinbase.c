/*
 * test_coinbase.c
 *	  The coinbase transaction: BIP34 pushes of real blocks, a published
 *	  transaction, and each part read back from what is built.
 */
#include "unit.h"

#include "chain/coinbase.h"

#define OP_PUSHDATA1 0x4c

/* the one push of job nonce, salt and extranonces */
#define UNIQUE_BYTES (4 + COINBASE_SALT_BYTES + EXTRANONCE_BYTES)

typedef struct PushVector
{
	uint32_t height;
	const char *push;
} PushVector;

static void
assert_pushes(const PushVector *vectors, size_t count)
{
	for (size_t i = 0; i < count; i++)
	{
		uint8_t out[7];
		size_t length = strlen(vectors[i].push) / 2;

		memset(out, CANARY, sizeof(out));
		assert_int_equal(bip34_height_push(vectors[i].height, out), length);
		assert_bytes_are(out, vectors[i].push);
		assert_int_equal(out[length], CANARY);
	}
}

/*
 * How the scriptSigs of these blocks begin: 227,836 is the first of version 2
 * after the last of version 1, 277,316 is that of "Mastering Bitcoin".
 */
TEST(heights_of_bitcoin_blocks_are_pushed_as_they_did)
{
	static const PushVector vectors[] = {
		{227836, "03fc7903"},
		{277316, "03443b04"},
		{542213, "03054608"},
	};

	assert_pushes(vectors, lengthof(vectors));
}

/* Litecoin's block 396,506 */
TEST(height_of_a_litecoin_block_is_pushed_as_it_did)
{
	static const PushVector vectors[] = {{396506, "03da0c06"}};

	assert_pushes(vectors, lengthof(vectors));
}

/* Bitcoin Core: CScript() << height is an opcode up to 16 */
TEST(heights_to_16_are_opcodes)
{
	static const PushVector vectors[] = {
		{0, "00"}, {1, "51"}, {2, "52"}, {15, "5f"}, {16, "60"}, {17, "0111"},
	};

	assert_pushes(vectors, lengthof(vectors));
}

/* Bitcoin Core: CScriptNum::serialize keeps the top bit for the sign */
TEST(heights_with_a_top_bit_get_a_further_byte)
{
	static const PushVector vectors[] = {
		{127, "017f"},
		{128, "028000"},
		{255, "02ff00"},
		{256, "020001"},
		{32767, "02ff7f"},
		{32768, "03008000"},
		{65535, "03ffff00"},
		{65536, "03000001"},
		{8388607, "03ffff7f"},
		{8388608, "0400008000"},
		{0x7fffffff, "04ffffff7f"},
		{0x80000000, "050000008000"},
		{0xffffffff, "05ffffffff00"},
	};

	assert_pushes(vectors, lengthof(vectors));
}

/* BIP141: OP_RETURN, a push of 36 bytes, aa21a9ed, the commitment */
TEST(commitment_script_of_bitcoin_block_542213_is_its_output_s)
{
	uint8_t commitment[32];
	uint8_t script[COMMITMENT_SCRIPT_BYTES];

	unhex("4a657fcaa2149342376247e2e283a55a6b92dcc35d4d89e4ac7b74488cb63be2",
		  commitment, sizeof(commitment));
	commitment_script(commitment, script);
	assert_bytes_are(script, "6a24aa21a9ed4a657fcaa2149342376247e2e283a55a"
							 "6b92dcc35d4d89e4ac7b74488cb63be2");
}

/*
 * testnet's block
 * 000000000000045e0b1660b6445b5e5c5ab63c9a4f956be7e1e69be04fa4497b: inputs and
 * outputs of its coinbase
 */
#define TESTNET_BODY                                                   \
	"0100000000000000000000000000000000000000000000000000000000000000" \
	"00ffffffff3603da1b0e00045503bd5704c7dd8a0d0ced13bb57850108000000" \
	"00000a636b706f6f6c122f4e696e6a61506f6f6c2f5345475749542fffffffff" \
	"02b4e5a212000000001976a914876fbb82ec05caa6af7a3b5e5a983aae6c6cc6" \
	"d688ac0000000000000000266a24aa21a9edf91c46b49eb8a29089980f02ee6b" \
	"57e7d63d33b18b4fddac2bcd7db2a3983704"

TEST(published_coinbase_gets_its_witness_back)
{
	static const char *const published =
		"01000000"
		"0001" TESTNET_BODY "0120"
		"0000000000000000000000000000000000000000000000000000000000000000"
		"00000000";
	uint8_t stripped[256];
	uint8_t out[256 + COINBASE_WITNESS_EXTRA_BYTES];
	size_t stripped_length =
		unhex("01000000" TESTNET_BODY "00000000", stripped, sizeof(stripped));
	size_t length = strlen(published) / 2;

	memset(out, CANARY, sizeof(out));
	assert_int_equal(coinbase_serialize(stripped, stripped_length, true, out),
					 length);
	assert_bytes_are(out, published);
	assert_int_equal(out[length], CANARY);
	assert_int_equal(length, stripped_length + COINBASE_WITNESS_EXTRA_BYTES);
}

TEST(without_witness_the_transaction_is_as_it_was_hashed)
{
	uint8_t stripped[100];
	uint8_t out[101];

	random_bytes(stripped, sizeof(stripped));
	memset(out, CANARY, sizeof(out));
	assert_int_equal(coinbase_serialize(stripped, 100, false, out), 100);
	assert_memory_equal(out, stripped, 100);
	assert_int_equal(out[100], CANARY);
}

/* What the parts of a spec point to; a test changes what it is about. */
static const uint8_t pool_script[] = {0x00, 0x14, 1,  2,  3,  4,  5,  6,
									  7,	8,	  9,  10, 11, 12, 13, 14,
									  15,	16,	  17, 18, 19, 20};
static const char tag[] = "/Chimera/";

static CoinbaseSpec
plain_spec(void)
{
	return (CoinbaseSpec){
		.height = 227836,
		.job_nonce = 0x01020304,
		.salt = {5, 6, 7, 8, 9, 10, 11, 12},
		.tag = tag,
		.tag_length = strlen(tag),
		.value = 5000000000,
		.pool_script = pool_script,
		.pool_script_length = sizeof(pool_script),
	};
}

/* The transaction with extranonces of e1e1e1e1 and e2e2e2e2e2e2e2e2. */
static size_t
join(const Coinbase *coinbase, uint8_t out[COINBASE_MAX_BYTES])
{
	size_t length = coinbase->prefix_length;

	assert_true(coinbase->prefix_length <= COINBASE_PREFIX_MAX_BYTES);
	assert_true(coinbase->suffix_length <= COINBASE_SUFFIX_MAX_BYTES);
	memcpy(out, coinbase->prefix, length);
	memset(out + length, 0xe1, EXTRANONCE1_BYTES);
	length += EXTRANONCE1_BYTES;
	memset(out + length, 0xe2, EXTRANONCE2_BYTES);
	length += EXTRANONCE2_BYTES;
	memcpy(out + length, coinbase->suffix, coinbase->suffix_length);
	return length + coinbase->suffix_length;
}

TEST(plain_coinbase_is_byte_for_byte_what_a_reader_expects)
{
	CoinbaseSpec spec = plain_spec();
	Coinbase coinbase;
	uint8_t transaction[COINBASE_MAX_BYTES];
	static const char *const expected =
		"02000000" /* version */
		"01"	   /* one input: no transaction, output 0xffffffff */
		"0000000000000000000000000000000000000000000000000000000000000000"
		"ffffffff"
		"27"					   /* scriptSig, 39 bytes */
		"03fc7903"				   /* the height */
		"18"					   /* 24 bytes: */
		"0102030405060708090a0b0c" /* the job's own */
		"e1e1e1e1e2e2e2e2e2e2e2e2" /* the extranonces */
		"092f4368696d6572612f"	   /* the tag */
		"ffffffff"				   /* sequence */
		"01"					   /* one output */
		"00f2052a01000000"		   /* 50 coins */
		"1600140102030405060708090a0b0c0d0e0f1011121314" /* to the pool */
		"00000000";										 /* lock time */

	assert_true(coinbase_build(&spec, &coinbase));
	assert_int_equal(join(&coinbase, transaction), strlen(expected) / 2);
	assert_bytes_are(transaction, expected);
}

TEST(commitment_is_a_second_output_of_no_value)
{
	CoinbaseSpec spec = plain_spec();
	Coinbase without, with;
	uint8_t script[COMMITMENT_SCRIPT_BYTES];
	uint8_t commitment[32];
	size_t cut;

	random_bytes(commitment, sizeof(commitment));
	commitment_script(commitment, script);
	assert_true(coinbase_build(&spec, &without));
	spec.commitment_script = script;
	spec.commitment_script_length = sizeof(script);
	assert_true(coinbase_build(&spec, &with));

	assert_int_equal(with.prefix_length, without.prefix_length);
	assert_memory_equal(with.prefix, without.prefix, with.prefix_length);

	/* the same up to the lock time, except for the number of outputs */
	cut = without.suffix_length - 4;
	assert_int_equal(without.suffix[10 + 4], 1);
	assert_int_equal(with.suffix[10 + 4], 2);
	with.suffix[10 + 4] = 1;
	assert_memory_equal(with.suffix, without.suffix, cut);
	assert_int_equal(with.suffix_length, cut + 8 + 1 + sizeof(script) + 4);
	assert_bytes_are(with.suffix + cut, "0000000000000000"
										"26");
	assert_memory_equal(with.suffix + cut + 9, script, sizeof(script));
	assert_bytes_are(with.suffix + with.suffix_length - 4, "00000000");
}

TEST(flags_come_raw_between_height_and_unique_push)
{
	static const uint8_t flags[] = {0x06, '/', 'P', '2', 'S', 'H', '/'};
	CoinbaseSpec spec = plain_spec();
	Coinbase coinbase;

	spec.flags = flags;
	spec.flags_length = sizeof(flags);
	assert_true(coinbase_build(&spec, &coinbase));
	assert_bytes_are(coinbase.prefix + 41, "2e"
										   "03fc7903"
										   "062f503253482f"
										   "180102030405060708090a0b0c");
}

TEST(without_a_tag_nothing_is_pushed_after_the_extranonces)
{
	CoinbaseSpec spec = plain_spec();
	Coinbase coinbase;

	spec.tag = NULL;
	spec.tag_length = 0;
	assert_true(coinbase_build(&spec, &coinbase));
	assert_int_equal(coinbase.prefix[41], 4 + 1 + UNIQUE_BYTES);
	assert_bytes_are(coinbase.suffix, "ffffffff01");
}

TEST(two_jobs_of_one_template_differ_in_the_prefix)
{
	CoinbaseSpec spec = plain_spec();
	Coinbase one, other;

	assert_true(coinbase_build(&spec, &one));
	spec.job_nonce++;
	assert_true(coinbase_build(&spec, &other));
	assert_int_equal(one.prefix_length, other.prefix_length);
	assert_memory_not_equal(one.prefix, other.prefix, one.prefix_length);
}

TEST(renewed_coinbase_is_the_one_built_with_that_nonce_and_salt)
{
	CoinbaseSpec spec = plain_spec();
	Coinbase built, renewed;
	uint8_t salt[COINBASE_SALT_BYTES];

	random_bytes(salt, sizeof(salt));
	assert_true(coinbase_build(&spec, &renewed));
	spec.job_nonce = 0xfffefdfc;
	memcpy(spec.salt, salt, sizeof(salt));
	assert_true(coinbase_build(&spec, &built));
	assert_true(coinbase_renew(renewed.prefix, renewed.prefix_length,
							   0xfffefdfc, salt));
	assert_int_equal(renewed.prefix_length, built.prefix_length);
	assert_memory_equal(renewed.prefix, built.prefix, built.prefix_length);
}

TEST(what_is_no_coinbase_is_not_renewed)
{
	CoinbaseSpec spec = plain_spec();
	Coinbase coinbase, before;

	assert_true(coinbase_build(&spec, &coinbase));
	before = coinbase;
	for (size_t length = 0; length < coinbase.prefix_length; length++)
		assert_false(coinbase_renew(coinbase.prefix, length, 1, spec.salt));
	assert_memory_equal(coinbase.prefix, before.prefix, before.prefix_length);
}

/* A push that a script interpreter can walk over, to exactly the end. */
static size_t
walk_pushes(const uint8_t *script, size_t length)
{
	size_t pushes = 0;
	size_t at = 0;

	while (at < length)
	{
		uint8_t opcode = script[at++];

		if (opcode == OP_PUSHDATA1)
			at += script[at] + 1;
		else if (opcode < OP_PUSHDATA1)
			at += opcode;
		assert_true(at <= length);
		pushes++;
	}
	return pushes;
}

/* consensus: a coinbase's scriptSig has 2 to 100 bytes */
TEST(script_of_every_tag_length_is_walkable_up_to_100_bytes)
{
	char long_tag[COINBASE_SCRIPT_MAX_BYTES + 2];
	static const uint32_t heights[] = {0, 1, 16, 17, 227836, UINT32_MAX};

	memset(long_tag, 'x', sizeof(long_tag));
	for (size_t i = 0; i < lengthof(heights); i++)
		for (size_t length = 0; length <= sizeof(long_tag); length++)
		{
			CoinbaseSpec spec = plain_spec();
			Coinbase coinbase;
			uint8_t transaction[COINBASE_MAX_BYTES];
			uint8_t push[6];
			size_t total = bip34_height_push(heights[i], push);
			size_t script_length;

			total += 1 + UNIQUE_BYTES + length;
			total += length == 0 ? 0 : length <= 75 ? 1 : 2;
			spec.height = heights[i];
			spec.tag = long_tag;
			spec.tag_length = length;
			assert_int_equal(coinbase_build(&spec, &coinbase),
							 total <= COINBASE_SCRIPT_MAX_BYTES);
			if (total > COINBASE_SCRIPT_MAX_BYTES)
				continue;

			join(&coinbase, transaction);
			script_length = transaction[41];
			assert_int_equal(script_length, total);
			assert_int_equal(walk_pushes(transaction + 42, script_length),
							 length == 0 ? 2 : 3);
			assert_bytes_are(transaction + 42 + script_length, "ffffffff");
		}
}

TEST(scripts_beyond_their_limits_are_refused)
{
	uint8_t script[OUTPUT_SCRIPT_MAX_BYTES + 1] = {0};
	CoinbaseSpec spec = plain_spec();
	Coinbase coinbase;

	spec.pool_script = script;
	spec.pool_script_length = OUTPUT_SCRIPT_MAX_BYTES;
	spec.commitment_script = script;
	spec.commitment_script_length = OUTPUT_SCRIPT_MAX_BYTES;
	assert_true(coinbase_build(&spec, &coinbase));

	spec.pool_script_length++;
	assert_false(coinbase_build(&spec, &coinbase));
	spec.pool_script_length--;
	spec.commitment_script_length++;
	assert_false(coinbase_build(&spec, &coinbase));
}

TEST(absurd_lengths_do_not_overflow_the_check)
{
	CoinbaseSpec spec = plain_spec();
	Coinbase coinbase;

	spec.flags_length = SIZE_MAX;
	assert_false(coinbase_build(&spec, &coinbase));
	spec.flags_length = SIZE_MAX - 40;
	assert_false(coinbase_build(&spec, &coinbase));
	spec.flags_length = 0;
	spec.tag_length = SIZE_MAX;
	assert_false(coinbase_build(&spec, &coinbase));
	spec.tag_length = SIZE_MAX - 1;
	assert_false(coinbase_build(&spec, &coinbase));
	spec = plain_spec();
	spec.pool_script_length = SIZE_MAX;
	assert_false(coinbase_build(&spec, &coinbase));
}

TEST(required_outputs_come_between_the_pool_s_and_the_commitment)
{
	static const uint8_t script[] = {0x51};
	static const uint8_t mark[] = {0x6a};
	static const char *const end = "03"
								   "01000000000000000151"
								   "0700000000000000016a"
								   "00000000000000000151"
								   "00000000";
	uint8_t output[OUTPUT_MAX_BYTES];
	CoinbaseSpec spec = plain_spec();
	Coinbase coinbase;

	spec.value = 1;
	spec.pool_script = script;
	spec.pool_script_length = sizeof(script);
	spec.required_outputs = output;
	spec.required_outputs_length =
		coinbase_output(7, mark, sizeof(mark), output);
	spec.required_output_count = 1;
	spec.commitment_script = script;
	spec.commitment_script_length = sizeof(script);
	assert_true(coinbase_build(&spec, &coinbase));
	assert_bytes_are(coinbase.suffix + coinbase.suffix_length - strlen(end) / 2,
					 end);
	spec.required_output_count = REQUIRED_OUTPUTS_MAX + 1;
	assert_false(coinbase_build(&spec, &coinbase));
}

TEST(largest_coinbase_fits_its_buffers)
{
	static uint8_t outputs[REQUIRED_OUTPUTS_MAX_BYTES];
	uint8_t script[OUTPUT_SCRIPT_MAX_BYTES] = {0};
	uint8_t flags[COINBASE_SCRIPT_MAX_BYTES] = {0};
	CoinbaseSpec spec = plain_spec();
	Coinbase coinbase;
	uint8_t transaction[COINBASE_MAX_BYTES];

	spec.height = UINT32_MAX;
	spec.pool_script = script;
	spec.pool_script_length = sizeof(script);
	spec.commitment_script = script;
	spec.commitment_script_length = sizeof(script);
	spec.required_outputs = outputs;
	spec.required_outputs_length = sizeof(outputs);
	spec.required_output_count = REQUIRED_OUTPUTS_MAX;
	spec.value = UINT64_MAX;
	spec.flags = flags;
	spec.flags_length =
		COINBASE_SCRIPT_MAX_BYTES - 6 - 1 - UNIQUE_BYTES - 1 - spec.tag_length;
	assert_true(coinbase_build(&spec, &coinbase));
	assert_true(join(&coinbase, transaction) <= COINBASE_MAX_BYTES);
	assert_int_equal(transaction[41], COINBASE_SCRIPT_MAX_BYTES);
	spec.flags_length++;
	assert_false(coinbase_build(&spec, &coinbase));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(heights_of_bitcoin_blocks_are_pushed_as_they_did),
		cmocka_unit_test(height_of_a_litecoin_block_is_pushed_as_it_did),
		cmocka_unit_test(heights_to_16_are_opcodes),
		cmocka_unit_test(heights_with_a_top_bit_get_a_further_byte),
		cmocka_unit_test(
			commitment_script_of_bitcoin_block_542213_is_its_output_s),
		cmocka_unit_test(published_coinbase_gets_its_witness_back),
		cmocka_unit_test(without_witness_the_transaction_is_as_it_was_hashed),
		cmocka_unit_test(plain_coinbase_is_byte_for_byte_what_a_reader_expects),
		cmocka_unit_test(commitment_is_a_second_output_of_no_value),
		cmocka_unit_test(flags_come_raw_between_height_and_unique_push),
		cmocka_unit_test(without_a_tag_nothing_is_pushed_after_the_extranonces),
		cmocka_unit_test(two_jobs_of_one_template_differ_in_the_prefix),
		cmocka_unit_test(
			renewed_coinbase_is_the_one_built_with_that_nonce_and_salt),
		cmocka_unit_test(what_is_no_coinbase_is_not_renewed),
		cmocka_unit_test(
			script_of_every_tag_length_is_walkable_up_to_100_bytes),
		cmocka_unit_test(scripts_beyond_their_limits_are_refused),
		cmocka_unit_test(absurd_lengths_do_not_overflow_the_check),
		cmocka_unit_test(
			required_outputs_come_between_the_pool_s_and_the_commitment),
		cmocka_unit_test(largest_coinbase_fits_its_buffers),
	};

	return cmocka_run_group_tests_name("coinbase", tests, NULL, NULL);
}
