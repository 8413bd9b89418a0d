/*
 * own_credentials.c
 *	  Changing a user's own password, and creating API tokens.
 *
 *	  password: web_user_password_hash -> compare -> hash ->
 *				web_user_set_password
 */
#include "auth/own_credentials.h"

#include "auth/credential_steps.h"
#include "loop.h"

static struct
{
	const Statement *password_hash;
	const Statement *set_password;
	const Statement *add_token;
} statements;

void
own_credentials_init(void)
{
	statements.password_hash =
		CREDENTIAL_STATEMENT("web_user_password_hash", "session_hash");
	statements.set_password = CREDENTIAL_STATEMENT(
		"web_user_set_password", "session_hash", "password_hash");
	statements.add_token =
		CREDENTIAL_STATEMENT("web_user_add_token", "session_hash", "token_hash",
							 "name", "scope", "expires_in_days");
}

/* ---------- a new password ---------- */

static void
password_set(DatabaseCall *done, const char *value, const Problem *problem)
{
	request_respond(container_of(done, Request, call), RESPONSE_PRIVATE, value,
					problem);
}

static void
new_password_hashed(PasswordJob *job)
{
	CredentialSteps *steps = container_of(job, CredentialSteps, job);

	if (!credential_steps_was_hashed(job, steps->request))
		return;
	steps->values[0] = steps->request->caller.hash;
	steps->values[1] = job->hash;
	credential_steps_call(steps->request, statements.set_password, 2,
						  steps->values, password_set);
}

static void
old_password_compared(PasswordJob *job)
{
	CredentialSteps *steps = container_of(job, CredentialSteps, job);

	/* not 401: the caller is known */
	if (!job->is_right)
		credential_steps_refuse(steps->request,
								problem_make(403, "the old password is wrong"));
	else
		credential_steps_hash(
			steps, credential_steps_argument(steps->request, "new_password"),
			new_password_hashed);
}

static void
old_password_read(DatabaseCall *done, const char *value, const Problem *problem)
{
	Request *request = container_of(done, Request, call);

	credential_steps_compare(request,
							 credential_steps_argument(request, "old_password"),
							 value, problem, old_password_compared);
}

void
own_credentials_change_password(Request *request)
{
	const char *problem =
		password_problem(credential_steps_argument(request, "new_password"));

	credential_steps_new(request);
	if (problem)
		credential_steps_refuse(request, problem_make(400, "%s", problem));
	else
		credential_steps_call(request, statements.password_hash, 1,
							  (const char *const *) request->arguments.values,
							  old_password_read);
}

/* ---------- tokens ---------- */

static void
token_added(DatabaseCall *done, const char *value, const Problem *problem)
{
	Request *request = container_of(done, Request, call);
	CredentialSteps *steps = request->steps;
	json_t *token = credential_steps_read_object(request, value, problem);

	if (token == NULL)
		return;
	json_object_set_new(token, "token", json_string(steps->secret));
	request_finish(request,
				   credential_steps_json(request->route->status, token));
}

void
own_credentials_add_token(Request *request)
{
	CredentialSteps *steps = credential_steps_new(request);

	caller_make_token(steps->secret, steps->token_hash);
	steps->values[0] = request->caller.hash;
	steps->values[1] = steps->token_hash;
	steps->values[2] = credential_steps_argument(request, "name");
	steps->values[3] = credential_steps_argument(request, "scope");
	steps->values[4] = credential_steps_argument(request, "expires_in_days");
	credential_steps_call(request, statements.add_token, 5, steps->values,
						  token_added);
}
