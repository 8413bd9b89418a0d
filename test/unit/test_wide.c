/*
 * test_wide.c
 *	  256-bit naturals: laws of arithmetic on random numbers, and the division
 *	  by its definition.
 */
#include "unit.h"

#include "uint256.h"

#define ROUNDS 20000

/* A number of at most so many bits, short ones as often as long ones. */
static Uint256
random_wide(int bits)
{
	Uint256 value = {
		{random_word(), random_word(), random_word(), random_word()}};
	int keep = (int) (random_word() % (uint64_t) (bits + 1));

	for (int i = 0; i < 4; i++)
	{
		int here = keep - 64 * i;

		if (here <= 0)
			value.limb[i] = 0;
		else if (here < 64)
			value.limb[i] &= (UINT64_C(1) << here) - 1;
	}
	return value;
}

static Uint128
random_uint128(void)
{
	Uint256 value = random_wide(128);

	return (Uint128) value.limb[1] << 64 | value.limb[0];
}

static void
assert_wide_equal(Uint256 a, Uint256 b)
{
	assert_int_equal(uint256_compare(&a, &b), 0);
}

TEST(what_is_added_can_be_subtracted)
{
	for (int i = 0; i < ROUNDS; i++)
	{
		Uint256 a = random_wide(255);
		Uint256 b = random_wide(255);
		Uint256 sum = a;

		assert_true(uint256_add(&sum, &b));
		assert_true(uint256_compare(&sum, &a) >= 0);
		uint256_subtract(&sum, &b);
		assert_wide_equal(sum, a);
	}
}

TEST(a_sum_that_does_not_fit_is_told)
{
	Uint256 most = {{UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX}};
	Uint256 one = {{1}};

	assert_false(uint256_add(&most, &one));
	assert_true(uint256_is_zero(&most));
	most = (Uint256){{0, 0, 0, UINT64_C(1) << 63}};
	assert_false(uint256_multiply(&most, 2, 0));
}

TEST(bits_are_counted)
{
	for (int bit = 0; bit < 256; bit++)
	{
		Uint256 value = {{0}};

		value.limb[bit / 64] = UINT64_C(1) << bit % 64;
		assert_false(uint256_is_below(&value, bit));
		assert_true(uint256_is_below(&value, bit + 1));
	}
	assert_true(uint256_is_below(&(Uint256){{0}}, 0));
}

/* (a + b) * c = a * c + b * c, and small products are the compiler's */
TEST(products_distribute_over_sums)
{
	for (int i = 0; i < ROUNDS; i++)
	{
		Uint128 a = random_uint128() >> 1;
		Uint128 b = random_uint128() >> 1;
		Uint128 c = random_uint128();
		Uint256 whole = uint256_product(a + b, c);
		Uint256 sum = uint256_product(a, c);
		Uint256 other = uint256_product(c, b);

		assert_true(uint256_add(&sum, &other));
		assert_wide_equal(whole, sum);
		assert_wide_equal(
			uint256_product((uint64_t) a, (uint64_t) b),
			uint256_from_uint128((Uint128) (uint64_t) a * (uint64_t) b));
	}
}

/* amount * weight = quotient * total + remainder, where nothing overflows */
TEST(a_part_is_the_division_it_says)
{
	for (int i = 0; i < ROUNDS; i++)
	{
		Uint128 amount = random_uint128();
		Uint256 total = random_wide(128);
		Uint256 weight = random_wide(128);
		Uint256 remainder, product, back;
		Uint128 quotient;

		if (uint256_is_zero(&total))
			total.limb[0] = 1;
		if (uint256_compare(&weight, &total) > 0)
			weight = total;
		quotient = uint256_part(amount, &weight, &total, &remainder);
		product = uint256_product(amount, (Uint128) weight.limb[1] << 64 |
											  weight.limb[0]);
		back = uint256_product(quotient,
							   (Uint128) total.limb[1] << 64 | total.limb[0]);
		assert_true(uint256_add(&back, &remainder));
		assert_wide_equal(product, back);
		assert_true(uint256_compare(&remainder, &total) < 0);
	}
}

TEST(a_part_of_the_widest_total_is_right)
{
	/* total = 2^254 - 1: the weight 2^253 is half of it and a bit */
	Uint256 total = {{UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX >> 2}};
	Uint256 weight = {{0, 0, 0, UINT64_C(1) << 61}};
	Uint256 remainder;

	assert_true(uint256_part(10, &weight, &total, &remainder) == 5);
	assert_wide_equal(remainder, (Uint256){{5}});
	assert_true(uint256_part((Uint128) -1, &total, &total, &remainder) ==
				(Uint128) -1);
	assert_true(uint256_is_zero(&remainder));
}

TEST(decimals_read_back)
{
	char text[UINT256_DECIMAL_BYTES];

	uint256_to_decimal(&(Uint256){{0}}, text);
	assert_string_equal(text, "0");
	uint256_to_decimal(
		&(Uint256){{UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX}}, text);
	assert_string_equal(text, "115792089237316195423570985008687907853269984665"
							  "640564039457584007913129639935");
	for (int i = 0; i < ROUNDS; i++)
	{
		Uint256 value = random_wide(256);
		Uint256 back = {{0}};

		uint256_to_decimal(&value, text);
		for (const char *at = text; *at; at++)
			assert_true(uint256_multiply(&back, 10, (uint64_t) (*at - '0')));
		assert_wide_equal(value, back);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_added_can_be_subtracted),
		cmocka_unit_test(a_sum_that_does_not_fit_is_told),
		cmocka_unit_test(bits_are_counted),
		cmocka_unit_test(products_distribute_over_sums),
		cmocka_unit_test(a_part_is_the_division_it_says),
		cmocka_unit_test(a_part_of_the_widest_total_is_right),
		cmocka_unit_test(decimals_read_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
