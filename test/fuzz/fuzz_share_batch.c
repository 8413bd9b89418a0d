/*
 * fuzz_share_batch.c
 *	  Any bytes as a batch of submissions: ERROR 22P03, or submissions that
 *	  say what the bytes say, each with a finite, positive difficulty.
 */
#include "server.h"

#include <math.h>

#include "byte_order.h"
#include "share/submission.h"

typedef struct Decoding
{
	bytea *bytes;
	Batch batch;
} Decoding;

static void
decode(void *arg)
{
	Decoding *decoding = arg;

	batch_decode(decoding->bytes, &decoding->batch);
}

/* Write a submission as the format says, and find it in the input. */
static void
check_submission(const Submission *submission, const uint8_t *sent)
{
	uint8_t record[BATCH_RECORD_BYTES];
	uint64_t difficulty;

	CHECK(isfinite(submission->difficulty) && submission->difficulty > 0);
	memcpy(&difficulty, &submission->difficulty, sizeof(difficulty));
	store_be64(record, (uint64_t) submission->job_id);
	store_be32(record + 8, (uint32_t) submission->miner_id);
	store_be32(record + 12, submission->extranonce1);
	store_be64(record + 16, submission->extranonce2);
	store_be32(record + 24, submission->ntime);
	store_be32(record + 28, submission->nonce);
	store_be32(record + 32, submission->version_mask);
	store_be32(record + 36, submission->version_bits);
	store_be64(record + 40, difficulty);
	CHECK(memcmp(record, sent, sizeof(record)) == 0);
	CHECK(submission->job == NULL && submission->account_id == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	Decoding decoding = {palloc(VARHDRSZ + size), {0}};
	int sqlstate;

	SET_VARSIZE(decoding.bytes, VARHDRSZ + size);
	if (size > 0)
		memcpy(VARDATA(decoding.bytes), data, size);
	if (server_run(decode, &decoding, &sqlstate))
	{
		const Batch *batch = &decoding.batch;

		CHECK(batch->count >= 0 && batch->count <= BATCH_MAX_SHARES);
		CHECK(size ==
			  BATCH_HEADER_BYTES + (size_t) batch->count * BATCH_RECORD_BYTES);
		for (int i = 0; i < batch->count; i++)
			check_submission(&batch->items[i], data + BATCH_HEADER_BYTES +
												   i * BATCH_RECORD_BYTES);
	}
	else
		CHECK(sqlstate == ERRCODE_INVALID_BINARY_REPRESENTATION);
	server_free_memory();
	return 0;
}
