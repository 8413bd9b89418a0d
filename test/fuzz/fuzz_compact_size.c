/*
 * fuzz_compact_size.c
 *	  Any bytes as a CompactSize: what is read is written the same, and what is
 *	  written is read the same.
 */
#include "fuzz.h"

#include "chain/compact_size.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *in = malloc(size > 0 ? size : 1);
	uint8_t out[COMPACT_SIZE_MAX_BYTES];
	uint64_t value, back;
	size_t used;
	FuzzInput input = {data, size};

	CHECK(in != NULL);
	if (size > 0)
		memcpy(in, data, size);
	used = compact_size_read(in, size, &value);
	CHECK(used <= size);
	if (used > 0)
	{
		CHECK(compact_size_write(out, value) == used);
		CHECK(memcmp(out, in, used) == 0);
	}
	free(in);

	value = fuzz_take(&input, 8);
	used = compact_size_write(out, value);
	CHECK(compact_size_read(out, used, &back) == used && back == value);
	for (size_t cut = 0; cut < used; cut++)
		CHECK(compact_size_read(out, cut, &back) == 0);
	return 0;
}
