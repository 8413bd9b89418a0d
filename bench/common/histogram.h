/*
 * histogram.h
 *	  Latencies counted in buckets, as in HdrHistogram: each power of two of
 *	  nanoseconds is divided into equal parts, so that the relative error of a
 *	  value is at most 1/64.
 *
 * It contains no pointers, so it can be placed in memory shared by processes.
 */
#ifndef BENCH_HISTOGRAM_H
#define BENCH_HISTOGRAM_H

#include <stdint.h>

#define HISTOGRAM_PART_BITS 6
#define HISTOGRAM_PARTS		(1 << HISTOGRAM_PART_BITS)
#define HISTOGRAM_BUCKETS	(HISTOGRAM_PARTS * (64 - HISTOGRAM_PART_BITS))

typedef struct Histogram
{
	uint64_t count;
	int64_t max;
	uint64_t buckets[HISTOGRAM_BUCKETS];
} Histogram;

extern void histogram_add(Histogram *histogram, int64_t ns);
extern void histogram_merge(Histogram *into, const Histogram *from);

/* The value that a fraction (0.99) of all values don't exceed; 0 if empty. */
extern int64_t histogram_quantile(const Histogram *histogram, double fraction);

#endif
