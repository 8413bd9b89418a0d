/*
 * submit_failures.c
 *	  Whether batches of shares fail, and why; shown in chimera.health.
 *
 * It is kept in shared memory, since the reason may be that nothing can be
 * written: a full disk, a lock that is held, a statement that was cancelled.
 * The next batch that succeeds clears it.
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

typedef struct SubmitFailures
{
	slock_t lock;
	pg_atomic_uint32 failures; /* in a row */
	TimestampTz since;
	char message[MESSAGE_BYTES];
} SubmitFailures;

static SubmitFailures *shared = NULL;

PG_FUNCTION_INFO_V1(chimera_submit_failures);

void
submit_failures_request(void)
{
	RequestAddinShmemSpace(sizeof(SubmitFailures));
}

void
submit_failures_attach(void)
{
	bool found;

	shared = ShmemInitStruct("chimera submit failures", sizeof(SubmitFailures),
							 &found);
	if (!found)
	{
		memset(shared, 0, sizeof(SubmitFailures));
		SpinLockInit(&shared->lock);
		pg_atomic_init_u32(&shared->failures, 0);
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
	SpinLockAcquire(&shared->lock);
	if (pg_atomic_fetch_add_u32(&shared->failures, 1) == 0)
		shared->since = now;
	memcpy(shared->message, message, MESSAGE_BYTES);
	SpinLockRelease(&shared->lock);
	FreeErrorData(error);
	MemoryContextSwitchTo(old);
}

void
submit_failures_end(void)
{
	/* read first: it is nearly always zero, and the cache line stays shared */
	if (pg_atomic_read_u32(&shared->failures) > 0)
		pg_atomic_write_u32(&shared->failures, 0);
}

Datum
chimera_submit_failures(PG_FUNCTION_ARGS)
{
	TupleDesc desc;
	Datum values[3];
	bool nulls[3] = {false};
	SubmitFailures copy;

	live_jobs_require();
	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");

	SpinLockAcquire(&shared->lock);
	values[0] = Int64GetDatum(pg_atomic_read_u32(&shared->failures));
	copy.since = shared->since;
	memcpy(copy.message, shared->message, MESSAGE_BYTES);
	SpinLockRelease(&shared->lock);

	nulls[1] = nulls[2] = DatumGetInt64(values[0]) == 0;
	if (!nulls[1])
	{
		values[1] = CStringGetTextDatum(copy.message);
		values[2] = TimestampTzGetDatum(copy.since);
	}
	PG_RETURN_DATUM(HeapTupleGetDatum(
		heap_form_tuple(BlessTupleDesc(desc), values, nulls)));
}
