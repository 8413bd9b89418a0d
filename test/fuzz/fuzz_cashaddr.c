/*
 * fuzz_cashaddr.c
 *	  Any text as a cashaddr, with and without its prefix: a hash of one of the
 *	  specification's sizes or a reason, and the case of letters does not
 *matter.
 */
#include "fuzz.h"

#include "chain/cashaddr.h"

static const char prefix[] = "bitcoincash";

static void
check_hash(const CashAddr *out)
{
	static const size_t sizes[] = {20, 24, 28, 32, 40, 48, 56, 64};
	bool is_listed = false;

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		is_listed |= out->length == sizes[i];
	CHECK(is_listed);
	CHECK(out->type >= 0 && out->type <= 15);
	CHECK(out->error == NULL);
}

static void
capitalize(char *text)
{
	for (; *text != '\0'; text++)
		if (*text >= 'a' && *text <= 'z')
			*text = (char) (*text - 'a' + 'A');
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_string(data, size);
	CashAddr out;
	CashAddr capitals;

	if (!cashaddr_decode(text, prefix, &out))
		CHECK(out.error != NULL);
	else
	{
		check_hash(&out);
		capitalize(text);
		CHECK(cashaddr_decode(text, prefix, &capitals));
		CHECK(capitals.type == out.type && capitals.length == out.length);
		CHECK(memcmp(capitals.hash, out.hash, out.length) == 0);
	}
	free(text);
	return 0;
}
