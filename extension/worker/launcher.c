/*
 * launcher.c
 *	  The background worker that starts and stops all others.
 *
 * One static worker, running from server start.  It compares the workers that
 * should run (the accountant; a template and a block worker per network; a
 * payer per network that pays out) with those that do, and starts, stops and
 * restarts them.  It sleeps until it is woken by a commit that changed a
 * network's settings, by CREATE or DROP EXTENSION, or by the end of a worker.
 *
 * A worker is restarted if its network's settings changed; one that ended is
 * started again after chimera.node_retry_interval.  A disabled network keeps
 * its block worker while it has unsettled blocks.
 *
 * chimera.database may not exist yet.  A worker cannot connect to a missing
 * database without a FATAL error.  So after one such attempt the launcher
 * connects to no database, checks every second whether the database exists,
 * and exits once it does, to be restarted into it.
 */
#include "postgres.h"

#include <signal.h>

#include "access/heapam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "catalog/objectaccess.h"
#include "catalog/pg_database.h"
#include "catalog/pg_extension.h"
#include "commands/extension.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "postmaster/bgworker.h"
#include "postmaster/interrupt.h"
#include "storage/ipc.h"
#include "storage/lwlock.h"
#include "storage/shmem.h"
#include "tcop/tcopprot.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/uuid.h"

#include "instant.h"
#include "settings.h"
#include "spi/spi_transaction.h"
#include "worker/launcher.h"
#include "worker/wake.h"
#include "worker/worker_main.h"

#define LAUNCHER_RESTART_S 1
#define DATABASE_POLL_MS   1000
#define LEFTOVER_POLL_MS   10
#define NO_SLOT_RETRY_MS   5000
#define NETWORK_COLUMNS	   6
#define NO_NETWORK_VERSION 0

/* the version changes with anything that the workers read */
static const char networks_query[] =
	"SELECT n.network_id, n.name, n.is_enabled,"
	" hashtextextended(concat(n.updated_at, (SELECT string_agg("
	"   concat_ws(' ', e.node_id, e.updated_at, c.updated_at), ',' ORDER BY "
	"e.node_id)"
	"  FROM chimera.network_nodes e"
	"  LEFT JOIN chimera.network_credentials c USING (node_id)"
	"  WHERE e.network_id = n.network_id)), 0),"
	" EXISTS (SELECT FROM chimera.blocks b WHERE b.network_id = n.network_id"
	"  AND b.status NOT IN ('confirmed', 'rejected', 'orphaned')),"
	" chimera.needs_payer(n.network_id)"
	" FROM chimera.network_configs n";

/* A worker that should run, or that was started. */
typedef struct ManagedWorker
{
	WorkerKind kind;
	WorkerArguments arguments; /* all zero for the server's own */
	int64 version;			   /* of the network's settings */
	bool wanted;
	bool stopping;
	BackgroundWorkerHandle *handle; /* NULL: not started, or ended */
	Instant start_after;
} ManagedWorker;

typedef struct LauncherState
{
	bool database_missing;
} LauncherState;

static LauncherState *launcher_state = NULL;
static List *managed = NIL;
static object_access_hook_type prev_object_access_hook = NULL;

/* ---------- at server start ---------- */

void
launcher_request(void)
{
	RequestAddinShmemSpace(sizeof(LauncherState));
}

void
launcher_attach(void)
{
	bool found;

	launcher_state =
		ShmemInitStruct("chimera launcher", sizeof(LauncherState), &found);
	if (!found)
		launcher_state->database_missing = false;
}

/* After DROP EXTENSION the workers have nothing left to do. */
static void
watch_drops(ObjectAccessType access, Oid class_id, Oid object_id, int sub_id,
			void *arg)
{
	if (prev_object_access_hook)
		prev_object_access_hook(access, class_id, object_id, sub_id, arg);
	if (access == OAT_DROP && class_id == ExtensionRelationId &&
		object_id == get_extension_oid("chimera", true))
		worker_wake_at_commit(WORKER_LAUNCHER, NULL);
}

static void
describe_worker(BackgroundWorker *worker, const char *entry_point)
{
	memset(worker, 0, sizeof(BackgroundWorker));
	worker->bgw_flags =
		BGWORKER_SHMEM_ACCESS | BGWORKER_BACKEND_DATABASE_CONNECTION;
	worker->bgw_start_time = BgWorkerStart_RecoveryFinished;
	strlcpy(worker->bgw_library_name, "chimera", BGW_MAXLEN);
	strlcpy(worker->bgw_function_name, entry_point, BGW_MAXLEN);
}

