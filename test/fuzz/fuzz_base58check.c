/*
 * fuzz_base58check.c
 *	  Any text as base58 with a checksum, for any payload length: what decodes
 *	  encodes to the same text, so each payload has one text only.
 */
#include "fuzz.h"

#include "chain/base58.h"
#include "pow/sha256.h"

#define TOTAL_MAX (BASE58_PAYLOAD_MAX_BYTES + 4)

/* log(256) / log(58) is below 1.4 */
#define TEXT_MAX (TOTAL_MAX * 14 / 10 + 2)

/* The text of a payload, by repeated division: the other way round. */
static void
encode(const uint8_t *payload, size_t length, char *text)
{
	static const char digits[] =
		"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
	uint8_t number[TOTAL_MAX];
	uint8_t checksum[SHA256_DIGEST_BYTES];
	char reversed[TEXT_MAX];
	size_t total = length + 4;
	size_t count = 0;

	sha256d(payload, length, checksum);
	memcpy(number, payload, length);
	memcpy(number + length, checksum, 4);
	for (size_t i = 0; i < total && number[i] == 0; i++)
		*text++ = '1';
	for (;;)
	{
		unsigned int remainder = 0;
		bool zero = true;

		for (size_t i = 0; i < total; i++)
			zero &= number[i] == 0;
		if (zero)
			break;
		for (size_t i = 0; i < total; i++)
		{
			remainder = remainder << 8 | number[i];
			number[i] = (uint8_t) (remainder / 58);
			remainder %= 58;
		}
		reversed[count++] = digits[remainder];
	}
	while (count > 0)
		*text++ = reversed[--count];
	*text = '\0';
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_string(data, size);
	uint8_t payload[BASE58_PAYLOAD_MAX_BYTES];
	char back[TEXT_MAX + TOTAL_MAX];
	size_t accepted = 0;

	for (size_t length = 0; length <= sizeof(payload); length++)
	{
		if (base58check_decode(text, payload, length) != BASE58_OK)
			continue;
		encode(payload, length, back);
		CHECK(strcmp(back, text) == 0);
		accepted++;
	}
	CHECK(accepted <= 1);

	/* and the input itself as a payload */
	if (size <= sizeof(payload))
	{
		encode(data, size, back);
		CHECK(base58check_decode(back, payload, size) == BASE58_OK);
		CHECK(size == 0 || memcmp(payload, data, size) == 0);
	}
	free(text);
	return 0;
}
