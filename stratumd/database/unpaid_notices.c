/*
 * unpaid_notices.c
 *	  Tells miners that were switched to a coin for which they have no
 *	  address.
 *
 * The query goes on the connection for logins, because it would delay jobs on
 * theirs.  A miner is told once each time it comes to such a network.
 */
#include "database/unpaid_notices.h"

#include <stdlib.h>
#include <string.h>

#include "database/login_link.h"
#include "database/server_id.h"
#include "log.h"
#include "memory.h"
#include "protocol/notification.h"

static bool is_wanted = false;
static bool is_under_way = false;

void
unpaid_notices_send(Session *session, const char *message)
{
	SharedBuffer *text = notification_show_message(message);

	session_write_buffer(session, text);
	shared_buffer_unref(text);
	session->unpaid_on = session->network;
}

void
unpaid_notices_check(void)
{
	is_wanted = true;
}

/* A miner that has left the network is told again when it comes back. */
static void
forget_left(void)
{
	for (Session *session = sessions_first(); session;
		 session = sessions_next(session))
		if (session->unpaid_on != session->network)
			session->unpaid_on = NULL;
}

/* Rows and sessions are both ordered by number. */
static void
notify_listed(const PGresult *result)
{
	Session *session = sessions_first();

	for (int row = 0; row < PQntuples(result); row++)
	{
		uint64_t number = strtoull(PQgetvalue(result, row, 0), NULL, 10);

		while (session && session->number < number)
			session = sessions_next(session);
		if (session == NULL || session->number != number ||
			session->network == NULL || session->state != SESSION_OPEN ||
			session->unpaid_on == session->network ||
			strcmp(session->network->id, PQgetvalue(result, row, 1)) != 0)
			continue;
		unpaid_notices_send(session, PQgetvalue(result, row, 2));
	}
}

static void
on_done(PgCommand *command, PgOutcome outcome, const PGresult *result)
{
	free(command);
	is_under_way = false;
	forget_left();
	if (outcome == PG_DONE)
		notify_listed(result);
	else if (outcome == PG_LOST)
		is_wanted = true;
	else
		log_warning("could not read which miners cannot be paid: %s",
					pg_error_text(result));
}

void
unpaid_notices_dispatch(void)
{
	const char *values[] = {server_id()};
	PgParameters parameters = {.count = 1, .values = values};
	PgCommand *command;

	if (!is_wanted || is_under_way || !login_link_is_ready())
		return;
	is_wanted = false;
	is_under_way = true;
	command = memory_zalloc(sizeof(PgCommand));
	command->done = on_done;
	login_link_send(command, "unpaid", &parameters);
}
