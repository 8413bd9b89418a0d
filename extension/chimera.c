/*
 * chimera.c
 *	  Loading of the extension: GUCs, shared memory and the launcher.
 *
 * The functions of sql/core/chain.sql work in any backend.  Everything that
 * creates jobs or accepts shares needs the library in
 * shared_preload_libraries, because live jobs, their share keys and the
 * workers' status are kept in shared memory.
 *
 * Each structure in shared memory has its own file, which describes its locks:
 * job/live_jobs.c, share/share_set.c, worker/worker_status.c,
 * worker/duty_problems.c.  The launcher describes its own.
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
int chimera_merge_interval_ms = 1000;
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
	/*
	 * most settings can only be set at server start, and all need the preload
	 */
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
define_string_settings(void)
{
	/* read only by SQL */
	static char *acting_user = NULL;

	DefineCustomStringVariable(
		"chimera.acting_user",
		"Sets the name of the user on whose behalf the session acts.",
		"Changes are recorded under this name as well as the session user's. "
		"Meant for front ends that have users of their own.",
		&acting_user, "", PGC_USERSET, 0, NULL, NULL, NULL);

#ifdef CHIMERA_CRASH_POINTS
	DefineCustomStringVariable(
		"chimera.crash_point", "Sets where a worker exits, for tests.", NULL,
		&chimera_crash_point, "", PGC_SIGHUP, 0, NULL, NULL, NULL);
#endif

	DefineCustomStringVariable(
		"chimera.database", "Sets the database whose pool this server runs.",
		"Background workers connect to this database, and no other database "
		"accepts shares.",
		&chimera_database, "postgres", PGC_POSTMASTER, 0, NULL, NULL, NULL);
}

static void
define_node_settings(void)
{
	DefineCustomIntVariable(
		"chimera.node_timeout",
		"Sets the maximum time to wait for a node's response to a call.",
		"Long polls have no timeout.", &chimera_node_timeout_ms, 10000, 100,
		INT_MAX, PGC_SIGHUP, GUC_UNIT_MS, NULL, NULL, NULL);

	DefineCustomIntVariable(
		"chimera.node_retry_interval",
		"Sets the interval between node health checks.",
		"A node that failed is also tried again after this time.",
		&chimera_node_retry_interval_ms, 1000, 10, INT_MAX, PGC_SIGHUP,
		GUC_UNIT_MS, NULL, NULL, NULL);

	DefineCustomIntVariable(
		"chimera.tip_poll_interval",
		"Sets the interval between requests for the node's best block.",
		"These requests supplement the long poll, and replace it for nodes "
		"that do not support long polls.",
		&chimera_tip_poll_interval_ms, 1000, 10, INT_MAX, PGC_SIGHUP,
		GUC_UNIT_MS, NULL, NULL, NULL);

	DefineCustomIntVariable(
		"chimera.template_refresh_interval",
		"Sets the interval at which jobs include new transactions.",
		"A new tip causes a new job immediately.",
		&chimera_template_refresh_interval_ms, 30000, 100, INT_MAX, PGC_SIGHUP,
		GUC_UNIT_MS, NULL, NULL, NULL);

	DefineCustomIntVariable(
		"chimera.merge_interval",
		"Sets the least time between a job and one for children's new tips.",
		"In merged mining, the new tips of several children meanwhile become "
		"one job of their parent.",
		&chimera_merge_interval_ms, 1000, 10, INT_MAX, PGC_SIGHUP, GUC_UNIT_MS,
		NULL, NULL, NULL);

	DefineCustomIntVariable(
		"chimera.block_poll_interval",
		"Sets the interval between updates of found blocks' confirmations.",
		"A new tip causes an update immediately.",
		&chimera_block_poll_interval_ms, 10000, 100, INT_MAX, PGC_SIGHUP,
		GUC_UNIT_MS, NULL, NULL, NULL);
}

static void
define_share_settings(void)
{
	DefineCustomIntVariable(
		"chimera.share_set_size",
		"Sets the amount of shared memory used to detect duplicate shares.",
		"Each share of a live job takes about 44 bytes. Shares are rejected "
		"while the memory is full.",
		&chimera_share_set_size_mb, 64, 1, 65536, PGC_POSTMASTER, GUC_UNIT_MB,
		NULL, NULL, NULL);

	DefineCustomIntVariable(
		"chimera.job_lifetime",
		"Sets how long a job accepts shares after it was superseded on the "
		"same tip.",
		"The newest job of a network accepts shares regardless of its age.",
		&chimera_job_lifetime_s, 300, 10, 86400, PGC_SIGHUP, GUC_UNIT_S, NULL,
		NULL, NULL);

	DefineCustomIntVariable(
		"chimera.rollup_interval",
		"Sets the interval at which counted shares are added to the rollups.",
		NULL, &chimera_rollup_interval_ms, 1000, 10, INT_MAX, PGC_SIGHUP,
		GUC_UNIT_MS, NULL, NULL, NULL);
}

static void
define_settings(void)
{
	define_string_settings();
	define_node_settings();
	define_share_settings();
	compat_reserve_settings("chimera");
}
