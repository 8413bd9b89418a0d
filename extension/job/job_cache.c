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
	" j.coinbase_suffix, j.merkle_branch"
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
	COLUMN_MERKLE_BRANCH
};

static MemoryContext cache_context = NULL;
static HTAB *cache = NULL;
static Oid cache_shares = InvalidOid;
static LocalTransactionId cache_lxid = InvalidLocalTransactionId;
static SPIPlanPtr job_plan = NULL;

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

/* Copy a bytea column into the cache's context. */
static bytea *
copy_bytea(int number)
{
	bytea *value = DatumGetByteaP(get_column(number));
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
	job->maxtime =
		(uint32) DatumGetInt64(get_column(COLUMN_CURTIME)) + NTIME_AHEAD_MAX_S;
	job->coinbase_value = DatumGetInt64(get_column(COLUMN_COINBASE_VALUE));
	job->has_witness = DatumGetBool(get_column(COLUMN_HAS_WITNESS));
	job->created_at = DatumGetTimestampTz(get_column(COLUMN_CREATED_AT));
	job->prefix = copy_bytea(COLUMN_COINBASE_PREFIX);
	job->suffix = copy_bytea(COLUMN_COINBASE_SUFFIX);
	job->merkle_branch = copy_bytea(COLUMN_MERKLE_BRANCH);

	/* no hash meets an invalid target */
	if (!target_from_nbits(job->nbits, &job->network_target))
		memset(&job->network_target, 0, sizeof(Uint256));
	sha256_init(&job->prefix_state);
	sha256_update(&job->prefix_state, VARDATA(job->prefix),
				  VARSIZE(job->prefix) - VARHDRSZ);
}

static CachedJob *
load_job(int64 job_id)
{
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
	SPI_freetuptable(SPI_tuptable);
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
