/*
 * share_queue.h
 *	  Shares on their way to the database and its verdicts on the way back.
 *
 * Natural group commit: at the end of each iteration of the event loop every
 * submit connection that is free takes all that waits, up to a batch's size.
 * While it commits, the next batch gathers.  No timer adds to a share's way.
 *
 * Sessions that have shown no good share lately (reputation.c) have a lane of
 * their own, but for their first few shares: small batches, one at a time with
 * rests between them, so that a flood of bad shares waits for itself and not
 * the others for it.
 */
#ifndef STRATUMD_SHARE_QUEUE_H
#define STRATUMD_SHARE_QUEUE_H

#include "database/share.h"

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

/* Whether some connection to the database works. */
extern bool share_queue_is_served(void);
extern void share_queue_stop(void);

#endif
