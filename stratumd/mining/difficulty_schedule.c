/*
 * difficulty_schedule.c
 *	  Which difficulty applies from which job on, for one session.
 *
 * A step is kept as long as a job from before the next one may be sent.
 */
#include "mining/difficulty_schedule.h"

#include <stdlib.h>
#include <string.h>

#include "memory.h"
#include "mining/network.h"

void
difficulty_schedule_begin(DifficultySchedule *schedule, double difficulty)
{
	double chosen = difficulty_schedule_latest(schedule);

	difficulty_schedule_clear(schedule);
	schedule->base = chosen > 0 ? chosen : difficulty;
}

double
difficulty_schedule_latest(const DifficultySchedule *schedule)
{
	if (schedule->chosen > 0)
		return schedule->chosen;
	if (schedule->asked > 0)
		return schedule->asked;
	if (schedule->count > 0)
		return schedule->steps[schedule->count - 1].difficulty;
	return schedule->base;
}

void
difficulty_schedule_choose(DifficultySchedule *schedule, double difficulty)
{
	if (difficulty != difficulty_schedule_latest(schedule))
		schedule->chosen = difficulty;
}

bool
difficulty_schedule_is_unmarked(const DifficultySchedule *schedule)
{
	return schedule->chosen > 0 || schedule->asked > 0;
}

bool
difficulty_schedule_awaits(const DifficultySchedule *schedule, int64_t job_id)
{
	return difficulty_schedule_is_unmarked(schedule) ||
		   (schedule->count > 0 &&
			schedule->steps[schedule->count - 1].mark >= job_id);
}

bool
difficulty_schedule_changes(const DifficultySchedule *schedule,
							int64_t earlier_job, int64_t job_id)
{
	for (int i = schedule->count - 1; i >= 0; i--)
		if (schedule->steps[i].mark < job_id)
			return schedule->steps[i].mark >= earlier_job;
	return false;
}

bool
difficulty_schedule_ask(DifficultySchedule *schedule)
{
	if (schedule->chosen == 0)
		return false;
	schedule->asked = schedule->chosen;
	schedule->chosen = 0;
	return true;
}

void
difficulty_schedule_ask_again(DifficultySchedule *schedule)
{
	if (schedule->chosen == 0)
		schedule->chosen = schedule->asked;
	schedule->asked = 0;
}

/* Drop the steps that were replaced more than a job's lifetime ago. */
static void
drop_old_steps(DifficultySchedule *schedule, double now)
{
	int old = 0;

	while (old + 1 < schedule->count &&
		   now - schedule->steps[old + 1].made_at > NETWORK_JOB_LIFETIME_S)
		old++;
	schedule->count -= old;
	memmove(schedule->steps, schedule->steps + old,
			sizeof(DifficultyStep) * (size_t) schedule->count);
}

void
difficulty_schedule_mark(DifficultySchedule *schedule, int64_t mark, double now)
{
	if (schedule->asked == 0)
		return;
	if (schedule->count > 0)
		drop_old_steps(schedule, now);
	schedule->steps =
		memory_resize(schedule->steps,
					  sizeof(DifficultyStep) * (size_t) (schedule->count + 1));
	schedule->steps[schedule->count++] = (DifficultyStep){
		.mark = mark, .difficulty = schedule->asked, .made_at = now};
	schedule->asked = 0;
}

double
difficulty_schedule_at(const DifficultySchedule *schedule, int64_t job_id)
{
	for (int i = schedule->count - 1; i >= 0; i--)
		if (schedule->steps[i].mark < job_id)
			return schedule->steps[i].difficulty;
	return schedule->base;
}

void
difficulty_schedule_forget_jobs(DifficultySchedule *schedule)
{
	double latest = difficulty_schedule_latest(schedule);

	difficulty_schedule_clear(schedule);
	schedule->base = latest;
}

void
difficulty_schedule_clear(DifficultySchedule *schedule)
{
	free(schedule->steps);
	*schedule = (DifficultySchedule){0};
}
