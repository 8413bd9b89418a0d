/*
 * byte_order.h
 *	  Fixed-endian loads and stores for chain formats and the share batch.
 */
#ifndef CHIMERA_BYTE_ORDER_H
#define CHIMERA_BYTE_ORDER_H

#include <stdint.h>
#include <string.h>

static inline uint32_t
load_le32(const uint8_t *p)
{
	return (uint32_t) p[0] | (uint32_t) p[1] << 8 | (uint32_t) p[2] << 16 |
		   (uint32_t) p[3] << 24;
}

static inline uint32_t
load_be32(const uint8_t *p)
{
	return (uint32_t) p[0] << 24 | (uint32_t) p[1] << 16 |
		   (uint32_t) p[2] << 8 | (uint32_t) p[3];
}

static inline uint64_t
load_le64(const uint8_t *p)
{
	return (uint64_t) load_le32(p) | (uint64_t) load_le32(p + 4) << 32;
}

static inline uint64_t
load_be64(const uint8_t *p)
{
	return (uint64_t) load_be32(p) << 32 | (uint64_t) load_be32(p + 4);
}

static inline void
store_le32(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t) v;
	p[1] = (uint8_t) (v >> 8);
	p[2] = (uint8_t) (v >> 16);
	p[3] = (uint8_t) (v >> 24);
}

static inline void
store_be32(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t) (v >> 24);
	p[1] = (uint8_t) (v >> 16);
	p[2] = (uint8_t) (v >> 8);
	p[3] = (uint8_t) v;
}

static inline void
store_le64(uint8_t *p, uint64_t v)
{
	store_le32(p, (uint32_t) v);
	store_le32(p + 4, (uint32_t) (v >> 32));
}

static inline void
store_be64(uint8_t *p, uint64_t v)
{
	store_be32(p, (uint32_t) (v >> 32));
	store_be32(p + 4, (uint32_t) v);
}

/* Copy 32 bytes in reverse: internal order <-> display order. */
static inline void
reverse32(uint8_t out[32], const uint8_t in[32])
{
	uint8_t copy[32];

	memcpy(copy, in, 32);
	for (int i = 0; i < 32; i++)
		out[i] = copy[31 - i];
}

#endif
