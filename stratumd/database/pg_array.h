/*
 * pg_array.h
 *	  PostgreSQL arrays as text, for parameters of statements.
 */
#ifndef STRATUMD_PG_ARRAY_H
#define STRATUMD_PG_ARRAY_H

#include <stddef.h>
#include <stdio.h>

typedef struct PgArray
{
	FILE *stream; /* elements and commas are written here */
	char *text;	  /* set by pg_array_close; the caller frees it */
	size_t length;
} PgArray;

extern void pg_array_open(PgArray *array);
extern void pg_array_close(PgArray *array);

/* An element of any text, or NULL. */
extern void pg_array_quote(PgArray *array, const char *text);

#endif
