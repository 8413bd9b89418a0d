/*
 * blake2s_internal.h
 *	  BLAKE2s as RFC 7693 defines it, for the algorithm and its tests.
 */
#ifndef CHIMERA_BLAKE2S_INTERNAL_H
#define CHIMERA_BLAKE2S_INTERNAL_H

#include <stddef.h>
#include <stdint.h>

#define BLAKE2S_KEY_MAX_BYTES	 32
#define BLAKE2S_DIGEST_MAX_BYTES 32

typedef struct Blake2sInput
{
	const uint8_t *data;
	size_t length;
	const uint8_t *key; /* at most BLAKE2S_KEY_MAX_BYTES, or NULL */
	size_t key_length;
} Blake2sInput;

/* digest_length: 1 to BLAKE2S_DIGEST_MAX_BYTES, a parameter of the hash */
extern void
blake2s(const Blake2sInput *input, uint8_t *digest, size_t digest_length);

#endif
