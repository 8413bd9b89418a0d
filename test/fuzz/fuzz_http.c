/*
 * fuzz_http.c
 *	  What a client of the web says, once libmicrohttpd has taken the request
 *	  apart: its target, the headers that tell who calls, and its body.
 *
 * The input is lines: method, target, Cookie, Authorization, X-Forwarded-For;
 * all that follows is the body.
 */
#include "fuzz.h"

#include <jansson.h>

#include "address.h"
#include "params.h"
#include "problem.h"
#include "session.h"

#define PROXY "192.0.2.1"

static bool
is_hex(const char *text)
{
	return strspn(text, "0123456789abcdef") == strlen(text);
}

/* NULL for an empty line: the header is not there. */
static const char *
take_line(char **rest)
{
	char *line = *rest;
	size_t length = strcspn(line, "\n");

	*rest = line[length] ? line + length + 1 : line + length;
	line[length] = '\0';
	return length > 0 ? line : NULL;
}

static void
check_caller(const char *cookies, const char *authorization, Caller *caller)
{
	caller_read(caller, cookies, authorization);
	if (caller->credential == CREDENTIAL_NONE)
	{
		CHECK(caller->hash[0] == '\0');
		return;
	}
	CHECK(strlen(caller->hash) == HASH_SIZE - 1);
	CHECK(strncmp(caller->hash, "\\x", 2) == 0 && is_hex(caller->hash + 2));
	CHECK((caller->credential == CREDENTIAL_TOKEN) == (authorization != NULL));
	if (caller->credential == CREDENTIAL_COOKIE)
	{
		CHECK(strlen(caller->csrf_token) == SECRET_SIZE - 1);
		CHECK(caller_is_genuine(caller, caller->csrf_token));
	}
	CHECK(!caller_is_genuine(caller, ""));
}

static void
check_forwarded(const char *forwarded)
{
	char address[INET6_ADDRSTRLEN] = PROXY;
	char again[INET6_ADDRSTRLEN];

	if (forwarded)
		address_from_header(forwarded, PROXY, address);
	CHECK(address_normalize(address, again));
	CHECK(strcmp(address, again) == 0);
}

/* What is told of a mistake is JSON whatever was in it. */
static void
check_problem(const Problem *problem)
{
	Text text = {0};
	json_t *json;

	CHECK(problem->status >= 400 && problem->status < 500);
	problem_write(problem, &text);
	json = json_loadb(text.data, text.length, 0, NULL);
	CHECK(json_is_object(json));
	CHECK(json_is_string(json_object_get(json, "detail")) ||
		  problem->detail[0] == '\0');
	json_decref(json);
	text_free(&text);
}

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
			json = json_loads(value, 0, NULL);
			CHECK(argument->type == TYPE_OBJECT ? json_is_object(json)
												: json_is_array(json));
			json_decref(json);
			break;
		default:
			CHECK(value[0] != '\0' || argument->may_be_empty);
	}
}

static void
check_params(const Route *route, const ParamSource *source)
{
	Params params;
	Problem problem;

	if (params_read(&params, route, source, &problem))
		for (int i = 0; i < params.count; i++)
		{
			const Argument *argument = &route->arguments[i];

			check_value(argument, params.values[i]);
			CHECK(params_get(&params, route, argument->name) ==
				  params.values[i]);
		}
	else
		check_problem(&problem);
	params_free(&params);
}

static void
check_uri(const Uri *uri)
{
	for (int i = 0; i < uri->segment_count; i++)
		CHECK(is_clean_text(uri->segments[i]));
	for (int i = 0; i < uri->query_count; i++)
	{
		CHECK(is_clean_text(uri->query[i].name));
		CHECK(uri_query(uri, uri->query[i].name) == uri->query[i].value);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *input = fuzz_string(data, size);
	char *rest = input;
	const char *method = take_line(&rest);
	const char *target = take_line(&rest);
	const char *cookies = take_line(&rest);
	const char *authorization = take_line(&rest);
	ParamSource source = {0};
	Caller caller;
	Uri uri;

	check_forwarded(take_line(&rest));
	check_caller(cookies, authorization, &caller);
	if (uri_read(&uri, target ? target : "") == NULL)
	{
		unsigned allowed;
		const Route *route =
			routes_find(method_from_name(method ? method : ""), &uri, &allowed);

		check_uri(&uri);
		source.uri = &uri;
		source.body = rest;
		source.body_length = (size_t) (input + size - rest);
		source.session_hash =
			caller.credential != CREDENTIAL_NONE ? caller.hash : NULL;
		if (route)
			check_params(route, &source);
	}
	uri_free(&uri);
	free(input);
	return 0;
}
