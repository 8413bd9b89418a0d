/*
 * shared_buffer.c
 *	  Immutable bytes with many readers.
 */
#include "net/shared_buffer.h"

#include <stdlib.h>

#include "memory.h"

SharedBuffer *
shared_buffer_new(size_t length)
{
	SharedBuffer *buffer = memory_alloc(sizeof(SharedBuffer) + length);

	buffer->references = 1;
	buffer->length = length;
	return buffer;
}

SharedBuffer *
shared_buffer_ref(SharedBuffer *buffer)
{
	buffer->references++;
	return buffer;
}

void
shared_buffer_unref(SharedBuffer *buffer)
{
	if (buffer != NULL && --buffer->references == 0)
		free(buffer);
}
