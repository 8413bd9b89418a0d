/*
 * live_jobs.c
 *	  Shared memory: for each network, the oldest job that still takes shares.
 *
 * A job is live from its commit until a job with clean_jobs follows it, or
 * until it has been superseded for chimera.job_lifetime.  Job ids of a network
 * grow, so one number per network is enough.  The template worker advances it
 * after its commit; share/share_set.c, which must not forget a key while its
 * job is live, sets it at start-up from the table.
 *
 * A second number is the oldest job whose blocks are still submitted if their
 * share is too late to be accepted.
 *
 * Locking: slots are found and created under live_jobs->lock.  'from' is an
 * atomic that only grows. share_set.c reads it under a partition's lock both
 * to refuse stale shares and to sweep keys, which makes sweeping exact.
 * 'from' does not decrease when the slot of a deleted network is reused
 * either: job ids grow over all networks, so all jobs of the previous network
 * are retired, and none of the new one's.
 */
#include "postgres.h"

#include "access/xact.h"
#include "miscadmin.h"
#include "nodes/pg_list.h"
#include "port/atomics.h"
#include "storage/ipc.h"
#include "storage/lwlock.h"
#include "storage/shmem.h"
#include "utils/memutils.h"

#include "job/live_jobs.h"

#define LIVE_JOBS_MAX_NETWORKS 1024

typedef struct LiveJobsSlot
{
	bool is_taken;
	pg_uuid_t network_id;
	pg_atomic_uint64 from;
	pg_atomic_uint64 kept_from;
} LiveJobsSlot;

typedef struct LiveJobs
{
	LWLock *lock;
	pg_atomic_uint64 retirements;
	int used;
	LiveJobsSlot slots[FLEXIBLE_ARRAY_MEMBER];
} LiveJobs;

static LiveJobs *live_jobs = NULL;

/* A network that the transaction deletes. */
typedef struct DeletedNetwork
{
	pg_uuid_t network_id;
	int nest_level;
} DeletedNetwork;

static List *deleted_networks = NIL; /* in TopTransactionContext */

static void release_at_commit(XactEvent event, void *arg);
static void forget_at_subxact_end(SubXactEvent event, SubTransactionId mine,
								  SubTransactionId parent, void *arg);

static Size
live_jobs_size(void)
{
	return add_size(offsetof(LiveJobs, slots),
					mul_size(LIVE_JOBS_MAX_NETWORKS, sizeof(LiveJobsSlot)));
}

void
live_jobs_request(void)
{
	RequestAddinShmemSpace(live_jobs_size());
	RequestNamedLWLockTranche("chimera_live_jobs", 1);
}

void
live_jobs_attach(void)
{
	bool found;

	RegisterXactCallback(release_at_commit, NULL);
	RegisterSubXactCallback(forget_at_subxact_end, NULL);
	live_jobs = ShmemInitStruct("chimera live jobs", live_jobs_size(), &found);
	if (found)
		return;

	live_jobs->lock = &GetNamedLWLockTranche("chimera_live_jobs")->lock;
	live_jobs->used = 0;
	pg_atomic_init_u64(&live_jobs->retirements, 0);
	for (int i = 0; i < LIVE_JOBS_MAX_NETWORKS; i++)
	{
		live_jobs->slots[i].is_taken = false;
		pg_atomic_init_u64(&live_jobs->slots[i].from, 0);
		pg_atomic_init_u64(&live_jobs->slots[i].kept_from, 0);
	}
}

void
live_jobs_require(void)
{
	if (live_jobs == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("chimera must be loaded via shared_preload_libraries"),
				 errhint("Add \"chimera\" to shared_preload_libraries and "
						 "restart the server.")));
}

static int
find_slot(const pg_uuid_t *network_id)
{
	for (int i = 0; i < live_jobs->used; i++)
		if (live_jobs->slots[i].is_taken &&
			memcmp(&live_jobs->slots[i].network_id, network_id, UUID_LEN) == 0)
			return i;
	return -1;
}

/* A slot without a network, or -1. */
static int
find_free_slot(void)
{
	for (int i = 0; i < live_jobs->used; i++)
		if (!live_jobs->slots[i].is_taken)
			return i;
	return live_jobs->used < LIVE_JOBS_MAX_NETWORKS ? live_jobs->used++ : -1;
}

