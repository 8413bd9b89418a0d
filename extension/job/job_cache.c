/*
 * job_cache.c
 *	  Jobs as the submission path uses them, cached by each backend.
 *
 * Jobs never change, so a cached job is valid for ever; live_jobs decides
 * whether it still takes shares.  The cache holds what each share of a job
 * would otherwise compute again: the midstate of the coinbase's prefix, the
 * network's target, the algorithm.
 *
 * The cache is emptied when it holds JOB_CACHE_MAX jobs (only at the start of
 * a batch, by job_cache_get's contract) or when the extension was re-created.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "utils/builtins.h"
#include "utils/hsearch.h"
#include "utils/memutils.h"

#include "compat.h"
#include "job/job_cache.h"
#include "job/live_jobs.h"
#include "spi/spi_query.h"

#define JOB_CACHE_MAX 1024

/* how far a miner may set the header's time ahead (Bitcoin's consensus) */
#define NTIME_AHEAD_MAX_S 7200

static const char job_query[] =
	"SELECT j.network_id, n.name, j.algorithm, j.template_id, j.height,"
	" j.version, j.version_mask, j.prevhash, j.nbits, j.mintime, j.curtime,"
	" j.coinbase_value, j.has_witness, j.created_at, j.coinbase_prefix,"
	" j.coinbase_suffix, j.merkle_branch, j.tree_id"
	" FROM chimera.jobs j JOIN chimera.network_configs n USING (network_id)"
	" WHERE j.job_id = $1";

/* The columns of job_query, counted from 1. */
enum
{
	COLUMN_NETWORK_ID = 1,
	COLUMN_NETWORK_NAME,
	COLUMN_ALGORITHM,
	COLUMN_TEMPLATE_ID,
	COLUMN_HEIGHT,
	COLUMN_VERSION,
	COLUMN_VERSION_MASK,
	COLUMN_PREVHASH,
	COLUMN_NBITS,
	COLUMN_MINTIME,
	COLUMN_CURTIME,
	COLUMN_COINBASE_VALUE,
	COLUMN_HAS_WITNESS,
	COLUMN_CREATED_AT,
	COLUMN_COINBASE_PREFIX,
	COLUMN_COINBASE_SUFFIX,
	COLUMN_MERKLE_BRANCH,
	COLUMN_TREE_ID
};

static const char carried_query[] =
	"SELECT c.job_id, j.nbits, c.slot, c.branch"
	" FROM chimera.carried_jobs c JOIN chimera.jobs j USING (job_id)"
	" WHERE c.tree_id = $1 ORDER BY c.job_id";

static MemoryContext cache_context = NULL;
static HTAB *cache = NULL;
static Oid cache_shares = InvalidOid;
static LocalTransactionId cache_lxid = InvalidLocalTransactionId;
static SPIPlanPtr job_plan = NULL;
static SPIPlanPtr carried_plan = NULL;

