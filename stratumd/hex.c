/*
 * hex.c
 *	  Numbers as big-endian hexadecimal.
 */
#include "hex.h"

#include <string.h>

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
hex_to_uint64(const char *text, size_t length, uint64_t *value)
{
	uint64_t number = 0;

	if (length < 1 || length > 16)
		return false;

	for (size_t i = 0; i < length; i++)
	{
		int digit = digit_value(text[i]);

		if (digit < 0)
			return false;
		number = number << 4 | (uint64_t) digit;
	}
	*value = number;
	return true;
}

bool
hex_to_double(const char *text, size_t digits, double *value)
{
	double number = 0;

	if (strlen(text) != digits)
		return false;

	for (size_t i = 0; i < digits; i++)
	{
		int digit = digit_value(text[i]);

		if (digit < 0)
			return false;
		number = number * 16 + digit;
	}
	*value = number;
	return true;
}
