/*
 * cashaddr.c
 *	  Bitcoin Cash's address format (bitcoincashorg, spec/cashaddr.md).
 *
 * An address is prefix:payload in one case.  It is usually written without
 * "prefix:", which the checksum covers nevertheless.  The payload's alphabet
 * and its regrouping to bytes are bech32's; the checksum has 40 bits.
 */
#include "chain/cashaddr.h"

#include <string.h>

#include "chain/bech32.h"

#define SEPARATOR		  ':'
#define CHECKSUM_CHARS	  8
#define VERSION_BYTES	  1
#define PAYLOAD_MAX		  (VERSION_BYTES + CASHADDR_HASH_MAX_BYTES)
#define PAYLOAD_MAX_CHARS ((PAYLOAD_MAX * 8 + 4) / 5 + CHECKSUM_CHARS)

/* the version byte: a reserved bit, four of type, three of size */
#define VERSION_RESERVED   0x80
#define VERSION_TYPE_SHIFT 3
#define VERSION_TYPE_MASK  0x0f
#define VERSION_SIZE_MASK  0x07

static bool
refuse_cashaddr(CashAddr *out, const char *error)
{
	out->error = error;
	return false;
}

/* The spec's checksum: add one value to the remainder. */
static uint64_t
polymod_step(uint64_t remainder, uint8_t value)
{
	static const uint64_t generator[5] = {
		0x98f2bc8e61, 0x79b76d99e2, 0xf33e5fb3c4, 0xae2eabe2a8, 0x1e4f43e470};
	unsigned int top = (unsigned int) (remainder >> 35);

	remainder = (remainder & 0x07ffffffff) << 5 ^ value;
	for (int i = 0; i < 5; i++)
		if (top >> i & 1)
			remainder ^= generator[i];
	return remainder;
}

/*
 * The checksum covers the prefix's low bits, 0 and the payload; it must be 1.
 */
static bool
checksum_matches(const char *prefix, const uint8_t *values, size_t count)
{
	uint64_t remainder = 1;

	for (const char *c = prefix; *c != '\0'; c++)
		remainder = polymod_step(remainder, (uint8_t) *c & 31);
	remainder = polymod_step(remainder, 0);
	for (size_t i = 0; i < count; i++)
		remainder = polymod_step(remainder, values[i]);
	return remainder == 1;
}

static bool
is_upper(char c)
{
	return c >= 'A' && c <= 'Z';
}

static bool
is_mixed_case(const char *text)
{
	bool upper = false;
	bool lower = false;

	for (; *text != '\0'; text++)
	{
		upper |= is_upper(*text);
		lower |= *text >= 'a' && *text <= 'z';
	}
	return upper && lower;
}

/* Skip the prefix; NULL if it is not the coin's. */
static const char *
skip_prefix(const char *address, const char *prefix)
{
	const char *separator = strchr(address, SEPARATOR);

	if (separator == NULL)
		return address;
	for (; address < separator; address++, prefix++)
	{
		char c = is_upper(*address) ? (char) (*address - 'A' + 'a') : *address;

		/* also if the coin's prefix is shorter than the address's */
		if (c != *prefix)
			return NULL;
	}
	return *prefix == '\0' ? separator + 1 : NULL;
}

/* The hash length that the size bits stand for. */
static size_t
hash_bytes(uint8_t version)
{
	static const uint8_t sizes[VERSION_SIZE_MASK + 1] = {20, 24, 28, 32,
														 40, 48, 56, 64};

	return sizes[version & VERSION_SIZE_MASK];
}

static bool
read_payload(const uint8_t *values, size_t count, CashAddr *out)
{
	uint8_t bytes[PAYLOAD_MAX];
	size_t length;

	if (!bech32_to_bytes(values, count, bytes, sizeof(bytes), &length))
		return refuse_cashaddr(out, "cashaddr wrongly padded");
	if (length == 0 || (bytes[0] & VERSION_RESERVED) != 0)
		return refuse_cashaddr(out, "unknown cashaddr version");
	if (length != VERSION_BYTES + hash_bytes(bytes[0]))
		return refuse_cashaddr(out, "cashaddr hash of wrong length");

	out->type = bytes[0] >> VERSION_TYPE_SHIFT & VERSION_TYPE_MASK;
	out->length = length - VERSION_BYTES;
	memcpy(out->hash, bytes + VERSION_BYTES, out->length);
	out->error = NULL;
	return true;
}

bool
cashaddr_decode(const char *address, const char *prefix, CashAddr *out)
{
	uint8_t values[PAYLOAD_MAX_CHARS];
	const char *payload = skip_prefix(address, prefix);
	size_t count;

	if (payload == NULL)
		return refuse_cashaddr(out, "cashaddr of another network");
	if (is_mixed_case(address))
		return refuse_cashaddr(out, "cashaddr in mixed case");
	count = strnlen(payload, PAYLOAD_MAX_CHARS + 1);
	if (count > PAYLOAD_MAX_CHARS)
		return refuse_cashaddr(out, "cashaddr too long");
	if (count < CHECKSUM_CHARS)
		return refuse_cashaddr(out, "cashaddr too short");

	for (size_t i = 0; i < count; i++)
	{
		int value = bech32_value(payload[i]);

		if (value < 0)
			return refuse_cashaddr(out, "invalid character in cashaddr");
		values[i] = (uint8_t) value;
	}
	if (!checksum_matches(prefix, values, count))
		return refuse_cashaddr(out, "cashaddr checksum does not match");
	return read_payload(values, count - CHECKSUM_CHARS, out);
}
