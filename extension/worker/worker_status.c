/*
 * worker_status.c
 *	  Shared memory: what the background workers are doing.
 *
 * Each worker enters itself in a slot, reports there whether it succeeds or
 * why it fails, and leaves it at exit. chimera.health reads the slots; other
 * processes find a worker's latch here.  A failure is logged when it begins or
 * changes, and when it has ended, but not with every attempt.
 *
 * Locking: everything is read and written under worker_table->lock.
 */
#include "postgres.h"

#include <signal.h>

#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "storage/ipc.h"
#include "storage/latch.h"
#include "storage/lwlock.h"
#include "storage/proc.h"
#include "storage/shmem.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/json.h"
#include "utils/timestamp.h"

#include "compat.h"
#include "job/live_jobs.h"
#include "worker/worker_status.h"

#define WORKER_MAX			  512
#define WORKER_MESSAGE_BYTES  768
#define WORKER_STATUS_COLUMNS 9

typedef struct WorkerSlot
{
	pid_t pid; /* 0: free, or the worker has stopped */
	PGPROC *proc;
	WorkerKind kind;
	WorkerState state;
	bool has_network;
	pg_uuid_t network_id;
	TimestampTz since;
	TimestampTz last_success; /* 0: never */
	char message[WORKER_MESSAGE_BYTES];
	int node_id; /* 0: none in use */
	WorkerNodeProblem problems[WORKER_NODES_MAX];
	int problem_count;
} WorkerSlot;

typedef struct WorkerTable
{
	LWLock *lock;
	WorkerSlot slots[WORKER_MAX];
} WorkerTable;

static WorkerTable *worker_table = NULL;
static WorkerSlot *my_slot = NULL;
static char my_name[NAMEDATALEN + 32];

PG_FUNCTION_INFO_V1(chimera_worker_status);

void
worker_status_request(void)
{
	RequestAddinShmemSpace(sizeof(WorkerTable));
	RequestNamedLWLockTranche("chimera_workers", 1);
}

void
worker_status_attach(void)
{
	bool found;

	worker_table =
		ShmemInitStruct("chimera workers", sizeof(WorkerTable), &found);
	if (found)
		return;
	memset(worker_table, 0, sizeof(WorkerTable));
	worker_table->lock = &GetNamedLWLockTranche("chimera_workers")->lock;
}

const char *
worker_kind_name(WorkerKind kind)
{
	static const char *const names[] = {
		[WORKER_LAUNCHER] = "launcher", [WORKER_ACCOUNTANT] = "accountant",
		[WORKER_TEMPLATE] = "template", [WORKER_BLOCK] = "block",
		[WORKER_PAYER] = "payer",
	};

	return names[kind];
}

static const char *
worker_state_name(WorkerState state)
{
	static const char *const names[] = {
		[WORKER_STOPPED] = "stopped",
		[WORKER_STARTING] = "starting",
		[WORKER_OK] = "ok",
		[WORKER_FAILING] = "failing",
	};

	return names[state];
}

static bool
slot_is(const WorkerSlot *slot, WorkerKind kind, const pg_uuid_t *network_id)
{
	return slot->kind == kind && slot->has_network == (network_id != NULL) &&
		   (network_id == NULL ||
			memcmp(&slot->network_id, network_id, UUID_LEN) == 0);
}

/* A failure stays visible until the worker's next start. */
static void
leave_slot(int code, Datum arg)
{
	LWLockAcquire(worker_table->lock, LW_EXCLUSIVE);
	my_slot->pid = 0;
	my_slot->proc = NULL;
	if (my_slot->state != WORKER_FAILING || ProcDiePending)
		my_slot->state = WORKER_STOPPED;
	LWLockRelease(worker_table->lock);
}

/* The worker's previous slot if it has one, so that its state is continued. */
static WorkerSlot *
choose_slot(WorkerKind kind, const pg_uuid_t *network_id)
{
	WorkerSlot *unused = NULL;

	for (int i = 0; i < WORKER_MAX; i++)
	{
		WorkerSlot *slot = &worker_table->slots[i];

		if (slot->pid != 0)
			continue;
		if (slot->state != WORKER_STOPPED && slot_is(slot, kind, network_id))
			return slot;
		if (unused == NULL || slot->state == WORKER_STOPPED)
			unused = slot;
	}
	return unused;
}

void
worker_status_enter(WorkerKind kind, const pg_uuid_t *network_id,
					const char *network_name)
{
	WorkerSlot *slot;

	if (network_name)
		snprintf(my_name, sizeof(my_name), "chimera %s worker of %s",
				 worker_kind_name(kind), network_name);
	else
		snprintf(my_name, sizeof(my_name), "chimera %s",
				 worker_kind_name(kind));

	LWLockAcquire(worker_table->lock, LW_EXCLUSIVE);
	slot = choose_slot(kind, network_id);
	if (slot != NULL)
	{
		if (slot->state == WORKER_STOPPED || !slot_is(slot, kind, network_id))
		{
			memset(slot, 0, sizeof(WorkerSlot));
			slot->state = WORKER_STARTING;
			slot->since = GetCurrentTimestamp();
		}
		slot->kind = kind;
		slot->has_network = network_id != NULL;
		if (network_id)
			slot->network_id = *network_id;
		slot->node_id = 0;
		slot->problem_count = 0;
		slot->pid = MyProcPid;
		slot->proc = MyProc;
	}
	LWLockRelease(worker_table->lock);

	if (slot == NULL)
		ereport(ERROR, (errcode(ERRCODE_CONFIGURATION_LIMIT_EXCEEDED),
						errmsg("too many chimera background workers")));
	my_slot = slot;
	before_shmem_exit(leave_slot, (Datum) 0);
}

