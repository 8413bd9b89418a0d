/*
 * auth.c
 *	  Asking the database who a miner is: chimera.authorize, pipelined.
 *
 * Asking twice does no harm, so what a lost connection leaves open is simply
 * asked again on the next.
 */
#include "auth.h"

#include <stdlib.h>

#include "log.h"
#include "loop.h"
#include "memory.h"

#define MAX_IN_FLIGHT 256
#define MAX_AGE_S	  30.0 /* waiting for the database */
#define RETRY_PAUSE_S 0.5

typedef struct LoginQueue
{
	Login *first;
	Login *last;
} LoginQueue;

static const PipelineSetup setup[] = {
	{"authorize", "SELECT miner_id, error FROM"
				  " chimera.authorize($1::uuid, $2::text, $3::text)"},
	{NULL, NULL},
};

static Pipeline pipeline;
static LoginQueue waiting;
static LoginQueue returned; /* by a lost connection, older than all waiting */
static LoginDone on_done;
static double paused_until = 0;

static void
push(LoginQueue *queue, Login *login)
{
	login->next = NULL;
	if (queue->first)
		queue->last->next = login;
	else
		queue->first = login;
	queue->last = login;
}

static Login *
pop(LoginQueue *queue)
{
	Login *login = queue->first;

	queue->first = login->next;
	return login;
}

static void
finish(Login *login, LoginResult result, int32_t miner_id, const char *error)
{
	on_done(login, result, miner_id, error);
	session_end_answer(login->session);
	free(login->user);
	free(login->password);
	free(login);
}

static void
finish_answered(Login *login, const PGresult *result)
{
	if (PQntuples(result) != 1)
		finish(login, LOGIN_FAILED, 0, NULL);
	else if (!PQgetisnull(result, 0, 1))
		finish(login, LOGIN_REFUSED, 0, PQgetvalue(result, 0, 1));
	else if (PQgetisnull(result, 0, 0))
		finish(login, LOGIN_REFUSED, 0, "unauthorized worker");
	else
		finish(login, LOGIN_ACCEPTED,
			   (int32_t) strtol(PQgetvalue(result, 0, 0), NULL, 10), NULL);
}

static void
finish_failed(Login *login, const PGresult *result)
{
	if (pg_may_retry(result))
	{
		paused_until = clock_now() + RETRY_PAUSE_S;
		push(&waiting, login);
		return;
	}
	log_warning("cannot authorize a miner: %s", pg_error_text(result));
	finish(login, LOGIN_FAILED, 0, NULL);
}

static void
authorized(PgCommand *command, PgOutcome outcome, const PGresult *result)
{
	Login *login = container_of(command, Login, command);

	switch (outcome)
	{
		case PG_DONE:
			finish_answered(login, result);
			break;
		case PG_FAILED:
			finish_failed(login, result);
			break;
		case PG_LOST:
			push(&returned, login);
			break;
	}
}

void
auth_ask(Session *session, const RequestId *id, const char *user,
		 const char *password)
{
	Login *login = memory_zalloc(sizeof(Login));

	session_begin_answer(session);
	login->session = session;
	login->id = *id;
	login->queued_at = clock_now();
	login->network_id = session->network->id;
	login->user = memory_strdup(user);
	login->password = memory_strdup(password);
	push(&waiting, login);
}

static void
send_login(Login *login)
{
	const char *values[] = {login->network_id, login->user, login->password};
	PgParameters parameters = {.count = 3, .values = values};

	login->command.done = authorized;
	pipeline_send(&pipeline, &login->command, "authorize", &parameters);
}

static LoginQueue *
next_queue(void)
{
	if (returned.first)
		return &returned;
	return waiting.first ? &waiting : NULL;
}

void
auth_dispatch(void)
{
	LoginQueue *queue;

	if (!pipeline.is_ready || clock_now() < paused_until)
		return;
	while (pipeline.in_flight < MAX_IN_FLIGHT && (queue = next_queue()) != NULL)
		send_login(pop(queue));
}

static void
expire_queue(LoginQueue *queue, double now)
{
	while (queue->first && now - queue->first->queued_at > MAX_AGE_S)
		finish(pop(queue), LOGIN_AWAY, 0, NULL);
}

void
auth_expire(double now)
{
	expire_queue(&returned, now);
	expire_queue(&waiting, now);
}

bool
auth_is_idle(void)
{
	return next_queue() == NULL && pipeline.in_flight == 0;
}

static void
ignore(void *owner UNUSED)
{
}

static const PipelineEvents events = {.ready = ignore, .lost = ignore};

void
auth_start(const char *conninfo, LoginDone done)
{
	on_done = done;
	pipeline.conn.name = "auth";
	pipeline.conn.conninfo = conninfo;
	pipeline.setup = setup;
	pipeline.events = &events;
	pipeline_start(&pipeline);
}

void
auth_stop(void)
{
	pipeline_stop(&pipeline);
}
