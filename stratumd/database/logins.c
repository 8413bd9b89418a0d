/*
 * logins.c
 *	  Asking the database who a miner is: chimera.authorize, pipelined.
 *
 * Asking twice does no harm, so what a lost connection leaves open is simply
 * asked again on the next.  The connection is also what the database knows
 * this process by (presence.c): it lives as long as we do.
 *
 * Who goes when is login_turns.c's.
 */
#include "database/logins.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "access/ban_reports.h"
#include "feed.h"
#include "log.h"
#include "loop.h"
#include "memory.h"
#include "database/presence.h"
#include "database/server_report.h"
#include "database/unpaid_notices.h"

#define RETRY_PAUSE_S 0.5

/* Columns of the statement "authorize". */
enum
{
	COLUMN_MINER,
	COLUMN_ERROR,
	COLUMN_ASKED,
	COLUMN_CHOICE,
	COLUMN_ACCOUNT,
	COLUMN_RIG,
	COLUMN_DIFFICULTY,
	COLUMN_NOTICE
};

static const PipelineSetup setup[] = {
	/* logins wait behind a hello, which is not worth compiling */
	{NULL, "SET jit = off"},
	/* names are what miners write, whatever the database's encoding */
	{NULL, "SET client_encoding = 'UTF8'"},
	/* shares are taken in this isolation only */
	{NULL, "SET default_transaction_isolation = 'read committed'"},
	{"hello", "SELECT chimera.stratum_hello($1::uuid, $2::bigint[], $3::int[],"
			  " $4::int[], $5::int[], $6::uuid[], $7::inet[], $8::text[],"
			  " $9::text[])"},
	{"authorize",
	 "SELECT miner_id, error, requested_network,"
	 " CASE WHEN chosen_by IN ('assignment', 'password') THEN network_id END,"
	 " account, rig, difficulty, notice"
	 " FROM chimera.authorize($1::int, $2::uuid, $3::bigint, $4::text,"
	 " $5::text, $6::inet)"},
	{"end", "SELECT chimera.end_sessions($1::uuid, $2::bigint[])"},
	{"first share",
	 "SELECT result, miner_id FROM chimera.submit_first_share($1::uuid,"
	 " $2::bigint, $3::boolean, $4::text, $5::text, $6::bytea)"},
	{"unpaid", "SELECT session_id, network_id, message"
			   " FROM chimera.stratum_unpaid($1::uuid)"},
	{"ban", "SELECT chimera.stratum_ban($1::inet[], $2::text[])"},
	{"report", "SELECT chimera.stratum_report_listeners($1::uuid, $2::int[],"
			   " $3::text[])"},
	{"goodbye", "SELECT chimera.stratum_goodbye($1::uuid)"},
	{NULL, NULL},
};

static Pipeline pipeline;
static LoginDone on_done;
static double paused_until = 0;

static void
finish(Login *login, LoginResult result, const LoginGrant *admission,
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
			   &(LoginGrant){
				   .miner_id = (int32_t) strtol(miner, NULL, 10),
				   .account = PQgetvalue(result, 0, COLUMN_ACCOUNT),
				   .rig = PQgetvalue(result, 0, COLUMN_RIG),
				   .difficulty =
					   strtod(PQgetvalue(result, 0, COLUMN_DIFFICULTY), NULL),
				   .notice = text_at(result, COLUMN_NOTICE),
				   .choice = text_at(result, COLUMN_CHOICE),
				   .asked = text_at(result, COLUMN_ASKED)},
			   NULL);
}

/* SQLSTATE class 22: what the name's or the password's text is to blame for. */
static bool
is_about_text(const PGresult *result)
{
	const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);

	return state && strncmp(state, "22", 2) == 0;
}

