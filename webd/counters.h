/*
 * counters.h
 *	  Counters of this process.  The code that does something counts it here;
 *	  metrics.c shows the counters.
 */
#ifndef WEBD_COUNTERS_H
#define WEBD_COUNTERS_H

#include <stdint.h>

typedef struct Counters
{
	uint64_t requests;
	uint64_t requests_limited;
	uint64_t responses[6]; /* by the first digit of the status */
	uint64_t cache_hits;
	uint64_t database_calls;
	uint64_t database_failures; /* with a status of 500 or more */
	double database_seconds;
	uint64_t events;
	uint64_t streams_dropped;
} Counters;

extern Counters counters;

#endif
