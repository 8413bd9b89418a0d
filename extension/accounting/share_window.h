/*
 * share_window.h
 *	  The work of a block's round or of the window before it, by account.
 *
 * Used by rewards.c.  All of it needs SPI, and reads by the active snapshot
 * only: whatever is submitted meanwhile changes nothing.
 */
#ifndef CHIMERA_SHARE_WINDOW_H
#define CHIMERA_SHARE_WINDOW_H

#include "postgres.h"

#include "datatype/timestamp.h"
#include "utils/hsearch.h"
#include "utils/uuid.h"

#include "accounting/work.h"

/* A block as the schemes see it. */
typedef struct RewardBlock
{
	int64 block_id;
	pg_uuid_t network_id;
	int64 share_id; /* its own share: the last of its round and window */
	TimestampTz found_at;
	double network_difficulty;

	/* the block before it, by share; the lowest there are when none is */
	int64 previous_share_id;
	TimestampTz previous_found_at;

	/*
	 * Where shares were paid as they came before the block, the last of those:
	 * no window goes back to it.  And when that was; the lowest there are when
	 * none were.
	 */
	int64 paid_share_id;
	TimestampTz paid_at;

	/* shares of before have been dropped; the lowest when none have */
	TimestampTz dropped_until;

	/* how far submitted_at may be from the order of share_id, in us */
	int64 clock_slack;
} RewardBlock;

/* What an account has done, for one job where jobs are told apart. */
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

/* some of the shares that a block's work is made of have been dropped */
#define ERRCODE_SHARES_DROPPED MAKE_SQLSTATE('5', '5', 'C', '0', '1')

/*
 * With 'fees_only', shares that were paid their part of the subsidy alone, as
 * PPS+ does, still count.  ERROR P0002: no such block; 55000: its shares can't
 * be counted (yet).
 */
extern void
reward_block_read(int64 block_id, bool fees_only, RewardBlock *block);

/* A table of AccountWork; ERROR 55C01 when shares of it have been dropped. */
extern HTAB *round_work(const RewardBlock *block);

/*
 * The same with each share's work faded by its age at the time of the block,
 * in units of 2^-64 of work.
 */
extern HTAB *round_score(const RewardBlock *block, int64 constant_us);

/*
 * The last shares up to the block's own whose work is 'size' together, the
 * first of them counted in part; all there are when that is less.  ERROR 55C01
 * when they are less for having been dropped.
 */
extern HTAB *
window_work(const RewardBlock *block, const Uint256 *size, bool by_job);

#endif
