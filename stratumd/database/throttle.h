/*
 * throttle.h
 *	  A pause after work that may be part of a flood, so that the database has
 *	  time for the others.
 */
#ifndef STRATUMD_THROTTLE_H
#define STRATUMD_THROTTLE_H

#include <ev.h>
#include <stdbool.h>

typedef struct Throttle
{
	double until;
	ev_timer end; /* wakes the loop, which then dispatches what waits */
} Throttle;

extern void throttle_init(Throttle *throttle);

/* Pause three times as long as the work took that began at begun_at. */
extern void throttle_from(Throttle *throttle, double begun_at);
extern bool throttle_is_over(const Throttle *throttle);

#endif
