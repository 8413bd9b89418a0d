/*
 * aux_header.c
 *	  The header of a job that a parent's job carries, and the check of its
 *	  proof, for SQL and for the submission path.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "executor/executor.h"
#include "fmgr.h"
#include "utils/builtins.h"

#include "chain/auxpow.h"
#include "chain/coinbase.h"
#include "chain/merkle.h"
#include "job/aux_header.h"
#include "pow/sha256.h"

PG_FUNCTION_INFO_V1(chimera_aux_header);
PG_FUNCTION_INFO_V1(chimera_auxpow_error);

size_t
aux_coinbase(const AuxJob *job, uint8 *out)
{
	size_t prefix_length = VARSIZE(job->prefix) - VARHDRSZ;
	size_t suffix_length = VARSIZE(job->suffix) - VARHDRSZ;

	memcpy(out, VARDATA(job->prefix), prefix_length);
	memset(out + prefix_length, 0, EXTRANONCE_BYTES);
	memcpy(out + prefix_length + EXTRANONCE_BYTES, VARDATA(job->suffix),
		   suffix_length);
	return prefix_length + EXTRANONCE_BYTES + suffix_length;
}

void
aux_header_build(const AuxJob *job, uint8 header[HEADER_BYTES])
{
	uint8 coinbase[COINBASE_MAX_BYTES];
	BlockHeader fields = {
		.version = job->version | AUX_VERSION_BIT,
		.ntime = job->curtime,
		.nbits = job->nbits,
	};

	memcpy(fields.prevhash, job->prevhash, 32);
	sha256d(coinbase, aux_coinbase(job, coinbase), fields.merkle_root);
	merkle_root_from_branch(
		fields.merkle_root, (const uint8(*)[32]) VARDATA(job->merkle_branch),
		(VARSIZE(job->merkle_branch) - VARHDRSZ) / 32, fields.merkle_root);
	header_serialize(&fields, header);
}

/* ---------- SQL ---------- */

static Datum
get_column(HeapTupleHeader job, const char *name)
{
	bool isnull;
	Datum value = GetAttributeByName(job, name, &isnull);

	if (isnull)
		ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
						errmsg("%s of a job must not be null", name)));
	return value;
}

/* A bytea whose length the rest of the code relies on. */
static bytea *
get_bytea(HeapTupleHeader job, const char *name, size_t least, size_t most,
		  size_t unit)
{
	bytea *value = DatumGetByteaP(get_column(job, name));
	size_t length = VARSIZE(value) - VARHDRSZ;

	if (length < least || length > most || length % unit != 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s of a job cannot have %zu bytes", name, length)));
	return value;
}

Datum
chimera_aux_header(PG_FUNCTION_ARGS)
{
	HeapTupleHeader row = PG_GETARG_HEAPTUPLEHEADER(0);
	AuxJob job = {
		.version = (uint32) DatumGetInt64(get_column(row, "version")),
		.prevhash = (uint8 *) VARDATA(get_bytea(row, "prevhash", 32, 32, 1)),
		.nbits = (uint32) DatumGetInt64(get_column(row, "nbits")),
		.curtime = (uint32) DatumGetInt64(get_column(row, "curtime")),
		.prefix =
			get_bytea(row, "coinbase_prefix", 1, COINBASE_PREFIX_MAX_BYTES, 1),
		.suffix =
			get_bytea(row, "coinbase_suffix", 1, COINBASE_SUFFIX_MAX_BYTES, 1),
		.merkle_branch =
			get_bytea(row, "merkle_branch", 0, MERKLE_BRANCH_MAX * 32, 32),
	};
	bytea *header = palloc(VARHDRSZ + HEADER_BYTES);

	SET_VARSIZE(header, VARHDRSZ + HEADER_BYTES);
	aux_header_build(&job, (uint8 *) VARDATA(header));
	PG_RETURN_BYTEA_P(header);
}

Datum
chimera_auxpow_error(PG_FUNCTION_ARGS)
{
	bytea *block = PG_GETARG_BYTEA_PP(0);
	const uint8 *raw = (const uint8 *) VARDATA_ANY(block);
	size_t length = VARSIZE_ANY_EXHDR(block);
	char *name = text_to_cstring(PG_GETARG_TEXT_PP(2));
	const PowAlgorithm *algorithm = pow_find(name);
	AuxPow auxpow;
	const char *error;

	if (algorithm == NULL)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("algorithm \"%s\" does not exist", name)));
	if (length < HEADER_BYTES ||
		auxpow_read(raw + HEADER_BYTES, length - HEADER_BYTES, &auxpow) == 0)
		ereport(ERROR, (errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
						errmsg("block is not a header and a CAuxPow")));
	error = auxpow_error(&auxpow, raw, (uint32) PG_GETARG_INT32(1), algorithm);
	if (error == NULL)
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(cstring_to_text(error));
}
