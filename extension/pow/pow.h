/*
 * pow.h
 *	  The registry of proof-of-work algorithms.
 *
 * An algorithm is one file that defines a PowAlgorithm and one line in
 * registry.h.  Pure C: the extension, the test miner, the benchmarks and the
 * unit tests all hash with this code, so nothing here knows of PostgreSQL.
 *
 * Hashes are in the internal byte order of the chain: byte 31 is the most
 * significant byte of the number that is compared with the target.
 */
#ifndef CHIMERA_POW_H
#define CHIMERA_POW_H

#include <stddef.h>
#include <stdint.h>

#define POW_HEADER_BYTES 80
#define POW_HASH_BYTES	 32

typedef struct PowAlgorithm
{
	/* the name that SQL and network_configs use */
	const char *name;

	/* share difficulty 1 costs 2^difficulty1_bits hashes on average */
	uint8_t difficulty1_bits;

	/*
	 * Hash a message of any length (the SQL-callable form).  For scrypt the
	 * message is both password and salt, as Litecoin defines it.
	 */
	void (*hash)(const uint8_t *message, size_t length,
				 uint8_t hash[POW_HASH_BYTES]);

	/*
	 * Hash 'count' block headers that lie one after another: the submission
	 * path.  This is where SIMD lanes pay.
	 */
	void (*hash_headers)(const uint8_t (*headers)[POW_HEADER_BYTES],
						 size_t count, uint8_t (*hashes)[POW_HASH_BYTES]);

	/* which code path this CPU gets: "sha-ni", "avx2", "portable", ... */
	const char *(*implementation)(void);
} PowAlgorithm;

/* The algorithm of that name, or NULL. */
extern const PowAlgorithm *pow_find(const char *name);

/* The index-th registered algorithm, or NULL past the last. */
extern const PowAlgorithm *pow_at(size_t index);

#endif
