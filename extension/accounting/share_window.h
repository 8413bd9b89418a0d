/*
 * share_window.h
 *	  The work of a block's round, or of the window before it, by account.
 *
 * Used by reward_weights.c.  All functions need SPI and read with the active snapshot
 * only, so shares that are submitted meanwhile change nothing.
 */
#ifndef CHIMERA_SHARE_WINDOW_H
#define CHIMERA_SHARE_WINDOW_H

#include "postgres.h"

#include "datatype/timestamp.h"
#include "utils/hsearch.h"
#include "utils/uuid.h"

#include "accounting/work.h"

/* A block as the reward schemes see it. */
typedef struct RewardBlock
{
	int64 block_id;
	pg_uuid_t network_id;
	bool is_child;	/* or was: shares of parents count, too (merged mining) */
	int64 share_id; /* its own share, the last of its round and window */
	TimestampTz found_at;
	double network_difficulty;

	/* the previous block by share; the lowest values if there is none */
	int64 previous_share_id;
	TimestampTz previous_found_at;

	/*
	 * If shares were paid as they came before the block: the last of them,
	 * which no window reaches back to, and when that ended.  The lowest values
	 * if none were.
	 */
	int64 paid_share_id;
	TimestampTz paid_at;

	/*
	 * shares before this time have been dropped; the lowest value if none have
	 */
	TimestampTz dropped_until;

	/* how far submitted_at may deviate from the order of share_id, in us */
	int64 clock_slack;
} RewardBlock;

/* An account, and a job if jobs are counted separately. */
typedef struct WorkKey
{
	int64 job_id; /* or 0 */
	int64 account_id;
} WorkKey;

typedef struct AccountWork
{
	WorkKey key;
	Uint256 work;
} AccountWork;

/* some of the shares that belong to a block have been dropped */
#define ERRCODE_SHARES_DROPPED MAKE_SQLSTATE('5', '5', 'C', '0', '1')

/*
 * With 'fees_only', shares that were paid only their part of the subsidy, as
 * PPS+ does, still count.  ERROR P0002: the block does not exist; 55000: its
 * shares cannot be counted (yet).
 */
extern void
reward_block_read(int64 block_id, bool fees_only, RewardBlock *block);

/*
 * A table of AccountWork; ERROR 55C01 if some of the shares have been dropped.
 */
extern HTAB *round_work(const RewardBlock *block);

/*
 * The same with the work of each share decayed by its age at the time of the
 * block, in units of 2^-64 of work.
 */
extern HTAB *round_score(const RewardBlock *block, int64 constant_us);

/*
 * The last shares up to the block's own that have 'size' work in total, the
 * first of them counted in part; all shares if they have less.  ERROR 55C01 if
 * they have less because shares have been dropped.
 */
extern HTAB *
window_work(const RewardBlock *block, const Uint256 *size, bool by_job);

#endif
