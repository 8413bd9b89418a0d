/*
 * line_reader.c
 *	  Splits what a connection sends into lines.
 */
#include "net/line_reader.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "counters.h"
#include "loop.h"
#include "memory.h"

static char space[INPUT_MAX_LINE + INPUT_READ_SIZE];

static LineReaderResult
read_some(Transport *transport, char *data, size_t size, size_t *length)
{
	ssize_t got;

	*length = 0;
	do
		got = transport_read(transport, data, size);
	while (got < 0 && errno == EINTR);
	if (got == 0)
		return INPUT_END;
	if (got < 0)
		return errno == EAGAIN || errno == EWOULDBLOCK ? INPUT_OPEN
													   : INPUT_FAILED;
	*length = (size_t) got;
	counters.bytes_received += *length;
	return INPUT_OPEN;
}

static void
keep_partial(LineReader *input, const char *data, size_t length)
{
	if (length == 0)
	{
		line_reader_clear(input);
		return;
	}
	/*
	 * data may be the buffer that partial was copied to, but never partial
	 * itself
	 */
	input->partial = memory_resize(input->partial, length);
	memcpy(input->partial, data, length);
	input->length = length;
}

LineReaderResult
line_reader_read(LineReader *input, Transport *transport, size_t size,
				 InputHandler handler, void *owner)
{
	size_t have = input->length;
	size_t length;
	LineReaderResult result = read_some(transport, space + have, size, &length);
	const char *line = space;
	const char *search = space + have;
	const char *end = search + length;
	const char *newline;

	if (length == 0)
		return result;
	if (have > 0)
		memcpy(space, input->partial, have);

	while ((newline = memchr(search, '\n', (size_t) (end - search))) != NULL)
	{
		if (newline - line > INPUT_MAX_LINE)
			return INPUT_TOO_LONG;
		if (!handler(owner, line, (size_t) (newline - line)))
			return INPUT_OPEN;
		line = search = newline + 1;
	}
	if (end - line > INPUT_MAX_LINE)
		return INPUT_TOO_LONG;
	if (have == 0 || line > space)
		input->begun_at = clock_now();
	keep_partial(input, line, (size_t) (end - line));
	return INPUT_OPEN;
}

LineReaderResult
line_reader_discard(Transport *transport)
{
	size_t length;

	return read_some(transport, space, sizeof(space), &length);
}

void
line_reader_clear(LineReader *input)
{
	free(input->partial);
	input->partial = NULL;
	input->length = 0;
}
