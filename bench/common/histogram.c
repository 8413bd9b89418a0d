/*
 * histogram.c
 *	  Latencies counted in buckets.
 */
#include "common/histogram.h"

#include <math.h>

/*
 * Values below HISTOGRAM_PARTS have a bucket each.  A larger one is shifted
 * until its highest bit stands at HISTOGRAM_PART_BITS; the shift names a group
 * of buckets, the bits below the highest one a bucket of it.
 */
static int
bucket_of(uint64_t value)
{
	int shift;

	if (value < HISTOGRAM_PARTS)
		return (int) value;
	shift = 63 - __builtin_clzll(value) - HISTOGRAM_PART_BITS;
	return (shift + 1) * HISTOGRAM_PARTS +
		   (int) ((value >> shift) - HISTOGRAM_PARTS);
}

/* The largest value of a bucket. */
static int64_t
top_of(int bucket)
{
	int shift = bucket / HISTOGRAM_PARTS - 1;
	uint64_t part = (uint64_t) (bucket % HISTOGRAM_PARTS);

	if (shift < 0)
		return (int64_t) part;
	return (int64_t) (((HISTOGRAM_PARTS + part + 1) << shift) - 1);
}

void
histogram_add(Histogram *histogram, int64_t ns)
{
	if (ns < 0)
		ns = 0;
	histogram->count++;
	histogram->buckets[bucket_of((uint64_t) ns)]++;
	if (ns > histogram->max)
		histogram->max = ns;
}

void
histogram_merge(Histogram *into, const Histogram *from)
{
	into->count += from->count;
	if (from->max > into->max)
		into->max = from->max;
	for (int i = 0; i < HISTOGRAM_BUCKETS; i++)
		into->buckets[i] += from->buckets[i];
}

int64_t
histogram_quantile(const Histogram *histogram, double fraction)
{
	uint64_t wanted = (uint64_t) ceil(fraction * (double) histogram->count);
	uint64_t seen = 0;

	for (int i = 0; i < HISTOGRAM_BUCKETS; i++)
	{
		seen += histogram->buckets[i];
		if (seen > 0 && seen >= wanted)
		{
			int64_t top = top_of(i);

			return top < histogram->max ? top : histogram->max;
		}
	}
	return 0;
}
