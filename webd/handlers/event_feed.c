/*
 * event_feed.c
 *	  GET /events: blocks, switches and statistics as server-sent events.
 *
 * A notification from the database contains the id of what happened; one call
 * of web_event() returns the event that all clients get.  While the connection
 * to the database was lost, notifications may have been missed, so after a
 * reconnect all clients get the event "resync".
 */
#include "handlers/event_feed.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "http/client_address.h"
#include "log.h"
#include "loop.h"
#include "memory.h"
#include "counters.h"
#include "handlers/event_stream.h"

#define CHANNEL				 "chimera_events"
#define STATS_INTERVAL_S	 5.0
#define HEARTBEAT_INTERVAL_S 15.0
#define MAX_LOOKUPS			 256 /* calls of web_event() at once */
#define RETRY_S				 10	 /* for clients with too many streams */

typedef struct Lookup
{
	DatabaseCall call;
	char *event;
	char *id;
	const char *values[2];
} Lookup;

static const PipelineSetup setup[] = {
	{NULL, "LISTEN " CHANNEL},
	{NULL, NULL},
};

static Pipeline pipeline;
static const Statement *event_statement;
static const Statement *stats_statement;
static const Statement *network_statement;
static EventLimits limits;
static int lookups = 0;

static ev_timer stats_timer;
static ev_timer heartbeat_timer;
static DatabaseCall stats_call;
static bool is_stats_pending = false;
static char *last_stats = NULL; /* as last sent to clients */

/* ---------- sending ---------- */

static void
write_event(StrBuf *text, const char *event, const char *data)
{
	strbuf_addf(text, "event: %s\ndata: %s\n\n", event, data);
}

/* network_id is NULL for events of the whole pool. */
static void
send_event(const char *event, const char *data, const char *network_id)
{
	StrBuf text = {0};

	write_event(&text, event, data);
	event_streams_send(&text, network_id);
	strbuf_free(&text);
	counters.events++;
}

static void
send_heartbeat(struct ev_loop *loop UNUSED, ev_timer *timer UNUSED,
			   int events UNUSED)
{
	StrBuf text = {0};

	strbuf_adds(&text, ":\n\n");
	event_streams_send(&text, NULL);
	strbuf_free(&text);
}

/* ---------- events ---------- */

static void
lookup_free(Lookup *lookup)
{
	free(lookup->event);
	free(lookup->id);
	free(lookup);
	lookups--;
}

static void
event_read(DatabaseCall *call, const char *value, const Problem *problem)
{
	Lookup *lookup = container_of(call, Lookup, call);
	json_t *json = value ? json_loads(value, 0, NULL) : NULL;

	if (problem)
		log_warning("could not send event %s %s: %s", lookup->event, lookup->id,
					problem->detail);
	/* null: the event is not public */
	if (json_is_object(json))
		send_event(lookup->event, value,
				   json_string_value(json_object_get(json, "network_id")));
	json_decref(json);
	lookup_free(lookup);
}

static void
look_up_event(const char *event, const char *id)
{
	Lookup *lookup = memory_zalloc(sizeof(Lookup));

	lookups++;
	lookup->event = memory_strdup(event);
	lookup->id = memory_strdup(id);
	lookup->values[0] = lookup->event;
	lookup->values[1] = lookup->id;
	lookup->call = (DatabaseCall){.statement = event_statement,
								  .count = 2,
								  .values = lookup->values,
								  .done = event_read};
	database_call(&lookup->call);
}

/* Any role may send notifications, so unknown ones are ignored. */
static void
on_notified(void *owner UNUSED, const PGnotify *notification)
{
	static const char *const known[] = {"block", "switch", "network"};
	json_t *json;
	const char *event = NULL;
	json_int_t id;

	if (event_streams_count() == 0 || lookups >= MAX_LOOKUPS)
		return;
	json = json_loads(notification->extra, 0, NULL);
	if (json && json_unpack(json, "{s:s,s:I}", "event", &event, "id", &id) == 0)
		for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
			if (strcmp(event, known[i]) == 0)
			{
				char text[24];

				snprintf(text, sizeof(text), "%" JSON_INTEGER_FORMAT, id);
				look_up_event(event, text);
			}
	json_decref(json);
}

/* ---------- statistics ---------- */

static void
stats_read(DatabaseCall *call UNUSED, const char *value,
		   const Problem *problem UNUSED)
{
	is_stats_pending = false;
	if (value == NULL || (last_stats && strcmp(last_stats, value) == 0))
		return;
	free(last_stats);
	last_stats = memory_strdup(value);
	send_event("stats", value, NULL);
}

