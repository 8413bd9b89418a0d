/*
 * retire_jobs.c
 *	  Takes the jobs of a network whose work is stopped out of use.
 *
 * The rule when work is stopped stands in chimera.stop_stale_networks(), a duty
 *of the accountant's: one owner, and not the template worker, whose absence
 * (crashing time after time, no slot to run in) is one of the reasons why there
 * may be no templates.  What SQL can't do is here.
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "fmgr.h"
#include "utils/lsyscache.h"
#include "utils/uuid.h"

#include "job/live_jobs.h"
#include "share/share_set.h"

PG_FUNCTION_INFO_V1(chimera_retire_jobs);
PG_FUNCTION_INFO_V1(chimera_release_jobs);

/*
 * Retires the jobs up to that one.  At once, not at commit: if the transaction
 * fails, its shares are refused as stale until the next job, no worse.  The
 * share set is made ready first, since its making would bring them back.
 */
Datum
chimera_retire_jobs(PG_FUNCTION_ARGS)
{
	pg_uuid_t *network_id = PG_GETARG_UUID_P(0);
	int64 job_id = PG_GETARG_INT64(1);
	Oid schema = get_namespace_oid("chimera", false);

	share_set_ensure_ready(get_relname_relid("shares", schema));
	live_jobs_advance(live_jobs_slot(network_id), job_id + 1);
	PG_RETURN_VOID();
}

/* The network, whose jobs are retired, goes with this transaction. */
Datum
chimera_release_jobs(PG_FUNCTION_ARGS)
{
	live_jobs_require();
	live_jobs_release_at_commit(PG_GETARG_UUID_P(0));
	PG_RETURN_VOID();
}
