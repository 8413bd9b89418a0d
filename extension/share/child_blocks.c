/*
 * child_blocks.c
 *	  Blocks of children that a share is (merged mining).
 *
 * A child's block is its job's header and transactions, and between them a
 * CAuxPow: the proof that the parent's header, with the work, commits to it.
 * The pool checks the proof before it stores the block, since nodes call every
 * broken rule "high-hash"; the block is sent in any case, for nodes decide.
 */
#include "postgres.h"

#include "chain/auxpow.h"
#include "chain/coinbase.h"
#include "compat.h"
#include "job/aux_header.h"
#include "share/child_blocks.h"
#include "share/found_block.h"

static AuxJob
aux_job(const CachedJob *job)
{
	return (AuxJob){
		.version = job->version,
		.prevhash = job->prevhash,
		.nbits = job->nbits,
		.curtime = job->curtime,
		.prefix = job->prefix,
		.suffix = job->suffix,
		.merkle_branch = job->merkle_branch,
	};
}

static const uint8 (*branch_of(bytea *branch, size_t *steps))[32]
{
	*steps = (VARSIZE(branch) - VARHDRSZ) / 32;
	return (const uint8(*)[32]) VARDATA(branch);
}

/* A share's work as a proof for a job that its job carries. */
static AuxPow
proof_of(const Submission *share, const CarriedJob *carried,
		 const uint8 *coinbase, size_t coinbase_length, const uint8 *header)
{
	AuxPow proof = {.coinbase = coinbase,
					.coinbase_length = coinbase_length,
					.slot = carried->slot,
					.parent_header = header};

	proof.branch = branch_of(share->job->merkle_branch, &proof.branch_steps);
	proof.chain_branch = branch_of(carried->branch, &proof.chain_steps);
	return proof;
}

static bytea *
build_child_block(const CachedJob *job, const uint8 header[HEADER_BYTES],
				  const AuxPow *proof, const TemplateParts *template)
{
	AuxJob fields = aux_job(job);
	uint8 stripped[COINBASE_MAX_BYTES];
	uint8 coinbase[COINBASE_MAX_BYTES + COINBASE_WITNESS_EXTRA_BYTES];
	uint8 *auxpow = palloc(auxpow_length(proof));
	BlockParts parts = {.header = header,
						.auxpow = auxpow,
						.auxpow_length = auxpow_length(proof),
						.coinbase = coinbase};

	auxpow_serialize(proof, auxpow);
	parts.coinbase_length = coinbase_serialize(
		stripped, aux_coinbase(&fields, stripped), job->has_witness, coinbase);
	return found_block_raw(&parts, template);
}

/* Add the bytes and the result of the pool's own check. */
static void
complete_block(FoundBlock *block, const AuxPow *proof,
			   const TemplateParts *template)
{
	const CachedJob *job = block->job;

	block->raw = build_child_block(job, block->header, proof, template);
	block->problem =
		auxpow_error(proof, block->header, job->version >> 16, job->algorithm);
	if (block->problem)
		ereport(WARNING,
				(errmsg("proof of work of a block of network \"%s\" is not "
						"valid: %s",
						job->network_name, block->problem)));
}

/*
 * Store a child's block.  Each share of a parent may meet the target of an easy
 * child, so what is known already costs no more than a look.
 */
static SubmitResult
store_child_block(const Submission *share, int64 share_id,
				  const CarriedJob *carried, const CachedJob *job,
				  const uint8 parent_header[HEADER_BYTES])
{
	AuxJob fields = aux_job(job);
	TemplateParts template;
	uint8 coinbase[COINBASE_MAX_BYTES];
	uint8 header[HEADER_BYTES];
	AuxPow proof = proof_of(share, carried, coinbase,
							share_coinbase(share, coinbase), parent_header);
	FoundBlock block = {
		.share = share, .share_id = share_id, .job = job, .header = header};
	SubmitResult known;

	aux_header_build(&fields, header);
	known = found_block_known(&block);
	if (known)
		return known;
	template = template_parts_read(job->template_id);
	/* the child's chain has gone on long ago, or the share is refused */
	if (!template.found ||
		(share->refusal != SUBMIT_ACCEPTED && found_block_height_is_full(job)))
		return share->refusal ? share->refusal : SUBMIT_LOW_DIFFICULTY;
	complete_block(&block, &proof, &template);
	return found_block_store(&block) ? SUBMIT_BLOCK : found_block_known(&block);
}

SubmitResult
store_child_blocks(const Batch *batch, int place)
{
	const Submission *share = &batch->items[place];
	int64 share_id = batch->number * BATCH_MAX_SHARES + place;
	Uint256 value = uint256_from_le(batch->hashes[place]);
	SubmitResult result = share->refusal;

	for (int i = 0; i < share->job->carried_count; i++)
	{
		const CarriedJob *carried = &share->job->carried[i];
		const CachedJob *job;
		SubmitResult one;

		if (uint256_compare(&value, &carried->target) > 0)
			continue;
		job = job_cache_get(carried->job_id, batch->shares);
		if (job == NULL)
			continue;
		one = store_child_block(share, share_id, carried, job,
								batch->headers[place]);
		if (result != SUBMIT_BLOCK)
			result = one;
	}
	return result ? result : SUBMIT_LOW_DIFFICULTY;
}
