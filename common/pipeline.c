/*
 * pipeline.c
 *	  Commands sent on a connection one after another, with results in order.
 *
 * For a command and its Sync, libpq returns the command's result, NULL, and
 * PGRES_PIPELINE_SYNC.  An error may replace the result, or follow it if the
 * commit fails.  So everything before the sync is collected in the command at
 * the head of the queue, where an error takes precedence over a result.
 */
#include "pipeline.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "memory.h"

/* ---------- the queue ---------- */

static void
enqueue_command(Pipeline *pipeline, PgCommand *command)
{
	command->next = NULL;
	command->result = NULL;
	if (pipeline->last)
		pipeline->last->next = command;
	else
		pipeline->first = command;
	pipeline->last = command;
	pipeline->in_flight++;
}

static void
finish_first(Pipeline *pipeline, PgOutcome outcome)
{
	PgCommand *command = pipeline->first;
	PGresult *result = command->result;

	pipeline->first = command->next;
	if (pipeline->first == NULL)
		pipeline->last = NULL;
	pipeline->in_flight--;

	command->result = NULL;
	command->done(command, outcome, outcome == PG_LOST ? NULL : result);
	PQclear(result);
}

/* ---------- results ---------- */

static const char *
sqlstate(const PGresult *result)
{
	const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);

	return state ? state : "?????";
}

/* read_only_sql_transaction: another server is now the primary. */
static bool
is_read_only(const PGresult *result)
{
	return strcmp(sqlstate(result), "25006") == 0;
}

static bool
is_success(const PGresult *result)
{
	ExecStatusType status = PQresultStatus(result);

	return status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK;
}

static void
keep_result(PgCommand *command, PGresult *result)
{
	if (command->result == NULL ||
		(is_success(command->result) && !is_success(result)))
	{
		PQclear(command->result);
		command->result = result;
	}
	else
		PQclear(result);
}

static void
take_result(Pipeline *pipeline, PGresult *result)
{
	PgCommand *command = pipeline->first;

	if (PQresultStatus(result) != PGRES_PIPELINE_SYNC)
	{
		keep_result(command, result);
		return;
	}
	PQclear(result);
	if (command->result && is_success(command->result))
	{
		finish_first(pipeline, PG_DONE);
		return;
	}
	if (is_read_only(command->result))
		pipeline_reset(pipeline, "the server has become a standby");
	finish_first(pipeline, PG_FAILED);
}

static void
take_results(Pipeline *pipeline)
{
	PGconn *pg = pipeline->conn.pg;
	int empty = 0;

	/*
	 * one NULL separates two commands, two in a row mean that there are no
	 * more
	 */
	while (pipeline->first && empty < 2 && !PQisBusy(pg))
	{
		PGresult *result = PQgetResult(pg);

		empty = result ? 0 : empty + 1;
		if (result)
			take_result(pipeline, result);
	}
}

static void
take_notifications(Pipeline *pipeline)
{
	PGnotify *notification;

	while ((notification = PQnotifies(pipeline->conn.pg)) != NULL)
	{
		if (pipeline->events->notified)
			pipeline->events->notified(pipeline->owner, notification);
		PQfreemem(notification);
	}
}

static void
on_readable(void *owner)
{
	Pipeline *pipeline = owner;

	take_results(pipeline);
	take_notifications(pipeline);
}

/* ---------- sending ---------- */

static void
send_sync(Pipeline *pipeline, PgCommand *command, int is_sent)
{
	PGconn *pg = pipeline->conn.pg;

	/* enqueued even on failure: it is lost with the connection */
	enqueue_command(pipeline, command);
	if (is_sent != 1 || PQpipelineSync(pg) != 1)
		pgconn_doom(&pipeline->conn, PQerrorMessage(pg));
	else
		pgconn_flush(&pipeline->conn);
}

