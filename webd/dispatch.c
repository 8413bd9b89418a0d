/*
 * dispatch.c
 *	  Finds the handler of a request, and rejects invalid requests as early as
 *	  possible: before the body is read, and before the database is called.
 */
#include "dispatch.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "auth/own_credentials.h"
#include "auth/sign_in.h"
#include "counters.h"
#include "handlers/event_feed.h"
#include "handlers/openapi.h"
#include "handlers/response_cache.h"
#include "handlers/static_files.h"
#include "http/client_address.h"
#include "http/rate_limit.h"
#include "loop.h"

static DispatchSettings settings;

void
dispatch_init(const DispatchSettings *given)
{
	settings = *given;
	requests_prepare();
	sign_in_init(settings.secure_cookies);
	own_credentials_init();
}

static void
refuse_request(Request *request, Problem problem)
{
	request_fail(request, &problem);
}

/* ---------- running ---------- */

static void
routine_called(DatabaseCall *call, const char *value, const Problem *problem)
{
	Request *request = container_of(call, Request, call);

	request_respond(request, RESPONSE_PRIVATE, value, problem);
}

static void
call_routine(Request *request)
{
	request->call = (DatabaseCall){
		.statement = request_statement(request->route),
		.count = request->arguments.count,
		.values = (const char *const *) request->arguments.values,
		.is_slow = request->route->is_slow,
		.done = routine_called,
	};
	database_call(&request->call);
}

static void
run_route(Request *request)
{
	switch (request->route->special)
	{
		case SPECIAL_NONE:
			if (request->route->access == ACCESS_PUBLIC)
				response_cache_serve(request);
			else
				call_routine(request);
			break;
		case SPECIAL_EVENTS:
			event_feed_open(request);
			break;
		case SPECIAL_OPENAPI:
			request_finish(request, openapi_response());
			break;
		case SPECIAL_PASSWORD:
			own_credentials_change_password(request);
			break;
		case SPECIAL_ADD_TOKEN:
			own_credentials_add_token(request);
			break;
		default:
			sign_in_run(request);
			break;
	}
}

static bool
is_json(const char *content_type)
{
	size_t length = strlen(JSON_TYPE);

	return content_type && strncasecmp(content_type, JSON_TYPE, length) == 0 &&
		   strchr("; \t", content_type[length]) != NULL;
}

static void
run_api(Request *request)
{
	bool has_session = request->caller.credential != CREDENTIAL_NONE;
	ArgumentSource source = {
		.uri = &request->uri,
		.body = request->body.data,
		.body_length = request->body.length,
		.session_hash = has_session ? request->caller.hash : NULL,
	};
	Problem problem;

	if (request->is_body_too_long)
		refuse_request(request,
					   problem_make(413, "the body is longer than 64 KiB"));
	else if (request->body.length > 0 &&
			 !is_json(request_header(request, MHD_HTTP_HEADER_CONTENT_TYPE)))
		refuse_request(request,
					   problem_make(415, "the body must be " JSON_TYPE));
	else if (!arguments_read(&request->arguments, request->route, &source,
							 &problem))
		request_fail(request, &problem);
	else
		run_route(request);
}

/* ---------- access ---------- */

static void
check_caller(Request *request)
{
	Access access = request->route->access;
	bool writes =
		request->method != METHOD_GET && request->method != METHOD_HEAD;

	if (access == ACCESS_PUBLIC || access == ACCESS_GUEST)
		return;
	if (request->caller.credential == CREDENTIAL_NONE)
		refuse_request(request, problem_make(401, "sign in first"));
	else if (request->caller.credential == CREDENTIAL_TOKEN)
	{
		if (access == ACCESS_COOKIE)
			refuse_request(request,
						   problem_make(403, "an API token may not do this"));
	}
	else if (writes &&
			 !caller_has_csrf_token(&request->caller,
									request_header(request, "X-CSRF-Token")))
		refuse_request(request,
					   problem_make(403,
									"the header X-CSRF-Token does not match the"
									" session's csrf_token"));
}

static void
identify_caller(Request *request)
{
	caller_read(&request->caller,
				request_header(request, MHD_HTTP_HEADER_COOKIE),
				request_header(request, MHD_HTTP_HEADER_AUTHORIZATION));
	check_caller(request);
}

static void
begin_api(Request *request)
{
	unsigned allowed;
	Problem problem;

	request->run = run_api;
	request->route = routes_find(request->method, &request->uri, &allowed);
	if (request->method == METHOD_OPTIONS && (allowed & METHOD_OPTIONS))
		request_finish(request, response_preflight(allowed));
	else if (request->route == NULL)
	{
		problem = allowed ? problem_make(405, "method not allowed")
						  : problem_make(404, "the path does not exist");
		problem.allow = allowed;
		request_fail(request, &problem);
	}
	else
		identify_caller(request);
}

/* ---------- beginning ---------- */

typedef struct LastHeader
{
	const char *name;
	const char *value;
} LastHeader;

static enum MHD_Result
take_header(void *cls, enum MHD_ValueKind kind UNUSED, const char *name,
			const char *value)
{
	LastHeader *header = cls;

	if (strcasecmp(name, header->name) == 0)
		header->value = value;
	return MHD_YES;
}

/* Some proxies add a second line after the one that the client sent. */
static const char *
last_header(const Request *request, const char *name)
{
	LastHeader header = {.name = name};

	MHD_get_connection_values(request->connection, MHD_HEADER_KIND, take_header,
							  &header);
	return header.value;
}

/* A body that is announced as too long is refused before it is sent. */
static bool
is_announced_too_long(const Request *request)
{
	const char *length =
		request_header(request, MHD_HTTP_HEADER_CONTENT_LENGTH);

	return length && strtoull(length, NULL, 10) > MAX_BODY_BYTES;
}

static bool
is_api(const Uri *uri)
{
	return uri->segment_count > 0 && strcmp(uri->segments[0], "api") == 0;
}

void
dispatch_begin(Request *request, const char *method)
{
	Problem problem;

	counters.requests++;
	request->method = method_from_name(method);
	client_address_of(request->connection, settings.trusted_proxy,
					  last_header(request, "X-Forwarded-For"), request->remote);
	if (!rate_limit_take(request->remote))
	{
		counters.requests_limited++;
		problem = problem_make(429, "too many requests, please slow down");
		problem.retry_after_s = 1;
		request_fail(request, &problem);
	}
	else if (request->uri_problem)
		refuse_request(request, problem_make(400, "%s", request->uri_problem));
	else if (is_announced_too_long(request))
		refuse_request(request,
					   problem_make(413, "the body is longer than 64 KiB"));
	else if (is_api(&request->uri))
		begin_api(request);
	else
		static_files_serve(request);
}

void
dispatch_begin_metrics(Request *request, const char *method)
{
	Method asked = method_from_name(method);

	if (request->uri_problem || request->uri.segment_count != 1 ||
		strcmp(request->uri.segments[0], "metrics") != 0)
		refuse_request(request, problem_make(404, "only /metrics exists here"));
	else if (asked != METHOD_GET && asked != METHOD_HEAD)
	{
		Problem problem = problem_make(405, "method not allowed");

		problem.allow = METHOD_GET | METHOD_HEAD;
		request_fail(request, &problem);
	}
	else
		request->run = settings.serve_metrics;
}
