/*
 * uint256.h
 *	  Arithmetic on 256-bit naturals: sums of work, weights and their parts.
 *
 * Plain C without PostgreSQL, tested by test/unit/test_wide.c.  Nothing is
 * rounded unless the function says so, and no overflow goes unnoticed.
 */
#ifndef CHIMERA_UINT256_H
#define CHIMERA_UINT256_H

#include <stdbool.h>
#include <stdint.h>

#include "chain/target.h"

__extension__ typedef unsigned __int128 Uint128;

/* digits of 2^256 and the terminating zero */
#define UINT256_DECIMAL_BYTES 79

/* uint256_part() takes a 'total' of at most this many bits */
#define UINT256_PART_BITS 254

extern Uint256 uint256_from_uint128(Uint128 value);
extern bool uint256_is_zero(const Uint256 *value);

/* Is the value below 2^bits? */
extern bool uint256_is_below(const Uint256 *value, int bits);

/* False if the sum does not fit; it has wrapped then. */
extern bool uint256_add(Uint256 *sum, const Uint256 *more);

/* 'less' must not exceed 'from'. */
extern void uint256_subtract(Uint256 *from, const Uint256 *less);

extern Uint256 uint256_product(Uint128 a, Uint128 b);

/* value * factor + addend; false on overflow, with the value wrapped. */
extern bool uint256_multiply(Uint256 *value, uint64_t factor, uint64_t addend);

/*
 * floor(amount * weight / total) and the remainder of that division.
 * weight <= total, and total is above zero and below 2^UINT256_PART_BITS.
 */
extern Uint128 uint256_part(Uint128 amount, const Uint256 *weight,
							const Uint256 *total, Uint256 *remainder);

extern void
uint256_to_decimal(const Uint256 *value, char out[UINT256_DECIMAL_BYTES]);

#endif
