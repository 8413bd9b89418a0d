/*
 * share_result.h
 *	  What becomes of a submitted share.
 */
#ifndef STRATUMD_SHARE_RESULT_H
#define STRATUMD_SHARE_RESULT_H

#include "share/batch_format.h"

/* The bytes that chimera.submit_shares returns, then stratumd's own. */
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
	SHARE_BAD_EXTRANONCE2 = SUBMIT_BAD_EXTRANONCE2,
	SHARE_FAILED,	  /* the batch failed; the log says why */
	SHARE_NOT_SENT,	  /* the database was unavailable all the time */
	SHARE_UNANSWERED, /* sent, but the response was lost */
	SHARE_BANNED,	  /* the miner was banned while the share was queued */
	SHARE_RESULTS	  /* how many there are */
} ShareResult;

#endif
