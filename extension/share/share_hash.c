/*
 * share_hash.c
 *	  chimera.share_hash: computes the hash of a stored share again.
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "utils/lsyscache.h"

#include "byte_order.h"
#include "share/submission.h"

PG_FUNCTION_INFO_V1(chimera_share_hash);

Datum
chimera_share_hash(PG_FUNCTION_ARGS)
{
	Submission share = {
		.job_id = PG_GETARG_INT64(0),
		.extranonce1 = (uint32) PG_GETARG_INT32(1),
		.extranonce2 = (uint64) PG_GETARG_INT64(2),
		.ntime = (uint32) PG_GETARG_INT32(3),
		.nonce = (uint32) PG_GETARG_INT32(4),
		.version = (uint32) PG_GETARG_INT32(5),
	};
	const Submission *submission = &share;
	uint8 header[1][HEADER_BYTES];
	uint8 hash[POW_HASH_BYTES];
	bytea *value;
	Oid shares;

	SPI_connect();
	shares = get_relname_relid("shares", get_namespace_oid("chimera", false));
	share.job = job_cache_get(share.job_id, shares);
	if (share.job == NULL)
	{
		SPI_finish();
		PG_RETURN_NULL();
	}

	submissions_build_headers(&submission, 1, header);
	share.job->algorithm->hash(header[0], HEADER_BYTES, hash);
	value = SPI_palloc(VARHDRSZ + POW_HASH_BYTES);
	SET_VARSIZE(value, VARHDRSZ + POW_HASH_BYTES);
	reverse32((uint8 *) VARDATA(value), hash);
	SPI_finish();
	PG_RETURN_BYTEA_P(value);
}
