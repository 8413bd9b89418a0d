/*
 * test_sha256.c
 *	  SHA-256: published vectors, and every code path against the others.
 */
#include "unit.h"

#include "pow/sha256.h"
#include "pow/sha256_internal.h"

typedef struct Vector
{
	const char *message; /* hex */
	const char *digest;
} Vector;

static void
assert_sha256(const void *data, size_t length, const char *digest_hex)
{
	uint8_t digest[SHA256_DIGEST_BYTES];

	sha256(data, length, digest);
	assert_bytes_are(digest, digest_hex);
}

/* NIST, "Descriptions of SHA-256, SHA-384 and SHA-512" and FIPS 180-4 */
TEST(one_block_message_hashes_as_in_fips_180_4)
{
	assert_sha256("abc", 3,
				  "ba7816bf8f01cfea414140de5dae2223"
				  "b00361a396177a9cb410ff61f20015ad");
}

TEST(two_block_message_hashes_as_in_fips_180_4)
{
	const char *text =
		"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";

	assert_sha256(text, strlen(text),
				  "248d6a61d20638b8e5c026930c3e6039"
				  "a33ce45964ff2167f6ecedd419db06c1");
}

/* NIST CSRC, "Examples with Intermediate Values", SHA256 additional */
TEST(message_of_896_bits_hashes_as_nist_says)
{
	const char *text =
		"abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmn"
		"hijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu";

	assert_int_equal(strlen(text), 112);
	assert_sha256(text, strlen(text),
				  "cf5b16a778af8380036ce59e7b049237"
				  "0b249b11e8f07a51afac45037afee9d1");
}

TEST(a_million_a_hash_as_in_fips_180_4)
{
	Sha256 ctx;
	uint8_t digest[SHA256_DIGEST_BYTES];
	uint8_t text[1000];

	memset(text, 'a', sizeof(text));
	sha256_init(&ctx);
	for (int i = 0; i < 1000; i++)
		sha256_update(&ctx, text, sizeof(text));
	sha256_final(&ctx, digest);
	assert_bytes_are(digest, "cdc76e5c9914fb9281a1c7e284d73e67"
							 "f1809a48a497200e046d39ccc7112cd0");
}

TEST(empty_message_is_hashed_without_memory)
{
	assert_sha256(NULL, 0,
				  "e3b0c44298fc1c149afbf4c8996fb924"
				  "27ae41e4649b934ca495991b7852b855");
}

/* NIST CAVP, SHA256ShortMsg.rsp */
TEST(short_messages_hash_as_in_cavp)
{
	static const Vector vectors[] = {
		{"d3",
		 "28969cdfa74a12c82f3bad960b0b000aca2ac329deea5c2328ebc6f2ba9802c1"},
		{"11af",
		 "5ca7133fa735326081558ac312c620eeca9970d1e70a4b95533d956f072d1f98"},
		{"b4190e",
		 "dff2e73091f6c05e528896c4c831b9448653dc2ff043528f6769437bc7b975c2"},
		{"74ba2521",
		 "b16aa56be3880d18cd41e68384cf1ec8c17680c45a02b1575dc1518923ae8b0e"},
		{"c299209682",
		 "f0887fe961c9cd3beab957e8222494abb969b1ce4c6557976df8b0f6d20e9166"},
		{"09fc1accc230a205e4a208e64a8f204291f581a12756392da4b8c0cf5ef02b95",
		 "4f44c1c7fbebb6f9601829f3897bfd650c56fa07844be76489076356ac1886a4"},
		{"5a86b737eaea8ee976a0a24da63e7ed7eefad18a101c1211e2b3650c5187c2a8"
		 "a650547208251f6d4237e661c7bf4c77f335390394c37fa1a9f9be836ac28509",
		 "42e61e174fbb3897d6dd6cef3dd2802fe67b331953b06114a65c772859dfc1aa"},
	};

	for (size_t i = 0; i < lengthof(vectors); i++)
	{
		uint8_t message[64];
		size_t length = unhex(vectors[i].message, message, sizeof(message));

		assert_sha256(message, length, vectors[i].digest);
	}
}

