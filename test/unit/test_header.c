/*
 * test_header.c
 *	  The block header, on genesis blocks, and stratum's order of words.
 */
#include "unit.h"

#include "chain/header.h"
#include "pow/pow.h"
#include "pow/sha256.h"

/* genesis blocks: Bitcoin's and Litecoin's chainparams.cpp */
#define BITCOIN_GENESIS                                                \
	"0100000000000000000000000000000000000000000000000000000000000000" \
	"000000003ba3edfd7a7b12b27ac72c3e67768f617fc81bc3888a51323a9fb8aa" \
	"4b1e5e4a29ab5f49ffff001d1dac2b7c"
#define LITECOIN_GENESIS                                               \
	"0100000000000000000000000000000000000000000000000000000000000000" \
	"00000000d9ced4ed1130f7b7faad9be25323ffafa33232a17c3edf6cfd97bee6" \
	"bafbdd97b9aa8e4ef0ff0f1ecd513f7c"

TEST(bitcoin_genesis_is_serialized_from_its_fields)
{
	BlockHeader header = {.version = 1,
						  .ntime = 1231006505,
						  .nbits = 0x1d00ffff,
						  .nonce = 2083236893};
	uint8_t bytes[HEADER_BYTES];

	unhex_reversed(
		"4a5e1e4baab89f3a32518a88c31bc87f618f76673e2cc77ab2127b7afdeda33b",
		header.merkle_root);
	header_serialize(&header, bytes);
	assert_bytes_are(bytes, BITCOIN_GENESIS);
}

TEST(litecoin_genesis_is_serialized_from_its_fields)
{
	BlockHeader header = {.version = 1,
						  .ntime = 1317972665,
						  .nbits = 0x1e0ffff0,
						  .nonce = 2084524493};
	uint8_t bytes[HEADER_BYTES];

	unhex_reversed(
		"97ddfbbae6be97fd6cdf3e7ca13232a3afff2353e29badfab7f73011edd4ced9",
		header.merkle_root);
	header_serialize(&header, bytes);
	assert_bytes_are(bytes, LITECOIN_GENESIS);
}

TEST(litecoin_genesis_has_a_block_hash_and_another_proof_of_work)
{
	uint8_t bytes[HEADER_BYTES];
	uint8_t hash[32];

	unhex(LITECOIN_GENESIS, bytes, sizeof(bytes));
	sha256d(bytes, sizeof(bytes), hash);
	assert_hash_reads(
		hash,
		"12a765e31ffd4059bada1e25190f6e98c99d9714d334efa41a195a7e7e04bfe2");
	pow_find("scrypt")->hash(bytes, sizeof(bytes), hash);
	assert_hash_reads(
		hash,
		"0000050c34a64b415b6b15b37f2216634b5b1669cb9a2e38d76f7213b0671e00");
}

TEST(fields_are_parsed_from_bytes)
{
	BlockHeader header;
	uint8_t bytes[HEADER_BYTES];
	uint8_t zero[32] = {0};

	unhex(LITECOIN_GENESIS, bytes, sizeof(bytes));
	header_parse(bytes, &header);
	assert_int_equal(header.version, 1);
	assert_memory_equal(header.prevhash, zero, 32);
	assert_hash_reads(
		header.merkle_root,
		"97ddfbbae6be97fd6cdf3e7ca13232a3afff2353e29badfab7f73011edd4ced9");
	assert_int_equal(header.ntime, 1317972665);
	assert_int_equal(header.nbits, 0x1e0ffff0);
	assert_int_equal(header.nonce, 2084524493);
}

TEST(any_bytes_parse_and_serialize_to_themselves)
{
	for (int round = 0; round < 100; round++)
	{
		BlockHeader header;
		uint8_t bytes[HEADER_BYTES], back[HEADER_BYTES];

		random_bytes(bytes, sizeof(bytes));
		header_parse(bytes, &header);
		header_serialize(&header, back);
		assert_memory_equal(back, bytes, sizeof(bytes));
	}
}

TEST(stratum_reverses_each_word_and_not_their_order)
{
	uint8_t in[32], out[32];

	for (int i = 0; i < 32; i++)
		in[i] = (uint8_t) i;
	stratum_swap_words(in, out);
	assert_bytes_are(
		out,
		"03020100070605040b0a09080f0e0d0c13121110171615141b1a19181f1e1d1c");
}

/* the previous block of Bitcoin's block 1, as a miner is sent it */
TEST(stratum_prevhash_of_bitcoin_block_1_reads_as_miners_see_it)
{
	uint8_t hash[32], out[32];

	unhex_reversed(
		"000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f",
		hash);
	stratum_swap_words(hash, out);
	assert_bytes_are(out, "0a8ce26f72b3f1b646a2a6c14ff763ae65831e939c085ae1"
						  "0019d66800000000");
}

TEST(stratum_swap_is_its_own_inverse_also_in_place)
{
	uint8_t in[32], out[32];

	random_bytes(in, sizeof(in));
	stratum_swap_words(in, out);
	stratum_swap_words(out, out);
	assert_memory_equal(out, in, sizeof(in));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bitcoin_genesis_is_serialized_from_its_fields),
		cmocka_unit_test(litecoin_genesis_is_serialized_from_its_fields),
		cmocka_unit_test(
			litecoin_genesis_has_a_block_hash_and_another_proof_of_work),
		cmocka_unit_test(fields_are_parsed_from_bytes),
		cmocka_unit_test(any_bytes_parse_and_serialize_to_themselves),
		cmocka_unit_test(stratum_reverses_each_word_and_not_their_order),
		cmocka_unit_test(
			stratum_prevhash_of_bitcoin_block_1_reads_as_miners_see_it),
		cmocka_unit_test(stratum_swap_is_its_own_inverse_also_in_place),
	};

	return cmocka_run_group_tests_name("header", tests, NULL, NULL);
}
