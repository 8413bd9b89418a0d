/*
 * wake.c
 *	  Waking a worker when, and only when, the current transaction commits.
 *
 * The wishes of a transaction are a short list in its own memory context.  A
 * wish of a subtransaction that is rolled back stays: a worker woken for
 * nothing looks and sleeps on.
 */
#include "postgres.h"

#include "access/xact.h"
#include "fmgr.h"
#include "nodes/pg_list.h"
#include "utils/memutils.h"

#include "worker/wake.h"

typedef struct Wish
{
	WorkerKind kind;
	bool has_network;
	pg_uuid_t network_id;
} Wish;

static bool registered = false;
static List *wishes = NIL; /* in TopTransactionContext */

PG_FUNCTION_INFO_V1(chimera_reload_workers);

static void
at_xact_end(XactEvent event, void *arg)
{
	ListCell *cell;

	if (event != XACT_EVENT_COMMIT && event != XACT_EVENT_ABORT &&
		event != XACT_EVENT_PREPARE)
		return;

	if (event == XACT_EVENT_COMMIT)
		foreach (cell, wishes)
		{
			Wish *wish = lfirst(cell);

			worker_wake(wish->kind,
						wish->has_network ? &wish->network_id : NULL);
		}
	wishes = NIL;
}

void
wake_register(void)
{
	RegisterXactCallback(at_xact_end, NULL);
	registered = true;
}

void
worker_wake_at_commit(WorkerKind kind, const pg_uuid_t *network_id)
{
	MemoryContext old;
	Wish *wish;

	if (!registered)
		return;

	old = MemoryContextSwitchTo(TopTransactionContext);
	wish = palloc0(sizeof(Wish));
	wish->kind = kind;
	wish->has_network = network_id != NULL;
	if (network_id)
		wish->network_id = *network_id;
	wishes = lappend(wishes, wish);
	MemoryContextSwitchTo(old);
}

Datum
chimera_reload_workers(PG_FUNCTION_ARGS)
{
	worker_wake_at_commit(WORKER_LAUNCHER, NULL);
	PG_RETURN_VOID();
}
