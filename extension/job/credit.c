/*
 * credit.c
 *	  Keeps the work of a share unpredictable until its credit is fixed:
 *	  random bytes in coinbases, and extranonce1 values that nobody can
 *	  predict.
 *
 * The rules are in sql/mining/jobs.sql: chimera.stratum_mark,
 * lease_extranonce1.
 */
#include "postgres.h"

#include "fmgr.h"

#include "byte_order.h"
#include "chain/permutation.h"
#include "compat.h"
#include "job/salt.h"

#define EXTRANONCE1_COUNT_MAX 65536

PG_FUNCTION_INFO_V1(chimera_renewed_coinbase);
PG_FUNCTION_INFO_V1(chimera_extranonce1_values);

Datum
chimera_renewed_coinbase(PG_FUNCTION_ARGS)
{
	bytea *prefix = PG_GETARG_BYTEA_P_COPY(0);
	uint8 salt[COINBASE_SALT_BYTES];

	coinbase_salt(salt);
	if (!coinbase_renew((uint8 *) VARDATA(prefix), VARSIZE(prefix) - VARHDRSZ,
						(uint32) PG_GETARG_INT64(1), salt))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("coinbase_prefix of a job must end with its "
							   "number and random bytes")));
	PG_RETURN_BYTEA_P(prefix);
}

Datum
chimera_extranonce1_values(PG_FUNCTION_ARGS)
{
	bytea *key = PG_GETARG_BYTEA_PP(0);
	uint32 first = (uint32) PG_GETARG_INT64(1);
	int32 count = PG_GETARG_INT32(2);
	bytea *values;

	if (VARSIZE_ANY_EXHDR(key) != PERMUTATION_KEY_BYTES || count < 0 ||
		count > EXTRANONCE1_COUNT_MAX)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("key must have %d bytes, and count must be "
							   "between 0 and %d",
							   PERMUTATION_KEY_BYTES, EXTRANONCE1_COUNT_MAX)));

	values = palloc(VARHDRSZ + 4 * (size_t) count);
	SET_VARSIZE(values, VARHDRSZ + 4 * (size_t) count);
	for (int32 i = 0; i < count; i++)
		store_be32((uint8 *) VARDATA(values) + 4 * i,
				   permute_uint32((const uint8 *) VARDATA_ANY(key),
								  first + (uint32) i));
	PG_RETURN_BYTEA_P(values);
}
