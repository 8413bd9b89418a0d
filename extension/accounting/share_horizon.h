/*
 * share_horizon.h
 *	  Decides whether all shares up to a given one are visible.
 */
#ifndef CHIMERA_SHARE_HORIZON_H
#define CHIMERA_SHARE_HORIZON_H

#include "postgres.h"

#include "access/transam.h"

/*
 * Have all transactions below 'after' ended, as the active snapshot sees it?
 * The current transaction, whose rows are visible to itself, counts as ended.
 */
extern bool is_settled(FullTransactionId after);

#endif