/* Assign a free slot to the network; -1 if all are taken. */
static int
take_slot(const pg_uuid_t *network_id)
{
	int slot = find_free_slot();

	if (slot >= 0)
	{
		live_jobs->slots[slot].network_id = *network_id;
		live_jobs->slots[slot].is_taken = true;
	}
	return slot;
}

int
live_jobs_slot(const pg_uuid_t *network_id)
{
	int slot;

	live_jobs_require();

	LWLockAcquire(live_jobs->lock, LW_SHARED);
	slot = find_slot(network_id);
	LWLockRelease(live_jobs->lock);
	if (slot >= 0)
		return slot;

	LWLockAcquire(live_jobs->lock, LW_EXCLUSIVE);
	slot = find_slot(network_id);
	if (slot < 0)
		slot = take_slot(network_id);
	LWLockRelease(live_jobs->lock);

	if (slot < 0)
		ereport(ERROR, (errcode(ERRCODE_CONFIGURATION_LIMIT_EXCEEDED),
						errmsg("too many networks"),
						errdetail("The limit is %d.", LIVE_JOBS_MAX_NETWORKS)));
	return slot;
}

int64
live_jobs_from(int slot)
{
	return (int64) pg_atomic_read_u64(&live_jobs->slots[slot].from);
}

int64
live_jobs_kept_from(int slot)
{
	return (int64) pg_atomic_read_u64(&live_jobs->slots[slot].kept_from);
}

/* Raise a number; false if it is already as high. */
static bool
raise_to(pg_atomic_uint64 *number, int64 job_id)
{
	uint64 old = pg_atomic_read_u64(number);

	while (old < (uint64) job_id)
		if (pg_atomic_compare_exchange_u64(number, &old, (uint64) job_id))
			return true;
	return false;
}

void
live_jobs_advance(int slot, int64 job_id)
{
	if (raise_to(&live_jobs->slots[slot].from, job_id))
		pg_atomic_fetch_add_u64(&live_jobs->retirements, 1);
}

void
live_jobs_keep_from(int slot, int64 job_id)
{
	raise_to(&live_jobs->slots[slot].kept_from, job_id);
}

void
live_jobs_set(int slot, int64 from, int64 kept_from)
{
	pg_atomic_write_u64(&live_jobs->slots[slot].from, (uint64) from);
	pg_atomic_write_u64(&live_jobs->slots[slot].kept_from, (uint64) kept_from);
	pg_atomic_fetch_add_u64(&live_jobs->retirements, 1);
}

static void
release_slot(const pg_uuid_t *network_id)
{
	int slot;

	LWLockAcquire(live_jobs->lock, LW_EXCLUSIVE);
	slot = find_slot(network_id);
	if (slot >= 0)
	{
		live_jobs_keep_from(slot, live_jobs_from(slot));
		live_jobs->slots[slot].is_taken = false;
	}
	LWLockRelease(live_jobs->lock);
}

static void
release_at_commit(XactEvent event, void *arg)
{
	ListCell *cell;

	if (event != XACT_EVENT_COMMIT && event != XACT_EVENT_ABORT)
		return;
	if (event == XACT_EVENT_COMMIT)
		foreach (cell, deleted_networks)
			release_slot(&((DeletedNetwork *) lfirst(cell))->network_id);
	deleted_networks = NIL;
}

static void
forget_at_subxact_end(SubXactEvent event, SubTransactionId mine,
					  SubTransactionId parent, void *arg)
{
	int nest_level = GetCurrentTransactionNestLevel();
	ListCell *cell;

	foreach (cell, deleted_networks)
	{
		DeletedNetwork *deleted = lfirst(cell);

		if (deleted->nest_level < nest_level)
			continue;
		if (event == SUBXACT_EVENT_ABORT_SUB)
			deleted_networks = foreach_delete_current(deleted_networks, cell);
		else if (event == SUBXACT_EVENT_COMMIT_SUB)
			deleted->nest_level--;
	}
}

void
live_jobs_release_at_commit(const pg_uuid_t *network_id)
{
	MemoryContext old = MemoryContextSwitchTo(TopTransactionContext);
	DeletedNetwork *deleted = palloc(sizeof(DeletedNetwork));

	deleted->network_id = *network_id;
	deleted->nest_level = GetCurrentTransactionNestLevel();
	deleted_networks = lappend(deleted_networks, deleted);
	MemoryContextSwitchTo(old);
}

uint64
live_jobs_retirements(void)
{
	return pg_atomic_read_u64(&live_jobs->retirements);
}
