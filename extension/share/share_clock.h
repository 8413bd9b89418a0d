/*
 * share_clock.h
 *	  The time at which shares are accepted, and how far it has gone back.
 */
#ifndef CHIMERA_SHARE_CLOCK_H
#define CHIMERA_SHARE_CLOCK_H

#include "postgres.h"

#include "datatype/timestamp.h"

extern void share_clock_request(void);
extern void share_clock_attach(void);

/* Start at the latest time of the stored shares.  Needs SPI. */
extern void share_clock_load(void);

/*
 * The current time, for a batch that is about to be stored.  None of its
 * shares is older than 'newest_job', the time at which the newest of their
 * jobs was created.  If the current time is well before that of a share, an
 * earlier one or one of these, the setback is recorded in the batch's own
 * transaction.  Needs SPI.
 */
extern TimestampTz share_clock_take(TimestampTz newest_job);

/*
 * Something else depends on that time of the clock: a share that is well
 * before it counts as a setback, too.
 */
extern void share_clock_reach(TimestampTz time);

#endif
