/*
 * logins.c
 *	  Asks the database to authorize miners: chimera.authorize, pipelined.
 *
 * Asking twice does no harm, so a login whose response is lost with the
 * connection is sent again on the next.  login_turns.c decides whose turn it
 * is.
 */
#include "database/logins.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "database/login_link.h"
#include "database/server_id.h"
#include "database/session_routing.h"
#include "log.h"
#include "loop.h"
#include "memory.h"

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

static LoginDone on_done;

static void
finish_login(Login *login, LoginResult result, const LoginGrant *grant,
			 const char *error)
{
	on_done(login, result, grant, error);
	session_end_response(login->session);
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
		finish_login(login, LOGIN_FAILED, NULL, NULL);
	else if (!PQgetisnull(result, 0, COLUMN_ERROR))
		finish_login(login, LOGIN_REFUSED, NULL,
					 PQgetvalue(result, 0, COLUMN_ERROR));
	else if ((miner = text_at(result, COLUMN_MINER)) == NULL)
		finish_login(login, LOGIN_REFUSED, NULL, "unauthorized worker");
	else
		finish_login(
			login, LOGIN_ACCEPTED,
			&(LoginGrant){.miner_id = (int32_t) strtol(miner, NULL, 10),
						  .account = PQgetvalue(result, 0, COLUMN_ACCOUNT),
						  .rig = PQgetvalue(result, 0, COLUMN_RIG),
						  .difficulty = strtod(
							  PQgetvalue(result, 0, COLUMN_DIFFICULTY), NULL),
						  .notice = text_at(result, COLUMN_NOTICE),
						  .choice = text_at(result, COLUMN_CHOICE),
						  .asked = text_at(result, COLUMN_ASKED)},
			NULL);
}

/* SQLSTATE class 22: the text of the name or password is at fault. */
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
		login_turns_pause();
		login_turns_return(&login->turn);
		return;
	}
	if (is_about_text(result))
	{
		finish_login(
			login, LOGIN_REFUSED, NULL,
			"user name or password contains a character that cannot be stored");
		return;
	}
	log_warning("could not authorize a miner: %s", pg_error_text(result));
	finish_login(login, LOGIN_FAILED, NULL, NULL);
}

static void
login_answered(PgCommand *command, PgOutcome outcome, const PGresult *result)
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
		listener,	 server_id(),	  session,
		login->user, login->password, peer_host(&login->session->peer, host)};
	PgParameters parameters = {.count = 6, .values = values};

	/* do not bother the database with a miner that has left */
	if (login->session->state == SESSION_CLOSED)
	{
		login_turns_end(turn);
		finish_login(login, LOGIN_TIMED_OUT, NULL, NULL);
		return;
	}
	snprintf(listener, sizeof(listener), "%d",
			 login->session->listener->settings.listener_id);
	snprintf(session, sizeof(session), "%" PRIu64, login->session->number);
	login->sent_after = session_routing_reads();
	login->command.done = login_answered;
	login_link_send(&login->command, "authorize", &parameters);
}

static void
expire_login(LoginTurn *turn, bool is_unavailable)
{
	finish_login(container_of(turn, Login, turn),
				 is_unavailable ? LOGIN_DATABASE_DOWN : LOGIN_TIMED_OUT, NULL,
				 NULL);
}

void
logins_ask(Session *session, const RequestId *id, const char *user,
		   const char *password)
{
	Login *login = memory_zalloc(sizeof(Login));

	session_begin_response(session);
	login->session = session;
	login->id = *id;
	login->user = memory_strdup(user);
	login->password = memory_strdup(password);
	login->turn.send = send_login;
	login->turn.expire = expire_login;
	login_turns_add(&login->turn, session->connections);
}

void
logins_dispatch(void)
{
	if (login_link_is_ready())
		login_turns_dispatch();
}

void
logins_expire(double now)
{
	login_turns_expire(now, !login_link_is_ready());
}

bool
logins_are_idle(void)
{
	return login_turns_are_empty() && login_link_is_idle();
}

void
logins_start(LoginDone done)
{
	on_done = done;
	login_turns_init();
}
