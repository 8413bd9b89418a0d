/*
 * sha256.h
 *	  SHA-256 (FIPS 180-4) with access to its midstate, and sha256d.
 *
 * Submissions of one job share the beginning of the coinbase, so the caller
 * can keep a Sha256 that has absorbed it and copy the struct for each share.
 */
#ifndef CHIMERA_SHA256_H
#define CHIMERA_SHA256_H

#include <stddef.h>
#include <stdint.h>

#include "pow/sha256_sizes.h"

typedef struct Sha256
{
	uint32_t state[8];
	uint64_t length;					/* bytes absorbed so far */
	uint8_t buffer[SHA256_BLOCK_BYTES]; /* the unfinished block */
} Sha256;

extern void sha256_init(Sha256 *ctx);
extern void sha256_update(Sha256 *ctx, const void *data, size_t length);
extern void sha256_final(Sha256 *ctx, uint8_t digest[SHA256_DIGEST_BYTES]);

extern void
sha256(const void *data, size_t length, uint8_t digest[SHA256_DIGEST_BYTES]);

/* sha256 of sha256, as Bitcoin hashes headers and transactions */
extern void
sha256d(const void *data, size_t length, uint8_t digest[SHA256_DIGEST_BYTES]);

/* sha256d of two digests side by side: a merkle tree's inner node */
extern void sha256d_pair(const uint8_t left[SHA256_DIGEST_BYTES],
						 const uint8_t right[SHA256_DIGEST_BYTES],
						 uint8_t digest[SHA256_DIGEST_BYTES]);

/*
 * Two such nodes at once that have the same right child, as for two shares of
 * a job at a step of its merkle branch.  In place: left digests become the
 * nodes.
 */
extern void sha256d_pair_twice(uint8_t (*nodes)[SHA256_DIGEST_BYTES],
							   const uint8_t right[SHA256_DIGEST_BYTES]);

/* Finish a copied midstate and hash the result once more. */
extern void sha256d_final(Sha256 *ctx, uint8_t digest[SHA256_DIGEST_BYTES]);

/* "sha-ni" or "portable" */
extern const char *sha256_implementation(void);

/*
 * Apply the compression function to 'blocks' blocks; the pointer is set once
 * by CPU detection.  For multi-block users inside pow/.
 */
extern void
sha256_transform(uint32_t state[8], const uint8_t *data, size_t blocks);

#endif