/* NIST CAVP, SHA256Monte.rsp, COUNT = 0; the procedure is SHAVS 6.4 */
TEST(monte_carlo_ends_as_in_cavp)
{
	uint8_t last[3][SHA256_DIGEST_BYTES];

	for (int i = 0; i < 3; i++)
		unhex(
			"6d1e72ad03ddeb5de891e572e2396f8da015d899ef0e79503152d6010a3fe691",
			last[i], SHA256_DIGEST_BYTES);
	for (int i = 0; i < 1000; i++)
	{
		uint8_t digest[SHA256_DIGEST_BYTES];

		sha256(last, sizeof(last), digest);
		memmove(last[0], last[1], 2 * SHA256_DIGEST_BYTES);
		memcpy(last[2], digest, SHA256_DIGEST_BYTES);
	}
	assert_bytes_are(
		last[2],
		"e93c330ae5447738c8aa85d71a6c80f2a58381d05872d26bdd39f1fcd4f2b788");
}

/* FIPS 180-4, 5.1.1, by hand: message, 0x80, zeros, length in bits */
static void
sha256_by_hand(const uint8_t *message, size_t length,
			   uint8_t digest[SHA256_DIGEST_BYTES])
{
	size_t padded = (length + 9 + 63) / 64 * 64;
	uint8_t *blocks = calloc(padded, 1);
	uint32_t words[8];

	assert_non_null(blocks);
	memcpy(blocks, message, length);
	blocks[length] = 0x80;
	for (int i = 0; i < 8; i++)
		blocks[padded - 1 - i] = (uint8_t) ((uint64_t) length * 8 >> 8 * i);
	memcpy(words, sha256_initial_state, sizeof(words));
	sha256_transform_portable(words, blocks, padded / 64);
	for (int i = 0; i < 32; i++)
		digest[i] = (uint8_t) (words[i / 4] >> (24 - 8 * (i % 4)));
	free(blocks);
}

TEST(every_length_to_four_blocks_is_padded_right)
{
	uint8_t message[256];

	random_bytes(message, sizeof(message));
	for (size_t length = 0; length <= sizeof(message); length++)
	{
		uint8_t expected[SHA256_DIGEST_BYTES];
		uint8_t digest[SHA256_DIGEST_BYTES];

		sha256_by_hand(message, length, expected);
		sha256(message, length, digest);
		assert_memory_equal(digest, expected, sizeof(digest));
	}
}

TEST(cutting_a_message_anywhere_changes_nothing)
{
	uint8_t message[200];
	uint8_t expected[SHA256_DIGEST_BYTES];

	random_bytes(message, sizeof(message));
	sha256(message, sizeof(message), expected);
	for (size_t first = 0; first <= sizeof(message); first++)
		for (size_t second = first; second <= sizeof(message); second += 7)
		{
			Sha256 ctx;
			uint8_t digest[SHA256_DIGEST_BYTES];

			sha256_init(&ctx);
			sha256_update(&ctx, message, first);
			sha256_update(&ctx, message + first, second - first);
			sha256_update(&ctx, NULL, 0);
			sha256_update(&ctx, message + second, sizeof(message) - second);
			sha256_final(&ctx, digest);
			assert_memory_equal(digest, expected, sizeof(digest));
		}
}

TEST(a_copied_midstate_goes_its_own_way)
{
	Sha256 front, copy;
	uint8_t message[150];
	uint8_t expected[SHA256_DIGEST_BYTES];
	uint8_t digest[SHA256_DIGEST_BYTES];

	random_bytes(message, sizeof(message));
	sha256_init(&front);
	sha256_update(&front, message, 100);

	for (int i = 0; i < 3; i++)
	{
		message[120] = (uint8_t) i;
		copy = front;
		sha256_update(&copy, message + 100, 50);
		sha256_final(&copy, digest);
		sha256(message, sizeof(message), expected);
		assert_memory_equal(digest, expected, sizeof(digest));
	}
}

