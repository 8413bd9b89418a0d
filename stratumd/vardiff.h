/*
 * vardiff.h
 *	  Which difficulty suits a miner: pure functions, no clock, no I/O.
 *
 * The measure is work, not shares: a new difficulty reaches the miner only
 * with its next job, so that shares of the old one keep coming for a while,
 * and counting them as if they were new would overshoot.  The work accepted in
 * the window, divided by its seconds, times the seconds wanted per share is
 * the difficulty that suits (the ideal).  A step is taken
 *
 * - when retarget_shares shares have come or retarget_s seconds have passed;
 *   a step is then at most a factor of VARDIFF_MAX_STEP, for the window may
 *   have been an unusual one, without any share for instance;
 * - earlier when VARDIFF_FAST_SHARES shares show that the miner is more than
 *   VARDIFF_MAX_STEP times too fast: a big rig on a low starting difficulty
 *   shall not flood the pool for minutes.  That many shares estimate a rate
 *   well enough for a step of up to VARDIFF_MAX_FAST_STEP.
 *
 * Inside +-variance of the target nothing changes.
 */
#ifndef STRATUMD_VARDIFF_H
#define STRATUMD_VARDIFF_H

#include <stdbool.h>

#define VARDIFF_MAX_STEP	  4.0
#define VARDIFF_MAX_FAST_STEP 64.0
#define VARDIFF_FAST_SHARES	  16

typedef struct VardiffLimits
{
	double min_difficulty;
	double max_difficulty;
	double target_s; /* seconds wanted per share */
	double retarget_s;
	int retarget_shares;
	double variance; /* 0.15: within 15 % of the target is good */
} VardiffLimits;

typedef struct VardiffWindow
{
	double start; /* seconds of the caller's clock */
	double work;  /* difficulty of the accepted shares */
	int shares;
} VardiffWindow;

extern void vardiff_restart(VardiffWindow *window, double now);
extern void vardiff_add_share(VardiffWindow *window, double difficulty);

/*
 * Whether the window says something now; then *difficulty, at first the one
 * the miner has or will have with its next job, may be changed, and the caller
 * starts a new window.
 */
extern bool
vardiff_retarget(const VardiffWindow *window, const VardiffLimits *limits,
				 double now, double *difficulty);

/* The nearest difficulty within the limits; a maximum wins over a minimum. */
extern double vardiff_clamp(const VardiffLimits *limits, double difficulty);

#endif
