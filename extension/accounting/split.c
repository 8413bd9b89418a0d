/*
 * split.c
 *	  An amount divided by weights, to the last unit.
 */
#include "accounting/split.h"

#include <stdlib.h>

static int
compare_places(const void *a, const void *b)
{
	const SplitPart *x = a;
	const SplitPart *y = b;

	return x->place < y->place ? -1 : x->place > y->place;
}

/* The largest remainder comes first; among equal ones, the first place. */
static int
compare_remainders(const void *a, const void *b)
{
	const SplitPart *x = a;
	const SplitPart *y = b;
	int order = uint256_compare(&y->remainder, &x->remainder);

	return order != 0 ? order : compare_places(a, b);
}

static bool
add_weights(const SplitPart *parts, size_t count, Uint256 *total)
{
	*total = (Uint256){{0}};
	for (size_t i = 0; i < count; i++)
		if (!uint256_is_below(&parts[i].weight, UINT256_PART_BITS) ||
			!uint256_add(total, &parts[i].weight) ||
			!uint256_is_below(total, UINT256_PART_BITS))
			return false;
	return true;
}

SplitResult
split_amount(uint64_t amount, SplitPart *parts, size_t count)
{
	uint64_t left = amount;
	Uint256 total;

	if (!add_weights(parts, count, &total))
		return SPLIT_TOO_HEAVY;
	if (uint256_is_zero(&total))
	{
		for (size_t i = 0; i < count; i++)
			parts[i].amount = 0;
		return amount == 0 ? SPLIT_DONE : SPLIT_NO_WEIGHT;
	}

	for (size_t i = 0; i < count; i++)
	{
		parts[i].place = i;
		parts[i].amount = (uint64_t) uint256_part(amount, &parts[i].weight,
												  &total, &parts[i].remainder);
		left -= parts[i].amount;
	}

	/* what is left is the sum of the remainders: fewer units than parts */
	if (left > 0)
	{
		qsort(parts, count, sizeof(SplitPart), compare_remainders);
		for (size_t i = 0; i < left; i++)
			parts[i].amount++;
		qsort(parts, count, sizeof(SplitPart), compare_places);
	}
	return SPLIT_DONE;
}
