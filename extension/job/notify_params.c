/*
 * notify_params.c
 *	  A job as the parameters of Stratum V1's mining.notify.
 *
 * Stratum inherited its layout from the reference client's getwork: prevhash
 * has the bytes of each 4-byte word reversed; version, nbits and ntime are
 * big-endian hex; merkle hashes are in internal order.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "executor/executor.h"
#include "fmgr.h"
#include "lib/stringinfo.h"
#include "utils/builtins.h"

#include "chain/header.h"
#include "chain/hex.h"

PG_FUNCTION_INFO_V1(chimera_notify_params);

static void
append_hex(StringInfo out, const void *data, size_t length)
{
	enlargeStringInfo(out, (int) (2 * length + 1));
	bytes_to_hex(data, length, out->data + out->len);
	out->len += (int) (2 * length);
}

/* Get a column of the row, which SQL may have constructed arbitrarily. */
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

static bytea *
get_bytea(HeapTupleHeader job, const char *name)
{
	return DatumGetByteaPP(get_column(job, name));
}

static uint32
get_uint32(HeapTupleHeader job, const char *name)
{
	return (uint32) DatumGetInt64(get_column(job, name));
}

static void
append_quoted_hex(StringInfo out, bytea *value)
{
	appendStringInfoChar(out, '"');
	append_hex(out, VARDATA_ANY(value), VARSIZE_ANY_EXHDR(value));
	appendStringInfoString(out, "\",");
}

static void
append_prevhash(StringInfo out, bytea *prevhash)
{
	uint8 swapped[32];

	if (VARSIZE_ANY_EXHDR(prevhash) != sizeof(swapped))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("prevhash of a job must have 32 bytes")));
	stratum_swap_words((const uint8 *) VARDATA_ANY(prevhash), swapped);
	appendStringInfoChar(out, '"');
	append_hex(out, swapped, sizeof(swapped));
	appendStringInfoString(out, "\",");
}

static void
append_branch(StringInfo out, bytea *branch)
{
	const char *hash = VARDATA_ANY(branch);
	int steps = VARSIZE_ANY_EXHDR(branch) / 32;

	appendStringInfoChar(out, '[');
	for (int i = 0; i < steps; i++)
	{
		appendStringInfoString(out, i > 0 ? ",\"" : "\"");
		append_hex(out, hash + i * 32, 32);
		appendStringInfoChar(out, '"');
	}
	appendStringInfoString(out, "],");
}

Datum
chimera_notify_params(PG_FUNCTION_ARGS)
{
	HeapTupleHeader job = PG_GETARG_HEAPTUPLEHEADER(0);
	StringInfoData out;

	initStringInfo(&out);
	append_prevhash(&out, get_bytea(job, "prevhash"));
	append_quoted_hex(&out, get_bytea(job, "coinbase_prefix"));
	append_quoted_hex(&out, get_bytea(job, "coinbase_suffix"));
	append_branch(&out, get_bytea(job, "merkle_branch"));
	appendStringInfo(&out, "\"%08x\",\"%08x\",\"%08x\"",
					 get_uint32(job, "version"), get_uint32(job, "nbits"),
					 get_uint32(job, "curtime"));
	PG_RETURN_TEXT_P(cstring_to_text_with_len(out.data, out.len));
}
