/*
 * database.c
 *	  The connections to the database, and the queue of calls for them.
 *
 * The server cancels statements that take too long (statement_timeout).  If it
 * does not respond even then, it is gone or stuck: the connection is dropped
 * and its call fails.
 */
#include "http/database.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "loop.h"
#include "memory.h"
#include "counters.h"

#define MAX_STATEMENTS	 128
#define MAX_WAITING		 512
#define MAX_WAIT_S		 5.0
#define TIMEOUT_S		 10.0 /* as in the setup */
#define SLOW_TIMEOUT_S	 90.0 /* as in send_call */
#define GRACE_S			 5.0  /* for the server to report the timeout */
#define CHECK_INTERVAL_S 0.5

struct Statement
{
	int number;
	char name[16];
	char *sql;
};

typedef struct Connection
{
	Pipeline pipeline;
	char name[24];
	DatabaseCall *call; /* under way, or NULL */
	bool is_prepared[MAX_STATEMENTS];
} Connection;

/* Prepares a statement or sets the timeout in a database session. */
typedef struct SessionCommand
{
	PgCommand command;
	Connection *connection;
	int statement; /* -1: none */
} SessionCommand;

static const PipelineSetup setup[] = {
	{NULL, "SET statement_timeout = '10s'"},
	{NULL, "SET lock_timeout = '3s'"},
	/* compiling would take longer than the calls themselves */
	{NULL, "SET jit = off"},
	{"timeout", "SELECT pg_catalog.set_config('statement_timeout', $1, false)"},
	{NULL, NULL},
};

static Statement statements[MAX_STATEMENTS];
static int statement_count = 0;
static Connection *connections;
static int connection_count = 0;
static STAILQ_HEAD(Calls,
				   DatabaseCall) waiting = STAILQ_HEAD_INITIALIZER(waiting);
static STAILQ_HEAD(, DatabaseCall) refused = STAILQ_HEAD_INITIALIZER(refused);
static int waiting_count = 0;
static int slow_count = 0; /* under way */
static ev_timer check_timer;
static ev_timer dispatch_soon; /* never started, only fed to the loop */

const Statement *
database_statement(const char *routine, int count, const char *const *arguments)
{
	Statement *statement = &statements[statement_count];
	StrBuf sql = {0};

	if (statement_count == MAX_STATEMENTS)
		abort();
	statement->number = statement_count++;
	snprintf(statement->name, sizeof(statement->name), "s%d",
			 statement->number);
	strbuf_addf(&sql, "SELECT chimera.%s(", routine);
	for (int i = 0; i < count; i++)
		strbuf_addf(&sql, "%s\"%s\" => $%d", i ? ", " : "", arguments[i],
					i + 1);
	strbuf_adds(&sql, ")");
	statement->sql = sql.data;
	return statement;
}

static void
wake_dispatcher(void)
{
	ev_feed_event(main_loop, &dispatch_soon, EV_TIMER);
}

/* ---------- results ---------- */

static void
finish_call(DatabaseCall *call, const char *value, const Problem *problem)
{
	if (problem && problem->status >= 500)
		counters.database_failures++;
	call->done(call, value, problem);
}

/*
 * The server's own messages about violated constraints name tables and
 * constraints.  Clients get only messages that a routine has raised.
 */
static const char *
message_for_clients(const char *sqlstate, const PGresult *result)
{
	const char *source = PQresultErrorField(result, PG_DIAG_SOURCE_FUNCTION);

	if (strncmp(sqlstate, "23", 2) == 0 &&
		(source == NULL || strcmp(source, "exec_stmt_raise") != 0))
		return NULL;
	return PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
}

