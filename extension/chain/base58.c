/*
 * base58.c
 *	  Bitcoin's base58 with a checksum.
 *
 * The text is a number in base 58.  Leading zero bytes, which a number does not
 * have, are written as leading '1's, one each.
 */
#include "chain/base58.h"

#include <stdbool.h>
#include <string.h>

#include "pow/sha256.h"

#define CHECKSUM_BYTES 4
#define DECODED_MAX	   (BASE58_PAYLOAD_MAX_BYTES + CHECKSUM_BYTES)

static const char alphabet[] =
	"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

/* number = 58 * number + digit, big-endian; false if it no longer fits */
static bool
push_digit(uint8_t *number, size_t length, unsigned int digit)
{
	unsigned int carry = digit;

	for (size_t i = length; i > 0; i--)
	{
		carry += 58U * number[i - 1];
		number[i - 1] = (uint8_t) carry;
		carry >>= 8;
	}
	return carry == 0;
}

/* How many of the bytes, or characters, at the front are 'value'? */
static size_t
count_leading(const void *data, size_t length, uint8_t value)
{
	const uint8_t *bytes = data;
	size_t count = 0;

	while (count < length && bytes[count] == value)
		count++;
	return count;
}

Base58Result
base58check_decode(const char *text, uint8_t *payload, size_t length)
{
	uint8_t number[DECODED_MAX] = {0};
	uint8_t checksum[SHA256_DIGEST_BYTES];
	size_t total = length + CHECKSUM_BYTES;

	for (const char *c = text; *c != '\0'; c++)
	{
		const char *digit = strchr(alphabet, *c);

		if (digit == NULL)
			return BASE58_BAD_CHARACTER;
		if (!push_digit(number, total, (unsigned int) (digit - alphabet)))
			return BASE58_BAD_LENGTH;
	}
	if (count_leading(text, strlen(text), '1') !=
		count_leading(number, total, 0))
		return BASE58_BAD_LENGTH;

	sha256d(number, length, checksum);
	if (memcmp(number + length, checksum, CHECKSUM_BYTES) != 0)
		return BASE58_BAD_CHECKSUM;
	memcpy(payload, number, length);
	return BASE58_OK;
}
