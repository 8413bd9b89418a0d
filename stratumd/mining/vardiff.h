/*
 * vardiff.h
 *	  Which difficulty suits a miner: pure functions, no clock, no I/O.
 *
 * It measures work, not shares: a new difficulty reaches the miner with a
 * later job, so shares of the previous difficulty keep coming for a while, and
 * counting them as if they were new would overshoot.  The work accepted in the
 * window, divided by its seconds, times the seconds wanted per share is the
 * difficulty that suits (the ideal). A step is taken
 *
 * - when retarget_shares shares have come or retarget_s seconds have passed;
 *   such a step is at most a factor of VARDIFF_MAX_STEP, since the window may
 *   be untypical;
 * - at once, and as far as the ideal, when VARDIFF_FAST_SHARES shares, in at
 *   least VARDIFF_FAST_S since the first one, show that the miner is more than
 *   VARDIFF_MAX_STEP times too fast: a large rig at a low difficulty must not
 *   flood the pool, however long its connection was idle before;
 * - by VARDIFF_SILENT_STEP downwards when no share has come in the time of
 *   VARDIFF_SILENT_TARGETS: a small device at a high starting difficulty must
 *   not wait for hours.  A miner at its ideal is silent that long once in 3000
 *   windows.
 *
 * Within +-variance of the target nothing changes.
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
	VARDIFF_NO_STEP, /* the window continues */
	VARDIFF_STEP,
	VARDIFF_FAST_STEP /* without waiting for the next job */
} VardiffStep;

typedef struct VardiffLimits
{
	double min_difficulty;
	double max_difficulty;
	double target_s; /* seconds wanted per share */
	double retarget_s;
	int retarget_shares;
	double variance; /* 0.15: within 15 % of the target is good enough */
} VardiffLimits;

typedef struct VardiffWindow
{
	double start;	   /* in seconds of the caller's clock */
	double work;	   /* difficulty of the accepted shares */
	double first_at;   /* when its first share came */
	double first_work; /* that share's difficulty */
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
 * Whether the window is conclusive.  If so, *difficulty, on entry the one that
 * the miner has or will have, may have changed, and the caller starts a new
 * window.
 */
extern VardiffStep
vardiff_retarget(const VardiffWindow *window, const VardiffLimits *limits,
				 double now, double *difficulty);

/*
 * The nearest difficulty within the limits; the maximum wins over the minimum.
 */
extern double vardiff_clamp(const VardiffLimits *limits, double difficulty);

#endif
