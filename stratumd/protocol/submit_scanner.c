/*
 * submit_scanner.c
 *	  Reads the usual form of mining.submit without a JSON tree.
 *
 * Parsing with jansson was 40 % of stratumd's time under load.  This file
 * reads the one request that is worth it, in the forms that miners send, and
 * leaves everything unusual to request.c, so it reports no errors.  A line
 * that is accepted here means the same to jansson: test/t/stratum/wire.pl
 * sends both forms.
 */
#include "protocol/submit_scanner.h"

#include <string.h>

#define PARAMS_MIN 5

typedef struct Scanner
{
	const char *at;
	const char *end;
} Scanner;

typedef struct PlainKeys
{
	bool id;
	bool method;
	bool params;
} PlainKeys;

static void
skip_space(Scanner *s)
{
	while (s->at < s->end &&
		   (*s->at == ' ' || *s->at == '\t' || *s->at == '\r'))
		s->at++;
}

/* Skip a character and the space around it; false if another one is there. */
static bool
skip_char(Scanner *s, char c)
{
	skip_space(s);
	if (s->at == s->end || *s->at != c)
		return false;
	s->at++;
	skip_space(s);
	return true;
}

/* A string without escapes. */
static bool
take_string(Scanner *s, Span *out)
{
	const char *start;

	if (s->at == s->end || *s->at != '"')
		return false;
	start = ++s->at;
	while (s->at < s->end && *s->at != '"')
	{
		if (*s->at < ' ' || *s->at > '~' || *s->at == '\\')
			return false;
		s->at++;
	}
	if (s->at == s->end)
		return false;
	*out = (Span){start, (size_t) (s->at - start)};
	s->at++;
	return true;
}

/*
 * JSON has no leading zeros; request.c reads ids that are not plain integers.
 */
static bool
take_id(Scanner *s, RequestId *id)
{
	const char *start = s->at;
	size_t length;

	while (s->at < s->end && *s->at >= '0' && *s->at <= '9')
		s->at++;
	length = (size_t) (s->at - start);
	if (length == 0 || length > REQUEST_MAX_ID || (length > 1 && *start == '0'))
		return false;
	id->length = (uint8_t) length;
	memcpy(id->text, start, length);
	return true;
}

static bool
take_params(Scanner *s, Span params[SUBMIT_PARAMS])
{
	int count = 0;

	if (!skip_char(s, '['))
		return false;
	do
	{
		if (count == SUBMIT_PARAMS || !take_string(s, &params[count++]))
			return false;
	} while (skip_char(s, ','));
	return count >= PARAMS_MIN && skip_char(s, ']');
}

static bool
text_is(const Span *text, const char *word)
{
	return text->length == strlen(word) &&
		   memcmp(text->text, word, text->length) == 0;
}

static bool
take_method(Scanner *s)
{
	Span method;

	return take_string(s, &method) && text_is(&method, "mining.submit");
}

/* False for a key that comes twice, which request.c judges. */
static bool
first_time(bool *seen)
{
	bool first = !*seen;

	*seen = true;
	return first;
}

static bool
take_member(Scanner *s, PlainKeys *keys, RequestId *id,
			Span params[SUBMIT_PARAMS])
{
	Span key;

	if (!take_string(s, &key) || !skip_char(s, ':'))
		return false;
	if (text_is(&key, "params"))
		return first_time(&keys->params) && take_params(s, params);
	if (text_is(&key, "id"))
		return first_time(&keys->id) && take_id(s, id);
	if (text_is(&key, "method"))
		return first_time(&keys->method) && take_method(s);
	return false;
}

bool
submit_scanner_scan(const char *line, size_t length, RequestId *id,
					Span params[SUBMIT_PARAMS])
{
	Scanner s = {line, line + length};
	PlainKeys keys = {false, false, false};

	params[SUBMIT_PARAMS - 1] = (Span){NULL, 0};
	if (!skip_char(&s, '{'))
		return false;
	do
	{
		if (!take_member(&s, &keys, id, params))
			return false;
	} while (skip_char(&s, ','));
	return skip_char(&s, '}') && s.at == s.end && keys.id && keys.method &&
		   keys.params;
}
