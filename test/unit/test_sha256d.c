/*
 * test_sha256d.c
 *	  SHA-256 twice: blocks of the Bitcoin chain, and every way to compute it
 *	  against two plain SHA-256.
 */
#include "unit.h"

#include "pow/pow.h"
#include "pow/sha256.h"

/* Bitcoin's genesis block */
#define GENESIS_HEADER                                                 \
	"0100000000000000000000000000000000000000000000000000000000000000" \
	"000000003ba3edfd7a7b12b27ac72c3e67768f617fc81bc3888a51323a9fb8aa" \
	"4b1e5e4a29ab5f49ffff001d1dac2b7c"

/* Bitcoin's block 100,000 */
#define HEADER_100000                                                  \
	"0100000050120119172a610421a6c3011dd330d9df07b63616c2cc1f1cd00200" \
	"000000006657a9252aacd5c0b2940996ecff952228c3067cc38d4885efb5a4ac" \
	"4247e9f337221b4d4c86041b0f2b5710"

/* headers in one call, more than any code path takes at once */
#define HEADERS_MAX 33

static void
sha256_twice(const void *data, size_t length, uint8_t digest[32])
{
	sha256(data, length, digest);
	sha256(digest, 32, digest);
}

TEST(genesis_header_hashes_to_its_block_hash)
{
	uint8_t header[POW_HEADER_BYTES];
	uint8_t hash[POW_HASH_BYTES];

	assert_int_equal(unhex(GENESIS_HEADER, header, sizeof(header)), 80);
	sha256d(header, sizeof(header), hash);
	assert_hash_reads(
		hash,
		"000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f");
}

TEST(headers_of_a_batch_hash_to_their_block_hashes)
{
	const PowAlgorithm *algorithm = pow_find("sha256d");
	uint8_t headers[3][POW_HEADER_BYTES];
	uint8_t hashes[3][POW_HASH_BYTES];

	unhex(HEADER_100000, headers[0], POW_HEADER_BYTES);
	unhex(GENESIS_HEADER, headers[1], POW_HEADER_BYTES);
	unhex(HEADER_100000, headers[2], POW_HEADER_BYTES);
	algorithm->hash_headers((const uint8_t(*)[POW_HEADER_BYTES]) headers, 3,
							hashes);
	assert_hash_reads(
		hashes[0],
		"000000000003ba27aa200b1cecaad478d2b00432346c3f1f3986da1afd33e506");
	assert_hash_reads(
		hashes[1],
		"000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f");
	assert_memory_equal(hashes[2], hashes[0], POW_HASH_BYTES);
}

TEST(every_count_of_headers_hashes_each_and_no_more)
{
	const PowAlgorithm *algorithm = pow_find("sha256d");
	uint8_t headers[HEADERS_MAX][POW_HEADER_BYTES];
	uint8_t hashes[HEADERS_MAX + 1][POW_HASH_BYTES];

	for (size_t count = 0; count <= HEADERS_MAX; count++)
	{
		random_bytes(headers, sizeof(headers));
		memset(hashes, CANARY, sizeof(hashes));
		algorithm->hash_headers((const uint8_t(*)[POW_HEADER_BYTES]) headers,
								count, hashes);
		for (size_t i = 0; i < count; i++)
		{
			uint8_t expected[POW_HASH_BYTES];

			sha256_twice(headers[i], POW_HEADER_BYTES, expected);
			assert_memory_equal(hashes[i], expected, POW_HASH_BYTES);
		}
		for (size_t i = 0; i < POW_HASH_BYTES; i++)
			assert_int_equal(hashes[count][i], CANARY);
	}
}

TEST(every_length_is_hashed_twice)
{
	uint8_t message[200];

	random_bytes(message, sizeof(message));
	for (size_t length = 0; length <= sizeof(message); length++)
	{
		uint8_t expected[32];
		uint8_t digest[32];

		sha256_twice(message, length, expected);
		sha256d(message, length, digest);
		assert_memory_equal(digest, expected, 32);
	}
}

TEST(digest_may_overwrite_the_message)
{
	uint8_t message[80];
	uint8_t expected[32];

	random_bytes(message, sizeof(message));
	sha256_twice(message, sizeof(message), expected);
	sha256d(message, sizeof(message), message);
	assert_memory_equal(message, expected, 32);
}

TEST(copied_midstate_finishes_as_sha256d)
{
	Sha256 front, copy;
	uint8_t message[130];
	uint8_t expected[32];
	uint8_t digest[32];

	random_bytes(message, sizeof(message));
	sha256_init(&front);
	sha256_update(&front, message, 90);
	for (int i = 0; i < 2; i++)
	{
		copy = front;
		sha256_update(&copy, message + 90, 40);
		sha256d_final(&copy, digest);
		sha256d(message, sizeof(message), expected);
		assert_memory_equal(digest, expected, 32);
		message[129] ^= 1;
	}
}

TEST(pair_hashes_two_digests_side_by_side)
{
	for (int round = 0; round < 50; round++)
	{
		uint8_t pair[2][32];
		uint8_t expected[32];
		uint8_t digest[32];

		random_bytes(pair, sizeof(pair));
		sha256_twice(pair, sizeof(pair), expected);
		sha256d_pair(pair[0], pair[1], digest);
		assert_memory_equal(digest, expected, 32);
	}
}

TEST(pair_may_overwrite_either_digest)
{
	uint8_t left[32], right[32], both[32];
	uint8_t expected[32];
	uint8_t kept[32];

	random_bytes(left, 32);
	random_bytes(right, 32);
	memcpy(kept, left, 32);
	sha256d_pair(left, right, expected);
	sha256d_pair(left, right, left);
	assert_memory_equal(left, expected, 32);
	sha256d_pair(kept, right, right);
	assert_memory_equal(right, expected, 32);

	memcpy(both, kept, 32);
	sha256d_pair(kept, kept, expected);
	sha256d_pair(both, both, both);
	assert_memory_equal(both, expected, 32);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(genesis_header_hashes_to_its_block_hash),
		cmocka_unit_test(headers_of_a_batch_hash_to_their_block_hashes),
		cmocka_unit_test(every_count_of_headers_hashes_each_and_no_more),
		cmocka_unit_test(every_length_is_hashed_twice),
		cmocka_unit_test(digest_may_overwrite_the_message),
		cmocka_unit_test(copied_midstate_finishes_as_sha256d),
		cmocka_unit_test(pair_hashes_two_digests_side_by_side),
		cmocka_unit_test(pair_may_overwrite_either_digest),
	};

	return cmocka_run_group_tests_name("sha256d", tests, NULL, NULL);
}
