/*
 * fuzz_bech32.c
 *	  Any text as bech32: what is accepted has a prefix, values below 32, and a
 *	  checksum that no single change survives.
 */
#include "fuzz.h"

#include "chain/bech32.h"

static void
check_parts(const char *text, const Bech32 *parts)
{
	size_t hrp_length = strlen(parts->hrp);
	uint8_t bytes[BECH32_MAX_CHARS];
	size_t length;

	CHECK(parts->error == NULL);
	CHECK(hrp_length >= 1 && hrp_length <= BECH32_HRP_MAX_CHARS);
	CHECK(hrp_length + 1 + parts->count + BECH32_CHECKSUM_CHARS ==
		  strlen(text));
	for (size_t i = 0; i < hrp_length; i++)
		CHECK(parts->hrp[i] < 'A' || parts->hrp[i] > 'Z');
	for (size_t i = 0; i < parts->count; i++)
		CHECK(parts->values[i] < 32);
	if (bech32_to_bytes(parts->values, parts->count, bytes, sizeof(bytes),
						&length))
		CHECK(length == parts->count * 5 / 8);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_string(data, size);
	Bech32 parts;
	Bech32Result result = bech32_decode(text, &parts);

	if (result == BECH32_INVALID)
		CHECK(parts.error != NULL);
	else
	{
		char *last = text + strlen(text) - 1;

		check_parts(text, &parts);
		*last = *last == 'q' || *last == 'Q' ? '2' : *last ^ ('q' ^ 'p');
		CHECK(bech32_decode(text, &parts) == BECH32_INVALID);
	}
	free(text);
	return 0;
}
