/*
 * hex.h
 *	  Strict hexadecimal: input must be exactly the bytes asked for.
 */
#ifndef CHIMERA_HEX_H
#define CHIMERA_HEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Decode exactly 2 * out_length digits.  False (out undefined) if hex_length
 * differs or a character is not [0-9a-fA-F].
 */
extern bool hex_to_bytes(const char *hex, size_t hex_length, uint8_t *out,
						 size_t out_length);

/* Write 2 * length lower-case digits and a terminating NUL. */
extern void bytes_to_hex(const uint8_t *data, size_t length, char *out);

/* A hash (such as a txid) as it is displayed: in reverse. */
#define HASH_HEX_BYTES 65 /* with the NUL */
extern void hash_to_hex(const uint8_t hash[32], char out[HASH_HEX_BYTES]);

#endif
