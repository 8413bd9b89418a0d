/*
 * share_queue.h
 *	  Carries shares to the database and its decisions back.
 *
 * Natural group commit: at the end of each iteration of the event loop every
 * free submit connection takes all shares that wait, up to a batch's size.
 * While it commits, the next batch gathers.  No timer delays a share.
 *
 * Sessions that have given no good share recently (reputation.c) have a lane
 * of their own, except for their first few shares: small batches, one at a
 * time with pauses, so that a flood of bad shares delays itself and not the
 * others.
 */
#ifndef STRATUMD_SHARE_QUEUE_H
#define STRATUMD_SHARE_QUEUE_H

#include "database/share.h"
#include "share_result.h"

typedef void (*ShareDone)(const Share *share, ShareResult result);

extern void
share_queue_start(const char *conninfo, int connections, ShareDone done);

/* Queue a share that has been filled in. */
extern void share_queue_add(Share *share);

/* Send what waits; called in each iteration. */
extern void share_queue_dispatch(void);

/* Give up on what has waited too long. */
extern void share_queue_expire(double now);
extern bool share_queue_is_idle(void);

/* Whether a connection that carries shares is open. */
extern bool share_queue_is_served(void);
extern void share_queue_stop(void);

#endif
