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

/* The difficulty at which the window's work is a share every target_s. */
static double
ideal_of(const VardiffWindow *window, const VardiffLimits *limits, double now)
{
	double elapsed = fmax(now - window->start, SHORTEST_WINDOW_S);

	return window->work / elapsed * limits->target_s;
}

static bool
is_silent(const VardiffWindow *window, const VardiffLimits *limits,
		  double elapsed)
{
	return window->shares == 0 &&
		   elapsed >= limits->target_s * VARDIFF_SILENT_TARGETS;
}

static bool
is_due(const VardiffWindow *window, const VardiffLimits *limits, double elapsed)
{
	return window->shares >= limits->retarget_shares ||
		   elapsed >= limits->retarget_s || is_silent(window, limits, elapsed);
}

bool
vardiff_is_fast(const VardiffWindow *window, const VardiffLimits *limits,
				double now, double difficulty)
{
	return window->shares >= VARDIFF_FAST_SHARES &&
		   difficulty < limits->max_difficulty &&
		   ideal_of(window, limits, now) > difficulty * VARDIFF_MAX_STEP;
}

VardiffStep
vardiff_retarget(const VardiffWindow *window, const VardiffLimits *limits,
				 double now, double *difficulty)
{
	double elapsed = now - window->start;
	double ratio = ideal_of(window, limits, now) / *difficulty;
	double lowest = is_silent(window, limits, elapsed) ? 1 / VARDIFF_SILENT_STEP
													   : 1 / VARDIFF_MAX_STEP;
	bool is_fast = vardiff_is_fast(window, limits, now, *difficulty);

	if (is_fast ? elapsed < VARDIFF_FAST_S : !is_due(window, limits, elapsed))
		return VARDIFF_NO_STEP;

	/* seconds per share are the target's divided by the ratio */
	if (ratio * (1 - limits->variance) <= 1 &&
		ratio * (1 + limits->variance) >= 1)
		return VARDIFF_STEP;

	ratio = fmax(ratio, lowest);
	if (!is_fast)
		ratio = fmin(ratio, VARDIFF_MAX_STEP);
	*difficulty = vardiff_clamp(limits, round_difficulty(*difficulty * ratio));
	return is_fast ? VARDIFF_FAST_STEP : VARDIFF_STEP;
}
