/*
 * test_pow_registry.c
 *	  The registry, and what every algorithm in it must keep.
 */
#include "unit.h"

#include "pow/pow.h"

#define HEADERS_MAX 33

TEST(every_algorithm_is_found_by_its_name)
{
	const PowAlgorithm *algorithm;
	size_t count = 0;

	for (; (algorithm = pow_at(count)) != NULL; count++)
		assert_ptr_equal(pow_find(algorithm->name), algorithm);
	assert_true(count >= 3);
}

TEST(the_algorithms_of_the_schema_are_there)
{
	assert_non_null(pow_find("sha256d"));
	assert_non_null(pow_find("scrypt"));
	assert_non_null(pow_find("blake2s"));
}

TEST(other_names_are_not_found)
{
	assert_null(pow_find(""));
	assert_null(pow_find("sha256"));
	assert_null(pow_find("SHA256D"));
	assert_null(pow_find("scrypt "));
}

TEST(past_the_last_there_is_nothing)
{
	size_t count = 0;

	while (pow_at(count) != NULL)
		count++;
	assert_null(pow_at(count + 1));
	assert_null(pow_at(SIZE_MAX));
}

/* DESIGN.md, 6: 2^32 hashes for sha256d, 2^16 for scrypt */
TEST(difficulty_1_costs_what_miners_expect)
{
	assert_int_equal(pow_find("sha256d")->difficulty1_bits, 32);
	assert_int_equal(pow_find("scrypt")->difficulty1_bits, 16);
	assert_int_equal(pow_find("blake2s")->difficulty1_bits, 32);
}

TEST(a_batch_hashes_as_each_header_alone)
{
	const PowAlgorithm *algorithm;

	for (size_t i = 0; (algorithm = pow_at(i)) != NULL; i++)
	{
		uint8_t headers[HEADERS_MAX][POW_HEADER_BYTES];
		uint8_t hashes[HEADERS_MAX][POW_HASH_BYTES];

		random_bytes(headers, sizeof(headers));
		algorithm->hash_headers((const uint8_t(*)[POW_HEADER_BYTES]) headers,
								HEADERS_MAX, hashes);
		for (size_t j = 0; j < HEADERS_MAX; j++)
		{
			uint8_t expected[POW_HASH_BYTES];

			algorithm->hash(headers[j], POW_HEADER_BYTES, expected);
			assert_memory_equal(hashes[j], expected, POW_HASH_BYTES);
		}
	}
}

TEST(a_message_of_any_length_can_be_hashed_unaligned)
{
	const PowAlgorithm *algorithm;
	uint8_t memory[301];
	uint8_t aligned[300];

	random_bytes(memory, sizeof(memory));
	memcpy(aligned, memory + 1, sizeof(aligned));
	for (size_t i = 0; (algorithm = pow_at(i)) != NULL; i++)
		for (size_t length = 0; length <= sizeof(aligned); length += 50)
		{
			uint8_t hash[POW_HASH_BYTES];
			uint8_t expected[POW_HASH_BYTES];

			algorithm->hash(memory + 1, length, hash);
			algorithm->hash(aligned, length, expected);
			assert_memory_equal(hash, expected, POW_HASH_BYTES);
		}
}

TEST(every_implementation_has_a_name)
{
	const PowAlgorithm *algorithm;

	for (size_t i = 0; (algorithm = pow_at(i)) != NULL; i++)
		assert_true(strlen(algorithm->implementation()) > 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_algorithm_is_found_by_its_name),
		cmocka_unit_test(the_algorithms_of_the_schema_are_there),
		cmocka_unit_test(other_names_are_not_found),
		cmocka_unit_test(past_the_last_there_is_nothing),
		cmocka_unit_test(difficulty_1_costs_what_miners_expect),
		cmocka_unit_test(a_batch_hashes_as_each_header_alone),
		cmocka_unit_test(a_message_of_any_length_can_be_hashed_unaligned),
		cmocka_unit_test(every_implementation_has_a_name),
	};

	return cmocka_run_group_tests_name("pow_registry", tests, NULL, NULL);
}
