/*
 * stratum.h
 *	  What miners say: lines to methods, methods to what they do.
 *
 * Each method_*.c file holds a group of methods; stratum.c has the table.
 */
#ifndef STRATUMD_STRATUM_H
#define STRATUMD_STRATUM_H

#include "protocol/submit_scanner.h"
#include "protocol/request.h"
#include "session/session.h"

/* The hooks that sessions_init takes. */
extern void stratum_line(Session *session, const char *line, size_t length);
extern void stratum_line_too_long(Session *session);
extern void stratum_session_closed(Session *session);

/* method_subscribe.c */
extern void method_subscribe(Session *session, const Request *request);
extern void method_subscribe_finish(Session *session);

/* method_configure.c */
extern void method_configure(Session *session, const Request *request);

/* method_authorize.c */
extern void method_authorize(Session *session, const Request *request);
extern void authorize_session_closed(Session *session);

/* It may be ready for work now; what its login is to be told comes with it. */
extern void authorize_start_work(Session *session);

/* method_submit.c */
extern void method_submit(Session *session, const Request *request);
extern void submit_params(Session *session, const RequestId *id,
						  const Span params[SUBMIT_PARAMS]);

/* method_suggest.c */
extern void method_suggest_difficulty(Session *session, const Request *request);
extern void method_suggest_target(Session *session, const Request *request);

#endif
