/*
 * strbuf.c
 *	  A growing string buffer.
 */
#include "http/strbuf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"

#define FIRST_SIZE 256

static void
make_room(StrBuf *text, size_t length)
{
	size_t needed = text->length + length + 1;
	size_t size = text->size ? text->size : FIRST_SIZE;

	while (size < needed)
		size *= 2;
	if (size == text->size)
		return;
	text->data = memory_resize(text->data, size);
	text->size = size;
}

void
strbuf_add(StrBuf *text, const char *data, size_t length)
{
	make_room(text, length);
	memcpy(text->data + text->length, data, length);
	text->length += length;
	text->data[text->length] = '\0';
}

void
strbuf_adds(StrBuf *text, const char *string)
{
	strbuf_add(text, string, strlen(string));
}

void
strbuf_addf(StrBuf *text, const char *format, ...)
{
	va_list arguments;
	int length;

	va_start(arguments, format);
	length = vsnprintf(NULL, 0, format, arguments);
	va_end(arguments);
	if (length < 0)
		return;
	make_room(text, (size_t) length);
	va_start(arguments, format);
	vsnprintf(text->data + text->length, (size_t) length + 1, format,
			  arguments);
	va_end(arguments);
	text->length += (size_t) length;
}

void
strbuf_free(StrBuf *text)
{
	free(text->data);
	*text = (StrBuf){NULL, 0, 0};
}
