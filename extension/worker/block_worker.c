/*
 * block_worker.c
 *	  Submits a network's blocks and follows them; one a network.
 *
 * It wakes when a share's transaction with a block commits, when the template
 * worker sees a new tip, and every chimera.block_poll_interval.  A block is
 * sent to all nodes of the network; blocks are followed at the one that is
 * used (node_choice.c).
 */
#include "postgres.h"

#include "miscadmin.h"
#include "postmaster/bgworker.h"
#include "utils/memutils.h"

#include "instant.h"
#include "settings.h"
#include "worker/block_worker.h"
#include "worker/worker_main.h"

/* When the worker has something to do by itself. */
typedef struct Agenda
{
	Instant submit_at;
	Instant follow_at;
} Agenda;

/*
 * Submit what is due.  Found blocks are looked for when the worker is woken,
 * and, since a node may have lost one, whenever blocks have been followed.
 */
static void
submit_if_due(BlockWorker *worker, Agenda *agenda)
{
	if (instant_now() < agenda->submit_at)
		return;
	agenda->submit_at = submit_found_blocks(worker)
							? INSTANT_NEVER
							: instant_in_ms(chimera_node_retry_interval_ms);
}

static void
follow_if_due(BlockWorker *worker, Agenda *agenda)
{
	if (worker->choice->used == NULL || instant_now() < agenda->follow_at)
		return;
	if (!follow_blocks(worker))
		return;
	agenda->follow_at = instant_in_ms(chimera_block_poll_interval_ms);
	agenda->submit_at = Min(agenda->submit_at, instant_now());
	node_choice_show(worker->choice);
}

static void
wait_for_reason(BlockWorker *worker, Agenda *agenda)
{
	Instant until = agenda->submit_at;
	long look_ms = node_choice_sleep_ms(worker->choice);
	long ms;

	/* without a node there is none to ask for blocks */
	if (worker->choice->used)
		until = Min(until, agenda->follow_at);
	ms = until == INSTANT_NEVER ? -1 : instant_ms_left(until);
	if (look_ms >= 0)
		ms = ms < 0 ? look_ms : Min(ms, look_ms);
	if (ms != 0 && node_wait(worker->choice->loop, ms))
		agenda->submit_at = agenda->follow_at = instant_now();
	CHECK_FOR_INTERRUPTS();
	worker_reload_settings();
}

static void
tend_blocks(const WorkerArguments *arguments)
{
	BlockWorker worker = {.context = CurrentMemoryContext};
	Agenda agenda = {INSTANT_LONG_AGO, INSTANT_LONG_AGO};
	MemoryContext round;

	worker.network = network_read(&arguments->network_id);
	if (worker.network == NULL || worker.network->node_count == 0)
		return;
	worker.choice = node_choice_create(worker.network, false,
									   &chimera_block_poll_interval_ms);
	round = AllocSetContextCreate(worker.context, "chimera block round",
								  ALLOCSET_DEFAULT_SIZES);
	MemoryContextSwitchTo(round);

	for (;;)
	{
		node_choice_tend(worker.choice);
		submit_if_due(&worker, &agenda);
		follow_if_due(&worker, &agenda);
		if (worker.choice->used == NULL)
			node_choice_show(worker.choice);
		MemoryContextReset(round);
		wait_for_reason(&worker, &agenda);
	}
}

void
chimera_block_main(Datum arg)
{
	WorkerArguments arguments;

	memcpy(&arguments, MyBgworkerEntry->bgw_extra, sizeof(arguments));
	worker_run(WORKER_BLOCK, &arguments, tend_blocks);
}
