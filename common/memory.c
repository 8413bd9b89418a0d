/*
 * memory.c
 *	  Allocation that succeeds or ends the process.
 */
#include "memory.h"

#include <stdlib.h>
#include <string.h>

#include "log.h"

void
memory_exhausted(void)
{
	log_error("out of memory");
	abort();
}

static void *
checked(void *pointer)
{
	if (pointer == NULL)
		memory_exhausted();
	return pointer;
}

void *
memory_alloc(size_t size)
{
	return checked(malloc(size));
}

void *
memory_zalloc(size_t size)
{
	return checked(calloc(1, size));
}

void *
memory_resize(void *pointer, size_t size)
{
	return checked(realloc(pointer, size));
}

char *
memory_strdup(const char *text)
{
	return checked(strdup(text));
}

char *
memory_strndup(const char *text, size_t length)
{
	return checked(strndup(text, length));
}
