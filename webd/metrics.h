/*
 * metrics.h
 *	  What this process has done, and what the pool does, for Prometheus.
 *
 * Whoever does a thing counts it here.
 */
#ifndef WEBD_METRICS_H
#define WEBD_METRICS_H

#include <stdint.h>

typedef struct Metrics
{
	uint64_t requests;
	uint64_t requests_limited;
	uint64_t answers[6]; /* by the status' first digit */
	uint64_t cache_hits;
	uint64_t database_calls;
	uint64_t database_failures; /* with an answer of 500 or more */
	double database_seconds;
	uint64_t events;
	uint64_t streams_dropped;
} Metrics;

extern Metrics metrics;

struct Request;

extern void metrics_start(void);

/* Answer a request of the metrics' port. */
extern void metrics_ask(struct Request *request);

#endif
