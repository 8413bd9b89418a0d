/*
 * header.c
 *	  Submission and job -> the header that the miner hashed.
 */
#include "postgres.h"

#include "chain/coinbase.h"
#include "chain/endian.h"
#include "chain/merkle.h"
#include "pow/sha256.h"
#include "share/submission.h"

/* The coinbase's txid, from the midstate that all shares of the job share. */
static void
coinbase_txid(const Submission *submission, uint8 txid[32])
{
	const CachedJob *job = submission->job;
	Sha256 state = job->prefix_state;
	uint8 extranonces[EXTRANONCE_BYTES];

	store_be32(extranonces, submission->extranonce1);
	store_be64(extranonces + EXTRANONCE1_BYTES, submission->extranonce2);
	sha256_update(&state, extranonces, sizeof(extranonces));
	sha256_update(&state, VARDATA(job->suffix),
				  VARSIZE(job->suffix) - VARHDRSZ);
	sha256d_final(&state, txid);
}

void
submission_build_header(const Submission *submission,
						uint8 header[HEADER_BYTES])
{
	const CachedJob *job = submission->job;
	const uint8 *branch = (const uint8 *) VARDATA(job->merkle_branch);
	size_t steps = (VARSIZE(job->merkle_branch) - VARHDRSZ) / 32;
	BlockHeader fields = {
		.version = submission->version,
		.ntime = submission->ntime,
		.nbits = job->nbits,
		.nonce = submission->nonce,
	};
	uint8 txid[32];

	coinbase_txid(submission, txid);
	merkle_root_from_branch(txid, (const uint8(*)[32]) branch, steps,
							fields.merkle_root);
	memcpy(fields.prevhash, job->prevhash, 32);
	header_serialize(&fields, header);
}
