/*
 * share_set.c
 *	  The exact set of the shares of live jobs, in shared memory.
 *
 * A unique index over all shares would limit the speed of the submission path.
 * But only shares of live jobs can be repeated, and a job lives for minutes.
 * So duplicates are found in a hash table of the shares of live jobs, and the
 * table on disk needs no unique index.
 *
 * Exactness depends on these rules:
 *
 * - A key is inserted before its row, with the inserting transaction's xid.  A
 *   backend that finds the key of an unfinished transaction waits for it, as a
 *   unique index does.  An abort removes its keys before it releases its xid's
 *   lock, so a backend that has waited either finds the key gone or knows that
 *   the transaction committed.
 * - Whether the job is live is checked under the lock of the key's partition,
 *   and keys of retired jobs are swept under the same lock; live_jobs only
 *   ever advances.  So a key is never swept while a share could still claim
 *   it.
 * - After a server start the set is loaded from the table before the first
 *   claim; the same step determines which jobs are live.
 * - A full set refuses shares: it never forgets a live key to make room.  If
 *   it is too small for what is loaded, the jobs with shares that do not fit
 *   are retired.
 *
 * Layout: SHARE_SET_PARTITIONS partitions, each with its own lock, buckets,
 * entries and free list, so neither locks nor lists are shared.  Entries are
 * linked by index.  Each claim examines a few entries at a moving cursor and
 * frees dead ones, so no sweep ever takes long.
 */
#include "postgres.h"

#include "access/transam.h"
#include "access/xact.h"
#include "catalog/pg_type.h"
#include "common/hashfn.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "storage/ipc.h"
#include "storage/lmgr.h"
#include "storage/lwlock.h"
#include "storage/shmem.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/resowner.h"
#include "utils/snapmgr.h"
#include "utils/uuid.h"

#include "job/live_jobs.h"
#include "settings.h"
#include "share/share_clock.h"
#include "share/share_set.h"
#include "spi/spi_query.h"

#define SHARE_SET_PARTITIONS	  64
#define SHARE_SET_PARTITION_SHIFT 26 /* 32 - log2(partitions) */
#define SWEEP_STEP				  4	 /* entries examined with each claim */
#define LOAD_FETCH_ROWS			  10000
#define NO_ENTRY				  PG_UINT32_MAX

typedef struct ShareEntry
{
	ShareKey key;
	TransactionId xid; /* inserted it; invalid once known to be committed */
	uint32 next;	   /* in its bucket or in the free list */
} ShareEntry;

typedef struct SharePartition
{
	LWLock *lock;
	uint32 free;
	uint32 used;
	uint32 cursor;	 /* the next entry to examine when sweeping */
	uint64 swept_at; /* live_jobs_retirements() before the last full sweep */
} SharePartition;

typedef struct ShareSet
{
	Oid ready_for;		   /* oid of the table it was loaded from, or 0 */
	uint32 partition_size; /* entries, and buckets, per partition */
	SharePartition partitions[SHARE_SET_PARTITIONS];
} ShareSet;

/* A key that this transaction has inserted. */
typedef struct OwnClaim
{
	uint32 hash;
	uint32 entry;
	int nest_level;
} OwnClaim;

static ShareSet *share_set = NULL;
static uint32 *buckets = NULL;
static ShareEntry *entries = NULL;

/* in TopTransactionContext; NULL when there are none */
static OwnClaim *own_claims = NULL;
static int own_claims_count = 0;
static int own_claims_capacity = 0;

static void share_set_at_xact_end(XactEvent event, void *arg);
static void share_set_at_subxact_end(SubXactEvent event, SubTransactionId mine,
									 SubTransactionId parent, void *arg);

PG_FUNCTION_INFO_V1(chimera_share_set);

/* ---------- shared memory ---------- */

static uint32
partition_size(void)
{
	Size per_entry = sizeof(ShareEntry) + sizeof(uint32);

	return (uint32) ((Size) chimera_share_set_size_mb * 1024 * 1024 /
					 per_entry / SHARE_SET_PARTITIONS);
}

static Size
entries_size(void)
{
	return mul_size(mul_size(partition_size(), SHARE_SET_PARTITIONS),
					sizeof(ShareEntry));
}

