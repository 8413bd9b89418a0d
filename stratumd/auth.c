/*
 * auth.c
 *	  Asking the database who a miner is: chimera.authorize, pipelined.
 *
 * Asking twice does no harm, so what a lost connection leaves open is simply
 * asked again on the next.  The connection is also what the database knows
 * this process by (register.c): it lives as long as we do.
 *
 * A flood that comes again each time it is closed would log in more often than
 * it submits, so logins from addresses that have behaved badly wait for all
 * others, and are asked for one by one, with a rest between them.
 */
#include "auth.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "ban_queue.h"
#include "feed.h"
#include "log.h"
#include "loop.h"
#include "memory.h"
#include "register.h"
#include "report.h"
#include "rest.h"

#define MAX_IN_FLIGHT 256
#define MAX_AGE_S	  30.0 /* waiting for its turn */
#define RETRY_PAUSE_S 0.5

/* Columns of the statement "authorize". */
enum
{
	COLUMN_MINER,
	COLUMN_ERROR,
	COLUMN_ASKED,
	COLUMN_CHOICE
};

typedef struct LoginQueue
{
	Login *first;
	Login *last;
} LoginQueue;

static const PipelineSetup setup[] = {
	/* logins wait behind a hello, which is not worth compiling */
	{NULL, "SET jit = off"},
	{"hello", "SELECT chimera.stratum_hello($1::uuid, $2::bigint[], $3::int[],"
			  " $4::int[], $5::int[], $6::uuid[], $7::inet[])"},
	{"authorize",
	 "SELECT miner_id, error, asked_network,"
	 " CASE WHEN chosen_by IN ('assignment', 'password') THEN network_id END"
	 " FROM chimera.authorize($1::int, $2::uuid, $3::bigint, $4::text,"
	 " $5::text, $6::inet)"},
	{"end", "SELECT chimera.end_sessions($1::uuid, $2::bigint[])"},
	{"ban", "SELECT chimera.stratum_ban($1::inet[], $2::text[])"},
	{"report", "SELECT chimera.stratum_report_listeners($1::uuid, $2::int[],"
			   " $3::text[])"},
	{"goodbye", "SELECT chimera.stratum_goodbye($1::uuid)"},
	{NULL, NULL},
};

static Pipeline pipeline;
static LoginQueue waiting;
static LoginQueue returned; /* by a lost connection, older than all waiting */
static LoginQueue doubtful;
static Login *doubtful_sent = NULL; /* the one that is under way */
static double doubtful_sent_at;
static Rest doubtful_rest;
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

static LoginQueue *
queue_of(const Login *login)
{
	return login->is_doubtful ? &doubtful : &waiting;
}

static void
finish(Login *login, LoginResult result, const Admission *admission,
	   const char *error)
{
	on_done(login, result, admission, error);
	session_end_answer(login->session);
	free(login->user);
	free(login->password);
	free(login);
}

static const char *
text_at(const PGresult *result, int column)
{
	return PQgetisnull(result, 0, column) ? NULL
										  : PQgetvalue(result, 0, column);
}

static void
finish_answered(Login *login, const PGresult *result)
{
	const char *miner;

	if (PQntuples(result) != 1)
		finish(login, LOGIN_FAILED, NULL, NULL);
	else if (!PQgetisnull(result, 0, COLUMN_ERROR))
		finish(login, LOGIN_REFUSED, NULL, PQgetvalue(result, 0, COLUMN_ERROR));
	else if ((miner = text_at(result, COLUMN_MINER)) == NULL)
		finish(login, LOGIN_REFUSED, NULL, "unauthorized worker");
	else
		finish(login, LOGIN_ACCEPTED,
			   &(Admission){.miner_id = (int32_t) strtol(miner, NULL, 10),
							.choice = text_at(result, COLUMN_CHOICE),
							.asked = text_at(result, COLUMN_ASKED)},
			   NULL);
}