void
pipeline_send(Pipeline *pipeline, PgCommand *command, const char *statement,
			  const PgParameters *parameters)
{
	int formats[] = {1}; /* binary parameters are always single */

	send_sync(pipeline, command,
			  PQsendQueryPrepared(pipeline->conn.pg, statement,
								  parameters->count, parameters->values,
								  parameters->lengths,
								  parameters->is_binary ? formats : NULL,
								  parameters->is_binary));
}

void
pipeline_prepare(Pipeline *pipeline, PgCommand *command, const char *statement,
				 const char *sql)
{
	send_sync(pipeline, command,
			  PQsendPrepare(pipeline->conn.pg, statement, sql, 0, NULL));
}

/* ---------- setting up ---------- */

typedef struct SetupCommand
{
	PgCommand command;
	Pipeline *pipeline;
} SetupCommand;

static void
setup_done(PgCommand *command, PgOutcome outcome, const PGresult *result)
{
	Pipeline *pipeline = ((SetupCommand *) command)->pipeline;

	free(command);
	if (outcome == PG_LOST || pipeline->setup_left < 0)
		return;
	if (outcome == PG_FAILED)
	{
		pipeline->setup_left = -1;
		pipeline_reset(pipeline, pg_error_text(result));
		return;
	}
	if (--pipeline->setup_left > 0)
		return;
	pipeline->is_ready = true;
	pgconn_confirm(&pipeline->conn);
	pipeline->events->ready(pipeline->owner);
}

static void
on_opened(void *owner)
{
	Pipeline *pipeline = owner;
	PGconn *pg = pipeline->conn.pg;

	pipeline->setup_left = 0;
	for (const PipelineSetup *step = pipeline->setup; step->sql; step++)
	{
		SetupCommand *setup = memory_alloc(sizeof(SetupCommand));

		setup->command.done = setup_done;
		setup->pipeline = pipeline;
		pipeline->setup_left++;
		send_sync(pipeline, &setup->command,
				  step->name ? PQsendPrepare(pg, step->name, step->sql, 0, NULL)
							 : PQsendQueryParams(pg, step->sql, 0, NULL, NULL,
												 NULL, NULL, 0));
	}
}

static void
on_lost(void *owner)
{
	Pipeline *pipeline = owner;
	bool was_ready = pipeline->is_ready;

	pipeline->is_ready = false;
	while (pipeline->first)
		finish_first(pipeline, PG_LOST);
	if (was_ready)
		pipeline->events->lost(pipeline->owner);
}

static const PgConnEvents conn_events = {
	.opened = on_opened,
	.readable = on_readable,
	.lost = on_lost,
};

void
pipeline_start(Pipeline *pipeline)
{
	pipeline->conn.events = &conn_events;
	pipeline->conn.owner = pipeline;
	pgconn_start(&pipeline->conn);
}

void
pipeline_stop(Pipeline *pipeline)
{
	pipeline->is_ready = false;
	pgconn_stop(&pipeline->conn);
}

void
pipeline_reset(Pipeline *pipeline, const char *why)
{
	pipeline->is_ready = false;
	pgconn_slow_down(&pipeline->conn);
	pgconn_doom(&pipeline->conn, why);
}

/* ---------- errors ---------- */

bool
pg_may_retry(const PGresult *result)
{
	const char *state = sqlstate(result);

	return is_read_only(result) ||
		   strcmp(state, "55P03") == 0 ||  /* waited too long for a lock */
		   strncmp(state, "08", 2) == 0 || /* connection */
		   strncmp(state, "40", 2) == 0 || /* deadlock, serialization */
		   strncmp(state, "53", 2) == 0 || /* out of some resource */
		   strncmp(state, "54", 2) == 0 || /* a limit: NOTIFY's queue */
		   strncmp(state, "57", 2) == 0 || /* cancelled, shutting down */
		   strncmp(state, "58", 2) == 0 || /* the system: a file, a disk */
		   strncmp(state, "XX", 2) == 0;   /* a fault of the server's */
}

const char *
pg_error_text(const PGresult *result)
{
	static char text[300];
	const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);

	snprintf(text, sizeof(text), "%s: %s", sqlstate(result),
			 message ? message : PQresultErrorMessage(result));
	return text;
}
