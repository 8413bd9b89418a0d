/*
 * delta_packing.c
 *	  The packed counts in chimera.share_deltas; packing and unpacking in SQL.
 */
#include "postgres.h"

#include "fmgr.h"
#include "funcapi.h"

#include "share/delta_packing.h"
#include "byte_order.h"
#include "compat.h"

#define MINER_BYTES		 4
#define COUNT_BYTES		 2
#define DIFFICULTY_BYTES 8

/* miner_id, the counts, difficulty */
#define DELTA_COLUMNS (1 + SHARE_COUNTS + 1)

PG_FUNCTION_INFO_V1(chimera_pack_share_delta);
PG_FUNCTION_INFO_V1(chimera_unpack_share_deltas);

size_t
share_delta_pack(const ShareDelta *delta, uint8 out[DELTA_RECORD_MAX_BYTES])
{
	uint8 *present = out + MINER_BYTES;
	uint8 *at = present + 1;
	uint64 bits;

	store_be32(out, (uint32) delta->miner_id);
	*present = 0;
	for (int i = 0; i < SHARE_COUNTS; i++)
	{
		if (delta->counts[i] == 0)
			continue;
		*present |= 1 << i;
		*at++ = (uint8) (delta->counts[i] >> 8);
		*at++ = (uint8) delta->counts[i];
	}
	if (delta->counts[COUNT_ACCEPTED] > 0)
	{
		memcpy(&bits, &delta->difficulty, sizeof(bits));
		store_be64(at, bits);
		at += DIFFICULTY_BYTES;
	}
	return at - out;
}

/* The length of a record with these counts. */
static size_t
record_length(uint8 present)
{
	size_t length = MINER_BYTES + 1;

	for (int i = 0; i < SHARE_COUNTS; i++)
		if (present & (1 << i))
			length += COUNT_BYTES;
	if (present & (1 << COUNT_ACCEPTED))
		length += DIFFICULTY_BYTES;
	return length;
}

size_t
share_delta_unpack(const uint8 *in, size_t length, ShareDelta *delta)
{
	const uint8 *at = in + MINER_BYTES + 1;
	uint8 present;
	uint64 bits;

	if (length < MINER_BYTES + 1)
		return 0;
	present = in[MINER_BYTES];
	if (present >> SHARE_COUNTS != 0 || length < record_length(present))
		return 0;

	memset(delta, 0, sizeof(ShareDelta));
	delta->miner_id = (int32) load_be32(in);
	for (int i = 0; i < SHARE_COUNTS; i++)
		if (present & (1 << i))
		{
			delta->counts[i] = (uint16) (at[0] << 8 | at[1]);
			at += COUNT_BYTES;
		}
	if (present & (1 << COUNT_ACCEPTED))
	{
		bits = load_be64(at);
		memcpy(&delta->difficulty, &bits, sizeof(bits));
	}
	return record_length(present);
}

static void
put_delta(ReturnSetInfo *result, const ShareDelta *delta)
{
	Datum values[DELTA_COLUMNS];
	bool nulls[DELTA_COLUMNS] = {false};

	values[0] = Int32GetDatum(delta->miner_id);
	for (int i = 0; i < SHARE_COUNTS; i++)
		values[1 + i] = Int32GetDatum(delta->counts[i]);
	values[1 + SHARE_COUNTS] = Float8GetDatum(delta->difficulty);
	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

/* A count as it is packed. */
static uint16
packed_count(int32 count)
{
	if (count < 0 || count > PG_UINT16_MAX)
		ereport(ERROR, (errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
						errmsg("share count %d is out of range", count)));
	return (uint16) count;
}

Datum
chimera_pack_share_delta(PG_FUNCTION_ARGS)
{
	ShareDelta delta = {.miner_id = PG_GETARG_INT32(0)};
	bytea *packed = palloc(VARHDRSZ + DELTA_RECORD_MAX_BYTES);

	delta.counts[COUNT_ACCEPTED] = packed_count(PG_GETARG_INT32(1));
	delta.counts[COUNT_INVALID] = packed_count(PG_GETARG_INT32(2));
	delta.difficulty = PG_GETARG_FLOAT8(3);
	SET_VARSIZE(packed,
				VARHDRSZ + share_delta_pack(&delta, (uint8 *) VARDATA(packed)));
	PG_RETURN_BYTEA_P(packed);
}

Datum
chimera_unpack_share_deltas(PG_FUNCTION_ARGS)
{
	bytea *counts = PG_GETARG_BYTEA_PP(0);
	const uint8 *data = (const uint8 *) VARDATA_ANY(counts);
	size_t length = VARSIZE_ANY_EXHDR(counts);

	compat_init_materialized_srf(fcinfo);
	for (size_t at = 0; at < length;)
	{
		ShareDelta delta;
		size_t used = share_delta_unpack(data + at, length - at, &delta);

		if (used == 0)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
					 errmsg("malformed share counts"),
					 errdetail("The bytes from offset %zu on are not a record.",
							   at)));
		put_delta((ReturnSetInfo *) fcinfo->resultinfo, &delta);
		at += used;
	}
	return (Datum) 0;
}
