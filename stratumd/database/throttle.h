/*
 * throttle.h
 *	  A rest after what the database has done for those who may be a flood, so
 *	  that it has time for the others.
 */
#ifndef STRATUMD_THROTTLE_H
#define STRATUMD_THROTTLE_H

#include <ev.h>
#include <stdbool.h>

typedef struct Throttle
{
	double until;
	ev_timer end; /* the next iteration dispatches what has waited */
} Throttle;

extern void throttle_init(Throttle *rest);

/* Rest three times as long as the work took, which was begun at a time. */
extern void throttle_from(Throttle *rest, double begun_at);
extern bool throttle_is_over(const Throttle *rest);

#endif
