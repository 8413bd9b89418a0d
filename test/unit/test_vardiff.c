/*
 * test_vardiff.c
 *	  Which difficulty suits a miner, step by step.
 */
#include "unit.h"

#include <math.h>

#include "mining/vardiff.h"

static const VardiffLimits limits = {
	.min_difficulty = 1,
	.max_difficulty = 1e12,
	.target_s = 10,
	.retarget_s = 180,
	.retarget_shares = 30,
	.variance = 0.15,
};

/* A share each 'interval' seconds until a step; the time it took. */
static double
run_until_step(double interval, double *difficulty, VardiffStep *step)
{
	VardiffWindow window;
	double now = 0;

	vardiff_restart(&window, 0);
	for (;;)
	{
		now += interval;
		vardiff_add_share(&window, now, *difficulty);
		*step = vardiff_retarget(&window, &limits, now, difficulty);
		if (*step != VARDIFF_NO_STEP)
			return now;
	}
}

TEST(five_thousand_times_too_fast_is_one_step_of_half_a_second)
{
	double difficulty = 8192;
	VardiffStep step;
	double took = run_until_step(10.0 / 5000, &difficulty, &step);

	assert_int_equal(step, VARDIFF_FAST_STEP);
	assert_true(took < 0.6);
	assert_true(fabs(difficulty / (8192 * 5000.0) - 1) < 0.05);
}

TEST(idle_connection_that_wakes_up_is_measured_from_its_first_share)
{
	VardiffWindow window;
	double difficulty = 8192;
	double now = 70;
	VardiffStep step = VARDIFF_NO_STEP;

	vardiff_restart(&window, 0);
	while (step == VARDIFF_NO_STEP)
	{
		vardiff_add_share(&window, now, difficulty);
		step = vardiff_retarget(&window, &limits, now, &difficulty);
		now += 10.0 / 5000;
	}
	assert_int_equal(step, VARDIFF_FAST_STEP);
	assert_true(now < 70.6);
	assert_true(fabs(difficulty / (8192 * 5000.0) - 1) < 0.05);
}

/* what a miner has kept while its connection hung says little of its pace */
TEST(burst_of_a_moment_is_no_proof)
{
	VardiffWindow window;
	double difficulty = 8192;

	vardiff_restart(&window, 0);
	for (int i = 0; i < 100; i++)
		vardiff_add_share(&window, 0, difficulty);
	assert_true(vardiff_is_fast(&window, &limits, 0.01, difficulty));
	assert_int_equal(vardiff_retarget(&window, &limits, 0.01, &difficulty),
					 VARDIFF_NO_STEP);
}

TEST(few_shares_are_no_proof)
{
	VardiffWindow window;
	double difficulty = 8192;

	vardiff_restart(&window, 0);
	for (int i = 0; i < VARDIFF_FAST_SHARES - 1; i++)
		vardiff_add_share(&window, 0, difficulty);
	assert_false(vardiff_is_fast(&window, &limits, 1, difficulty));
	assert_int_equal(vardiff_retarget(&window, &limits, 1, &difficulty),
					 VARDIFF_NO_STEP);
}

TEST(nobody_is_too_fast_at_the_maximum)
{
	VardiffLimits low = limits;
	VardiffWindow window;

	low.max_difficulty = 8192;
	vardiff_restart(&window, 0);
	for (int i = 0; i < 1000; i++)
		vardiff_add_share(&window, 0, 8192);
	assert_false(vardiff_is_fast(&window, &low, 1, 8192));
}

TEST(silent_miner_gets_from_8192_to_1_in_three_steps)
{
	VardiffWindow window;
	double difficulty = 8192;
	double now = 0;
	int steps = 0;

	vardiff_restart(&window, 0);
	for (; difficulty > 1; now++)
		if (vardiff_retarget(&window, &limits, now, &difficulty) !=
			VARDIFF_NO_STEP)
		{
			vardiff_restart(&window, now);
			steps++;
		}
	assert_int_equal(steps, 3);
	assert_true(now < 250);
}

/* the odd long gap of a miner at its ideal is not silence */
TEST(miner_with_a_share_in_the_window_is_not_silent)
{
	VardiffWindow window;
	double difficulty = 8192;

	vardiff_restart(&window, 0);
	vardiff_add_share(&window, 0, difficulty);
	assert_int_equal(vardiff_retarget(&window, &limits, 100, &difficulty),
					 VARDIFF_NO_STEP);
}

TEST(pace_within_the_variance_keeps_its_difficulty)
{
	static const double intervals[] = {8.8, 10, 11.4};

	for (size_t i = 0; i < lengthof(intervals); i++)
	{
		double difficulty = 8192;
		VardiffStep step;

		run_until_step(intervals[i], &difficulty, &step);
		assert_int_equal(step, VARDIFF_STEP);
		assert_true(difficulty == 8192);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			five_thousand_times_too_fast_is_one_step_of_half_a_second),
		cmocka_unit_test(
			idle_connection_that_wakes_up_is_measured_from_its_first_share),
		cmocka_unit_test(burst_of_a_moment_is_no_proof),
		cmocka_unit_test(few_shares_are_no_proof),
		cmocka_unit_test(nobody_is_too_fast_at_the_maximum),
		cmocka_unit_test(silent_miner_gets_from_8192_to_1_in_three_steps),
		cmocka_unit_test(miner_with_a_share_in_the_window_is_not_silent),
		cmocka_unit_test(pace_within_the_variance_keeps_its_difficulty),
	};

	return cmocka_run_group_tests_name("vardiff", tests, NULL, NULL);
}
