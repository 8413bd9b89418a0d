/*
 * method_authorize.h
 *	  mining.authorize [user, password]: who is paid for a connection's shares.
 */
#ifndef STRATUMD_METHOD_AUTHORIZE_H
#define STRATUMD_METHOD_AUTHORIZE_H

#include "database/logins.h"
#include "protocol/request.h"
#include "session/session.h"

extern void method_authorize(Session *session, const Request *request);

/* The database has answered; for logins.c. */
extern void method_authorize_done(const Login *login, LoginResult result,
								  const LoginGrant *grant, const char *error);

/*
 * The session may be ready for jobs now: start, and send it the notice that
 * came with its login.
 */
extern void method_authorize_start_jobs(Session *session);

/* Subtract its names from those of its address that have no share. */
extern void method_authorize_session_closed(Session *session);

#endif
