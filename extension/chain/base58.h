/*
 * base58.h
 *	  Bitcoin's base58 with a checksum ("base58check").
 */
#ifndef CHIMERA_BASE58_H
#define CHIMERA_BASE58_H

#include <stddef.h>
#include <stdint.h>

/* the longest payload read here: a version byte and a 20-byte hash */
#define BASE58_PAYLOAD_MAX_BYTES 21

typedef enum Base58Result
{
	BASE58_OK,
	BASE58_BAD_CHARACTER,
	BASE58_BAD_LENGTH,
	BASE58_BAD_CHECKSUM,
} Base58Result;

/* Decode text that must hold exactly 'length' bytes and their checksum. */
extern Base58Result
base58check_decode(const char *text, uint8_t *payload, size_t length);

#endif
