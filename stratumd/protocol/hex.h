/*
 * hex.h
 *	  Numbers as big-endian hexadecimal.
 */
#ifndef STRATUMD_HEX_H
#define STRATUMD_HEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Convert 1 to 16 hex digits of either case; false for any other text, such as
 * one with a sign or a 0x.
 */
extern bool hex_to_uint64(const char *text, size_t length, uint64_t *value);

/*
 * Convert a number the way firmware writes it: with or without 0x, with more
 * or fewer leading zeros than it needs.  False for any other text, and for
 * more than 32 bits.
 */
extern bool hex_to_word(const char *text, size_t length, uint32_t *value);

/*
 * The same for a number of up to 256 bits, as a double: false unless the text
 * has 1 to 64 digits.
 */
extern bool hex_to_double(const char *text, double *value);

#endif
