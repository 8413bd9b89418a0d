/*
 * live_jobs.h
 *	  Which jobs of each network still take shares.
 */
#ifndef CHIMERA_LIVE_JOBS_H
#define CHIMERA_LIVE_JOBS_H

#include "postgres.h"

#include "utils/uuid.h"

/*
 * The time after a job was superseded, on whatever tip, during which its
 * blocks are submitted and so its template is kept: as long as ckpool keeps
 * its work.
 */
#define LATE_BLOCK_S 600

extern void live_jobs_request(void);
extern void live_jobs_attach(void);

/* ERROR 55000 if the library is not in shared_preload_libraries. */
extern void live_jobs_require(void);

/* A network's slot, created at first use; ERROR 53400 if all are taken. */
extern int live_jobs_slot(const pg_uuid_t *network_id);

/* The oldest job of the slot's network that takes shares; 0 if it has none. */
extern int64 live_jobs_from(int slot);

/*
 * The oldest job of the slot's network whose blocks are still submitted, since
 * its template is kept; at most live_jobs_from(), unless the network is
 * stopped.
 */
extern int64 live_jobs_kept_from(int slot);

/* Retire the jobs before job_id.  Never goes back. */
extern void live_jobs_advance(int slot, int64 job_id);

/* Stop submitting the blocks of jobs before job_id.  Never goes back. */
extern void live_jobs_keep_from(int slot, int64 job_id);

/*
 * Set both unconditionally: only while the share set is being loaded, when no
 * share can be accepted (the ids of a re-created extension start over).
 */
extern void live_jobs_set(int slot, int64 from, int64 kept_from);

/*
 * The network is deleted: another may use its slot after the transaction
 * commits.  All its jobs must be retired.
 */
extern void live_jobs_release_at_commit(const pg_uuid_t *network_id);

/* Counts the retirements: no live job was retired while this is unchanged. */
extern uint64 live_jobs_retirements(void);

#endif
