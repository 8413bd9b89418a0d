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
 * The number that 1 to 16 hex digits of either case stand for; false for any
 * other text, a sign or a 0x among it.
 */
extern bool hex_to_uint64(const char *text, size_t length, uint64_t *value);

/*
 * A number as firmware writes it: with or without 0x before it, and with more
 * or fewer leading zeros than it needs.  False for any other text, and for
 * more than 32 bits.
 */
extern bool hex_to_word(const char *text, size_t length, uint32_t *value);

/*
 * The same for a number of up to 256 bits, as a double: false unless there are
 * 1 to 64 digits.
 */
extern bool hex_to_double(const char *text, double *value);

#endif
