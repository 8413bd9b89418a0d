/*
 * database.h
 *	  The connections to the database, and the queue of calls for them.
 *
 * A call is one statement and one transaction, on any free connection.
 * Statements are prepared on a connection when it first runs them.  The queue
 * is bounded, and calls wait in it only briefly: if the database cannot keep
 * up, requests are refused quickly instead of being delayed.
 */
#ifndef WEBD_DATABASE_H
#define WEBD_DATABASE_H

#include <stdbool.h>
#include <sys/queue.h>

#include "pipeline.h"
#include "http/problem.h"

typedef struct Statement Statement;
typedef struct DatabaseCall DatabaseCall;

/* The result is a single value, which may be NULL, or a problem. */
typedef void (*DatabaseDone)(DatabaseCall *call, const char *value,
							 const Problem *problem);

/* Embedded in the struct that the call belongs to.  The caller sets the members
 * from statement to done. */
struct DatabaseCall
{
	PgCommand command;
	const Statement *statement;
	int count;
	const char *const *values; /* must remain valid until done is called */
	bool is_slow;			   /* may take a minute; one runs at a time */
	DatabaseDone done;

	STAILQ_ENTRY(DatabaseCall) link;
	double since; /* when it was queued, then when it was sent */
};

/*
 * "SELECT chimera.routine(argument => $1, ...)".  To be called before
 * database_start only; statements are never freed.
 */
extern const Statement *database_statement(const char *routine, int count,
										   const char *const *arguments);

extern void database_start(const char *conninfo, int connections);
extern void database_stop(void);

/* Enqueue a call.  Its done is called later from the loop, never from here. */
extern void database_call(DatabaseCall *call);

typedef struct DatabaseState
{
	int connections; /* that are open */
	int busy;
	int waiting;
} DatabaseState;

extern DatabaseState database_state(void);

#endif
