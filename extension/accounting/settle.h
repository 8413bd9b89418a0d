/*
 * settle.h
 *	  Whether all shares up to one are there to be counted.
 */
#ifndef CHIMERA_SETTLE_H
#define CHIMERA_SETTLE_H

#include "postgres.h"

#include "access/transam.h"

/*
 * Are all transactions below 'after' finished in the eyes of the active
 * snapshot?  Our own, whose rows we see, counts as finished.
 */
extern bool is_settled(FullTransactionId after);

#endif
