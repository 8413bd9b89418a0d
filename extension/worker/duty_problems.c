/*
 * duty_problems.c
 *	  Shared memory: the accountant's duties that fail, and why.
 *
 * The accountant records problems here and reads when to try again;
 * chimera.health shows them by network.  They are kept in shared memory, since
 * the reason may be that nothing can be written.  If there is no room for
 * another problem, the duty is tried at its usual interval for that network.
 *
 * Locking: everything is read and written under problems->lock; only the
 * accountant writes.
 */
#include "postgres.h"

#include "fmgr.h"
#include "funcapi.h"
#include "mb/pg_wchar.h"
#include "storage/lwlock.h"
#include "storage/shmem.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "compat.h"
#include "instant.h"
#include "job/live_jobs.h"
#include "worker/duty_problems.h"

#define PROBLEM_MAX		 256
#define MESSAGE_BYTES	 256
#define DUTY_BYTES		 64
#define FIRST_PAUSE_MS	 1000
#define LONGEST_PAUSE_MS 60000
#define PROBLEM_COLUMNS	 5

typedef struct DutyProblem
{
	bool used;
	char duty[DUTY_BYTES];
	bool has_network;
	pg_uuid_t network_id;
	char network_name[NAMEDATALEN];
	int failures; /* in a row */
	TimestampTz since;
	Instant retry_at;
	char message[MESSAGE_BYTES];
} DutyProblem;

typedef struct DutyProblems
{
	LWLock *lock;
	DutyProblem items[PROBLEM_MAX];
} DutyProblems;

static DutyProblems *problems = NULL;

PG_FUNCTION_INFO_V1(chimera_duty_problems);

void
duty_problems_request(void)
{
	RequestAddinShmemSpace(sizeof(DutyProblems));
	RequestNamedLWLockTranche("chimera_duties", 1);
}

void
duty_problems_attach(void)
{
	bool found;

	problems =
		ShmemInitStruct("chimera duty problems", sizeof(DutyProblems), &found);
	if (found)
		return;
	memset(problems, 0, sizeof(DutyProblems));
	problems->lock = &GetNamedLWLockTranche("chimera_duties")->lock;
}

void
duty_problems_forget_all(void)
{
	LWLockAcquire(problems->lock, LW_EXCLUSIVE);
	memset(problems->items, 0, sizeof(problems->items));
	LWLockRelease(problems->lock);
}

static bool
is_about(const DutyProblem *problem, const DutyTarget *target)
{
	return problem->used && strcmp(problem->duty, target->duty) == 0 &&
		   problem->has_network == target->has_network &&
		   (!target->has_network ||
			memcmp(&problem->network_id, &target->network_id, UUID_LEN) == 0);
}

/* The target's problem, or NULL; the caller holds the lock. */
static DutyProblem *
find_problem(const DutyTarget *target)
{
	for (int i = 0; i < PROBLEM_MAX; i++)
		if (is_about(&problems->items[i], target))
			return &problems->items[i];
	return NULL;
}

/* A place for a new problem, or NULL; the caller holds the lock. */
static DutyProblem *
make_problem(const DutyTarget *target)
{
	DutyProblem *problem = NULL;

	for (int i = 0; i < PROBLEM_MAX && problem == NULL; i++)
		if (!problems->items[i].used)
			problem = &problems->items[i];
	if (problem == NULL)
		return NULL;
	memset(problem, 0, sizeof(DutyProblem));
	problem->used = true;
	strlcpy(problem->duty, target->duty, DUTY_BYTES);
	problem->has_network = target->has_network;
	problem->network_id = target->network_id;
	strlcpy(problem->network_name, target->network_name, NAMEDATALEN);
	problem->since = GetCurrentTimestamp();
	return problem;
}

static int
pause_ms(int failures)
{
	int shift = Min(failures - 1, 16);

	return (int) Min((int64) FIRST_PAUSE_MS << shift, LONGEST_PAUSE_MS);
}

