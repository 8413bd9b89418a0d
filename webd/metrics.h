/*
 * metrics.h
 *	  What this process has done, and what the pool does, for Prometheus.
 */
#ifndef WEBD_METRICS_H
#define WEBD_METRICS_H

struct Request;

extern void metrics_start(void);

/* Answer a request of the metrics' port. */
extern void metrics_ask(struct Request *request);

#endif
