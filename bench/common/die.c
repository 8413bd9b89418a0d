/*
 * die.c
 *	  Ends a benchmark that cannot continue.
 */
#include "common/die.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void
die(const char *format, ...)
{
	va_list arguments;

	fprintf(stderr, "%s: ", program_invocation_short_name);
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fputc('\n', stderr);
	exit(1);
}

void
die_errno(const char *what)
{
	die("%s: %s", what, strerror(errno));
}

void *
allocate(size_t count, size_t size)
{
	void *memory = calloc(count, size);

	if (memory == NULL)
		die("out of memory");
	return memory;
}

long
parse_number(const char *what, const char *text, long min, long max)
{
	char *end;
	long number = strtol(text, &end, 10);

	if (*text == '\0' || *end != '\0' || number < min || number > max)
		die("%s must be %ld to %ld, not \"%s\"", what, min, max, text);
	return number;
}
