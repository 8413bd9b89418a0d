/*
 * live_jobs.c
 *	  Shared memory: for each network, the oldest job that still takes shares.
 *
 * A job is live from its commit until a job with clean_jobs follows it, or
 * until it has been superseded for chimera.job_lifetime.  Job ids of a network
 * grow, so one number a network says it all.  The template worker advances it
 * after its commit; share/share_set.c, which must not forget a key while its
 * job is live, sets it at start-up from the table.
 *
 * Locking: slots are found and made under live_jobs->lock.  'from' is an atomic
 * that only grows; share_set.c reads it under a partition's lock both to refuse
 * stale shares and to sweep keys, which is what makes sweeping exact.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "port/atomics.h"
#include "storage/ipc.h"
#include "storage/lwlock.h"
#include "storage/shmem.h"

#include "job/live_jobs.h"

/* a slot is small and never reused before the server restarts */
#define LIVE_JOBS_MAX_NETWORKS 1024

typedef struct LiveJobsSlot
{
	pg_uuid_t network_id;
	pg_atomic_uint64 from;
} LiveJobsSlot;

typedef struct LiveJobs
{
	LWLock *lock;
	pg_atomic_uint64 retirements;
	int used;
	LiveJobsSlot slots[FLEXIBLE_ARRAY_MEMBER];
} LiveJobs;

static LiveJobs *live_jobs = NULL;

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

	live_jobs = ShmemInitStruct("chimera live jobs", live_jobs_size(), &found);
	if (found)
		return;

	live_jobs->lock = &GetNamedLWLockTranche("chimera_live_jobs")->lock;
	live_jobs->used = 0;
	pg_atomic_init_u64(&live_jobs->retirements, 0);
	for (int i = 0; i < LIVE_JOBS_MAX_NETWORKS; i++)
		pg_atomic_init_u64(&live_jobs->slots[i].from, 0);
}

void
live_jobs_require(void)
{
	if (live_jobs == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("chimera is not loaded at server start"),
				 errhint("Add chimera to shared_preload_libraries and restart "
						 "the server.")));
}

static int
find_slot(const pg_uuid_t *network_id)
{
	for (int i = 0; i < live_jobs->used; i++)
		if (memcmp(&live_jobs->slots[i].network_id, network_id, UUID_LEN) == 0)
			return i;
	return -1;
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
	if (slot < 0 && live_jobs->used < LIVE_JOBS_MAX_NETWORKS)
	{
		slot = live_jobs->used++;
		live_jobs->slots[slot].network_id = *network_id;
		pg_atomic_write_u64(&live_jobs->slots[slot].from, 0);
	}
	LWLockRelease(live_jobs->lock);

	if (slot < 0)
		ereport(ERROR,
				(errcode(ERRCODE_CONFIGURATION_LIMIT_EXCEEDED),
				 errmsg("no room for another network"),
				 errdetail("There is room for %d.", LIVE_JOBS_MAX_NETWORKS)));
	return slot;
}

int64
live_jobs_from(int slot)
{
	return (int64) pg_atomic_read_u64(&live_jobs->slots[slot].from);
}

void
live_jobs_advance(int slot, int64 job_id)
{
	pg_atomic_uint64 *from = &live_jobs->slots[slot].from;
	uint64 old = pg_atomic_read_u64(from);

	while (old < (uint64) job_id)
		if (pg_atomic_compare_exchange_u64(from, &old, (uint64) job_id))
		{
			pg_atomic_fetch_add_u64(&live_jobs->retirements, 1);
			return;
		}
}

void
live_jobs_set(int slot, int64 job_id)
{
	pg_atomic_write_u64(&live_jobs->slots[slot].from, (uint64) job_id);
	pg_atomic_fetch_add_u64(&live_jobs->retirements, 1);
}

uint64
live_jobs_retirements(void)
{
	return pg_atomic_read_u64(&live_jobs->retirements);
}
