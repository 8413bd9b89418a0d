/*
 * session_routing.c
 *	  Sessions follow what the database says of their listener and of them.
 *
 * A switch walks all sessions once: a microsecond each, beside which their
 * number in a list of the listener's own would save nothing.
 */
#include "database/session_routing.h"

#include <stdlib.h>

#include "database/server_report.h"
#include "database/unpaid_notices.h"
#include "protocol/notification.h"
#include "session/admission.h"
#include "session/job_delivery.h"
#include "session/session.h"

#define CLOSED_TEXT "this port is closed, please connect elsewhere"

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

/* Whether a listener's fate is the session's. */
static bool
follows(const Session *session, const Listener *listener)
{
	return session->listener == listener && session->choice == NULL;
}

static void
on_moved(Listener *listener)
{
	for (Session *session = sessions_first(); session;
		 session = sessions_next(session))
		if (follows(session, listener))
			job_delivery_follow(session);
	unpaid_notices_check();
}

/* They are told once, and kept: work may come back any moment. */
static void
on_stopped(Listener *listener)
{
	SharedBuffer *message =
		notification_show_message(listener->settings.no_work);

	for (Session *session = sessions_first(); session;
		 session = sessions_next(session))
		if (follows(session, listener) && session->is_working)
			session_write_buffer(session, message);
	shared_buffer_unref(message);
}

static void
on_resumed(Listener *listener)
{
	for (Session *session = sessions_first(); session;
		 session = sessions_next(session))
		if (follows(session, listener))
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

/* Both are in the order of their numbers. */
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