static Size
buckets_size(void)
{
	return mul_size(mul_size(partition_size(), SHARE_SET_PARTITIONS),
					sizeof(uint32));
}

void
share_set_request(void)
{
	RequestAddinShmemSpace(sizeof(ShareSet));
	RequestAddinShmemSpace(entries_size());
	RequestAddinShmemSpace(buckets_size());
	RequestNamedLWLockTranche("chimera_share_set", SHARE_SET_PARTITIONS);
}

/* Empty the whole set; nobody else may be using it. */
static void
clear_set(void)
{
	uint32 size = share_set->partition_size;

	for (uint32 p = 0; p < SHARE_SET_PARTITIONS; p++)
	{
		SharePartition *partition = &share_set->partitions[p];
		uint32 first = p * size;

		for (uint32 i = first; i < first + size; i++)
		{
			buckets[i] = NO_ENTRY;
			entries[i].key.job = 0;
			entries[i].xid = FrozenTransactionId;
			entries[i].next = i + 1 < first + size ? i + 1 : NO_ENTRY;
		}
		partition->free = first;
		partition->used = 0;
		partition->cursor = first;
		partition->swept_at = 0;
	}
}

void
share_set_attach(void)
{
	bool found;
	LWLockPadded *locks;

	share_set = ShmemInitStruct("chimera share set", sizeof(ShareSet), &found);
	entries = ShmemInitStruct("chimera share entries", entries_size(), &found);
	buckets = ShmemInitStruct("chimera share buckets", buckets_size(), &found);

	RegisterXactCallback(share_set_at_xact_end, NULL);
	RegisterSubXactCallback(share_set_at_subxact_end, NULL);
	if (found)
		return;

	share_set->ready_for = InvalidOid;
	share_set->partition_size = partition_size();
	locks = GetNamedLWLockTranche("chimera_share_set");
	for (int p = 0; p < SHARE_SET_PARTITIONS; p++)
		share_set->partitions[p].lock = &locks[p].lock;
	clear_set();
}

/* ---------- the hash table; callers hold the partition's lock ---------- */

uint32
share_key_hash(const ShareKey *key)
{
	return hash_bytes((const unsigned char *) key, sizeof(ShareKey));
}

int
share_set_partition(uint32 hash)
{
	return (int) (hash >> SHARE_SET_PARTITION_SHIFT);
}

static uint32 *
bucket_of(uint32 hash)
{
	uint32 size = share_set->partition_size;

	return &buckets[share_set_partition(hash) * size + hash % size];
}

static uint32
find_entry(const ShareKey *key, uint32 hash)
{
	uint32 i = *bucket_of(hash);

	while (i != NO_ENTRY && memcmp(&entries[i].key, key, sizeof(ShareKey)) != 0)
		i = entries[i].next;
	return i;
}

/* An entry in no bucket has FrozenTransactionId as its xid. */
static bool
entry_is_free(uint32 i)
{
	return entries[i].xid == FrozenTransactionId;
}

static void
remove_entry(SharePartition *partition, uint32 i, uint32 hash)
{
	uint32 *link = bucket_of(hash);

	while (*link != i)
		link = &entries[*link].next;
	*link = entries[i].next;

	entries[i].xid = FrozenTransactionId;
	entries[i].next = partition->free;
	partition->free = i;
	partition->used--;
}

static uint32
insert_entry(SharePartition *partition, const ShareKey *key, uint32 hash,
			 TransactionId xid)
{
	uint32 *bucket = bucket_of(hash);
	uint32 i = partition->free;

	Assert(i != NO_ENTRY);
	partition->free = entries[i].next;
	partition->used++;

	entries[i].key = *key;
	entries[i].xid = xid;
	entries[i].next = *bucket;
	*bucket = i;
	return i;
}

static bool
key_is_live(const ShareKey *key)
{
	uint32 from = (uint32) live_jobs_from((int) key->network_slot);

	return (int32) (key->job - from) >= 0;
}

/* Free the dead entries among the next 'count' at the cursor. */
static void
sweep_entries(SharePartition *partition, int partition_number, uint32 count)
{
	uint32 first = partition_number * share_set->partition_size;

	while (count-- > 0)
	{
		uint32 i = partition->cursor;

		partition->cursor =
			i + 1 < first + share_set->partition_size ? i + 1 : first;
		if (!entry_is_free(i) && !key_is_live(&entries[i].key))
			remove_entry(partition, i, share_key_hash(&entries[i].key));
	}
}

