/*
 * cashaddr.h
 *	  Bitcoin Cash's address format (bitcoincashorg, spec/cashaddr.md): a
 *	  prefix, a version byte, a hash and a checksum.
 */
#ifndef CHIMERA_CASHADDR_H
#define CHIMERA_CASHADDR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CASHADDR_HASH_MAX_BYTES 64

/* type bits of the version byte: the spec's two and CHIP-2022-02's two */
enum
{
	CASHADDR_P2PKH = 0,
	CASHADDR_P2SH = 1,
	CASHADDR_TOKEN_P2PKH = 2,
	CASHADDR_TOKEN_P2SH = 3,
};

typedef struct CashAddr
{
	int type; /* 0..15 */
	uint8_t hash[CASHADDR_HASH_MAX_BYTES];
	size_t length;	   /* of the hash: 20 to 64 */
	const char *error; /* static text, English */
} CashAddr;

/*
 * Decode an address with or without the lower-case prefix.  Returns true with
 * type and hash, or false with an error.
 */
extern bool
cashaddr_decode(const char *address, const char *prefix, CashAddr *out);

#endif
