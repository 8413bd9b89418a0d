/*
 * compact_size.c
 *	  Bitcoin's variable-length integer: one byte below 253, or a marker byte
 *	  and the value in 2, 4 or 8 bytes, little-endian, whichever is shortest.
 */
#include "chain/compact_size.h"

#include "byte_order.h"

#define MARKER_16 253
#define MARKER_32 254
#define MARKER_64 255

size_t
compact_size_write(uint8_t *out, uint64_t value)
{
	if (value < MARKER_16)
	{
		out[0] = (uint8_t) value;
		return 1;
	}
	if (value <= UINT16_MAX)
	{
		out[0] = MARKER_16;
		out[1] = (uint8_t) value;
		out[2] = (uint8_t) (value >> 8);
		return 3;
	}
	if (value <= UINT32_MAX)
	{
		out[0] = MARKER_32;
		store_le32(out + 1, (uint32_t) value);
		return 5;
	}
	out[0] = MARKER_64;
	store_le64(out + 1, value);
	return 9;
}

size_t
compact_size_read(const uint8_t *in, size_t length, uint64_t *value)
{
	uint64_t least; /* the smallest value that needs this form */
	size_t used;

	if (length == 0)
		return 0;

	used = in[0] < MARKER_16 ? 1 : 1 + ((size_t) 2 << (in[0] - MARKER_16));
	if (length < used)
		return 0;

	switch (used)
	{
		case 1:
			*value = in[0];
			least = 0;
			break;
		case 3:
			*value = (uint64_t) in[1] | (uint64_t) in[2] << 8;
			least = MARKER_16;
			break;
		case 5:
			*value = load_le32(in + 1);
			least = (uint64_t) UINT16_MAX + 1;
			break;
		default:
			*value = load_le64(in + 1);
			least = (uint64_t) UINT32_MAX + 1;
			break;
	}
	return *value >= least ? used : 0;
}
