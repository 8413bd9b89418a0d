/*
 * sign_in.c
 *	  Signing up, in and out, and showing the session.
 *
 *	  sign up: web_sign_up_begin -> hash -> web_sign_up
 *	  log in: web_login_begin -> compare -> web_login_end
 *
 * The steps of a login are the same for a name that does not exist.
 */
#include "auth/sign_in.h"

#include <stdio.h>

#include "auth/credential_steps.h"
#include "loop.h"

#define COOKIE_AGE_S (30 * 86400) /* the database ends it earlier */

static struct
{
	const Statement *sign_up_begin;
	const Statement *sign_up;
	const Statement *login_begin;
	const Statement *login_end;
	const Statement *log_out;
	const Statement *session;
} statements;

static bool has_secure_cookies;

void
sign_in_init(bool secure_cookies)
{
	has_secure_cookies = secure_cookies;
	statements.sign_up_begin =
		CREDENTIAL_STATEMENT("web_sign_up_begin", "remote_address", "name");
	statements.sign_up =
		CREDENTIAL_STATEMENT("web_sign_up", "remote_address", "name",
							 "password_hash", "session_hash");
	statements.login_begin =
		CREDENTIAL_STATEMENT("web_login_begin", "remote_address", "name");
	statements.login_end = CREDENTIAL_STATEMENT(
		"web_login_end", "remote_address", "name", "is_right", "session_hash");
	statements.log_out = CREDENTIAL_STATEMENT("web_log_out", "session_hash");
	statements.session = CREDENTIAL_STATEMENT("web_session", "session_hash");
}

/* ---------- sessions as clients see them ---------- */

static void
set_cookie(Response *response, const char *value, int age_s)
{
	char text[256];

	snprintf(text, sizeof(text),
			 COOKIE_NAME "=%s; Path=/; Max-Age=%d; HttpOnly; SameSite=Strict%s",
			 value, age_s, has_secure_cookies ? "; Secure" : "");
	response_header(response, "Set-Cookie", text);
}

static Response *
session_response(const Request *request, json_t *session, const Caller *caller)
{
	if (json_is_string(json_object_get(session, "account")))
		json_object_set_new(session, "csrf_token",
							caller->credential == CREDENTIAL_COOKIE
								? json_string(caller->csrf_token)
								: json_null());
	return credential_steps_json(
		request->route->status ? request->route->status : MHD_HTTP_OK, session);
}

static Response *
signed_out_response(void)
{
	return response_json(MHD_HTTP_OK, RESPONSE_PRIVATE, "{\"account\":null}");
}

static void
session_read(DatabaseCall *done, const char *value, const Problem *problem)
{
	Request *request = container_of(done, Request, call);
	json_t *session;

	if (problem && problem->status == MHD_HTTP_UNAUTHORIZED)
	{
		request_finish(request, signed_out_response());
		return;
	}
	session = credential_steps_read_object(request, value, problem);
	if (session)
		request_finish(request,
					   session_response(request, session, &request->caller));
}

static void
show_session(Request *request)
{
	if (request->caller.credential == CREDENTIAL_NONE)
		request_finish(request, signed_out_response());
	else
		credential_steps_call(request, statements.session, 1,
							  (const char *const *) request->arguments.values,
							  session_read);
}

static void
logged_out(DatabaseCall *done, const char *value UNUSED, const Problem *problem)
{
	Request *request = container_of(done, Request, call);
	Response *response;

	/* the session has already ended */
	if (problem && problem->status != MHD_HTTP_UNAUTHORIZED)
	{
		request_fail(request, problem);
		return;
	}
	response = response_json(MHD_HTTP_OK, RESPONSE_PRIVATE, "{}");
	set_cookie(response, "", 0);
	request_finish(request, response);
}

/* The last step of signing up and in. */
static void
signed_in(DatabaseCall *done, const char *value, const Problem *problem)
{
	Request *request = container_of(done, Request, call);
	CredentialSteps *steps = request->steps;
	json_t *session = credential_steps_read_object(request, value, problem);
	Response *response;

	if (session == NULL)
		return;
	response = session_response(request, session, &steps->caller);
	set_cookie(response, steps->secret, COOKIE_AGE_S);
	request_finish(request, response);
}

/* ---------- signing up ---------- */

static void
sign_up_hashed(PasswordJob *job)
{
	CredentialSteps *steps = container_of(job, CredentialSteps, job);
	Request *request = steps->request;

	if (!credential_steps_was_hashed(job, request))
		return;
	caller_make_cookie(steps->secret, &steps->caller);
	steps->values[0] = request->remote;
	steps->values[1] = credential_steps_argument(request, "name");
	steps->values[2] = job->hash;
	steps->values[3] = steps->caller.hash;
	credential_steps_call(request, statements.sign_up, 4, steps->values,
						  signed_in);
}

static void
sign_up_begun(DatabaseCall *done, const char *value, const Problem *problem)
{
	Request *request = container_of(done, Request, call);

	if (value)
		credential_steps_hash(request->steps,
							  credential_steps_argument(request, "password"),
							  sign_up_hashed);
	else
		request_respond(request, RESPONSE_PRIVATE, NULL, problem);
}

/* A hash is expensive, so everything else is checked first. */
static void
sign_up(Request *request)
{
	const char *problem =
		password_problem(credential_steps_argument(request, "password"));
	CredentialSteps *steps;

	if (problem)
	{
		credential_steps_refuse(request, problem_make(400, "%s", problem));
		return;
	}
	steps = credential_steps_new(request);
	steps->values[0] = request->remote;
	steps->values[1] = credential_steps_argument(request, "name");
	credential_steps_call(request, statements.sign_up_begin, 2, steps->values,
						  sign_up_begun);
}

/* ---------- logging in ---------- */

static void
login_compared(PasswordJob *job)
{
	CredentialSteps *steps = container_of(job, CredentialSteps, job);

	caller_make_cookie(steps->secret, &steps->caller);
	steps->values[0] = steps->request->remote;
	steps->values[1] = credential_steps_argument(steps->request, "name");
	steps->values[2] = job->is_right ? "true" : "false";
	steps->values[3] = steps->caller.hash;
	credential_steps_call(steps->request, statements.login_end, 4,
						  steps->values, signed_in);
}

static void
login_begun(DatabaseCall *done, const char *value, const Problem *problem)
{
	Request *request = container_of(done, Request, call);

	credential_steps_compare(request,
							 credential_steps_argument(request, "password"),
							 value, problem, login_compared);
}

static void
log_in(Request *request)
{
	CredentialSteps *steps = credential_steps_new(request);

	steps->values[0] = request->remote;
	steps->values[1] = credential_steps_argument(request, "name");
	credential_steps_call(request, statements.login_begin, 2, steps->values,
						  login_begun);
}

/* ---------- all of them ---------- */

void
sign_in_run(Request *request)
{
	switch (request->route->special)
	{
		case SPECIAL_SIGN_UP:
			sign_up(request);
			break;
		case SPECIAL_LOG_IN:
			log_in(request);
			break;
		case SPECIAL_LOG_OUT:
			credential_steps_call(
				request, statements.log_out, 1,
				(const char *const *) request->arguments.values, logged_out);
			break;
		default:
			show_session(request);
			break;
	}
}
