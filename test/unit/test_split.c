/*
 * test_split.c
 *	  Properties of a split, on random amounts and weights of every size: it
 *	  adds up, it is fair to the unit, and chance has no part in it.
 */
#include "unit.h"

#include "accounting/split.h"

#define ROUNDS		  3000
#define PARTS_AT_MOST 200

/* all the coins there will be, in their smallest unit, and more */
#define AMOUNT_BITS 63

/* a part that weighs this, given as limbs */
#define WEIGHS(...)                 \
	{                               \
		.weight = { {__VA_ARGS__} } \
	}

static Uint256
random_weight(int bits)
{
	Uint256 weight = {{0}};

	for (int i = 0; i < 4; i++)
	{
		int here = bits - 64 * i;

		if (here >= 64)
			weight.limb[i] = random_word();
		else if (here > 0)
			weight.limb[i] = random_word() >> (64 - here);
	}
	return weight;
}

/* Weights alike in size or not, equal ones and zeros among them. */
static size_t
random_parts(SplitPart *parts)
{
	size_t count = 1 + random_word() % PARTS_AT_MOST;
	int bits = 1 + (int) (random_word() % 245);
	bool alike = random_word() % 2;

	for (size_t i = 0; i < count; i++)
	{
		parts[i] = (SplitPart) WEIGHS(0);
		if (random_word() % 10 == 0)
			continue;
		if (i > 0 && random_word() % 5 == 0)
			parts[i].weight = parts[i - 1].weight;
		else
			parts[i].weight = random_weight(
				alike ? bits : 1 + (int) (random_word() % (uint64_t) bits));
	}
	parts[random_word() % count].weight.limb[0] |= 1;
	return count;
}

static uint64_t
random_amount(void)
{
	return random_word() >> (64 - AMOUNT_BITS + random_word() % AMOUNT_BITS);
}

static Uint256
sum_weights(const SplitPart *parts, size_t count)
{
	Uint256 total = {{0}};

	for (size_t i = 0; i < count; i++)
		assert_true(uint256_add(&total, &parts[i].weight));
	return total;
}

TEST(the_parts_add_up_to_the_amount)
{
	static SplitPart parts[PARTS_AT_MOST];

	for (int round = 0; round < ROUNDS; round++)
	{
		size_t count = random_parts(parts);
		uint64_t amount = random_amount();
		uint64_t sum = 0;

		assert_int_equal(split_amount(amount, parts, count), SPLIT_DONE);
		for (size_t i = 0; i < count; i++)
			sum += parts[i].amount;
		assert_true(sum == amount);
	}
}

TEST(no_part_is_a_unit_from_the_exact_one)
{
	static SplitPart parts[PARTS_AT_MOST];

	for (int round = 0; round < ROUNDS; round++)
	{
		size_t count = random_parts(parts);
		uint64_t amount = random_amount();
		Uint256 total = sum_weights(parts, count);

		assert_int_equal(split_amount(amount, parts, count), SPLIT_DONE);
		for (size_t i = 0; i < count; i++)
		{
			Uint256 remainder;
			uint64_t floor = (uint64_t) uint256_part(amount, &parts[i].weight,
													 &total, &remainder);
			bool exact = uint256_is_zero(&remainder);

			assert_true(parts[i].amount == floor ||
						(parts[i].amount == floor + 1 && !exact));
			if (uint256_is_zero(&parts[i].weight))
				assert_true(parts[i].amount == 0);
		}
	}
}

TEST(who_weighs_more_never_gets_less)
{
	static SplitPart parts[PARTS_AT_MOST];

	for (int round = 0; round < ROUNDS / 10; round++)
	{
		size_t count = random_parts(parts);

		split_amount(random_amount(), parts, count);
		for (size_t i = 0; i < count; i++)
			for (size_t j = 0; j < count; j++)
			{
				int order = uint256_compare(&parts[i].weight, &parts[j].weight);

				if (order > 0 || (order == 0 && i < j))
					assert_true(parts[i].amount >= parts[j].amount);
			}
	}
}

/* Only equal weights can change places: who got what else stays. */
TEST(the_order_of_different_weights_does_not_matter)
{
	static SplitPart parts[PARTS_AT_MOST];
	static SplitPart mixed[PARTS_AT_MOST];
	static size_t from[PARTS_AT_MOST];

	for (int round = 0; round < ROUNDS; round++)
	{
		size_t count = random_parts(parts);
		uint64_t amount = random_amount();

		for (size_t i = 0; i < count; i++)
			from[i] = i;
		for (size_t i = count - 1; i > 0; i--)
		{
			size_t other = random_word() % (i + 1);
			size_t swapped = from[i];

			from[i] = from[other];
			from[other] = swapped;
		}
		for (size_t i = 0; i < count; i++)
			mixed[i] = parts[from[i]];
		split_amount(amount, parts, count);
		split_amount(amount, mixed, count);
		for (size_t i = 0; i < count; i++)
		{
			bool has_twin = false;

			for (size_t j = 0; j < count; j++)
				has_twin |= j != from[i] &&
							uint256_compare(&parts[j].remainder,
											&parts[from[i]].remainder) == 0;
			if (!has_twin)
				assert_true(mixed[i].amount == parts[from[i]].amount);
		}
	}
}

TEST(equal_parts_go_by_place)
{
	SplitPart parts[] = {WEIGHS(1), WEIGHS(1), WEIGHS(1)};

	assert_int_equal(split_amount(11, parts, 3), SPLIT_DONE);
	assert_int_equal(parts[0].amount, 4);
	assert_int_equal(parts[1].amount, 4);
	assert_int_equal(parts[2].amount, 3);
}

TEST(the_largest_remainder_gets_the_unit)
{
	SplitPart parts[] = {WEIGHS(49), WEIGHS(27), WEIGHS(24)};

	assert_int_equal(split_amount(5, parts, 3), SPLIT_DONE);
	assert_int_equal(parts[0].amount, 3); /* 2.45 */
	assert_int_equal(parts[1].amount, 1); /* 1.35 */
	assert_int_equal(parts[2].amount, 1); /* 1.20 */
}

TEST(nobody_to_give_to_is_told)
{
	SplitPart parts[] = {WEIGHS(0), WEIGHS(0)};
	SplitPart heavy[] = {WEIGHS(0, 0, 0, UINT64_C(1) << 61),
						 WEIGHS(0, 0, 0, UINT64_C(1) << 61)};

	assert_int_equal(split_amount(1, parts, 2), SPLIT_NO_WEIGHT);
	assert_int_equal(split_amount(1, parts, 0), SPLIT_NO_WEIGHT);
	assert_int_equal(split_amount(0, parts, 2), SPLIT_DONE);
	assert_int_equal(split_amount(0, parts, 0), SPLIT_DONE);
	assert_int_equal(split_amount(1, heavy, 1), SPLIT_DONE);
	assert_int_equal(split_amount(1, heavy, 2), SPLIT_TOO_HEAVY);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_parts_add_up_to_the_amount),
		cmocka_unit_test(no_part_is_a_unit_from_the_exact_one),
		cmocka_unit_test(who_weighs_more_never_gets_less),
		cmocka_unit_test(the_order_of_different_weights_does_not_matter),
		cmocka_unit_test(equal_parts_go_by_place),
		cmocka_unit_test(the_largest_remainder_gets_the_unit),
		cmocka_unit_test(nobody_to_give_to_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
