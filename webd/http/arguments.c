/*
 * arguments.c
 *	  A request's path, query and body as a routine's arguments.
 */
#include "http/arguments.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "http/json_member.h"
#include "memory.h"

#define MAX_LIMIT  100
#define MAX_DIGITS 18 /* of a number that surely fits 64 bits */

typedef struct Reading
{
	const Route *route;
	const ArgumentSource *source;
	json_t *body; /* an object, or NULL */
	Problem *problem;
	int path_values; /* taken so far */
} Reading;

static const char *const ranges[] = {"1h", "6h",  "12h", "24h", "3d",
									 "7d", "30d", "90d", "all", NULL};
static const char *const short_ranges[] = {"1h", "24h", "7d", NULL};

/* ---------- texts ---------- */

static bool
is_digits(const char *text)
{
	size_t length = strlen(text);

	return length > 0 && length <= MAX_DIGITS &&
		   strspn(text, "0123456789") == length;
}

static bool
is_one_of(const char *text, const char *const *choices)
{
	for (; *choices; choices++)
		if (strcmp(text, *choices) == 0)
			return true;
	return false;
}

/* NULL, or what it must be. */
static const char *
check_text(const Argument *argument, const char *text)
{
	switch (argument->type)
	{
		case TYPE_TEXT:
			return *text || argument->may_be_empty ? NULL : "must not be empty";
		case TYPE_INTEGER:
			return is_digits(text) ? NULL : "must be a whole number";
		case TYPE_LIMIT:
			return is_digits(text) && atol(text) >= 1 && atol(text) <= MAX_LIMIT
					   ? NULL
					   : "must be a number from 1 to 100";
		case TYPE_RANGE:
			return is_one_of(text, ranges)
					   ? NULL
					   : "must be one of 1h, 6h, 12h, 24h, 3d, 7d, 30d, 90d,"
						 " all";
		case TYPE_SHORT_RANGE:
			return is_one_of(text, short_ranges) ? NULL
												 : "must be one of 1h, 24h, 7d";
		default:
			return "can't be a text";
	}
}

static bool
refuse(Reading *reading, const Argument *argument, const char *why)
{
	*reading->problem = problem_make(400, "%s %s", argument->name, why);
	return false;
}

/* What isn't given is null, if it may be. */
static bool
take_text(Reading *reading, const Argument *argument, const char *text,
		  char **value)
{
	const char *wrong;

	if (text == NULL)
		return argument->is_required ? refuse(reading, argument, "is missing")
									 : true;
	wrong = check_text(argument, text);
	if (wrong)
	{
		/* a path that can't be is not there */
		if (argument->place == IN_PATH)
		{
			*reading->problem =
				problem_make(404, "%s %s", argument->name, wrong);
			return false;
		}
		return refuse(reading, argument, wrong);
	}
	*value = memory_strdup(text);
	return true;
}

/* ---------- names ---------- */

/* The other name of an argument, or NULL: answers have both of a network's. */
static const char *
second_name(const Argument *argument)
{
	return strcmp(argument->name, "network") == 0 ? "network_id" : NULL;
}

static bool
is_called(const Argument *argument, const char *name)
{
	const char *second = second_name(argument);

	return strcmp(argument->name, name) == 0 ||
		   (second && strcmp(second, name) == 0);
}

/* What came by either name; the same may come by both. */
static bool
take_either(Reading *reading, const Argument *argument, const char *first,
			const char *second, char **value)
{
	if (first && second && strcasecmp(first, second) != 0)
		return refuse(reading, argument, "and network_id differ");
	return take_text(reading, argument, first ? first : second, value);
}

/* ---------- the body ---------- */

/* As it was written: the database knows numbers that no double is. */
static bool
take_json(Reading *reading, const Argument *argument, json_t *json,
		  char **value)
{
	const char *body = reading->source->body;

	if (argument->type == TYPE_OBJECT ? !json_is_object(json)
									  : !json_is_array(json))
		return refuse(reading, argument,
					  argument->type == TYPE_OBJECT ? "must be an object"
													: "must be an array");
	if (argument->place == IN_BODY)
		*value = json_member_text(body, argument->name);
	else
		*value = memory_strdup(reading->source->body_length ? body : "{}");
	return true;
}

static bool
take_integer(Reading *reading, const Argument *argument, json_t *json,
			 char **value)
{
	char *text;
	bool is_good;

	if (!json_is_number(json))
		return refuse(reading, argument, "must be a whole number");
	text = json_member_text(reading->source->body, argument->name);
	is_good = take_text(reading, argument, text, value);
	free(text);
	return is_good;
}

static bool
take_boolean(Reading *reading, const Argument *argument, json_t *json,
			 char **value)
{
	if (!json_is_boolean(json))
		return refuse(reading, argument, "must be true or false");
	*value = memory_strdup(json_is_true(json) ? "true" : "false");
	return true;
}

/* Of a text; NULL for none and for null. */
static bool
read_string(Reading *reading, const Argument *argument, const char *name,
			const char **text)
{
	json_t *json = name ? json_object_get(reading->body, name) : NULL;

	*text = json_string_value(json);
	if (json && !json_is_null(json) && *text == NULL)
		return refuse(reading, argument, "must be a string");
	return true;
}

