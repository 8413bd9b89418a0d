/*
 * chimera.c
 *	  Loading of the extension: GUCs, shared memory and the launcher.
 *
 * The functions of chain.sql work in any backend.  Everything that hands out
 * work or takes shares needs the library in shared_preload_libraries, because
 * live jobs, their share keys and the workers' status stand in shared memory.
 *
 * Each structure in shared memory has its own file that describes its locks:
 * job/live_jobs.c, share/share_set.c, worker/worker_status.c,
 * worker/duty_problems.c; what the launcher keeps there is its own.
 */
#include "postgres.h"

#include <limits.h>

#include "fmgr.h"
#include "miscadmin.h"
#include "storage/ipc.h"
#include "storage/lwlock.h"
#include "storage/shmem.h"
#include "utils/guc.h"

#include "compat.h"
#include "job/live_jobs.h"
#include "settings.h"
#include "share/share_clock.h"
#include "share/share_set.h"
#include "share/submit_failures.h"
#include "worker/duty_problems.h"
#include "worker/launcher.h"
#include "worker/wake.h"
#include "worker/worker_status.h"

PG_MODULE_MAGIC;

char *chimera_database = NULL;
int chimera_share_set_size_mb = 64;
int chimera_node_timeout_ms = 10000;
int chimera_node_retry_interval_ms = 1000;
int chimera_tip_poll_interval_ms = 1000;
int chimera_template_refresh_interval_ms = 30000;
int chimera_block_poll_interval_ms = 10000;
int chimera_job_lifetime_s = 300;
int chimera_rollup_interval_ms = 1000;
#ifdef CHIMERA_CRASH_POINTS
char *chimera_crash_point = NULL;
#endif

static shmem_startup_hook_type prev_shmem_startup_hook = NULL;

extern PGDLLEXPORT void _PG_init(void);

static void define_settings(void);
static void request_shared_memory(void);
static void attach_shared_memory(void);

void
_PG_init(void)
{
	/* most settings are for the server's start, and all for what needs it */
	if (!process_shared_preload_libraries_in_progress)
		return;

	define_settings();

	compat_request_shared_memory(request_shared_memory);
	prev_shmem_startup_hook = shmem_startup_hook;
	shmem_startup_hook = attach_shared_memory;

	wake_register();
	launcher_register();
}

static void
request_shared_memory(void)
{
	live_jobs_request();
	share_set_request();
	share_clock_request();
	submit_failures_request();
	worker_status_request();
	duty_problems_request();
	launcher_request();
}

static void
attach_shared_memory(void)
{
	if (prev_shmem_startup_hook)
		prev_shmem_startup_hook();

	LWLockAcquire(AddinShmemInitLock, LW_EXCLUSIVE);
	live_jobs_attach();
	share_set_attach();
	share_clock_attach();
	submit_failures_attach();
	worker_status_attach();
	duty_problems_attach();
	launcher_attach();
	LWLockRelease(AddinShmemInitLock);
}

static void
define_settings(void)
{
	/* read by SQL alone */
	static char *acting_user = NULL;

	DefineCustomStringVariable(
		"chimera.acting_user", "For whom the session's user acts.",
		"What is changed is recorded under both names; a front end with users "
		"of its own sets it.",
		&acting_user, "", PGC_USERSET, 0, NULL, NULL, NULL);

#ifdef CHIMERA_CRASH_POINTS
	DefineCustomStringVariable(
		"chimera.crash_point", "Where a worker dies, for tests.", NULL,
		&chimera_crash_point, "", PGC_SIGHUP, 0, NULL, NULL, NULL);
#endif

	DefineCustomStringVariable(
		"chimera.database", "Database whose pool this server runs.",
		"Workers connect to it, and shares are taken in no other.",
		&chimera_database, "postgres", PGC_POSTMASTER, 0, NULL, NULL, NULL);

	DefineCustomIntVariable(
		"chimera.share_set_size",
		"Shared memory for the shares of live jobs, by which duplicates are "
		"found.",
		"A share takes about 44 bytes while its job lives; when the set is "
		"full, shares are refused.",
		&chimera_share_set_size_mb, 64, 1, 65536, PGC_POSTMASTER, GUC_UNIT_MB,
		NULL, NULL, NULL);

	DefineCustomIntVariable(
		"chimera.node_timeout", "How long a node may take to answer a call.",
		"A long poll waits as long as the node does.", &chimera_node_timeout_ms,
		10000, 100, INT_MAX, PGC_SIGHUP, GUC_UNIT_MS, NULL, NULL, NULL);

	DefineCustomIntVariable(
		"chimera.node_retry_interval",
		"How often it is looked which nodes are good.",
		"Also the pause before a failed one is asked again.",
		&chimera_node_retry_interval_ms, 1000, 10, INT_MAX, PGC_SIGHUP,
		GUC_UNIT_MS, NULL, NULL, NULL);

	DefineCustomIntVariable(
		"chimera.tip_poll_interval",
		"How often the node is asked for its best block beside the long poll.",
		"A node without long poll is followed by this alone.",
		&chimera_tip_poll_interval_ms, 1000, 10, INT_MAX, PGC_SIGHUP,
		GUC_UNIT_MS, NULL, NULL, NULL);

	DefineCustomIntVariable(
		"chimera.template_refresh_interval",
		"How often a job takes in new transactions while the tip stays.", NULL,
		&chimera_template_refresh_interval_ms, 30000, 100, INT_MAX, PGC_SIGHUP,
		GUC_UNIT_MS, NULL, NULL, NULL);

	DefineCustomIntVariable(
		"chimera.block_poll_interval",
		"How often the node is asked for the confirmations of found blocks.",
		"A new tip is a reason of its own.", &chimera_block_poll_interval_ms,
		10000, 100, INT_MAX, PGC_SIGHUP, GUC_UNIT_MS, NULL, NULL, NULL);

	DefineCustomIntVariable(
		"chimera.job_lifetime",
		"How long a job stays good after its making while the tip stays.",
		"The newest job of a network stays good whatever its age.",
		&chimera_job_lifetime_s, 300, 10, 86400, PGC_SIGHUP, GUC_UNIT_S, NULL,
		NULL, NULL);

	DefineCustomIntVariable("chimera.rollup_interval",
							"How often counted shares move into the rollups.",
							NULL, &chimera_rollup_interval_ms, 1000, 10,
							INT_MAX, PGC_SIGHUP, GUC_UNIT_MS, NULL, NULL, NULL);

	compat_reserve_settings("chimera");
}
