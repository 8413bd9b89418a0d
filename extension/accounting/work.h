/*
 * work.h
 *	  The work of a share as an integer, and how it fades with age.
 *
 * Work is counted in units of 2^-64 of difficulty 1.  A credited difficulty is
 * a double, that is an integer of 53 bits times a power of two, so its work is
 *
 * - exact for every difficulty of 2^-12 (0.00024) or more, and for all that
 *   are multiples of 2^-64;
 * - rounded to the nearest unit, to the even one of two, below that: wrong by
 *   less than 2.8e-10 of itself at a difficulty of 1e-10;
 * - out of range from 2^64 (1.8e19) on, 100,000 times the hardest network.
 *
 * Sums have 256 bits and cannot overflow: 2^63 rows of 2^192 each fit.
 */
#ifndef CHIMERA_WORK_H
#define CHIMERA_WORK_H

#include "uint256.h"

#define WORK_UNIT_BITS 64

/* False when the difficulty is negative, not a number, or 2^64 or more. */
extern bool work_of(double difficulty, Uint128 *work);

/*
 * exp(-age / constant) in units of 2^-64, for a constant of 1 to 2^50: what is
 * left of a share of that age.  2^64 at age 0, 0 from 45 constants on, and
 * never wrong by 2^-57 of what it was at age 0.
 */
extern Uint128 work_decay(uint64_t age, uint64_t constant);

#endif