static void
finish_failed(Login *login, const PGresult *result)
{
	if (pg_may_retry(result))
	{
		logins_pause();
		login_turns_return(&login->turn);
		return;
	}
	if (is_about_text(result))
	{
		finish(login, LOGIN_REFUSED, NULL,
			   "user name or password has a character that can't be stored");
		return;
	}
	log_warning("cannot authorize a miner: %s", pg_error_text(result));
	finish(login, LOGIN_FAILED, NULL, NULL);
}

static void
authorized(PgCommand *command, PgOutcome outcome, const PGresult *result)
{
	Login *login = container_of(command, Login, command);

	login_turns_end(&login->turn);
	switch (outcome)
	{
		case PG_DONE:
			finish_answered(login, result);
			break;
		case PG_FAILED:
			finish_failed(login, result);
			break;
		case PG_LOST:
			login_turns_return(&login->turn);
			break;
	}
}

static void
send_login(LoginTurn *turn)
{
	Login *login = container_of(turn, Login, turn);
	char listener[16];
	char session[24];
	char host[PEER_HOST_LENGTH];
	const char *values[] = {
		listener,		 presence_server_id(),
		session,		 login->user,
		login->password, peer_host(&login->session->peer, host)};
	PgParameters parameters = {.count = 6, .values = values};

	/* one that has left meanwhile is worth nobody's time */
	if (login->session->state == SESSION_CLOSED)
	{
		login_turns_end(turn);
		finish(login, LOGIN_TIMED_OUT, NULL, NULL);
		return;
	}
	snprintf(listener, sizeof(listener), "%d",
			 login->session->listener->settings.listener_id);
	snprintf(session, sizeof(session), "%" PRIu64, login->session->number);
	login->sent_after = feed_session_reads();
	login->command.done = authorized;
	pipeline_send(&pipeline, &login->command, "authorize", &parameters);
}

static void
expire_login(LoginTurn *turn, bool is_away)
{
	finish(container_of(turn, Login, turn),
		   is_away ? LOGIN_DATABASE_DOWN : LOGIN_TIMED_OUT, NULL, NULL);
}

void
logins_ask(Session *session, const RequestId *id, const char *user,
		   const char *password)
{
	Login *login = memory_zalloc(sizeof(Login));

	session_begin_answer(session);
	login->session = session;
	login->id = *id;
	login->user = memory_strdup(user);
	login->password = memory_strdup(password);
	login->turn.send = send_login;
	login->turn.expire = expire_login;
	login_turns_add(&login->turn, session->crowd);
}

void
logins_pause(void)
{
	paused_until = clock_now() + RETRY_PAUSE_S;
}

void
logins_send(PgCommand *command, const char *statement,
			const PgParameters *parameters)
{
	pipeline_send(&pipeline, command, statement, parameters);
}

void
logins_dispatch(void)
{
	presence_dispatch(&pipeline);
	ban_reports_dispatch(&pipeline);
	if (presence_is_confirmed())
		server_report_dispatch(&pipeline);
	unpaid_notices_dispatch(&pipeline);
	if (pipeline.is_ready && clock_now() >= paused_until)
		login_turns_dispatch();
}

void
logins_expire(double now)
{
	login_turns_expire(now, !pipeline.is_ready);
}

bool
logins_are_idle(void)
{
	return login_turns_are_empty() && pipeline.in_flight == 0;
}

void
presence_announce(void)
{
	if (pipeline.is_ready)
		presence_hello(&pipeline);
}

static void
on_ready(void *owner UNUSED)
{
	presence_hello(&pipeline);
}

static void
on_lost(void *owner UNUSED)
{
	presence_forget();
}

static const PipelineEvents events = {.ready = on_ready, .lost = on_lost};

void
logins_start(const char *conninfo, LoginDone done)
{
	on_done = done;
	login_turns_init();
	pipeline.conn.name = "auth";
	pipeline.conn.conninfo = conninfo;
	pipeline.setup = setup;
	pipeline.events = &events;
	pipeline_start(&pipeline);
}

void
logins_stop(void)
{
	pipeline_stop(&pipeline);
}
