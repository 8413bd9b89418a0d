/*
 * test_bech32.c
 *	  Bech32 and bech32m on the lists of BIP173 and BIP350.
 */
#include "unit.h"

#include "chain/bech32.h"

static void
assert_all(const char *const *texts, size_t count, Bech32Result expected)
{
	for (size_t i = 0; i < count; i++)
	{
		Bech32 parts;

		assert_int_equal(bech32_decode(texts[i], &parts), expected);
		if (expected == BECH32_INVALID)
			assert_true(strlen(parts.error) > 0);
		else
			assert_null(parts.error);
	}
}

/* BIP173, "Test vectors" */
TEST(valid_strings_of_bip173_are_bech32)
{
	static const char *const texts[] = {
		"A12UEL5L",
		"a12uel5l",
		"an83characterlonghumanreadablepartthatcontainsthenumber1andthe"
		"excludedcharactersbio1tt5tgs",
		"abcdef1qpzry9x8gf2tvdw0s3jn54khce6mua7lmqqqxw",
		"11qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq"
		"qqqqqqqqqqqqqqqqqqqqc8247j",
		"split1checkupstagehandshakeupstreamerranterredcaperred2y9e3w",
		"?1ezyfcl",
	};

	assert_all(texts, lengthof(texts), BECH32);
}

/* BIP173, "Test vectors" */
TEST(invalid_strings_of_bip173_are_refused)
{
	static const char *const texts[] = {
		"\x20"
		"1nwldj5",
		"\x7f"
		"1axkwrx",
		"\x80"
		"1eym55h",
		"an84characterslonghumanreadablepartthatcontainsthenumber1andthe"
		"excludedcharactersbio1569pvx",
		"pzry9x0s0muk",
		"1pzry9x0s0muk",
		"x1b4n0q5v",
		"li1dgmt3",
		"de1lg7wt\xff",
		"A1G7SGD8",
		"10a06t8",
		"1qzzfhee",
	};

	assert_all(texts, lengthof(texts), BECH32_INVALID);
}

/* BIP350, "Test vectors for Bech32m" */
TEST(valid_strings_of_bip350_are_bech32m)
{
	static const char *const texts[] = {
		"A1LQFN3A",
		"a1lqfn3a",
		"an83characterlonghumanreadablepartthatcontainsthetheexcluded"
		"charactersbioandnumber11sg7hg6",
		"abcdef1l7aum6echk45nj3s0wdvt2fg8x9yrzpqzd3ryx",
		"11llllllllllllllllllllllllllllllllllllllllllllllllllllllllllllll"
		"llllllllllllllllllllludsr8",
		"split1checkupstagehandshakeupstreamerranterredcaperredlc445v",
		"?1v759aa",
	};

	assert_all(texts, lengthof(texts), BECH32M);
}

/* BIP350, "Test vectors for Bech32m" */
TEST(invalid_strings_of_bip350_are_refused)
{
	static const char *const texts[] = {
		"\x20"
		"1xj0phk",
		"\x7f"
		"1g6xzxy",
		"\x80"
		"1vctc34",
		"an84characterslonghumanreadablepartthatcontainsthetheexcluded"
		"charactersbioandnumber11d6pts4",
		"qyrz8wqd2c9m",
		"1qyrz8wqd2c9m",
		"y1b0jsk6g",
		"lt1igcx5c0",
		"in1muywd",
		"mm1crxm3i",
		"au1s5cgom",
		"M1VUXWEZ",
		"16plkw9",
		"1p2gdwpf",
	};

	assert_all(texts, lengthof(texts), BECH32_INVALID);
}

TEST(parts_are_the_prefix_in_lower_case_and_the_values)
{
	Bech32 parts;

	assert_int_equal(
		bech32_decode("ABCDEF1QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7LMQQQXW", &parts),
		BECH32);
	assert_string_equal(parts.hrp, "abcdef");
	assert_int_equal(parts.count, 32);
	for (uint8_t i = 0; i < 32; i++)
		assert_int_equal(parts.values[i], i);
}

TEST(last_separator_ends_the_prefix)
{
	Bech32 parts;

	assert_int_equal(
		bech32_decode("an83characterlonghumanreadablepartthatcontainsthenumber1"
					  "andtheexcludedcharactersbio1tt5tgs",
					  &parts),
		BECH32);
	assert_int_equal(strlen(parts.hrp), BECH32_HRP_MAX_CHARS);
	assert_int_equal(parts.count, 0);
}

TEST(mixed_case_is_refused_in_prefix_and_data)
{
	static const char *const texts[] = {
		"a12UEL5L",
		"A12uEL5L",
		"Abcdef1qpzry9x8gf2tvdw0s3jn54khce6mua7lmqqqxw",
		"abcdef1qpzry9x8gf2tvdw0s3jn54khce6mua7lmqqqxW",
	};

	assert_all(texts, lengthof(texts), BECH32_INVALID);
}

