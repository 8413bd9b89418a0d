/*
 * unit.h
 *	  What the unit tests share: cmocka, hex, and bytes that look random but
 *	  are the same in every run.
 */
#ifndef CHIMERA_UNIT_H
#define CHIMERA_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* A test function; its name says what it proves. */
#define TEST(name) static void name(void **state __attribute__((unused)))

#define lengthof(array) (sizeof(array) / sizeof((array)[0]))

/* what a function must not have written over */
#define CANARY 0xa5

static inline int
hex_digit(char c)
{
	const char *digits = "0123456789abcdef";
	const char *found = strchr(digits, c);

	assert_true(c != '\0' && found != NULL);
	return (int) (found - digits);
}

/* Lower-case hex to bytes; the tests of chain/hex.c must not lean on it. */
static inline size_t
unhex(const char *hex, void *out, size_t max_length)
{
	size_t length = strlen(hex) / 2;
	uint8_t *bytes = out;

	assert_int_equal(strlen(hex) % 2, 0);
	assert_true(length <= max_length);
	for (size_t i = 0; i < length; i++)
		bytes[i] =
			(uint8_t) (hex_digit(hex[2 * i]) << 4 | hex_digit(hex[2 * i + 1]));
	return length;
}

/* A hash as users read it: back to front. */
static inline void
unhex_reversed(const char *hex, uint8_t out[32])
{
	uint8_t bytes[32];

	assert_int_equal(unhex(hex, bytes, sizeof(bytes)), sizeof(bytes));
	for (int i = 0; i < 32; i++)
		out[i] = bytes[31 - i];
}

static inline void
assert_bytes_are(const void *bytes, const char *hex)
{
	size_t length = strlen(hex) / 2;
	uint8_t *expected = malloc(length + 1);

	assert_non_null(expected);
	unhex(hex, expected, length);
	assert_memory_equal(bytes, expected, length);
	free(expected);
}

static inline void
assert_hash_reads(const uint8_t hash[32], const char *hex)
{
	uint8_t expected[32];

	unhex_reversed(hex, expected);
	assert_memory_equal(hash, expected, 32);
}

/* Marsaglia's xorshift64*: enough to tell two code paths apart. */
static inline uint64_t
random_word(void)
{
	static uint64_t x = 0x9e3779b97f4a7c15;

	x ^= x >> 12;
	x ^= x << 25;
	x ^= x >> 27;
	return x * 0x2545f4914f6cdd1d;
}

static inline void
random_bytes(void *out, size_t length)
{
	uint8_t *bytes = out;

	for (size_t i = 0; i < length; i++)
		bytes[i] = (uint8_t) (random_word() >> 56);
}

#endif
