/*
 * scrypt.c
 *	  scrypt with N = 1024, r = 1, p = 1 (RFC 7914): Litecoin's algorithm, in
 *	  which the message is both password and salt.
 *
 * A hash is PBKDF2, then 1024 steps that fill 128 kB and 1024 that read it at
 * unpredictable places, then PBKDF2 again.  Headers are hashed in groups as
 * wide as the CPU's vectors; the rest is hashed one by one.
 *
 * The scratch memory belongs to the process, so only one of its threads may
 * hash at a time.  A group's memory is allocated at first use and kept; if
 * that fails, headers are hashed one by one in a single lane's memory, which
 * always exists.
 */
#include <stdlib.h>
#include <string.h>

#include "byte_order.h"
#include "pow/registry.h"
#include "pow/scrypt_internal.h"

/* RFC 2104, 2 */
#define HMAC_INNER_PAD 0x36
#define HMAC_OUTER_PAD 0x5c

/*
 * A smaller group is faster one by one: a group takes a little longer than two
 * single hashes, however few of its lanes are used.
 */
#define GROUP_MIN 3

/* Key one of HMAC's two hashes. */
static void
start_padded(Sha256 *ctx, const uint8_t key[SHA256_BLOCK_BYTES], uint8_t pad)
{
	uint8_t block[SHA256_BLOCK_BYTES];

	for (int i = 0; i < SHA256_BLOCK_BYTES; i++)
		block[i] = key[i] ^ pad;
	sha256_init(ctx);
	sha256_update(ctx, block, sizeof(block));
}

void
hmac_sha256_init(HmacSha256 *hmac, const void *key, size_t length)
{
	uint8_t block[SHA256_BLOCK_BYTES] = {0};

	/* a key longer than a block is hashed first */
	if (length > SHA256_BLOCK_BYTES)
		sha256(key, length, block);
	else if (length > 0)
		memcpy(block, key, length);

	start_padded(&hmac->inner, block, HMAC_INNER_PAD);
	start_padded(&hmac->outer, block, HMAC_OUTER_PAD);
}

static void
hmac_sha256_final(HmacSha256 *hmac, uint8_t digest[SHA256_DIGEST_BYTES])
{
	uint8_t inner[SHA256_DIGEST_BYTES];

	sha256_final(&hmac->inner, inner);
	sha256_update(&hmac->outer, inner, sizeof(inner));
	sha256_final(&hmac->outer, digest);
}

void
pbkdf2_sha256(const HmacSha256 *keyed, Salt salt, uint8_t *out,
			  size_t out_length)
{
	HmacSha256 salted = *keyed;

	/* each part of the output is the MAC of the salt and the part's number */
	sha256_update(&salted.inner, salt.data, salt.length);
	for (uint32_t part = 1; out_length > 0; part++)
	{
		HmacSha256 hmac = salted;
		size_t length =
			out_length < SHA256_DIGEST_BYTES ? out_length : SHA256_DIGEST_BYTES;
		uint8_t number[4];
		uint8_t digest[SHA256_DIGEST_BYTES];

		store_be32(number, part);
		sha256_update(&hmac.inner, number, sizeof(number));
		hmac_sha256_final(&hmac, digest);
		memcpy(out, digest, length);
		out += length;
		out_length -= length;
	}
}

static inline uint32_t
rotate_left(uint32_t x, int bits)
{
	return x << bits | x >> (32 - bits);
}

static inline void
quarter_round(uint32_t *a, uint32_t *b, uint32_t *c, uint32_t *d)
{
	*b ^= rotate_left(*a + *d, 7);
	*c ^= rotate_left(*b + *a, 9);
	*d ^= rotate_left(*c + *b, 13);
	*a ^= rotate_left(*d + *c, 18);
}

void
scrypt_salsa20_8(uint32_t words[16])
{
	uint32_t x[16];

	memcpy(x, words, sizeof(x));
	for (int round = 0; round < 8; round += 2)
	{
		/* columns */
		quarter_round(&x[0], &x[4], &x[8], &x[12]);
		quarter_round(&x[5], &x[9], &x[13], &x[1]);
		quarter_round(&x[10], &x[14], &x[2], &x[6]);
		quarter_round(&x[15], &x[3], &x[7], &x[11]);
		/* rows */
		quarter_round(&x[0], &x[1], &x[2], &x[3]);
		quarter_round(&x[5], &x[6], &x[7], &x[4]);
		quarter_round(&x[10], &x[11], &x[8], &x[9]);
		quarter_round(&x[15], &x[12], &x[13], &x[14]);
	}
	for (int i = 0; i < 16; i++)
		words[i] += x[i];
}

static inline void
xor_words(uint32_t *words, const uint32_t *with, int count)
{
	for (int i = 0; i < count; i++)
		words[i] ^= with[i];
}

void
scrypt_block_mix(uint32_t block[SCRYPT_BLOCK_WORDS])
{
	xor_words(block, block + 16, 16);
	scrypt_salsa20_8(block);
	xor_words(block + 16, block, 16);
	scrypt_salsa20_8(block + 16);
}

