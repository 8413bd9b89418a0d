/*
 * share_result.h
 *	  What becomes of a submitted share.
 */
#ifndef STRATUMD_SHARE_RESULT_H
#define STRATUMD_SHARE_RESULT_H

/* The bytes that chimera.submit_shares returns, then stratumd's own. */
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
	SHARE_NEARLY = 9, /* at least half the difficulty that the miner was sent */
	SHARE_FAILED,	  /* the batch failed; the log says why */
	SHARE_NOT_SENT,	  /* the database was unavailable all the time */
	SHARE_UNANSWERED, /* sent, but the response was lost */
	SHARE_BANNED,	  /* the miner was banned while the share was queued */
	SHARE_RESULTS	  /* how many there are */
} ShareResult;

#endif
