/*
 * credential_steps.c
 *	  Requests that handle passwords or tokens in several steps.
 */
#include "auth/credential_steps.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"

/* The steps may contain passwords. */
static void
free_steps(void *steps)
{
	sodium_memzero(steps, sizeof(CredentialSteps));
	free(steps);
}

CredentialSteps *
credential_steps_new(Request *request)
{
	CredentialSteps *steps = memory_zalloc(sizeof(CredentialSteps));

	steps->request = request;
	request->steps = steps;
	request->free_steps = free_steps;
	return steps;
}

void
credential_steps_call(Request *request, const Statement *statement, int count,
					  const char *const *values, DatabaseDone done)
{
	request->call = (DatabaseCall){
		.statement = statement, .count = count, .values = values, .done = done};
	database_call(&request->call);
}

void
credential_steps_refuse(Request *request, Problem problem)
{
	request_fail(request, &problem);
}

const char *
credential_steps_argument(const Request *request, const char *name)
{
	return arguments_get(&request->arguments, request->route, name);
}

/* ---------- JSON ---------- */

Response *
credential_steps_json(unsigned status, json_t *json)
{
	char *text = json_dumps(json, JSON_COMPACT);
	Response *response;

	if (text == NULL)
		memory_exhausted();
	response = response_json(status, RESPONSE_PRIVATE, text);
	sodium_memzero(text, strlen(text));
	free(text);
	json_decref(json);
	return response;
}

json_t *
credential_steps_read_object(Request *request, const char *value,
							 const Problem *problem)
{
	json_t *json = value ? json_loads(value, 0, NULL) : NULL;

	if (json == NULL)
		request_respond(request, RESPONSE_PRIVATE, NULL, problem);
	return json;
}

/* ---------- passwords ---------- */

static void
submit_job(CredentialSteps *steps, const char *password, PasswordDone done)
{
	snprintf(steps->job.password, sizeof(steps->job.password), "%s", password);
	steps->job.done = done;
	if (!password_submit(&steps->job))
		credential_steps_refuse(
			steps->request,
			problem_make(503,
						 "too many users are signing in, please try again"));
}

void
credential_steps_hash(CredentialSteps *steps, const char *password,
					  PasswordDone done)
{
	steps->job.is_check = false;
	submit_job(steps, password, done);
}

/* If hash is NULL, a dummy is used, so that the comparison takes as long. */
static void
compare_password(CredentialSteps *steps, const char *password, const char *hash,
				 PasswordDone done)
{
	snprintf(steps->job.hash, sizeof(steps->job.hash), "%s",
			 hash ? hash : password_dummy_hash());
	steps->job.is_check = true;
	/* a password that is too long must not match one that it begins with */
	submit_job(steps, strlen(password) > MAX_PASSWORD ? "" : password, done);
}

bool
credential_steps_was_hashed(PasswordJob *job, Request *request)
{
	if (!job->is_right)
		credential_steps_refuse(
			request,
			problem_make(503, "could not hash the password, please try again"));
	return job->is_right;
}

void
credential_steps_compare(Request *request, const char *password,
						 const char *value, const Problem *problem,
						 PasswordDone done)
{
	json_t *json = credential_steps_read_object(request, value, problem);

	if (json == NULL)
		return;
	compare_password(request->steps, password,
					 json_string_value(json_object_get(json, "password_hash")),
					 done);
	json_decref(json);
}
