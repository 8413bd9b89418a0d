/*
 * test_endian.c
 *	  Fixed-endian loads and stores.
 */
#include "unit.h"

#include "byte_order.h"

static const uint8_t count_up[9] = {0, 1, 2, 3, 4, 5, 6, 7, 8};

TEST(loads_read_the_bytes_in_their_order_unaligned)
{
	const uint8_t *p = count_up + 1;

	assert_int_equal(load_le32(p), 0x04030201);
	assert_int_equal(load_be32(p), 0x01020304);
	assert_true(load_le64(p) == 0x0807060504030201);
	assert_true(load_be64(p) == 0x0102030405060708);
}

TEST(loads_do_not_extend_a_sign)
{
	const uint8_t ones[8] = {0xff, 0xff, 0xff, 0xff, 0x80, 0, 0, 0x80};

	assert_true(load_le64(ones) == 0x80000080ffffffff);
	assert_true(load_be64(ones) == 0xffffffff80000080);
	assert_true((uint64_t) load_le32(ones) == 0xffffffff);
}

TEST(stores_write_the_bytes_in_their_order_and_no_more)
{
	uint8_t out[10];

	memset(out, CANARY, sizeof(out));
	store_le32(out + 1, 0x04030201);
	assert_bytes_are(out, "a501020304a5");
	store_be32(out + 1, 0x01020304);
	assert_bytes_are(out, "a501020304a5");
	store_le64(out + 1, 0x0807060504030201);
	assert_bytes_are(out, "a50102030405060708a5");
	store_be64(out + 1, 0x0102030405060708);
	assert_bytes_are(out, "a50102030405060708a5");
}

TEST(reverse32_turns_a_hash_round_also_in_place)
{
	uint8_t in[32];
	uint8_t out[32];

	random_bytes(in, sizeof(in));
	reverse32(out, in);
	for (int i = 0; i < 32; i++)
		assert_int_equal(out[i], in[31 - i]);
	reverse32(out, out);
	assert_memory_equal(out, in, sizeof(in));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(loads_read_the_bytes_in_their_order_unaligned),
		cmocka_unit_test(loads_do_not_extend_a_sign),
		cmocka_unit_test(stores_write_the_bytes_in_their_order_and_no_more),
		cmocka_unit_test(reverse32_turns_a_hash_round_also_in_place),
	};

	return cmocka_run_group_tests_name("endian", tests, NULL, NULL);
}
