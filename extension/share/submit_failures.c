/*
 * submit_failures.c
 *	  Whether batches of shares fail, and why, for whoever looks at the pool.
 *
 * In shared memory, since the reason may be that nothing can be written: a full
 * disk, a lock that is held, a statement that was cancelled.  The next batch
 * that is taken ends the trouble.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "fmgr.h"
#include "funcapi.h"
#include "mb/pg_wchar.h"
#include "port/atomics.h"
#include "storage/shmem.h"
#include "storage/spin.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "job/live_jobs.h"
#include "share/submit_failures.h"

#define MESSAGE_BYTES 256

typedef struct ShareTrouble
{
	slock_t lock;
	pg_atomic_uint32 failures; /* in a row */
	TimestampTz since;
	char message[MESSAGE_BYTES];
} ShareTrouble;

static ShareTrouble *trouble = NULL;

PG_FUNCTION_INFO_V1(chimera_submit_failures);

void
submit_failures_request(void)
{
	RequestAddinShmemSpace(sizeof(ShareTrouble));
}

void
submit_failures_attach(void)
{
	bool found;

	trouble =
		ShmemInitStruct("chimera share trouble", sizeof(ShareTrouble), &found);
	if (!found)
	{
		memset(trouble, 0, sizeof(ShareTrouble));
		SpinLockInit(&trouble->lock);
		pg_atomic_init_u32(&trouble->failures, 0);
	}
}

void
submit_failures_note(void)
{
	MemoryContext old = MemoryContextSwitchTo(TopTransactionContext);
	ErrorData *error = CopyErrorData();
	TimestampTz now = GetCurrentTimestamp();
	char message[MESSAGE_BYTES] = {0};

	memcpy(message, error->message,
		   pg_mbcliplen(error->message, (int) strlen(error->message),
						MESSAGE_BYTES - 1));
	SpinLockAcquire(&trouble->lock);
	if (pg_atomic_fetch_add_u32(&trouble->failures, 1) == 0)
		trouble->since = now;
	memcpy(trouble->message, message, MESSAGE_BYTES);
	SpinLockRelease(&trouble->lock);
	FreeErrorData(error);
	MemoryContextSwitchTo(old);
}

void
submit_failures_end(void)
{
	/* read first: it nearly always is, and the cache line stays shared */
	if (pg_atomic_read_u32(&trouble->failures) > 0)
		pg_atomic_write_u32(&trouble->failures, 0);
}

Datum
chimera_submit_failures(PG_FUNCTION_ARGS)
{
	TupleDesc desc;
	Datum values[3];
	bool nulls[3] = {false};
	ShareTrouble copy;

	live_jobs_require();
	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");

	SpinLockAcquire(&trouble->lock);
	values[0] = Int64GetDatum(pg_atomic_read_u32(&trouble->failures));
	copy.since = trouble->since;
	memcpy(copy.message, trouble->message, MESSAGE_BYTES);
	SpinLockRelease(&trouble->lock);

	nulls[1] = nulls[2] = DatumGetInt64(values[0]) == 0;
	if (!nulls[1])
	{
		values[1] = CStringGetTextDatum(copy.message);
		values[2] = TimestampTzGetDatum(copy.since);
	}
	PG_RETURN_DATUM(HeapTupleGetDatum(
		heap_form_tuple(BlessTupleDesc(desc), values, nulls)));
}
