/*
 * sha256d.c
 *	  SHA-256 twice, as Bitcoin hashes headers, transactions and merkle nodes,
 *	  and the algorithm "sha256d" based on it.
 *
 * Headers and merkle nodes have a fixed length, so their padding is prepared
 * here and the compression function is called directly.
 */
#include <string.h>

#include "byte_order.h"
#include "pow/registry.h"
#include "pow/sha256.h"
#include "pow/sha256_internal.h"

/* the part of a header in its second block */
#define HEADER_TAIL_BYTES (POW_HEADER_BYTES - SHA256_BLOCK_BYTES)

/*
 * FIPS 180-4, 5.1.1: a one bit, zeros, the length in bits.  After a header's
 * 80 bytes, after a digest, and after two digests.
 */
static const uint8_t header_padding[48] = {
	[0] = 0x80, [46] = 0x02, [47] = 0x80};
static const uint8_t digest_padding[32] = {[0] = 0x80, [30] = 0x01};
static const uint8_t pair_padding[64] = {[0] = 0x80, [62] = 0x02};

static void
store_digest(const uint32_t state[8], uint8_t digest[SHA256_DIGEST_BYTES])
{
	for (int i = 0; i < 8; i++)
		store_be32(digest + 4 * i, state[i]);
}

static void
init_state(uint32_t state[8])
{
	memcpy(state, sha256_initial_state, sizeof(sha256_initial_state));
}

/* The second hash: of the first one's digest. */
static void
hash_digest(const uint8_t inner[SHA256_DIGEST_BYTES],
			uint8_t digest[SHA256_DIGEST_BYTES])
{
	uint8_t block[SHA256_BLOCK_BYTES];
	uint32_t state[8];

	memcpy(block, inner, SHA256_DIGEST_BYTES);
	memcpy(block + SHA256_DIGEST_BYTES, digest_padding, sizeof(digest_padding));
	init_state(state);
	sha256_transform(state, block, 1);
	store_digest(state, digest);
}

void
sha256d_final(Sha256 *ctx, uint8_t digest[SHA256_DIGEST_BYTES])
{
	uint8_t inner[SHA256_DIGEST_BYTES];

	sha256_final(ctx, inner);
	hash_digest(inner, digest);
}

void
sha256d(const void *data, size_t length, uint8_t digest[SHA256_DIGEST_BYTES])
{
	Sha256 ctx;

	sha256_init(&ctx);
	sha256_update(&ctx, data, length);
	sha256d_final(&ctx, digest);
}

void
sha256d_pair(const uint8_t left[SHA256_DIGEST_BYTES],
			 const uint8_t right[SHA256_DIGEST_BYTES],
			 uint8_t digest[SHA256_DIGEST_BYTES])
{
	uint8_t blocks[2 * SHA256_BLOCK_BYTES];
	uint8_t inner[SHA256_DIGEST_BYTES];
	uint32_t state[8];

	/* the two digests fill a block, the padding another */
	memcpy(blocks, left, SHA256_DIGEST_BYTES);
	memcpy(blocks + SHA256_DIGEST_BYTES, right, SHA256_DIGEST_BYTES);
	memcpy(blocks + SHA256_BLOCK_BYTES, pair_padding, sizeof(pair_padding));

	init_state(state);
	sha256_transform(state, blocks, 2);
	store_digest(state, inner);
	hash_digest(inner, digest);
}

/* Two states after the same initial one. */
static void
init_states(uint32_t states[2][8])
{
	init_state(states[0]);
	init_state(states[1]);
}

/* The second hash of two: from their states to their digests. */
static void
hash_digests(uint32_t states[2][8], uint8_t (*digests)[SHA256_DIGEST_BYTES])
{
	uint8_t blocks[2][SHA256_BLOCK_BYTES];

	for (int i = 0; i < 2; i++)
	{
		store_digest(states[i], blocks[i]);
		memcpy(blocks[i] + SHA256_DIGEST_BYTES, digest_padding,
			   sizeof(digest_padding));
	}
	init_states(states);
	sha256_transform_pair(states,
						  (const uint8_t(*)[SHA256_BLOCK_BYTES]) blocks);
	for (int i = 0; i < 2; i++)
		store_digest(states[i], digests[i]);
}

void
sha256d_pair_twice(uint8_t (*nodes)[SHA256_DIGEST_BYTES],
				   const uint8_t right[SHA256_DIGEST_BYTES])
{
	uint32_t states[2][8];
	uint8_t blocks[2][SHA256_BLOCK_BYTES];

	for (int i = 0; i < 2; i++)
	{
		memcpy(blocks[i], nodes[i], SHA256_DIGEST_BYTES);
		memcpy(blocks[i] + SHA256_DIGEST_BYTES, right, SHA256_DIGEST_BYTES);
	}
	init_states(states);
	sha256_transform_pair(states,
						  (const uint8_t(*)[SHA256_BLOCK_BYTES]) blocks);
	for (int i = 0; i < 2; i++)
		memcpy(blocks[i], pair_padding, sizeof(pair_padding));
	sha256_transform_pair(states,
						  (const uint8_t(*)[SHA256_BLOCK_BYTES]) blocks);
	hash_digests(states, nodes);
}

/* Hash two headers at once, block by block side by side. */
static void
hash_header_pair(const uint8_t (*headers)[POW_HEADER_BYTES],
				 uint8_t (*hashes)[POW_HASH_BYTES])
{
	uint32_t states[2][8];
	uint8_t blocks[2][SHA256_BLOCK_BYTES];

	for (int i = 0; i < 2; i++)
		memcpy(blocks[i], headers[i], SHA256_BLOCK_BYTES);
	init_states(states);
	sha256_transform_pair(states,
						  (const uint8_t(*)[SHA256_BLOCK_BYTES]) blocks);

	for (int i = 0; i < 2; i++)
	{
		memcpy(blocks[i], headers[i] + SHA256_BLOCK_BYTES, HEADER_TAIL_BYTES);
		memcpy(blocks[i] + HEADER_TAIL_BYTES, header_padding,
			   sizeof(header_padding));
	}
	sha256_transform_pair(states,
						  (const uint8_t(*)[SHA256_BLOCK_BYTES]) blocks);
	hash_digests(states, hashes);
}

static void
hash_headers(const uint8_t (*headers)[POW_HEADER_BYTES], size_t count,
			 uint8_t (*hashes)[POW_HASH_BYTES])
{
	for (; count >= 2; count -= 2, headers += 2, hashes += 2)
		hash_header_pair(headers, hashes);
	if (count > 0)
		sha256d(headers[0], POW_HEADER_BYTES, hashes[0]);
}

static void
hash_message(const uint8_t *message, size_t length,
			 uint8_t hash[POW_HASH_BYTES])
{
	sha256d(message, length, hash);
}

const PowAlgorithm pow_sha256d = {
	.name = "sha256d",
	.difficulty1_bits = 32,
	.hash = hash_message,
	.hash_headers = hash_headers,
	.implementation = sha256_implementation,
};
