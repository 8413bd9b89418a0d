/*
 * ban_reports.h
 *	  Reports the bans that this process decides to the database:
 *	  chimera.stratum_ban, on the connection for logins.
 */
#ifndef STRATUMD_BAN_REPORTS_H
#define STRATUMD_BAN_REPORTS_H

#include "net/peer.h"

/* Ban an address here at once, and everywhere once the database knows. */
extern void ban_reports_add(const Peer *peer, const char *reason);

/*
 * The list of bans was replaced by one requested at that time of clock_now:
 * add the bans that it may lack.
 */
extern void ban_reports_keep(double asked_at);

/* Send what waits; called in each iteration. */
extern void ban_reports_dispatch(void);

#endif
