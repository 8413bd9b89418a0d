/*
 * pg_array.c
 *	  PostgreSQL arrays as text, for parameters of statements.
 */
#include "database/pg_array.h"

#include "memory.h"

void
pg_array_open(PgArray *array)
{
	array->stream = open_memstream(&array->text, &array->length);
	if (array->stream == NULL)
		memory_exhausted();
	fputc('{', array->stream);
}

void
pg_array_close(PgArray *array)
{
	fputc('}', array->stream);
	if (fclose(array->stream) != 0)
		memory_exhausted();
}

void
pg_array_quote(PgArray *array, const char *text)
{
	if (text == NULL)
	{
		fputs("NULL", array->stream);
		return;
	}
	fputc('"', array->stream);
	for (; *text != '\0'; text++)
	{
		if (*text == '"' || *text == '\\')
			fputc('\\', array->stream);
		fputc(*text, array->stream);
	}
	fputc('"', array->stream);
}
