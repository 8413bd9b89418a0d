/*
 * hex.c
 *	  Numbers as big-endian hexadecimal.
 */
#include "protocol/hex.h"

#include <string.h>

#define MAX_DIGITS 64 /* of a target */

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

/* Skip a 0x at the beginning. */
static const char *
skip_0x(const char *text, const char *end)
{
	if (end - text > 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X'))
		return text + 2;
	return text;
}

bool
hex_to_word(const char *text, size_t length, uint32_t *value)
{
	const char *end = text + length;
	uint64_t number;

	text = skip_0x(text, end);
	while (end - text > 1 && *text == '0')
		text++;
	if (!hex_to_uint64(text, (size_t) (end - text), &number) ||
		number > UINT32_MAX)
		return false;
	*value = (uint32_t) number;
	return true;
}

bool
hex_to_double(const char *text, double *value)
{
	double number = 0;
	size_t digits;

	text = skip_0x(text, text + strlen(text));
	digits = strlen(text);
	if (digits < 1 || digits > MAX_DIGITS)
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
