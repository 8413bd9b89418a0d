/*
 * strbuf.h
 *	  A growing string buffer.
 */
#ifndef WEBD_STRBUF_H
#define WEBD_STRBUF_H

#include <stddef.h>

/* All zeros is an empty buffer; data, unless NULL, always ends in '\0'. */
typedef struct StrBuf
{
	char *data;
	size_t length;
	size_t size;
} StrBuf;

extern void strbuf_add(StrBuf *text, const char *data, size_t length);
extern void strbuf_adds(StrBuf *text, const char *string);
extern void strbuf_addf(StrBuf *text, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
extern void strbuf_free(StrBuf *text);

#endif
