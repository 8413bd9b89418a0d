/*
 * metrics.h
 *	  The page of metrics for Prometheus.
 */
#ifndef STRATUMD_METRICS_H
#define STRATUMD_METRICS_H

#include <stddef.h>

/* Write the page; its length, or 0 if it does not fit. */
extern size_t metrics_write(char *text, size_t size);

#endif
