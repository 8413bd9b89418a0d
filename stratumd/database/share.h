/*
 * share.h
 *	  A submission, its encoding, and lanes of submissions.
 *
 * Shares come from slabs: a share needs no malloc.
 */
#ifndef STRATUMD_SHARE_H
#define STRATUMD_SHARE_H

#include "session/session.h"
#include "share/batch_format.h"

/* One submission; the members from job_id on are encoded in the batch. */
typedef struct Share
{
	struct Share *next;
	Session *session;
	double queued_at;
	bool may_be_stored; /* it was sent, and the response lost */
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

/* A queue of shares. */
typedef struct ShareLane
{
	Share *first;
	Share *last;
	int count;
} ShareLane;

/* A share from the slabs; the caller fills it in, then queues or frees it. */
extern Share *share_new(void);
extern void share_free(Share *share);

/* These write to out and return the position after what they wrote. */
extern uint8_t *share_encode_version(uint8_t *out);
extern uint8_t *share_encode(uint8_t *out, const Share *share);

extern void lane_append(ShareLane *lane, Share *share);
extern Share *lane_take_first(ShareLane *lane);

/* Move all shares of the batch to the head of the lane. */
extern void lane_put_back(ShareLane *lane, ShareLane *batch);

#endif
