/*
 * request.h
 *	  One request, from its first line to its response.
 *
 * server.c creates it and passes input to it.  Handlers may use it until they
 * call request_finish, because MHD never frees a suspended request.
 */
#ifndef WEBD_REQUEST_H
#define WEBD_REQUEST_H

#include <netinet/in.h>
#include <sys/queue.h>

#include "http/response.h"
#include "http/arguments.h"
#include "http/database.h"
#include "http/routes.h"
#include "http/caller.h"
#include "http/strbuf.h"

#define MAX_BODY_BYTES 65536

typedef struct Request
{
	struct MHD_Connection *connection;
	void (*run)(struct Request *request); /* NULL: it has its response */
	bool has_begun;						  /* the headers have arrived */
	bool is_running;
	bool is_suspended;

	Uri uri;
	const char *uri_problem;
	Method method;
	char remote[INET6_ADDRSTRLEN];
	Caller caller;
	const Route *route; /* NULL: not of the API */
	StrBuf body;
	bool is_body_too_long;
	Arguments arguments;

	DatabaseCall call;
	void *steps; /* of credential_steps.c */
	void (*free_steps)(void *steps);
	STAILQ_ENTRY(Request) link; /* of response_cache.c's waiting requests */
	Response *response;
} Request;

/* Prepare the statements of all routes; once, before the first request. */
extern void requests_prepare(void);

extern Request *
request_new(struct MHD_Connection *connection, const char *target);
extern void request_free(Request *request);

extern void request_add_body(Request *request, const char *data, size_t length);

/* Reject the request if the length of its body is ambiguous, and say so. */
extern bool request_reject_ambiguous(Request *request);

/* Finish the request; takes over the reference to the response. */
extern void request_finish(Request *request, Response *response);
extern void request_fail(Request *request, const Problem *problem);

/* Finish the request with a routine's result or problem. */
extern void request_respond(Request *request, ResponseKind kind,
							const char *json, const Problem *problem);

/* A header's value, or NULL. */
extern const char *request_header(const Request *request, const char *name);

/* The statement of a route's routine. */
extern const Statement *request_statement(const Route *route);

#endif
