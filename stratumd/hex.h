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
 * The same for digits beyond 64 bits, as a double: false unless there are
 * exactly this many digits.
 */
extern bool hex_to_double(const char *text, size_t digits, double *value);

#endif
