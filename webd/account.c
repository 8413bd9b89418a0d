/*
 * account.c
 *	  Signing up, in and out, passwords and tokens: what takes more than one
 *	  call of a routine, or a secret that is made here.
 *
 * Each is a chain of steps, each step the completion of the one before:
 *
 *	  sign up: hash -> web_sign_up
 *	  log in: web_login_begin -> compare -> web_login_end
 *	  password: web_user_password_hash -> compare -> hash ->
 *				web_user_set_password
 *
 * Whoever logs in with a name that is not there takes the same steps.
 */
#include "account.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "loop.h"
#include "memory.h"
#include "password.h"

#define COOKIE_AGE_S	 (30 * 86400) /* the database ends it earlier */
#define MAX_ROUTE_VALUES 5

typedef struct Flow
{
	Request *request;
	PasswordJob job;
	char secret[TOKEN_SIZE]; /* a new cookie's or token's text */
	Caller caller;			 /* with the new cookie */
	char token_hash[HASH_SIZE];
	const char *values[MAX_ROUTE_VALUES];
} Flow;

static struct
{
	const Statement *sign_up;
	const Statement *login_begin;
	const Statement *login_end;
	const Statement *log_out;
	const Statement *session;
	const Statement *password_hash;
	const Statement *set_password;
	const Statement *add_token;
} statements;

static bool has_secure_cookies;

#define MAKE(routine, ...)                                                 \
	pool_statement(routine,                                                \
				   sizeof((const char *[]){__VA_ARGS__}) / sizeof(char *), \
				   (const char *[]){__VA_ARGS__})

void
account_init(bool secure_cookies)
{
	has_secure_cookies = secure_cookies;
	statements.sign_up = MAKE("web_sign_up", "remote_address", "name",
							  "password_hash", "session_hash");
	statements.login_begin = MAKE("web_login_begin", "remote_address", "name");
	statements.login_end = MAKE("web_login_end", "remote_address", "name",
								"is_right", "session_hash");
	statements.log_out = MAKE("web_log_out", "session_hash");
	statements.session = MAKE("web_session", "session_hash");
	statements.password_hash = MAKE("web_user_password_hash", "session_hash");
	statements.set_password =
		MAKE("web_user_set_password", "session_hash", "password_hash");
	statements.add_token =
		MAKE("web_user_add_token", "session_hash", "token_hash", "name",
			 "scope", "expires_in_days");
}

static Flow *
flow_new(Request *request)
{
	Flow *flow = memory_zalloc(sizeof(Flow));

	flow->request = request;
	request->flow = flow;
	return flow;
}

void
account_free_flow(void *flow)
{
	if (flow)
		sodium_memzero(flow, sizeof(Flow));
	free(flow);
}

static void
call(Request *request, const Statement *statement, int count,
	 const char *const *values, PoolDone done)
{
	request->call = (PoolCall){
		.statement = statement, .count = count, .values = values, .done = done};
	pool_call(&request->call);
}

static void
refuse(Request *request, Problem problem)
{
	request_fail(request, &problem);
}

static const char *
param(const Request *request, const char *name)
{
	return params_get(&request->params, request->route, name);
}

/* ---------- sessions as clients see them ---------- */

static void
set_cookie(Answer *answer, const char *value, int age_s)
{
	char text[256];

	snprintf(text, sizeof(text),
			 COOKIE_NAME "=%s; Path=/; Max-Age=%d; HttpOnly; SameSite=Strict%s",
			 value, age_s, has_secure_cookies ? "; Secure" : "");
	answer_header(answer, "Set-Cookie", text);
}

static Answer *
json_answer(unsigned status, json_t *json)
{
	char *text = json_dumps(json, JSON_COMPACT);
	Answer *answer;

	if (text == NULL)
		memory_exhausted();
	answer = answer_json(status, ANSWER_PRIVATE, text);
	sodium_memzero(text, strlen(text));
	free(text);
	json_decref(json);
	return answer;
}

/* The database's object, or NULL and the request has failed. */
static json_t *
read_object(Request *request, const char *value, const Problem *problem)
{
	json_t *json = value ? json_loads(value, 0, NULL) : NULL;

	if (json == NULL)
		request_answer(request, ANSWER_PRIVATE, NULL, problem);
	return json;
}

