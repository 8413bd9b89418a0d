/*
 * uint256.h
 *	  Arithmetic on 256-bit naturals: sums of work, weights and their shares.
 *
 * Plain C without PostgreSQL, tested by test/unit/test_wide.c.  Nothing here
 * rounds but where it says so, and nothing overflows unseen.
 */
#ifndef CHIMERA_UINT256_H
#define CHIMERA_UINT256_H

#include <stdbool.h>
#include <stdint.h>

#include "chain/target.h"

__extension__ typedef unsigned __int128 Uint128;

/* digits of 2^256 and the terminating zero */
#define UINT256_DECIMAL_BYTES 79

/* the most that uint256_part() takes for 'total' */
#define UINT256_PART_BITS 254

extern Uint256 uint256_from_uint128(Uint128 value);
extern bool uint256_is_zero(const Uint256 *value);

/* Is the value below 2^bits? */
extern bool uint256_is_below(const Uint256 *value, int bits);

/* False, and the sum wrapped, when it does not fit. */
extern bool uint256_add(Uint256 *sum, const Uint256 *more);

/* 'less' must not be more than 'from'. */
extern void uint256_subtract(Uint256 *from, const Uint256 *less);

extern Uint256 uint256_product(Uint128 a, Uint128 b);

/* value * factor + addend; false, and the value wrapped, on overflow. */
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
