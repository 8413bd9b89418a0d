/*
 * presence.c
 *	  Tells the database which sessions are connected: chimera.stratum_hello
 *	  and chimera.end_sessions, on the connection for logins.
 *
 * The login itself registers its session.  On one connection the end of a
 * session comes after its logins, and a hello before both, so a session that
 * has ended is never registered.
 */
#include "database/presence.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "database/login_link.h"
#include "database/pg_array.h"
#include "database/server_id.h"
#include "database/server_report.h"
#include "database/session_routing.h"
#include "loop.h"
#include "memory.h"
#include "outbox.h"

#define MAX_ENDS 1000 /* per batch */
#define PAUSE_S	 0.05

/* The columns of chimera.stratum_hello's arrays. */
enum
{
	COLUMN_SESSION,
	COLUMN_MINER,
	COLUMN_FIRST_MINER,
	COLUMN_LISTENER,
	COLUMN_ASKED,
	COLUMN_ADDRESS,
	COLUMN_ACCOUNT,
	COLUMN_RIG,
	COLUMNS
};

static bool is_known = false;

bool
presence_is_confirmed(void)
{
	return is_known && login_link_is_ready();
}

/* ---------- hello ---------- */

static void
hello_done(PgCommand *command, PgOutcome outcome, const PGresult *result)
{
	free(command);
	if (outcome == PG_FAILED)
		login_link_reset(pg_error_text(result));
	if (outcome != PG_DONE)
		return;
	is_known = true;
	server_report_listeners();
	/* for what was decided while the link was down */
	session_routing_refresh();
}

static void
write_session(PgArray columns[COLUMNS], const Session *session, bool *is_first)
{
	char host[PEER_HOST_LENGTH];

	peer_host(&session->peer, host);
	for (int i = 0; i < session->workers.count; i++)
	{
		const Worker *worker = &session->workers.list[i];
		const char *comma = *is_first ? "" : ",";

		*is_first = false;
		fprintf(columns[COLUMN_SESSION].stream, "%s%" PRIu64, comma,
				session->number);
		fprintf(columns[COLUMN_MINER].stream, "%s%d", comma,
				(int) worker->miner_id);
		fprintf(columns[COLUMN_FIRST_MINER].stream, "%s%d", comma,
				(int) session->workers.list[0].miner_id);
		fprintf(columns[COLUMN_LISTENER].stream, "%s%d", comma,
				session->listener->settings.listener_id);
		fprintf(columns[COLUMN_ASKED].stream, "%s%s", comma,
				session->asked ? session->asked->id : "NULL");
		fprintf(columns[COLUMN_ADDRESS].stream, "%s%s", comma, host);
		fprintf(columns[COLUMN_ACCOUNT].stream, "%s", comma);
		pg_array_quote(&columns[COLUMN_ACCOUNT], worker->account);
		fprintf(columns[COLUMN_RIG].stream, "%s", comma);
		pg_array_quote(&columns[COLUMN_RIG], worker->rig);
	}
}

static void
send_hello(void)
{
	PgCommand *command = memory_zalloc(sizeof(PgCommand));
	PgArray columns[COLUMNS];
	const char *values[1 + COLUMNS] = {server_id()};
	PgParameters parameters = {.count = 1 + COLUMNS, .values = values};
	bool is_first = true;

	is_known = false;
	for (int i = 0; i < COLUMNS; i++)
		pg_array_open(&columns[i]);
	for (Session *session = sessions_first(); session;
		 session = sessions_next(session))
		if (session->state == SESSION_OPEN)
			write_session(columns, session, &is_first);
	for (int i = 0; i < COLUMNS; i++)
	{
		pg_array_close(&columns[i]);
		values[1 + i] = columns[i].text;
	}
	command->done = hello_done;
	login_link_send(command, "hello", &parameters);
	for (int i = 0; i < COLUMNS; i++)
		free(columns[i].text);
}

void
presence_announce(void)
{
	if (login_link_is_ready())
		send_hello();
}

static void
on_ready(void *owner UNUSED)
{
	send_hello();
}

static void
on_lost(void *owner UNUSED)
{
	is_known = false;
}

const PipelineEvents presence_events = {.ready = on_ready, .lost = on_lost};

/* ---------- ends ---------- */

static void
send_ends(PgCommand *command, const void *items, int count)
{
	const uint64_t *sessions = items;
	PgArray numbers;
	const char *values[2] = {server_id()};
	PgParameters parameters = {.count = 2, .values = values};

	pg_array_open(&numbers);
	for (int i = 0; i < count; i++)
		fprintf(numbers.stream, "%s%" PRIu64, i > 0 ? "," : "", sessions[i]);
	pg_array_close(&numbers);
	values[1] = numbers.text;
	login_link_send(command, "end", &parameters);
	free(numbers.text);
}

static Outbox ended = {.task = "report ended sessions",
					   .item_size = sizeof(uint64_t),
					   .batch_size = MAX_ENDS,
					   .pause_s = PAUSE_S,
					   .send = send_ends};

void
presence_session_ended(const Session *session)
{
	uint64_t *number = outbox_add(&ended);

	*number = session->number;
}

void
presence_dispatch(void)
{
	if (login_link_is_ready())
		outbox_dispatch(&ended);
}
