/*
 * hex.c
 *	  Strict hexadecimal.
 */
#include "chain/hex.h"

#include "byte_order.h"

/* A digit's value, or -1. */
static int
digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

bool
hex_to_bytes(const char *hex, size_t hex_length, uint8_t *out,
			 size_t out_length)
{
	if (hex_length % 2 != 0 || hex_length / 2 != out_length)
		return false;

	for (size_t i = 0; i < out_length; i++)
	{
		int high = digit_value(hex[2 * i]);
		int low = digit_value(hex[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		out[i] = (uint8_t) (high << 4 | low);
	}
	return true;
}

void
bytes_to_hex(const uint8_t *data, size_t length, char *out)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < length; i++)
	{
		*out++ = digits[data[i] >> 4];
		*out++ = digits[data[i] & 15];
	}
	*out = '\0';
}

void
hash_to_hex(const uint8_t hash[32], char out[HASH_HEX_BYTES])
{
	uint8_t shown[32];

	reverse32(shown, hash);
	bytes_to_hex(shown, sizeof(shown), out);
}
