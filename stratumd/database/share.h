/*
 * share.h
 *	  A submission, its encoding, and lanes of them.
 *
 * Shares come from a pool of their own: no malloc for each.
 */
#ifndef STRATUMD_SHARE_H
#define STRATUMD_SHARE_H

#include "session/session.h"
#include "share/batch_format.h"

/* The results of chimera.submit_shares, then stratumd's own. */
typedef enum ShareResult
{
	SHARE_ACCEPTED = SUBMIT_ACCEPTED,
	SHARE_IS_BLOCK = SUBMIT_BLOCK,
	SHARE_STALE = SUBMIT_STALE,
	SHARE_DUPLICATE = SUBMIT_DUPLICATE,
	SHARE_LOW_DIFFICULTY = SUBMIT_LOW_DIFFICULTY,
	SHARE_UNKNOWN_MINER = SUBMIT_UNKNOWN_MINER,
	SHARE_BAD_NTIME = SUBMIT_BAD_NTIME,
	SHARE_BAD_VERSION = SUBMIT_BAD_VERSION,
	SHARE_SET_FULL = SUBMIT_FULL,
	SHARE_NEARLY = SUBMIT_NEARLY,
	SHARE_FAILED,	  /* the batch failed; the log says why */
	SHARE_NOT_SENT,	  /* the database was away all the time */
	SHARE_UNANSWERED, /* sent once, and the answer lost */
	SHARE_BANNED,	  /* its miner was banned meanwhile */
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

/* Shares one after the other. */
typedef struct ShareLane
{
	Share *first;
	Share *last;
	int count;
} ShareLane;

/* A share from the pool, to be filled in, then queued or freed. */
extern Share *share_new(void);
extern void share_free(Share *share);

/* These write to out and return its new end. */
extern uint8_t *share_encode_version(uint8_t *out);
extern uint8_t *share_encode(uint8_t *out, const Share *share);

extern void lane_append(ShareLane *lane, Share *share);
extern Share *lane_take_first(ShareLane *lane);

/* Move all of one lane before what the other has. */
extern void lane_put_back(ShareLane *lane, ShareLane *batch);

#endif
