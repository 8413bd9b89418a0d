/*
 * request.c
 *	  One request, from its first line to its answer.
 *
 * What can be refused is refused before the body is read, and before the
 * database is asked.
 */
#include "http/request.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "auth/own_credentials.h"
#include "http/client_address.h"
#include "handlers/response_cache.h"
#include "handlers/event_feed.h"
#include "handlers/static_files.h"
#include "auth/credential_steps.h"
#include "http/rate_limit.h"
#include "log.h"
#include "loop.h"
#include "memory.h"
#include "metrics.h"
#include "handlers/openapi.h"
#include "server.h"
#include "auth/sign_in.h"

#define MAX_ROUTES 128

static RequestSettings settings;
static const Statement *statements[MAX_ROUTES]; /* by the route's place */

static const Statement *
make_statement(const Route *route)
{
	const char *names[MAX_ARGUMENTS];
	int count = route_argument_count(route);

	for (int i = 0; i < count; i++)
		names[i] = route->arguments[i].name;
	return database_statement(route->routine, count, names);
}

void
requests_init(const RequestSettings *given)
{
	settings = *given;
	if (route_count > MAX_ROUTES)
		abort();
	/* the specials make their own */
	for (int i = 0; i < route_count; i++)
		if (routes[i].special == SPECIAL_NONE)
			statements[i] = make_statement(&routes[i]);
	sign_in_init(settings.secure_cookies);
	own_credentials_init();
}

const Statement *
request_statement(const Route *route)
{
	return statements[route - routes];
}

Request *
request_new(struct MHD_Connection *connection, const char *target)
{
	Request *request = memory_zalloc(sizeof(Request));

	request->connection = connection;
	request->uri_problem = uri_read(&request->uri, target);
	return request;
}

/* Passwords were in some of it. */
void
request_free(Request *request)
{
	if (request->body.data)
		sodium_memzero(request->body.data, request->body.length);
	strbuf_free(&request->body);
	for (int i = 0; i < request->params.count; i++)
		if (request->params.values[i])
			sodium_memzero(request->params.values[i],
						   strlen(request->params.values[i]));
	arguments_free(&request->params);
	uri_free(&request->uri);
	credential_steps_free(request->flow);
	if (request->answer)
		response_unref(request->answer);
	free(request);
}

const char *
request_header(const Request *request, const char *name)
{
	return MHD_lookup_connection_value(request->connection, MHD_HEADER_KIND,
									   name);
}

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

/* Some proxies add a line of their own after the client's. */
static const char *
last_header(const Request *request, const char *name)
{
	LastHeader header = {.name = name};

	MHD_get_connection_values(request->connection, MHD_HEADER_KIND, take_header,
							  &header);
	return header.value;
}

/* ---------- the end ---------- */

void
request_finish(Request *request, Response *answer)
{
	request->answer = answer;
	if (!request->is_suspended)
		return;
	request->is_suspended = false;
	MHD_resume_connection(request->connection);
	server_wake();
}

void
request_fail(Request *request, const Problem *problem)
{
	request_finish(request, response_problem(problem));
}

void
request_answer(Request *request, ResponseKind kind, const char *json,
			   const Problem *problem)
{
	static const Problem nothing = {
		.status = 500, .detail = "the database has not answered as it should"};

	if (json == NULL)
	{
		if (problem == NULL)
			log_warning("%s: no answer", request->route->routine);
		request_fail(request, problem ? problem : &nothing);
		return;
	}
	request_finish(request,
				   response_json(request->route->status ? request->route->status
														: MHD_HTTP_OK,
								 kind, json));
}

static void
refuse(Request *request, Problem problem)
{
	request_fail(request, &problem);
}

/* ---------- running ---------- */

static void
called(DatabaseCall *call, const char *value, const Problem *problem)
{
	Request *request = container_of(call, Request, call);

	request_answer(request, ANSWER_PRIVATE, value, problem);
}

