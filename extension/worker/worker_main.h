/*
 * worker_main.h
 *	  Common start and end of all background workers.
 */
#ifndef CHIMERA_WORKER_MAIN_H
#define CHIMERA_WORKER_MAIN_H

#include "postgres.h"

#include "utils/uuid.h"

#include "worker/worker_status.h"

/* What bgw_extra holds for a worker that serves one network. */
typedef struct WorkerArguments
{
	pg_uuid_t network_id;
	char network_name[NAMEDATALEN];
} WorkerArguments;

/*
 * Connect to chimera.database, enter the worker's status and call 'work',
 * which returns when the worker is not needed any more.  An ERROR is shown as
 * the worker's failure (logged if it is new) and ends the process; it is
 * started again later.  'arguments' is NULL for workers that serve no network.
 */
extern void worker_run(WorkerKind kind, const WorkerArguments *arguments,
					   void (*work)(const WorkerArguments *arguments));

/* Read the configuration again if a SIGHUP asked for it. */
extern void worker_reload_settings(void);

/*
 * Sleep until the latch is set or the time is over (-1: no limit).  Serves
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
