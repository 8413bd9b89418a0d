/*
 * split.h
 *	  An amount divided by weights, to the last unit.
 *
 * Largest remainder (Hamilton's method): every part is the floor of the exact
 * part, and the remaining units go one each to the largest remainders; among
 * equal ones, to those that come first.  So the parts add up to the amount, no
 * part differs from the exact one by a whole unit, a weight of zero gets
 * nothing, and a greater weight never gets less.  Callers pass the parts in a
 * defined order, such as that of account_id.
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
	Uint256 remainder; /* used by the method */
	size_t place;
} SplitPart;

typedef enum SplitResult
{
	SPLIT_DONE,
	SPLIT_NO_WEIGHT, /* all weights are zero */
	SPLIT_TOO_HEAVY	 /* the sum of the weights is 2^UINT256_PART_BITS or more */
} SplitResult;

extern SplitResult
split_amount(uint64_t amount, SplitPart *parts, size_t count);

#endif
