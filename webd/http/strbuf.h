/*
 * strbuf.h
 *	  A text that grows.
 */
#ifndef WEBD_STRBUF_H
#define WEBD_STRBUF_H

#include <stddef.h>

/* All zero is an empty one; data, if any, always ends in '\0'. */
typedef struct Text
{
	char *data;
	size_t length;
	size_t size;
} Text;

extern void text_add(Text *text, const char *data, size_t length);
extern void text_adds(Text *text, const char *string);
extern void text_addf(Text *text, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
extern void text_free(Text *text);

#endif
