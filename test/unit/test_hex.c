/*
 * test_hex.c
 *	  Strict hexadecimal.
 */
#include "unit.h"

#include "chain/hex.h"

TEST(every_byte_is_written_as_two_lower_case_digits)
{
	static const char digits[] = "0123456789abcdef";

	for (int value = 0; value < 256; value++)
	{
		uint8_t byte = (uint8_t) value;
		char hex[4] = {0, 0, 0, 'x'};

		bytes_to_hex(&byte, 1, hex);
		assert_int_equal(hex[0], digits[value / 16]);
		assert_int_equal(hex[1], digits[value % 16]);
		assert_int_equal(hex[2], '\0');
		assert_int_equal(hex[3], 'x');
	}
}

TEST(no_bytes_are_the_empty_string)
{
	char hex[1] = {'x'};

	bytes_to_hex(NULL, 0, hex);
	assert_string_equal(hex, "");
	assert_true(hex_to_bytes("", 0, NULL, 0));
}

TEST(what_is_written_reads_back)
{
	uint8_t data[64], back[64];
	char hex[129];

	random_bytes(data, sizeof(data));
	bytes_to_hex(data, sizeof(data), hex);
	assert_true(hex_to_bytes(hex, 128, back, sizeof(back)));
	assert_memory_equal(back, data, sizeof(data));
}

TEST(either_case_is_read)
{
	uint8_t out[4];

	assert_true(hex_to_bytes("DEADbeef", 8, out, 4));
	assert_bytes_are(out, "deadbeef");
}

TEST(a_length_that_is_not_the_one_asked_for_is_refused)
{
	uint8_t out[4];

	assert_false(hex_to_bytes("deadbe", 6, out, 4));
	assert_false(hex_to_bytes("deadbeef00", 10, out, 4));
	assert_false(hex_to_bytes("deadbee", 7, out, 4));
	assert_false(hex_to_bytes("deadbee", 7, out, 3));
	assert_false(hex_to_bytes("", 0, out, 4));
	assert_false(hex_to_bytes("de", 2, out, 0));
}

TEST(any_other_character_is_refused_in_either_place)
{
	for (int c = 0; c < 256; c++)
	{
		bool is_digit = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') ||
						(c >= 'A' && c <= 'F');
		char high[2] = {(char) c, '0'};
		char low[2] = {'0', (char) c};
		uint8_t out;

		assert_int_equal(hex_to_bytes(high, 2, &out, 1), is_digit);
		assert_int_equal(hex_to_bytes(low, 2, &out, 1), is_digit);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_byte_is_written_as_two_lower_case_digits),
		cmocka_unit_test(no_bytes_are_the_empty_string),
		cmocka_unit_test(what_is_written_reads_back),
		cmocka_unit_test(either_case_is_read),
		cmocka_unit_test(a_length_that_is_not_the_one_asked_for_is_refused),
		cmocka_unit_test(any_other_character_is_refused_in_either_place),
	};

	return cmocka_run_group_tests_name("hex", tests, NULL, NULL);
}
