/*
 * test_compact_size.c
 *	  Bitcoin's variable-length integer.
 */
#include "unit.h"

#include "chain/compact_size.h"

typedef struct Vector
{
	uint64_t value;
	const char *bytes;
} Vector;

/* the edges of each form; 515 is the example of Bitcoin's developer guide */
static const Vector vectors[] = {
	{0, "00"},
	{1, "01"},
	{252, "fc"},
	{253, "fdfd00"},
	{254, "fdfe00"},
	{255, "fdff00"},
	{256, "fd0001"},
	{515, "fd0302"},
	{65535, "fdffff"},
	{65536, "fe00000100"},
	{0xffffffff, "feffffffff"},
	{0x100000000, "ff0000000001000000"},
	{UINT64_MAX, "ffffffffffffffffff"},
};

TEST(values_are_written_in_their_shortest_form)
{
	for (size_t i = 0; i < lengthof(vectors); i++)
	{
		uint8_t out[COMPACT_SIZE_MAX_BYTES + 1];
		size_t length = strlen(vectors[i].bytes) / 2;

		memset(out, CANARY, sizeof(out));
		assert_int_equal(compact_size_write(out, vectors[i].value), length);
		assert_bytes_are(out, vectors[i].bytes);
		assert_int_equal(out[length], CANARY);
	}
}

TEST(what_is_written_reads_back_whatever_follows)
{
	for (size_t i = 0; i < lengthof(vectors); i++)
	{
		uint8_t in[COMPACT_SIZE_MAX_BYTES + 1] = {0};
		size_t length = unhex(vectors[i].bytes, in, sizeof(in));
		uint64_t value = 42;

		assert_int_equal(compact_size_read(in, length, &value), length);
		assert_true(value == vectors[i].value);
		assert_int_equal(compact_size_read(in, length + 1, &value), length);
		assert_true(value == vectors[i].value);
	}
}

TEST(a_form_that_is_cut_off_is_refused)
{
	for (size_t i = 0; i < lengthof(vectors); i++)
	{
		size_t length = strlen(vectors[i].bytes) / 2;

		for (size_t cut = 0; cut < length; cut++)
		{
			/* on the heap, so that a sanitizer sees a read past the end */
			uint8_t *in = malloc(cut + 1);
			uint8_t whole[COMPACT_SIZE_MAX_BYTES];
			uint64_t value;

			assert_non_null(in);
			unhex(vectors[i].bytes, whole, sizeof(whole));
			memcpy(in, whole, cut);
			in = realloc(in, cut > 0 ? cut : 1);
			assert_int_equal(compact_size_read(in, cut, &value), 0);
			free(in);
		}
	}
}

TEST(a_longer_form_than_needed_is_refused)
{
	static const char *const forms[] = {
		"fd0000",
		"fdfc00",
		"fe00000000",
		"feffff0000",
		"ff0000000000000000",
		"ffffffffff00000000",
	};

	for (size_t i = 0; i < lengthof(forms); i++)
	{
		uint8_t in[COMPACT_SIZE_MAX_BYTES];
		size_t length = unhex(forms[i], in, sizeof(in));
		uint64_t value;

		assert_int_equal(compact_size_read(in, length, &value), 0);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_are_written_in_their_shortest_form),
		cmocka_unit_test(what_is_written_reads_back_whatever_follows),
		cmocka_unit_test(a_form_that_is_cut_off_is_refused),
		cmocka_unit_test(a_longer_form_than_needed_is_refused),
	};

	return cmocka_run_group_tests_name("compact_size", tests, NULL, NULL);
}
