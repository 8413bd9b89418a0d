/*
 * scan.c
 *	  Lines from a pool, read by looking for what must be there.
 */
#include "swarm/scan.h"

#include <stdlib.h>
#include <string.h>

static bool
starts_with(const char *at, const char *end, const char *text, size_t length)
{
	return (size_t) (end - at) >= length && memcmp(at, text, length) == 0;
}

#define STARTS_WITH(at, end, text) starts_with(at, end, text, sizeof(text) - 1)

/* Behind the first occurrence of text, or NULL. */
static const char *
find(const char *at, const char *end, const char *text)
{
	const char *found = memmem(at, (size_t) (end - at), text, strlen(text));

	return found ? found + strlen(text) : NULL;
}

static const char *
scan_number(const char *at, const char *end, int *number)
{
	*number = 0;
	while (at < end && *at >= '0' && *at <= '9')
		*number = *number * 10 + (*at++ - '0');
	return at;
}

static Line
scan_notification(const char *at, const char *end)
{
	Line line = {.kind = LINE_OTHER, .end = end};
	const char *method = find(at, end, "\"method\":\"");

	line.value = find(at, end, "\"params\":");
	if (method == NULL || line.value == NULL)
		return line;
	if (STARTS_WITH(method, end, "mining.notify\""))
		line.kind = LINE_NOTIFY;
	else if (STARTS_WITH(method, end, "mining.set_difficulty\""))
		line.kind = LINE_SET_DIFFICULTY;
	return line;
}

static Line
scan_answer(const char *at, const char *end, int id)
{
	Line line = {.kind = LINE_OTHER, .id = id, .end = end};
	const char *error = find(at, end, "\"error\":");
	const char *result = find(at, end, "\"result\":");

	if (error && *error == '[')
	{
		line.kind = LINE_ERROR;
		scan_number(error + 1, end, &line.error_code);
	}
	else if (result && STARTS_WITH(result, end, "true"))
		line.kind = LINE_ACCEPTED;
	else if (result)
	{
		line.kind = LINE_RESULT;
		line.value = result;
	}
	return line;
}

Line
line_scan(const char *text, size_t length)
{
	const char *end = text + length;
	const char *at;
	int id;

	/* nearly every line: {"id":123,"result":true,... */
	if (STARTS_WITH(text, end, "{\"id\":") && text[6] >= '0' && text[6] <= '9')
	{
		at = scan_number(text + 6, end, &id);
		if (STARTS_WITH(at, end, ",\"result\":true"))
			return (Line){.kind = LINE_ACCEPTED, .id = id};
		return scan_answer(at, end, id);
	}

	/* the id may also come last */
	at = find(text, end, "\"id\":");
	if (at && *at >= '0' && *at <= '9' && find(text, end, "\"result\":"))
	{
		scan_number(at, end, &id);
		return scan_answer(text, end, id);
	}
	return scan_notification(text, end);
}

const char *
scan_string(const char **at, const char *end, size_t *length)
{
	const char *open = memchr(*at, '"', (size_t) (end - *at));
	const char *close =
		open ? memchr(open + 1, '"', (size_t) (end - open - 1)) : NULL;

	if (close == NULL)
		return NULL;
	*length = (size_t) (close - open - 1);
	*at = close + 1;
	return open + 1;
}