static void
finish_failed(Login *login, const PGresult *result)
{
	if (pg_may_retry(result))
	{
		paused_until = clock_now() + RETRY_PAUSE_S;
		push(queue_of(login), login);
		return;
	}
	log_warning("cannot authorize a miner: %s", pg_error_text(result));
	finish(login, LOGIN_FAILED, NULL, NULL);
}

static void
authorized(PgCommand *command, PgOutcome outcome, const PGresult *result)
{
	Login *login = container_of(command, Login, command);

	if (login == doubtful_sent)
	{
		doubtful_sent = NULL;
		rest_from(&doubtful_rest, doubtful_sent_at);
	}
	switch (outcome)
	{
		case PG_DONE:
			finish_answered(login, result);
			break;
		case PG_FAILED:
			finish_failed(login, result);
			break;
		case PG_LOST:
			push(login->is_doubtful ? &doubtful : &returned, login);
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
	login->is_doubtful = crowd_is_doubtful(session->crowd);
	login->user = memory_strdup(user);
	login->password = memory_strdup(password);
	push(queue_of(login), login);
}

static void
send_login(Login *login)
{
	char listener[16];
	char session[24];
	char host[PEER_HOST_LENGTH];
	const char *values[] = {
		listener,		 register_server_id(),
		session,		 login->user,
		login->password, peer_host(&login->session->peer, host)};
	PgParameters parameters = {.count = 6, .values = values};

	snprintf(listener, sizeof(listener), "%d",
			 login->session->listener->settings.listener_id);
	snprintf(session, sizeof(session), "%" PRIu64, login->session->number);
	login->sent_after = feed_session_reads();
	login->command.done = authorized;
	pipeline_send(&pipeline, &login->command, "authorize", &parameters);
}

static void
send_from(LoginQueue *queue)
{
	while (queue->first && pipeline.in_flight < MAX_IN_FLIGHT)
		send_login(pop(queue));
}

/* Those that have left meanwhile are worth nobody's time. */
static void
drop_departed(void)
{
	while (doubtful.first && doubtful.first->session->state == SESSION_CLOSED)
		finish(pop(&doubtful), LOGIN_LATE, NULL, NULL);
}

static void
send_doubtful(void)
{
	if (doubtful_sent || !rest_is_over(&doubtful_rest))
		return;
	drop_departed();
	if (doubtful.first == NULL || pipeline.in_flight >= MAX_IN_FLIGHT)
		return;
	doubtful_sent = pop(&doubtful);
	doubtful_sent_at = clock_now();
	send_login(doubtful_sent);
}

void
auth_dispatch(void)
{
	register_dispatch(&pipeline);
	ban_queue_dispatch(&pipeline);
	if (register_is_known())
		report_dispatch(&pipeline);
	if (!pipeline.is_ready || clock_now() < paused_until)
		return;
	send_from(&returned);
	send_from(&waiting);
	send_doubtful();
}

static void
expire_queue(LoginQueue *queue, double now)
{
	LoginResult result = pipeline.is_ready ? LOGIN_LATE : LOGIN_AWAY;

	while (queue->first && now - queue->first->queued_at > MAX_AGE_S)
		finish(pop(queue), result, NULL, NULL);
}

void
auth_expire(double now)
{
	expire_queue(&returned, now);
	expire_queue(&waiting, now);
	expire_queue(&doubtful, now);
}

bool
auth_is_idle(void)
{
	return returned.first == NULL && waiting.first == NULL &&
		   doubtful.first == NULL && pipeline.in_flight == 0;
}

void
auth_say_hello(void)
{
	if (pipeline.is_ready)
		register_hello(&pipeline);
}

static void
on_ready(void *owner UNUSED)
{
	register_hello(&pipeline);
}

static void
on_lost(void *owner UNUSED)
{
	register_lost();
}

static const PipelineEvents events = {.ready = on_ready, .lost = on_lost};

void
auth_start(const char *conninfo, LoginDone done)
{
	on_done = done;
	rest_init(&doubtful_rest);
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
