/*
 * request.h
 *	  One request, from its first line to its answer.
 *
 * server.c makes it and hands it what comes; whoever works for it holds it
 * until request_finish, since MHD lets go of no request that waits.
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
	void (*run)(struct Request *request); /* NULL: the answer is there */
	bool has_begun;						  /* its headers have come */
	bool is_running;
	bool is_suspended;

	Uri uri;
	const char *uri_problem;
	Method method;
	char remote[INET6_ADDRSTRLEN];
	Caller caller;
	const Route *route; /* NULL: no API */
	StrBuf body;
	bool is_body_too_long;
	Arguments params;

	DatabaseCall call;
	void *steps; /* of credential_steps.c */
	void (*free_steps)(void *steps);
	STAILQ_ENTRY(Request) link; /* response_cache.c's: who waits for the same */
	Response *answer;
} Request;

/* Prepare the statements of all routes; once, before the first request. */
extern void requests_init(void);

extern Request *
request_new(struct MHD_Connection *connection, const char *target);
extern void request_free(Request *request);

extern void
request_take_body(Request *request, const char *data, size_t length);

/* Refuse a request whose end is uncertain; whether it was. */
extern bool request_refuse_ambiguous(Request *request);

/* The end: the answer's reference is handed over. */
extern void request_finish(Request *request, Response *answer);
extern void request_fail(Request *request, const Problem *problem);

/* The end by a routine's answer, or by the problem with it. */
extern void request_answer(Request *request, ResponseKind kind,
						   const char *json, const Problem *problem);

/* A header's value, or NULL. */
extern const char *request_header(const Request *request, const char *name);

/* The statement of a route's routine. */
extern const Statement *request_statement(const Route *route);

#endif
