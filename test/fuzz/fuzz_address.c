/*
 * fuzz_address.c
 *	  Any text as an address of six networks: either a script of one of the
 *	  known shapes or a reason.
 */
#include "fuzz.h"

#include "chain/address.h"

static const AddressRules networks[] = {
	{0, 5, "bc", -1, NULL, 1},			{48, 50, "ltc", 5, NULL, 1},
	{30, 22, NULL, -1, NULL, 0},		{111, 196, "", -1, "", 0},
	{0, 5, NULL, -1, "bitcoincash", 0}, {-1, -1, "tb", -1, "bchtest", 0},
};

static void
check_script(const AddressScript *out)
{
	const uint8_t *script = out->script;

	CHECK(out->error == NULL);
	switch (out->type)
	{
		case ADDRESS_P2PKH:
			CHECK(out->length == 25);
			CHECK(script[0] == 0x76 && script[1] == 0xa9 && script[2] == 20);
			CHECK(script[23] == 0x88 && script[24] == 0xac);
			break;
		case ADDRESS_P2SH:
			CHECK(out->length == 23);
			CHECK(script[0] == 0xa9 && script[1] == 20 && script[22] == 0x87);
			break;
		case ADDRESS_P2SH32:
			CHECK(out->length == 35);
			CHECK(script[0] == 0xaa && script[1] == 32 && script[34] == 0x87);
			break;
		case ADDRESS_P2WPKH:
			CHECK(out->length == 22 && script[0] == 0 && script[1] == 20);
			break;
		case ADDRESS_P2WSH:
			CHECK(out->length == 34 && script[0] == 0 && script[1] == 32);
			break;
		case ADDRESS_P2TR:
			CHECK(out->length == 34 && script[0] == 0x51 && script[1] == 32);
			break;
		case ADDRESS_INVALID:
			CHECK(false);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_string(data, size);

	for (size_t i = 0; i < sizeof(networks) / sizeof(networks[0]); i++)
	{
		AddressScript out;

		if (address_to_script(text, &networks[i], &out))
			check_script(&out);
		else
			CHECK(out.type == ADDRESS_INVALID && out.length == 0 &&
				  out.error != NULL);
	}
	free(text);
	return 0;
}
