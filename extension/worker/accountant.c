/*
 * accountant.c
 *	  The worker that keeps the rollups true and the share partitions in shape.
 *
 * Its duties are a table: what to call and how often.  Submissions write
 * deltas, which move into the rollups; partitions are made for the coming days
 * and dropped after their retention; the time index is kept up to date.
 */
#include "postgres.h"

#include "executor/spi.h"
#include "miscadmin.h"
#include "utils/timestamp.h"

#include "settings.h"
#include "transaction.h"
#include "worker/worker_main.h"

#define MINUTE_MS 60000
#define HOUR_MS	  3600000

typedef struct Duty
{
	const char *query;
	const char *activity;
	long interval_ms; /* 0: each time the worker wakes */
	TimestampTz done_at;
} Duty;

static Duty duties[] = {
	{"SELECT chimera.apply_share_deltas()", "applying share deltas", 0, 0},
	{"SELECT chimera.make_share_partitions(network_id, today, today + 2)"
	 " FROM chimera.network_configs,"
	 " (SELECT (now() AT TIME ZONE 'UTC')::date AS today) utc",
	 "making share partitions", HOUR_MS, 0},
	{"SELECT chimera.summarize_shares()", "summarizing shares", MINUTE_MS, 0},
	{"SELECT chimera.drop_old_shares()", "dropping old shares", HOUR_MS, 0},
};

/* Call a routine in a transaction of its own. */
static void
call_routine(const char *query, const char *activity)
{
	MemoryContext caller = transaction_begin(activity);

	if (SPI_execute(query, false, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not execute \"%s\"", query);
	transaction_commit(caller);
}

static bool
is_due(const Duty *duty)
{
	return duty->done_at == 0 ||
		   TimestampDifferenceExceeds(duty->done_at, GetCurrentTimestamp(),
									  duty->interval_ms);
}

static void
keep_accounts(const WorkerArguments *arguments)
{
	for (;;)
	{
		for (size_t i = 0; i < lengthof(duties); i++)
			if (is_due(&duties[i]))
			{
				call_routine(duties[i].query, duties[i].activity);
				duties[i].done_at = GetCurrentTimestamp();
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
