/*
 * throttle.h
 *	  A rest after what the database has done for those who may be a flood, so
 *	  that it has time for the others.
 */
#ifndef STRATUMD_THROTTLE_H
#define STRATUMD_THROTTLE_H

#include <ev.h>
#include <stdbool.h>

typedef struct Rest
{
	double until;
	ev_timer end; /* the next iteration dispatches what has waited */
} Rest;

extern void rest_init(Rest *rest);

/* Rest three times as long as the work took, which was begun at a time. */
extern void rest_from(Rest *rest, double begun_at);
extern bool rest_is_over(const Rest *rest);

#endif
