/*
 * settle.c
 *	  Whether all shares up to one are there to be counted.
 *
 * Shares are ordered by share_id, that is by the number their batch drew from
 * a sequence.  Batches commit in any order, so when a share is seen, a batch
 * with a lower number may still be under way; counting then would leave it out
 * for good.
 *
 * A batch that has shares has a transaction id before it draws its number:
 * share_set_claim() takes one.  So when a number has been drawn, every lower
 * one belongs to a transaction whose id is below the next to be given: that
 * pair, a number and the next id after it, is a horizon.  Once a snapshot says
 * that nothing below the id runs any more, it sees every share up to the number
 * that there will ever be.  A horizon is taken when a block is stored
 * (blocks.settles_after) and by chimera.share_horizon(); no lock and no waiting
 * is needed, the accountant just looks again later.  A transaction that runs
 * for hours, even in another database, holds up crediting, and nothing else.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"
#include "utils/xid8.h"

#include "accounting/settle.h"
#include "share/share_clock.h"
#include "share/submission.h"

PG_FUNCTION_INFO_V1(chimera_shares_are_settled);
PG_FUNCTION_INFO_V1(chimera_share_horizon);

/* The snapshot's oldest running transaction, with its epoch. */
static uint64
oldest_running(FullTransactionId next)
{
	TransactionId xmin = GetActiveSnapshot()->xmin;

	return U64FromFullTransactionId(next) -
		   (uint32) (XidFromFullTransactionId(next) - xmin);
}

bool
is_settled(FullTransactionId after)
{
	FullTransactionId next = ReadNextFullTransactionId();

	/* from before a dump and restore: those transactions are long over */
	if (FullTransactionIdPrecedes(next, after))
		return true;

	/*
	 * The oldest that runs is at once an answer, unless it is our own: a
	 * snapshot doesn't name the one that took it, nor what began after.
	 */
	for (uint64 xid = oldest_running(next);
		 xid < U64FromFullTransactionId(after); xid++)
		if (TransactionIdIsNormal((TransactionId) xid) &&
			!TransactionIdIsCurrentTransactionId((TransactionId) xid))
			return false;
	return true;
}

Datum
chimera_shares_are_settled(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(is_settled(PG_GETARG_FULLTRANSACTIONID(0)));
}

/* The last number that a batch has drawn, 0 for none. */
static int64
last_batch(void)
{
	bool isnull;

	if (SPI_execute("SELECT CASE WHEN is_called THEN last_value ELSE 0 END"
					" FROM chimera.share_batches_seq",
					true, 1) != SPI_OK_SELECT ||
		SPI_processed != 1)
		elog(ERROR, "could not read the last batch's number");
	return DatumGetInt64(SPI_getbinval(SPI_tuptable->vals[0],
									   SPI_tuptable->tupdesc, 1, &isnull));
}

Datum
chimera_share_horizon(PG_FUNCTION_ARGS)
{
	TupleDesc desc;
	Datum values[3];
	bool nulls[3] = {false};

	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "chimera.share_horizon returns a row");

	/* the number first: an id that is read later covers all lower ones */
	SPI_connect();
	values[0] = Int64GetDatum(last_batch() * BATCH_MAX_SUBMISSIONS +
							  BATCH_MAX_SUBMISSIONS - 1);
	SPI_finish();
	values[1] = FullTransactionIdGetDatum(ReadNextFullTransactionId());
	values[2] = TimestampTzGetDatum(GetCurrentTimestamp());
	share_clock_reach(DatumGetTimestampTz(values[2]));
	PG_RETURN_DATUM(HeapTupleGetDatum(
		heap_form_tuple(BlessTupleDesc(desc), values, nulls)));
}
