/*
 * sha256.c
 *	  SHA-256 (FIPS 180-4): padding, the portable compression function, and
 *	  the choice of a faster one.
 *
 * The choice is made by a constructor, before any thread or caller exists, and
 * never changes: every function here is reentrant.
 */
#include "pow/sha256.h"

#include <string.h>

#include "byte_order.h"
#include "pow/sha256_internal.h"

/* FIPS 180-4, 5.1.1: the message's length in bits ends the last block */
#define LENGTH_OFFSET (SHA256_BLOCK_BYTES - 8)

typedef struct Sha256Code
{
	const char *name;
	void (*transform)(uint32_t state[8], const uint8_t *data, size_t blocks);
	void (*transform_pair)(uint32_t states[2][8],
						   const uint8_t blocks[2][SHA256_BLOCK_BYTES]);
} Sha256Code;

_Alignas(16) const uint32_t sha256_round_constants[64] = {
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1,
	0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3,
	0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786,
	0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
	0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147,
	0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13,
	0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b,
	0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
	0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a,
	0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208,
	0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

const uint32_t sha256_initial_state[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372,
										  0xa54ff53a, 0x510e527f, 0x9b05688c,
										  0x1f83d9ab, 0x5be0cd19};

static inline uint32_t
rotate_right(uint32_t x, int bits)
{
	return x >> bits | x << (32 - bits);
}

/* FIPS 180-4, 6.2.2 step 1: stretch a block to one word a round. */
static void
expand_schedule(const uint8_t *block, uint32_t w[64])
{
	for (int i = 0; i < 16; i++)
		w[i] = load_be32(block + 4 * i);

	for (int i = 16; i < 64; i++)
	{
		uint32_t a = w[i - 15];
		uint32_t b = w[i - 2];
		uint32_t s0 = rotate_right(a, 7) ^ rotate_right(a, 18) ^ a >> 3;
		uint32_t s1 = rotate_right(b, 17) ^ rotate_right(b, 19) ^ b >> 10;

		w[i] = w[i - 16] + s0 + w[i - 7] + s1;
	}
}

/*
 * FIPS 180-4, 6.2.2 step 3 without its moves: the caller renames the working
 * variables instead, and all eight are back in place after eight rounds.
 */
static inline void
one_round(uint32_t a, uint32_t b, uint32_t c, uint32_t *d, uint32_t e,
		  uint32_t f, uint32_t g, uint32_t *h, uint32_t kw)
{
	uint32_t sum0 =
		rotate_right(a, 2) ^ rotate_right(a, 13) ^ rotate_right(a, 22);
	uint32_t sum1 =
		rotate_right(e, 6) ^ rotate_right(e, 11) ^ rotate_right(e, 25);
	uint32_t choice = g ^ (e & (f ^ g));
	uint32_t majority = (a & b) | (c & (a | b));
	uint32_t t1 = *h + sum1 + choice + kw;

	*d += t1;
	*h = t1 + sum0 + majority;
}

static void
compress_block(uint32_t state[8], const uint8_t *block)
{
	uint32_t w[64];
	uint32_t a = state[0], b = state[1], c = state[2], d = state[3];
	uint32_t e = state[4], f = state[5], g = state[6], h = state[7];

	expand_schedule(block, w);

	for (int i = 0; i < 64; i += 8)
	{
		const uint32_t *k = sha256_round_constants + i;

		one_round(a, b, c, &d, e, f, g, &h, k[0] + w[i]);
		one_round(h, a, b, &c, d, e, f, &g, k[1] + w[i + 1]);
		one_round(g, h, a, &b, c, d, e, &f, k[2] + w[i + 2]);
		one_round(f, g, h, &a, b, c, d, &e, k[3] + w[i + 3]);
		one_round(e, f, g, &h, a, b, c, &d, k[4] + w[i + 4]);
		one_round(d, e, f, &g, h, a, b, &c, k[5] + w[i + 5]);
		one_round(c, d, e, &f, g, h, a, &b, k[6] + w[i + 6]);
		one_round(b, c, d, &e, f, g, h, &a, k[7] + w[i + 7]);
	}

	state[0] += a;
	state[1] += b;
	state[2] += c;
	state[3] += d;
	state[4] += e;
	state[5] += f;
	state[6] += g;
	state[7] += h;
}

void
sha256_transform_portable(uint32_t state[8], const uint8_t *data, size_t blocks)
{
	for (; blocks > 0; blocks--, data += SHA256_BLOCK_BYTES)
		compress_block(state, data);
}

static void
transform_pair_portable(uint32_t states[2][8],
						const uint8_t blocks[2][SHA256_BLOCK_BYTES])
{
	compress_block(states[0], blocks[0]);
	compress_block(states[1], blocks[1]);
}

static const Sha256Code portable_code = {"portable", sha256_transform_portable,
										 transform_pair_portable};

static const Sha256Code *code = &portable_code;

#ifdef SHA256_HAVE_SHANI
static const Sha256Code shani_code = {"sha-ni", sha256_transform_shani,
									  sha256_transform_pair_shani};

__attribute__((constructor)) static void
choose_code(void)
{
	if (sha256_shani_supported())
		code = &shani_code;
}
#endif

const char *
sha256_implementation(void)
{
	return code->name;
}

void
sha256_transform(uint32_t state[8], const uint8_t *data, size_t blocks)
{
	code->transform(state, data, blocks);
}

void
sha256_transform_pair(uint32_t states[2][8],
					  const uint8_t blocks[2][SHA256_BLOCK_BYTES])
{
	code->transform_pair(states, blocks);
}

void
sha256_init(Sha256 *ctx)
{
	memcpy(ctx->state, sha256_initial_state, sizeof(ctx->state));
	ctx->length = 0;
}

void
sha256_update(Sha256 *ctx, const void *data, size_t length)
{
	const uint8_t *next = data;
	size_t used = ctx->length % SHA256_BLOCK_BYTES;
	size_t blocks;

	ctx->length += length;

	/* fill the unfinished block first */
	if (used > 0)
	{
		size_t room = SHA256_BLOCK_BYTES - used;
		size_t taken = length < room ? length : room;

		if (taken > 0)
			memcpy(ctx->buffer + used, next, taken);
		if (taken < room)
			return;
		sha256_transform(ctx->state, ctx->buffer, 1);
		next += taken;
		length -= taken;
	}

	/* whole blocks straight from the caller's memory */
	blocks = length / SHA256_BLOCK_BYTES;
	if (blocks > 0)
	{
		sha256_transform(ctx->state, next, blocks);
		next += blocks * SHA256_BLOCK_BYTES;
		length -= blocks * SHA256_BLOCK_BYTES;
	}

	if (length > 0)
		memcpy(ctx->buffer, next, length);
}

void
sha256_final(Sha256 *ctx, uint8_t digest[SHA256_DIGEST_BYTES])
{
	size_t used = ctx->length % SHA256_BLOCK_BYTES;

	/* a one bit, zeros, and the length; in a further block if need be */
	ctx->buffer[used++] = 0x80;
	if (used > LENGTH_OFFSET)
	{
		memset(ctx->buffer + used, 0, SHA256_BLOCK_BYTES - used);
		sha256_transform(ctx->state, ctx->buffer, 1);
		used = 0;
	}
	memset(ctx->buffer + used, 0, LENGTH_OFFSET - used);
	store_be64(ctx->buffer + LENGTH_OFFSET, ctx->length * 8);
	sha256_transform(ctx->state, ctx->buffer, 1);

	for (int i = 0; i < 8; i++)
		store_be32(digest + 4 * i, ctx->state[i]);
}

void
sha256(const void *data, size_t length, uint8_t digest[SHA256_DIGEST_BYTES])
{
	Sha256 ctx;

	sha256_init(&ctx);
	sha256_update(&ctx, data, length);
	sha256_final(&ctx, digest);
}