/* Random blocks from memory of every alignment, one to seven at once. */
static void
assert_transforms_agree(void (*transform)(uint32_t[8], const uint8_t *, size_t))
{
	uint8_t memory[7 * SHA256_BLOCK_BYTES + 15];

	for (int round = 0; round < 300; round++)
	{
		size_t offset = (size_t) round % 16;
		size_t blocks = (size_t) round % 8;
		uint32_t expected[8];
		uint32_t words[8];

		random_bytes(memory, sizeof(memory));
		random_bytes(words, sizeof(words));
		memcpy(expected, words, sizeof(words));
		transform(words, memory + offset, blocks);
		sha256_transform_portable(expected, memory + offset, blocks);
		assert_memory_equal(words, expected, sizeof(words));
	}
}

static void
assert_pair_agrees(void (*transform_pair)(uint32_t[2][8],
										  const uint8_t[2][SHA256_BLOCK_BYTES]))
{
	for (int round = 0; round < 300; round++)
	{
		uint8_t blocks[2][SHA256_BLOCK_BYTES];
		uint32_t expected[2][8];
		uint32_t words[2][8];

		random_bytes(blocks, sizeof(blocks));
		random_bytes(words, sizeof(words));
		memcpy(expected, words, sizeof(words));
		transform_pair(words, (const uint8_t(*)[SHA256_BLOCK_BYTES]) blocks);
		for (int i = 0; i < 2; i++)
			sha256_transform_portable(expected[i], blocks[i], 1);
		assert_memory_equal(words, expected, sizeof(words));
	}
}

TEST(the_chosen_transform_agrees_with_the_portable)
{
	assert_transforms_agree(sha256_transform);
}

TEST(the_chosen_pair_agrees_with_the_portable)
{
	assert_pair_agrees(sha256_transform_pair);
}

TEST(shani_agrees_with_the_portable)
{
#ifdef SHA256_HAVE_SHANI
	if (!sha256_shani_supported())
		skip();
	assert_transforms_agree(sha256_transform_shani);
#else
	skip();
#endif
}

TEST(shani_pair_agrees_with_the_portable)
{
#ifdef SHA256_HAVE_SHANI
	if (!sha256_shani_supported())
		skip();
	assert_pair_agrees(sha256_transform_pair_shani);
#else
	skip();
#endif
}

TEST(the_best_code_of_this_cpu_is_chosen)
{
	const char *expected = "portable";

#ifdef SHA256_HAVE_SHANI
	if (sha256_shani_supported())
		expected = "sha-ni";
#endif
	assert_string_equal(sha256_implementation(), expected);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_block_message_hashes_as_in_fips_180_4),
		cmocka_unit_test(two_block_message_hashes_as_in_fips_180_4),
		cmocka_unit_test(message_of_896_bits_hashes_as_nist_says),
		cmocka_unit_test(a_million_a_hash_as_in_fips_180_4),
		cmocka_unit_test(empty_message_is_hashed_without_memory),
		cmocka_unit_test(short_messages_hash_as_in_cavp),
		cmocka_unit_test(monte_carlo_ends_as_in_cavp),
		cmocka_unit_test(every_length_to_four_blocks_is_padded_right),
		cmocka_unit_test(cutting_a_message_anywhere_changes_nothing),
		cmocka_unit_test(a_copied_midstate_goes_its_own_way),
		cmocka_unit_test(the_chosen_transform_agrees_with_the_portable),
		cmocka_unit_test(the_chosen_pair_agrees_with_the_portable),
		cmocka_unit_test(shani_agrees_with_the_portable),
		cmocka_unit_test(shani_pair_agrees_with_the_portable),
		cmocka_unit_test(the_best_code_of_this_cpu_is_chosen),
	};

	return cmocka_run_group_tests_name("sha256", tests, NULL, NULL);
}
