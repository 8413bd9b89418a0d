/*
 * test_work.c
 *	  Work of difficulties by its definition, and decay against values that
 *	  were computed with 400 bits.
 */
#include "unit.h"

#include <float.h>
#include <math.h>

#include "accounting/work.h"

#define ROUNDS 100000

static Uint128
work(double difficulty)
{
	Uint128 value;

	assert_true(work_of(difficulty, &value));
	return value;
}

TEST(known_work)
{
	assert_true(work(1) == (Uint128) 1 << 64);
	assert_true(work(0) == 0);
	assert_true(work(1e12) == (Uint128) 1000000000000 << 64);
	/* 1e-10 is 0x1.b7cdfd9d7bdbbp-34 */
	assert_true(work(1e-10) == 1844674407);
	assert_true(work(ldexp(1, -32)) == (Uint128) 1 << 32);
	assert_true(work(DBL_TRUE_MIN) == 0);
}

TEST(halves_round_to_even)
{
	assert_true(work(ldexp(1, -65)) == 0);
	assert_true(work(ldexp(3, -65)) == 2);
	assert_true(work(ldexp(5, -65)) == 2);
	assert_true(work(nextafter(ldexp(1, -65), 1)) == 1);
	assert_true(work(nextafter(ldexp(1, -65), 0)) == 0);
}

/* From 2^-12 on a double is its work, back and forth. */
TEST(work_is_exact_from_two_to_the_minus_twelve_on)
{
	for (int i = 0; i < ROUNDS; i++)
	{
		double difficulty =
			ldexp((double) (random_word() >> 11 | UINT64_C(1) << 52),
				  (int) (random_word() % 75) - 64);

		assert_true(ldexp((double) work(difficulty), -64) == difficulty);
	}
}

TEST(what_is_no_work_is_refused)
{
	Uint128 value;

	assert_false(work_of(-1, &value));
	assert_false(work_of(NAN, &value));
	assert_false(work_of(INFINITY, &value));
	assert_false(work_of(ldexp(1, 64), &value));
	assert_true(work_of(nextafter(ldexp(1, 64), 0), &value));
	assert_true(value == (((Uint128) 1 << 53) - 1) << 75);
}

/* Not further than 2^-57 from what is true. */
static void
assert_decays_to(uint64_t age, uint64_t constant, uint64_t expected)
{
	Uint128 decay = work_decay(age, constant);
	Uint128 error = decay > expected ? decay - expected : expected - decay;

	assert_true(error < 128);
}

TEST(known_decay)
{
	assert_true(work_decay(0, 300000000) == (Uint128) 1 << 64);
	assert_decays_to(UINT64_C(1), UINT64_C(300000000),
					 UINT64_C(18446744012220404806));
	assert_decays_to(UINT64_C(300000000), UINT64_C(300000000),
					 UINT64_C(6786177901268885275));
	assert_decays_to(UINT64_C(299999999), UINT64_C(300000000),
					 UINT64_C(6786177923889478317));
	assert_decays_to(UINT64_C(1), UINT64_C(1), UINT64_C(6786177901268885275));
	assert_decays_to(UINT64_C(44), UINT64_C(1), UINT64_C(1));
	assert_decays_to(UINT64_C(207944154), UINT64_C(300000000),
					 UINT64_C(9223372042019359718));
	assert_decays_to(UINT64_C(1234567), UINT64_C(86400000000),
					 UINT64_C(18446480490621762624));
	assert_decays_to(UINT64_C(3000000000), UINT64_C(300000000),
					 UINT64_C(837480885292947));
	assert_decays_to(UINT64_C(1099511627776), UINT64_C(1125899906842624),
					 UINT64_C(18428738468430479223));
	assert_decays_to(UINT64_C(50665495807918079), UINT64_C(1125899906842624),
					 UINT64_C(1));
	assert_true(work_decay(13500000000, 300000000) == 0);
	assert_true(work_decay(UINT64_MAX, 1) == 0);
}

TEST(decay_follows_exp)
{
	for (int i = 0; i < ROUNDS; i++)
	{
		uint64_t constant = 1 + random_word() % (UINT64_C(1) << 50);
		uint64_t age = random_word() % (constant * 45);
		double expected = exp(-(double) age / (double) constant);

		assert_true(fabs(ldexp((double) work_decay(age, constant), -64) -
						 expected) < 1e-14 * expected + ldexp(1, -56));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_work),
		cmocka_unit_test(halves_round_to_even),
		cmocka_unit_test(work_is_exact_from_two_to_the_minus_twelve_on),
		cmocka_unit_test(what_is_no_work_is_refused),
		cmocka_unit_test(known_decay),
		cmocka_unit_test(decay_follows_exp),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
