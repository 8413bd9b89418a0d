/*
 * main.c
 *	  webd: from its start to its end.
 *
 * Data flows one way: server (libmicrohttpd) -> request -> routes, params ->
 * cache or flow -> pool -> database; the answer comes back by
 * request_finish.
 */
#include <sodium.h>
#include <sys/resource.h>

#include "handlers/event_feed.h"
#include "handlers/static_files.h"
#include "http/rate_limit.h"
#include "log.h"
#include "loop.h"
#include "metrics.h"
#include "options.h"
#include "auth/password.h"
#include "http/database.h"
#include "dispatch.h"
#include "server.h"
#include "auth/set_password.h"
#include "signals.h"

#define MAX_CONNECTIONS		 4096
#define RESERVED_DESCRIPTORS 128 /* connections to the database, files */

struct ev_loop *main_loop;

static void
stop(int signal_number)
{
	log_info("stopping on signal %d, %d clients are connected", signal_number,
			 server_connections());
	event_feed_close_all();
	server_quiesce();
}

static const SignalEvents signal_events = {
	.stop = stop,
	.is_done = server_is_idle,
	.hang_up = static_files_reload,
};

/* As many clients as there are descriptors, some kept for the database. */
static int
count_connections(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return MAX_CONNECTIONS;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
	if (limit.rlim_cur > MAX_CONNECTIONS + RESERVED_DESCRIPTORS)
		return MAX_CONNECTIONS;
	return (int) limit.rlim_cur - RESERVED_DESCRIPTORS;
}

static bool
start(const Options *options)
{
	const char *proxy =
		options->trusted_proxy[0] ? options->trusted_proxy : NULL;
	DispatchSettings dispatch = {.secure_cookies = options->secure_cookies,
								 .trusted_proxy = proxy,
								 .answer_metrics = metrics_ask};
	ServerSettings server = {.listen = options->listen,
							 .metrics_port = options->metrics_port,
							 .max_connections = count_connections(),
							 .is_behind_proxy = proxy != NULL};
	EventLimits events = {.streams = options->max_streams,
						  .per_address = options->streams_per_address};

	signals_watch(&signal_events);
	if (!static_files_load(options->dashboard) || !password_start())
		return false;
	dispatch_init(&dispatch);
	metrics_start();
	rate_limit_start(options->rate);
	event_feed_start(options->database, &events);
	database_start(options->database, options->connections);
	return server_start(&server);
}

static void
end(void)
{
	/* MHD can't be stopped while somebody waits; the end of us is its as well
	 */
	if (server_is_idle())
		server_stop();
	event_feed_stop();
	database_stop();
	password_stop();
	log_info("stopped");
}

int
main(int argc, char **argv)
{
	Options options;

	options_read(argc, argv, &options);
	if (sodium_init() < 0)
	{
		log_error("libsodium does not start");
		return 1;
	}
	if (options.set_password)
		return set_password(options.database, options.set_password,
							options.is_admin);
	main_loop = ev_default_loop(EVFLAG_AUTO);
	if (main_loop == NULL)
	{
		log_error("cannot make an event loop");
		return 1;
	}
	log_info("webd " PROGRAM_VERSION " starts");
	if (!start(&options))
		return 1;
	ev_run(main_loop, 0);
	end();
	return 0;
}
