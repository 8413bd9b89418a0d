/*
 * difficulty_schedule.h
 *	  Which difficulty applies from which job on, for one session: pure
 *	  functions, no clock, no I/O.
 *
 * Credit is fixed before the miner can know the work.  Work is an extranonce1
 * and a job, so a difficulty can safely be fixed at two moments:
 *
 * - the base is fixed when the session is given its extranonce1, which nobody
 *   can predict; it applies to the jobs that exist already;
 * - a step is a choice, of the miner or of vardiff, that applies to jobs above
 *   its mark: a number that the database returned after the choice, and above
 *   which nobody knows a job yet.
 *
 * Steps are only ever added.  So a job has one difficulty for an extranonce1,
 * whenever it is sent, by which port and on which connection.
 */
#ifndef STRATUMD_DIFFICULTY_SCHEDULE_H
#define STRATUMD_DIFFICULTY_SCHEDULE_H

#include <stdbool.h>
#include <stdint.h>

typedef struct DifficultyStep
{
	int64_t mark; /* the step applies to jobs above it */
	double difficulty;
	double made_at;
} DifficultyStep;

typedef struct DifficultySchedule
{
	double base;		   /* 0 until the session has an extranonce1 */
	DifficultyStep *steps; /* by their marks */
	int count;
	double
		asked; /* a choice whose mark the database is being asked for, or 0 */
	double chosen; /* a choice that the database has not been asked for yet, or
					* 0 */
} DifficultySchedule;

/*
 * The session gets its extranonce1: the base is what was chosen before, or
 * else this difficulty.
 */
extern void
difficulty_schedule_begin(DifficultySchedule *schedule, double difficulty);

/* The difficulty that the miner has, or will have soon; 0 if none is known. */
extern double difficulty_schedule_latest(const DifficultySchedule *schedule);
extern void
difficulty_schedule_choose(DifficultySchedule *schedule, double difficulty);

/* Whether a choice has no mark yet. */
extern bool difficulty_schedule_is_unmarked(const DifficultySchedule *schedule);

/* Whether the newest choice needs a job above that one to apply. */
extern bool
difficulty_schedule_awaits(const DifficultySchedule *schedule, int64_t job_id);

/* Whether a choice applies to a job that did not apply to an earlier one. */
extern bool difficulty_schedule_changes(const DifficultySchedule *schedule,
										int64_t earlier_job, int64_t job_id);

/* The database is being asked for marks: true if this schedule needs one. */
extern bool difficulty_schedule_ask(DifficultySchedule *schedule);

/* The database has returned this mark, or has to be asked again. */
extern void difficulty_schedule_mark(DifficultySchedule *schedule, int64_t mark,
									 double now);
extern void difficulty_schedule_ask_again(DifficultySchedule *schedule);

extern double
difficulty_schedule_at(const DifficultySchedule *schedule, int64_t job_id);

/* Job ids have restarted: forget the steps, which refer to them. */
extern void difficulty_schedule_forget_jobs(DifficultySchedule *schedule);
extern void difficulty_schedule_clear(DifficultySchedule *schedule);

#endif
