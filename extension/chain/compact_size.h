/*
 * compact_size.h
 *	  Bitcoin's variable-length integer ("CompactSize").
 */
#ifndef CHIMERA_COMPACT_SIZE_H
#define CHIMERA_COMPACT_SIZE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define COMPACT_SIZE_MAX_BYTES 9

/* Write the canonical form; returns the bytes written (1, 3, 5, 9) */
extern size_t compact_size_write(uint8_t *out, uint64_t value);

/*
 * Read a canonical CompactSize from at most 'length' bytes.  Returns the bytes
 * read, or 0 if it is truncated or not canonical.
 */
extern size_t
compact_size_read(const uint8_t *in, size_t length, uint64_t *value);

#endif
