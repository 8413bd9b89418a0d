/*
 * json_member.c
 *	  The text of an object's member, as the client wrote it.
 */
#include "http/json_member.h"

#include <jansson.h>
#include <stdbool.h>
#include <string.h>

#include "memory.h"

static const char *
skip_space(const char *at)
{
	return at + strspn(at, " \t\r\n");
}

/* The end of the string that starts here. */
static const char *
skip_string(const char *at)
{
	for (at++; *at != '"'; at++)
		if (*at == '\\')
			at++;
	return at + 1;
}

/* The end of the value that starts here. */
static const char *
skip_value(const char *at)
{
	int depth = 0;

	do
	{
		if (*at == '"')
			at = skip_string(at);
		else if (*at == '{' || *at == '[')
			depth++, at++;
		else if (*at == '}' || *at == ']')
			depth--, at++;
		else if (depth > 0 && strchr(" \t\r\n,:", *at))
			at++;
		else
			at += strcspn(at, " \t\r\n,:]}");
	} while (depth > 0);
	return at;
}

/* The name in the text may contain escapes. */
static bool
is_name(const char *string, size_t length, const char *name)
{
	json_t *json = json_loadb(string, length, JSON_DECODE_ANY, NULL);
	bool is_same = json && strcmp(json_string_value(json), name) == 0;

	json_decref(json);
	return is_same;
}

char *
json_member_text(const char *object, const char *name)
{
	const char *at = skip_space(skip_space(object) + 1);

	while (*at == '"')
	{
		const char *key = at;
		const char *key_end = skip_string(key);
		const char *value = skip_space(skip_space(key_end) + 1);
		const char *end = skip_value(value);

		if (is_name(key, (size_t) (key_end - key), name))
			return memory_strndup(value, (size_t) (end - value));
		at = skip_space(end);
		if (*at == ',')
			at = skip_space(at + 1);
	}
	return NULL;
}