static void
request_stats(struct ev_loop *loop UNUSED, ev_timer *timer UNUSED,
			  int events UNUSED)
{
	static const char *const values[] = {NULL};

	if (event_streams_count() == 0)
	{
		free(last_stats);
		last_stats = NULL;
		return;
	}
	if (is_stats_pending)
		return;
	is_stats_pending = true;
	stats_call = (DatabaseCall){.statement = stats_statement,
								.count = 1,
								.values = values,
								.done = stats_read};
	database_call(&stats_call);
}

/* ---------- clients ---------- */

/* Limits per address and per session, so that nobody can hold all streams. */
static bool
is_within_limits(const StreamOwner *owner)
{
	return event_streams_of_address(owner) < limits.per_address &&
		   event_streams_of_session(owner) < (limits.per_address + 1) / 2;
}

static bool
check_limits(Request *request, const StreamOwner *owner)
{
	Problem problem;

	if (event_streams_count() >= limits.streams || !is_within_limits(owner))
		event_streams_drop_closed();
	if (!is_within_limits(owner))
	{
		problem = problem_make(429, "you have too many event streams open");
		problem.retry_after_s = RETRY_S;
	}
	else if (event_streams_count() >= limits.streams)
		problem =
			problem_make(503, "too many event streams are open, please try"
							  " again");
	else
		return true;
	request_fail(request, &problem);
	return false;
}

static void
open_stream(Request *request, const char *network_id)
{
	StreamOwner owner = {.address = client_address_key(request->remote)};
	StrBuf text = {0};

	memcpy(owner.session, request->caller.hash, sizeof(owner.session));
	if (!check_limits(request, &owner))
		return;
	strbuf_adds(&text, "retry: 3000\n\n");
	if (last_stats)
		write_event(&text, "stats", last_stats);
	request_finish(request, event_stream_open(request->connection, &owner,
											  &text, network_id));
	strbuf_free(&text);
	/* the first client should not have to wait for the statistics */
	if (last_stats == NULL)
		request_stats(main_loop, &stats_timer, 0);
}

static void
network_read(DatabaseCall *call, const char *value, const Problem *problem)
{
	Request *request = container_of(call, Request, call);
	json_t *json = value ? json_loads(value, 0, NULL) : NULL;
	const char *network_id =
		json_string_value(json_object_get(json, "network_id"));

	if (network_id)
		open_stream(request, network_id);
	else
		request_respond(request, RESPONSE_PRIVATE, NULL, problem);
	json_decref(json);
}

void
event_feed_open(Request *request)
{
	if (request->method == METHOD_HEAD || request->arguments.values[0] == NULL)
	{
		open_stream(request, NULL);
		return;
	}
	request->call = (DatabaseCall){
		.statement = network_statement,
		.count = 1,
		.values = (const char *const *) request->arguments.values,
		.done = network_read};
	database_call(&request->call);
}

void
event_feed_end_all(void)
{
	event_streams_end_all();
}

int
event_feed_count(void)
{
	return event_streams_count();
}

/* ---------- the connection ---------- */

static void
on_ready(void *owner UNUSED)
{
	send_event("resync", "{}", NULL);
}

static void
on_lost(void *owner UNUSED)
{
}

static const PipelineEvents events = {
	.ready = on_ready,
	.lost = on_lost,
	.notified = on_notified,
};

void
event_feed_start(const char *conninfo, const EventLimits *given)
{
	limits = *given;
	event_statement =
		database_statement("web_event", 2, (const char *[]){"event", "id"});
	stats_statement =
		database_statement("web_pool_stats", 1, (const char *[]){"network"});
	network_statement =
		database_statement("web_network", 1, (const char *[]){"network"});
	pipeline.conn.name = "events";
	pipeline.conn.conninfo = conninfo;
	pipeline.setup = setup;
	pipeline.events = &events;
	pipeline_start(&pipeline);
	ev_timer_init(&stats_timer, request_stats, STATS_INTERVAL_S,
				  STATS_INTERVAL_S);
	ev_timer_start(main_loop, &stats_timer);
	ev_timer_init(&heartbeat_timer, send_heartbeat, HEARTBEAT_INTERVAL_S,
				  HEARTBEAT_INTERVAL_S);
	ev_timer_start(main_loop, &heartbeat_timer);
}

void
event_feed_stop(void)
{
	pipeline_stop(&pipeline);
	ev_timer_stop(main_loop, &stats_timer);
	ev_timer_stop(main_loop, &heartbeat_timer);
	free(last_stats);
	last_stats = NULL;
}
