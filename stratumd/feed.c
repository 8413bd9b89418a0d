/*
 * feed.c
 *	  What the database sends: listeners, sessions, jobs, bans, leases of
 *	  extranonce1 values.
 *
 * One connection.  It listens first and then reads the state, so that nothing
 * is missed; from then on a notification says what to read.  Responses come in
 * the order of the commands, so jobs arrive in the order in which they were
 * committed.  After a loss of the connection all of this is repeated, and a
 * job that is still the newest is not sent again.
 */
#include "feed.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "access/ban_list.h"
#include "access/limits.h"
#include "access/listener_rows.h"
#include "database/ban_reports.h"
#include "database/presence.h"
#include "database/server_id.h"
#include "database/session_routing.h"
#include "database/share_queue.h"
#include "log.h"
#include "loop.h"
#include "memory.h"
#include "mining/network.h"
#include "pipeline.h"
#include "protocol/hex.h"
#include "session/difficulty_choice.h"
#include "session/difficulty_limits.h"
#include "session/extranonce.h"
#include "session/job_delivery.h"
#include "session/job_feed.h"
#include "session/session.h"
#include "session/session_resume.h"
#include "stratum/method_subscribe.h"
#include "stratum/reputation.h"

#define JOBS_CHANNEL	  "chimera_jobs"
#define LISTENERS_CHANNEL "chimera_listeners"
#define BANS_CHANNEL	  "chimera_bans"

#define READ_BANS_EVERY_S 60.0
#define BANS_APART_S	  0.5

#define STRING_OF(number) #number
#define TEXT_OF(number)	  STRING_OF(number)

static const PipelineSetup setup[] = {
	{NULL, "LISTEN " JOBS_CHANNEL},
	{NULL, "LISTEN " LISTENERS_CHANNEL},
	{NULL, "LISTEN " BANS_CHANNEL},
	/* a renewed job must be the newest one when it is made */
	{NULL, "SET default_transaction_isolation = 'read committed'"},
	/* jobs wait for these queries, and none is worth compiling */
	{NULL, "SET jit = off"},
	{"pool", "SELECT oid FROM pg_catalog.pg_extension"
			 " WHERE extname = 'chimera'"},
	/* every column: the extension's version may lack some */
	{"listeners", "SELECT * FROM chimera.stratum_listeners()"},
	{"difficulties", "SELECT * FROM chimera.stratum_difficulties()"},
	{"jobs", "SELECT " JOB_FEED_COLUMNS " FROM chimera.stratum_jobs()"},
	{"job", "SELECT " JOB_FEED_COLUMNS " FROM chimera.stratum_job($1::bigint)"},
	{"sessions",
	 "SELECT session_id, network_id FROM chimera.stratum_sessions($1::uuid)"},
	{"limits", "SELECT name, value FROM chimera.stratum_limits()"},
	{"bans", "SELECT address, seconds_left, reason, is_automatic"
			 " FROM chimera.stratum_bans()"},
	{"banned", "SELECT session_id, reason"
			   " FROM chimera.stratum_banned_sessions($1::uuid)"},
	{"lease", "SELECT encode(chimera.lease_extranonce1(" TEXT_OF(
				  EXTRANONCE_CHUNK) "),"
									" 'hex')"},
	{"mark",
	 "SELECT mark, is_renewed FROM chimera.stratum_mark($1::uuid, false)"},
	{"renew",
	 "SELECT mark, is_renewed FROM chimera.stratum_mark($1::uuid, true)"},
	{NULL, NULL},
};

typedef struct FeedCommand
{
	PgCommand command;
	char parameter[40];	  /* of the statement, or empty */
	unsigned long number; /* of a read of the sessions */
} FeedCommand;

static Pipeline feed;
static bool bans_are_read = false;	   /* under way */
static bool bans_have_changed = false; /* since the last read was sent */
static double bans_read_at = 0;		   /* when the last read was sent */

static FeedCommand *
send_command(const char *statement, PgCommandDone done, const char *parameter)
{
	FeedCommand *command = memory_zalloc(sizeof(FeedCommand));
	const char *values[] = {command->parameter};
	PgParameters parameters = {.count = parameter ? 1 : 0, .values = values};

	command->command.done = done;
	if (parameter)
		snprintf(command->parameter, sizeof(command->parameter), "%s",
				 parameter);
	pipeline_send(&feed, &command->command, statement, &parameters);
	return command;
}

