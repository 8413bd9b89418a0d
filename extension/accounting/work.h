/*
 * work.h
 *	  The work of a share as an integer, and its decay with age.
 *
 * Work is counted in units of 2^-64 of difficulty 1.  A credited difficulty is
 * a double, that is, a 53-bit integer times a power of two, so its work is
 *
 * - exact for every difficulty of 2^-12 (0.00024) or more, and for all
 *   multiples of 2^-64;
 * - rounded to the nearest unit, ties to even, below that: the relative error
 *   is less than 2.8e-10 at a difficulty of 1e-10;
 * - out of range from 2^64 (1.8e19) on, 100,000 times the hardest network.
 *
 * Sums have 256 bits and cannot overflow: 2^63 rows of 2^192 each fit.
 */
#ifndef CHIMERA_WORK_H
#define CHIMERA_WORK_H

#include "uint256.h"

#define WORK_UNIT_BITS 64

/* False if the difficulty is negative, NaN, or 2^64 or more. */
extern bool work_of(double difficulty, Uint128 *work);

/*
 * exp(-age / constant) in units of 2^-64, for a constant of 1 to 2^50: the
 * fraction left of a share of that age. 2^64 at age 0, and 0 from 45 constants
 * on.  The error is always below 2^-57 of the value at age 0.
 */
extern Uint128 work_decay(uint64_t age, uint64_t constant);

#endif