void
launcher_register(void)
{
	BackgroundWorker worker;

	/* pg_upgrade runs both servers: neither may mine or pay meanwhile */
	if (IsBinaryUpgrade)
		return;

	describe_worker(&worker, "chimera_launcher_main");
	worker.bgw_restart_time = LAUNCHER_RESTART_S;
	strlcpy(worker.bgw_name, "chimera launcher", BGW_MAXLEN);
	strlcpy(worker.bgw_type, "chimera launcher", BGW_MAXLEN);
	RegisterBackgroundWorker(&worker);

	prev_object_access_hook = object_access_hook;
	object_access_hook = watch_drops;
}

/* ---------- which workers should run ---------- */

static ManagedWorker *
find_managed(WorkerKind kind, const WorkerArguments *arguments)
{
	ListCell *cell;

	foreach (cell, managed)
	{
		ManagedWorker *worker = lfirst(cell);

		if (worker->kind == kind &&
			memcmp(&worker->arguments.network_id, &arguments->network_id,
				   UUID_LEN) == 0)
			return worker;
	}
	return NULL;
}

/* Record that a worker should run, with that version of the settings. */
static void
want_worker(WorkerKind kind, const WorkerArguments *arguments, int64 version,
			MemoryContext context)
{
	ManagedWorker *worker = find_managed(kind, arguments);

	if (worker == NULL)
	{
		MemoryContext old = MemoryContextSwitchTo(context);

		worker = palloc0(sizeof(ManagedWorker));
		worker->kind = kind;
		worker->arguments = *arguments;
		worker->version = version;
		managed = lappend(managed, worker);
		MemoryContextSwitchTo(old);
	}
	worker->wanted = true;
	if (worker->version != version)
	{
		worker->version = version;
		worker->stopping = worker->handle != NULL;
		worker->start_after = INSTANT_LONG_AGO;
	}
}

static void
want_network(HeapTuple row, TupleDesc desc, MemoryContext context)
{
	WorkerArguments arguments = {0};
	Datum values[NETWORK_COLUMNS];
	bool nulls[NETWORK_COLUMNS];
	int64 version;

	heap_deform_tuple(row, desc, values, nulls);
	arguments.network_id = *DatumGetUUIDP(values[0]);
	strlcpy(arguments.network_name, SPI_getvalue(row, desc, 2), NAMEDATALEN);
	version = DatumGetInt64(values[3]);

	if (DatumGetBool(values[2]))
		want_worker(WORKER_TEMPLATE, &arguments, version, context);
	if (DatumGetBool(values[2]) || DatumGetBool(values[4]))
		want_worker(WORKER_BLOCK, &arguments, version, context);
	if (DatumGetBool(values[5]))
		want_worker(WORKER_PAYER, &arguments, version, context);
}

static void
read_wanted(void)
{
	static const WorkerArguments no_network = {0};
	MemoryContext caller = spi_transaction_begin("reading the networks");
	ListCell *cell;

	foreach (cell, managed)
		((ManagedWorker *) lfirst(cell))->wanted = false;

	if (OidIsValid(get_extension_oid("chimera", true)))
	{
		want_worker(WORKER_ACCOUNTANT, &no_network, NO_NETWORK_VERSION, caller);
		if (SPI_execute(networks_query, true, 0) != SPI_OK_SELECT)
			elog(ERROR, "could not read the networks");
		for (uint64 i = 0; i < SPI_processed; i++)
			want_network(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, caller);
	}
	spi_transaction_commit(caller);
}

/* ---------- starting and stopping ---------- */

