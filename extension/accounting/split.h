/*
 * split.h
 *	  An amount divided by weights, to the last unit.
 *
 * Largest remainder (Hamilton's method): everybody gets the floor of the exact
 * part, and the units that are left go one each to the largest remainders, of
 * equal ones to those that come first.  So the parts add up to the amount, no
 * part is a whole unit away from the exact one, who weighs nothing gets
 * nothing, and who weighs more never gets less.  Callers put the parts in an
 * order that is not chance, such as that of account_id.
 *
 * Plain C without PostgreSQL, tested by test/unit/test_split.c.
 */
#ifndef CHIMERA_SPLIT_H
#define CHIMERA_SPLIT_H

#include <stddef.h>

#include "uint256.h"

typedef struct SplitPart
{
	Uint256 weight;	   /* in */
	uint64_t amount;   /* out */
	Uint256 remainder; /* the rest is the method's own */
	size_t place;
} SplitPart;

typedef enum SplitResult
{
	SPLIT_DONE,
	SPLIT_NO_WEIGHT, /* nobody is there to get it */
	SPLIT_TOO_HEAVY	 /* the weights' sum is 2^UINT256_PART_BITS or more */
} SplitResult;

extern SplitResult
split_amount(uint64_t amount, SplitPart *parts, size_t count);

#endif