TEST(nothing_is_no_bech32)
{
	static const char *const texts[] = {"", "1", "a", "a1", "a12uel5"};

	assert_all(texts, lengthof(texts), BECH32_INVALID);
}

/* BIP173 promises that up to four errors are found: one is tried everywhere */
TEST(any_changed_character_is_found)
{
	static const char charset[] = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
	const char *text = "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4";

	for (size_t at = 3; at < strlen(text); at++)
		for (const char *c = charset; *c != '\0'; c++)
		{
			char changed[64];
			Bech32 parts;

			strcpy(changed, text);
			changed[at] = *c;
			assert_int_equal(bech32_decode(changed, &parts),
							 *c == text[at] ? BECH32 : BECH32_INVALID);
		}
}

TEST(values_regroup_to_bytes)
{
	/* 11111 11100 -> 11111111 and 00 of padding */
	static const uint8_t values[] = {31, 28};
	uint8_t bytes[2] = {0, CANARY};
	size_t length;

	assert_true(bech32_to_bytes(values, 2, bytes, 1, &length));
	assert_int_equal(length, 1);
	assert_int_equal(bytes[0], 0xff);
	assert_int_equal(bytes[1], CANARY);
}

TEST(regrouping_agrees_with_a_string_of_bits)
{
	for (int round = 0; round < 2000; round++)
	{
		uint8_t values[BECH32_MAX_CHARS];
		uint8_t expected[BECH32_MAX_CHARS] = {0};
		uint8_t bytes[BECH32_MAX_CHARS] = {0};
		size_t count = random_word() % (BECH32_MAX_CHARS + 1);
		size_t whole = count * 5 / 8;
		bool padded_well = count * 5 % 8 <= 4;
		size_t length;

		for (size_t i = 0; i < count; i++)
			values[i] = random_word() >> 59;
		/* half of the rounds have a padding of zeros */
		if (round % 2 == 0 && count > 0)
			values[count - 1] &= (uint8_t) (31 << count * 5 % 8);

		for (size_t bit = 0; bit < count * 5; bit++)
		{
			uint8_t set = values[bit / 5] >> (4 - bit % 5) & 1;

			if (bit / 8 < whole)
				expected[bit / 8] |= (uint8_t) (set << (7 - bit % 8));
			else
				padded_well &= set == 0;
		}
		assert_int_equal(
			bech32_to_bytes(values, count, bytes, sizeof(bytes), &length),
			padded_well);
		assert_int_equal(length, whole);
		assert_memory_equal(bytes, expected, whole);
	}
}

TEST(more_bytes_than_there_is_room_for_are_refused)
{
	uint8_t values[8] = {0};
	uint8_t bytes[5];
	size_t length;

	memset(bytes, CANARY, sizeof(bytes));
	assert_false(bech32_to_bytes(values, 8, bytes, 4, &length));
	assert_int_equal(bytes[4], CANARY);
	assert_true(bech32_to_bytes(values, 8, bytes, 5, &length));
	assert_int_equal(length, 5);
}

TEST(padding_of_five_bits_or_not_zero_is_refused)
{
	static const uint8_t five_bits[] = {0};
	static const uint8_t not_zero[] = {31, 29};
	uint8_t bytes[1];
	size_t length;

	assert_false(bech32_to_bytes(five_bits, 1, bytes, 1, &length));
	assert_false(bech32_to_bytes(not_zero, 2, bytes, 1, &length));
	assert_true(bech32_to_bytes(NULL, 0, bytes, 1, &length));
	assert_int_equal(length, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(valid_strings_of_bip173_are_bech32),
		cmocka_unit_test(invalid_strings_of_bip173_are_refused),
		cmocka_unit_test(valid_strings_of_bip350_are_bech32m),
		cmocka_unit_test(invalid_strings_of_bip350_are_refused),
		cmocka_unit_test(parts_are_the_prefix_in_lower_case_and_the_values),
		cmocka_unit_test(last_separator_ends_the_prefix),
		cmocka_unit_test(mixed_case_is_refused_in_prefix_and_data),
		cmocka_unit_test(nothing_is_no_bech32),
		cmocka_unit_test(any_changed_character_is_found),
		cmocka_unit_test(values_regroup_to_bytes),
		cmocka_unit_test(regrouping_agrees_with_a_string_of_bits),
		cmocka_unit_test(more_bytes_than_there_is_room_for_are_refused),
		cmocka_unit_test(padding_of_five_bits_or_not_zero_is_refused),
	};

	return cmocka_run_group_tests_name("bech32", tests, NULL, NULL);
}
