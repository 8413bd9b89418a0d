/*
 * shared_buffer.h
 *	  Immutable bytes with many readers.
 *
 * A mining.notify is rendered once into a Buffer, and every session's output
 * refers to it: ten thousand miners share one copy.
 */
#ifndef STRATUMD_SHARED_BUFFER_H
#define STRATUMD_SHARED_BUFFER_H

#include <stddef.h>

typedef struct SharedBuffer
{
	size_t references;
	size_t length;
	char data[];
} SharedBuffer;

/* A buffer of that length, one reference, for the caller to fill in. */
extern SharedBuffer *shared_buffer_new(size_t length);
extern SharedBuffer *shared_buffer_ref(SharedBuffer *buffer);

/* Drops a reference, and the buffer with the last; NULL is allowed. */
extern void shared_buffer_unref(SharedBuffer *buffer);

#endif