/* RFC 7914, 5: scryptROMix with r = 1 */
static void
romix_portable(uint32_t (*blocks)[SCRYPT_BLOCK_WORDS], uint32_t *scratch,
			   uint32_t n)
{
	uint32_t *x = blocks[0];

	for (uint32_t i = 0; i < n; i++)
	{
		memcpy(scratch + (size_t) i * SCRYPT_BLOCK_WORDS, x,
			   SCRYPT_BLOCK_BYTES);
		scrypt_block_mix(x);
	}

	/* Integerify: the first word of the second half, modulo n */
	for (uint32_t i = 0; i < n; i++)
	{
		size_t index = x[16] & (n - 1);

		xor_words(x, scratch + index * SCRYPT_BLOCK_WORDS, SCRYPT_BLOCK_WORDS);
		scrypt_block_mix(x);
	}
}

static bool
always(void)
{
	return true;
}

const ScryptCode scrypt_portable = {
	.name = "portable",
	.lanes = 1,
	.supported = always,
	.romix = romix_portable,
};

/* the code for a lone message and, where the CPU has one, for a group */
static const ScryptCode *single_code = &scrypt_portable;
static const ScryptCode *group_code = NULL;

#ifdef SCRYPT_HAVE_SIMD
__attribute__((constructor)) static void
choose_code(void)
{
	single_code = &scrypt_sse2;
	if (scrypt_avx512.supported())
		group_code = &scrypt_avx512;
	else if (scrypt_avx2.supported())
		group_code = &scrypt_avx2;
}
#endif

/* The first half: a message to the block that scryptROMix works on. */
static void
expand_message(const uint8_t *message, size_t length, HmacSha256 *keyed,
			   uint32_t block[SCRYPT_BLOCK_WORDS])
{
	uint8_t bytes[SCRYPT_BLOCK_BYTES];

	hmac_sha256_init(keyed, message, length);
	pbkdf2_sha256(keyed, (Salt){message, length}, bytes, sizeof(bytes));
	for (int i = 0; i < SCRYPT_BLOCK_WORDS; i++)
		block[i] = load_le32(bytes + 4 * i);
}

/* The second half: the block to the hash. */
static void
compress_block(const HmacSha256 *keyed,
			   const uint32_t block[SCRYPT_BLOCK_WORDS],
			   uint8_t hash[POW_HASH_BYTES])
{
	uint8_t bytes[SCRYPT_BLOCK_BYTES];

	for (int i = 0; i < SCRYPT_BLOCK_WORDS; i++)
		store_le32(bytes + 4 * i, block[i]);
	pbkdf2_sha256(keyed, (Salt){bytes, sizeof(bytes)}, hash, POW_HASH_BYTES);
}

static void
hash_message(const uint8_t *message, size_t length,
			 uint8_t hash[POW_HASH_BYTES])
{
	static _Alignas(SCRYPT_ALIGNMENT)
		uint32_t scratch[SCRYPT_N * SCRYPT_BLOCK_WORDS];
	HmacSha256 keyed;
	uint32_t block[1][SCRYPT_BLOCK_WORDS];

	expand_message(message, length, &keyed, block[0]);
	single_code->romix(block, scratch, SCRYPT_N);
	compress_block(&keyed, block[0], hash);
}

/* Hash at most as many headers as a group has lanes. */
static void
hash_group(const uint8_t (*headers)[POW_HEADER_BYTES], size_t count,
		   uint8_t (*hashes)[POW_HASH_BYTES], uint32_t *scratch)
{
	HmacSha256 keyed[SCRYPT_MAX_LANES];
	/* lanes without a header hash zeros */
	uint32_t blocks[SCRYPT_MAX_LANES][SCRYPT_BLOCK_WORDS] = {{0}};

	for (size_t i = 0; i < count; i++)
		expand_message(headers[i], POW_HEADER_BYTES, &keyed[i], blocks[i]);
	group_code->romix(blocks, scratch, SCRYPT_N);
	for (size_t i = 0; i < count; i++)
		compress_block(&keyed[i], blocks[i], hashes[i]);
}

/* The group's scratch memory, or NULL: no such code, or out of memory. */
static uint32_t *
group_scratch(void)
{
	static uint32_t *scratch = NULL;

	if (scratch == NULL && group_code != NULL)
		scratch = aligned_alloc(SCRYPT_ALIGNMENT, group_code->lanes * SCRYPT_N *
													  SCRYPT_BLOCK_BYTES);
	return scratch;
}

static void
hash_headers(const uint8_t (*headers)[POW_HEADER_BYTES], size_t count,
			 uint8_t (*hashes)[POW_HASH_BYTES])
{
	while (count > 0)
	{
		uint32_t *scratch = count >= GROUP_MIN ? group_scratch() : NULL;
		size_t done = 1;

		if (scratch == NULL)
			hash_message(headers[0], POW_HEADER_BYTES, hashes[0]);
		else
		{
			done = count < group_code->lanes ? count : group_code->lanes;
			hash_group(headers, done, hashes, scratch);
		}
		headers += done;
		hashes += done;
		count -= done;
	}
}

static const char *
implementation(void)
{
	return group_code != NULL ? group_code->name : single_code->name;
}

const PowAlgorithm pow_scrypt = {
	.name = "scrypt",
	.difficulty1_bits = 16,
	.hash = hash_message,
	.hash_headers = hash_headers,
	.implementation = implementation,
};
