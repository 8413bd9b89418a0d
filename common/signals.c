/*
 * signals.c
 *	  Signals of an administrator or service manager.
 */
#include "signals.h"

#include <signal.h>

#include "log.h"
#include "loop.h"

#define STOP_WITHIN_S 5.0 /* pending responses may take that long */

static const SignalEvents *callbacks;
static bool is_stopping = false;
static ev_signal terminate;
static ev_signal interrupt;
static ev_signal hang_up;
static ev_prepare iteration_end;
static ev_timer stop_timer;

static void
stop_when_done(struct ev_loop *loop, ev_prepare *watcher UNUSED,
			   int events UNUSED)
{
	if (callbacks->is_done())
		ev_break(loop, EVBREAK_ALL);
}

static void
stop_now(struct ev_loop *loop, ev_timer *timer UNUSED, int events UNUSED)
{
	log_warning("some responses are still under way, not waiting any longer");
	ev_break(loop, EVBREAK_ALL);
}

static void
on_terminate(struct ev_loop *loop, ev_signal *watcher, int events UNUSED)
{
	if (is_stopping)
	{
		ev_break(loop, EVBREAK_ALL);
		return;
	}
	is_stopping = true;
	callbacks->stop(watcher->signum);
	ev_timer_init(&stop_timer, stop_now, STOP_WITHIN_S, 0);
	ev_timer_start(loop, &stop_timer);
	/* after everything else at the end of the iteration */
	ev_prepare_init(&iteration_end, stop_when_done);
	ev_set_priority(&iteration_end, EV_MINPRI);
	ev_prepare_start(loop, &iteration_end);
}

static void
on_hang_up(struct ev_loop *loop UNUSED, ev_signal *watcher UNUSED,
		   int events UNUSED)
{
	callbacks->hang_up();
}

void
signals_watch(const SignalEvents *events)
{
	callbacks = events;
	signal(SIGPIPE, SIG_IGN);
	ev_signal_init(&terminate, on_terminate, SIGTERM);
	ev_signal_start(main_loop, &terminate);
	ev_signal_init(&interrupt, on_terminate, SIGINT);
	ev_signal_start(main_loop, &interrupt);
	ev_signal_init(&hang_up, on_hang_up, SIGHUP);
	ev_signal_start(main_loop, &hang_up);
}
