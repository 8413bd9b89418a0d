/*
 * line_reader.h
 *	  Splits what a connection sends into lines.
 *
 * All connections read into one common buffer; a connection keeps only the
 * beginning of a line that has not ended.
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
	double begun_at; /* when its first byte came */
} LineReader;

typedef enum LineReaderResult
{
	INPUT_OPEN,
	INPUT_END,	  /* the peer has ended its sending */
	INPUT_FAILED, /* the connection is broken */
	INPUT_TOO_LONG
} LineReaderResult;

/* Takes a line without its newline; false: stop reading lines. */
typedef bool (*InputHandler)(void *owner, const char *line, size_t length);

/*
 * Read once, at most size bytes and no more than INPUT_READ_SIZE, and pass on
 * each complete line.
 */
extern LineReaderResult
line_reader_read(LineReader *input, Transport *transport, size_t size,
				 InputHandler handler, void *owner);

/* Read what is there and discard it. */
extern LineReaderResult line_reader_discard(Transport *transport);
extern void line_reader_clear(LineReader *input);

#endif
