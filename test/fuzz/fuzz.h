/*
 * fuzz.h
 *	  What the fuzz targets share: the entry point, a check that is never
 *	  compiled away, and inputs as strings.
 */
#ifndef CHIMERA_FUZZ_H
#define CHIMERA_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

extern int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* An invariant: libFuzzer reports a trap with the input that led to it. */
#define CHECK(condition)      \
	do                        \
	{                         \
		if (!(condition))     \
			__builtin_trap(); \
	} while (0)

/*
 * A copy of exactly the input's length on the heap, terminated: reads past the
 * end are seen.  Freed by the caller.
 */
static inline char *
fuzz_string(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);

	CHECK(text != NULL);
	if (size > 0)
		memcpy(text, data, size);
	text[size] = '\0';
	return text;
}

/* The input's bytes, taken from the front; zeros when it is used up. */
typedef struct FuzzInput
{
	const uint8_t *data;
	size_t size;
} FuzzInput;

static inline uint64_t
fuzz_take(FuzzInput *input, size_t bytes)
{
	uint64_t value = 0;

	for (; bytes > 0 && input->size > 0; bytes--, input->size--)
		value = value << 8 | *input->data++;
	return value;
}

#endif
