/*
 * submission.h
 *	  A batch of submissions on its way through decode, check, claim and
 *	  store.
 */
#ifndef CHIMERA_SUBMISSION_H
#define CHIMERA_SUBMISSION_H

#include "postgres.h"

#include "datatype/timestamp.h"

#include "chain/header.h"
#include "job/job_cache.h"
#include "pow/pow.h"
#include "share/batch_format.h"

typedef struct Submission
{
	/* as sent */
	int64 job_id;
	int32 miner_id;
	uint32 extranonce1;
	uint64 extranonce2;
	uint32 ntime;
	uint32 nonce;
	uint32 version_mask;
	uint32 version_bits;
	double difficulty;

	/* set by the steps, as far as 'result' allows */
	SubmitResult result;
	SubmitResult refusal; /* the result unless it is a block; 0: none */
	CachedJob *job;		  /* NULL: the job does not exist */
	bool is_own_block;	  /* of the job's network */
	bool is_child_block;  /* of a network whose job the job carries */
	int32 account_id;
	uint32 version; /* of the header */
	double share_difficulty;
	TimestampTz submitted_at;
} Submission;

typedef struct Batch
{
	int count;
	Submission *items;
	/* of the submissions that are blocks of any network */
	uint8 (*headers)[POW_HEADER_BYTES];
	uint8 (*hashes)[POW_HASH_BYTES];

	int64 number;  /* from chimera.share_batches_seq */
	Oid shares;	   /* chimera.shares */
	bool is_trial; /* of a miner that has no number yet: see trial.c */
} Batch;

static inline bool
submission_is_good(const Submission *submission)
{
	return submission->result == SUBMIT_ACCEPTED ||
		   submission->result == SUBMIT_BLOCK;
}

/* decode.c: ERROR 22P03 if the bytes are not a batch. */
extern void batch_decode(bytea *bytes, Batch *batch);

/* header.c: build the headers of at most HEADER_RUN submissions with a job. */
#define HEADER_RUN 64
extern void
submissions_build_headers(const Submission *const *submissions, int count,
						  uint8 (*headers)[HEADER_BYTES]);

/*
 * batch_blocks.c: write the coinbase without witness that a submission's header
 * commits to; returns its length.
 */
extern size_t share_coinbase(const Submission *share, uint8 *out);

/*
 * check.c: check every submission, except for duplicates; sets result, job,
 * account_id, version, share_difficulty.  Needs SPI.
 */
extern void batch_check(Batch *batch);

/*
 * claim.c: claim the keys of good submissions; duplicates are not good any
 * more.  A block that is accepted in spite of a refusal has no key.
 */
extern void batch_claim(Batch *batch);

/* store.c: set the time at which the submissions were accepted. */
extern void batch_date(Batch *batch);

/*
 * batch_blocks.c: store the blocks found, and wake the workers that submit them.  A
 * block that is already known is not good any more, unless it is a share for
 * another reason.  Needs SPI.
 */
extern void batch_store_blocks(Batch *batch);

/* store.c: insert the rows of good submissions, as COPY would.  Needs SPI. */
extern void batch_store(Batch *batch);

/* batch_deltas.c: store the batch's input to the rollups.  Needs SPI. */
extern void batch_store_deltas(Batch *batch);

#endif