/*
 * Whether a command returned a result.  After an error the connection is
 * opened again: everything is read and every statement prepared again, since
 * the extension may have been updated.
 */
static bool
is_answered(PgOutcome outcome, const PGresult *result)
{
	if (outcome == PG_FAILED)
		pipeline_reset(&feed, pg_error_text(result));
	return outcome == PG_DONE;
}

/* ---------- jobs ---------- */

static void
jobs_read(PgCommand *command, PgOutcome outcome, const PGresult *result)
{
	free(command);
	if (is_answered(outcome, result))
		job_feed_take_newest(result);
}

static void
job_read(PgCommand *command, PgOutcome outcome, const PGresult *result)
{
	if (is_answered(outcome, result) && !job_feed_take_next(result))
		log_warning("job %s does not exist",
					((FeedCommand *) command)->parameter);
	free(command);
}

/* ---------- difficulties that are chosen ---------- */

static void
mark_read(PgCommand *command, PgOutcome outcome, const PGresult *result)
{
	Network *network = network_get(((FeedCommand *) command)->parameter);

	free(command);
	if (is_answered(outcome, result) && PQntuples(result) == 1)
		difficulty_choices_marked(network,
								  strtoll(PQgetvalue(result, 0, 0), NULL, 10),
								  *PQgetvalue(result, 0, 1) == 't');
	else
		difficulty_choices_unanswered(network);
}

static void
ask_mark(const Network *network, bool renew)
{
	send_command(renew ? "renew" : "mark", mark_read, network->id);
}

void
feed_ask_marks(void)
{
	if (feed.is_ready)
		difficulty_choices_dispatch(ask_mark);
}

/* ---------- limits and bans ---------- */

static void
limits_answered(PgCommand *command, PgOutcome outcome, const PGresult *result)
{
	free(command);
	if (is_answered(outcome, result))
		limits_read(result);
}

static void
bans_read(PgCommand *command, PgOutcome outcome, const PGresult *result)
{
	free(command);
	if (!is_answered(outcome, result))
		return;
	ban_list_read(result);
	ban_reports_keep(bans_read_at);
}

static void
banned_read(PgCommand *command, PgOutcome outcome, const PGresult *result)
{
	free(command);
	bans_are_read = false;
	if (is_answered(outcome, result))
		reputation_dismiss_listed(result);
}

static void
read_bans(void)
{
	if (!feed.is_ready || bans_are_read)
		return;
	bans_are_read = true;
	bans_have_changed = false;
	bans_read_at = clock_now();
	send_command("limits", limits_answered, NULL);
	send_command("bans", bans_read, NULL);
	send_command("banned", banned_read, server_id());
}

/* Also once a minute: a login and a ban may have missed each other. */
void
feed_check_bans(double now)
{
	if (bans_have_changed || now - bans_read_at > READ_BANS_EVERY_S)
		read_bans();
}

/* At once; if many changes come, the last ones with the next tick. */
static void
bans_changed(void)
{
	bans_have_changed = true;
	if (clock_now() - bans_read_at > BANS_APART_S)
		read_bans();
}

/* ---------- the pool ---------- */

/*
 * The extension was dropped and created, or the database is another one: the
 * numbers of miners and jobs and the extranonce1 values have restarted.  Those
 * held here would refer to somebody else, so every miner has to reconnect.
 */
static void
restart_after_recreate(void)
{
	log_warning("the pool was re-created, disconnecting %d miners",
				sessions_count());
	share_queue_expire(INFINITY);
	for (Session *session = sessions_first(); session;
		 session = sessions_next(session))
	{
		session->is_subscribed = false; /* nor can it be resumed */
		session_finish(session);
	}
	session_resume_expire(INFINITY);
	extranonce_forget();
	networks_forget_jobs();
	presence_announce();
	read_bans();
	send_command("jobs", jobs_read, NULL);
}

static void
pool_read(PgCommand *command, PgOutcome outcome, const PGresult *result)
{
	static char known[16] = "";
	const char *pool;

	free(command);
	if (!is_answered(outcome, result) || PQntuples(result) != 1)
		return;
	pool = PQgetvalue(result, 0, 0);
	if (strcmp(known, pool) == 0)
		return;
	if (known[0] != '\0')
		restart_after_recreate();
	snprintf(known, sizeof(known), "%s", pool);
}

