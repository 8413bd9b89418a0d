/*
 * arguments.c
 *	  Reads a routine's arguments from a request's path, query and body.
 */
#include "http/arguments.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "http/json_member.h"
#include "memory.h"

#define MAX_LIMIT  100
#define MAX_DIGITS 18 /* any such number fits into 64 bits */

typedef struct Reader
{
	const Route *route;
	const ArgumentSource *source;
	json_t *body; /* an object, or NULL */
	Problem *problem;
	int path_values; /* read so far */
} Reader;

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

/* NULL, or what the text must be. */
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
			return "must not be a string";
	}
}

static bool
refuse_argument(Reader *reader, const Argument *argument, const char *why)
{
	*reader->problem = problem_make(400, "%s %s", argument->name, why);
	return false;
}

/* A missing value is null if the argument is optional. */
static bool
take_text(Reader *reader, const Argument *argument, const char *text,
		  char **value)
{
	const char *problem;

	if (text == NULL)
		return argument->is_required
				   ? refuse_argument(reader, argument, "is missing")
				   : true;
	problem = check_text(argument, text);
	if (problem)
	{
		/* a path with an invalid value does not exist */
		if (argument->place == IN_PATH)
		{
			*reader->problem =
				problem_make(404, "%s %s", argument->name, problem);
			return false;
		}
		return refuse_argument(reader, argument, problem);
	}
	*value = memory_strdup(text);
	return true;
}

/* ---------- names ---------- */

/* The other name of an argument, or NULL.  Responses contain both names of a
 * network, so requests may use either. */
static const char *
second_name(const Argument *argument)
{
	return strcmp(argument->name, "network") == 0 ? "network_id" : NULL;
}

static bool
has_name(const Argument *argument, const char *name)
{
	const char *second = second_name(argument);

	return strcmp(argument->name, name) == 0 ||
		   (second && strcmp(second, name) == 0);
}

/* The value given by either name; if by both, they must be equal. */
static bool
take_either_name(Reader *reader, const Argument *argument, const char *first,
				 const char *second, char **value)
{
	if (first && second && strcasecmp(first, second) != 0)
		return refuse_argument(reader, argument, "and network_id differ");
	return take_text(reader, argument, first ? first : second, value);
}

/* ---------- the body ---------- */

/* The text as the client wrote it: a double cannot represent all numbers that
 * the database can. */
static bool
take_json(Reader *reader, const Argument *argument, json_t *json, char **value)
{
	const char *body = reader->source->body;

	if (argument->type == TYPE_OBJECT ? !json_is_object(json)
									  : !json_is_array(json))
		return refuse_argument(reader, argument,
							   argument->type == TYPE_OBJECT
								   ? "must be an object"
								   : "must be an array");
	if (argument->place == IN_BODY)
		*value = json_member_text(body, argument->name);
	else
		*value = memory_strdup(reader->source->body_length ? body : "{}");
	return true;
}

static bool
take_integer(Reader *reader, const Argument *argument, json_t *json,
			 char **value)
{
	char *text;
	bool is_good;

	if (!json_is_number(json))
		return refuse_argument(reader, argument, "must be a whole number");
	text = json_member_text(reader->source->body, argument->name);
	is_good = take_text(reader, argument, text, value);
	free(text);
	return is_good;
}

static bool
take_boolean(Reader *reader, const Argument *argument, json_t *json,
			 char **value)
{
	if (!json_is_boolean(json))
		return refuse_argument(reader, argument, "must be true or false");
	*value = memory_strdup(json_is_true(json) ? "true" : "false");
	return true;
}

/* The string of a member; NULL if it is missing or null. */
static bool
read_string(Reader *reader, const Argument *argument, const char *name,
			const char **text)
{
	json_t *json = name ? json_object_get(reader->body, name) : NULL;

	*text = json_string_value(json);
	if (json && !json_is_null(json) && *text == NULL)
		return refuse_argument(reader, argument, "must be a string");
	return true;
}

static bool
take_string(Reader *reader, const Argument *argument, char **value)
{
	const char *first;
	const char *second;

	return read_string(reader, argument, argument->name, &first) &&
		   read_string(reader, argument, second_name(argument), &second) &&
		   take_either_name(reader, argument, first, second, value);
}

