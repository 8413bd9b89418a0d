/*
 * sha256_internal.h
 *	  The code paths behind sha256_transform(), open to pow/ and its tests.
 */
#ifndef CHIMERA_SHA256_INTERNAL_H
#define CHIMERA_SHA256_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pow/sha256_sizes.h"

/* FIPS 180-4, 4.2.2: one constant a round; aligned for vector loads */
extern const uint32_t sha256_round_constants[64];

/* FIPS 180-4, 5.3.3 */
extern const uint32_t sha256_initial_state[8];

/*
 * Compress one block into each of two states.  Where the CPU can overlap the
 * two it costs little more than one.
 */
extern void sha256_transform_pair(uint32_t states[2][8],
								  const uint8_t blocks[2][SHA256_BLOCK_BYTES]);

extern void sha256_transform_portable(uint32_t state[8], const uint8_t *data,
									  size_t blocks);

#if defined(__x86_64__)
#define SHA256_HAVE_SHANI 1

/* Does this CPU have the SHA extensions?  The two below need them. */
extern bool sha256_shani_supported(void);

extern void
sha256_transform_shani(uint32_t state[8], const uint8_t *data, size_t blocks);
extern void
sha256_transform_pair_shani(uint32_t states[2][8],
							const uint8_t blocks[2][SHA256_BLOCK_BYTES]);
#endif

#endif
