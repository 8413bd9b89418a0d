/*
 * vardiff.h
 *	  Which difficulty suits a miner: pure functions, no clock, no I/O.
 *
 * The measure is work, not shares: a new difficulty reaches the miner only
 * with a later job, so that shares of the old one keep coming for a while,
 * and counting them as if they were new would overshoot.  The work accepted in
 * the window, divided by its seconds, times the seconds wanted per share is
 * the difficulty that suits (the ideal).  A step is taken
 *
 * - when retarget_shares shares have come or retarget_s seconds have passed;
 *   a step is then at most a factor of VARDIFF_MAX_STEP, for the window may
 *   have been an unusual one;
 * - at once, and as far as the ideal is, when VARDIFF_FAST_SHARES shares, in at
 *   least VARDIFF_FAST_S since the first one, show that the miner is more than
 *   VARDIFF_MAX_STEP times too fast: a big rig on a low difficulty shall not
 *   flood the pool, however long its connection was idle before;
 * - by VARDIFF_SILENT_STEP downwards when no share at all has come in the time
 *   of VARDIFF_SILENT_TARGETS: a small device on a high starting difficulty is
 *   not to wait for hours.  A miner at its ideal is as silent as that once in
 *   3000 windows.
 *
 * Inside +-variance of the target nothing changes.
 */
#ifndef STRATUMD_VARDIFF_H
#define STRATUMD_VARDIFF_H

#include <stdbool.h>

#define VARDIFF_MAX_STEP	   4.0
#define VARDIFF_FAST_SHARES	   16
#define VARDIFF_FAST_S		   0.5
#define VARDIFF_SILENT_STEP	   32.0
#define VARDIFF_SILENT_TARGETS 8

typedef enum VardiffStep
{
	VARDIFF_NO_STEP, /* the window goes on */
	VARDIFF_STEP,
	VARDIFF_FAST_STEP /* not to wait for the next job */
} VardiffStep;

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
	double start;	   /* seconds of the caller's clock */
	double work;	   /* difficulty of the accepted shares */
	double first_at;   /* of its first share */
	double first_work; /* and that one's difficulty */
	int shares;
} VardiffWindow;

extern void vardiff_restart(VardiffWindow *window, double now);
extern void
vardiff_add_share(VardiffWindow *window, double now, double difficulty);

/* Whether the shares so far come much too fast for a difficulty. */
extern bool
vardiff_is_fast(const VardiffWindow *window, const VardiffLimits *limits,
				double now, double difficulty);

/*
 * Whether the window says something now; then *difficulty, at first the one
 * the miner has or is to have, may be changed, and the caller starts a new
 * window.
 */
extern VardiffStep
vardiff_retarget(const VardiffWindow *window, const VardiffLimits *limits,
				 double now, double *difficulty);

/* The nearest difficulty within the limits; a maximum wins over a minimum. */
extern double vardiff_clamp(const VardiffLimits *limits, double difficulty);

#endif
