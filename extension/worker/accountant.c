/*
 * accountant.c
 *	  The worker that maintains rollups, postings and share partitions.
 *
 * Its duties are a table: the call, its interval, and the networks it is made
 * for.  The sessions of a dead stratumd are closed; the deltas written by
 * submissions are added to the rollups, and those to longer ones; the work
 * behind each block is recorded; blocks and shares are credited; partitions
 * are created for the coming days and dropped after their retention; the time
 * index is kept up to date.
 *
 * No duty stops another, and no network another's: each call is its own
 * transaction.  A call that fails appears in chimera.health with its error and
 * is tried again after a pause, while all others continue; one that waits for
 * a lock gives up after LOCK_TIMEOUT.  The duty that has been due the longest
 * has the next turn, and a turn is one call: a duty that processes many
 * networks, or drops many partitions, lets the others run in between.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/memutils.h"

#include "instant.h"
#include "settings.h"
#include "spi/spi_transaction.h"
#include "worker/duty_problems.h"
#include "worker/worker_main.h"

#define ROUNDS_MS	 5000
#define STANDINGS_MS 15000
#define SECOND_MS	 1000
#define MINUTE_MS	 60000
#define DROP_MS		 300000
#define HOUR_MS		 3600000

#define LOCK_TIMEOUT "1s"

/* the networks a duty is for: their ids and names */
#define NETWORKS "SELECT n.network_id, n.name FROM chimera.network_configs n"

typedef struct Duty
{
	const char *name;
	/*
	 * a network's call has its id as $1; a result of false or 0: nothing left
	 */
	const char *query;
	const char *networks; /* NULL: one call for all */
	int interval_ms;	  /* 0: chimera.rollup_interval */
	bool until_done;	  /* repeat without a pause while calls do something */

	Instant due;
	/* the networks of the current round, or NULL */
	DutyTarget *targets;
	int count;
	int next;
	bool goes_on;
} Duty;

static Duty duties[] = {
	/* first, so that miners do not stay on stale jobs */
	{"stopping stale networks", "SELECT chimera.stop_stale_networks()", NULL,
	 SECOND_MS},
	{"ending dead servers", "SELECT chimera.end_dead_servers()", NULL,
	 SECOND_MS},
	{"reassigning sessions", "SELECT chimera.reassign_sessions()", NULL,
	 SECOND_MS},
	{"dropping drained listeners", "SELECT chimera.drop_drained_listeners()",
	 NULL, SECOND_MS},
	/* can be repeated after a crash, so the commit need not wait for disk */
	{"applying share deltas",
	 "SELECT chimera.apply_share_deltas($1)"
	 " FROM set_config('synchronous_commit', 'off', true)",
	 NETWORKS " WHERE n.network_id IN"
			  " (SELECT d.network_id FROM chimera.share_deltas d)",
	 0},
	{"closing rollups", "SELECT chimera.close_rollups()", NULL, MINUTE_MS},
	{"recording rounds", "SELECT chimera.record_rounds(network_id => $1)",
	 NETWORKS " WHERE EXISTS (SELECT FROM chimera.blocks b"
			  " WHERE b.network_id = n.network_id)",
	 ROUNDS_MS},
	{"refreshing standings", "SELECT chimera.refresh_due_standings($1)",
	 NETWORKS, STANDINGS_MS},
	{"posting blocks", "SELECT chimera.post_blocks($1)",
	 NETWORKS " WHERE n.network_id IN (SELECT chimera.unposted_networks())", 0},
	{"posting PPS shares", "SELECT chimera.post_pps_shares($1)",
	 NETWORKS " WHERE n.network_id IN"
			  " (SELECT s.network_id FROM chimera.reward_settings s)",
	 MINUTE_MS},
	{"making share partitions",
	 "SELECT chimera.make_share_partitions($1, utc.today, utc.today + 2)"
	 " FROM (SELECT (now() AT TIME ZONE 'UTC')::date AS today) utc",
	 NETWORKS " WHERE n.archived_at IS NULL", HOUR_MS},
	{"summarizing shares", "SELECT chimera.summarize_shares($1)",
	 NETWORKS " WHERE n.archived_at IS NULL", MINUTE_MS},
	{"dropping old shares", "SELECT chimera.drop_old_share_day($1)", NETWORKS,
	 DROP_MS, true},
	{"dropping old jobs", "SELECT chimera.drop_old_jobs($1)", NETWORKS,
	 HOUR_MS},
	{"forgetting clock setbacks", "SELECT chimera.drop_old_setbacks()", NULL,
	 HOUR_MS},
	{"dropping old assignments", "SELECT chimera.drop_old_assignments()", NULL,
	 HOUR_MS},
	{"dropping old bans", "SELECT chimera.drop_old_bans()", NULL, HOUR_MS},
	{"dropping old rollups", "SELECT chimera.drop_old_rollups()", NULL,
	 HOUR_MS},
};

/* ---------- calls ---------- */

/* Did the call return that it did something? */
static bool
did_something(void)
{
	char *value;

	if (SPI_processed == 0)
		return false;
	value = SPI_getvalue(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1);
	return value != NULL && strcmp(value, "0") != 0 && strcmp(value, "f") != 0;
}

