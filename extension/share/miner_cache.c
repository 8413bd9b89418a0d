/*
 * miner_cache.c
 *	  The account of each miner, cached by each backend.
 *
 * A miner never changes its account and is never deleted, so cached rows stay
 * valid until the extension is re-created (DROP and CREATE EXTENSION).  A
 * miner that does not exist is not cached: it may be created later.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "utils/hsearch.h"
#include "utils/memutils.h"

#include "share/miner_cache.h"
#include "spi/spi_query.h"

/* 12 bytes each plus overhead; the cache is emptied when it is full */
#define MINER_CACHE_MAX 1000000

typedef struct CachedMiner
{
	int32 miner_id; /* hash key */
	int32 account_id;
} CachedMiner;

static MemoryContext cache_context = NULL;
static HTAB *cache = NULL;
static Oid cache_shares = InvalidOid;
static SPIPlanPtr account_plan = NULL;

static void
reset_cache(Oid shares)
{
	HASHCTL control = {0};

	if (cache_context)
		MemoryContextReset(cache_context);
	else
		cache_context = AllocSetContextCreate(
			TopMemoryContext, "chimera miner cache", ALLOCSET_DEFAULT_SIZES);

	control.keysize = sizeof(int32);
	control.entrysize = sizeof(CachedMiner);
	control.hcxt = cache_context;
	cache = hash_create("chimera miners", 1024, &control,
						HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	cache_shares = shares;
}

static bool
read_account(int32 miner_id, int32 *account_id)
{
	Oid types[] = {INT4OID};
	Datum values[] = {Int32GetDatum(miner_id)};

	spi_keep_plan(&account_plan,
				  "SELECT account_id FROM chimera.miners WHERE miner_id = $1",
				  1, types);
	if (SPI_execute_plan(account_plan, values, NULL, false, 1) != SPI_OK_SELECT)
		elog(ERROR, "could not read a miner");
	if (SPI_processed == 0)
		return false;
	*account_id = row_int32(spi_row(0), 1);
	SPI_freetuptable(SPI_tuptable);
	return true;
}

bool
miner_cache_account(int32 miner_id, Oid shares, int32 *account_id)
{
	CachedMiner *miner;

	if (cache == NULL || cache_shares != shares ||
		hash_get_num_entries(cache) >= MINER_CACHE_MAX)
		reset_cache(shares);

	miner = hash_search(cache, &miner_id, HASH_FIND, NULL);
	if (miner == NULL)
	{
		if (!read_account(miner_id, account_id))
			return false;
		miner = hash_search(cache, &miner_id, HASH_ENTER, NULL);
		miner->account_id = *account_id;
	}
	*account_id = miner->account_id;
	return true;
}
