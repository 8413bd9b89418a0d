/*
 * share_queue.h
 *	  Shares on their way to the database and its verdicts on the way back.
 *
 * Natural group commit: at the end of each iteration of the event loop every
 * submit connection that is free takes all that waits, up to a batch's size.
 * While it commits, the next batch gathers.  No timer adds to a share's way.
 */
#ifndef STRATUMD_SHARE_QUEUE_H
#define STRATUMD_SHARE_QUEUE_H

#include "session.h"

/* The bytes that chimera.submit_shares answers with, then our own. */
typedef enum ShareResult
{
	SHARE_ACCEPTED = 0,
	SHARE_IS_BLOCK = 1,
	SHARE_STALE = 2,
	SHARE_DUPLICATE = 3,
	SHARE_LOW_DIFFICULTY = 4,
	SHARE_UNKNOWN_MINER = 5,
	SHARE_BAD_NTIME = 6,
	SHARE_BAD_VERSION = 7,
	SHARE_SET_FULL = 8,
	SHARE_FAILED,	  /* the batch failed; the log says why */
	SHARE_NOT_SENT,	  /* the database was away all the time */
	SHARE_UNANSWERED, /* sent once, and the answer lost */
	SHARE_RESULTS	  /* how many there are */
} ShareResult;

/* One submission; all but the first members are as the batch carries them. */
typedef struct Share
{
	struct Share *next;
	Session *session;
	double queued_at;
	bool may_be_stored; /* sent, and the answer lost */
	RequestId id;

	int64_t job_id;
	int32_t miner_id;
	uint32_t extranonce1;
	uint64_t extranonce2;
	uint32_t ntime;
	uint32_t nonce;
	uint32_t version_mask;
	uint32_t version_bits;
	double difficulty;
} Share;

typedef void (*ShareDone)(const Share *share, ShareResult result);

extern void
share_queue_start(const char *conninfo, int connections, ShareDone done);

/* A share from a pool, to be filled in, then added or freed. */
extern Share *share_new(void);
extern void share_free(Share *share);
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
