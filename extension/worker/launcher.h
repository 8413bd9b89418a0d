/*
 * launcher.h
 *	  The worker that starts and stops all others.
 */
#ifndef CHIMERA_LAUNCHER_H
#define CHIMERA_LAUNCHER_H

#include "postgres.h"

/* Shared memory: whether the database has been seen. */
extern void launcher_request(void);
extern void launcher_attach(void);

/* Register the launcher; only while shared_preload_libraries is processed. */
extern void launcher_register(void);

#endif
