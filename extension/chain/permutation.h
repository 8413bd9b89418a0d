/*
 * permutation.h
 *	  A keyed permutation of the 32-bit numbers.
 *
 * Consecutive numbers become values that nobody can predict without the key,
 * and no two numbers become the same value.
 */
#ifndef CHIMERA_PERMUTATION_H
#define CHIMERA_PERMUTATION_H

#include <stdint.h>

#define PERMUTATION_KEY_BYTES 32

extern uint32_t
permute_uint32(const uint8_t key[PERMUTATION_KEY_BYTES], uint32_t number);

#endif
