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

typedef struct ScheduleStep
{
	int64_t mark; /* it holds for jobs above */
	double difficulty;
	double made_at;
} ScheduleStep;

typedef struct Schedule
{
	double base;		 /* 0 before there is an extranonce1 */
	ScheduleStep *steps; /* by their marks */
	int count;
	double asked;  /* a choice that the database is asked a mark for, or 0 */
	double chosen; /* one that it is yet to be asked for, or 0 */
} Schedule;

/* An extranonce1 is given now: what was chosen before, or this, is the base. */
extern void schedule_begin(Schedule *schedule, double difficulty);

/* What the miner has, or is to have soon; 0 while nothing is known. */
extern double schedule_latest(const Schedule *schedule);
extern void schedule_choose(Schedule *schedule, double difficulty);

/* Whether a choice has no mark yet. */
extern bool schedule_is_unmarked(const Schedule *schedule);

/* Whether a job above that one is needed for the newest choice to hold. */
extern bool schedule_awaits(const Schedule *schedule, int64_t job_id);

/* Whether a choice holds for a job that did not for an earlier one. */
extern bool
schedule_changes(const Schedule *schedule, int64_t earlier_job, int64_t job_id);

/* The database is being asked: true if that is for a choice of this one. */
extern bool schedule_ask(Schedule *schedule);

/* What it was asked for has got this mark, or has to be asked for again. */
extern void schedule_mark(Schedule *schedule, int64_t mark, double now);
extern void schedule_ask_again(Schedule *schedule);

extern double schedule_difficulty(const Schedule *schedule, int64_t job_id);

/* Job ids have started over: what is known of them is void. */
extern void schedule_forget_jobs(Schedule *schedule);
extern void schedule_clear(Schedule *schedule);

#endif