/*
 * Free all dead entries of a full partition.  Unless another job was retired
 * since the last time, there are none: a full set is swept once.
 */
static void
sweep_all(SharePartition *partition, int partition_number)
{
	uint64 retirements = live_jobs_retirements();

	if (partition->swept_at == retirements)
		return;
	partition->swept_at = retirements;
	sweep_entries(partition, partition_number, share_set->partition_size);
}

/* ---------- claims ---------- */

static void
remember_claim(uint32 hash, uint32 entry)
{
	OwnClaim *claim = &own_claims[own_claims_count++];

	claim->hash = hash;
	claim->entry = entry;
	claim->nest_level = GetCurrentTransactionNestLevel();
}

/*
 * Done before the lock is taken, so that running out of memory has no effect.
 */
static void
reserve_claim(void)
{
	if (own_claims == NULL)
	{
		own_claims_capacity = 512;
		own_claims = MemoryContextAlloc(TopTransactionContext,
										own_claims_capacity * sizeof(OwnClaim));
	}
	else if (own_claims_count == own_claims_capacity)
	{
		own_claims_capacity *= 2;
		own_claims =
			repalloc_huge(own_claims, own_claims_capacity * sizeof(OwnClaim));
	}
}

/*
 * Try to claim a key, under the partition's lock.  If another transaction
 * holds the key, its xid is returned in *holder; the caller waits for it and
 * tries again with that xid as 'finished', so that a key still present is
 * known to be committed.
 */
static ShareClaim
try_claim(const ShareKey *key, uint32 hash, TransactionId xid,
		  TransactionId finished, TransactionId *holder)
{
	int number = share_set_partition(hash);
	SharePartition *partition = &share_set->partitions[number];
	ShareClaim claim = SHARE_CLAIMED;
	uint32 i;

	*holder = InvalidTransactionId;
	LWLockAcquire(partition->lock, LW_EXCLUSIVE);

	i = find_entry(key, hash);
	if (!key_is_live(key))
		claim = SHARE_CLAIM_STALE;
	else if (i != NO_ENTRY)
	{
		claim = SHARE_CLAIM_DUPLICATE;
		if (entries[i].xid == finished)
			entries[i].xid = InvalidTransactionId;
		else if (entries[i].xid != xid)
			*holder = entries[i].xid;
	}
	else
	{
		sweep_entries(partition, number, SWEEP_STEP);
		if (partition->free == NO_ENTRY)
			sweep_all(partition, number);
		if (partition->free == NO_ENTRY)
			claim = SHARE_CLAIM_FULL;
		else
			remember_claim(hash, insert_entry(partition, key, hash, xid));
	}

	LWLockRelease(partition->lock);
	return claim;
}

ShareClaim
share_set_claim(const ShareKey *key, uint32 hash)
{
	TransactionId xid = GetTopTransactionId();
	TransactionId finished = InvalidTransactionId;

	for (;;)
	{
		TransactionId holder;
		ShareClaim claim;

		reserve_claim();
		claim = try_claim(key, hash, xid, finished, &holder);
		if (!TransactionIdIsValid(holder))
			return claim;

		XactLockTableWait(holder, NULL, NULL, XLTW_None);
		finished = holder;
	}
}

/* Give back the claims made at this nesting level or deeper. */
static void
release_claims(int nest_level)
{
	while (own_claims_count > 0 &&
		   own_claims[own_claims_count - 1].nest_level >= nest_level)
	{
		OwnClaim *claim = &own_claims[--own_claims_count];
		int number = share_set_partition(claim->hash);
		SharePartition *partition = &share_set->partitions[number];

		LWLockAcquire(partition->lock, LW_EXCLUSIVE);
		remove_entry(partition, claim->entry, claim->hash);
		LWLockRelease(partition->lock);
	}
}

static void
share_set_at_xact_end(XactEvent event, void *arg)
{
	if (own_claims == NULL)
		return;

	switch (event)
	{
		case XACT_EVENT_PRE_PREPARE:
			ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
							errmsg("cannot PREPARE a transaction that has "
								   "submitted shares")));
			break;
		case XACT_EVENT_ABORT:
			release_claims(0);
			/* FALLTHROUGH */
		case XACT_EVENT_COMMIT:
			own_claims = NULL;
			own_claims_count = 0;
			break;
		default:
			break;
	}
}

