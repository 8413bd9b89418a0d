/*
 * ban_list.h
 *	  The addresses that are kept out: chimera.active_bans in memory.
 *
 * What this process bans itself is here at once, and in the database as soon
 * as that can be told (ban_reports.c).  A ban ends by our own clock.
 */
#ifndef STRATUMD_BAN_LIST_H
#define STRATUMD_BAN_LIST_H

#include <libpq-fe.h>
#include <stdbool.h>

#include "net/peer.h"

#define BAN_REASON_LENGTH 128

/* Take chimera.stratum_bans: these and no others. */
extern void ban_list_read(const PGresult *result);

/* Ban a host, of IPv6 its /64, for some seconds, or for INFINITY: automatic. */
extern void ban_list_add(const Peer *peer, double seconds, const char *reason);

/*
 * Why an address is banned now, or NULL.  An automatic ban is one that some
 * stratumd has decided.
 */
extern const char *ban_list_find(const Peer *peer, bool *is_automatic);

#endif
