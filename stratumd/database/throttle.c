/*
 * throttle.c
 *	  A pause after work that may be part of a flood.
 */
#include "database/throttle.h"

#include <math.h>

#include "loop.h"

#define TIMES  3 /* the duration of the work */
#define MOST_S 0.01

static void
wake_up(struct ev_loop *loop UNUSED, ev_timer *timer UNUSED, int events UNUSED)
{
}

void
throttle_init(Throttle *throttle)
{
	throttle->until = 0;
	ev_init(&throttle->end, wake_up);
}

void
throttle_from(Throttle *throttle, double begun_at)
{
	double now = clock_now();
	double length = fmin(TIMES * (now - begun_at), MOST_S);

	throttle->until = now + length;
	ev_timer_stop(main_loop, &throttle->end);
	ev_timer_set(&throttle->end, length, 0);
	ev_timer_start(main_loop, &throttle->end);
}

bool
throttle_is_over(const Throttle *throttle)
{
	return clock_now() >= throttle->until;
}
