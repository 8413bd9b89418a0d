/*
 * batch_blocks.c
 *	  Stores the blocks found by a batch, in the shares' own transaction.
 *
 * The row of a block is stored before the row of its share.  If the share has
 * no key in the share set, because it was too late or the set is full, a hash
 * that is already in chimera.blocks shows that it is a duplicate: each block
 * counts once.
 */
#include "postgres.h"

#include "executor/spi.h"
#include "utils/memutils.h"

#include "byte_order.h"
#include "chain/coinbase.h"
#include "share/child_blocks.h"
#include "share/found_block.h"

size_t
share_coinbase(const Submission *share, uint8 *out)
{
	const CachedJob *job = share->job;
	size_t prefix_length = VARSIZE(job->prefix) - VARHDRSZ;
	size_t suffix_length = VARSIZE(job->suffix) - VARHDRSZ;
	uint8 *at = out;

	memcpy(at, VARDATA(job->prefix), prefix_length);
	at += prefix_length;
	store_be32(at, share->extranonce1);
	store_be64(at + EXTRANONCE1_BYTES, share->extranonce2);
	at += EXTRANONCE_BYTES;
	memcpy(at, VARDATA(job->suffix), suffix_length);
	at += suffix_length;
	return at - out;
}

static bytea *
build_block(const Submission *share, const uint8 header[HEADER_BYTES],
			const TemplateParts *template)
{
	uint8 stripped[COINBASE_MAX_BYTES];
	uint8 coinbase[COINBASE_MAX_BYTES + COINBASE_WITNESS_EXTRA_BYTES];
	BlockParts parts = {.header = header, .coinbase = coinbase};

	parts.coinbase_length =
		coinbase_serialize(stripped, share_coinbase(share, stripped),
						   share->job->has_witness, coinbase);
	return found_block_raw(&parts, template);
}

/* Store a block of the job's own network. */
static SubmitResult
store_own_block(const Batch *batch, int place)
{
	const Submission *share = &batch->items[place];
	FoundBlock block = {.share = share,
						.share_id = batch->number * BATCH_MAX_SHARES + place,
						.job = share->job,
						.header = batch->headers[place]};
	TemplateParts template = template_parts_read(share->job->template_id);
	bool is_late = share->refusal != SUBMIT_ACCEPTED;

	if (is_late && (!template.found || found_block_height_is_full(share->job)))
		return share->refusal;
	/* only a job that was retired at this moment lacks its template */
	if (template.found)
		block.raw = build_block(share, block.header, &template);
	else
		ereport(WARNING,
				(errmsg("template of a found block does not exist any more"),
				 errdetail("The block was found for job " INT64_FORMAT
						   " of network \"%s\".",
						   share->job_id, share->job->network_name)));
	return found_block_store(&block) ? SUBMIT_BLOCK : SUBMIT_DUPLICATE;
}

/*
 * Store the blocks that a share is.  A share that is good only as a block is
 * refused if all its blocks are known already or not wanted.
 */
static SubmitResult
store_blocks(const Batch *batch, int place)
{
	const Submission *share = &batch->items[place];
	SubmitResult own = SUBMIT_ACCEPTED;
	SubmitResult child = SUBMIT_ACCEPTED;

	if (share->is_own_block)
		own = store_own_block(batch, place);
	if (share->is_child_block)
		child = store_child_blocks(batch, place);
	if (own == SUBMIT_BLOCK || child == SUBMIT_BLOCK)
		return SUBMIT_BLOCK;
	if (share->result == SUBMIT_ACCEPTED)
		return SUBMIT_ACCEPTED;
	return share->is_own_block ? own : child;
}

void
batch_store_blocks(Batch *batch)
{
	MemoryContext scratch = AllocSetContextCreate(
		CurrentMemoryContext, "chimera found block", ALLOCSET_DEFAULT_SIZES);
	MemoryContext old = MemoryContextSwitchTo(scratch);

	for (int i = 0; i < batch->count; i++)
	{
		Submission *share = &batch->items[i];

		if (!submission_is_good(share) ||
			!(share->is_own_block || share->is_child_block))
			continue;
		share->result = store_blocks(batch, i);
		SPI_freetuptable(SPI_tuptable);
		MemoryContextReset(scratch);
	}
	MemoryContextSwitchTo(old);
	MemoryContextDelete(scratch);
}