static void
call_routine(Request *request)
{
	request->call = (DatabaseCall){
		.statement = request_statement(request->route),
		.count = request->params.count,
		.values = (const char *const *) request->params.values,
		.is_slow = request->route->is_slow,
		.done = called,
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
				response_cache_ask(request);
			else
				call_routine(request);
			break;
		case SPECIAL_EVENTS:
			event_feed_open(request);
			break;
		case SPECIAL_OPENAPI:
			request_finish(request, openapi_answer());
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
		refuse(request, problem_make(413, "the body is longer than 64 KiB"));
	else if (request->body.length > 0 &&
			 !is_json(request_header(request, MHD_HTTP_HEADER_CONTENT_TYPE)))
		refuse(request, problem_make(415, "the body must be " JSON_TYPE));
	else if (!arguments_read(&request->params, request->route, &source,
							 &problem))
		request_fail(request, &problem);
	else
		run_route(request);
}

/* ---------- who may ---------- */

static void
check_caller(Request *request)
{
	Access access = request->route->access;
	bool writes =
		request->method != METHOD_GET && request->method != METHOD_HEAD;

	if (access == ACCESS_PUBLIC || access == ACCESS_GUEST)
		return;
	if (request->caller.credential == CREDENTIAL_NONE)
		refuse(request, problem_make(401, "sign in first"));
	else if (request->caller.credential == CREDENTIAL_TOKEN)
	{
		if (access == ACCESS_COOKIE)
			refuse(request, problem_make(403, "a token may not do this"));
	}
	else if (writes &&
			 !caller_is_genuine(&request->caller,
								request_header(request, "X-CSRF-Token")))
		refuse(request,
			   problem_make(403, "the header X-CSRF-Token is not the session's"
								 " csrf_token"));
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
		problem = allowed
					  ? problem_make(405, "this path does not know the method")
					  : problem_make(404, "there is no such path");
		problem.allow = allowed;
		request_fail(request, &problem);
	}
	else
		identify_caller(request);
}
/* ---------- framing ---------- */

/* What a request says of its body's length. */
typedef struct Framing
{
	const char *length;
	const char *encoding;
	bool is_ambiguous;
} Framing;

static enum MHD_Result
read_framing(void *cls, enum MHD_ValueKind kind UNUSED, const char *name,
			 const char *value)
{
	Framing *framing = cls;

	if (strcasecmp(name, MHD_HTTP_HEADER_CONTENT_LENGTH) == 0)
	{
		if (framing->length && strcmp(framing->length, value) != 0)
			framing->is_ambiguous = true;
		framing->length = value;
	}
	else if (strcasecmp(name, MHD_HTTP_HEADER_TRANSFER_ENCODING) == 0)
	{
		if (framing->encoding || strcasecmp(value, "chunked") != 0)
			framing->is_ambiguous = true;
		framing->encoding = value;
	}
	return MHD_YES;
}

/*
 * Whether two who read the request could find its end in different places:
 * what comes behind could be taken for another one (RFC 9112, section 6.3).
 */
static bool
is_ambiguous(const Request *request)
{
	Framing framing = {0};

	MHD_get_connection_values(request->connection, MHD_HEADER_KIND,
							  read_framing, &framing);
	if (framing.length &&
		strspn(framing.length, "0123456789") != strlen(framing.length))
		return true;
	return framing.is_ambiguous || (framing.length && framing.encoding);
}

bool
request_refuse_ambiguous(Request *request)
{
	Problem problem;
	Response *answer;

	if (!is_ambiguous(request))
		return false;
	problem = problem_make(400, "the length of the body is ambiguous");
	answer = response_problem(&problem);
	response_header(answer, MHD_HTTP_HEADER_CONNECTION, "close");
	request_finish(request, answer);
	return true;
}

/* ---------- beginning ---------- */

/* What is longer by its own word need not be sent. */
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
request_begin(Request *request, const char *method)
{
	Problem problem;

	metrics.requests++;
	request->method = method_from_name(method);
	client_address_of(request->connection, settings.trusted_proxy,
					  last_header(request, "X-Forwarded-For"), request->remote);
	if (!rate_limit_take(request->remote))
	{
		metrics.requests_limited++;
		problem = problem_make(429, "too many requests, please slow down");
		problem.retry_after_s = 1;
		request_fail(request, &problem);
	}
	else if (request->uri_problem)
		refuse(request, problem_make(400, "%s", request->uri_problem));
	else if (is_announced_too_long(request))
		refuse(request, problem_make(413, "the body is longer than 64 KiB"));
	else if (is_api(&request->uri))
		begin_api(request);
	else
		static_files_begin(request);
}

void
request_begin_metrics(Request *request, const char *method)
{
	Method asked = method_from_name(method);

	if (request->uri_problem || request->uri.segment_count != 1 ||
		strcmp(request->uri.segments[0], "metrics") != 0)
		refuse(request, problem_make(404, "only /metrics is here"));
	else if (asked != METHOD_GET && asked != METHOD_HEAD)
	{
		Problem problem = problem_make(405, "only GET is here");

		problem.allow = METHOD_GET | METHOD_HEAD;
		request_fail(request, &problem);
	}
	else
		request->run = metrics_ask;
}

void
request_take_body(Request *request, const char *data, size_t length)
{
	if (request->is_body_too_long ||
		length > MAX_BODY_BYTES - request->body.length)
		request->is_body_too_long = true;
	else
		strbuf_add(&request->body, data, length);
}
