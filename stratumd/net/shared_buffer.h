/*
 * shared_buffer.h
 *	  Immutable bytes with many readers.
 *
 * A mining.notify is rendered once into a buffer, and the send queue of every
 * session refers to it: ten thousand miners share one copy.
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

/* A new buffer of that length with one reference; the caller fills it in. */
extern SharedBuffer *shared_buffer_new(size_t length);
extern SharedBuffer *shared_buffer_ref(SharedBuffer *buffer);

/* Drop a reference, and free the buffer with the last one; NULL is allowed. */
extern void shared_buffer_unref(SharedBuffer *buffer);

#endif
