/*
 * main.c
 *	  webd: start and end of the process.
 *
 * A request passes server (libmicrohttpd) -> dispatch -> routes, arguments ->
 * a handler -> database; request_finish() passes the response back.
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
on_stop(int signal_number)
{
	log_info("stopping on signal %d with %d clients connected", signal_number,
			 server_connection_count());
	event_feed_end_all();
	server_quiesce();
}

static const SignalEvents signal_events = {
	.stop = on_stop,
	.is_done = server_is_idle,
	.hang_up = static_files_reload,
};

/* As many clients as the descriptors permit, less some for the database. */
static int
max_connections(void)
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
start_serving(const Options *options)
{
	const char *proxy =
		options->trusted_proxy[0] ? options->trusted_proxy : NULL;
	DispatchSettings dispatch = {.secure_cookies = options->secure_cookies,
								 .trusted_proxy = proxy,
								 .serve_metrics = metrics_serve};
	ServerSettings server = {.listen = options->listen,
							 .metrics_port = options->metrics_port,
							 .max_connections = max_connections(),
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
stop_serving(void)
{
	/* MHD cannot be stopped while connections are suspended; then it ends with
	 * the process */
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
		log_error("could not initialize libsodium");
		return 1;
	}
	if (options.set_password)
		return set_password(options.database, options.set_password,
							options.is_admin);
	main_loop = ev_default_loop(EVFLAG_AUTO);
	if (main_loop == NULL)
	{
		log_error("could not create the event loop");
		return 1;
	}
	log_info("webd " PROGRAM_VERSION " starting");
	if (!start_serving(&options))
		return 1;
	ev_run(main_loop, 0);
	stop_serving();
	return 0;
}
