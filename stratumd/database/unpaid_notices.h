/*
 * unpaid_notices.h
 *	  Tells miners that were switched to a coin for which they have no
 *	  address: chimera.stratum_unpaid.
 */
#ifndef STRATUMD_UNPAID_NOTICES_H
#define STRATUMD_UNPAID_NOTICES_H

#include "session/session.h"

/* Send a miner the message that it cannot be paid on its network. */
extern void unpaid_notices_send(Session *session, const char *message);

/* Miners were moved: look for those that cannot be paid where they are. */
extern void unpaid_notices_check(void);

/* Send what waits; called in each iteration. */
extern void unpaid_notices_dispatch(void);

#endif
