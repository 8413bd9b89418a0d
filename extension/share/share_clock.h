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
 * The time now, for a batch that is about to be stored.  If it is well before
 * that of an earlier one, that is recorded in the batch's own transaction.
 * Needs SPI.
 */
extern TimestampTz share_clock_take(void);

#endif
