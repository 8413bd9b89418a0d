/*
 * retire_jobs.c
 *	  Retires the jobs of a stopped network.
 *
 * chimera.stop_stale_networks(), one of the accountant's duties, decides when a
 * network is stopped.  The template worker does not, because its absence
 * (crashing repeatedly, no worker slot) is one of the reasons why there may be
 * no templates.  This file does what SQL cannot.
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
 * Retire the jobs up to the given one.  This happens at once, not at commit:
 * if the transaction fails, their shares are refused as stale until the next
 * job, nothing worse.  The share set is loaded first, since loading it would
 * revive them.
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

/* The network, whose jobs are retired, is deleted by this transaction. */
Datum
chimera_release_jobs(PG_FUNCTION_ARGS)
{
	live_jobs_require();
	live_jobs_release_at_commit(PG_GETARG_UUID_P(0));
	PG_RETURN_VOID();
}
