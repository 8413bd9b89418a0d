/*
 * block.h
 *	  A whole block for submitblock: header, transactions, MWEB tail.
 */
#ifndef CHIMERA_BLOCK_H
#define CHIMERA_BLOCK_H

#include <stddef.h>
#include <stdint.h>

#include "header.h"

typedef struct BlockParts
{
	const uint8_t *header; /* HEADER_BYTES */
	const uint8_t *auxpow; /* CAuxPow, or NULL */
	size_t auxpow_length;
	const uint8_t *coinbase; /* as the block carries it */
	size_t coinbase_length;
	const uint8_t *transactions; /* the others, one after another */
	size_t transactions_length;
	uint64_t transaction_count; /* without the coinbase */
	const uint8_t *mweb;		/* extension block, or NULL (LIP-0002) */
	size_t mweb_length;
} BlockParts;

extern size_t block_length(const BlockParts *parts);

/*
 * header || auxpow || CompactSize(1 + count) || coinbase || transactions, then
 * 0x01 || mweb if there is an extension block.  'out' needs block_length bytes.
 */
extern void block_serialize(const BlockParts *parts, uint8_t *out);

#endif
