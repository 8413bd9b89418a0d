/*
 * main.c
 *	  stratumd, from its start to its end.
 *
 * Shares go one way: listener, admission, session, stratum, method, share
 * queue, database; responses come back through the callbacks that are set
 * here.  Jobs come from the feed and go through job_feed, network and
 * job_delivery to the sessions.  doc/layers.txt has the order of the folders.
 *
 * Each iteration of the event loop ends in end_iteration, which sends what its
 * events have gathered to the database and to the miners.
 */
#include <limits.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "access/address_record.h"
#include "access/listener.h"
#include "database/ban_reports.h"
#include "database/first_share.h"
#include "database/login_link.h"
#include "database/logins.h"
#include "database/presence.h"
#include "database/server_report.h"
#include "database/session_routing.h"
#include "database/share_queue.h"
#include "database/unpaid_notices.h"
#include "feed.h"
#include "janitor.h"
#include "log.h"
#include "loop.h"
#include "metrics_server.h"
#include "net/tls.h"
#include "options.h"
#include "session/admission.h"
#include "session/foreign_protocol.h"
#include "session/read_scheduler.h"
#include "session/session.h"
#include "signals.h"
#include "stratum/method_authorize.h"
#include "stratum/method_submit.h"
#include "stratum/stratum.h"

#define RESERVED_DESCRIPTORS 256 /* for the database and the listeners */

struct ev_loop *main_loop;

static ev_prepare prepare;

/* ---------- stopping ---------- */

static bool
all_is_answered(void)
{
	return share_queue_is_idle() && logins_are_idle() &&
		   !sessions_have_unsent();
}

static void
stop_serving(int signal_number)
{
	log_info("stopping on signal %d with %d miners connected", signal_number,
			 sessions_count());
	listeners_stop();
	for (Session *session = sessions_first(); session;
		 session = sessions_next(session))
		session_finish(session);
	server_report_goodbye();
}

static const SignalEvents signal_events = {
	.stop = stop_serving,
	.is_done = all_is_answered,
	.hang_up = tls_reload,
};

/* ---------- running ---------- */

static void
end_iteration(struct ev_loop *loop UNUSED, ev_prepare *watcher UNUSED,
			  int events UNUSED)
{
	feed_lease_extranonces();
	feed_ask_marks();
	presence_dispatch();
	ban_reports_dispatch();
	if (presence_is_confirmed())
		server_report_dispatch();
	unpaid_notices_dispatch();
	logins_dispatch();
	share_queue_dispatch();
	sessions_flush();
	read_scheduler_next_turn();
}

/* Allow as many miners as descriptors, except some for the database. */
static void
raise_descriptor_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return;
	limit.rlim_cur = limit.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur > INT_MAX)
		return;
	admission_set_limit((int) limit.rlim_cur - RESERVED_DESCRIPTORS);
	log_debug("up to %d descriptors", (int) limit.rlim_cur);
}

static const SessionHooks session_hooks = {
	.first_bytes = foreign_protocol_dismiss_first,
	.line = stratum_line,
	.line_too_long = stratum_line_too_long,
	.closed = stratum_session_closed,
};

static void
start_serving(const Options *options)
{
	raise_descriptor_limit();
	address_record_set_limit(options->max_per_address);
	signals_watch(&signal_events);
	sessions_init(&session_hooks);
	listeners_init(&session_routing_events);
	first_share_start(method_submit_done);
	share_queue_start(options->database, options->submit_connections,
					  method_submit_done);
	session_routing_init(feed_read_sessions);
	logins_start(method_authorize_done);
	login_link_start(options->database, &presence_events);
	feed_start(options->database);
	janitor_start();
	ev_prepare_init(&prepare, end_iteration);
	ev_prepare_start(main_loop, &prepare);
}

static void
end_serving(void)
{
	listeners_stop();
	feed_stop();
	login_link_stop();
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
		log_error("could not create the event loop");
		return 1;
	}
	if (!tls_start(options.tls_certificate, options.tls_key))
		return 1;
	if (options.metrics_port > 0 && !metrics_server_start(options.metrics_port))
		return 1;
	log_info("stratumd " PROGRAM_VERSION " starting");
	start_serving(&options);
	ev_run(main_loop, 0);
	end_serving();
	return 0;
}
