/*
 * mhd_loop.h
 *	  Runs libmicrohttpd's daemons on the event loop.
 *
 * A daemon has its own epoll descriptor, which the loop watches.  The daemon is
 * run when the descriptor is readable, when its timeout has elapsed, or when a
 * suspended connection has been resumed.
 */
#ifndef WEBD_MHD_LOOP_H
#define WEBD_MHD_LOOP_H

#include <microhttpd.h>
#include <sys/queue.h>

#include "loop.h"

typedef struct MhdLoop
{
	struct MHD_Daemon *daemon;
	ev_io readable;
	ev_timer timer;
	LIST_ENTRY(MhdLoop) link;
} MhdLoop;

/* Run a daemon from now on.  The caller owns the struct. */
extern void mhd_loop_watch(MhdLoop *watched, struct MHD_Daemon *daemon);

/* Stop the daemon. */
extern void mhd_loop_stop(MhdLoop *watched);

/* Run all daemons soon, because a connection has been resumed. */
extern void mhd_loops_wake(void);

#endif
