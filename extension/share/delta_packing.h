/*
 * delta_packing.h
 *	  The packed counts in chimera.share_deltas, one record per miner.
 *
 * A record consists of miner_id (int32); a byte whose bits say which counts
 * follow; the nonzero counts (uint16 each: a batch has at most 4096 shares),
 * from the lowest bit: accepted, stale, duplicate, low difficulty, invalid;
 * and, if shares were accepted, their credited difficulty (float8).  All
 * numbers are big-endian.  Most miners have only accepted shares in a batch:
 * 15 bytes.
 */
#ifndef CHIMERA_DELTA_PACKING_H
#define CHIMERA_DELTA_PACKING_H

#include "postgres.h"

typedef enum ShareCount
{
	COUNT_ACCEPTED,
	COUNT_STALE,
	COUNT_DUPLICATE,
	COUNT_LOW_DIFFICULTY,
	COUNT_INVALID,
	SHARE_COUNTS
} ShareCount;

typedef struct ShareDelta
{
	int32 miner_id;
	uint16 counts[SHARE_COUNTS];
	double difficulty;
} ShareDelta;

#define DELTA_RECORD_MAX_BYTES (4 + 1 + 2 * SHARE_COUNTS + 8)

/* Returns the bytes written. */
extern size_t
share_delta_pack(const ShareDelta *delta, uint8 out[DELTA_RECORD_MAX_BYTES]);

/* Returns the bytes read, or 0 if they are not a record. */
extern size_t
share_delta_unpack(const uint8 *in, size_t length, ShareDelta *delta);

#endif