static void
finish_failed_call(DatabaseCall *call, const PGresult *result)
{
	const char *given = PQresultErrorField(result, PG_DIAG_SQLSTATE);
	const char *sqlstate = given ? given : "XX000";
	const char *message = message_for_clients(sqlstate, result);
	Problem problem = problem_from_sqlstate(
		sqlstate, message, PQresultErrorField(result, PG_DIAG_MESSAGE_HINT));

	if (problem.status < 500 && message == NULL)
		log_warning("%s: %s", call->statement->sql, pg_error_text(result));

	if (problem.status >= 500)
		log_warning("%s: %s", call->statement->sql, pg_error_text(result));
	finish_call(call, NULL, &problem);
}

static void
on_call_done(PgCommand *command, PgOutcome outcome, const PGresult *result)
{
	DatabaseCall *call = container_of(command, DatabaseCall, command);
	Problem problem;

	counters.database_seconds += clock_now() - call->since;
	slow_count -= call->is_slow;
	for (int i = 0; i < connection_count; i++)
		if (connections[i].call == call)
			connections[i].call = NULL;
	wake_dispatcher();
	switch (outcome)
	{
		case PG_DONE:
			finish_call(call,
						PQntuples(result) == 1 && !PQgetisnull(result, 0, 0)
							? PQgetvalue(result, 0, 0)
							: NULL,
						NULL);
			break;
		case PG_FAILED:
			finish_failed_call(call, result);
			break;
		case PG_LOST:
			problem = problem_make(
				503, "the connection to the database was lost; the request"
					 " may or may not have been carried out");
			finish_call(call, NULL, &problem);
			break;
	}
}

static void
session_command_done(PgCommand *command, PgOutcome outcome,
					 const PGresult *result)
{
	SessionCommand *session_command =
		container_of(command, SessionCommand, command);

	if (outcome == PG_FAILED && session_command->statement >= 0)
	{
		/* the call that follows it fails */
		session_command->connection->is_prepared[session_command->statement] =
			false;
		log_warning("%s: %s", statements[session_command->statement].sql,
					pg_error_text(result));
	}
	free(session_command);
}

/* ---------- sending ---------- */

static SessionCommand *
session_command_new(Connection *connection, int statement)
{
	SessionCommand *session_command = memory_zalloc(sizeof(SessionCommand));

	session_command->command.done = session_command_done;
	session_command->connection = connection;
	session_command->statement = statement;
	return session_command;
}

static void
prepare_statement(Connection *connection, const Statement *statement)
{
	if (connection->is_prepared[statement->number])
		return;
	connection->is_prepared[statement->number] = true;
	pipeline_prepare(
		&connection->pipeline,
		&session_command_new(connection, statement->number)->command,
		statement->name, statement->sql);
}

static void
set_timeout(Connection *connection, const char *timeout)
{
	PgParameters parameters = {.count = 1, .values = &timeout};

	pipeline_send(&connection->pipeline,
				  &session_command_new(connection, -1)->command, "timeout",
				  &parameters);
}

static void
send_call(Connection *connection, DatabaseCall *call)
{
	PgParameters parameters = {.count = call->count, .values = call->values};

	connection->call = call;
	call->since = clock_now();
	call->command.done = on_call_done;
	counters.database_calls++;
	prepare_statement(connection, call->statement);
	if (call->is_slow)
		set_timeout(connection, "90s");
	slow_count += call->is_slow;
	pipeline_send(&connection->pipeline, &call->command, call->statement->name,
				  &parameters);
	if (call->is_slow)
		set_timeout(connection, "10s");
}

static Connection *
find_free_connection(void)
{
	for (int i = 0; i < connection_count; i++)
		if (connections[i].pipeline.is_ready && connections[i].call == NULL)
			return &connections[i];
	return NULL;
}

static bool
has_connection(void)
{
	for (int i = 0; i < connection_count; i++)
		if (connections[i].pipeline.is_ready)
			return true;
	return false;
}

/* The first call that may be sent; only one slow call runs at a time. */
static DatabaseCall *
next_call(void)
{
	DatabaseCall *call;

	STAILQ_FOREACH(call, &waiting, link)
	{
		if (!call->is_slow || slow_count == 0)
			return call;
	}
	return NULL;
}

