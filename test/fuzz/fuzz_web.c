/*
 * fuzz_web.c
 *	  The parts of a request that webd parses: target, cookies, token, proxy
 *	  header and body, one line each and the body last.
 */
#include "fuzz.h"

#include <jansson.h>

#include "http/client_address.h"
#include "http/arguments.h"
#include "http/routes.h"
#include "http/caller.h"

#define LINES 5 /* before the body */

static void
check_uri(const Uri *uri)
{
	CHECK(uri->segment_count > 0);
	for (int i = 0; i < uri->segment_count; i++)
		CHECK(is_clean_text(uri->segments[i]));
	for (int i = 0; i < uri->query_count; i++)
	{
		CHECK(is_clean_text(uri->query[i].name));
		CHECK(is_clean_text(uri->query[i].value));
		CHECK(uri_query(uri, uri->query[i].name) == uri->query[i].value);
	}
}

/* A problem is one that clients can read. */
static void
check_problem(const Problem *problem)
{
	StrBuf text = {0};
	json_t *json;

	CHECK(problem->status == 400 || problem->status == 404);
	problem_write(problem, &text);
	json = json_loads(text.data, 0, NULL);
	CHECK(json_integer_value(json_object_get(json, "status")) ==
		  problem->status);
	json_decref(json);
	strbuf_free(&text);
}

/* A value has the form that its type promises. */
static void
check_value(const Argument *argument, const char *value)
{
	json_t *json;

	if (value == NULL)
	{
		CHECK(!argument->is_required);
		return;
	}
	switch (argument->type)
	{
		case TYPE_INTEGER:
		case TYPE_LIMIT:
			CHECK(strspn(value, "0123456789") == strlen(value));
			CHECK(value[0] != '\0' && strlen(value) <= 18);
			break;
		case TYPE_OBJECT:
		case TYPE_ARRAY:
			json = json_loads(value, JSON_DECODE_INT_AS_REAL, NULL);
			CHECK(argument->type == TYPE_OBJECT ? json_is_object(json)
												: json_is_array(json));
			json_decref(json);
			break;
		default:
			CHECK(value[0] != '\0' || argument->may_be_empty);
	}
}

static void
check_arguments(const Arguments *arguments, const Route *route)
{
	for (int i = 0; i < arguments->count; i++)
	{
		const Argument *argument = &route->arguments[i];

		check_value(argument, arguments->values[i]);
		CHECK(arguments_get(arguments, route, argument->name) ==
			  arguments->values[i]);
	}
}

static void
read_caller(Caller *caller, const char *cookies, const char *authorization)
{
	caller_read(caller, cookies, *authorization ? authorization : NULL);
	if (caller->credential != CREDENTIAL_NONE)
		CHECK(strlen(caller->hash) == HASH_SIZE - 1);
	CHECK(!caller_has_csrf_token(caller, ""));
	if (caller->credential == CREDENTIAL_COOKIE)
		CHECK(caller_has_csrf_token(caller, caller->csrf_token));
}

static void
read_address(const char *forwarded)
{
	char text[INET6_ADDRSTRLEN] = "127.0.0.1";
	char again[INET6_ADDRSTRLEN];

	client_address_from_header(forwarded, "127.0.0.1", text);
	CHECK(client_address_normalize(text, again));
	CHECK(strcmp(text, again) == 0);
}

static void
read_arguments(const Route *route, const ArgumentSource *source)
{
	Arguments arguments;
	Problem problem;

	if (arguments_read(&arguments, route, source, &problem))
		check_arguments(&arguments, route);
	else
		check_problem(&problem);
	arguments_free(&arguments);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_string(data, size);
	char *rest = text;
	const char *lines[LINES];
	const Route *route;
	Caller caller;
	unsigned allowed;
	Uri uri;

	/* method, target, cookies, authorization, forwarded */
	for (int i = 0; i < LINES; i++)
	{
		const char *line = strsep(&rest, "\n");

		lines[i] = line ? line : "";
	}
	read_caller(&caller, lines[2], lines[3]);
	read_address(lines[4]);
	if (uri_read(&uri, lines[1]) == NULL)
	{
		check_uri(&uri);
		route = routes_find(method_from_name(lines[0]), &uri, &allowed);
		if (route)
			read_arguments(
				route,
				&(ArgumentSource){
					.uri = &uri,
					.body = rest,
					.body_length = rest ? size - (size_t) (rest - text) : 0,
					.session_hash = caller.credential != CREDENTIAL_NONE
										? caller.hash
										: NULL});
	}
	uri_free(&uri);
	free(text);
	return 0;
}
