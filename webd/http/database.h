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
typedef struct PoolCall PoolCall;

/* A single value, or NULL and the problem with it. */
typedef void (*PoolDone)(PoolCall *call, const char *value,
						 const Problem *problem);

/* To be embedded in what it is for; statement to done are set before. */
struct PoolCall
{
	PgCommand command;
	const Statement *statement;
	int count;
	const char *const *values; /* stay until it is done */
	bool is_slow;			   /* may take a minute; one at once */
	PoolDone done;

	STAILQ_ENTRY(PoolCall) link;
	double since; /* queued, then sent */
};

/*
 * "SELECT chimera.routine(argument => $1, ...)"; all are made before
 * pool_start, and stay.
 */
extern const Statement *
pool_statement(const char *routine, int count, const char *const *arguments);

extern void pool_start(const char *conninfo, int connections);
extern void pool_stop(void);

/* The call is done later, by the loop, never within. */
extern void pool_call(PoolCall *call);

typedef struct PoolState
{
	int connections; /* that are up */
	int busy;
	int waiting;
} PoolState;

extern PoolState pool_state(void);

#endif
