/*
 * worker_status.h
 *	  What the background workers are doing, for chimera.health and for each
 *	  other's latches.
 */
#ifndef CHIMERA_WORKER_STATUS_H
#define CHIMERA_WORKER_STATUS_H

#include "postgres.h"

#include "utils/uuid.h"

typedef enum WorkerKind
{
	WORKER_LAUNCHER,
	WORKER_ACCOUNTANT,
	WORKER_TEMPLATE, /* one a network */
	WORKER_BLOCK,	 /* one a network */
	WORKER_PAYER,	 /* one a network that pays out */
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

/* The kind's word in SQL, the process list and the log. */
extern const char *worker_kind_name(WorkerKind kind);

/*
 * Enter this process, until it exits, as the worker of that kind (and network,
 * NULL for the server's own).
 */
extern void worker_status_enter(WorkerKind kind, const pg_uuid_t *network_id,
								const char *network_name);

/*
 * Work has just succeeded; logged when it had been failing.  The second form
 * has more to say than "ok" (nothing: an empty message).
 */
extern void worker_status_ok(void);
extern void
worker_status_works(const char *format, ...) pg_attribute_printf(1, 2);

/* Work fails; logged only when the message differs from the last one. */
extern void
worker_status_failing(const char *format, ...) pg_attribute_printf(1, 2);

/* Set the latch of the worker of that kind and network, if there is one. */
extern void worker_wake(WorkerKind kind, const pg_uuid_t *network_id);

/*
 * Send a signal to every worker but the caller, for the launcher's start;
 * returns how many there are.
 */
extern int worker_signal_others(int signal);

#endif
