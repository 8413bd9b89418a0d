/*
 * test_scrypt.c
 *	  scrypt from its parts up: RFC 4231 (HMAC), RFC 7914 (PBKDF2, Salsa20/8,
 *	  BlockMix, ROMix, scrypt), Litecoin's headers, and every code path against
 *	  the portable one.
 */
#include "unit.h"

#include "byte_order.h"
#include "pow/pow.h"
#include "pow/scrypt_internal.h"

/* headers in one call: two full groups of the widest code and one more */
#define HEADERS_MAX (2 * SCRYPT_MAX_LANES + 1)

/* RFC 7914's ROMix vectors have this cost */
#define RFC_N 16

/* RFC 7914, 9: input of BlockMix; 10: of ROMix */
#define RFC_BLOCK                                                      \
	"f7ce0b653d2d72a4108cf5abe912ffdd777616dbbb27a70e8204f3ae2d0f6fad" \
	"89f68f4811d1e87bcc3bd7400a9ffd29094f0184639574f39ae5a1315217bcd7" \
	"894991447213bb226c25b54da86370fbcd984380374666bb8ffcb5bf40c254b0" \
	"67d27c51ce4ad5fed829c90b505a571b7f4d1cad6a523cda770e67bceaaf7e89"

/* RFC 7914, 10: output of ROMix with N = 16 */
#define RFC_ROMIX                                                      \
	"79ccc193629debca047f0b70604bf6b62ce3dd4a9626e355fafc6198e6ea2b46" \
	"d58413673b99b029d665c357601fb426a0b2f4bba200ee9f0a43d19b571a9c71" \
	"ef1142e65d5a266fddca832ce59faa7cac0b9cf1be2bffca300d01ee387619c4" \
	"ae12fd4438f203a0e4e1c47ec314861f4e9087cb33396a6873e8f9d2539a4b8e"

static void
words_from_hex(const char *hex, uint32_t *words, size_t count)
{
	uint8_t bytes[SCRYPT_BLOCK_BYTES];

	assert_int_equal(unhex(hex, bytes, sizeof(bytes)), 4 * count);
	for (size_t i = 0; i < count; i++)
		words[i] = load_le32(bytes + 4 * i);
}

static void
assert_words_are(const uint32_t *words, size_t count, const char *hex)
{
	uint32_t expected[SCRYPT_BLOCK_WORDS];

	words_from_hex(hex, expected, count);
	assert_memory_equal(words, expected, 4 * count);
}

/* RFC 2104 with what hmac_sha256_init() has keyed. */
static void
assert_hmac(const void *key, size_t key_length, const void *data, size_t length,
			const char *digest_hex)
{
	HmacSha256 hmac;
	uint8_t digest[SHA256_DIGEST_BYTES];

	hmac_sha256_init(&hmac, key, key_length);
	sha256_update(&hmac.inner, data, length);
	sha256_final(&hmac.inner, digest);
	sha256_update(&hmac.outer, digest, sizeof(digest));
	sha256_final(&hmac.outer, digest);
	assert_bytes_are(digest, digest_hex);
}

