/*
 * line_reader.h
 *	  Lines from a connection.
 *
 * All connections read into one common buffer; only a line that has not ended
 * yet is kept by its connection.
 */
#ifndef STRATUMD_LINE_READER_H
#define STRATUMD_LINE_READER_H

#include <stdbool.h>
#include <stddef.h>

#include "net/transport.h"

#define INPUT_MAX_LINE	(16 * 1024)
#define INPUT_READ_SIZE TRANSPORT_RECORD_SIZE

typedef struct LineReader
{
	char *partial; /* the beginning of a line, or NULL */
	size_t length;
	double begun_at; /* when it began to come */
} LineReader;

typedef enum LineReaderResult
{
	INPUT_OPEN,
	INPUT_END,	  /* the peer sends no more */
	INPUT_FAILED, /* the connection is broken */
	INPUT_TOO_LONG
} LineReaderResult;

/* Takes one line, without its end; false: no more lines are wanted. */
typedef bool (*InputHandler)(void *owner, const char *line, size_t length);

/*
 * Read what is there, once and at most so much, INPUT_READ_SIZE or less, and
 * hand over the lines that have ended.
 */
extern LineReaderResult
line_reader_read(LineReader *input, Transport *wire, size_t size,
				 InputHandler handler, void *owner);

/* Read what is there and forget it. */
extern LineReaderResult line_reader_discard(Transport *wire);
extern void line_reader_clear(LineReader *input);

#endif
