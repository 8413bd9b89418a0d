/*
 * session_routing.c
 *	  Moves sessions to the network that their listener or the database
 *	  assigns.
 *
 * A switch walks all sessions once, at a microsecond each; a list of sessions
 * per listener would save nothing.
 */
#include "database/session_routing.h"

#include <stdlib.h>

#include "database/server_report.h"
#include "database/unpaid_notices.h"
#include "protocol/notification.h"
#include "session/admission.h"
#include "session/job_delivery.h"
#include "session/session.h"

#define CLOSED_TEXT "this port is closed, connect to another one"

static void (*ask_database)(void);
static unsigned long reads_sent = 0;

void
session_routing_init(void (*ask)(void))
{
	ask_database = ask;
}

void
session_routing_refresh(void)
{
	ask_database();
}

unsigned long
session_routing_begin_read(void)
{
	return ++reads_sent;
}

unsigned long
session_routing_reads(void)
{
	return reads_sent;
}

/* Whether a session follows its listener. */
static bool
follows_listener(const Session *session, const Listener *listener)
{
	return session->listener == listener && session->choice == NULL;
}

static void
on_moved(Listener *listener)
{
	for (Session *session = sessions_first(); session;
		 session = sessions_next(session))
		if (follows_listener(session, listener))
			job_delivery_follow(session);
	unpaid_notices_check();
}

/* Tell them once and keep them: jobs may come back at any moment. */
static void
on_stopped(Listener *listener)
{
	SharedBuffer *message =
		notification_show_message(listener->settings.no_work);

	for (Session *session = sessions_first(); session;
		 session = sessions_next(session))
		if (follows_listener(session, listener) && session->is_mining)
			session_write_buffer(session, message);
	shared_buffer_unref(message);
}

static void
on_resumed(Listener *listener)
{
	for (Session *session = sessions_first(); session;
		 session = sessions_next(session))
		if (follows_listener(session, listener))
			job_delivery_resume(session);
}

static void
on_removed(Listener *listener)
{
	SharedBuffer *message = notification_show_message(CLOSED_TEXT);

	for (Session *session = sessions_first(); session;
		 session = sessions_next(session))
	{
		if (session->listener != listener || session->state != SESSION_OPEN)
			continue;
		session_write_buffer(session, message);
		session_finish(session);
	}
	shared_buffer_unref(message);
}

const ListenerEvents session_routing_events = {
	.accepted = admission_accept,
	.moved = on_moved,
	.stopped = on_stopped,
	.resumed = on_resumed,
	.removed = on_removed,
	.failures_changed = server_report_listeners,
};

/* Rows and sessions are both ordered by number. */
void
session_routing_follow(const PGresult *result, unsigned long number)
{
	int row = 0;
	int rows = PQntuples(result);
	bool has_moved = false;

	for (Session *session = sessions_first(); session;
		 session = sessions_next(session))
	{
		Network *choice = NULL;
		const Network *before = session->network;

		while (row < rows &&
			   strtoull(PQgetvalue(result, row, 0), NULL, 10) < session->number)
			row++;
		if (session->workers.count == 0 || session->chosen_after >= number)
			continue;
		if (row < rows &&
			strtoull(PQgetvalue(result, row, 0), NULL, 10) == session->number)
			choice = network_get(PQgetvalue(result, row, 1));
		job_delivery_choose(session, choice);
		has_moved = has_moved || session->network != before;
	}
	if (has_moved)
		unpaid_notices_check();
}
