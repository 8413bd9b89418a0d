/*
 * block_worker.c
 *	  Submits a network's blocks and follows them; one worker per network.
 *
 * It wakes when a share's transaction with a block commits, when the template
 * worker sees a new tip, and every chimera.block_poll_interval.  A block is
 * sent to all nodes of the network; blocks are followed at the node in use
 * (node_choice.c).
 *
 * All calls run at the same time, and a pass of the loop stores at most one
 * verdict or status before it checks whether a block has been found.  So a
 * found block is sent within milliseconds, whatever else is in progress.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "postmaster/bgworker.h"
#include "utils/memutils.h"

#include "instant.h"
#include "settings.h"
#include "block/block_worker.h"
#include "worker/worker_main.h"

static void
wait_for_reason(BlockWorker *worker)
{
	Instant until = submit_next_at(worker);
	long look_ms = node_choice_sleep_ms(worker->choice);
	long ms;

	/* blocks can only be followed at a node in use */
	if (worker->choice->used && worker->round == NULL)
		until = Min(until, worker->follow_at);
	ms = until == INSTANT_NEVER ? -1 : instant_ms_left(until);
	if (look_ms >= 0)
		ms = ms < 0 ? look_ms : Min(ms, look_ms);
	if (node_wait(worker->choice->loop, ms))
	{
		worker->look_for_blocks = true;
		worker->follow_at = INSTANT_LONG_AGO;
	}
	worker_reload_settings();
}

static void
tend_blocks(const WorkerArguments *arguments)
{
	BlockWorker worker = {.context = CurrentMemoryContext,
						  .follow_at = INSTANT_LONG_AGO,
						  .mark = {.height = -1}};
	MemoryContext pass;

	worker.network = network_read(&arguments->network_id);
	if (worker.network == NULL || worker.network->node_count == 0)
		return;
	worker.choice = node_choice_create(worker.network, false,
									   &chimera_block_poll_interval_ms);
	submit_begin(&worker);
	pass = AllocSetContextCreate(worker.context, "chimera block pass",
								 ALLOCSET_DEFAULT_SIZES);
	MemoryContextSwitchTo(pass);

	for (;;)
	{
		submit_blocks(&worker);
		node_choice_tend(worker.choice);
		follow_blocks(&worker);
		if (worker.choice->used == NULL)
			node_choice_show(worker.choice);
		MemoryContextReset(pass);
		wait_for_reason(&worker);
	}
}

void
chimera_block_main(Datum arg)
{
	WorkerArguments arguments;

	memcpy(&arguments, MyBgworkerEntry->bgw_extra, sizeof(arguments));
	worker_run(WORKER_BLOCK, &arguments, tend_blocks);
}
