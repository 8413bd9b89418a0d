/*
 * response.c
 *	  Responses to a miner's requests.
 */
#include "session/response.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_MESSAGE 256 /* bytes of an error's text; longer ones are cut */
#define MAX_ESCAPED 6	/* bytes that one byte takes in JSON */
#define MAX_ERROR_LINE                            \
	(REQUEST_MAX_ID + MAX_MESSAGE * MAX_ESCAPED + \
	 64) /* and the JSON around it */

static void
write_text(Session *session, const char *text)
{
	session_write(session, text, strlen(text));
}

void
respond_json(Session *session, const RequestId *id, const char *result)
{
	session_write(session, "{\"id\":", 6);
	session_write(session, id->text, id->length);
	write_text(session, ",\"result\":");
	write_text(session, result);
	write_text(session, ",\"error\":null}\n");
}

/* Almost every response is this one: it is built by hand and written once. */
void
respond_true(Session *session, const RequestId *id)
{
	static const char head[] = "{\"id\":";
	static const char tail[] = ",\"result\":true,\"error\":null}\n";
	char line[sizeof(head) + REQUEST_MAX_ID + sizeof(tail)];
	char *end = line;

	end = mempcpy(end, head, sizeof(head) - 1);
	end = mempcpy(end, id->text, id->length);
	end = mempcpy(end, tail, sizeof(tail) - 1);
	session_write(session, line, (size_t) (end - line));
}

/*
 * The length of the first MAX_MESSAGE bytes of a text, ending at a character.
 */
static size_t
message_length(const char *message)
{
	size_t length = strlen(message);

	if (length > MAX_MESSAGE)
		for (length = MAX_MESSAGE; length > 0; length--)
			if (((unsigned char) message[length] & 0xC0) != 0x80)
				break;
	return length;
}

/* Whether a text needs no escaping: stratumd's own do not. */
static bool
is_plain(const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (text[i] < ' ' || text[i] > '~' || text[i] == '"' || text[i] == '\\')
			return false;
	return true;
}

/* A text as JSON, in the buffer or else to be freed by the caller. */
static char *
quote_text(const char *message, size_t length, char buffer[MAX_MESSAGE + 3])
{
	json_t *text;
	char *quoted;

	if (is_plain(message, length))
	{
		snprintf(buffer, MAX_MESSAGE + 3, "\"%.*s\"", (int) length, message);
		return buffer;
	}
	text = json_stringn(message, length);
	quoted =
		text ? json_dumps(text, JSON_ENCODE_ANY | JSON_ENSURE_ASCII) : NULL;
	json_decref(text);
	return quoted;
}

/* A flood of bad shares causes as many of these: it is written once, too. */
void
respond_error(Session *session, const RequestId *id, StratumError code,
			  const char *message)
{
	char buffer[MAX_MESSAGE + 3];
	char *quoted = quote_text(message, message_length(message), buffer);
	char line[MAX_ERROR_LINE];
	int length = snprintf(
		line, sizeof(line),
		"{\"id\":%.*s,\"result\":null,\"error\":[%d,%s,null]}\n",
		(int) id->length, id->text, (int) code, quoted ? quoted : "\"error\"");

	session_write(session, line, (size_t) length);
	if (quoted != buffer)
		free(quoted);
}