static void
share_set_at_subxact_end(SubXactEvent event, SubTransactionId mine,
						 SubTransactionId parent, void *arg)
{
	int nest_level = GetCurrentTransactionNestLevel();

	if (own_claims == NULL)
		return;

	if (event == SUBXACT_EVENT_ABORT_SUB)
		release_claims(nest_level);
	else if (event == SUBXACT_EVENT_COMMIT_SUB)
		for (int i = own_claims_count - 1;
			 i >= 0 && own_claims[i].nest_level == nest_level; i--)
			own_claims[i].nest_level--;
}

/* ---------- loading the set from the table ---------- */

/* Load a row; false if there is no room for it. */
static bool
load_row(SpiRow row, int slot)
{
	ShareKey key = {0};
	uint32 hash;
	int number;

	key.job = (uint32) row_int64(row, 1);
	key.extranonce1 = (uint32) row_int32(row, 2);
	key.extranonce2 = (uint64) row_int64(row, 3);
	key.ntime = (uint32) row_int32(row, 4);
	key.nonce = (uint32) row_int32(row, 5);
	key.version = (uint32) row_int32(row, 6);
	key.network_slot = (uint32) slot;

	hash = share_key_hash(&key);
	number = share_set_partition(hash);
	if (find_entry(&key, hash) != NO_ENTRY)
		return true;
	if (share_set->partitions[number].free == NO_ENTRY)
		return false;
	insert_entry(&share_set->partitions[number], &key, hash,
				 InvalidTransactionId);
	return true;
}

/* Load the rows fetched; returns the newest job with one that does not fit. */
static int64
load_rows(int slot)
{
	int64 unfit = 0;

	for (uint64 i = 0; i < SPI_processed; i++)
	{
		SpiRow row = spi_row(i);

		if (!load_row(row, slot))
			unfit = Max(unfit, row_int64(row, 1));
	}
	return unfit;
}

static void
retire_unfit(int slot, int64 unfit)
{
	if (unfit == 0)
		return;
	live_jobs_advance(slot, unfit + 1);
	ereport(
		WARNING,
		(errmsg("shares of live jobs do not fit into shared memory"),
		 errdetail("Shares of jobs up to " INT64_FORMAT " are rejected.",
				   unfit),
		 errhint(
			 "Increase \"chimera.share_set_size\" and restart the server.")));
}

/* Load the shares of one network's jobs from 'from' on. */
static void
load_shares(Datum network_id, Datum from, Datum since, int slot)
{
	Oid types[] = {UUIDOID, INT8OID, TIMESTAMPTZOID};
	Datum values[] = {network_id, from, since};
	int64 unfit = 0;
	Portal portal;

	portal = SPI_cursor_open_with_args(
		NULL,
		"SELECT job_id, extranonce1, extranonce2, ntime, nonce, version"
		" FROM chimera.shares"
		" WHERE network_id = $1 AND job_id >= $2 AND submitted_at >= $3",
		3, types, values, NULL, false, 0);
	do
	{
		CHECK_FOR_INTERRUPTS();
		SPI_cursor_fetch(portal, true, LOAD_FETCH_ROWS);
		unfit = Max(unfit, load_rows(slot));
		SPI_freetuptable(SPI_tuptable);
	} while (SPI_processed > 0);
	SPI_cursor_close(portal);
	retire_unfit(slot, unfit);
}

/*
 * The same in a subtransaction that is rolled back.  It has only read, but its
 * locks on partitions go with it: a network whose last job is old has many
 * partitions, and together they would not fit into the server's lock table.
 */
static void
load_network(Datum network_id, Datum from, Datum since, int slot)
{
	MemoryContext context = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;

	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(context);
	load_shares(network_id, from, since, slot);
	RollbackAndReleaseCurrentSubTransaction();
	MemoryContextSwitchTo(context);
	CurrentResourceOwner = owner;
}

/*
 * For each network: the oldest job that was live when the newest was created,
 * and its time, as job_store.c determined it then; none if the network is
 * stopped.  And the oldest job whose blocks are submitted.
 */
