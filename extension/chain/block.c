/*
 * block.c
 *	  Serializes a whole block for submitblock.
 */
#include "chain/block.h"

#include <string.h>

#include "chain/compact_size.h"

/* LIP-0002: announces an extension block */
#define MWEB_PRESENT 0x01

/* Append bytes; returns where the next ones go. */
static uint8_t *
append_bytes(uint8_t *out, const uint8_t *data, size_t length)
{
	if (length > 0)
		memcpy(out, data, length);
	return out + length;
}

size_t
block_length(const BlockParts *parts)
{
	uint8_t count[COMPACT_SIZE_MAX_BYTES];
	size_t length = HEADER_BYTES + parts->auxpow_length;

	length += compact_size_write(count, 1 + parts->transaction_count);
	length += parts->coinbase_length + parts->transactions_length;
	if (parts->mweb != NULL)
		length += 1 + parts->mweb_length;
	return length;
}

void
block_serialize(const BlockParts *parts, uint8_t *out)
{
	out = append_bytes(out, parts->header, HEADER_BYTES);
	out = append_bytes(out, parts->auxpow, parts->auxpow_length);
	out += compact_size_write(out, 1 + parts->transaction_count);
	out = append_bytes(out, parts->coinbase, parts->coinbase_length);
	out = append_bytes(out, parts->transactions, parts->transactions_length);
	if (parts->mweb != NULL)
	{
		*out++ = MWEB_PRESENT;
		append_bytes(out, parts->mweb, parts->mweb_length);
	}
}
