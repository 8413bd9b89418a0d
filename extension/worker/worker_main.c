/*
 * worker_main.c
 *	  Common start and end of all background workers.
 *
 * A worker that fails exits, and the next start builds its state from scratch,
 * so no worker continues half-recovered.  The launcher exits with code 1,
 * which makes the server restart it.  The others exit with code 0, because the
 * server logs any other code each time, while a failure is to be logged only
 * when it begins or changes.
 */
#include "postgres.h"

#include <signal.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

#include "access/xact.h"
#include "libpq/pqsignal.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "postmaster/bgworker.h"
#include "postmaster/interrupt.h"
#include "storage/ipc.h"
#include "storage/latch.h"
#include "tcop/tcopprot.h"
#include "utils/guc.h"
#include "utils/memutils.h"

#include "node/rpc.h"
#include "settings.h"
#include "worker/worker_main.h"

#define WORKER_DEADLOCK_TIMEOUT "100ms"
#define MMAP_THRESHOLD_BYTES	(128 * 1024)

/*
 * Return large allocations to the system when they are freed.  By default,
 * glibc adapts to the largest response of a node and keeps up to 64 MB: see
 * M_MMAP_THRESHOLD in mallopt(3).
 */
static void
keep_no_large_memory(void)
{
#ifdef __GLIBC__
	mallopt(M_MMAP_THRESHOLD, MMAP_THRESHOLD_BYTES);
#endif
}

static void
connect_to_database(void)
{
	/* die() ends even a lock wait; SIGHUP re-reads the GUCs */
	pqsignal(SIGTERM, die);
	pqsignal(SIGHUP, SignalHandlerForConfigReload);
	BackgroundWorkerUnblockSignals();
	BackgroundWorkerInitializeConnection(chimera_database, NULL, 0);

	/* a worker runs as superuser: no schema may precede pg_catalog */
	SetConfigOption("search_path", "pg_catalog, pg_temp", PGC_USERSET,
					PGC_S_OVERRIDE);
	/* in a deadlock with a DROP or ALTER, the worker gives way */
	SetConfigOption("deadlock_timeout", WORKER_DEADLOCK_TIMEOUT, PGC_SUSET,
					PGC_S_OVERRIDE);
	/* compiling takes hundreds of ms for queries that run for a few */
	SetConfigOption("jit", "off", PGC_USERSET, PGC_S_OVERRIDE);
	node_use_palloc_for_json();
}

/* Show an ERROR as the worker's failure, then exit. */
static void
end_by_error(WorkerKind kind)
{
	ErrorData *error;

	HOLD_INTERRUPTS();
	MemoryContextSwitchTo(TopMemoryContext);
	error = CopyErrorData();
	FlushErrorState();
	AbortCurrentTransaction();
	worker_status_failing("%s", error->message);
	proc_exit(kind == WORKER_LAUNCHER ? 1 : 0);
}

void
worker_run(WorkerKind kind, const WorkerArguments *arguments,
		   void (*work)(const WorkerArguments *arguments))
{
	MemoryContext context;

	keep_no_large_memory();
	connect_to_database();
	worker_status_enter(kind, arguments ? &arguments->network_id : NULL,
						arguments ? arguments->network_name : NULL);

	context = AllocSetContextCreate(TopMemoryContext, "chimera worker",
									ALLOCSET_DEFAULT_SIZES);
	MemoryContextSwitchTo(context);
	PG_TRY();
	{
		work(arguments);
	}
	PG_CATCH();
	{
		end_by_error(kind);
	}
	PG_END_TRY();
	proc_exit(0);
}

void
worker_reload_settings(void)
{
	if (ConfigReloadPending)
	{
		ConfigReloadPending = false;
		ProcessConfigFile(PGC_SIGHUP);
	}
}

void
worker_sleep(long timeout_ms)
{
	int events = WL_LATCH_SET | WL_EXIT_ON_PM_DEATH;

	if (timeout_ms >= 0)
		events |= WL_TIMEOUT;
	(void) WaitLatch(MyLatch, events, timeout_ms, PG_WAIT_EXTENSION);
	ResetLatch(MyLatch);
	CHECK_FOR_INTERRUPTS();
	worker_reload_settings();
}
