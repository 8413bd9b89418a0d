/*
 * live_jobs.h
 *	  Which jobs of each network still take shares.
 */
#ifndef CHIMERA_LIVE_JOBS_H
#define CHIMERA_LIVE_JOBS_H

#include "postgres.h"

#include "utils/uuid.h"

/*
 * For how long after a job has been superseded, whatever the tip, its blocks
 * are handed in, and so its template is kept: as long as ckpool keeps its work.
 */
#define LATE_BLOCK_S 600

extern void live_jobs_request(void);
extern void live_jobs_attach(void);

/* The library is in shared_preload_libraries; ERROR 55000 if not. */
extern void live_jobs_require(void);

/* A network's slot, made at first use; ERROR 53400 when all are taken. */
extern int live_jobs_slot(const pg_uuid_t *network_id);

/* The oldest job of a slot's network that takes shares; 0 before any. */
extern int64 live_jobs_from(int slot);

/*
 * The oldest job of a slot's network of which blocks are still handed in, since
 * its template is kept; at most live_jobs_from(), unless work is stopped.
 */
extern int64 live_jobs_kept_from(int slot);

/* Retire the jobs before job_id.  Never goes back. */
extern void live_jobs_advance(int slot, int64 job_id);

/* Blocks of the jobs before job_id are no longer handed in.  Never goes back.
 */
extern void live_jobs_keep_from(int slot, int64 job_id);

/*
 * Set both outright: only while the share set is being loaded, when no share
 * can be taken (a re-created extension's ids start over).
 */
extern void live_jobs_set(int slot, int64 from, int64 kept_from);

/*
 * The network is deleted: when the transaction commits another may have its
 * slot.  Its jobs must all be retired.
 */
extern void live_jobs_release_at_commit(const pg_uuid_t *network_id);

/* Counts the retirements: unchanged as long as what is live has not shrunk. */
extern uint64 live_jobs_retirements(void);

#endif