/* RFC 4231, test cases 1 to 4 */
TEST(hmac_of_short_keys_is_as_in_rfc_4231)
{
	uint8_t key[25];
	uint8_t data[50];

	memset(key, 0x0b, 20);
	assert_hmac(
		key, 20, "Hi There", 8,
		"b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
	assert_hmac(
		"Jefe", 4, "what do ya want for nothing?", 28,
		"5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
	memset(key, 0xaa, 20);
	memset(data, 0xdd, 50);
	assert_hmac(
		key, 20, data, 50,
		"773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe");
	for (uint8_t i = 0; i < 25; i++)
		key[i] = i + 1;
	memset(data, 0xcd, 50);
	assert_hmac(
		key, 25, data, 50,
		"82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b");
}

/* RFC 4231, test cases 6 and 7 */
TEST(hmac_of_a_key_beyond_a_block_is_as_in_rfc_4231)
{
	const char *short_data =
		"Test Using Larger Than Block-Size Key - Hash Key First";
	const char *long_data =
		"This is a test using a larger than block-size key and a larger than "
		"block-size data. The key needs to be hashed before being used by the "
		"HMAC algorithm.";
	uint8_t key[131];

	memset(key, 0xaa, sizeof(key));
	assert_hmac(
		key, sizeof(key), short_data, strlen(short_data),
		"60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
	assert_hmac(
		key, sizeof(key), long_data, strlen(long_data),
		"9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2");
}

/* RFC 7914, 11 (the vector with one iteration) */
TEST(pbkdf2_is_as_in_rfc_7914)
{
	HmacSha256 keyed;
	uint8_t out[64];

	hmac_sha256_init(&keyed, "passwd", 6);
	pbkdf2_sha256(&keyed, (Salt){"salt", 4}, out, sizeof(out));
	assert_bytes_are(
		out,
		"55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc"
		"49ca9cccf179b645991664b39d77ef317c71b845b1e30bd509112041d3a19783");
}

TEST(pbkdf2_of_any_length_is_the_front_of_a_longer_one)
{
	HmacSha256 keyed;
	uint8_t longest[100];

	hmac_sha256_init(&keyed, "passwd", 6);
	pbkdf2_sha256(&keyed, (Salt){"salt", 4}, longest, sizeof(longest));
	for (size_t length = 0; length < sizeof(longest); length++)
	{
		uint8_t out[sizeof(longest)];

		memset(out, CANARY, sizeof(out));
		pbkdf2_sha256(&keyed, (Salt){"salt", 4}, out, length);
		assert_memory_equal(out, longest, length);
		assert_int_equal(out[length], CANARY);
	}
}

/* RFC 7914, 8 */
TEST(salsa20_8_is_as_in_rfc_7914)
{
	uint32_t words[16];

	words_from_hex(
		"7e879a214f3ec9867ca940e641718f26baee555b8c61c1b50df846116dcd3b1d"
		"ee24f319df9b3d8514121e4b5ac5aa3276021d2909c74829edebc68db8b8c25e",
		words, 16);
	scrypt_salsa20_8(words);
	assert_words_are(
		words, 16,
		"a41f859c6608cc993b81cacb020cef05044b2181a2fd337dfd7b1c6396682f29"
		"b4393168e3c9e6bcfe6bc5b7a06d96bae424cc102c91745c24ad673dc7618f81");
}

/* RFC 7914, 9 */
TEST(block_mix_is_as_in_rfc_7914)
{
	uint32_t block[SCRYPT_BLOCK_WORDS];

	words_from_hex(RFC_BLOCK, block, SCRYPT_BLOCK_WORDS);
	scrypt_block_mix(block);
	assert_words_are(
		block, SCRYPT_BLOCK_WORDS,
		"a41f859c6608cc993b81cacb020cef05044b2181a2fd337dfd7b1c6396682f29"
		"b4393168e3c9e6bcfe6bc5b7a06d96bae424cc102c91745c24ad673dc7618f81"
		"20edc975323881a80540f64c162dcd3c21077cfe5f8d5fe2b1a4168f953678b7"
		"7d3b3d803b60e4ab920996e59b4d53b65d2a225877d5edf5842cb9f14eefe425");
}

static uint32_t *
new_scratch(const ScryptCode *code, uint32_t n)
{
	uint32_t *scratch =
		aligned_alloc(SCRYPT_ALIGNMENT, code->lanes * n * SCRYPT_BLOCK_BYTES);

	assert_non_null(scratch);
	return scratch;
}

/* RFC 7914, 10, in every lane */
static void
assert_romix_of_rfc(const ScryptCode *code)
{
	uint32_t blocks[SCRYPT_MAX_LANES][SCRYPT_BLOCK_WORDS];
	uint32_t *scratch;

	if (!code->supported())
		skip();
	assert_true(code->lanes >= 1 && code->lanes <= SCRYPT_MAX_LANES);
	scratch = new_scratch(code, RFC_N);
	for (size_t i = 0; i < code->lanes; i++)
		words_from_hex(RFC_BLOCK, blocks[i], SCRYPT_BLOCK_WORDS);
	code->romix(blocks, scratch, RFC_N);
	for (size_t i = 0; i < code->lanes; i++)
		assert_words_are(blocks[i], SCRYPT_BLOCK_WORDS, RFC_ROMIX);
	free(scratch);
}

TEST(portable_romix_is_as_in_rfc_7914)
{
	assert_romix_of_rfc(&scrypt_portable);
}

#ifdef SCRYPT_HAVE_SIMD
/* Random blocks, another in each lane; what lies past the lanes stays. */
static void
assert_romix_agrees(const ScryptCode *code, uint32_t n)
{
	uint32_t *scratch, *single;

	if (!code->supported())
		skip();
	scratch = new_scratch(code, n);
	single = new_scratch(&scrypt_portable, n);
	for (int round = 0; round < 8; round++)
	{
		uint32_t blocks[SCRYPT_MAX_LANES + 1][SCRYPT_BLOCK_WORDS];
		uint32_t expected[SCRYPT_MAX_LANES + 1][SCRYPT_BLOCK_WORDS];

		random_bytes(blocks, sizeof(blocks));
		memcpy(expected, blocks, sizeof(blocks));
		code->romix(blocks, scratch, n);
		for (size_t i = 0; i < code->lanes; i++)
			scrypt_portable.romix(&expected[i], single, n);
		assert_memory_equal(blocks, expected, sizeof(blocks));
	}
	free(single);
	free(scratch);
}

TEST(sse2_romix_is_as_in_rfc_7914)
{
	assert_romix_of_rfc(&scrypt_sse2);
}

TEST(avx2_romix_is_as_in_rfc_7914)
{
	assert_romix_of_rfc(&scrypt_avx2);
}

TEST(avx512_romix_is_as_in_rfc_7914)
{
	assert_romix_of_rfc(&scrypt_avx512);
}

TEST(sse2_romix_agrees_with_the_portable)
{
	assert_romix_agrees(&scrypt_sse2, 2);
	assert_romix_agrees(&scrypt_sse2, SCRYPT_N);
}

TEST(avx2_romix_agrees_with_the_portable)
{
	assert_romix_agrees(&scrypt_avx2, 2);
	assert_romix_agrees(&scrypt_avx2, SCRYPT_N);
}

TEST(avx512_romix_agrees_with_the_portable)
{
	assert_romix_agrees(&scrypt_avx512, 2);
	assert_romix_agrees(&scrypt_avx512, SCRYPT_N);
}
#endif

/* RFC 7914, 12: scrypt("", "", N = 16, r = 1, p = 1), put together here */
TEST(the_parts_make_the_scrypt_of_rfc_7914)
{
	HmacSha256 keyed;
	uint8_t bytes[SCRYPT_BLOCK_BYTES];
	uint32_t block[1][SCRYPT_BLOCK_WORDS];
	uint32_t *scratch = new_scratch(&scrypt_portable, RFC_N);
	uint8_t out[64];

	hmac_sha256_init(&keyed, "", 0);
	pbkdf2_sha256(&keyed, (Salt){NULL, 0}, bytes, sizeof(bytes));
	for (int i = 0; i < SCRYPT_BLOCK_WORDS; i++)
		block[0][i] = load_le32(bytes + 4 * i);
	scrypt_portable.romix(block, scratch, RFC_N);
	for (int i = 0; i < SCRYPT_BLOCK_WORDS; i++)
		store_le32(bytes + 4 * i, block[0][i]);
	pbkdf2_sha256(&keyed, (Salt){bytes, sizeof(bytes)}, out, sizeof(out));
	assert_bytes_are(
		out,
		"77d6576238657b203b19ca42c18a0497f16b4844e3074ae8dfdffa3fede21442"
		"fcd0069ded0948f8326a753a0fc81f17e8d3e0fb2e0d3628cf35e20c38d18906");
	free(scratch);
}

typedef struct HeaderVector
{
	const char *header;
	const char *hash;
} HeaderVector;

/* the first is Litecoin's genesis, the others src/test/scrypt_tests.cpp */
static const HeaderVector litecoin_headers[] = {
	{"0100000000000000000000000000000000000000000000000000000000000000"
	 "00000000d9ced4ed1130f7b7faad9be25323ffafa33232a17c3edf6cfd97bee6"
	 "bafbdd97b9aa8e4ef0ff0f1ecd513f7c",
	 "0000050c34a64b415b6b15b37f2216634b5b1669cb9a2e38d76f7213b0671e00"},
	{"020000004c1271c211717198227392b029a64a7971931d351b387bb80db027f2"
	 "70411e398a07046f7d4a08dd815412a8712f874a7ebf0507e3878bd24e20a3b7"
	 "3fd750a667d2f451eac7471b00de6659",
	 "00000000002bef4107f882f6115e0b01f348d21195dacd3582aa2dabd7985806"},
	{"0200000011503ee6a855e900c00cfdd98f5f55fffeaee9b6bf55bea9b852d9de"
	 "2ce35828e204eef76acfd36949ae56d1fbe81c1ac9c0209e6331ad56414f9072"
	 "506a77f8c6faf551eac7471b00389d01",
	 "00000000003a0d11bdd5eb634e08b7feddcfbbf228ed35d250daf19f1c88fc94"},
	{"02000000a72c8a177f523946f42f22c3e86b8023221b4105e8007e59e81f6beb"
	 "013e29aaf635295cb9ac966213fb56e046dc71df5b3f7f67ceaeab24038e743f"
	 "883aff1aaafaf551eac7471b0166249b",
	 "00000000000b40f895f288e13244728a6c2d9d59d8aff29c65f8dd5114a8ca81"},
	{"010000007824bc3a8a1b4628485eee3024abd8626721f7f870f8ad4d2f33a271"
	 "55167f6a4009d1285049603888fe85a84b6c803a53305a8d497965a5e896e1a0"
	 "0568359589faf551eac7471b0065434e",
	 "00000000003007005891cd4923031e99d8e8d72f6e8e7edc6a86181897e105fe"},
	{"0200000050bfd4e4a307a8cb6ef4aef69abc5c0f2d579648bd80d7733e1ccc3f"
	 "bc90ed664a7f74006cb11bde87785f229ecd366c2d4e44432832580e0608c579"
	 "e4cb76f383f7f551eac7471b00c36982",
	 "000000000018f0b426a4afc7130ccb47fa02af730d345b4fe7c7724d3800ec8c"},
};

TEST(litecoin_headers_hash_to_their_proof_of_work)
{
	const PowAlgorithm *algorithm = pow_find("scrypt");

	for (size_t i = 0; i < lengthof(litecoin_headers); i++)
	{
		uint8_t header[POW_HEADER_BYTES];
		uint8_t hash[POW_HASH_BYTES];

		assert_int_equal(
			unhex(litecoin_headers[i].header, header, sizeof(header)), 80);
		algorithm->hash(header, sizeof(header), hash);
		assert_hash_reads(hash, litecoin_headers[i].hash);
	}
}

TEST(litecoin_headers_of_a_batch_hash_to_their_proof_of_work)
{
	const PowAlgorithm *algorithm = pow_find("scrypt");
	uint8_t headers[lengthof(litecoin_headers)][POW_HEADER_BYTES];
	uint8_t hashes[lengthof(litecoin_headers)][POW_HASH_BYTES];

	for (size_t i = 0; i < lengthof(litecoin_headers); i++)
		unhex(litecoin_headers[i].header, headers[i], POW_HEADER_BYTES);
	algorithm->hash_headers((const uint8_t(*)[POW_HEADER_BYTES]) headers,
							lengthof(litecoin_headers), hashes);
	for (size_t i = 0; i < lengthof(litecoin_headers); i++)
		assert_hash_reads(hashes[i], litecoin_headers[i].hash);
}

TEST(every_count_of_headers_hashes_each_and_no_more)
{
	const PowAlgorithm *algorithm = pow_find("scrypt");
	uint8_t headers[HEADERS_MAX][POW_HEADER_BYTES];
	uint8_t expected[HEADERS_MAX][POW_HASH_BYTES];

	random_bytes(headers, sizeof(headers));
	for (size_t i = 0; i < HEADERS_MAX; i++)
		algorithm->hash(headers[i], POW_HEADER_BYTES, expected[i]);

	for (size_t count = 0; count <= HEADERS_MAX; count++)
	{
		uint8_t hashes[HEADERS_MAX + 1][POW_HASH_BYTES];

		memset(hashes, CANARY, sizeof(hashes));
		algorithm->hash_headers((const uint8_t(*)[POW_HEADER_BYTES]) headers,
								count, hashes);
		assert_memory_equal(hashes, expected, count * POW_HASH_BYTES);
		for (size_t i = 0; i < POW_HASH_BYTES; i++)
			assert_int_equal(hashes[count][i], CANARY);
	}
}

TEST(the_best_code_of_this_cpu_is_chosen)
{
	const char *expected = scrypt_portable.name;

#ifdef SCRYPT_HAVE_SIMD
	expected = scrypt_sse2.name;
	if (scrypt_avx2.supported())
		expected = scrypt_avx2.name;
	if (scrypt_avx512.supported())
		expected = scrypt_avx512.name;
#endif
	assert_string_equal(pow_find("scrypt")->implementation(), expected);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hmac_of_short_keys_is_as_in_rfc_4231),
		cmocka_unit_test(hmac_of_a_key_beyond_a_block_is_as_in_rfc_4231),
		cmocka_unit_test(pbkdf2_is_as_in_rfc_7914),
		cmocka_unit_test(pbkdf2_of_any_length_is_the_front_of_a_longer_one),
		cmocka_unit_test(salsa20_8_is_as_in_rfc_7914),
		cmocka_unit_test(block_mix_is_as_in_rfc_7914),
		cmocka_unit_test(portable_romix_is_as_in_rfc_7914),
#ifdef SCRYPT_HAVE_SIMD
		cmocka_unit_test(sse2_romix_is_as_in_rfc_7914),
		cmocka_unit_test(avx2_romix_is_as_in_rfc_7914),
		cmocka_unit_test(avx512_romix_is_as_in_rfc_7914),
		cmocka_unit_test(sse2_romix_agrees_with_the_portable),
		cmocka_unit_test(avx2_romix_agrees_with_the_portable),
		cmocka_unit_test(avx512_romix_agrees_with_the_portable),
#endif
		cmocka_unit_test(the_parts_make_the_scrypt_of_rfc_7914),
		cmocka_unit_test(litecoin_headers_hash_to_their_proof_of_work),
		cmocka_unit_test(
			litecoin_headers_of_a_batch_hash_to_their_proof_of_work),
		cmocka_unit_test(every_count_of_headers_hashes_each_and_no_more),
		cmocka_unit_test(the_best_code_of_this_cpu_is_chosen),
	};

	return cmocka_run_group_tests_name("scrypt", tests, NULL, NULL);
}