void
worker_status_works(const char *format, ...)
{
	char message[WORKER_MESSAGE_BYTES];
	bool recovered;
	va_list args;

	va_start(args, format);
	vsnprintf(message, sizeof(message), format, args);
	va_end(args);

	LWLockAcquire(worker_table->lock, LW_EXCLUSIVE);
	recovered = my_slot->state == WORKER_FAILING;
	my_slot->last_success = GetCurrentTimestamp();
	if (my_slot->state != WORKER_OK)
		my_slot->since = my_slot->last_success;
	my_slot->state = WORKER_OK;
	strlcpy(my_slot->message, message, sizeof(my_slot->message));
	LWLockRelease(worker_table->lock);

	if (recovered)
		ereport(LOG, (errmsg("%s: recovered", my_name)));
}

void
worker_status_ok(void)
{
	worker_status_works("%s", "");
}

void
worker_status_failing(const char *format, ...)
{
	char message[WORKER_MESSAGE_BYTES];
	bool changed;
	va_list args;

	va_start(args, format);
	vsnprintf(message, sizeof(message), format, args);
	va_end(args);

	LWLockAcquire(worker_table->lock, LW_EXCLUSIVE);
	changed = my_slot->state != WORKER_FAILING ||
			  strcmp(my_slot->message, message) != 0;
	if (my_slot->state != WORKER_FAILING)
		my_slot->since = GetCurrentTimestamp();
	my_slot->state = WORKER_FAILING;
	strlcpy(my_slot->message, message, sizeof(my_slot->message));
	LWLockRelease(worker_table->lock);

	if (changed)
		ereport(LOG, (errmsg("%s: %s", my_name, message)));
}

void
worker_status_nodes(int node_id, const WorkerNodeProblem *problems, int count)
{
	int kept = Min(count, WORKER_NODES_MAX);

	LWLockAcquire(worker_table->lock, LW_EXCLUSIVE);
	my_slot->node_id = node_id;
	my_slot->problem_count = kept;
	memcpy(my_slot->problems, problems, sizeof(WorkerNodeProblem) * kept);
	LWLockRelease(worker_table->lock);
}

void
worker_wake(WorkerKind kind, const pg_uuid_t *network_id)
{
	LWLockAcquire(worker_table->lock, LW_SHARED);
	for (int i = 0; i < WORKER_MAX; i++)
	{
		WorkerSlot *slot = &worker_table->slots[i];

		if (slot->pid != 0 && slot_is(slot, kind, network_id))
			SetLatch(&slot->proc->procLatch);
	}
	LWLockRelease(worker_table->lock);
}

int
worker_signal_others(int signal)
{
	int others = 0;

	LWLockAcquire(worker_table->lock, LW_SHARED);
	for (int i = 0; i < WORKER_MAX; i++)
	{
		pid_t pid = worker_table->slots[i].pid;

		if (pid != 0 && pid != MyProcPid)
		{
			kill(pid, signal);
			others++;
		}
	}
	LWLockRelease(worker_table->lock);
	return others;
}

/* The problems as a jsonb object: by node_id, as text. */
static Datum
problems_json(const WorkerSlot *slot)
{
	StringInfoData json;

	initStringInfo(&json);
	appendStringInfoChar(&json, '{');
	for (int i = 0; i < slot->problem_count; i++)
	{
		appendStringInfo(&json, "%s\"%d\": ", i > 0 ? ", " : "",
						 slot->problems[i].node_id);
		escape_json(&json, slot->problems[i].text);
	}
	appendStringInfoChar(&json, '}');
	return DirectFunctionCall1(jsonb_in, CStringGetDatum(json.data));
}

static void
put_status_row(ReturnSetInfo *result, const WorkerSlot *slot)
{
	Datum values[WORKER_STATUS_COLUMNS] = {0};
	bool nulls[WORKER_STATUS_COLUMNS] = {false};
	pg_uuid_t network_id = slot->network_id;

	values[0] = CStringGetTextDatum(worker_kind_name(slot->kind));
	values[1] = UUIDPGetDatum(&network_id);
	nulls[1] = !slot->has_network;
	values[2] = Int32GetDatum(slot->pid);
	nulls[2] = slot->pid == 0;
	values[3] = CStringGetTextDatum(worker_state_name(slot->state));
	values[4] = CStringGetTextDatum(slot->message);
	nulls[4] = slot->message[0] == '\0';
	values[5] = TimestampTzGetDatum(slot->since);
	values[6] = TimestampTzGetDatum(slot->last_success);
	nulls[6] = slot->last_success == 0;
	values[7] = Int32GetDatum(slot->node_id);
	nulls[7] = slot->node_id == 0;
	values[8] = problems_json(slot);
	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

Datum
chimera_worker_status(PG_FUNCTION_ARGS)
{
	WorkerSlot *slots;

	live_jobs_require();
	compat_init_materialized_srf(fcinfo);

	slots = palloc(sizeof(worker_table->slots));
	LWLockAcquire(worker_table->lock, LW_SHARED);
	memcpy(slots, worker_table->slots, sizeof(worker_table->slots));
	LWLockRelease(worker_table->lock);

	for (int i = 0; i < WORKER_MAX; i++)
		if (slots[i].state != WORKER_STOPPED)
			put_status_row((ReturnSetInfo *) fcinfo->resultinfo, &slots[i]);
	return (Datum) 0;
}
