/*
 * memory.c
 *	  Allocation that succeeds or ends the process.
 */
#include "memory.h"

#include <stdlib.h>
#include <string.h>

#include "log.h"

static void *
checked(void *pointer)
{
	if (pointer == NULL)
	{
		log_error("out of memory");
		abort();
	}
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
