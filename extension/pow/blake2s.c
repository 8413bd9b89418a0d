/*
 * blake2s.c
 *	  BLAKE2s (RFC 7693), and the algorithm "blake2s": its unkeyed form with
 *	  32 bytes of output.
 */
#include "pow/blake2s_internal.h"

#include <stdbool.h>
#include <string.h>

#include "byte_order.h"
#include "pow/registry.h"

#define BLOCK_BYTES 64
#define ROUNDS		10

/* RFC 7693, 2.6: those of SHA-256 */
static const uint32_t iv[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
							   0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};

/* RFC 7693, 2.7: the order of the message words in each round */
static const uint8_t sigma[ROUNDS][16] = {
	{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
	{14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3},
	{11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4},
	{7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8},
	{9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13},
	{2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9},
	{12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11},
	{13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10},
	{6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5},
	{10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0},
};

typedef struct Blake2s
{
	uint32_t state[8];
	uint64_t absorbed; /* bytes, the block being compressed included */
} Blake2s;

static inline uint32_t
rotate_right(uint32_t x, int bits)
{
	return x >> bits | x << (32 - bits);
}

/* RFC 7693, 3.1: the mixing function G */
static inline void
mix(uint32_t *a, uint32_t *b, uint32_t *c, uint32_t *d, uint32_t x, uint32_t y)
{
	*a += *b + x;
	*d = rotate_right(*d ^ *a, 16);
	*c += *d;
	*b = rotate_right(*b ^ *c, 12);
	*a += *b + y;
	*d = rotate_right(*d ^ *a, 8);
	*c += *d;
	*b = rotate_right(*b ^ *c, 7);
}

/* One round: columns, then diagonals. */
static inline void
mix_round(uint32_t v[16], const uint32_t m[16], const uint8_t s[16])
{
	mix(&v[0], &v[4], &v[8], &v[12], m[s[0]], m[s[1]]);
	mix(&v[1], &v[5], &v[9], &v[13], m[s[2]], m[s[3]]);
	mix(&v[2], &v[6], &v[10], &v[14], m[s[4]], m[s[5]]);
	mix(&v[3], &v[7], &v[11], &v[15], m[s[6]], m[s[7]]);
	mix(&v[0], &v[5], &v[10], &v[15], m[s[8]], m[s[9]]);
	mix(&v[1], &v[6], &v[11], &v[12], m[s[10]], m[s[11]]);
	mix(&v[2], &v[7], &v[8], &v[13], m[s[12]], m[s[13]]);
	mix(&v[3], &v[4], &v[9], &v[14], m[s[14]], m[s[15]]);
}

/* RFC 7693, 3.2: the compression function F */
static void
compress(Blake2s *ctx, const uint8_t block[BLOCK_BYTES], bool last)
{
	uint32_t v[16];
	uint32_t m[16];

	for (int i = 0; i < 16; i++)
		m[i] = load_le32(block + 4 * i);

	memcpy(v, ctx->state, sizeof(ctx->state));
	memcpy(v + 8, iv, sizeof(iv));
	v[12] ^= (uint32_t) ctx->absorbed;
	v[13] ^= (uint32_t) (ctx->absorbed >> 32);
	if (last)
		v[14] = ~v[14];

	for (int r = 0; r < ROUNDS; r++)
		mix_round(v, m, sigma[r]);

	for (int i = 0; i < 8; i++)
		ctx->state[i] ^= v[i] ^ v[i + 8];
}

/* Compress 'length' bytes as one block, filled up with zeros. */
static void
absorb_block(Blake2s *ctx, const uint8_t *data, size_t length, bool last)
{
	uint8_t block[BLOCK_BYTES] = {0};

	if (length > 0)
		memcpy(block, data, length);
	compress(ctx, block, last);
}

void
blake2s(const Blake2sInput *input, uint8_t *digest, size_t digest_length)
{
	Blake2s ctx;
	const uint8_t *next = input->data;
	size_t left = input->length;
	uint8_t full[BLAKE2S_DIGEST_MAX_BYTES];

	/* the parameter block: lengths of digest and key, fanout and depth 1 */
	memcpy(ctx.state, iv, sizeof(iv));
	ctx.state[0] ^= 0x01010000 | (uint32_t) input->key_length << 8 |
					(uint32_t) digest_length;
	ctx.absorbed = 0;

	/* a key is a block of its own before the data */
	if (input->key_length > 0)
	{
		ctx.absorbed = BLOCK_BYTES;
		absorb_block(&ctx, input->key, input->key_length, left == 0);
	}

	for (; left > BLOCK_BYTES; left -= BLOCK_BYTES, next += BLOCK_BYTES)
	{
		ctx.absorbed += BLOCK_BYTES;
		compress(&ctx, next, false);
	}

	/* the last block is never empty, except for an empty unkeyed message */
	if (left > 0 || input->key_length == 0)
	{
		ctx.absorbed += left;
		absorb_block(&ctx, next, left, true);
	}

	for (int i = 0; i < 8; i++)
		store_le32(full + 4 * i, ctx.state[i]);
	memcpy(digest, full, digest_length);
}

static void
hash_message(const uint8_t *message, size_t length,
			 uint8_t hash[POW_HASH_BYTES])
{
	Blake2sInput input = {.data = message, .length = length};

	blake2s(&input, hash, POW_HASH_BYTES);
}

static void
hash_headers(const uint8_t (*headers)[POW_HEADER_BYTES], size_t count,
			 uint8_t (*hashes)[POW_HASH_BYTES])
{
	for (size_t i = 0; i < count; i++)
		hash_message(headers[i], POW_HEADER_BYTES, hashes[i]);
}

static const char *
implementation(void)
{
	return "portable";
}

const PowAlgorithm pow_blake2s = {
	.name = "blake2s",
	.difficulty1_bits = 32,
	.hash = hash_message,
	.hash_headers = hash_headers,
	.implementation = implementation,
};
