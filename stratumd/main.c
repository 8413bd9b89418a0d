/*
 * main.c
 *	  stratumd: from its start to its end.
 *
 * Data flows one way: listener -> door -> session -> stratum -> method -> auth
 * or share_queue -> database, and answers come back by the functions given
 * here.  Jobs come from feed, go through network and work to the sessions.
 *
 * Each iteration of the event loop ends in end_iteration: what its events have
 * gathered goes out there, to the database and to the miners.
 */
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "auth.h"
#include "crowd.h"
#include "door.h"
#include "feed.h"
#include "follow.h"
#include "intake.h"
#include "janitor.h"
#include "listener.h"
#include "log.h"
#include "loop.h"
#include "method_authorize.h"
#include "method_submit.h"
#include "metrics_server.h"
#include "options.h"
#include "session.h"
#include "share_queue.h"
#include "stratum.h"
#include "tls.h"

#define RESERVED_DESCRIPTORS 256 /* connections to the database, listeners */
#define STOP_WITHIN_S		 5.0 /* answers that are under way may take as long */

struct ev_loop *main_loop;

static bool is_stopping = false;
static ev_prepare prepare;
static ev_timer stop_timer;
static ev_signal terminate;
static ev_signal interrupt;
static ev_signal hang_up;

/* ---------- stopping ---------- */

static bool
all_answered(void)
{
	return share_queue_is_idle() && auth_is_idle() && !sessions_have_unsent();
}

static void
stop_now(struct ev_loop *loop, ev_timer *timer UNUSED, int events UNUSED)
{
	log_warning("some answers are still under way: not waiting any longer");
	ev_break(loop, EVBREAK_ALL);
}

static void
on_signal(struct ev_loop *loop, ev_signal *watcher, int events UNUSED)
{
	if (is_stopping)
	{
		ev_break(loop, EVBREAK_ALL);
		return;
	}
	log_info("stopping on signal %d, %d miners are connected", watcher->signum,
			 sessions_count());
	is_stopping = true;
	listeners_stop();
	for (Session *session = sessions_first(); session;
		 session = sessions_next(session))
		session_finish(session);
	ev_timer_init(&stop_timer, stop_now, STOP_WITHIN_S, 0);
	ev_timer_start(loop, &stop_timer);
}

/* ---------- running ---------- */

static void
end_iteration(struct ev_loop *loop, ev_prepare *watcher UNUSED,
			  int events UNUSED)
{
	feed_lease_extranonces();
	auth_dispatch();
	share_queue_dispatch();
	sessions_flush();
	intake_next_turn();
	if (is_stopping && all_answered())
		ev_break(loop, EVBREAK_ALL);
}

/* As many miners as there are descriptors, some kept for the database. */
static void
raise_descriptor_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return;
	limit.rlim_cur = limit.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur > INT_MAX)
		return;
	door_set_limit((int) limit.rlim_cur - RESERVED_DESCRIPTORS);
	log_debug("up to %d descriptors", (int) limit.rlim_cur);
}

static void
on_hang_up(struct ev_loop *loop UNUSED, ev_signal *watcher UNUSED,
		   int events UNUSED)
{
	tls_reload();
}

static void
watch_signals(void)
{
	signal(SIGPIPE, SIG_IGN);
	ev_signal_init(&terminate, on_signal, SIGTERM);
	ev_signal_start(main_loop, &terminate);
	ev_signal_init(&interrupt, on_signal, SIGINT);
	ev_signal_start(main_loop, &interrupt);
	ev_signal_init(&hang_up, on_hang_up, SIGHUP);
	ev_signal_start(main_loop, &hang_up);
}

static void
start(const Options *options)
{
	raise_descriptor_limit();
	crowd_set_limit(options->max_per_address);
	watch_signals();
	sessions_init(stratum_line, stratum_line_too_long, stratum_session_closed);
	listeners_init(&follow_events);
	share_queue_start(options->database, options->submit_connections,
					  method_submit_done);
	auth_start(options->database, method_authorize_done);
	feed_start(options->database);
	janitor_start();
	ev_prepare_init(&prepare, end_iteration);
	ev_prepare_start(main_loop, &prepare);
}

static void
end(void)
{
	listeners_stop();
	feed_stop();
	auth_stop();
	share_queue_stop();
	log_info("stopped");
}

int
main(int argc, char **argv)
{
	Options options;

	options_read(argc, argv, &options);
	main_loop = ev_default_loop(EVFLAG_AUTO);
	if (main_loop == NULL)
	{
		log_error("cannot make an event loop");
		return 1;
	}
	if (!tls_start(options.tls_certificate, options.tls_key))
		return 1;
	if (options.metrics_port > 0 && !metrics_server_start(options.metrics_port))
		return 1;
	log_info("stratumd " STRATUMD_VERSION " starts");
	start(&options);
	ev_run(main_loop, 0);
	end();
	return 0;
}