static Answer *
session_answer(const Request *request, json_t *session, const Caller *caller)
{
	if (json_is_string(json_object_get(session, "account")))
		json_object_set_new(session, "csrf_token",
							caller->credential == CREDENTIAL_COOKIE
								? json_string(caller->csrf_token)
								: json_null());
	return json_answer(
		request->route->status ? request->route->status : MHD_HTTP_OK, session);
}

static Answer *
nobody_answer(void)
{
	return answer_json(MHD_HTTP_OK, ANSWER_PRIVATE, "{\"account\":null}");
}

static void
session_read(PoolCall *done, const char *value, const Problem *problem)
{
	Request *request = container_of(done, Request, call);
	json_t *session;

	if (problem && problem->status == MHD_HTTP_UNAUTHORIZED)
	{
		request_finish(request, nobody_answer());
		return;
	}
	session = read_object(request, value, problem);
	if (session)
		request_finish(request,
					   session_answer(request, session, &request->caller));
}

static void
show_session(Request *request)
{
	if (request->caller.credential == CREDENTIAL_NONE)
		request_finish(request, nobody_answer());
	else
		call(request, statements.session, 1,
			 (const char *const *) request->params.values, session_read);
}

static void
logged_out(PoolCall *done, const char *value UNUSED, const Problem *problem)
{
	Request *request = container_of(done, Request, call);
	Answer *answer;

	/* a session that is over needs no end */
	if (problem && problem->status != MHD_HTTP_UNAUTHORIZED)
	{
		request_fail(request, problem);
		return;
	}
	answer = answer_json(MHD_HTTP_OK, ANSWER_PRIVATE, "{}");
	set_cookie(answer, "", 0);
	request_finish(request, answer);
}

/* The last step of signing up and in. */
static void
signed_in(PoolCall *done, const char *value, const Problem *problem)
{
	Request *request = container_of(done, Request, call);
	Flow *flow = request->flow;
	json_t *session = read_object(request, value, problem);
	Answer *answer;

	if (session == NULL)
		return;
	answer = session_answer(request, session, &flow->caller);
	set_cookie(answer, flow->secret, COOKIE_AGE_S);
	request_finish(request, answer);
}

/* ---------- passwords ---------- */

static void
submit(Flow *flow, const char *password, PasswordDone done)
{
	snprintf(flow->job.password, sizeof(flow->job.password), "%s", password);
	flow->job.done = done;
	if (!password_submit(&flow->job))
		refuse(flow->request,
			   problem_make(503, "too many are signing in, please try again"));
}

static void
hash_password(Flow *flow, const char *password, PasswordDone done)
{
	flow->job.is_check = false;
	submit(flow, password, done);
}

/* hash is NULL when there is none to compare with: it takes as long. */
static void
compare_password(Flow *flow, const char *password, const char *hash,
				 PasswordDone done)
{
	snprintf(flow->job.hash, sizeof(flow->job.hash), "%s",
			 hash ? hash : password_nobody());
	flow->job.is_check = true;
	/* one that is too long to be any is not cut to one that is */
	submit(flow, strlen(password) > MAX_PASSWORD ? "" : password, done);
}

static bool
was_hashed(PasswordJob *job, Request *request)
{
	if (!job->is_right)
		refuse(request, problem_make(503, "there is no memory to hash with,"
										  " please try again"));
	return job->is_right;
}

/* The database's {"password_hash": text or null}. */
static void
compare_with(Request *request, const char *password, const char *value,
			 const Problem *problem, PasswordDone done)
{
	json_t *json = read_object(request, value, problem);

	if (json == NULL)
		return;
	compare_password(request->flow, password,
					 json_string_value(json_object_get(json, "password_hash")),
					 done);
	json_decref(json);
}

/* ---------- signing up ---------- */

