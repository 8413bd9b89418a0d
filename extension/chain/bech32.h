/*
 * bech32.h
 *	  Bech32 (BIP173) and bech32m (BIP350): a human-readable part, 5-bit values
 *	  and a checksum.
 */
#ifndef CHIMERA_BECH32_H
#define CHIMERA_BECH32_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* BIP173: a string has at most 90 characters, 1 + 6 of them not data */
#define BECH32_MAX_CHARS	  90
#define BECH32_CHECKSUM_CHARS 6
#define BECH32_HRP_MAX_CHARS  (BECH32_MAX_CHARS - 1 - BECH32_CHECKSUM_CHARS)

typedef enum Bech32Result
{
	BECH32_INVALID, /* neither; error says why */
	BECH32,
	BECH32M,
} Bech32Result;

typedef struct Bech32
{
	char hrp[BECH32_HRP_MAX_CHARS + 1]; /* in lower case */
	uint8_t values[BECH32_MAX_CHARS];	/* 0 to 31, without the checksum */
	size_t count;
	const char *error; /* static text, English */
} Bech32;

/* The value of an alphabet character in either case, 0 to 31; else -1. */
extern int bech32_value(char c);

extern Bech32Result bech32_decode(const char *text, Bech32 *out);

/*
 * Regroup 5-bit values to bytes.  False if they make more than 'max_length'
 * bytes, or if the padding is longer than 4 bits or not zero.
 */
extern bool bech32_to_bytes(const uint8_t *values, size_t count, uint8_t *bytes,
							size_t max_length, size_t *length);

#endif
