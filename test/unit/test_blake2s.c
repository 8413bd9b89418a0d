/*
 * test_blake2s.c
 *	  BLAKE2s: RFC 7693's appendices, the reference's known answers, and the
 *	  algorithm made of it.
 */
#include "unit.h"

#include "pow/blake2s_internal.h"
#include "pow/pow.h"

#define SELFTEST_MESSAGE_MAX 1024

static void
assert_blake2s(const void *data, size_t length, const void *key,
			   size_t key_length, const char *digest_hex)
{
	Blake2sInput input = {data, length, key, key_length};
	uint8_t digest[BLAKE2S_DIGEST_MAX_BYTES];

	blake2s(&input, digest, sizeof(digest));
	assert_bytes_are(digest, digest_hex);
}

/* RFC 7693, appendix B */
TEST(abc_hashes_as_in_rfc_7693)
{
	assert_blake2s(
		"abc", 3, NULL, 0,
		"508c5e8c327c14e2e1a72ba34eeb452f37458b209ed63a294d999b4c86675982");
}

/* RFC 7693, appendix E: deterministic sequences (Fibonacci generator) */
static void
selftest_sequence(uint8_t *out, size_t length, uint32_t seed)
{
	uint32_t a = 0xdead4bad * seed;
	uint32_t b = 1;

	for (size_t i = 0; i < length; i++)
	{
		uint32_t t = a + b;

		a = b;
		b = t;
		out[i] = (uint8_t) (t >> 24);
	}
}

/* RFC 7693, appendix E: the hash of all hashes, keyed and not */
TEST(self_test_ends_as_in_rfc_7693)
{
	static const size_t digest_lengths[] = {16, 20, 28, 32};
	static const size_t message_lengths[] = {0, 3, 64, 65, 255, 1024};
	uint8_t message[SELFTEST_MESSAGE_MAX];
	uint8_t key[BLAKE2S_KEY_MAX_BYTES];
	uint8_t all[2 * 6 * (16 + 20 + 28 + 32)];
	size_t used = 0;

	for (size_t i = 0; i < lengthof(digest_lengths); i++)
		for (size_t j = 0; j < lengthof(message_lengths); j++)
		{
			size_t digest_length = digest_lengths[i];
			size_t length = message_lengths[j];
			Blake2sInput input = {message, length, NULL, 0};

			selftest_sequence(message, length, (uint32_t) length);
			blake2s(&input, all + used, digest_length);
			used += digest_length;

			selftest_sequence(key, digest_length, (uint32_t) digest_length);
			input.key = key;
			input.key_length = digest_length;
			blake2s(&input, all + used, digest_length);
			used += digest_length;
		}
	assert_int_equal(used, sizeof(all));
	assert_blake2s(
		all, sizeof(all), NULL, 0,
		"6a411f08ce25adcdfb02aba641451cec53c598b24f4fc787fbdc88797f4c1dfe");
}

TEST(empty_message_is_hashed_without_memory)
{
	assert_blake2s(
		NULL, 0, NULL, 0,
		"69217a3079908094e11121d042354a7c1f55b6482ca1a51e1b250dfd1ed0eef9");
}

/* BLAKE2's testvectors/blake2s-kat.txt: key and input 00 01 02 ... */
TEST(keyed_messages_hash_as_the_known_answers_say)
{
	uint8_t count_up[255];

	for (size_t i = 0; i < sizeof(count_up); i++)
		count_up[i] = (uint8_t) i;
	assert_blake2s(
		NULL, 0, count_up, 32,
		"48a8997da407876b3d79c0d92325ad3b89cbb754d86ab71aee047ad345fd2c49");
	assert_blake2s(
		count_up, 1, count_up, 32,
		"40d15fee7c328830166ac3f918650f807e7e01e177258cdc0a39b11f598066f1");
	assert_blake2s(
		count_up, 255, count_up, 32,
		"3fb735061abc519dfe979e54c1ee5bfad0a9d858b3315bad34bde999efd724dd");
}

TEST(short_digest_is_a_hash_of_its_own_and_writes_no_more)
{
	Blake2sInput input = {(const uint8_t *) "abc", 3, NULL, 0};
	uint8_t longest[BLAKE2S_DIGEST_MAX_BYTES];

	blake2s(&input, longest, sizeof(longest));
	for (size_t length = 4; length < sizeof(longest); length++)
	{
		uint8_t digest[BLAKE2S_DIGEST_MAX_BYTES];

		memset(digest, CANARY, sizeof(digest));
		blake2s(&input, digest, length);
		assert_memory_not_equal(digest, longest, length);
		for (size_t i = length; i < sizeof(digest); i++)
			assert_int_equal(digest[i], CANARY);
	}
}

TEST(the_algorithm_is_the_unkeyed_hash_of_32_bytes)
{
	const PowAlgorithm *algorithm = pow_find("blake2s");
	uint8_t hash[POW_HASH_BYTES];

	algorithm->hash((const uint8_t *) "abc", 3, hash);
	assert_bytes_are(
		hash,
		"508c5e8c327c14e2e1a72ba34eeb452f37458b209ed63a294d999b4c86675982");
	assert_string_equal(algorithm->implementation(), "portable");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(abc_hashes_as_in_rfc_7693),
		cmocka_unit_test(self_test_ends_as_in_rfc_7693),
		cmocka_unit_test(empty_message_is_hashed_without_memory),
		cmocka_unit_test(keyed_messages_hash_as_the_known_answers_say),
		cmocka_unit_test(short_digest_is_a_hash_of_its_own_and_writes_no_more),
		cmocka_unit_test(the_algorithm_is_the_unkeyed_hash_of_32_bytes),
	};

	return cmocka_run_group_tests_name("blake2s", tests, NULL, NULL);
}
