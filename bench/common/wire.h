/*
 * wire.h
 *	  Numbers as PostgreSQL's binary formats carry them: most significant byte
 *	  first.  Each function writes at *at and moves it on.
 */
#ifndef BENCH_WIRE_H
#define BENCH_WIRE_H

#include <endian.h>
#include <stdint.h>
#include <string.h>

/* COPY ... (FORMAT binary): signature, flags, and length of the extension */
static const char copy_header[19] = "PGCOPY\n\377\r\n\0";
static const char copy_trailer[2] = {'\377', '\377'};

static inline void
put16(uint8_t **at, uint16_t value)
{
	value = htobe16(value);
	*at = (uint8_t *) memcpy(*at, &value, sizeof(value)) + sizeof(value);
}

static inline void
put32(uint8_t **at, uint32_t value)
{
	value = htobe32(value);
	*at = (uint8_t *) memcpy(*at, &value, sizeof(value)) + sizeof(value);
}

static inline void
put64(uint8_t **at, uint64_t value)
{
	value = htobe64(value);
	*at = (uint8_t *) memcpy(*at, &value, sizeof(value)) + sizeof(value);
}

static inline void
put_double(uint8_t **at, double value)
{
	uint64_t bits;

	memcpy(&bits, &value, sizeof(bits));
	put64(at, bits);
}

/* Fields of a COPY row: the length, then the value. */
static inline void
put_field32(uint8_t **at, uint32_t value)
{
	put32(at, sizeof(value));
	put32(at, value);
}

static inline void
put_field64(uint8_t **at, uint64_t value)
{
	put32(at, sizeof(value));
	put64(at, value);
}

static inline void
put_field_double(uint8_t **at, double value)
{
	put32(at, sizeof(value));
	put_double(at, value);
}

#endif
