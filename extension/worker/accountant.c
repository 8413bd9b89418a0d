/*
 * accountant.c
 *	  The worker that keeps the rollups true and the share partitions in shape.
 *
 * Its duties are a table: what to call and how often.  What a dead stratumd
 * has left is closed; submissions write deltas, which move into the rollups,
 * and those into longer ones; the work behind each block is recorded;
 * partitions are made for the coming days and dropped after their retention;
 * the time index is kept up to date.
 */
#include "postgres.h"

#include "executor/spi.h"
#include "miscadmin.h"

#include "instant.h"
#include "settings.h"
#include "transaction.h"
#include "worker/worker_main.h"

#define ROUNDS_MS	 5000
#define STANDINGS_MS 15000
#define SECOND_MS	 1000
#define MINUTE_MS	 60000
#define HOUR_MS		 3600000

typedef struct Duty
{
	const char *query;
	const char *activity;
	int interval_ms; /* 0: chimera.rollup_interval */
	Instant due;
} Duty;

static Duty duties[] = {
	{"SELECT chimera.end_dead_servers(), chimera.reassign_sessions(),"
	 " chimera.drop_drained_listeners()",
	 "keeping assignments true", SECOND_MS, 0},
	/* first, so that no other duty's failure can keep miners on old work */
	{"SELECT chimera.stop_stale_work()", "looking for stale work", SECOND_MS,
	 0},
	{"SELECT chimera.apply_share_deltas()", "applying share deltas", 0, 0},
	{"SELECT chimera.close_rollups()", "closing rollups", MINUTE_MS, 0},
	{"SELECT chimera.record_rounds()", "recording rounds", ROUNDS_MS, 0},
	{"SELECT chimera.take_due_standings()", "taking standings", STANDINGS_MS,
	 0},
	{"SELECT chimera.account_blocks()", "accounting for blocks", 0, 0},
	{"SELECT chimera.account_shares()", "paying shares", MINUTE_MS, 0},
	{"SELECT chimera.make_share_partitions(network_id, today, today + 2)"
	 " FROM chimera.network_configs,"
	 " (SELECT (now() AT TIME ZONE 'UTC')::date AS today) utc",
	 "making share partitions", HOUR_MS, 0},
	{"SELECT chimera.summarize_shares()", "summarizing shares", MINUTE_MS, 0},
	{"SELECT chimera.drop_old_shares()", "dropping old shares", HOUR_MS, 0},
	{"SELECT chimera.drop_old_jobs()", "dropping old jobs", HOUR_MS, 0},
	{"SELECT chimera.drop_old_assignments()", "dropping old assignments",
	 HOUR_MS, 0},
	{"SELECT chimera.drop_old_bans()", "dropping old bans", HOUR_MS, 0},
	{"SELECT chimera.drop_old_rollups()", "dropping old rollups", HOUR_MS, 0},
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

static int
interval_ms(const Duty *duty)
{
	return duty->interval_ms ? duty->interval_ms : chimera_rollup_interval_ms;
}

static void
keep_accounts(const WorkerArguments *arguments)
{
	for (;;)
	{
		long sleep_ms = HOUR_MS;

		for (size_t i = 0; i < lengthof(duties); i++)
			if (instant_now() >= duties[i].due)
			{
				call_routine(duties[i].query, duties[i].activity);
				duties[i].due = instant_in_ms(interval_ms(&duties[i]));
			}
		worker_status_ok();
		for (size_t i = 0; i < lengthof(duties); i++)
			sleep_ms = Min(sleep_ms, instant_ms_left(duties[i].due));
		worker_sleep(sleep_ms);
	}
}

void
chimera_accountant_main(Datum arg)
{
	worker_run(WORKER_ACCOUNTANT, NULL, keep_accounts);
}
