/*
 * accountant.c
 *	  The worker that keeps the rollups true and the share partitions ready.
 *
 * Submissions write deltas; each chimera.rollup_interval they move into the
 * rollups.  Once an hour, and at the start, each network gets the partitions
 * of the coming days.
 */
#include "postgres.h"

#include "executor/spi.h"
#include "miscadmin.h"
#include "utils/timestamp.h"

#include "settings.h"
#include "transaction.h"
#include "worker/worker_main.h"

#define PARTITION_CHECK_INTERVAL_MS 3600000

/* Call a routine in a transaction of its own. */
static void
call_routine(const char *query, const char *activity)
{
	MemoryContext caller = transaction_begin(activity);

	if (SPI_execute(query, false, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not execute \"%s\"", query);
	transaction_commit(caller);
}

static void
keep_accounts(const WorkerArguments *arguments)
{
	TimestampTz partitions_checked_at = 0;

	for (;;)
	{
		TimestampTz now = GetCurrentTimestamp();

		call_routine("SELECT chimera.apply_share_deltas()",
					 "applying share deltas");
		if (partitions_checked_at == 0 ||
			TimestampDifferenceExceeds(partitions_checked_at, now,
									   PARTITION_CHECK_INTERVAL_MS))
		{
			call_routine("SELECT chimera.make_share_partitions(network_id,"
						 " utc.today, utc.today + 2)"
						 " FROM chimera.network_configs,"
						 " (SELECT (now() AT TIME ZONE 'UTC')::date AS today) utc",
						 "making share partitions");
			partitions_checked_at = now;
		}
		worker_status_ok();
		worker_sleep(chimera_rollup_interval_ms);
	}
}

void
chimera_accountant_main(Datum arg)
{
	worker_run(WORKER_ACCOUNTANT, NULL, keep_accounts);
}
