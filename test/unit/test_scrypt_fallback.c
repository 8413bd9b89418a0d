/*
 * test_scrypt_fallback.c
 *	  The choices that pow/scrypt.c makes on other CPUs, or without memory,
 *	  against the one it makes here.
 *
 * The file is compiled in once more, under other names, so that its choice can
 * be set from here.
 */
#include "unit.h"

#define scrypt_portable	 fallback_portable
#define scrypt_salsa20_8 fallback_salsa20_8
#define scrypt_block_mix fallback_block_mix
#define hmac_sha256_init fallback_hmac_sha256_init
#define pbkdf2_sha256	 fallback_pbkdf2_sha256
#define pow_scrypt		 fallback_pow_scrypt
#define aligned_alloc	 fallback_aligned_alloc

static void *fallback_aligned_alloc(size_t alignment, size_t size);

#include "pow/scrypt.c"

#undef aligned_alloc

#define HEADERS_MAX 33

static bool out_of_memory = false;

static void *
fallback_aligned_alloc(size_t alignment, size_t size)
{
	return out_of_memory ? NULL : aligned_alloc(alignment, size);
}

/* All counts of headers, hashed by the choice that is set. */
static void
assert_hashes_agree(void)
{
	const PowAlgorithm *chosen = pow_find("scrypt");
	uint8_t headers[HEADERS_MAX][POW_HEADER_BYTES];
	uint8_t expected[HEADERS_MAX][POW_HASH_BYTES];

	random_bytes(headers, sizeof(headers));
	for (size_t i = 0; i < HEADERS_MAX; i++)
		chosen->hash(headers[i], POW_HEADER_BYTES, expected[i]);
	for (size_t count = 0; count <= HEADERS_MAX; count++)
	{
		uint8_t hashes[HEADERS_MAX + 1][POW_HASH_BYTES];

		memset(hashes, CANARY, sizeof(hashes));
		fallback_pow_scrypt.hash_headers(
			(const uint8_t(*)[POW_HEADER_BYTES]) headers, count, hashes);
		assert_memory_equal(hashes, expected, count * POW_HASH_BYTES);
		for (size_t i = 0; i < POW_HASH_BYTES; i++)
			assert_int_equal(hashes[count][i], CANARY);
	}
}

static void
choose(const ScryptCode *single, const ScryptCode *group)
{
	if (group != NULL && !group->supported())
		skip();
	single_code = single;
	group_code = group;
}

TEST(portable_code_alone_hashes_the_same)
{
	choose(&fallback_portable, NULL);
	assert_string_equal(fallback_pow_scrypt.implementation(), "portable");
	assert_hashes_agree();
}

#ifdef SCRYPT_HAVE_SIMD
TEST(sse2_alone_hashes_the_same)
{
	choose(&scrypt_sse2, NULL);
	assert_string_equal(fallback_pow_scrypt.implementation(), "sse2");
	assert_hashes_agree();
}

TEST(without_memory_for_a_group_headers_go_one_by_one)
{
	choose(&scrypt_sse2, &scrypt_avx2);
	out_of_memory = true;
	assert_hashes_agree();
	out_of_memory = false;
}

/* the scratch memory is kept from here on: the widest first */
TEST(avx512_groups_hash_the_same)
{
	choose(&scrypt_sse2, &scrypt_avx512);
	assert_hashes_agree();
}

TEST(avx2_groups_hash_the_same)
{
	choose(&scrypt_sse2, &scrypt_avx2);
	assert_string_equal(fallback_pow_scrypt.implementation(), "avx2");
	assert_hashes_agree();
}
#endif

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(portable_code_alone_hashes_the_same),
#ifdef SCRYPT_HAVE_SIMD
		cmocka_unit_test(sse2_alone_hashes_the_same),
		cmocka_unit_test(without_memory_for_a_group_headers_go_one_by_one),
		cmocka_unit_test(avx512_groups_hash_the_same),
		cmocka_unit_test(avx2_groups_hash_the_same),
#endif
	};

	return cmocka_run_group_tests_name("scrypt_fallback", tests, NULL, NULL);
}
