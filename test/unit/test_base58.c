/*
 * test_base58.c
 *	  Base58 with a checksum: known addresses, and every way to be wrong.
 */
#include "unit.h"

#include "chain/base58.h"

typedef struct Vector
{
	const char *text;
	const char *payload;
} Vector;

/* Bitcoin: the genesis coinbase's address, burn addresses, BIP16, testnet */
static const Vector vectors[] = {
	{"1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa",
	 "0062e907b15cbf27d5425399ebf6f0fb50ebb88f18"},
	{"1111111111111111111114oLvT2",
	 "000000000000000000000000000000000000000000"},
	{"1QLbz7JHiBTspS962RLKV8GndWFwi5j6Qr",
	 "00ffffffffffffffffffffffffffffffffffffffff"},
	{"3P14159f73E4gFr7JterCCQh9QjiTjiZrG",
	 "05e9c3dd0c07aac76179ebc76a6c78d4d67c6c160a"},
	{"mipcBbFg9gMiCh81Kj8tqqdgoZub1ZJRfn",
	 "6f243f1394f44554f4ce3fd68649c19adc483ce924"},
	{"LT2KVaAy1ppRuxRgrS5RNU3vBsy7RibPeA",
	 "30558dbca7118cd5894502767c7b2ffc21a22f54db"},
};

TEST(known_addresses_decode_to_version_and_hash)
{
	for (size_t i = 0; i < lengthof(vectors); i++)
	{
		uint8_t payload[BASE58_PAYLOAD_MAX_BYTES + 1];

		memset(payload, CANARY, sizeof(payload));
		assert_int_equal(base58check_decode(vectors[i].text, payload, 21),
						 BASE58_OK);
		assert_bytes_are(payload, vectors[i].payload);
		assert_int_equal(payload[21], CANARY);
	}
}

TEST(any_other_character_is_refused_wherever_it_stands)
{
	static const char *const others = "0OIl +/-_=:\t\n\x7f\x80\xff";

	for (const char *c = others; *c != '\0'; c++)
		for (size_t at = 0; at < 34; at++)
		{
			char text[35];
			uint8_t payload[21];

			strcpy(text, vectors[0].text);
			text[at] = *c;
			assert_int_equal(base58check_decode(text, payload, 21),
							 BASE58_BAD_CHARACTER);
		}
}

TEST(any_changed_digit_is_refused)
{
	for (size_t at = 0; at < 34; at++)
	{
		char text[35];
		uint8_t payload[21];
		Base58Result result;

		strcpy(text, vectors[0].text);
		text[at] = text[at] == '2' ? '3' : '2';
		result = base58check_decode(text, payload, 21);
		assert_true(result == BASE58_BAD_CHECKSUM ||
					result == BASE58_BAD_LENGTH);
	}
}

TEST(swapped_neighbours_are_refused)
{
	for (size_t at = 1; at + 1 < 34; at++)
	{
		char text[35];
		uint8_t payload[21];

		strcpy(text, vectors[0].text);
		if (text[at] == text[at + 1])
			continue;
		text[at] = vectors[0].text[at + 1];
		text[at + 1] = vectors[0].text[at];
		assert_int_not_equal(base58check_decode(text, payload, 21), BASE58_OK);
	}
}

TEST(a_text_cut_or_lengthened_is_refused)
{
	uint8_t payload[21];
	char text[64];

	for (size_t length = 0; length < 34; length++)
	{
		memcpy(text, vectors[0].text, length);
		text[length] = '\0';
		assert_int_not_equal(base58check_decode(text, payload, 21), BASE58_OK);
	}
	strcpy(text, vectors[0].text);
	strcat(text, "1");
	assert_int_not_equal(base58check_decode(text, payload, 21), BASE58_OK);
}

TEST(leading_ones_are_counted_as_bytes)
{
	uint8_t payload[21];

	/* one '1' too many and one too few */
	assert_int_equal(
		base58check_decode("11A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", payload, 21),
		BASE58_BAD_LENGTH);
	assert_int_equal(
		base58check_decode("A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", payload, 21),
		BASE58_BAD_LENGTH);
	assert_int_equal(
		base58check_decode("11111111111111111111114oLvT2", payload, 21),
		BASE58_BAD_LENGTH);
}

TEST(another_length_than_asked_for_is_refused)
{
	uint8_t payload[21];

	assert_int_equal(base58check_decode(vectors[0].text, payload, 20),
					 BASE58_BAD_LENGTH);
	assert_int_equal(base58check_decode(vectors[3].text, payload, 20),
					 BASE58_BAD_LENGTH);
	assert_int_equal(base58check_decode("", payload, 21), BASE58_BAD_LENGTH);
}

/* Bitcoin Core, key_io_valid.json: private keys, longer than any address */
TEST(a_private_key_is_too_long)
{
	uint8_t payload[21];

	assert_int_equal(
		base58check_decode(
			"5JuW2AMDYu4xVwRG9DZW18VbzQrGcd5RCgb99sS6ehJsNQXu5b9", payload, 21),
		BASE58_BAD_LENGTH);
	assert_int_equal(base58check_decode(
						 "L5nJeqKmpHp4P7F8ZYyjwc5a7P4d8EabuGAzfGJk7yC1BJyzNaEd",
						 payload, 21),
					 BASE58_BAD_LENGTH);
}

/* nothing at all, whose checksum is sha256d's first bytes: 5df6e0e2 */
TEST(an_empty_payload_is_only_its_checksum)
{
	uint8_t payload[1] = {CANARY};

	assert_int_equal(base58check_decode("3QJmnh", payload, 0), BASE58_OK);
	assert_int_equal(payload[0], CANARY);
}

TEST(a_very_long_text_is_refused_without_harm)
{
	static char text[100001];
	uint8_t payload[21];

	memset(text, '1', sizeof(text) - 1);
	assert_int_equal(base58check_decode(text, payload, 21), BASE58_BAD_LENGTH);
	memset(text, 'z', sizeof(text) - 1);
	assert_int_equal(base58check_decode(text, payload, 21), BASE58_BAD_LENGTH);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_addresses_decode_to_version_and_hash),
		cmocka_unit_test(any_other_character_is_refused_wherever_it_stands),
		cmocka_unit_test(any_changed_digit_is_refused),
		cmocka_unit_test(swapped_neighbours_are_refused),
		cmocka_unit_test(a_text_cut_or_lengthened_is_refused),
		cmocka_unit_test(leading_ones_are_counted_as_bytes),
		cmocka_unit_test(another_length_than_asked_for_is_refused),
		cmocka_unit_test(a_private_key_is_too_long),
		cmocka_unit_test(an_empty_payload_is_only_its_checksum),
		cmocka_unit_test(a_very_long_text_is_refused_without_harm),
	};

	return cmocka_run_group_tests_name("base58", tests, NULL, NULL);
}
