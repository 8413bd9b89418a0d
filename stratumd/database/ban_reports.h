/*
 * ban_reports.h
 *	  Bans that this process decides, on their way to the database:
 *	  chimera.stratum_ban, on the connection that carries logins.
 */
#ifndef STRATUMD_BAN_REPORTS_H
#define STRATUMD_BAN_REPORTS_H

#include "net/peer.h"

/* Ban an address here at once, and everywhere as soon as can be. */
extern void ban_reports_add(const Peer *peer, const char *reason);

/*
 * The bans in memory were read anew, by a list that was asked for at that time
 * of clock_now: add those that need not be in it.
 */
extern void ban_reports_keep(double asked_at);

/* Send what waits; called in each iteration. */
extern void ban_reports_dispatch(void);

#endif
