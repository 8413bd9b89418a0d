/*
 * wake.h
 *	  Wakes a worker if, and only if, the current transaction commits.
 */
#ifndef CHIMERA_WAKE_H
#define CHIMERA_WAKE_H

#include "postgres.h"

#include "utils/uuid.h"

#include "worker/worker_status.h"

extern void wake_register(void);

/*
 * Set the latch of that worker once the current transaction has committed;
 * network_id as in worker_wake().  Does nothing if the library is not
 * preloaded, since there are no workers then.
 */
extern void worker_wake_at_commit(WorkerKind kind, const pg_uuid_t *network_id);

#endif
