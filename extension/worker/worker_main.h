/*
 * worker_main.h
 *	  What all background workers begin and end with.
 */
#ifndef CHIMERA_WORKER_MAIN_H
#define CHIMERA_WORKER_MAIN_H

#include "postgres.h"

#include "utils/uuid.h"

#include "worker/worker_status.h"

/* What bgw_extra carries to a worker that serves one network. */
typedef struct WorkerArguments
{
	pg_uuid_t network_id;
	char network_name[NAMEDATALEN];
} WorkerArguments;

/*
 * Connect to chimera.database, enter the worker's status and call 'work',
 * which returns when it has nothing to do any more.  An ERROR in it is shown
 * as the worker's failure (logged when it is a new one) and ends the process;
 * whoever started it starts it again.  'arguments' is NULL for the server's
 * own workers.
 */
extern void worker_run(WorkerKind kind, const WorkerArguments *arguments,
					   void (*work)(const WorkerArguments *arguments));

/* Read the configuration again if a SIGHUP asked for it. */
extern void worker_reload_settings(void);

/*
 * Sleep until the latch is set or the time is over (-1: no limit); serves
 * interrupts and SIGHUP.
 */
extern void worker_sleep(long timeout_ms);

/* The entry points that launcher.c registers, by name. */
extern PGDLLEXPORT void chimera_launcher_main(Datum arg);
extern PGDLLEXPORT void chimera_accountant_main(Datum arg);
extern PGDLLEXPORT void chimera_template_main(Datum arg);
extern PGDLLEXPORT void chimera_block_main(Datum arg);
extern PGDLLEXPORT void chimera_payer_main(Datum arg);

#endif
