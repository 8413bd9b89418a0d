/*
 * admission.h
 *	  Decides which accepted sockets become sessions.
 */
#ifndef STRATUMD_ADMISSION_H
#define STRATUMD_ADMISSION_H

#include "access/listener.h"

/* The most connections at once. */
extern void admission_set_limit(int limit);

/* Take over an accepted, non-blocking socket; for ListenerEvents. */
extern void admission_accept(Listener *listener, int fd);

#endif
