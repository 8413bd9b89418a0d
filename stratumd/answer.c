/*
 * answer.c
 *	  Answers to a miner's requests.
 */
#include "answer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_MESSAGE 256 /* bytes of an error's text; the rest is cut */

static void
write_text(Session *session, const char *text)
{
	session_write(session, text, strlen(text));
}

void
answer_json(Session *session, const RequestId *id, const char *result)
{
	session_write(session, "{\"id\":", 6);
	session_write(session, id->text, id->length);
	write_text(session, ",\"result\":");
	write_text(session, result);
	write_text(session, ",\"error\":null}\n");
}

/* Nearly every answer: it is made by hand, in one piece. */
void
answer_true(Session *session, const RequestId *id)
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

/* The length of at most MAX_MESSAGE bytes of a text, no character cut apart. */
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

void
answer_error(Session *session, const RequestId *id, StratumError code,
			 const char *message)
{
	json_t *text = json_stringn(message, message_length(message));
	char *quoted =
		text ? json_dumps(text, JSON_ENCODE_ANY | JSON_ENSURE_ASCII) : NULL;
	char middle[64];

	snprintf(middle, sizeof(middle), ",\"result\":null,\"error\":[%d,",
			 (int) code);
	session_write(session, "{\"id\":", 6);
	session_write(session, id->text, id->length);
	write_text(session, middle);
	write_text(session, quoted ? quoted : "\"error\"");
	write_text(session, ",null]}\n");
	free(quoted);
	json_decref(text);
}
