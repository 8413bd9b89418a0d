/*
 * loop.h
 *	  The process's only event loop, and its clock.
 *
 * Everything runs on this loop, and nothing else ever waits.  Ages and
 * timeouts are measured with the monotonic clock, so that a step of the wall
 * clock closes no connection.
 */
#ifndef COMMON_LOOP_H
#define COMMON_LOOP_H

#include <ev.h>
#include <stddef.h>
#include <time.h>

#define UNUSED __attribute__((unused))

#define container_of(pointer, type, member) \
	((type *) (void *) ((char *) (pointer) -offsetof(type, member)))

extern struct ev_loop *main_loop;

/* Seconds of the monotonic clock. */
static inline double
clock_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double) now.tv_sec + (double) now.tv_nsec * 1e-9;
}

#endif