static bool
take_string(Reading *reading, const Argument *argument, char **value)
{
	const char *first;
	const char *second;

	return read_string(reading, argument, argument->name, &first) &&
		   read_string(reading, argument, second_name(argument), &second) &&
		   take_either(reading, argument, first, second, value);
}

static bool
take_member(Reading *reading, const Argument *argument, char **value)
{
	json_t *json = json_object_get(reading->body, argument->name);
	bool is_there = json && !json_is_null(json);

	switch (argument->type)
	{
		case TYPE_OBJECT:
		case TYPE_ARRAY:
			return is_there ? take_json(reading, argument, json, value)
							: take_text(reading, argument, NULL, value);
		case TYPE_INTEGER:
			return is_there ? take_integer(reading, argument, json, value)
							: take_text(reading, argument, NULL, value);
		case TYPE_BOOLEAN:
			return is_there ? take_boolean(reading, argument, json, value)
							: take_text(reading, argument, NULL, value);
		default:
			return take_string(reading, argument, value);
	}
}

static bool
has_argument(const Route *route, Place place, const char *name)
{
	for (int i = 0; i < route_argument_count(route); i++)
	{
		const Argument *argument = &route->arguments[i];

		if (argument->place == WHOLE_BODY && place == IN_BODY)
			return true;
		if (argument->place == place && is_called(argument, name))
			return true;
	}
	return false;
}

static bool
check_members(Reading *reading)
{
	const char *name;
	json_t *value;

	json_object_foreach(reading->body, name, value)
	{
		if (!has_argument(reading->route, IN_BODY, name))
		{
			*reading->problem = problem_make(
				400, "the body has an unknown member \"%.64s\"", name);
			return false;
		}
	}
	return true;
}

/* No body is an empty object. */
static bool
read_body(Reading *reading)
{
	json_error_t error;
	const ArgumentSource *source = reading->source;

	if (source->body_length == 0)
	{
		reading->body = json_object();
		return true;
	}
	/* jansson passes over it, and the text ends there: members are cut out */
	if (memchr(source->body, '\0', source->body_length))
	{
		*reading->problem = problem_make(400, "the body has a null byte");
		return false;
	}
	/* a whole number of any length is one; its value is read from the text */
	reading->body =
		json_loadb(source->body, source->body_length,
				   JSON_REJECT_DUPLICATES | JSON_DECODE_INT_AS_REAL, &error);
	if (reading->body == NULL)
	{
		*reading->problem =
			problem_make(400, "the body is not valid JSON (line %d, column %d)",
						 error.line, error.column);
		return false;
	}
	if (!json_is_object(reading->body))
	{
		*reading->problem = problem_make(400, "the body must be an object");
		return false;
	}
	return check_members(reading);
}

/* ---------- all of it ---------- */

static bool
check_query(Reading *reading)
{
	const Uri *uri = reading->source->uri;

	for (int i = 0; i < uri->query_count; i++)
		if (!has_argument(reading->route, IN_QUERY, uri->query[i].name))
		{
			*reading->problem =
				problem_make(400, "the query has an unknown field \"%.64s\"",
							 uri->query[i].name);
			return false;
		}
	return true;
}

static bool
take_query(Reading *reading, const Argument *argument, char **value)
{
	const Uri *uri = reading->source->uri;
	const char *second = second_name(argument);

	return take_either(reading, argument, uri_query(uri, argument->name),
					   second ? uri_query(uri, second) : NULL, value);
}

static bool
read_value(Reading *reading, const Argument *argument, char **value)
{
	const ArgumentSource *source = reading->source;

	switch (argument->place)
	{
		case IN_PATH:
			return take_text(reading, argument,
							 route_path_value(reading->route, source->uri,
											  reading->path_values++),
							 value);
		case IN_QUERY:
			return take_query(reading, argument, value);
		case IN_BODY:
			return take_member(reading, argument, value);
		case WHOLE_BODY:
			return take_json(reading, argument, reading->body, value);
		case IN_SESSION:
			return take_text(reading, argument, source->session_hash, value);
	}
	return false;
}

bool
arguments_read(Arguments *params, const Route *route,
			   const ArgumentSource *source, Problem *problem)
{
	Reading reading = {.route = route, .source = source, .problem = problem};
	bool is_good;

	*params = (Arguments){.count = route_argument_count(route)};
	is_good = check_query(&reading) && read_body(&reading);
	for (int i = 0; is_good && i < params->count; i++)
		is_good =
			read_value(&reading, &route->arguments[i], &params->values[i]);
	json_decref(reading.body);
	return is_good;
}

const char *
arguments_get(const Arguments *params, const Route *route, const char *name)
{
	for (int i = 0; i < params->count; i++)
		if (strcmp(route->arguments[i].name, name) == 0)
			return params->values[i];
	return NULL;
}

void
arguments_free(Arguments *params)
{
	for (int i = 0; i < params->count; i++)
		free(params->values[i]);
	*params = (Arguments){0};
}
