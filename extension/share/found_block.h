/*
 * found_block.h
 *	  A block that a share is: put together and stored.
 */
#ifndef CHIMERA_FOUND_BLOCK_H
#define CHIMERA_FOUND_BLOCK_H

#include "postgres.h"

#include "chain/block.h"
#include "share/submission.h"

/* The parts of a template that a block carries. */
typedef struct TemplateParts
{
	bool found;
	int64 transaction_count;
	bytea *transactions;
	bytea *mweb; /* or NULL */
} TemplateParts;

typedef struct FoundBlock
{
	const Submission *share;
	int64 share_id;
	const CachedJob *job; /* of the block's network */
	const uint8 *header;  /* the block's own */
	bytea *raw;			  /* as submitblock takes it; NULL: not known */
	const char *problem;  /* why it is not sent, or NULL */
} FoundBlock;

extern TemplateParts template_parts_read(int64 template_id);

/*
 * The whole block: 'parts' has the header, the coinbase and, for a child's
 * block, the CAuxPow; the template's parts are added.
 */
extern bytea *found_block_raw(BlockParts *parts, const TemplateParts *template);

/*
 * Does that height have enough blocks for one of a share that is refused
 * otherwise?
 */
extern bool found_block_height_is_full(const CachedJob *job);

/*
 * The result of a share whose block found_block_store() would not store, since
 * it is known: a duplicate if it is that share's, or else what the share would
 * be without it; 0 for a block that is not known.  Needs SPI.
 */
extern SubmitResult found_block_known(const FoundBlock *block);

/*
 * Insert a block and wake the worker that sends it; false if it is already
 * known.  Needs SPI.
 */
extern bool found_block_store(const FoundBlock *block);

#endif
