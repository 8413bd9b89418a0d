/*
 * metrics.c
 *	  Metrics of this process and of the pool, for Prometheus.
 *
 * The pool's metrics come from the database (web_metrics).  While it is
 * unavailable, only the metrics of the process are shown.
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
add_responses(StrBuf *text)
{
	static const char name[] = "chimera_webd_answers_total";

	strbuf_addf(text, "# HELP %s Responses by status\n# TYPE %s counter\n",
				name, name);
	for (int i = 2; i <= 5; i++)
		strbuf_addf(text, "%s{status=\"%dxx\"} %" PRIu64 "\n", name, i,
					counters.responses[i]);
}

static void
add_own(StrBuf *text)
{
	DatabaseState database = database_state();

	add_number(text, "connections", "gauge", "Connections of clients",
			   server_connection_count());
	add_number(text, "requests_total", "counter", "Requests received",
			   (double) counters.requests);
	add_number(text, "requests_limited_total", "counter",
			   "Requests refused because their address exceeded its rate",
			   (double) counters.requests_limited);
	add_responses(text);
	add_number(text, "cache_hits_total", "counter", "Responses from the cache",
			   (double) counters.cache_hits);
	add_number(text, "database_connections", "gauge",
			   "Open connections to the database", database.connections);
	add_number(text, "database_busy", "gauge",
			   "Connections to the database that are in use", database.busy);
	add_number(text, "database_waiting", "gauge",
			   "Calls waiting for a connection", database.waiting);
	add_number(text, "database_calls_total", "counter", "Calls to the database",
			   (double) counters.database_calls);
	add_number(text, "database_failures_total", "counter",
			   "Calls to the database that were refused, failed or lost",
			   (double) counters.database_failures);
	add_number(text, "database_seconds_total", "counter",
			   "Total duration of calls to the database",
			   counters.database_seconds);
	add_number(text, "event_clients", "gauge", "Clients subscribed to events",
			   event_feed_count());
	add_number(text, "events_total", "counter", "Events sent",
			   (double) counters.events);
	add_number(text, "event_clients_dropped_total", "counter",
			   "Clients dropped because they did not read",
			   (double) counters.streams_dropped);
}

static void
on_metrics_read(DatabaseCall *call, const char *value,
				const Problem *problem UNUSED)
{
	StrBuf text = {0};

	add_own(&text);
	if (value)
		strbuf_adds(&text, value);
	request_finish(container_of(call, Request, call),
				   response_make(MHD_HTTP_OK, RESPONSE_PRIVATE, TYPE, text.data,
								 text.length));
	strbuf_free(&text);
}

void
metrics_serve(Request *request)
{
	request->call = (DatabaseCall){
		.statement = statement, .count = 0, .done = on_metrics_read};
	database_call(&request->call);
}
