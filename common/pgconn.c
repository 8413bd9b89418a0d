/*
 * pgconn.c
 *	  A connection to the database that is re-established whenever it is lost.
 *
 * libpq resolves host names synchronously; everything else here is
 * asynchronous.  TCP detects a server that vanished without notice
 * (tcp_user_timeout, keepalives).  A server that is merely slow must not be
 * dropped, because each attempt would leave one more backend waiting there.
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
watch_socket(PgConn *conn, int events)
{
	/* always restart it: libpq may use another socket with the same number */
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

/* Log the same complaint once a minute, not with each attempt. */
static void
log_complaint(PgConn *conn, const char *why)
{
	double now = clock_now();

	if (strncmp(conn->complaint, why, sizeof(conn->complaint) - 1) == 0 &&
		now - conn->complained_at < COMPLAIN_INTERVAL_S)
		return;
	snprintf(conn->complaint, sizeof(conn->complaint), "%s", why);
	conn->complained_at = now;
	log_warning("database (%s): %s", conn->name, why);
}

/* why is NULL if it has been logged. */
static void
drop_connection(PgConn *conn, const char *why)
{
	if (why)
		log_complaint(conn, why);
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

/* Log the server's notices; libpq would print them unchanged. */
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
		drop_connection(conn, PQerrorMessage(conn->pg));
		return;
	}
	conn->is_open = true;
	conn->events->opened(conn->owner);
	pgconn_flush(conn);
}

static void
poll_connection(PgConn *conn)
{
	/* libpq may close the socket in this call */
	ev_io_stop(main_loop, &conn->io);
	switch (PQconnectPoll(conn->pg))
	{
		case PGRES_POLLING_READING:
			watch_socket(conn, EV_READ);
			break;
		case PGRES_POLLING_WRITING:
			watch_socket(conn, EV_WRITE);
			break;
		case PGRES_POLLING_OK:
			open_connection(conn);
			break;
		default:
			drop_connection(conn, PQerrorMessage(conn->pg));
			break;
	}
}

static void
connect_now(PgConn *conn)
{
	/*
	 * Keywords before dbname, the user's string, are defaults that it may
	 * override.  A standby cannot store what miners and users write: of
	 * several hosts, use the one that can.
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
		drop_connection(conn,
						conn->pg ? PQerrorMessage(conn->pg) : "out of memory");
		return;
	}
	PQsetNoticeProcessor(conn->pg, log_notice, conn);
	set_timer(conn, CONNECT_TIMEOUT_S);
	watch_socket(conn, EV_WRITE);
}

static void
on_timer(struct ev_loop *loop UNUSED, ev_timer *timer, int events UNUSED)
{
	PgConn *conn = timer->data;

	if (conn->is_doomed)
		drop_connection(conn, NULL);
	else if (conn->pg)
		drop_connection(conn, "no connection within 30 seconds");
	else
		connect_now(conn);
}

/* ---------- an open connection ---------- */

static void
serve_socket(PgConn *conn, int events)
{
	bool alive = true;

	if (events & EV_READ)
	{
		alive = PQconsumeInput(conn->pg) == 1;
		conn->events->readable(conn->owner);
	}
	if (conn->is_doomed)
		drop_connection(conn, NULL);
	else if (!alive || PQstatus(conn->pg) == CONNECTION_BAD)
		drop_connection(conn, PQerrorMessage(conn->pg));
	else
		pgconn_flush(conn);
}

static void
on_io(struct ev_loop *loop UNUSED, ev_io *io, int events)
{
	PgConn *conn = io->data;

	if (conn->is_open)
		serve_socket(conn, events);
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
		watch_socket(conn, wanted);
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
	log_complaint(conn, why);
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