/* ---------- listeners ---------- */

static void
listeners_read(PgCommand *command, PgOutcome outcome, const PGresult *result)
{
	free(command);
	if (!is_answered(outcome, result))
		return;
	listener_rows_read(result);
	job_delivery_apply_limits();
}

static void
difficulties_read(PgCommand *command, PgOutcome outcome, const PGresult *result)
{
	free(command);
	if (is_answered(outcome, result))
		difficulty_limits_read(result);
}

/*
 * Difficulties first: a session that is moved needs those of its new network.
 */
static void
read_listeners(void)
{
	send_command("difficulties", difficulties_read, NULL);
	send_command("listeners", listeners_read, NULL);
}

/* ---------- sessions ---------- */

/*
 * The database lists no sessions until presence.c has told it of them: until
 * then they stay where they are.
 */
static void
sessions_read(PgCommand *command, PgOutcome outcome, const PGresult *result)
{
	unsigned long number = ((FeedCommand *) command)->number;

	free(command);
	if (is_answered(outcome, result) && presence_is_confirmed())
		session_routing_follow(result, number);
}

void
feed_read_sessions(void)
{
	if (!feed.is_ready || !presence_is_confirmed())
		return;
	send_command("sessions", sessions_read, server_id())->number =
		session_routing_begin_read();
}

/* ---------- extranonce1 ---------- */

static bool
read_chunk(const char *text, ExtranonceChunk *chunk)
{
	const size_t digits = 2 * sizeof(uint32_t);

	if (strlen(text) != digits * EXTRANONCE_CHUNK)
		return false;
	for (int i = 0; i < EXTRANONCE_CHUNK; i++)
	{
		uint64_t value;

		if (!hex_to_uint64(text + digits * (size_t) i, digits, &value))
			return false;
		chunk->values[i] = (uint32_t) value;
	}
	return true;
}

static void
lease_read(PgCommand *command, PgOutcome outcome, const PGresult *result)
{
	ExtranonceChunk chunk;

	free(command);
	if (!is_answered(outcome, result) ||
		!read_chunk(PQgetvalue(result, 0, 0), &chunk))
	{
		extranonce_chunk_failed();
		return;
	}
	extranonce_chunk_came(&chunk, method_subscribe_finish);
}

void
feed_lease_extranonces(void)
{
	if (!feed.is_ready)
		return;
	for (int wanted = extranonce_chunks_wanted(); wanted > 0; wanted--)
	{
		extranonce_chunk_asked();
		send_command("lease", lease_read, NULL);
	}
}

/* ---------- the connection ---------- */

static void
on_ready(void *owner UNUSED)
{
	send_command("pool", pool_read, NULL);
	/* jobs first: a miner that connects to a new port finds one */
	send_command("jobs", jobs_read, NULL);
	read_bans();
	read_listeners();
	feed_read_sessions();
	feed_lease_extranonces();
}

static void
on_lost(void *owner UNUSED)
{
	log_warning("database unavailable: miners stay connected, new jobs pause");
}

/* Anybody can notify, so the payload need not be a number. */
static bool
is_job_id(const char *payload)
{
	size_t length = strlen(payload);

	return length > 0 && length < 19 && strspn(payload, "0123456789") == length;
}

static void
on_notified(void *owner UNUSED, const PGnotify *notification)
{
	if (!feed.is_ready)
		return; /* once it is ready, the whole state is read */
	if (strcmp(notification->relname, JOBS_CHANNEL) == 0)
	{
		if (is_job_id(notification->extra))
			send_command("job", job_read, notification->extra);
	}
	else if (strcmp(notification->relname, LISTENERS_CHANNEL) == 0)
	{
		send_command("pool", pool_read, NULL);
		read_listeners();
		feed_read_sessions();
	}
	else if (strcmp(notification->relname, BANS_CHANNEL) == 0)
		bans_changed();
}

static const PipelineEvents events = {
	.ready = on_ready,
	.lost = on_lost,
	.notified = on_notified,
};

void
feed_start(const char *conninfo)
{
	feed.conn.name = "feed";
	feed.conn.conninfo = conninfo;
	feed.setup = setup;
	feed.events = &events;
	pipeline_start(&feed);
}

void
feed_stop(void)
{
	pipeline_stop(&feed);
}
