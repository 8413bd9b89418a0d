/*
 * sha256_sizes.h
 *	  The sizes of SHA-256 (FIPS 180-4), in bytes.
 */
#ifndef CHIMERA_SHA256_SIZES_H
#define CHIMERA_SHA256_SIZES_H

#define SHA256_BLOCK_BYTES	64
#define SHA256_DIGEST_BYTES 32

#endif
