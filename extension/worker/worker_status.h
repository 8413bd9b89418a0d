/*
 * worker_status.h
 *	  What the background workers are doing, for chimera.health, and their
 *	  latches.
 */
#ifndef CHIMERA_WORKER_STATUS_H
#define CHIMERA_WORKER_STATUS_H

#include "postgres.h"

#include "utils/uuid.h"

typedef enum WorkerKind
{
	WORKER_LAUNCHER,
	WORKER_ACCOUNTANT,
	WORKER_TEMPLATE, /* one per network */
	WORKER_BLOCK,	 /* one per network */
	WORKER_PAYER,	 /* one per network that pays out */
} WorkerKind;

typedef enum WorkerState
{
	WORKER_STOPPED,
	WORKER_STARTING,
	WORKER_OK,
	WORKER_FAILING,
} WorkerState;

extern void worker_status_request(void);
extern void worker_status_attach(void);

/* The kind's name in SQL, the process list and the log. */
extern const char *worker_kind_name(WorkerKind kind);

/*
 * Enter this process, until it exits, as the worker of that kind (and network;
 * NULL if it serves none).
 */
extern void worker_status_enter(WorkerKind kind, const pg_uuid_t *network_id,
								const char *network_name);

/*
 * The worker has just succeeded; logged if it had been failing.  The second
 * form shows a message.
 */
extern void worker_status_ok(void);
extern void
worker_status_works(const char *format, ...) pg_attribute_printf(1, 2);

#define WORKER_NODES_MAX		  8
#define WORKER_NODE_PROBLEM_BYTES 200

typedef struct WorkerNodeProblem
{
	int node_id;
	char text[WORKER_NODE_PROBLEM_BYTES];
} WorkerNodeProblem;

/*
 * Show the node that the worker uses (0: none) and the problems of its nodes,
 * at most WORKER_NODES_MAX of them.
 */
extern void
worker_status_nodes(int node_id, const WorkerNodeProblem *problems, int count);

/* The worker fails; logged only if the message differs from the last one. */
extern void
worker_status_failing(const char *format, ...) pg_attribute_printf(1, 2);

/* Set the latch of the worker of that kind and network, if it runs. */
extern void worker_wake(WorkerKind kind, const pg_uuid_t *network_id);

/*
 * Send a signal to every worker except the caller, when the launcher starts;
 * returns their number.
 */
extern int worker_signal_others(int signal);

#endif
