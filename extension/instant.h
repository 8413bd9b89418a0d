/*
 * instant.h
 *	  Points in time for waiting: deadlines, intervals, pauses.
 *
 * They are read from the monotonic clock, so that a step of the wall clock
 * neither makes a worker sleep for an hour nor ends a call early.  Times that
 * are stored or shown are TimestampTz.
 */
#ifndef CHIMERA_INSTANT_H
#define CHIMERA_INSTANT_H

#include "postgres.h"

#include <limits.h>

#include "portability/instr_time.h"

typedef int64 Instant; /* microseconds since an arbitrary moment */

/* the first is earlier, the second later than any instant */
#define INSTANT_LONG_AGO PG_INT64_MIN
#define INSTANT_NEVER	 PG_INT64_MAX

static inline Instant
instant_now(void)
{
	instr_time now;

	INSTR_TIME_SET_CURRENT(now);
	return (Instant) INSTR_TIME_GET_MICROSEC(now);
}

static inline Instant
instant_after_ms(Instant instant, int ms)
{
	return instant == INSTANT_LONG_AGO ? instant : instant + (int64) ms * 1000;
}

static inline Instant
instant_in_ms(int ms)
{
	return instant_after_ms(instant_now(), ms);
}

/* The time left until an instant in ms, rounded up; 0 if it is past. */
static inline long
instant_ms_left(Instant instant)
{
	Instant now = instant_now();

	if (instant <= now)
		return 0;
	return (long) Min((instant - now + 999) / 1000, INT_MAX);
}

#endif