static void
reset_cache(void)
{
	HASHCTL control = {0};

	if (cache_context)
		MemoryContextReset(cache_context);
	else
		cache_context = AllocSetContextCreate(
			TopMemoryContext, "chimera job cache", ALLOCSET_DEFAULT_SIZES);

	control.keysize = sizeof(int64);
	control.entrysize = sizeof(CachedJob);
	control.hcxt = cache_context;
	cache = hash_create("chimera jobs", JOB_CACHE_MAX, &control,
						HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
}

static Datum
get_column(int number)
{
	return row_datum(spi_row(0), number);
}

/* Copy a bytea column of a row into the cache's context. */
static bytea *
copy_bytea(SpiRow row, int number)
{
	bytea *value = DatumGetByteaP(row_datum(row, number));
	bytea *copy = MemoryContextAlloc(cache_context, VARSIZE(value));

	memcpy(copy, value, VARSIZE(value));
	return copy;
}

static void
fill_job(CachedJob *job)
{
	char *name = TextDatumGetCString(get_column(COLUMN_NETWORK_NAME));
	char *algorithm = TextDatumGetCString(get_column(COLUMN_ALGORITHM));

	job->network_id = *DatumGetUUIDP(get_column(COLUMN_NETWORK_ID));
	job->network_slot = live_jobs_slot(&job->network_id);
	strlcpy(job->network_name, name, sizeof(job->network_name));
	job->algorithm = pow_find(algorithm);
	if (job->algorithm == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("algorithm \"%s\" is not registered", algorithm)));
	job->template_id = DatumGetInt64(get_column(COLUMN_TEMPLATE_ID));
	job->height = DatumGetInt32(get_column(COLUMN_HEIGHT));
	job->version = (uint32) DatumGetInt64(get_column(COLUMN_VERSION));
	job->version_mask = (uint32) DatumGetInt64(get_column(COLUMN_VERSION_MASK));
	memcpy(job->prevhash,
		   VARDATA_ANY(DatumGetByteaPP(get_column(COLUMN_PREVHASH))), 32);
	job->nbits = (uint32) DatumGetInt64(get_column(COLUMN_NBITS));
	job->mintime = (uint32) DatumGetInt64(get_column(COLUMN_MINTIME));
	job->curtime = (uint32) DatumGetInt64(get_column(COLUMN_CURTIME));
	job->maxtime = job->curtime + NTIME_AHEAD_MAX_S;
	job->coinbase_value = DatumGetInt64(get_column(COLUMN_COINBASE_VALUE));
	job->has_witness = DatumGetBool(get_column(COLUMN_HAS_WITNESS));
	job->created_at = DatumGetTimestampTz(get_column(COLUMN_CREATED_AT));
	job->prefix = copy_bytea(spi_row(0), COLUMN_COINBASE_PREFIX);
	job->suffix = copy_bytea(spi_row(0), COLUMN_COINBASE_SUFFIX);
	job->merkle_branch = copy_bytea(spi_row(0), COLUMN_MERKLE_BRANCH);

	/* no hash meets an invalid target */
	if (!target_from_nbits(job->nbits, &job->network_target))
		memset(&job->network_target, 0, sizeof(Uint256));
	sha256_init(&job->prefix_state);
	sha256_update(&job->prefix_state, VARDATA(job->prefix),
				  VARSIZE(job->prefix) - VARHDRSZ);
}

/* Read what the job carries.  A child that was deleted is not found. */
static void
load_carried(CachedJob *job, int64 tree_id)
{
	Oid types[] = {INT8OID};
	Datum values[] = {Int64GetDatum(tree_id)};

	spi_keep_plan(&carried_plan, carried_query, 1, types);
	if (SPI_execute_plan(carried_plan, values, NULL, false, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not read the jobs that a job carries");
	job->carried = MemoryContextAlloc(cache_context, sizeof(CarriedJob) *
														 Max(SPI_processed, 1));
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		SpiRow row = spi_row(i);
		CarriedJob *carried = &job->carried[job->carried_count];

		if (!target_from_nbits((uint32) row_int64(row, 2), &carried->target))
			continue;
		carried->job_id = row_int64(row, 1);
		carried->slot = (uint32) row_int64(row, 3);
		carried->branch = copy_bytea(row, 4);
		if (uint256_compare(&carried->target, &job->carried_target) > 0)
			job->carried_target = carried->target;
		job->carried_count++;
	}
	SPI_freetuptable(SPI_tuptable);
}

static CachedJob *
load_job(int64 job_id)
{
	int64 tree_id;
	Oid types[] = {INT8OID};
	Datum values[] = {Int64GetDatum(job_id)};
	CachedJob loaded = {0};
	CachedJob *job;

	spi_keep_plan(&job_plan, job_query, 1, types);
	if (SPI_execute_plan(job_plan, values, NULL, false, 1) != SPI_OK_SELECT)
		elog(ERROR, "could not read a job");
	if (SPI_processed == 0)
		return NULL;

	/* entered only when complete: an ERROR leaves no incomplete job */
	loaded.job_id = job_id;
	fill_job(&loaded);
	tree_id = row_int64(spi_row(0), COLUMN_TREE_ID);
	SPI_freetuptable(SPI_tuptable);
	if (tree_id != 0)
		load_carried(&loaded, tree_id);
	job = hash_search(cache, &job_id, HASH_ENTER, NULL);
	*job = loaded;
	return job;
}

CachedJob *
job_cache_get(int64 job_id, Oid shares)
{
	CachedJob *job;
	LocalTransactionId lxid = compat_my_lxid();

	if (cache == NULL || cache_shares != shares ||
		(lxid != cache_lxid && hash_get_num_entries(cache) >= JOB_CACHE_MAX))
	{
		reset_cache();
		cache_shares = shares;
	}
	cache_lxid = lxid;

	job = hash_search(cache, &job_id, HASH_FIND, NULL);
	return job ? job : load_job(job_id);
}
