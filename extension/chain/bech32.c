/*
 * bech32.c
 *	  Bech32 (BIP173) and bech32m (BIP350).
 */
#include "chain/bech32.h"

#include <string.h>

#define SEPARATOR '1'

/* the checksum of a valid string: BIP173 and BIP350 */
#define BECH32_RESIDUE	1
#define BECH32M_RESIDUE 0x2bc830a3

static const char charset[] = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";

static Bech32Result
refuse_bech32(Bech32 *out, const char *error)
{
	out->error = error;
	return BECH32_INVALID;
}

/* BIP173's checksum: add one value to the remainder. */
static uint32_t
polymod_step(uint32_t remainder, uint8_t value)
{
	static const uint32_t generator[5] = {0x3b6a57b2, 0x26508e6d, 0x1ea119fa,
										  0x3d4233dd, 0x2a1462b3};
	uint32_t top = remainder >> 25;

	remainder = (remainder & 0x1ffffff) << 5 ^ value;
	for (int i = 0; i < 5; i++)
		if (top >> i & 1)
			remainder ^= generator[i];
	return remainder;
}

/* The checksum covers the prefix's high bits, 0, its low bits, the data. */
static uint32_t
polymod(const Bech32 *parts, const uint8_t *values, size_t count)
{
	uint32_t remainder = 1;

	for (const char *c = parts->hrp; *c != '\0'; c++)
		remainder = polymod_step(remainder, (uint8_t) *c >> 5);
	remainder = polymod_step(remainder, 0);
	for (const char *c = parts->hrp; *c != '\0'; c++)
		remainder = polymod_step(remainder, (uint8_t) *c & 31);
	for (size_t i = 0; i < count; i++)
		remainder = polymod_step(remainder, values[i]);
	return remainder;
}

static bool
is_upper(char c)
{
	return c >= 'A' && c <= 'Z';
}

static bool
is_lower(char c)
{
	return c >= 'a' && c <= 'z';
}

static char
to_lower(char c)
{
	return is_upper(c) ? (char) (c - 'A' + 'a') : c;
}

int
bech32_value(char c)
{
	const char *found = c == '\0' ? NULL : strchr(charset, to_lower(c));

	return found == NULL ? -1 : (int) (found - charset);
}

/* Check range and case of the characters; returns an error or NULL. */
static const char *
check_characters(const char *text, size_t length)
{
	bool upper = false;
	bool lower = false;

	for (size_t i = 0; i < length; i++)
	{
		if (text[i] < 33 || text[i] > 126)
			return "invalid character in bech32 address";
		upper |= is_upper(text[i]);
		lower |= is_lower(text[i]);
	}
	return upper && lower ? "bech32 address in mixed case" : NULL;
}

Bech32Result
bech32_decode(const char *text, Bech32 *out)
{
	size_t length = strnlen(text, BECH32_MAX_CHARS + 1);
	const char *separator;
	const char *error;
	size_t hrp_length;
	uint32_t residue;

	if (length > BECH32_MAX_CHARS)
		return refuse_bech32(out, "bech32 address too long");
	if ((error = check_characters(text, length)) != NULL)
		return refuse_bech32(out, error);

	/* the last separator ends the human-readable part, which may hold others */
	separator = strrchr(text, SEPARATOR);
	if (separator == NULL || separator == text)
		return refuse_bech32(out, "bech32 address without prefix");
	hrp_length = (size_t) (separator - text);
	out->count = length - hrp_length - 1;
	if (out->count < BECH32_CHECKSUM_CHARS)
		return refuse_bech32(out, "bech32 address too short");

	for (size_t i = 0; i < hrp_length; i++)
		out->hrp[i] = to_lower(text[i]);
	out->hrp[hrp_length] = '\0';
	for (size_t i = 0; i < out->count; i++)
	{
		int value = bech32_value(separator[1 + i]);

		if (value < 0)
			return refuse_bech32(out, "invalid character in bech32 address");
		out->values[i] = (uint8_t) value;
	}

	residue = polymod(out, out->values, out->count);
	out->count -= BECH32_CHECKSUM_CHARS;
	out->error = NULL;
	if (residue == BECH32_RESIDUE)
		return BECH32;
	if (residue == BECH32M_RESIDUE)
		return BECH32M;
	return refuse_bech32(out, "bech32 checksum does not match");
}

bool
bech32_to_bytes(const uint8_t *values, size_t count, uint8_t *bytes,
				size_t max_length, size_t *length)
{
	uint32_t pending = 0; /* bits that do not make a whole byte yet */
	int bits = 0;

	*length = 0;
	for (size_t i = 0; i < count; i++)
	{
		pending = (pending << 5 | values[i]) & 0xfff;
		bits += 5;
		if (bits < 8)
			continue;
		if (*length == max_length)
			return false;
		bits -= 8;
		bytes[(*length)++] = (uint8_t) (pending >> bits);
	}
	return bits <= 4 && (pending & ((1U << bits) - 1)) == 0;
}