static void
refuse_calls(void)
{
	DatabaseCall *call;

	while ((call = STAILQ_FIRST(&refused)) != NULL)
	{
		Problem problem = problem_make(
			503, has_connection()
					 ? "the database is busy, please try again"
					 : "the database is unavailable, please try again");

		STAILQ_REMOVE_HEAD(&refused, link);
		finish_call(call, NULL, &problem);
	}
}

void
database_call(DatabaseCall *call)
{
	call->since = clock_now();
	wake_dispatcher();
	if (waiting_count >= MAX_WAITING || !has_connection())
	{
		STAILQ_INSERT_TAIL(&refused, call, link);
		return;
	}
	STAILQ_INSERT_TAIL(&waiting, call, link);
	waiting_count++;
}

static void
dispatch_calls(struct ev_loop *loop UNUSED, ev_timer *timer UNUSED,
			   int events UNUSED)
{
	DatabaseCall *call;
	Connection *connection;

	while ((call = next_call()) != NULL &&
		   (connection = find_free_connection()) != NULL)
	{
		STAILQ_REMOVE(&waiting, call, DatabaseCall, link);
		waiting_count--;
		send_call(connection, call);
	}
	refuse_calls();
}

/* ---------- time ---------- */

static void
expire_waiting(double now)
{
	DatabaseCall *call;
	DatabaseCall *next;

	for (call = STAILQ_FIRST(&waiting); call; call = next)
	{
		next = STAILQ_NEXT(call, link);
		if (now - call->since < MAX_WAIT_S && has_connection())
			continue;
		STAILQ_REMOVE(&waiting, call, DatabaseCall, link);
		waiting_count--;
		STAILQ_INSERT_TAIL(&refused, call, link);
	}
}

static void
check_timeouts(struct ev_loop *loop UNUSED, ev_timer *timer UNUSED,
			   int events UNUSED)
{
	double now = clock_now();

	for (int i = 0; i < connection_count; i++)
	{
		const DatabaseCall *call = connections[i].call;

		if (call && now - call->since >
						(call->is_slow ? SLOW_TIMEOUT_S : TIMEOUT_S) + GRACE_S)
			pipeline_reset(&connections[i].pipeline,
						   "the server does not respond");
	}
	expire_waiting(now);
	wake_dispatcher();
}

/* ---------- the connections ---------- */

static void
on_ready(void *owner)
{
	Connection *connection = owner;

	memset(connection->is_prepared, 0, sizeof(connection->is_prepared));
	wake_dispatcher();
}

static void
on_lost(void *owner UNUSED)
{
}

static const PipelineEvents events = {.ready = on_ready, .lost = on_lost};

void
database_start(const char *conninfo, int wanted)
{
	connections = memory_zalloc((size_t) wanted * sizeof(Connection));
	connection_count = wanted;
	ev_init(&dispatch_soon, dispatch_calls);
	for (int i = 0; i < wanted; i++)
	{
		Connection *connection = &connections[i];

		snprintf(connection->name, sizeof(connection->name), "web %d", i + 1);
		connection->pipeline.conn.name = connection->name;
		connection->pipeline.conn.conninfo = conninfo;
		connection->pipeline.setup = setup;
		connection->pipeline.events = &events;
		connection->pipeline.owner = connection;
		pipeline_start(&connection->pipeline);
	}
	ev_timer_init(&check_timer, check_timeouts, CHECK_INTERVAL_S,
				  CHECK_INTERVAL_S);
	ev_timer_start(main_loop, &check_timer);
}

void
database_stop(void)
{
	ev_timer_stop(main_loop, &check_timer);
	for (int i = 0; i < connection_count; i++)
		pipeline_stop(&connections[i].pipeline);
}

DatabaseState
database_state(void)
{
	DatabaseState state = {.waiting = waiting_count};

	for (int i = 0; i < connection_count; i++)
	{
		state.connections += connections[i].pipeline.is_ready;
		state.busy += connections[i].call != NULL;
	}
	return state;
}
