/*
 * unpaid_notices.h
 *	  Miners that a switch has sent to a coin of which they have no address are
 *	  told so: chimera.stratum_unpaid.
 */
#ifndef STRATUMD_UNPAID_NOTICES_H
#define STRATUMD_UNPAID_NOTICES_H

#include "session/session.h"

/* Tell a miner that it can't be paid where it works now, or else so. */
extern void unpaid_notices_send(Session *session, const char *message);

/* Miners have moved: ask for those that can't be paid where they are. */
extern void unpaid_notices_check(void);

/* Send what waits; called in each iteration. */
extern void unpaid_notices_dispatch(void);

#endif