void
duty_problem_note(const DutyTarget *target, const char *message)
{
	int length =
		pg_mbcliplen(message, (int) strlen(message), MESSAGE_BYTES - 1);
	DutyProblem *problem;

	LWLockAcquire(problems->lock, LW_EXCLUSIVE);
	problem = find_problem(target);
	if (problem == NULL)
		problem = make_problem(target);
	if (problem != NULL)
	{
		problem->failures++;
		problem->retry_at = instant_in_ms(pause_ms(problem->failures));
		memcpy(problem->message, message, length);
		problem->message[length] = '\0';
	}
	LWLockRelease(problems->lock);
}

void
duty_problem_end(const DutyTarget *target)
{
	DutyProblem *problem;

	LWLockAcquire(problems->lock, LW_EXCLUSIVE);
	problem = find_problem(target);
	if (problem != NULL)
		problem->used = false;
	LWLockRelease(problems->lock);
}

bool
duty_problem_rests(const DutyTarget *target)
{
	DutyProblem *problem;
	bool rests;

	LWLockAcquire(problems->lock, LW_SHARED);
	problem = find_problem(target);
	rests = problem != NULL && instant_now() < problem->retry_at;
	LWLockRelease(problems->lock);
	return rests;
}

Instant
duty_problems_retry_at(const char *duty)
{
	Instant first = INSTANT_NEVER;

	LWLockAcquire(problems->lock, LW_SHARED);
	for (int i = 0; i < PROBLEM_MAX; i++)
		if (problems->items[i].used &&
			strcmp(problems->items[i].duty, duty) == 0)
			first = Min(first, problems->items[i].retry_at);
	LWLockRelease(problems->lock);
	return first;
}

static bool
is_one_of(const DutyProblem *problem, const DutyTarget *targets, int count)
{
	for (int i = 0; i < count; i++)
		if (is_about(problem, &targets[i]))
			return true;
	return false;
}

void
duty_problems_keep(const char *duty, const DutyTarget *targets, int count)
{
	LWLockAcquire(problems->lock, LW_EXCLUSIVE);
	for (int i = 0; i < PROBLEM_MAX; i++)
	{
		DutyProblem *problem = &problems->items[i];

		if (problem->used && problem->has_network &&
			strcmp(problem->duty, duty) == 0 &&
			!is_one_of(problem, targets, count))
			problem->used = false;
	}
	LWLockRelease(problems->lock);
}

bool
duty_problems_describe(StringInfo out)
{
	bool any = false;

	LWLockAcquire(problems->lock, LW_SHARED);
	for (int i = 0; i < PROBLEM_MAX; i++)
	{
		const DutyProblem *problem = &problems->items[i];

		if (!problem->used)
			continue;
		appendStringInfo(out, "%s%s%s%s: %s", any ? "; " : "", problem->duty,
						 problem->has_network ? " of " : "",
						 problem->network_name, problem->message);
		any = true;
	}
	LWLockRelease(problems->lock);
	return any;
}

static void
put_problem_row(ReturnSetInfo *result, const DutyProblem *problem)
{
	Datum values[PROBLEM_COLUMNS];
	bool nulls[PROBLEM_COLUMNS] = {false};
	pg_uuid_t network_id = problem->network_id;

	values[0] = CStringGetTextDatum(problem->duty);
	values[1] = UUIDPGetDatum(&network_id);
	nulls[1] = !problem->has_network;
	values[2] = CStringGetTextDatum(problem->message);
	values[3] = Int32GetDatum(problem->failures);
	values[4] = TimestampTzGetDatum(problem->since);
	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

Datum
chimera_duty_problems(PG_FUNCTION_ARGS)
{
	DutyProblem *items;

	live_jobs_require();
	compat_init_materialized_srf(fcinfo);

	items = palloc(sizeof(problems->items));
	LWLockAcquire(problems->lock, LW_SHARED);
	memcpy(items, problems->items, sizeof(problems->items));
	LWLockRelease(problems->lock);

	for (int i = 0; i < PROBLEM_MAX; i++)
		if (items[i].used)
			put_problem_row((ReturnSetInfo *) fcinfo->resultinfo, &items[i]);
	return (Datum) 0;
}