static bool
take_member(Reader *reader, const Argument *argument, char **value)
{
	json_t *json = json_object_get(reader->body, argument->name);
	bool is_there = json && !json_is_null(json);

	switch (argument->type)
	{
		case TYPE_OBJECT:
		case TYPE_ARRAY:
			return is_there ? take_json(reader, argument, json, value)
							: take_text(reader, argument, NULL, value);
		case TYPE_INTEGER:
			return is_there ? take_integer(reader, argument, json, value)
							: take_text(reader, argument, NULL, value);
		case TYPE_BOOLEAN:
			return is_there ? take_boolean(reader, argument, json, value)
							: take_text(reader, argument, NULL, value);
		default:
			return take_string(reader, argument, value);
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
		if (argument->place == place && has_name(argument, name))
			return true;
	}
	return false;
}

static bool
check_members(Reader *reader)
{
	const char *name;
	json_t *value;

	json_object_foreach(reader->body, name, value)
	{
		if (!has_argument(reader->route, IN_BODY, name))
		{
			*reader->problem =
				problem_make(400, "unknown member \"%.64s\" in the body", name);
			return false;
		}
	}
	return true;
}

/* A missing body counts as an empty object. */
static bool
read_body(Reader *reader)
{
	json_error_t error;
	const ArgumentSource *source = reader->source;

	if (source->body_length == 0)
	{
		reader->body = json_object();
		return true;
	}
	/* jansson would accept it, but members are cut out of the text as a C
	 * string */
	if (memchr(source->body, '\0', source->body_length))
	{
		*reader->problem = problem_make(400, "the body contains a null byte");
		return false;
	}
	/* whole numbers of any length are valid; their values are taken from the
	 * text */
	reader->body =
		json_loadb(source->body, source->body_length,
				   JSON_REJECT_DUPLICATES | JSON_DECODE_INT_AS_REAL, &error);
	if (reader->body == NULL)
	{
		*reader->problem =
			problem_make(400, "the body is not valid JSON (line %d, column %d)",
						 error.line, error.column);
		return false;
	}
	if (!json_is_object(reader->body))
	{
		*reader->problem = problem_make(400, "the body must be a JSON object");
		return false;
	}
	return check_members(reader);
}

/* ---------- all of it ---------- */

static bool
check_query(Reader *reader)
{
	const Uri *uri = reader->source->uri;

	for (int i = 0; i < uri->query_count; i++)
		if (!has_argument(reader->route, IN_QUERY, uri->query[i].name))
		{
			*reader->problem = problem_make(
				400, "unknown query parameter \"%.64s\"", uri->query[i].name);
			return false;
		}
	return true;
}

static bool
take_query(Reader *reader, const Argument *argument, char **value)
{
	const Uri *uri = reader->source->uri;
	const char *second = second_name(argument);

	return take_either_name(reader, argument, uri_query(uri, argument->name),
							second ? uri_query(uri, second) : NULL, value);
}

static bool
read_value(Reader *reader, const Argument *argument, char **value)
{
	const ArgumentSource *source = reader->source;

	switch (argument->place)
	{
		case IN_PATH:
			return take_text(reader, argument,
							 route_path_value(reader->route, source->uri,
											  reader->path_values++),
							 value);
		case IN_QUERY:
			return take_query(reader, argument, value);
		case IN_BODY:
			return take_member(reader, argument, value);
		case WHOLE_BODY:
			return take_json(reader, argument, reader->body, value);
		case IN_SESSION:
			return take_text(reader, argument, source->session_hash, value);
	}
	return false;
}

bool
arguments_read(Arguments *arguments, const Route *route,
			   const ArgumentSource *source, Problem *problem)
{
	Reader reader = {.route = route, .source = source, .problem = problem};
	bool is_good;

	*arguments = (Arguments){.count = route_argument_count(route)};
	is_good = check_query(&reader) && read_body(&reader);
	for (int i = 0; is_good && i < arguments->count; i++)
		is_good =
			read_value(&reader, &route->arguments[i], &arguments->values[i]);
	json_decref(reader.body);
	return is_good;
}

const char *
arguments_get(const Arguments *arguments, const Route *route, const char *name)
{
	for (int i = 0; i < arguments->count; i++)
		if (strcmp(route->arguments[i].name, name) == 0)
			return arguments->values[i];
	return NULL;
}

void
arguments_free(Arguments *arguments)
{
	for (int i = 0; i < arguments->count; i++)
		free(arguments->values[i]);
	*arguments = (Arguments){0};
}
