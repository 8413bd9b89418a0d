/*
 * pipeline.h
 *	  Commands sent on a connection one after another, with results in order.
 *
 * Each command is followed by its own Sync: it is one transaction, and fails
 * alone.  Its result is passed on only after the Sync has been confirmed,
 * because the transaction has committed only then.
 */
#ifndef COMMON_PIPELINE_H
#define COMMON_PIPELINE_H

#include <libpq-fe.h>
#include <stdbool.h>

#include "pgconn.h"

typedef enum PgOutcome
{
	PG_DONE,   /* committed; the result is the command's */
	PG_FAILED, /* rolled back; the result holds the error */
	PG_LOST	   /* the connection was lost: it may have committed or not */
} PgOutcome;

typedef struct PgCommand PgCommand;

/* The result is freed afterwards; it is NULL for PG_LOST. */
typedef void (*PgCommandDone)(PgCommand *command, PgOutcome outcome,
							  const PGresult *result);

/* Embedded in the struct that the command belongs to. */
struct PgCommand
{
	PgCommand *next;
	PgCommandDone done;
	PGresult *result;
};

/* Run first on each connection; all must succeed before it is ready. */
typedef struct PipelineSetup
{
	const char *name; /* a statement to prepare; NULL: run it once */
	const char *sql;
} PipelineSetup;

typedef struct PipelineEvents
{
	void (*ready)(void *owner);
	void (*lost)(void *owner); /* after the commands were notified */
	void (*notified)(void *owner, const PGnotify *notification);
} PipelineEvents;

typedef struct Pipeline
{
	PgConn conn;
	const PipelineSetup *setup; /* ends with sql = NULL */
	const PipelineEvents *events;
	void *owner;
	int setup_left; /* -1: a step has failed */
	bool is_ready;
	int in_flight;
	PgCommand *first;
	PgCommand *last;
} Pipeline;

typedef struct PgParameters
{
	int count;
	const char *const *values;
	const int *lengths; /* with binary */
	bool is_binary;		/* parameters and result */
} PgParameters;

/* The members conn.name, conn.conninfo, setup, events, owner are set before. */
extern void pipeline_start(Pipeline *pipeline);
extern void pipeline_stop(Pipeline *pipeline);

/* Run a prepared statement; only when is_ready. */
extern void
pipeline_send(Pipeline *pipeline, PgCommand *command, const char *statement,
			  const PgParameters *parameters);

/* Prepare a statement that is not in the setup; only when is_ready. */
extern void pipeline_prepare(Pipeline *pipeline, PgCommand *command,
							 const char *statement, const char *sql);

/* Drop the connection and reconnect. */
extern void pipeline_reset(Pipeline *pipeline, const char *why);

/*
 * Does an error concern the server's state rather than the command?  Then the
 * command may succeed when it is repeated.
 */
extern bool pg_may_retry(const PGresult *result);

/* "SQLSTATE: message" for the log; in a static buffer. */
extern const char *pg_error_text(const PGresult *result);

#endif
