/*
 * door.h
 *	  Who is let in: from an accepted socket to a session.
 */
#ifndef STRATUMD_DOOR_H
#define STRATUMD_DOOR_H

#include "listener.h"

/* How many connections there may be at once. */
extern void door_set_limit(int limit);

/* Take an accepted, non-blocking socket over; for ListenerEvents. */
extern void door_accept(Listener *listener, int fd);

#endif