static bool
start_worker(ManagedWorker *managed_worker)
{
	static const char *const entry_points[] = {
		[WORKER_ACCOUNTANT] = "chimera_accountant_main",
		[WORKER_TEMPLATE] = "chimera_template_main",
		[WORKER_BLOCK] = "chimera_block_main",
		[WORKER_PAYER] = "chimera_payer_main",
	};
	const char *kind = worker_kind_name(managed_worker->kind);
	const WorkerArguments *arguments = &managed_worker->arguments;
	BackgroundWorker worker;

	describe_worker(&worker, entry_points[managed_worker->kind]);
	worker.bgw_restart_time = BGW_NEVER_RESTART;
	worker.bgw_notify_pid = MyProcPid;
	snprintf(worker.bgw_type, BGW_MAXLEN, "chimera %s", kind);
	snprintf(worker.bgw_name, BGW_MAXLEN, "chimera %s %s", kind,
			 arguments->network_name);
	StaticAssertStmt(sizeof(WorkerArguments) <= BGW_EXTRALEN,
					 "a worker's arguments must fit into bgw_extra");
	memcpy(worker.bgw_extra, arguments, sizeof(WorkerArguments));

	managed_worker->stopping = false;
	managed_worker->start_after = instant_in_ms(chimera_node_retry_interval_ms);
	return RegisterDynamicBackgroundWorker(&worker, &managed_worker->handle);
}

/* Forget a worker that has ended. */
static void
forget_if_ended(ManagedWorker *worker)
{
	pid_t pid;

	if (worker->handle != NULL &&
		GetBackgroundWorkerPid(worker->handle, &pid) == BGWH_STOPPED)
	{
		pfree(worker->handle);
		worker->handle = NULL;
	}
}

/*
 * Take one step towards the wanted state.  Returns the time until the next
 * step in ms, or -1 if only an event can cause it.
 */
static long
step_worker(ManagedWorker *worker)
{
	long pause_ms;

	forget_if_ended(worker);
	if (worker->handle != NULL)
	{
		if (!worker->wanted || worker->stopping)
			TerminateBackgroundWorker(worker->handle);
		return -1;
	}
	if (!worker->wanted)
		return -1;
	pause_ms = instant_ms_left(worker->start_after);
	if (pause_ms > 0)
		return pause_ms;
	if (!start_worker(worker))
	{
		worker_status_failing(
			"too many background workers: increase max_worker_processes");
		return NO_SLOT_RETRY_MS;
	}
	return -1;
}

static long
step_workers(void)
{
	long sleep_ms = -1;
	ListCell *cell;

	worker_status_ok();
	foreach (cell, managed)
	{
		ManagedWorker *worker = lfirst(cell);
		long ms = step_worker(worker);

		if (ms >= 0 && (sleep_ms < 0 || ms < sleep_ms))
			sleep_ms = ms;
		if (worker->handle == NULL && !worker->wanted)
		{
			managed = foreach_delete_current(managed, cell);
			pfree(worker);
		}
	}
	return sleep_ms;
}

static void
launch_workers(const WorkerArguments *arguments)
{
	launcher_state->database_missing = false;

	/* if the launcher crashed, its workers still run: end them first */
	while (worker_signal_others(SIGTERM) > 0)
		worker_sleep(LEFTOVER_POLL_MS);

	for (;;)
	{
		read_wanted();
		worker_sleep(step_workers());
	}
}

/* ---------- while the database does not exist ---------- */

/*
 * Scan the catalog, as autovacuum does: without a database there are no
 * caches.
 */
static bool
database_exists(void)
{
	Relation rel;
	TableScanDesc scan;
	HeapTuple row;
	bool exists = false;

	StartTransactionCommand();
	(void) GetTransactionSnapshot();
	rel = table_open(DatabaseRelationId, AccessShareLock);
	scan = table_beginscan_catalog(rel, 0, NULL);
	while ((row = heap_getnext(scan, ForwardScanDirection)) != NULL)
		if (strcmp(NameStr(((Form_pg_database) GETSTRUCT(row))->datname),
				   chimera_database) == 0)
			exists = true;
	table_endscan(scan);
	table_close(rel, AccessShareLock);
	CommitTransactionCommand();
	return exists;
}

static void
wait_for_database(void)
{
	pqsignal(SIGTERM, die);
	pqsignal(SIGHUP, SignalHandlerForConfigReload);
	BackgroundWorkerUnblockSignals();
	BackgroundWorkerInitializeConnection(NULL, NULL, 0);

	ereport(LOG, (errmsg("chimera launcher: waiting for database \"%s\" "
						 "(chimera.database)",
						 chimera_database)));
	while (!database_exists())
		worker_sleep(DATABASE_POLL_MS);
	launcher_state->database_missing = false;
	proc_exit(1);
}

void
chimera_launcher_main(Datum arg)
{
	if (launcher_state->database_missing)
		wait_for_database();

	/* a failed connection attempt ends the process: then this stays true */
	launcher_state->database_missing = true;
	worker_run(WORKER_LAUNCHER, NULL, launch_workers);
}
