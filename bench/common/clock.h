/*
 * clock.h
 *	  Nanoseconds of a clock that never jumps.
 */
#ifndef BENCH_CLOCK_H
#define BENCH_CLOCK_H

#include <stdint.h>
#include <time.h>

#define NS_PER_US 1000
#define NS_PER_MS 1000000
#define NS_PER_S  1000000000

static inline int64_t
clock_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t) now.tv_sec * NS_PER_S + now.tv_nsec;
}

static inline double
ns_to_s(int64_t ns)
{
	return (double) ns / NS_PER_S;
}

static inline double
ns_to_ms(int64_t ns)
{
	return (double) ns / NS_PER_MS;
}

#endif
