/*
 * permutation.c
 *	  A keyed permutation of the 32-bit numbers: a Feistel network.
 *
 * Each round adds to one half of the number the SHA-256 of the key, the round
 * and the other half.  Each round can be undone, so the whole is a
 * permutation.  Four rounds of a pseudo-random function are indistinguishable
 * from a random permutation (Luby and Rackoff, 1988); the other rounds are
 * margin, since halves of 16 bits are small.
 */
#include "chain/permutation.h"

#include <string.h>

#include "byte_order.h"
#include "pow/sha256.h"

#define ROUNDS 10

static uint16_t
round_value(const uint8_t key[PERMUTATION_KEY_BYTES], uint8_t round,
			uint16_t half)
{
	uint8_t input[PERMUTATION_KEY_BYTES + 3];
	uint8_t hash[32];

	memcpy(input, key, PERMUTATION_KEY_BYTES);
	input[PERMUTATION_KEY_BYTES] = round;
	input[PERMUTATION_KEY_BYTES + 1] = (uint8_t) (half >> 8);
	input[PERMUTATION_KEY_BYTES + 2] = (uint8_t) half;
	sha256(input, sizeof(input), hash);
	return (uint16_t) (hash[0] << 8 | hash[1]);
}

uint32_t
permute_uint32(const uint8_t key[PERMUTATION_KEY_BYTES], uint32_t number)
{
	uint16_t left = (uint16_t) (number >> 16);
	uint16_t right = (uint16_t) number;

	for (uint8_t round = 0; round < ROUNDS; round++)
	{
		uint16_t next = left ^ round_value(key, round, right);

		left = right;
		right = next;
	}
	return (uint32_t) left << 16 | right;
}
