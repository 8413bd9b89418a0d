/*
 * share_clock.h
 *	  The time at which shares are taken, and how far it has gone back.
 */
#ifndef CHIMERA_SHARE_CLOCK_H
#define CHIMERA_SHARE_CLOCK_H

#include "postgres.h"

#include "datatype/timestamp.h"

extern void share_clock_request(void);
extern void share_clock_attach(void);

/* Begin where the shares that are stored end.  Needs SPI. */
extern void share_clock_load(void);

/*
 * The time now, for a batch that is about to be stored with shares of no
 * earlier time than 'newest_job', when the newest of their jobs was made.  If
 * the time now is well before that of a share, an earlier or one of these, that
 * is recorded in the batch's own transaction.  Needs SPI.
 */
extern TimestampTz share_clock_take(TimestampTz newest_job);

/*
 * Something else goes by that time of the clock: a share that is well before it
 * is a setback, too.
 */
extern void share_clock_reach(TimestampTz time);

#endif
