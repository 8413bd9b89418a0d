/*
 * admission.h
 *	  Who is let in: from an accepted socket to a session.
 */
#ifndef STRATUMD_ADMISSION_H
#define STRATUMD_ADMISSION_H

#include "access/listener.h"

/* How many connections there may be at once. */
extern void admission_set_limit(int limit);

/* Take an accepted, non-blocking socket over; for ListenerEvents. */
extern void admission_accept(Listener *listener, int fd);

#endif