static const char live_query[] =
	"SELECT n.network_id, coalesce(stopped.from_job, live.job_id, 0),"
	" coalesce(live.created_at, 'infinity'), coalesce(kept.job_id, 0)"
	" FROM chimera.network_configs n"
	" LEFT JOIN LATERAL (SELECT * FROM chimera.jobs j"
	"  WHERE j.network_id = n.network_id"
	"  ORDER BY j.job_id DESC LIMIT 1) newest ON true"
	" LEFT JOIN LATERAL (SELECT * FROM chimera.jobs j"
	"  WHERE j.network_id = n.network_id AND j.clean_jobs"
	"  ORDER BY j.job_id DESC LIMIT 1) clean ON true"
	" LEFT JOIN LATERAL (SELECT j.job_id, j.created_at FROM chimera.jobs j"
	"  WHERE j.network_id = n.network_id AND j.job_id >= clean.job_id"
	"  AND (j.job_id = newest.job_id OR j.created_at >"
	"   newest.created_at - $1 * interval '1 second')"
	"  ORDER BY j.job_id LIMIT 1) live ON true"
	" LEFT JOIN LATERAL (SELECT j.job_id FROM chimera.jobs j"
	"  WHERE j.network_id = n.network_id"
	"  AND j.created_at <= now() - $2 * interval '1 second'"
	"  ORDER BY j.job_id DESC LIMIT 1) kept ON true"
	" LEFT JOIN LATERAL (SELECT newest.job_id + 1 AS from_job"
	"  FROM chimera.stopped_networks w"
	"  WHERE w.network_id = n.network_id) stopped ON true";

/*
 * Determine which jobs are live, and load their shares.  No share is older
 * than its job: the submission path ensures that even if the clock goes back.
 */
static void
load_set(void)
{
	Oid types[] = {INT4OID, INT4OID};
	Datum values[] = {Int32GetDatum(chimera_job_lifetime_s),
					  Int32GetDatum(LATE_BLOCK_S)};
	SPITupleTable *networks;
	uint64 count;

	SPI_connect();
	if (SPI_execute_with_args(live_query, 2, types, values, NULL, false, 0) !=
		SPI_OK_SELECT)
		elog(ERROR, "could not read the live jobs");
	networks = SPI_tuptable;
	count = SPI_processed;

	for (uint64 i = 0; i < count; i++)
	{
		SpiRow row = {networks->vals[i], networks->tupdesc};
		Datum id = row_datum(row, 1);
		int slot = live_jobs_slot(DatumGetUUIDP(id));

		live_jobs_set(slot, row_int64(row, 2), row_int64(row, 4));
		load_network(id, row_datum(row, 2), row_datum(row, 3), slot);
	}
	share_clock_load();
	SPI_finish();
}

void
share_set_ensure_ready(Oid shares)
{
	live_jobs_require();
	if (share_set->ready_for == shares)
	{
		pg_read_barrier();
		return;
	}

	/*
	 * One backend loads, the others wait for the end of its transaction.  A
	 * lock on the table itself works: submissions lock only partitions.
	 */
	LockRelationOid(shares, ShareUpdateExclusiveLock);
	if (share_set->ready_for == shares)
		return;

	clear_set();
	load_set();

	pg_write_barrier();
	share_set->ready_for = shares;
	ereport(LOG, (errmsg("loaded the shares of live jobs into shared memory")));
}

Datum
chimera_share_set(PG_FUNCTION_ARGS)
{
	TupleDesc desc;
	Datum values[3];
	bool nulls[3] = {false};
	int64 used = 0;

	live_jobs_require();
	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");

	for (int p = 0; p < SHARE_SET_PARTITIONS; p++)
	{
		LWLockAcquire(share_set->partitions[p].lock, LW_SHARED);
		used += share_set->partitions[p].used;
		LWLockRelease(share_set->partitions[p].lock);
	}

	values[0] =
		Int64GetDatum((int64) share_set->partition_size * SHARE_SET_PARTITIONS);
	values[1] = Int64GetDatum(used);
	values[2] = BoolGetDatum(OidIsValid(share_set->ready_for));
	PG_RETURN_DATUM(HeapTupleGetDatum(
		heap_form_tuple(BlessTupleDesc(desc), values, nulls)));
}
