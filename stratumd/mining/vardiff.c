/*
 * vardiff.c
 *	  Which difficulty suits a miner: pure functions, no clock, no I/O.
 */
#include "mining/vardiff.h"

#include <math.h>
#include <stdlib.h>

#define SIGNIFICANT_DIGITS 3
#define SHORTEST_WINDOW_S  0.1 /* responses come in batches */

void
vardiff_restart(VardiffWindow *window, double now)
{
	*window = (VardiffWindow){.start = now};
}

void
vardiff_add_share(VardiffWindow *window, double now, double difficulty)
{
	if (window->shares == 0)
	{
		window->first_at = now;
		window->first_work = difficulty;
	}
	window->work += difficulty;
	window->shares++;
}

double
vardiff_clamp(const VardiffLimits *limits, double difficulty)
{
	return fmin(fmax(difficulty, limits->min_difficulty),
				limits->max_difficulty);
}

/* People read it: 12300 instead of 12345.6789. */
static double
round_difficulty(double difficulty)
{
	int digits = (int) floor(log10(difficulty)) + 1 - SIGNIFICANT_DIGITS;
	double unit = pow(10, abs(digits));

	/* divide by an exact power of ten: 0.1 is not exact */
	return digits >= 0 ? round(difficulty / unit) * unit
					   : round(difficulty * unit) / unit;
}

/* The difficulty at which that work makes a share every target_s. */
static double
ideal_of(const VardiffLimits *limits, double work, double seconds)
{
	return work / fmax(seconds, SHORTEST_WINDOW_S) * limits->target_s;
}

static double
fast_ideal(const VardiffWindow *window, const VardiffLimits *limits, double now)
{
	return ideal_of(limits, window->work - window->first_work,
					now - window->first_at);
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
		   fast_ideal(window, limits, now) > difficulty * VARDIFF_MAX_STEP;
}

/* The new difficulty; it changes by no more than these factors. */
static double
step_to(const VardiffLimits *limits, double difficulty, double ideal,
		double most_down, double most_up)
{
	double ratio = fmin(fmax(ideal / difficulty, 1 / most_down), most_up);

	return vardiff_clamp(limits, round_difficulty(difficulty * ratio));
}

VardiffStep
vardiff_retarget(const VardiffWindow *window, const VardiffLimits *limits,
				 double now, double *difficulty)
{
	double elapsed = now - window->start;
	double ideal = ideal_of(limits, window->work, elapsed);
	double ratio = ideal / *difficulty;
	bool silent = is_silent(window, limits, elapsed);

	if (vardiff_is_fast(window, limits, now, *difficulty))
	{
		if (now - window->first_at < VARDIFF_FAST_S)
			return VARDIFF_NO_STEP;
		*difficulty =
			step_to(limits, *difficulty, fast_ideal(window, limits, now),
					VARDIFF_MAX_STEP, INFINITY);
		return VARDIFF_FAST_STEP;
	}
	if (!is_due(window, limits, elapsed))
		return VARDIFF_NO_STEP;

	/* seconds per share are the target's divided by the ratio */
	if (ratio * (1 - limits->variance) > 1 ||
		ratio * (1 + limits->variance) < 1)
		*difficulty = step_to(limits, *difficulty, ideal,
							  silent ? VARDIFF_SILENT_STEP : VARDIFF_MAX_STEP,
							  VARDIFF_MAX_STEP);
	return VARDIFF_STEP;
}
