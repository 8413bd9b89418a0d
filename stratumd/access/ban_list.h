/*
 * ban_list.h
 *	  The addresses that are banned: chimera.active_bans in memory.
 *
 * A ban that this process decides is in the list at once, and in the database
 * as soon as ban_reports.c can send it.  Bans expire by this process's clock.
 */
#ifndef STRATUMD_BAN_LIST_H
#define STRATUMD_BAN_LIST_H

#include <libpq-fe.h>
#include <stdbool.h>

#include "net/peer.h"

#define BAN_REASON_LENGTH 128

/* Replace the list with the rows of chimera.stratum_bans. */
extern void ban_list_read(const PGresult *result);

/* Ban a host, for IPv6 its /64, automatically, for some seconds or INFINITY. */
extern void ban_list_add(const Peer *peer, double seconds, const char *reason);

/*
 * Why an address is banned now, or NULL. An automatic ban is one that a
 * stratumd decided.
 */
extern const char *ban_list_find(const Peer *peer, bool *is_automatic);

#endif
