/*
 * metrics.c
 *	  What this process has done, and what the pool does, for Prometheus.
 *
 * The pool's numbers are the database's (web_metrics); without it the
 * process' own are shown, which say that it can't be had.
 */
#include "metrics.h"

#include <inttypes.h>

#include "counters.h"
#include "handlers/event_feed.h"
#include "loop.h"
#include "http/request.h"
#include "server.h"

#define TYPE "text/plain; version=0.0.4"

static const Statement *statement;

void
metrics_start(void)
{
	statement = database_statement("web_metrics", 0, NULL);
}

static void
add_number(StrBuf *text, const char *name, const char *type, const char *help,
		   double value)
{
	strbuf_addf(text,
				"# HELP chimera_webd_%s %s\n"
				"# TYPE chimera_webd_%s %s\n"
				"chimera_webd_%s %.17g\n",
				name, help, name, type, name, value);
}

static void
add_answers(StrBuf *text)
{
	static const char name[] = "chimera_webd_answers_total";

	strbuf_addf(text, "# HELP %s Answers by their status\n# TYPE %s counter\n",
				name, name);
	for (int i = 2; i <= 5; i++)
		strbuf_addf(text, "%s{status=\"%dxx\"} %" PRIu64 "\n", name, i,
					counters.answers[i]);
}

static void
add_own(StrBuf *text)
{
	DatabaseState pool = database_state();

	add_number(text, "connections", "gauge", "Connections of clients",
			   server_connections());
	add_number(text, "requests_total", "counter", "Requests that came",
			   (double) counters.requests);
	add_number(text, "requests_limited_total", "counter",
			   "Requests refused because an address sent too many",
			   (double) counters.requests_limited);
	add_answers(text);
	add_number(text, "cache_hits_total", "counter", "Answers given from memory",
			   (double) counters.cache_hits);
	add_number(text, "database_connections", "gauge",
			   "Connections to the database that are up", pool.connections);
	add_number(text, "database_busy", "gauge", "Those that work", pool.busy);
	add_number(text, "database_waiting", "gauge",
			   "Calls that wait for a connection", pool.waiting);
	add_number(text, "database_calls_total", "counter", "Calls of the database",
			   (double) counters.database_calls);
	add_number(text, "database_failures_total", "counter",
			   "Calls that were refused, failed or lost",
			   (double) counters.database_failures);
	add_number(text, "database_seconds_total", "counter",
			   "Time that calls took", counters.database_seconds);
	add_number(text, "event_clients", "gauge", "Clients that listen to events",
			   event_feed_clients());
	add_number(text, "events_total", "counter", "Events sent out",
			   (double) counters.events);
	add_number(text, "event_clients_dropped_total", "counter",
			   "Clients dropped because they did not read",
			   (double) counters.streams_dropped);
}

static void
pool_read(DatabaseCall *call, const char *value, const Problem *problem UNUSED)
{
	StrBuf text = {0};

	add_own(&text);
	if (value)
		strbuf_adds(&text, value);
	request_finish(container_of(call, Request, call),
				   response_make(MHD_HTTP_OK, ANSWER_PRIVATE, TYPE, text.data,
								 text.length));
	strbuf_free(&text);
}

void
metrics_ask(Request *request)
{
	request->call =
		(DatabaseCall){.statement = statement, .count = 0, .done = pool_read};
	database_call(&request->call);
}
