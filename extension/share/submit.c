/*
 * submit.c
 *	  chimera.submit_shares: stores a batch of submissions and returns their
 *	  results.
 *
 * The steps are decode, check, claim and store.  A problem with one share is a
 * result for that share, never an ERROR, so that it does not affect the other
 * shares of the batch.  An ERROR concerns the batch or the database; it rolls
 * back everything, including the claims.
 *
 * The results are valid once the transaction has committed; a caller must not
 * report them to miners before.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/namespace.h"
#include "commands/dbcommands.h"
#include "commands/sequence.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "storage/lmgr.h"
#include "utils/lsyscache.h"

#include "job/live_jobs.h"
#include "settings.h"
#include "share/share_set.h"
#include "share/submission.h"
#include "share/submit_failures.h"

PG_FUNCTION_INFO_V1(chimera_submit_shares);

/* Cached per backend: neither its database nor the setting changes. */
static bool
is_pool_database(void)
{
	static bool known = false;

	known = known || MyDatabaseId == get_database_oid(chimera_database, true);
	return known;
}

/* ERROR 55000 if shares cannot be accepted here and now. */
static void
require_preconditions(void)
{
	live_jobs_require();
	if (!is_pool_database())
		ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
						errmsg("shares are accepted only in database \"%s\"",
							   chimera_database),
						errhint("The setting \"chimera.database\" names the "
								"pool's database.")));

	/* rows that another transaction has committed must be visible */
	if (XactIsoLevel != XACT_READ_COMMITTED)
		ereport(
			ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg(
				 "shares are accepted only in READ COMMITTED transactions")));
}

static Oid
relation_oid(const char *name)
{
	return get_relname_relid(name, get_namespace_oid("chimera", false));
}

static bytea *
make_answer(const Batch *batch)
{
	bytea *answer = SPI_palloc(VARHDRSZ + batch->count);

	SET_VARSIZE(answer, VARHDRSZ + batch->count);
	for (int i = 0; i < batch->count; i++)
		VARDATA(answer)[i] = (char) batch->items[i].result;
	return answer;
}

/*
 * The number of a batch orders its shares.  Until the transaction ends it
 * holds a lock, by which accounting/share_horizon.c knows that shares with this
 * number may still appear.  The claims have assigned a transaction id before.
 */
static void
draw_number(Batch *batch)
{
	Oid sequence = relation_oid("share_batches_seq");

	LockRelationOid(sequence, RowExclusiveLock);
	batch->number = nextval_internal(sequence, false);
}

static void
take_batch(Batch *batch)
{
	batch->shares = relation_oid("shares");
	share_set_ensure_ready(batch->shares);

	batch_check(batch);
	batch_claim(batch);
	draw_number(batch);
	batch_date(batch);
	batch_store_blocks(batch);
	batch_store(batch);
	batch_store_deltas(batch);
}

Datum
chimera_submit_shares(PG_FUNCTION_ARGS)
{
	bytea *bytes = PG_GETARG_BYTEA_PP(0);
	Batch batch = {0};
	bytea *answer;

	require_preconditions();
	SPI_connect();
	batch_decode(bytes, &batch);
	PG_TRY();
	{
		take_batch(&batch);
	}
	PG_CATCH();
	{
		submit_failures_note();
		PG_RE_THROW();
	}
	PG_END_TRY();
	submit_failures_end();

	answer = make_answer(&batch);
	SPI_finish();
	PG_RETURN_BYTEA_P(answer);
}
