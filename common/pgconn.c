/*
 * pgconn.c
 *	  One connection to the database that is always wanted.
 *
 * libpq resolves host names while it waits; everything else here is
 * asynchronous.  A server that vanished without a word is found out by TCP
 * (tcp_user_timeout, keepalives): a server that is merely slow must not be
 * dropped, for each attempt would leave one more backend waiting there.
 */
#include "pgconn.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "log.h"
#include "loop.h"

#define FIRST_BACKOFF_S		0.1
#define MAX_BACKOFF_S		2.0
#define CONNECT_TIMEOUT_S	30.0
#define COMPLAIN_INTERVAL_S 60.0 /* between two equal lines in the log */

static void
watch(PgConn *conn, int events)
{
	/* always anew: libpq may have another socket of the same number */
	ev_io_stop(main_loop, &conn->io);
	ev_io_set(&conn->io, PQsocket(conn->pg), events);
	ev_io_start(main_loop, &conn->io);
}

static void
set_timer(PgConn *conn, double seconds)
{
	ev_timer_stop(main_loop, &conn->timer);
	ev_timer_set(&conn->timer, seconds, 0);
	ev_timer_start(main_loop, &conn->timer);
}

/* The same trouble is told once a minute, not with each attempt. */
static void
complain(PgConn *conn, const char *why)
{
	double now = clock_now();

	if (strncmp(conn->complaint, why, sizeof(conn->complaint) - 1) == 0 &&
		now - conn->complained_at < COMPLAIN_INTERVAL_S)
		return;
	snprintf(conn->complaint, sizeof(conn->complaint), "%s", why);
	conn->complained_at = now;
	log_warning("database (%s): %s", conn->name, why);
}

/* why is NULL when it has been told. */
static void
drop(PgConn *conn, const char *why)
{
	if (why)
		complain(conn, why);
	ev_io_stop(main_loop, &conn->io);
	if (conn->is_open)
		conn->events->lost(conn->owner);
	PQfinish(conn->pg);
	conn->pg = NULL;
	conn->is_open = false;
	conn->is_doomed = false;

	set_timer(conn, conn->backoff);
	conn->backoff = fmin(conn->backoff * 2, MAX_BACKOFF_S);
}

/* ---------- connecting ---------- */

/* What the server says beside answers; libpq would print it as it is. */
static void
log_notice(void *arg, const char *message)
{
	const PgConn *conn = arg;

	log_info("database (%s): %s", conn->name, message);
}

static void
open_connection(PgConn *conn)
{
	ev_timer_stop(main_loop, &conn->timer);
	if (PQsetnonblocking(conn->pg, 1) != 0 ||
		PQenterPipelineMode(conn->pg) != 1)
	{
		drop(conn, PQerrorMessage(conn->pg));
		return;
	}
	conn->is_open = true;
	conn->events->opened(conn->owner);
	pgconn_flush(conn);
}

static void
poll_connection(PgConn *conn)
{
	/* the socket may be closed in there */
	ev_io_stop(main_loop, &conn->io);
	switch (PQconnectPoll(conn->pg))
	{
		case PGRES_POLLING_READING:
			watch(conn, EV_READ);
			break;
		case PGRES_POLLING_WRITING:
			watch(conn, EV_WRITE);
			break;
		case PGRES_POLLING_OK:
			open_connection(conn);
			break;
		default:
			drop(conn, PQerrorMessage(conn->pg));
			break;
	}
}

static void
connect_now(PgConn *conn)
{
	/*
	 * What stands before dbname, the user's string, is a default that it may
	 * override.  A standby can't take what miners and users write: of several
	 * hosts the one that can is wanted.
	 */
	static const char *const keywords[] = {
		"application_name", "keepalives_idle",	"keepalives_interval",
		"keepalives_count", "tcp_user_timeout", "target_session_attrs",
		"dbname",			"client_encoding",	NULL};
	const char *values[] = {PROGRAM_NAME, "10",			  "5",	  "3", "15000",
							"read-write", conn->conninfo, "UTF8", NULL};

	conn->pg = PQconnectStartParams(keywords, values, 1);
	if (conn->pg == NULL || PQstatus(conn->pg) == CONNECTION_BAD)
	{
		drop(conn, conn->pg ? PQerrorMessage(conn->pg) : "out of memory");
		return;
	}
	PQsetNoticeProcessor(conn->pg, log_notice, conn);
	set_timer(conn, CONNECT_TIMEOUT_S);
	watch(conn, EV_WRITE);
}

static void
on_timer(struct ev_loop *loop UNUSED, ev_timer *timer, int events UNUSED)
{
	PgConn *conn = timer->data;

	if (conn->is_doomed)
		drop(conn, NULL);
	else if (conn->pg)
		drop(conn, "no connection within 30 seconds");
	else
		connect_now(conn);
}

/* ---------- an open connection ---------- */

static void
serve(PgConn *conn, int events)
{
	bool alive = true;

	if (events & EV_READ)
	{
		alive = PQconsumeInput(conn->pg) == 1;
		conn->events->readable(conn->owner);
	}
	if (conn->is_doomed)
		drop(conn, NULL);
	else if (!alive || PQstatus(conn->pg) == CONNECTION_BAD)
		drop(conn, PQerrorMessage(conn->pg));
	else
		pgconn_flush(conn);
}

static void
on_io(struct ev_loop *loop UNUSED, ev_io *io, int events)
{
	PgConn *conn = io->data;

	if (conn->is_open)
		serve(conn, events);
	else
		poll_connection(conn);
}

void
pgconn_flush(PgConn *conn)
{
	int left = PQflush(conn->pg);
	int wanted = left == 0 ? EV_READ : EV_READ | EV_WRITE;

	if (left < 0)
		pgconn_doom(conn, PQerrorMessage(conn->pg));
	else if (!ev_is_active(&conn->io) ||
			 (conn->io.events & (EV_READ | EV_WRITE)) != wanted)
		watch(conn, wanted);
}

void
pgconn_confirm(PgConn *conn)
{
	conn->backoff = FIRST_BACKOFF_S;
	conn->complaint[0] = '\0';
	log_info("database (%s): connected to %s port %s", conn->name,
			 PQhost(conn->pg), PQport(conn->pg));
}

void
pgconn_slow_down(PgConn *conn)
{
	conn->backoff = MAX_BACKOFF_S;
}

void
pgconn_doom(PgConn *conn, const char *why)
{
	if (conn->is_doomed)
		return;
	complain(conn, why);
	conn->is_doomed = true;
	set_timer(conn, 0);
}

void
pgconn_start(PgConn *conn)
{
	conn->backoff = FIRST_BACKOFF_S;
	ev_init(&conn->io, on_io);
	conn->io.data = conn;
	ev_init(&conn->timer, on_timer);
	conn->timer.data = conn;
	connect_now(conn);
}

void
pgconn_stop(PgConn *conn)
{
	ev_timer_stop(main_loop, &conn->timer);
	ev_io_stop(main_loop, &conn->io);
	PQfinish(conn->pg);
	conn->pg = NULL;
	conn->is_open = false;
}
