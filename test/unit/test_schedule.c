/*
 * test_schedule.c
 *	  From which job on which difficulty holds: one job, one difficulty.
 */
#include "unit.h"

#include "mining/difficulty_schedule.h"

static void
choose(DifficultySchedule *schedule, double difficulty, int64_t mark,
	   double now)
{
	difficulty_schedule_choose(schedule, difficulty);
	assert_true(difficulty_schedule_ask(schedule));
	difficulty_schedule_mark(schedule, mark, now);
}

TEST(base_holds_for_every_job_while_nothing_is_chosen)
{
	DifficultySchedule schedule = {0};

	difficulty_schedule_begin(&schedule, 8);
	assert_true(difficulty_schedule_at(&schedule, 1) == 8);
	assert_true(difficulty_schedule_at(&schedule, INT64_MAX) == 8);
	assert_false(difficulty_schedule_awaits(&schedule, 0));
	difficulty_schedule_clear(&schedule);
}

TEST(choice_before_the_extranonce1_is_the_base)
{
	DifficultySchedule schedule = {0};

	difficulty_schedule_choose(&schedule, 2);
	difficulty_schedule_begin(&schedule, 8);
	assert_true(difficulty_schedule_at(&schedule, 1) == 2);
	assert_false(difficulty_schedule_is_unmarked(&schedule));
	difficulty_schedule_clear(&schedule);
}

TEST(choice_holds_above_its_mark_only)
{
	DifficultySchedule schedule = {0};

	difficulty_schedule_begin(&schedule, 8);
	difficulty_schedule_choose(&schedule, 2);
	assert_true(difficulty_schedule_latest(&schedule) == 2);
	assert_true(difficulty_schedule_at(&schedule, 100) == 8);
	assert_true(difficulty_schedule_ask(&schedule));
	assert_true(difficulty_schedule_at(&schedule, 100) == 8);
	difficulty_schedule_mark(&schedule, 100, 0);
	assert_true(difficulty_schedule_at(&schedule, 100) == 8);
	assert_true(difficulty_schedule_at(&schedule, 101) == 2);
	assert_true(difficulty_schedule_awaits(&schedule, 100));
	assert_false(difficulty_schedule_awaits(&schedule, 101));
	assert_false(difficulty_schedule_changes(&schedule, 0, 100));
	assert_true(difficulty_schedule_changes(&schedule, 0, 101));
	assert_true(difficulty_schedule_changes(&schedule, 100, 101));
	assert_false(difficulty_schedule_changes(&schedule, 101, 102));
	difficulty_schedule_clear(&schedule);
}

/* whatever is chosen later: a choice may depend on what an old job is worth */
TEST(later_choices_change_no_job_of_before)
{
	DifficultySchedule schedule = {0};
	double before[40];

	difficulty_schedule_begin(&schedule, 8);
	choose(&schedule, 1, 10, 0);
	choose(&schedule, 4, 20, 1);
	for (int64_t job = 0; job < 40; job++)
		before[job] = difficulty_schedule_at(&schedule, job);
	for (int i = 0; i < 500; i++)
		choose(&schedule, 100 + i, 40 + i, 2 + i);
	for (int64_t job = 0; job < 40; job++)
		assert_true(difficulty_schedule_at(&schedule, job) == before[job]);
	assert_true(before[10] == 8 && before[11] == 1 && before[21] == 4);
	difficulty_schedule_clear(&schedule);
}

TEST(choice_made_while_another_is_asked_for_waits_for_its_own_mark)
{
	DifficultySchedule schedule = {0};

	difficulty_schedule_begin(&schedule, 8);
	difficulty_schedule_choose(&schedule, 2);
	assert_true(difficulty_schedule_ask(&schedule));
	difficulty_schedule_choose(&schedule, 64);
	difficulty_schedule_mark(&schedule, 10, 0);
	assert_true(difficulty_schedule_at(&schedule, 11) == 2);
	assert_true(difficulty_schedule_is_unmarked(&schedule));
	assert_true(difficulty_schedule_ask(&schedule));
	difficulty_schedule_mark(&schedule, 20, 0);
	assert_true(difficulty_schedule_at(&schedule, 20) == 2);
	assert_true(difficulty_schedule_at(&schedule, 21) == 64);
	difficulty_schedule_clear(&schedule);
}

TEST(lost_question_is_asked_again)
{
	DifficultySchedule schedule = {0};

	difficulty_schedule_begin(&schedule, 8);
	difficulty_schedule_choose(&schedule, 2);
	assert_true(difficulty_schedule_ask(&schedule));
	difficulty_schedule_ask_again(&schedule);
	difficulty_schedule_mark(&schedule, 10,
							 0); /* an answer that is not for it */
	assert_true(difficulty_schedule_at(&schedule, 11) == 8);
	assert_true(difficulty_schedule_ask(&schedule));
	difficulty_schedule_mark(&schedule, 20, 0);
	assert_true(difficulty_schedule_at(&schedule, 21) == 2);
	difficulty_schedule_clear(&schedule);
}

TEST(old_steps_are_dropped_in_the_end)
{
	DifficultySchedule schedule = {0};

	difficulty_schedule_begin(&schedule, 8);
	for (int i = 0; i < 10000; i++)
		choose(&schedule, 1 + i % 2, i, i);
	assert_true(schedule.count < 1000);
	difficulty_schedule_clear(&schedule);
}

TEST(job_ids_that_start_over_leave_the_latest)
{
	DifficultySchedule schedule = {0};

	difficulty_schedule_begin(&schedule, 8);
	choose(&schedule, 2, 1000, 0);
	difficulty_schedule_forget_jobs(&schedule);
	assert_true(difficulty_schedule_at(&schedule, 1) == 2);
	difficulty_schedule_clear(&schedule);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(base_holds_for_every_job_while_nothing_is_chosen),
		cmocka_unit_test(choice_before_the_extranonce1_is_the_base),
		cmocka_unit_test(choice_holds_above_its_mark_only),
		cmocka_unit_test(later_choices_change_no_job_of_before),
		cmocka_unit_test(
			choice_made_while_another_is_asked_for_waits_for_its_own_mark),
		cmocka_unit_test(lost_question_is_asked_again),
		cmocka_unit_test(old_steps_are_dropped_in_the_end),
		cmocka_unit_test(job_ids_that_start_over_leave_the_latest),
	};

	return cmocka_run_group_tests_name("schedule", tests, NULL, NULL);
}
