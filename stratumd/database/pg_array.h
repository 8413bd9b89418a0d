/*
 * pg_array.h
 *	  PostgreSQL arrays as text, for parameters of statements.
 */
#ifndef STRATUMD_PG_ARRAY_H
#define STRATUMD_PG_ARRAY_H

#include <stddef.h>
#include <stdio.h>

typedef struct Array
{
	FILE *stream; /* elements and the commas between them go here */
	char *text;	  /* once it is closed; to be freed by the caller */
	size_t length;
} Array;

extern void array_open(Array *array);
extern void array_close(Array *array);

/* An element of any text, or NULL. */
extern void array_quote(Array *array, const char *text);

#endif
