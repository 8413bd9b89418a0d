/*
 * presence.c
 *	  Tells the database which sessions are connected: chimera.stratum_hello
 *	  and chimera.end_sessions, on the connection for logins.
 *
 * The login itself registers its session.  On one connection the end of a
 * session comes after its logins, and a hello before both, so a session that
 * has ended is never registered.  Ends are sent in batches, one at a time with
 * a pause between them, while the next ones gather.
 */
#include "database/presence.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "database/login_link.h"
#include "database/pg_array.h"
#include "database/server_id.h"
#include "database/server_report.h"
#include "database/session_routing.h"
#include "log.h"
#include "loop.h"
#include "memory.h"

#define MAX_ENDS	  1000 /* per batch */
#define APART_S		  0.05
#define RETRY_PAUSE_S 0.5

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
static uint64_t *ended; /* the numbers of sessions, the oldest first */
static int ended_count = 0;
static int ended_capacity = 0;
static int ends_sent = 0; /* the first ones: under way */
static double paused_until = 0;

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

void
presence_session_ended(const Session *session)
{
	if (ended_count == ended_capacity)
	{
		ended_capacity = ended_capacity ? ended_capacity * 2 : 64;
		ended =
			memory_resize(ended, sizeof(uint64_t) * (size_t) ended_capacity);
	}
	ended[ended_count++] = session->number;
}

/* A batch that failed or was lost is sent again, which does no harm. */
static void
ends_done(PgCommand *command, PgOutcome outcome, const PGresult *result)
{
	free(command);
	if (outcome == PG_DONE)
	{
		ended_count -= ends_sent;
		memmove(ended, ended + ends_sent,
				sizeof(uint64_t) * (size_t) ended_count);
		paused_until = clock_now() + APART_S;
	}
	else if (outcome == PG_FAILED)
	{
		log_warning("could not report ended sessions: %s",
					pg_error_text(result));
		paused_until = clock_now() + RETRY_PAUSE_S;
	}
	ends_sent = 0;
}

void
presence_dispatch(void)
{
	PgCommand *command;
	PgArray numbers;
	const char *values[2] = {server_id()};
	PgParameters parameters = {.count = 2, .values = values};

	if (ended_count == 0 || ends_sent > 0 || !login_link_is_ready() ||
		clock_now() < paused_until)
		return;
	pg_array_open(&numbers);
	while (ends_sent < ended_count && ends_sent < MAX_ENDS)
	{
		fprintf(numbers.stream, "%s%" PRIu64, ends_sent > 0 ? "," : "",
				ended[ends_sent]);
		ends_sent++;
	}
	pg_array_close(&numbers);
	values[1] = numbers.text;
	command = memory_zalloc(sizeof(PgCommand));
	command->done = ends_done;
	login_link_send(command, "end", &parameters);
	free(numbers.text);
}
