/*
 * share_horizon.c
 *	  Decides whether all shares up to a given one are visible.
 *
 * Shares are ordered by share_id, that is, by the number that their batch drew
 * from a sequence.  Batches commit in any order, so when a share is visible, a
 * batch with a lower number may still be in progress; counting at that moment
 * would omit its shares for good.
 *
 * A batch that has shares gets a transaction id before it draws its number,
 * and from the draw until its transaction ends it holds a lock on the sequence
 * (extension/share/submit.c).  So when a number has been drawn, every lower
 * one belongs to a transaction whose id is below the next id to be assigned.
 * That pair, a number and the next id after it, is a horizon.  It is recorded
 * when a block is stored (blocks.settles_after) and by
 * chimera.share_horizon().
 *
 * A snapshot sees every share up to a horizon's number once no transaction
 * below the horizon's id that may have drawn a number is in progress for the
 * snapshot.  The lock shows whether a running transaction has drawn one: a
 * transaction without it has drawn none, and whatever it draws later is above
 * the horizon.  So a forgotten transaction, in this database or another,
 * delays nothing.  A transaction that has ended since the snapshot was taken
 * may have been a batch: then the answer is no, and a later snapshot decides.
 * No lock and no waiting is needed here; the accountant tries again later.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "storage/lock.h"
#include "storage/procarray.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"
#include "utils/xid8.h"

#include "accounting/share_horizon.h"
#include "compat.h"
#include "share/share_clock.h"
#include "share/batch_format.h"

PG_FUNCTION_INFO_V1(chimera_shares_are_settled);
PG_FUNCTION_INFO_V1(chimera_share_horizon);

/* The transactions that hold the lock of a batch. */
typedef struct OpenBatches
{
	int count;
	TransactionId *xids;
} OpenBatches;

static Oid
batches_oid(void)
{
	return get_relname_relid("share_batches_seq",
							 get_namespace_oid("chimera", false));
}

/* Find the holders of a batch's lock, or of a stronger one. */
static OpenBatches
find_open_batches(void)
{
	LOCKTAG tag;
	VirtualTransactionId *holders;
	OpenBatches batches = {0};
	int count;

	SET_LOCKTAG_RELATION(tag, MyDatabaseId, batches_oid());
	holders = GetLockConflicts(&tag, ShareLock, &count);
	batches.xids = palloc(sizeof(TransactionId) * Max(count, 1));
	for (int i = 0; i < count; i++)
	{
		TransactionId xid = compat_virtual_xid(holders[i]);

		if (TransactionIdIsValid(xid))
			batches.xids[batches.count++] = xid;
	}
	return batches;
}

/*
 * May a transaction that is in progress for the snapshot have drawn a number?
 * The locks are read before checking that it is still running.
 */
static bool
may_hold_batch(TransactionId xid, const OpenBatches *batches)
{
	if (TransactionIdIsCurrentTransactionId(xid))
		return false;
	for (int i = 0; i < batches->count; i++)
		if (batches->xids[i] == xid)
			return true;
	return !TransactionIdIsInProgress(xid);
}

/* The full id of a transaction near the next one. */
static uint64
with_epoch(TransactionId xid, FullTransactionId next)
{
	return U64FromFullTransactionId(next) -
		   (uint32) (XidFromFullTransactionId(next) - xid);
}

bool
is_settled(FullTransactionId after)
{
	FullTransactionId next = ReadNextFullTransactionId();
	uint64 limit = U64FromFullTransactionId(after);
	Snapshot snapshot = GetActiveSnapshot();
	OpenBatches batches;

	/* from before a dump and restore: those transactions have ended */
	if (FullTransactionIdPrecedes(next, after))
		return true;
	if (with_epoch(snapshot->xmin, next) >= limit)
		return true;
	/* a standby has no such locks, and its snapshot lists no transactions */
	if (snapshot->takenDuringRecovery)
		return false;

	batches = find_open_batches();
	for (uint32 i = 0; i < snapshot->xcnt; i++)
		if (with_epoch(snapshot->xip[i], next) < limit &&
			may_hold_batch(snapshot->xip[i], &batches))
			return false;
	/* the snapshot does not list transactions that began after it */
	for (uint64 xid = with_epoch(snapshot->xmax, next); xid < limit; xid++)
		if (TransactionIdIsNormal((TransactionId) xid) &&
			may_hold_batch((TransactionId) xid, &batches))
			return false;
	return true;
}

Datum
chimera_shares_are_settled(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(is_settled(PG_GETARG_FULLTRANSACTIONID(0)));
}

/* The last number that a batch has drawn; 0 if none has. */
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
		elog(ERROR, "return type must be a row type");

	/* the number first: an id that is read later covers all lower ones */
	SPI_connect();
	values[0] =
		Int64GetDatum(last_batch() * BATCH_MAX_SHARES + BATCH_MAX_SHARES - 1);
	SPI_finish();
	values[1] = FullTransactionIdGetDatum(ReadNextFullTransactionId());
	values[2] = TimestampTzGetDatum(GetCurrentTimestamp());
	share_clock_reach(DatumGetTimestampTz(values[2]));
	PG_RETURN_DATUM(HeapTupleGetDatum(
		heap_form_tuple(BlessTupleDesc(desc), values, nulls)));
}
