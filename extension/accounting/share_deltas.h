/*
 * share_deltas.h
 *	  The packed counts in chimera.share_deltas, one record a miner.
 *
 * A record is miner_id, accepted, stale, duplicate, low_difficulty, invalid
 * (int32 each, big-endian), and the credited difficulty (float8, big-endian).
 */
#ifndef CHIMERA_SHARE_DELTAS_H
#define CHIMERA_SHARE_DELTAS_H

#include "postgres.h"

#define DELTA_RECORD_BYTES 32

typedef struct ShareDelta
{
	int32 miner_id;
	int32 accepted;
	int32 stale;
	int32 duplicate;
	int32 low_difficulty;
	int32 invalid;
	double difficulty;
} ShareDelta;

extern void share_delta_pack(const ShareDelta *delta,
							 uint8 out[DELTA_RECORD_BYTES]);
extern void share_delta_unpack(const uint8 in[DELTA_RECORD_BYTES],
							   ShareDelta *delta);

#endif
