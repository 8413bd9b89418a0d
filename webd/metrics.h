/*
 * metrics.h
 *	  Metrics of this process and of the pool, for Prometheus.
 */
#ifndef WEBD_METRICS_H
#define WEBD_METRICS_H

struct Request;

extern void metrics_start(void);

/* Respond to a request on the metrics port. */
extern void metrics_serve(struct Request *request);

#endif
