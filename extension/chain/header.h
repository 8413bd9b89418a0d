/*
 * header.h
 *	  The 80-byte block header.
 */
#ifndef CHIMERA_HEADER_H
#define CHIMERA_HEADER_H

#include <stdint.h>

#define HEADER_BYTES 80

typedef struct BlockHeader
{
	uint32_t version;
	uint8_t prevhash[32];	 /* internal order */
	uint8_t merkle_root[32]; /* internal order */
	uint32_t ntime;
	uint32_t nbits;
	uint32_t nonce;
} BlockHeader;

extern void
header_serialize(const BlockHeader *header, uint8_t out[HEADER_BYTES]);
extern void header_parse(const uint8_t in[HEADER_BYTES], BlockHeader *header);

/*
 * mining.notify's prevhash: the internal bytes with each 4-byte word reversed.
 * The function is its own inverse.
 */
extern void stratum_swap_words(const uint8_t in[32], uint8_t out[32]);

#endif