static void
sign_up_hashed(PasswordJob *job)
{
	Flow *flow = container_of(job, Flow, job);
	Request *request = flow->request;

	if (!was_hashed(job, request))
		return;
	session_make_cookie(flow->secret, &flow->caller);
	flow->values[0] = request->remote;
	flow->values[1] = param(request, "name");
	flow->values[2] = job->hash;
	flow->values[3] = flow->caller.hash;
	call(request, statements.sign_up, 4, flow->values, signed_in);
}

static void
sign_up(Request *request)
{
	const char *password = param(request, "password");
	const char *wrong = password_problem(password);

	if (wrong)
		refuse(request, problem_make(400, "%s", wrong));
	else
		hash_password(flow_new(request), password, sign_up_hashed);
}

/* ---------- logging in ---------- */

static void
login_compared(PasswordJob *job)
{
	Flow *flow = container_of(job, Flow, job);

	session_make_cookie(flow->secret, &flow->caller);
	flow->values[0] = flow->request->remote;
	flow->values[1] = param(flow->request, "name");
	flow->values[2] = job->is_right ? "true" : "false";
	flow->values[3] = flow->caller.hash;
	call(flow->request, statements.login_end, 4, flow->values, signed_in);
}

static void
login_begun(PoolCall *done, const char *value, const Problem *problem)
{
	Request *request = container_of(done, Request, call);

	compare_with(request, param(request, "password"), value, problem,
				 login_compared);
}

static void
log_in(Request *request)
{
	Flow *flow = flow_new(request);

	flow->values[0] = request->remote;
	flow->values[1] = param(request, "name");
	call(request, statements.login_begin, 2, flow->values, login_begun);
}

/* ---------- a new password ---------- */

static void
password_set(PoolCall *done, const char *value, const Problem *problem)
{
	request_answer(container_of(done, Request, call), ANSWER_PRIVATE, value,
				   problem);
}

static void
new_password_hashed(PasswordJob *job)
{
	Flow *flow = container_of(job, Flow, job);

	if (!was_hashed(job, flow->request))
		return;
	flow->values[0] = flow->request->caller.hash;
	flow->values[1] = job->hash;
	call(flow->request, statements.set_password, 2, flow->values, password_set);
}

static void
old_password_compared(PasswordJob *job)
{
	Flow *flow = container_of(job, Flow, job);

	/* not 401: the caller is known */
	if (!job->is_right)
		refuse(flow->request, problem_make(403, "the old password is wrong"));
	else
		hash_password(flow, param(flow->request, "new_password"),
					  new_password_hashed);
}

static void
old_password_read(PoolCall *done, const char *value, const Problem *problem)
{
	Request *request = container_of(done, Request, call);

	compare_with(request, param(request, "old_password"), value, problem,
				 old_password_compared);
}

static void
change_password(Request *request)
{
	const char *wrong = password_problem(param(request, "new_password"));

	flow_new(request);
	if (wrong)
		refuse(request, problem_make(400, "%s", wrong));
	else
		call(request, statements.password_hash, 1,
			 (const char *const *) request->params.values, old_password_read);
}

/* ---------- tokens ---------- */

static void
token_added(PoolCall *done, const char *value, const Problem *problem)
{
	Request *request = container_of(done, Request, call);
	Flow *flow = request->flow;
	json_t *token = read_object(request, value, problem);

	if (token == NULL)
		return;
	json_object_set_new(token, "token", json_string(flow->secret));
	request_finish(request, json_answer(request->route->status, token));
}

static void
add_token(Request *request)
{
	Flow *flow = flow_new(request);

	session_make_token(flow->secret, flow->token_hash);
	flow->values[0] = request->caller.hash;
	flow->values[1] = flow->token_hash;
	flow->values[2] = param(request, "name");
	flow->values[3] = param(request, "scope");
	flow->values[4] = param(request, "expires_in_days");
	call(request, statements.add_token, 5, flow->values, token_added);
}

/* ---------- which of them ---------- */

void
account_run(Request *request)
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
			call(request, statements.log_out, 1,
				 (const char *const *) request->params.values, logged_out);
			break;
		case SPECIAL_SESSION:
			show_session(request);
			break;
		case SPECIAL_PASSWORD:
			change_password(request);
			break;
		case SPECIAL_ADD_TOKEN:
			add_token(request);
			break;
		default:
			break;
	}
}
