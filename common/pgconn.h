/*
 * pgconn.h
 *	  A connection to the database that is re-established whenever it is lost.
 *
 * It is established asynchronously, and again, at growing intervals and
 * without limit, when it is lost or an attempt fails. pipeline.c sends
 * commands on it.
 */
#ifndef COMMON_PGCONN_H
#define COMMON_PGCONN_H

#include <ev.h>
#include <libpq-fe.h>
#include <stdbool.h>

typedef struct PgConnEvents
{
	void (*opened)(void *owner);
	void (*readable)(void *owner); /* input has been consumed */
	void (*lost)(void *owner);	   /* pg still exists and may be inspected */
} PgConnEvents;

typedef struct PgConn
{
	const char *name; /* for the log */
	const char *conninfo;
	const PgConnEvents *events;
	void *owner;
	PGconn *pg; /* NULL while waiting to connect */
	bool is_open;
	bool is_doomed; /* to be dropped in the next iteration of the loop */
	ev_io io;
	ev_timer timer; /* the next attempt, the end of this one, or of a doomed
					 * connection */
	double backoff;
	char complaint[160]; /* last logged */
	double complained_at;
} PgConn;

extern void pgconn_start(PgConn *conn);

/* Send what libpq has buffered, now or when the socket accepts it. */
extern void pgconn_flush(PgConn *conn);

/* The connection works: after the next loss, reconnect quickly. */
extern void pgconn_confirm(PgConn *conn);

/* The problem is not the connection: do not hurry to reconnect. */
extern void pgconn_slow_down(PgConn *conn);

/* Drop the connection soon, safe to call from anywhere, and reconnect. */
extern void pgconn_doom(PgConn *conn, const char *why);
extern void pgconn_stop(PgConn *conn);

#endif
