/*
 * response.h
 *	  What goes back to a client: a status, a body and its headers.
 *
 * One answer may go to many clients; whoever holds it has a reference.
 */
#ifndef WEBD_RESPONSE_H
#define WEBD_RESPONSE_H

#include <microhttpd.h>
#include <stddef.h>

#include "http/problem.h"

#define JSON_TYPE "application/json"

typedef enum ResponseKind
{
	ANSWER_PUBLIC,	/* anybody's, good for a moment */
	ANSWER_PRIVATE, /* one caller's, to be kept nowhere */
	ANSWER_PAGE,	/* of the dashboard, to be requested again */
	ANSWER_ASSET	/* of the dashboard, its name changes with its content */
} ResponseKind;

typedef struct Response Response;

/* The body is copied. */
extern Response *
response_make(unsigned status, ResponseKind kind, const char *content_type,
			  const char *body, size_t length);
extern Response *
response_json(unsigned status, ResponseKind kind, const char *json);
extern Response *response_problem(const Problem *problem);

/* To a browser that asks whether a page of another site may ask (Fetch, CORS);
 * allow: a set of methods (routes.h). */
extern Response *response_preflight(unsigned allow);

/* One of a stream: whatever the response is made of. */
extern Response *
response_stream(struct MHD_Response *response, const char *content_type);

/* Only before it is sent for the first time. */
extern void
response_header(Response *answer, const char *name, const char *value);

extern Response *response_ref(Response *answer);
extern void response_unref(Response *answer);

extern unsigned response_status(const Response *answer);

/* If the client has it already (If-None-Match), it gets 304. */
extern enum MHD_Result
response_send(Response *answer, struct MHD_Connection *connection);

#endif
