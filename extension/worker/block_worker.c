/*
 * block_worker.c
 *	  Submits a network's blocks and follows them; one a network.
 *
 * It wakes when a share's transaction with a block commits, when the template
 * worker sees a new tip, and every chimera.block_poll_interval.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "postmaster/bgworker.h"
#include "utils/memutils.h"

#include "settings.h"
#include "worker/block_worker.h"
#include "worker/worker_main.h"

static void
tend_blocks(const WorkerArguments *arguments)
{
	MemoryContext context = CurrentMemoryContext;
	const Network *network = network_read(&arguments->network_id);
	MemoryContext round;
	NodeClient *node;

	if (network == NULL || network->node_count == 0)
		return;
	node = node_create(context, &network->nodes[0]);
	round = AllocSetContextCreate(context, "chimera block round",
								  ALLOCSET_DEFAULT_SIZES);
	MemoryContextSwitchTo(round);

	for (;;)
	{
		if (submit_found_blocks(network, node) && follow_blocks(network, node))
		{
			worker_status_ok();
			worker_sleep(chimera_block_poll_interval_ms);
		}
		else
			worker_sleep(chimera_node_retry_interval_ms);
		MemoryContextReset(round);
	}
}

void
chimera_block_main(Datum arg)
{
	WorkerArguments arguments;

	memcpy(&arguments, MyBgworkerEntry->bgw_extra, sizeof(arguments));
	worker_run(WORKER_BLOCK, &arguments, tend_blocks);
}
