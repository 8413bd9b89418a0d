/*
 * submit.c
 *	  chimera.submit_shares: a batch of submissions becomes rows and answers.
 *
 * The steps in order: decode, check, claim, store.  What can be wrong with a
 * share is an answer about that share, never an ERROR, so that one bad share
 * doesn't take the others of its batch along.  An ERROR is about the batch or
 * the database; it takes everything back, the claims included.
 *
 * The answers are true once the transaction has committed: telling a miner
 * earlier is the caller's lie, not ours.
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

/* Asked once a backend: neither it nor the setting changes its database. */
static bool
is_pool_database(void)
{
	static bool known = false;

	known = known || MyDatabaseId == get_database_oid(chimera_database, true);
	return known;
}

/* Shares can be taken here and now; or ERROR 55000. */
static void
require_preconditions(void)
{
	live_jobs_require();
	if (!is_pool_database())
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("shares are taken in database \"%s\" only",
						chimera_database),
				 errhint("chimera.database names the pool's database.")));

	/* a row that another transaction has committed must be seen */
	if (XactIsoLevel != XACT_READ_COMMITTED)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("shares are taken in READ COMMITTED transactions "
						"only")));
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
 * A batch's number orders its shares.  Until the transaction ends it holds a
 * lock, by which accounting/settle.c sees that shares of a number that was
 * drawn may still come; the claims have given it a transaction id.
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
