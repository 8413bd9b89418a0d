/*
 * header.c
 *	  The 80-byte block header: six fields, integers little-endian.
 */
#include "chain/header.h"

#include "byte_order.h"

#define VERSION_OFFSET	0
#define PREVHASH_OFFSET 4
#define MERKLE_OFFSET	36
#define NTIME_OFFSET	68
#define NBITS_OFFSET	72
#define NONCE_OFFSET	76

void
header_serialize(const BlockHeader *header, uint8_t out[HEADER_BYTES])
{
	store_le32(out + VERSION_OFFSET, header->version);
	memcpy(out + PREVHASH_OFFSET, header->prevhash, 32);
	memcpy(out + MERKLE_OFFSET, header->merkle_root, 32);
	store_le32(out + NTIME_OFFSET, header->ntime);
	store_le32(out + NBITS_OFFSET, header->nbits);
	store_le32(out + NONCE_OFFSET, header->nonce);
}

void
header_parse(const uint8_t in[HEADER_BYTES], BlockHeader *header)
{
	header->version = load_le32(in + VERSION_OFFSET);
	memcpy(header->prevhash, in + PREVHASH_OFFSET, 32);
	memcpy(header->merkle_root, in + MERKLE_OFFSET, 32);
	header->ntime = load_le32(in + NTIME_OFFSET);
	header->nbits = load_le32(in + NBITS_OFFSET);
	header->nonce = load_le32(in + NONCE_OFFSET);
}

void
stratum_swap_words(const uint8_t in[32], uint8_t out[32])
{
	for (int i = 0; i < 32; i += 4)
		store_be32(out + i, load_le32(in + i));
}
