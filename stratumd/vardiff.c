/*
 * vardiff.c
 *	  Which difficulty suits a miner: pure functions, no clock, no I/O.
 */
#include "vardiff.h"

#include <math.h>
#include <stdlib.h>

#define SIGNIFICANT_DIGITS 3
#define SHORTEST_WINDOW_S  0.1 /* answers come in batches: don't divide by 0 */

void
vardiff_restart(VardiffWindow *window, double now)
{
	window->start = now;
	window->work = 0;
	window->shares = 0;
}

void
vardiff_add_share(VardiffWindow *window, double difficulty)
{
	window->work += difficulty;
	window->shares++;
}

double
vardiff_clamp(const VardiffLimits *limits, double difficulty)
{
	return fmin(fmax(difficulty, limits->min_difficulty),
				limits->max_difficulty);
}

/* Miners and people read it: 12300, not 12345.6789. */
static double
round_difficulty(double difficulty)
{
	int digits = (int) floor(log10(difficulty)) + 1 - SIGNIFICANT_DIGITS;
	double unit = pow(10, abs(digits));

	/* divide by a power of ten that is exact: 0.1 is not */
	return digits >= 0 ? round(difficulty / unit) * unit
					   : round(difficulty * unit) / unit;
}

static bool
is_due(const VardiffWindow *window, const VardiffLimits *limits, double elapsed)
{
	return window->shares >= limits->retarget_shares ||
		   elapsed >= limits->retarget_s;
}

bool
vardiff_retarget(const VardiffWindow *window, const VardiffLimits *limits,
				 double now, double *difficulty)
{
	double elapsed = fmax(now - window->start, SHORTEST_WINDOW_S);
	double ideal = window->work / elapsed * limits->target_s;
	double ratio = ideal / *difficulty;
	bool fast =
		window->shares >= VARDIFF_FAST_SHARES && ratio > VARDIFF_MAX_STEP;
	double limit = fast ? VARDIFF_MAX_FAST_STEP : VARDIFF_MAX_STEP;

	if (!fast && !is_due(window, limits, elapsed))
		return false;

	/* seconds per share are the target's divided by the ratio */
	if (ratio * (1 - limits->variance) <= 1 &&
		ratio * (1 + limits->variance) >= 1)
		return true;

	ratio = fmin(fmax(ratio, 1 / VARDIFF_MAX_STEP), limit);
	*difficulty = vardiff_clamp(limits, round_difficulty(*difficulty * ratio));
	return true;
}
