/*
 * server_report.c
 *	  Reports this process's state to the operator by way of the database:
 *	  chimera.stratum_report_listeners and chimera.stratum_goodbye, on the
 *	  connection for logins.
 *
 * A report names all ports that cannot be opened, so only the newest counts:
 * one is under way at a time, and one that failed is replaced by a new one.
 */
#include "database/server_report.h"

#include <stdlib.h>

#include "access/listener.h"
#include "database/login_link.h"
#include "database/pg_array.h"
#include "database/server_id.h"
#include "log.h"
#include "loop.h"
#include "memory.h"

#define RETRY_PAUSE_S 5.0

static bool is_due = false;
static bool is_under_way = false;
static bool is_leaving = false;
static double paused_until = 0;

void
server_report_listeners(void)
{
	is_due = true;
}

void
server_report_goodbye(void)
{
	is_leaving = true;
}

static void
report_done(PgCommand *command, PgOutcome outcome, const PGresult *result)
{
	free(command);
	is_under_way = false;
	if (outcome == PG_DONE)
		return;
	is_due = true;
	if (outcome == PG_FAILED)
	{
		log_warning("could not report the listeners: %s",
					pg_error_text(result));
		paused_until = clock_now() + RETRY_PAUSE_S;
	}
}

static void
goodbye_done(PgCommand *command, PgOutcome outcome, const PGresult *result)
{
	free(command);
	if (outcome == PG_FAILED)
		log_warning("could not sign off from the database: %s",
					pg_error_text(result));
}

static void
send_command(const char *statement, PgCommandDone done,
			 const PgParameters *parameters)
{
	PgCommand *command = memory_zalloc(sizeof(PgCommand));

	command->done = done;
	login_link_send(command, statement, parameters);
}

/* Write an element of an array of texts. */
static void
write_text(FILE *stream, const char *text)
{
	putc('"', stream);
	for (; *text; text++)
		if (*text != '"' && *text != '\\')
			putc(*text, stream);
	putc('"', stream);
}

static void
send_report(void)
{
	PgArray ids;
	PgArray problems;
	const char *comma = "";
	const char *values[3] = {server_id()};
	PgParameters parameters = {.count = 3, .values = values};

	pg_array_open(&ids);
	pg_array_open(&problems);
	for (const Listener *listener = listeners_next_failed(NULL); listener;
		 listener = listeners_next_failed(listener))
	{
		fprintf(ids.stream, "%s%d", comma, listener->settings.listener_id);
		fputs(comma, problems.stream);
		write_text(problems.stream, listener->problem);
		comma = ",";
	}
	pg_array_close(&ids);
	pg_array_close(&problems);
	values[1] = ids.text;
	values[2] = problems.text;
	is_due = false;
	is_under_way = true;
	send_command("report", report_done, &parameters);
	free(ids.text);
	free(problems.text);
}

void
server_report_dispatch(void)
{
	const char *values[] = {server_id()};
	PgParameters parameters = {.count = 1, .values = values};

	if (is_leaving)
	{
		is_leaving = false;
		send_command("goodbye", goodbye_done, &parameters);
	}
	else if (is_due && !is_under_way && clock_now() >= paused_until)
		send_report();
}
