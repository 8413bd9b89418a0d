/*
 * session_routing.h
 *	  Moves sessions to the network that their listener or the database
 *	  assigns.
 */
#ifndef STRATUMD_SESSION_ROUTING_H
#define STRATUMD_SESSION_ROUTING_H

#include <libpq-fe.h>

#include "access/listener.h"

/* What happens to the sessions of listeners; for listeners_init. */
extern const ListenerEvents session_routing_events;

/*
 * ask: sends a read of chimera.stratum_sessions if the database is available.
 */
extern void session_routing_init(void (*ask)(void));

/* Ask the database again which sessions have a network of their own. */
extern void session_routing_refresh(void);

/* A read is being sent: returns its number. */
extern unsigned long session_routing_begin_read(void);

/* How many reads have been sent. */
extern unsigned long session_routing_reads(void);

/*
 * Apply the rows of chimera.stratum_sessions: the sessions listed have a
 * network of their own, all others their listener's.  Sessions that were
 * authorized after this read was sent are skipped, since the rows may lack
 * them.
 */
extern void
session_routing_follow(const PGresult *result, unsigned long number);

#endif
