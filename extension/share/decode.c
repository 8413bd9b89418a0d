/*
 * decode.c
 *	  Decodes the bytes of a batch into submissions.
 */
#include "postgres.h"

#include <math.h>

#include "byte_order.h"
#include "compat.h"
#include "share/submission.h"

pg_noreturn static void
refuse_batch(const char *detail)
{
	ereport(ERROR, (errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
					errmsg("malformed batch of shares"),
					errdetail_internal("%s", detail)));
}

static double
load_be_double(const uint8 *p)
{
	uint64 bits = load_be64(p);
	double value;

	memcpy(&value, &bits, sizeof(value));
	return value;
}

static void
decode_record(const uint8 *p, Submission *submission)
{
	submission->job_id = (int64) load_be64(p);
	submission->miner_id = (int32) load_be32(p + 8);
	submission->extranonce1 = load_be32(p + 12);
	submission->extranonce2 = load_be64(p + 16);
	submission->ntime = load_be32(p + 24);
	submission->nonce = load_be32(p + 28);
	submission->version_mask = load_be32(p + 32);
	submission->version_bits = load_be32(p + 36);
	submission->difficulty = load_be_double(p + 40);
	if (!isfinite(submission->difficulty) || submission->difficulty <= 0)
		refuse_batch("Difficulties must be finite and positive.");
}

void
batch_decode(bytea *bytes, Batch *batch)
{
	const uint8 *data = (const uint8 *) VARDATA_ANY(bytes);
	size_t length = VARSIZE_ANY_EXHDR(bytes);

	if (length < BATCH_HEADER_BYTES || load_be32(data) != BATCH_VERSION)
		refuse_batch(
			"The batch must begin with the version number of the format.");
	length -= BATCH_HEADER_BYTES;
	if (length % BATCH_RECORD_BYTES != 0 ||
		length / BATCH_RECORD_BYTES > BATCH_MAX_SHARES)
		refuse_batch("The version number must be followed by at most 4096 "
					 "records of 48 bytes.");

	batch->count = (int) (length / BATCH_RECORD_BYTES);
	batch->items = palloc0(sizeof(Submission) * Max(batch->count, 1));
	batch->headers = palloc(POW_HEADER_BYTES * Max(batch->count, 1));
	batch->hashes = palloc(POW_HASH_BYTES * Max(batch->count, 1));
	for (int i = 0; i < batch->count; i++)
		decode_record(data + BATCH_HEADER_BYTES + i * BATCH_RECORD_BYTES,
					  &batch->items[i]);
}
