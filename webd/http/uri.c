/*
 * uri.c
 *	  Splits a request's target into path segments and query parameters.
 */
#include "http/uri.h"

#include <stdlib.h>
#include <string.h>

#include "memory.h"

/* ---------- characters ---------- */

/*
 * The number of bytes that follow the first byte of a character, or -1.  The
 * first of them must be from 'low' to 'high' (RFC 3629, section 4).
 */
static int
count_following(unsigned char first, unsigned char *low, unsigned char *high)
{
	*low = 0x80;
	*high = 0xbf;
	if (first < 0x80)
		return first >= 0x20 && first != 0x7f ? 0 : -1;
	if (first >= 0xc2 && first <= 0xdf)
		return 1;
	if (first >= 0xe0 && first <= 0xef)
	{
		if (first == 0xe0)
			*low = 0xa0;
		if (first == 0xed)
			*high = 0x9f;
		return 2;
	}
	if (first >= 0xf0 && first <= 0xf4)
	{
		if (first == 0xf0)
			*low = 0x90;
		if (first == 0xf4)
			*high = 0x8f;
		return 3;
	}
	return -1;
}

bool
is_clean_text(const char *text)
{
	const unsigned char *at = (const unsigned char *) text;

	while (*at)
	{
		unsigned char low;
		unsigned char high;
		int following = count_following(*at++, &low, &high);

		if (following < 0)
			return false;
		for (; following > 0; following--, at++)
		{
			if (*at < low || *at > high)
				return false;
			low = 0x80;
			high = 0xbf;
		}
	}
	return true;
}

static int
hex_digit(char digit)
{
	if (digit >= '0' && digit <= '9')
		return digit - '0';
	if (digit >= 'a' && digit <= 'f')
		return digit - 'a' + 10;
	if (digit >= 'A' && digit <= 'F')
		return digit - 'A' + 10;
	return -1;
}

/* Decode in place; false if the result is not clean text. */
static bool
decode_text(char *text, bool plus_is_space)
{
	char *to = text;

	for (const char *from = text; *from; from++)
	{
		char character = *from;

		if (character == '%')
		{
			int high = hex_digit(from[1]);
			int low = high < 0 ? -1 : hex_digit(from[2]);

			if (low < 0 || (high == 0 && low == 0))
				return false;
			character = (char) (high * 16 + low);
			from += 2;
		}
		else if (character == '+' && plus_is_space)
			character = ' ';
		*to++ = character;
	}
	*to = '\0';
	return is_clean_text(text);
}

/* ---------- parts ---------- */

static const char *
read_path(Uri *uri, char *path)
{
	char *rest = path;
	char *segment;

	while ((segment = strsep(&rest, "/")) != NULL)
	{
		if (uri->segment_count == MAX_SEGMENTS)
			return "the path has too many segments";
		if (!decode_text(segment, false))
			return "the path is not validly encoded";
		uri->segments[uri->segment_count++] = segment;
	}
	return NULL;
}

static const char *
read_field(Uri *uri, char *name)
{
	char *value = name;

	strsep(&value, "=");
	if (value == NULL)
		value = name + strlen(name);
	if (!decode_text(name, true) || !decode_text(value, true))
		return "the query is not validly encoded";
	if (uri->query_count == MAX_QUERY)
		return "the query has too many parameters";
	if (uri_query(uri, name))
		return "a query parameter is given twice";
	uri->query[uri->query_count++] = (QueryField){name, value};
	return NULL;
}

static const char *
read_query(Uri *uri, char *query)
{
	char *field;
	const char *problem = NULL;

	while (problem == NULL && (field = strsep(&query, "&")) != NULL)
		if (*field != '\0')
			problem = read_field(uri, field);
	return problem;
}

const char *
uri_read(Uri *uri, const char *target)
{
	char *query;
	const char *problem;

	*uri = (Uri){.text = memory_strdup(target)};
	query = uri->text;
	strsep(&query, "?");
	if (uri->text[0] != '/')
		return "the path must begin with a slash";
	problem = read_path(uri, uri->text + 1);
	return problem ? problem : read_query(uri, query);
}

void
uri_free(Uri *uri)
{
	free(uri->text);
	uri->text = NULL;
}

const char *
uri_query(const Uri *uri, const char *name)
{
	for (int i = 0; i < uri->query_count; i++)
		if (strcmp(uri->query[i].name, name) == 0)
			return uri->query[i].value;
	return NULL;
}
