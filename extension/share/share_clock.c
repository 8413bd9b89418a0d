/*
 * share_clock.c
 *	  The time at which shares are accepted, and how far it has gone back.
 *
 * Shares are ordered by share_id, but are located by submitted_at, which their
 * partitions and index use.  The two orders differ if the server's clock is
 * set back: a share accepted after that has an earlier time than one accepted
 * before.  Code that looks for shares of certain ids by time widens the range
 * by chimera.clock_slack(), which uses chimera.clock_setbacks.  That row is
 * written by the first batch after the setback, in its own transaction, so
 * such a share is never visible without the row.  A share is never older than
 * its job, whose time may be ahead of the clock in the same way.
 *
 * The times follow the clock, rather than a clock that never goes back: one
 * that had been a year ahead would stop the statistics for a year.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "port/atomics.h"
#include "storage/shmem.h"
#include "utils/timestamp.h"

#include "share/share_clock.h"

/* well below what chimera.clock_slack() allows anyway */
#define SETBACK_NOTED (5 * USECS_PER_MINUTE)

typedef struct ShareClock
{
	pg_atomic_uint64 latest; /* a TimestampTz: the latest of any share so far */
} ShareClock;

static ShareClock *share_clock = NULL;

void
share_clock_request(void)
{
	RequestAddinShmemSpace(sizeof(ShareClock));
}

void
share_clock_attach(void)
{
	bool found;

	share_clock =
		ShmemInitStruct("chimera share clock", sizeof(ShareClock), &found);
	if (!found)
		pg_atomic_init_u64(&share_clock->latest, 0);
}

/* Raise 'latest' to that time, if it is later. */
static void
raise_latest(TimestampTz time)
{
	uint64 latest = pg_atomic_read_u64(&share_clock->latest);

	while ((TimestampTz) latest < time &&
		   !pg_atomic_compare_exchange_u64(&share_clock->latest, &latest,
										   (uint64) time))
		;
}

void
share_clock_reach(TimestampTz time)
{
	if (share_clock)
		raise_latest(time);
}

/*
 * Use the rollups and the pending deltas, to the minute, and the times up to
 * which shares have been paid.
 */
void
share_clock_load(void)
{
	bool isnull;
	Datum latest;

	if (SPI_execute("SELECT greatest("
					" (SELECT max(l.minute) FROM chimera.network_configs n"
					"  CROSS JOIN LATERAL (SELECT max(r.minute) AS minute"
					"   FROM chimera.network_rollups_minute r"
					"   WHERE r.network_id = n.network_id) l),"
					" (SELECT max(d.submitted_at) FROM chimera.share_deltas d),"
					" (SELECT max(greatest(a.taken_at, a.next_taken_at))"
					"  FROM chimera.pps_progress a))",
					false, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not read the time of the last share");
	latest =
		SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull);
	if (!isnull)
		raise_latest(DatumGetTimestampTz(latest));
}

static void
record_setback(TimestampTz latest, TimestampTz now)
{
	Oid types[] = {TIMESTAMPTZOID, TIMESTAMPTZOID};
	Datum values[] = {TimestampTzGetDatum(latest), TimestampTzGetDatum(now)};

	if (SPI_execute_with_args(
			"INSERT INTO chimera.clock_setbacks AS c (reached, back)"
			" SELECT $1, $1 - $2 WHERE NOT EXISTS (SELECT"
			"  FROM chimera.clock_setbacks k"
			"  WHERE k.reached >= $1 AND k.back >= $1 - $2)"
			" ON CONFLICT (reached) DO UPDATE"
			" SET back = greatest(c.back, excluded.back)",
			2, types, values, NULL, false, 0) != SPI_OK_INSERT)
		elog(ERROR, "could not record that the clock was set back");
	if (SPI_processed > 0)
		ereport(LOG, (errmsg("the clock was set back from %s",
							 timestamptz_to_str(latest))));
}

TimestampTz
share_clock_take(TimestampTz newest_job)
{
	TimestampTz now = GetCurrentTimestamp();
	TimestampTz latest = (TimestampTz) pg_atomic_read_u64(&share_clock->latest);

	/* the job was created while the clock was ahead, and so are its shares */
	latest = Max(latest, newest_job);
	if (now < latest - SETBACK_NOTED)
		record_setback(latest, now);
	raise_latest(Max(now, latest));
	return now;
}
