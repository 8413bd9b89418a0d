/*
 * mhd_loop.c
 *	  Runs libmicrohttpd's daemons on the event loop.
 */
#include "http/mhd_loop.h"

static LIST_HEAD(, MhdLoop) loops = LIST_HEAD_INITIALIZER(loops);

static void
set_timer(MhdLoop *watched)
{
	MHD_UNSIGNED_LONG_LONG milliseconds;

	ev_timer_stop(main_loop, &watched->timer);
	if (MHD_get_timeout(watched->daemon, &milliseconds) != MHD_YES)
		return;
	ev_timer_set(&watched->timer, (double) milliseconds / 1000, 0);
	ev_timer_start(main_loop, &watched->timer);
}

static void
run_daemon(MhdLoop *watched)
{
	MHD_run(watched->daemon);
	set_timer(watched);
}

static void
on_readable(struct ev_loop *loop UNUSED, ev_io *io, int events UNUSED)
{
	run_daemon(io->data);
}

static void
on_timer(struct ev_loop *loop UNUSED, ev_timer *timer, int events UNUSED)
{
	run_daemon(timer->data);
}

void
mhd_loops_wake(void)
{
	MhdLoop *watched;

	LIST_FOREACH(watched, &loops, link)
	ev_feed_event(main_loop, &watched->readable, EV_READ);
}

void
mhd_loop_watch(MhdLoop *watched, struct MHD_Daemon *daemon)
{
	int fd = MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;

	watched->daemon = daemon;
	ev_io_init(&watched->readable, on_readable, fd, EV_READ);
	watched->readable.data = watched;
	ev_io_start(main_loop, &watched->readable);
	ev_init(&watched->timer, on_timer);
	watched->timer.data = watched;
	set_timer(watched);
	LIST_INSERT_HEAD(&loops, watched, link);
}

void
mhd_loop_stop(MhdLoop *watched)
{
	LIST_REMOVE(watched, link);
	ev_io_stop(main_loop, &watched->readable);
	ev_timer_stop(main_loop, &watched->timer);
	MHD_stop_daemon(watched->daemon);
	watched->daemon = NULL;
}
