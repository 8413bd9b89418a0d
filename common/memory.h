/*
 * memory.h
 *	  Allocation that succeeds or ends the process.
 *
 * A front end that is out of memory cannot serve anybody; its clients
 * reconnect to the restarted one.  Nothing acknowledged is lost.
 */
#ifndef COMMON_MEMORY_H
#define COMMON_MEMORY_H

#include <stddef.h>

/* Ends the process, as all functions here do when memory runs out. */
extern void memory_exhausted(void) __attribute__((noreturn));
extern void *memory_alloc(size_t size);
extern void *memory_zalloc(size_t size);
extern void *memory_resize(void *pointer, size_t size);
extern char *memory_strdup(const char *text);
extern char *memory_strndup(const char *text, size_t length);

#endif
