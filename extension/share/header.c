/*
 * header.c
 *	  Builds the headers that miners hashed from submissions and their jobs.
 *
 * Adjacent submissions of the same job, the normal case in a batch, share the
 * work on its merkle branch.
 */
#include "postgres.h"

#include "chain/coinbase.h"
#include "byte_order.h"
#include "chain/merkle.h"
#include "compat.h"
#include "pow/sha256.h"
#include "share/submission.h"

/* The coinbase's txid, from the midstate common to all shares of the job. */
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

/* The merkle roots of submissions of one job. */
static void
merkle_roots(const Submission *const *submissions, int count,
			 uint8 (*roots)[32])
{
	const CachedJob *job = submissions[0]->job;
	const uint8 *branch = (const uint8 *) VARDATA(job->merkle_branch);
	size_t steps = (VARSIZE(job->merkle_branch) - VARHDRSZ) / 32;

	for (int i = 0; i < count; i++)
		coinbase_txid(submissions[i], roots[i]);
	merkle_roots_from_branch(roots, count, (const uint8(*)[32]) branch, steps);
}

static void
write_header(const Submission *submission, const uint8 merkle_root[32],
			 uint8 header[HEADER_BYTES])
{
	BlockHeader fields = {
		.version = submission->version,
		.ntime = submission->ntime,
		.nbits = submission->job->nbits,
		.nonce = submission->nonce,
	};

	memcpy(fields.prevhash, submission->job->prevhash, 32);
	memcpy(fields.merkle_root, merkle_root, 32);
	header_serialize(&fields, header);
}

void
submissions_build_headers(const Submission *const *submissions, int count,
						  uint8 (*headers)[HEADER_BYTES])
{
	uint8 roots[HEADER_RUN][32];
	int first = 0;

	Assert(count <= HEADER_RUN);
	while (first < count)
	{
		int next = first + 1;

		while (next < count &&
			   submissions[next]->job == submissions[first]->job)
			next++;
		merkle_roots(submissions + first, next - first, roots + first);
		first = next;
	}
	for (int i = 0; i < count; i++)
		write_header(submissions[i], roots[i], headers[i]);
}
