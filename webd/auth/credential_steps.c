/*
 * credential_steps.c
 *	  Requests that take several steps: calls of routines and hashes, each the
 *	  completion of the one before.
 */
#include "auth/credential_steps.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"

Flow *
flow_new(Request *request)
{
	Flow *flow = memory_zalloc(sizeof(Flow));

	flow->request = request;
	request->flow = flow;
	return flow;
}

void
flow_free(void *flow)
{
	if (flow)
		sodium_memzero(flow, sizeof(Flow));
	free(flow);
}

void
flow_call(Request *request, const Statement *statement, int count,
		  const char *const *values, PoolDone done)
{
	request->call = (PoolCall){
		.statement = statement, .count = count, .values = values, .done = done};
	pool_call(&request->call);
}

void
flow_refuse(Request *request, Problem problem)
{
	request_fail(request, &problem);
}

const char *
flow_param(const Request *request, const char *name)
{
	return params_get(&request->params, request->route, name);
}

/* ---------- JSON ---------- */

Answer *
flow_json_answer(unsigned status, json_t *json)
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

json_t *
flow_read_object(Request *request, const char *value, const Problem *problem)
{
	json_t *json = value ? json_loads(value, 0, NULL) : NULL;

	if (json == NULL)
		request_answer(request, ANSWER_PRIVATE, NULL, problem);
	return json;
}

/* ---------- passwords ---------- */

static void
submit(Flow *flow, const char *password, PasswordDone done)
{
	snprintf(flow->job.password, sizeof(flow->job.password), "%s", password);
	flow->job.done = done;
	if (!password_submit(&flow->job))
		flow_refuse(
			flow->request,
			problem_make(503, "too many are signing in, please try again"));
}

void
flow_hash(Flow *flow, const char *password, PasswordDone done)
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

bool
flow_was_hashed(PasswordJob *job, Request *request)
{
	if (!job->is_right)
		flow_refuse(request,
					problem_make(503, "there is no memory to hash with,"
									  " please try again"));
	return job->is_right;
}

void
flow_compare(Request *request, const char *password, const char *value,
			 const Problem *problem, PasswordDone done)
{
	json_t *json = flow_read_object(request, value, problem);

	if (json == NULL)
		return;
	compare_password(request->flow, password,
					 json_string_value(json_object_get(json, "password_hash")),
					 done);
	json_decref(json);
}
