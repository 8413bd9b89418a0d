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

typedef enum AnswerKind
{
	ANSWER_PUBLIC,	/* anybody's, good for a moment */
	ANSWER_PRIVATE, /* one caller's, to be kept nowhere */
	ANSWER_PAGE,	/* of the dashboard, to be asked for anew */
	ANSWER_ASSET	/* of the dashboard, its name changes with its content */
} AnswerKind;

typedef struct Answer Answer;

/* The body is copied. */
extern Answer *
answer_make(unsigned status, AnswerKind kind, const char *content_type,
			const char *body, size_t length);
extern Answer *answer_json(unsigned status, AnswerKind kind, const char *json);
extern Answer *answer_problem(const Problem *problem);

/* To a browser that asks whether a page of another site may ask (Fetch, CORS);
 * allow: a set of methods (routes.h). */
extern Answer *answer_preflight(unsigned allow);

/* One of a stream: whatever the response is made of. */
extern Answer *
answer_stream(struct MHD_Response *response, const char *content_type);

/* Only before it is sent for the first time. */
extern void answer_header(Answer *answer, const char *name, const char *value);

extern Answer *answer_ref(Answer *answer);
extern void answer_unref(Answer *answer);

extern unsigned answer_status(const Answer *answer);

/* If the client has it already (If-None-Match), it is told so. */
extern enum MHD_Result
answer_send(Answer *answer, struct MHD_Connection *connection);

#endif
