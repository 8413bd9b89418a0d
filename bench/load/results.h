/*
 * results.h
 *	  What a process of the load generator has counted, in shared memory.
 */
#ifndef LOAD_RESULTS_H
#define LOAD_RESULTS_H

#include <stdatomic.h>
#include <stdint.h>

#include "common/histogram.h"
#include "load/options.h"

/* What a share is sent as, and so which answer is right. */
typedef enum ShareKind
{
	SHARE_HONEST,
	SHARE_DUPLICATE,
	SHARE_LOW,
	SHARE_STALE,
	SHARE_KINDS
} ShareKind;

typedef struct Results
{
	/* answered while the clock ran */
	uint64_t answered[SHARE_KINDS];
	Histogram latency;

	/* from the first share to the last */
	uint64_t sent;
	uint64_t accepted;
	uint64_t unexpected; /* answers other than expected */
	uint64_t unanswered;
	int first_unexpected_kind;
	int first_unexpected_code;
	uint64_t lost; /* connections */
	double cpu_s;  /* own, while the clock ran */
} Results;

/* How the parent keeps its processes together. */
typedef struct Shared
{
	atomic_int ready;
	_Atomic int64_t begin_ns; /* 0 until all are ready */
	Results results[MAX_PROCESSES];
} Shared;

#endif
