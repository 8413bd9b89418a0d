/*
 * share_deltas.c
 *	  The packed counts in chimera.share_deltas, and their rows in SQL.
 */
#include "postgres.h"

#include "fmgr.h"
#include "funcapi.h"

#include "accounting/share_deltas.h"
#include "chain/endian.h"
#include "compat.h"

#define DELTA_COLUMNS 7

PG_FUNCTION_INFO_V1(chimera_unpack_share_deltas);

void
share_delta_pack(const ShareDelta *delta, uint8 out[DELTA_RECORD_BYTES])
{
	uint64 bits;

	memcpy(&bits, &delta->difficulty, sizeof(bits));
	store_be32(out, (uint32) delta->miner_id);
	store_be32(out + 4, (uint32) delta->accepted);
	store_be32(out + 8, (uint32) delta->stale);
	store_be32(out + 12, (uint32) delta->duplicate);
	store_be32(out + 16, (uint32) delta->low_difficulty);
	store_be32(out + 20, (uint32) delta->invalid);
	store_be64(out + 24, bits);
}

void
share_delta_unpack(const uint8 in[DELTA_RECORD_BYTES], ShareDelta *delta)
{
	uint64 bits = load_be64(in + 24);

	delta->miner_id = (int32) load_be32(in);
	delta->accepted = (int32) load_be32(in + 4);
	delta->stale = (int32) load_be32(in + 8);
	delta->duplicate = (int32) load_be32(in + 12);
	delta->low_difficulty = (int32) load_be32(in + 16);
	delta->invalid = (int32) load_be32(in + 20);
	memcpy(&delta->difficulty, &bits, sizeof(bits));
}

static void
put_delta(ReturnSetInfo *result, const ShareDelta *delta)
{
	Datum values[DELTA_COLUMNS];
	bool nulls[DELTA_COLUMNS] = {false};

	values[0] = Int32GetDatum(delta->miner_id);
	values[1] = Int32GetDatum(delta->accepted);
	values[2] = Int32GetDatum(delta->stale);
	values[3] = Int32GetDatum(delta->duplicate);
	values[4] = Int32GetDatum(delta->low_difficulty);
	values[5] = Int32GetDatum(delta->invalid);
	values[6] = Float8GetDatum(delta->difficulty);
	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

Datum
chimera_unpack_share_deltas(PG_FUNCTION_ARGS)
{
	bytea *counts = PG_GETARG_BYTEA_PP(0);
	const uint8 *data = (const uint8 *) VARDATA_ANY(counts);
	size_t length = VARSIZE_ANY_EXHDR(counts);

	if (length % DELTA_RECORD_BYTES != 0)
		ereport(ERROR, (errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
						errmsg("malformed share counts"),
						errdetail("They are not records of %d bytes.",
								  DELTA_RECORD_BYTES)));

	compat_init_materialized_srf(fcinfo);
	for (size_t at = 0; at < length; at += DELTA_RECORD_BYTES)
	{
		ShareDelta delta;

		share_delta_unpack(data + at, &delta);
		put_delta((ReturnSetInfo *) fcinfo->resultinfo, &delta);
	}
	return (Datum) 0;
}
