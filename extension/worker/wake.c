/*
 * wake.c
 *	  Wakes a worker if, and only if, the current transaction commits.
 *
 * The requests of a transaction are a short list in its own memory context.
 * The request of a subtransaction that is rolled back stays: a worker woken
 * without reason goes back to sleep.
 */
#include "postgres.h"

#include "access/xact.h"
#include "fmgr.h"
#include "nodes/pg_list.h"
#include "utils/memutils.h"

#include "worker/wake.h"

typedef struct WakeRequest
{
	WorkerKind kind;
	bool has_network;
	pg_uuid_t network_id;
} WakeRequest;

static bool registered = false;
static List *requests = NIL; /* in TopTransactionContext */

PG_FUNCTION_INFO_V1(chimera_reload_workers);

static void
at_xact_end(XactEvent event, void *arg)
{
	ListCell *cell;

	if (event != XACT_EVENT_COMMIT && event != XACT_EVENT_ABORT &&
		event != XACT_EVENT_PREPARE)
		return;

	if (event == XACT_EVENT_COMMIT)
		foreach (cell, requests)
		{
			WakeRequest *request = lfirst(cell);

			worker_wake(request->kind,
						request->has_network ? &request->network_id : NULL);
		}
	requests = NIL;
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
	WakeRequest *request;

	if (!registered)
		return;

	old = MemoryContextSwitchTo(TopTransactionContext);
	request = palloc0(sizeof(WakeRequest));
	request->kind = kind;
	request->has_network = network_id != NULL;
	if (network_id)
		request->network_id = *network_id;
	requests = lappend(requests, request);
	MemoryContextSwitchTo(old);
}

Datum
chimera_reload_workers(PG_FUNCTION_ARGS)
{
	worker_wake_at_commit(WORKER_LAUNCHER, NULL);
	PG_RETURN_VOID();
}