static bool
call_duty(const Duty *duty, const DutyTarget *target)
{
	MemoryContext caller = spi_transaction_begin(duty->name);
	Oid types[] = {UUIDOID};
	Datum values[] = {UUIDPGetDatum(&target->network_id)};
	bool did;

	if (SPI_execute_with_args(duty->query, target->has_network ? 1 : 0, types,
							  values, NULL, false, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not execute \"%s\"", duty->query);
	did = did_something();
	spi_transaction_commit(caller);
	return did;
}

/* Read the networks for a round of the duty. */
static void
read_targets(Duty *duty)
{
	MemoryContext caller = spi_transaction_begin(duty->name);
	DutyTarget *targets;
	uint64 count;

	if (SPI_execute(duty->networks, true, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not execute \"%s\"", duty->networks);
	count = SPI_processed;
	targets =
		MemoryContextAllocZero(caller, sizeof(DutyTarget) * Max(count, 1));
	for (uint64 i = 0; i < count; i++)
	{
		HeapTuple row = SPI_tuptable->vals[i];
		TupleDesc desc = SPI_tuptable->tupdesc;
		bool isnull;

		targets[i].duty = duty->name;
		targets[i].has_network = true;
		targets[i].network_id =
			*DatumGetUUIDP(SPI_getbinval(row, desc, 1, &isnull));
		strlcpy(targets[i].network_name, SPI_getvalue(row, desc, 2),
				NAMEDATALEN);
	}
	spi_transaction_commit(caller);

	duty->targets = targets;
	duty->count = (int) count;
	duty->next = 0;
	duty->goes_on = false;
	duty_problems_keep(duty->name, targets, duty->count);
}

/* End the transaction of the ERROR being handled, and record the problem. */
static void
note_error(const DutyTarget *target, MemoryContext context)
{
	ErrorData *error;

	MemoryContextSwitchTo(context);
	error = CopyErrorData();
	FlushErrorState();
	AbortCurrentTransaction();
	MemoryContextSwitchTo(context);
	pgstat_report_activity(STATE_IDLE, NULL);
	duty_problem_note(target, error->message);
	FreeErrorData(error);
}

/*
 * Make the duty's call, or read its networks; true if the call did something.
 */
static bool
try_duty(Duty *duty, const DutyTarget *target, bool find_networks)
{
	MemoryContext context = CurrentMemoryContext;
	volatile bool did = false;

	PG_TRY();
	{
		if (find_networks)
			read_targets(duty);
		else
			did = call_duty(duty, target);
		duty_problem_end(target);
	}
	PG_CATCH();
	{
		note_error(target, context);
	}
	PG_END_TRY();
	return did;
}

/* ---------- turns ---------- */

static void
end_round(Duty *duty)
{
	int interval_ms =
		duty->interval_ms ? duty->interval_ms : chimera_rollup_interval_ms;

	if (duty->targets)
		pfree(duty->targets);
	duty->targets = NULL;
	duty->due = duty->goes_on ? instant_now()
							  : Min(instant_in_ms(interval_ms),
									duty_problems_retry_at(duty->name));
	duty->goes_on = false;
}

/* Make the call for the whole server, or read the networks. */
static void
begin_round(Duty *duty)
{
	DutyTarget server = {.duty = duty->name};

	if (!duty_problem_rests(&server))
		try_duty(duty, &server, duty->networks != NULL);
	if (duty->targets == NULL)
		end_round(duty);
}

static void
take_turn(Duty *duty)
{
	if (duty->targets == NULL)
		begin_round(duty);
	else if (duty->next == duty->count)
		end_round(duty);
	else
	{
		const DutyTarget *target = &duty->targets[duty->next++];

		if (!duty_problem_rests(target) && try_duty(duty, target, false) &&
			duty->until_done)
			duty->goes_on = true;
	}
	/* duties that became due meanwhile run before this one's next network */
	if (duty->targets != NULL)
		duty->due = instant_now();
}

static Duty *
longest_due(void)
{
	Duty *first = &duties[0];

	for (size_t i = 1; i < lengthof(duties); i++)
		if (duties[i].due < first->due)
			first = &duties[i];
	return first;
}

static void
show_problems(void)
{
	StringInfoData text;

	initStringInfo(&text);
	if (duty_problems_describe(&text))
		worker_status_failing("%s", text.data);
	else
		worker_status_ok();
	pfree(text.data);
}

static void
keep_accounts(const WorkerArguments *arguments)
{
	SetConfigOption("lock_timeout", LOCK_TIMEOUT, PGC_SUSET, PGC_S_OVERRIDE);
	duty_problems_forget_all();
	for (;;)
	{
		Duty *duty = longest_due();

		if (duty->due <= instant_now())
		{
			take_turn(duty);
			show_problems();
			CHECK_FOR_INTERRUPTS();
			worker_reload_settings();
		}
		else
			worker_sleep(instant_ms_left(duty->due));
	}
}

void
chimera_accountant_main(Datum arg)
{
	worker_run(WORKER_ACCOUNTANT, NULL, keep_accounts);
}
