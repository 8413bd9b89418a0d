/*
 * database.h
 *	  The connections to the database, and who waits for one.
 *
 * A call is one statement, one transaction, on whichever connection is free.
 * Statements are prepared on a connection when it first runs them.  The queue
 * is bounded and nobody waits in it for long: a database that can't keep up
 * makes for quick refusals, not for slow answers.
 */
#ifndef WEBD_DATABASE_H
#define WEBD_DATABASE_H

#include <stdbool.h>
#include <sys/queue.h>

#include "pipeline.h"
#include "http/problem.h"

typedef struct Statement Statement;
typedef struct DatabaseCall DatabaseCall;

/* A single value, or NULL and the problem with it. */
typedef void (*PoolDone)(DatabaseCall *call, const char *value,
						 const Problem *problem);

/* To be embedded in what it is for; statement to done are set before. */
struct DatabaseCall
{
	PgCommand command;
	const Statement *statement;
	int count;
	const char *const *values; /* stay until it is done */
	bool is_slow;			   /* may take a minute; one at once */
	PoolDone done;

	STAILQ_ENTRY(DatabaseCall) link;
	double since; /* queued, then sent */
};

/*
 * "SELECT chimera.routine(argument => $1, ...)"; all are made before
 * database_start, and stay.
 */
extern const Statement *database_statement(const char *routine, int count,
										   const char *const *arguments);

extern void database_start(const char *conninfo, int connections);
extern void database_stop(void);

/* The call is done later, by the loop, never within. */
extern void database_call(DatabaseCall *call);

typedef struct DatabaseState
{
	int connections; /* that are up */
	int busy;
	int waiting;
} DatabaseState;

extern DatabaseState database_state(void);

#endif
