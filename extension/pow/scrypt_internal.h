/*
 * scrypt_internal.h
 *	  The parts of scrypt (RFC 7914) with r = 1 and p = 1, open to pow/ and
 *	  its tests.
 *
 * A block is 128 * r = 128 bytes, held as 32 words in the CPU's byte order.
 * The CPU/memory cost n is a parameter because RFC 7914 has vectors for 16;
 * block headers are hashed with SCRYPT_N.
 */
#ifndef CHIMERA_SCRYPT_INTERNAL_H
#define CHIMERA_SCRYPT_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pow/sha256.h"

#define SCRYPT_N		   1024
#define SCRYPT_BLOCK_WORDS 32
#define SCRYPT_BLOCK_BYTES (SCRYPT_BLOCK_WORDS * sizeof(uint32_t))
#define SCRYPT_MAX_LANES   16

/* what the scratch memory of scryptROMix is aligned to: a cache line */
#define SCRYPT_ALIGNMENT 64

/*
 * An implementation of scryptROMix: on as many blocks at once as it has lanes,
 * in place.  'scratch' is lanes * n blocks, aligned to SCRYPT_ALIGNMENT; n is a
 * power of two.
 */
typedef struct ScryptCode
{
	const char *name;
	size_t lanes;
	bool (*supported)(void);
	void (*romix)(uint32_t (*blocks)[SCRYPT_BLOCK_WORDS], uint32_t *scratch,
				  uint32_t n);
} ScryptCode;

/* one lane on any CPU */
extern const ScryptCode scrypt_portable;

#if defined(__x86_64__)
#define SCRYPT_HAVE_SIMD 1
extern const ScryptCode scrypt_sse2;   /* one lane */
extern const ScryptCode scrypt_avx2;   /* 8 lanes */
extern const ScryptCode scrypt_avx512; /* 16 lanes */
#endif

/* RFC 7914, 3: the Salsa20/8 core, in place */
extern void scrypt_salsa20_8(uint32_t words[16]);

/* RFC 7914, 4: scryptBlockMix with r = 1, in place */
extern void scrypt_block_mix(uint32_t block[SCRYPT_BLOCK_WORDS]);

/* HMAC-SHA256 (RFC 2104) keyed once, to be copied for each message */
typedef struct HmacSha256
{
	Sha256 inner;
	Sha256 outer;
} HmacSha256;

extern void hmac_sha256_init(HmacSha256 *hmac, const void *key, size_t length);

typedef struct Salt
{
	const void *data;
	size_t length;
} Salt;

/*
 * PBKDF2-HMAC-SHA256 (RFC 8018, 5.2) of one iteration, all that scrypt asks
 * for.  'keyed' holds the password.
 */
extern void pbkdf2_sha256(const HmacSha256 *keyed, Salt salt, uint8_t *out,
						  size_t out_length);

#endif
