/*
 * hasher.c
 *	  chimera-hasher: the sha256d hashes of a header, for tests.
 *
 * usage: chimera-hasher HEADER COUNT DIFFICULTY
 *
 * HEADER is the first 76 bytes of a block header in hex.  Tries the nonces 0 to
 * COUNT - 1 and prints a line "NONCE DIFFICULTY" for each hash of at least that
 * difficulty; NONCE is in hex, as mining.submit takes it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "byte_order.h"
#include "chain/hex.h"
#include "chain/target.h"
#include "pow/pow.h"

#define FRONT_BYTES (POW_HEADER_BYTES - 4)
#define LANES		64

static uint8_t headers[LANES][POW_HEADER_BYTES];
static uint8_t hashes[LANES][POW_HASH_BYTES];

static void
print_hits(const PowAlgorithm *algorithm, const Uint256 *target,
		   uint32_t first_nonce, size_t count)
{
	for (size_t i = 0; i < count; i++)
	{
		Uint256 value = uint256_from_le(hashes[i]);

		if (uint256_compare(&value, target) <= 0)
			printf("%08x %.17g\n", first_nonce + (uint32_t) i,
				   difficulty_of(&value, algorithm->difficulty1_bits));
	}
}

int
main(int argc, char **argv)
{
	const PowAlgorithm *algorithm = pow_find("sha256d");
	uint8_t front[FRONT_BYTES];
	unsigned long count;
	Uint256 target;

	if (argc != 4 ||
		!hex_to_bytes(argv[1], strlen(argv[1]), front, sizeof(front)))
	{
		fprintf(stderr, "usage: chimera-hasher HEADER COUNT DIFFICULTY\n");
		return 2;
	}
	count = strtoul(argv[2], NULL, 10);
	target_from_difficulty(strtod(argv[3], NULL), algorithm->difficulty1_bits,
						   &target);
	for (size_t i = 0; i < LANES; i++)
		memcpy(headers[i], front, sizeof(front));

	for (unsigned long nonce = 0; nonce < count; nonce += LANES)
	{
		size_t lanes = count - nonce < LANES ? count - nonce : LANES;

		for (size_t i = 0; i < lanes; i++)
			store_le32(headers[i] + FRONT_BYTES, (uint32_t) (nonce + i));
		algorithm->hash_headers((const uint8_t(*)[POW_HEADER_BYTES]) headers,
								lanes, hashes);
		print_hits(algorithm, &target, (uint32_t) nonce, lanes);
	}
	return 0;
}
