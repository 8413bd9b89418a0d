/*
 * mhd_loop.h
 *	  libmicrohttpd's daemons on the event loop.
 *
 * A daemon has an epoll descriptor of its own, which the loop watches. It is
 * run when that is readable, when its time has come, or when a connection that
 * waited for the database has its answer.
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
	ev_timer due;
	LIST_ENTRY(MhdLoop) link;
} MhdLoop;

/* Run a daemon from now on; the structure stays with the caller. */
extern void mhd_loop_watch(MhdLoop *watched, struct MHD_Daemon *daemon);

/* Stop the daemon and forget it. */
extern void mhd_loop_stop(MhdLoop *watched);

/* A connection has been resumed, which MHD finds when it is run. */
extern void mhd_loops_wake(void);

#endif
