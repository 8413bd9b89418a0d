/*
 * difficulty_schedule.h
 *	  From which job on which difficulty holds for a session: pure functions,
 *	  no clock, no I/O.
 *
 * Credit is fixed before the work can be known.  Work is an extranonce1 and a
 * job, so each of the two is a safe moment to fix a difficulty:
 *
 * - the base is fixed when the session is given its extranonce1, which nobody
 *   can foretell; it holds for the jobs that are there already;
 * - a step is a choice, the miner's or vardiff's, that holds for jobs above the
 *   mark: a number that the database gave after the choice, and above which
 *   nobody knows a job yet.
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
	int64_t mark; /* it holds for jobs above */
	double difficulty;
	double made_at;
} DifficultyStep;

typedef struct DifficultySchedule
{
	double base;		   /* 0 before there is an extranonce1 */
	DifficultyStep *steps; /* by their marks */
	int count;
	double asked;  /* a choice that the database is asked a mark for, or 0 */
	double chosen; /* one that it is yet to be asked for, or 0 */
} DifficultySchedule;

/* An extranonce1 is given now: what was chosen before, or this, is the base. */
extern void
difficulty_schedule_begin(DifficultySchedule *schedule, double difficulty);

/* What the miner has, or is to have soon; 0 while nothing is known. */
extern double difficulty_schedule_latest(const DifficultySchedule *schedule);
extern void
difficulty_schedule_choose(DifficultySchedule *schedule, double difficulty);

/* Whether a choice has no mark yet. */
extern bool difficulty_schedule_is_unmarked(const DifficultySchedule *schedule);

/* Whether a job above that one is needed for the newest choice to hold. */
extern bool
difficulty_schedule_awaits(const DifficultySchedule *schedule, int64_t job_id);

/* Whether a choice holds for a job that did not for an earlier one. */
extern bool difficulty_schedule_changes(const DifficultySchedule *schedule,
										int64_t earlier_job, int64_t job_id);

/* The database is being asked: true if that is for a choice of this one. */
extern bool difficulty_schedule_ask(DifficultySchedule *schedule);

/* What it was asked for has got this mark, or has to be asked for again. */
extern void difficulty_schedule_mark(DifficultySchedule *schedule, int64_t mark,
									 double now);
extern void difficulty_schedule_ask_again(DifficultySchedule *schedule);

extern double
difficulty_schedule_at(const DifficultySchedule *schedule, int64_t job_id);

/* Job ids have started over: what is known of them is void. */
extern void difficulty_schedule_forget_jobs(DifficultySchedule *schedule);
extern void difficulty_schedule_clear(DifficultySchedule *schedule);

#endif
