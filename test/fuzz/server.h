/*
 * server.h
 *	  What code of the extension needs of the server around it, for targets
 *	  that run such code: memory that ends with the input, and ERROR.
 */
#ifndef CHIMERA_FUZZ_SERVER_H
#define CHIMERA_FUZZ_SERVER_H

#include "postgres.h"

#include "fuzz.h"

/*
 * Run the code; false when it ended in an ERROR, whose SQLSTATE is then in
 * *sqlstate.
 */
extern bool server_run(void (*run)(void *arg), void *arg, int *sqlstate);

/* Free all that was palloc'd since the last time. */
extern void server_free_memory(void);

#endif
