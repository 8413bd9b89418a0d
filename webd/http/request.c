/*
 * request.c
 *	  One request, from its first line to its response.
 */
#include "http/request.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "http/mhd_loop.h"
#include "log.h"
#include "memory.h"

#define MAX_ROUTES 128

static const Statement *statements[MAX_ROUTES]; /* by the route's index */

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
requests_prepare(void)
{
	if (route_count > MAX_ROUTES)
		abort();
	/* special routes have their own statements */
	for (int i = 0; i < route_count; i++)
		if (routes[i].special == SPECIAL_NONE)
			statements[i] = make_statement(&routes[i]);
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

/* Body and arguments may contain passwords. */
void
request_free(Request *request)
{
	if (request->body.data)
		sodium_memzero(request->body.data, request->body.length);
	strbuf_free(&request->body);
	for (int i = 0; i < request->arguments.count; i++)
		if (request->arguments.values[i])
			sodium_memzero(request->arguments.values[i],
						   strlen(request->arguments.values[i]));
	arguments_free(&request->arguments);
	uri_free(&request->uri);
	if (request->free_steps)
		request->free_steps(request->steps);
	if (request->response)
		response_unref(request->response);
	free(request);
}

const char *
request_header(const Request *request, const char *name)
{
	return MHD_lookup_connection_value(request->connection, MHD_HEADER_KIND,
									   name);
}

/* ---------- the end ---------- */

void
request_finish(Request *request, Response *response)
{
	request->response = response;
	if (!request->is_suspended)
		return;
	request->is_suspended = false;
	MHD_resume_connection(request->connection);
	mhd_loops_wake();
}

void
request_fail(Request *request, const Problem *problem)
{
	request_finish(request, response_problem(problem));
}

void
request_respond(Request *request, ResponseKind kind, const char *json,
				const Problem *problem)
{
	static const Problem no_result = {
		.status = 500, .detail = "unexpected error of the database"};

	if (json == NULL)
	{
		if (problem == NULL)
			log_warning("%s returned NULL", request->route->routine);
		request_fail(request, problem ? problem : &no_result);
		return;
	}
	request_finish(request,
				   response_json(request->route->status ? request->route->status
														: MHD_HTTP_OK,
								 kind, json));
}

/* ---------- framing ---------- */

/* The headers that determine the length of the body. */
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
 * Whether a proxy and webd could disagree about where the request ends, so that
 * a part of it could be taken for another request (RFC 9112, section 6.3).
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
request_reject_ambiguous(Request *request)
{
	Problem problem;
	Response *response;

	if (!is_ambiguous(request))
		return false;
	problem = problem_make(400, "the length of the body is ambiguous");
	response = response_problem(&problem);
	response_header(response, MHD_HTTP_HEADER_CONNECTION, "close");
	request_finish(request, response);
	return true;
}

void
request_add_body(Request *request, const char *data, size_t length)
{
	if (request->is_body_too_long ||
		length > MAX_BODY_BYTES - request->body.length)
		request->is_body_too_long = true;
	else
		strbuf_add(&request->body, data, length);
}
