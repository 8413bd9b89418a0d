/*
 * response.h
 *	  Responses to clients: status, headers and body.
 *
 * One response may be sent to many clients; each holder has a reference.
 */
#ifndef WEBD_RESPONSE_H
#define WEBD_RESPONSE_H

#include <microhttpd.h>
#include <stddef.h>

#include "http/problem.h"

#define JSON_TYPE "application/json"

typedef enum ResponseKind
{
	RESPONSE_PUBLIC,  /* the same for everybody, cacheable for 2 s */
	RESPONSE_PRIVATE, /* for one caller, must not be cached */
	RESPONSE_PAGE,	  /* of the dashboard, to be revalidated */
	RESPONSE_ASSET	  /* of the dashboard, its name changes with its content */
} ResponseKind;

typedef struct Response Response;

/* The body is copied. */
extern Response *
response_make(unsigned status, ResponseKind kind, const char *content_type,
			  const char *body, size_t length);
extern Response *
response_json(unsigned status, ResponseKind kind, const char *json);
extern Response *response_problem(const Problem *problem);

/* To a browser's CORS preflight request; allow is a set of methods (routes.h).
 */
extern Response *response_preflight(unsigned allow);

/* A stream, which mhd produces; takes over mhd. */
extern Response *
response_stream(struct MHD_Response *mhd, const char *content_type);

/* Add a header; only before the response is sent for the first time. */
extern void
response_header(Response *response, const char *name, const char *value);

extern Response *response_ref(Response *response);
extern void response_unref(Response *response);

/* Send 304 if the client already has the response (If-None-Match). */
extern enum MHD_Result
response_send(Response *response, struct MHD_Connection *connection);

#endif
