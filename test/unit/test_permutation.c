/*
 * test_permutation.c
 *	  The keyed permutation behind extranonce1 values.
 */
#include "unit.h"

#include <stdlib.h>

#include "chain/permutation.h"

#define NUMBERS (1 << 16)

static const uint8_t key[PERMUTATION_KEY_BYTES] = {1, 2, 3};

static int
compare(const void *a, const void *b)
{
	uint32_t left = *(const uint32_t *) a;
	uint32_t right = *(const uint32_t *) b;

	return (left > right) - (left < right);
}

TEST(different_numbers_become_different_values)
{
	static const uint32_t firsts[] = {0, 0x7fff0000, 0xffff0000};
	uint32_t *values = malloc(sizeof(uint32_t) * NUMBERS * lengthof(firsts));
	size_t count = 0;

	assert_non_null(values);
	for (size_t i = 0; i < lengthof(firsts); i++)
		for (uint32_t n = 0; n < NUMBERS; n++)
			values[count++] = permute_uint32(key, firsts[i] + n);
	qsort(values, count, sizeof(uint32_t), compare);
	for (size_t i = 1; i < count; i++)
		assert_int_not_equal(values[i - 1], values[i]);
	free(values);
}

/* Each bit of the key and of the number flips half of the value's bits. */
static void
assert_flips_half(int flipped, int trials)
{
	double mean = (double) flipped / trials;

	assert_true(mean > 15 && mean < 17);
}

TEST(a_neighbour_s_value_tells_nothing)
{
	int flipped = 0;

	for (uint32_t n = 0; n < 4096; n++)
		flipped += __builtin_popcount(permute_uint32(key, n) ^
									  permute_uint32(key, n + 1));
	assert_flips_half(flipped, 4096);
}

TEST(every_bit_of_the_key_counts)
{
	for (int bit = 0; bit < 8 * PERMUTATION_KEY_BYTES; bit++)
	{
		uint8_t other[PERMUTATION_KEY_BYTES];
		int flipped = 0;

		memcpy(other, key, sizeof(other));
		other[bit / 8] ^= (uint8_t) (1 << bit % 8);
		for (uint32_t n = 0; n < 256; n++)
			flipped += __builtin_popcount(permute_uint32(key, n) ^
										  permute_uint32(other, n));
		assert_flips_half(flipped, 256);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(different_numbers_become_different_values),
		cmocka_unit_test(a_neighbour_s_value_tells_nothing),
		cmocka_unit_test(every_bit_of_the_key_counts),
	};

	return cmocka_run_group_tests_name("permutation", tests, NULL, NULL);
}
