/*
 * session_routing.h
 *	  Sessions follow what the database says of their listener and of them.
 */
#ifndef STRATUMD_SESSION_ROUTING_H
#define STRATUMD_SESSION_ROUTING_H

#include <libpq-fe.h>

#include "access/listener.h"

/* What befalls the sessions of listeners; for listeners_init. */
extern const ListenerEvents session_routing_events;

/* ask: sends a read of chimera.stratum_sessions if the database is there. */
extern void session_routing_init(void (*ask)(void));

/* Ask the database again which sessions have a network of their own. */
extern void session_routing_refresh(void);

/* A read is being sent: its number. */
extern unsigned long session_routing_begin_read(void);

/* How many reads have been sent. */
extern unsigned long session_routing_reads(void);

/*
 * Take chimera.stratum_sessions: those that it names have a network of their
 * own, all others their listener's.  Sessions that were let in since the read
 * was sent, the number-th, are left alone: it may not know of them.
 */
extern void
session_routing_follow(const PGresult *result, unsigned long number);

#endif
