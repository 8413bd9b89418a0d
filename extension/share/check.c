/*
 * check.c
 *	  Checks submissions: job, miner, time, version, and the work itself.
 *
 * The cheap checks come first.  Then all headers that passed them are hashed
 * together, one run per algorithm, so that its lanes are filled.
 *
 * A submission that would be refused may still be a block: a share that is too
 * late, that was made for a stopped network, or that is ahead of its time.  It
 * is hashed first, and if it is a block it is accepted like any other, and the
 * nodes decide.  That costs a hash, as a share below its difficulty does.  A
 * hash that is not even a share is refused for that reason: only real work
 * makes the pool work.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "byte_order.h"
#include "chain/aux_tree.h"
#include "chain/coinbase.h"
#include "chain/target.h"
#include "job/live_jobs.h"
#include "share/miner_cache.h"
#include "share/submission.h"

/*
 * The reason why a submission of a known job is refused unless it is a block.
 * A time that is too early is not one of them: no chain accepts it.
 */
static SubmitResult
refusal_of(const Submission *submission)
{
	const CachedJob *job = submission->job;

	if (submission->job_id < live_jobs_from(job->network_slot))
		return SUBMIT_STALE;
	if (submission->ntime > job->maxtime)
		return SUBMIT_BAD_NTIME;
	return SUBMIT_ACCEPTED;
}

/*
 * Merged mining's magic twice in a coinbase's script voids the blocks of all
 * children.  Only the extranonces can repeat it: see salt.h.  A session does
 * not choose its extranonce1, so that alone is no reason to refuse its shares.
 */
static bool
has_magic(const Submission *submission)
{
	uint8 bytes[EXTRANONCE_BYTES];

	store_be32(bytes, submission->extranonce1);
	store_be64(bytes + EXTRANONCE1_BYTES, submission->extranonce2);
	for (int i = 1; i + AUX_MAGIC_BYTES <= EXTRANONCE_BYTES; i++)
		if (memcmp(bytes + i, aux_magic, AUX_MAGIC_BYTES) == 0)
			return true;
	return false;
}

/* The checks that need no hash. */
static SubmitResult
check_form(Submission *submission, const Batch *batch)
{
	const CachedJob *job = submission->job;
	uint32 mask;

	if (!batch->is_trial &&
		!miner_cache_account(submission->miner_id, batch->shares,
							 &submission->account_id))
		return SUBMIT_UNKNOWN_MINER;
	if (job == NULL)
		return SUBMIT_STALE;
	submission->refusal = refusal_of(submission);
	if (submission->refusal == SUBMIT_STALE &&
		submission->job_id < live_jobs_kept_from(job->network_slot))
		return SUBMIT_STALE;
	if (submission->ntime < job->mintime)
		return submission->refusal ? submission->refusal : SUBMIT_BAD_NTIME;

	/* BIP 310: bits outside the granted mask must not be set */
	mask = submission->version_mask & job->version_mask;
	if (submission->version_bits & ~mask)
		return submission->refusal ? submission->refusal : SUBMIT_BAD_VERSION;
	submission->version =
		(job->version & ~mask) | (submission->version_bits & mask);
	if (job->carried_count > 0 && has_magic(submission))
		return SUBMIT_BAD_EXTRANONCE2;
	return SUBMIT_ACCEPTED;
}

/* firmware that only uses powers of two or integers rounds it down */
static SubmitResult
lack_of_work(const Submission *submission)
{
	return submission->share_difficulty >= submission->difficulty / 2
			   ? SUBMIT_NEARLY
			   : SUBMIT_LOW_DIFFICULTY;
}

/*
 * Credit the difficulty that a block meets which is no share.  Many hashes meet
 * the target of a child's job, but only the first one is a block: the others
 * are refused for what they lack.
 */
static void
credit_block(Submission *submission, const Uint256 *met)
{
	if (!submission->is_own_block && submission->refusal == SUBMIT_ACCEPTED)
		submission->refusal = lack_of_work(submission);
	submission->difficulty =
		difficulty_of(met, submission->job->algorithm->difficulty1_bits);
}

/*
 * Compare a hash with the targets.  A block, of the job's network or of a child
 * whose job it carries, is accepted even from a miner whose difficulty is above
 * the network's; but only the difficulty that the hash meets is credited.  A
 * share that is good anyway stays one, whatever it is a block of.
 */
static SubmitResult
check_work(Submission *submission, const uint8 hash[POW_HASH_BYTES])
{
	const CachedJob *job = submission->job;
	int difficulty1_bits = job->algorithm->difficulty1_bits;
	Uint256 value = uint256_from_le(hash);
	Uint256 target;
	const Uint256 *met;
	bool is_share;

	submission->share_difficulty = difficulty_of(&value, difficulty1_bits);
	target_from_difficulty(submission->difficulty, difficulty1_bits, &target);
	is_share = uint256_compare(&value, &target) <= 0;
	submission->is_own_block =
		uint256_compare(&value, &job->network_target) <= 0;
	submission->is_child_block =
		job->carried_count > 0 &&
		uint256_compare(&value, &job->carried_target) <= 0;
	met =
		submission->is_own_block ? &job->network_target : &job->carried_target;
	if (submission->is_own_block ||
		(submission->is_child_block && (!is_share || submission->refusal)))
	{
		if (!is_share)
			credit_block(submission, met);
		return SUBMIT_BLOCK;
	}
	return is_share ? submission->refusal : lack_of_work(submission);
}

/* Hash 'count' of the batch's submissions, given by their positions. */
static void
hash_run(Batch *batch, const PowAlgorithm *algorithm, const int *places,
		 int count)
{
	const Submission *submissions[HEADER_RUN];
	uint8 headers[HEADER_RUN][POW_HEADER_BYTES];
	uint8 hashes[HEADER_RUN][POW_HASH_BYTES];

	/* a run of scrypt takes some milliseconds */
	CHECK_FOR_INTERRUPTS();
	for (int i = 0; i < count; i++)
		submissions[i] = &batch->items[places[i]];
	submissions_build_headers(submissions, count, headers);
	algorithm->hash_headers((const uint8(*)[POW_HEADER_BYTES]) headers, count,
							hashes);
	for (int i = 0; i < count; i++)
	{
		Submission *submission = &batch->items[places[i]];

		submission->result = check_work(submission, hashes[i]);
		if (submission->is_own_block || submission->is_child_block)
		{
			memcpy(batch->headers[places[i]], headers[i], POW_HEADER_BYTES);
			memcpy(batch->hashes[places[i]], hashes[i], POW_HASH_BYTES);
		}
	}
}

static void
hash_all(Batch *batch, const PowAlgorithm *algorithm)
{
	int places[HEADER_RUN];
	int count = 0;

	for (int i = 0; i < batch->count; i++)
	{
		const Submission *submission = &batch->items[i];

		if (submission->result != SUBMIT_ACCEPTED ||
			submission->job->algorithm != algorithm)
			continue;
		places[count++] = i;
		if (count == HEADER_RUN)
		{
			hash_run(batch, algorithm, places, count);
			count = 0;
		}
	}
	if (count > 0)
		hash_run(batch, algorithm, places, count);
}

void
batch_check(Batch *batch)
{
	const PowAlgorithm *algorithm;

	for (int i = 0; i < batch->count; i++)
	{
		Submission *submission = &batch->items[i];

		submission->job = job_cache_get(submission->job_id, batch->shares);
		submission->result = check_form(submission, batch);
	}
	for (size_t i = 0; (algorithm = pow_at(i)) != NULL; i++)
		hash_all(batch, algorithm);
}
