/*
 * shared_buffer.c
 *	  Immutable bytes with many readers.
 */
#include "net/shared_buffer.h"

#include <stdlib.h>

#include "memory.h"

Buffer *
buffer_new(size_t length)
{
	Buffer *buffer = memory_alloc(sizeof(Buffer) + length);

	buffer->references = 1;
	buffer->length = length;
	return buffer;
}

Buffer *
buffer_ref(Buffer *buffer)
{
	buffer->references++;
	return buffer;
}

void
buffer_unref(Buffer *buffer)
{
	if (buffer != NULL && --buffer->references == 0)
		free(buffer);
}
