/*
 * pgconn.h
 *	  One connection to the database that is always wanted.
 *
 * It is made without waiting, and made again, at growing intervals and for
 * ever, when it is lost or can't be had.  What is sent on it is pipeline.c's.
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
	void (*lost)(void *owner);	   /* pg is still there, to be looked at */
} PgConnEvents;

typedef struct PgConn
{
	const char *name; /* for the log */
	const char *conninfo;
	const PgConnEvents *events;
	void *owner;
	PGconn *pg; /* NULL while waiting to connect */
	bool is_open;
	bool is_doomed; /* to be dropped when the loop comes round */
	ev_io io;
	ev_timer timer; /* the next attempt, the end of this one, or of a doomed
					 * connection */
	double backoff;
	char complaint[160]; /* last logged */
	double complained_at;
} PgConn;

extern void pgconn_start(PgConn *conn);

/* Send what libpq has buffered, now or when the socket takes it. */
extern void pgconn_flush(PgConn *conn);

/* All is well: the next loss is followed by a quick attempt. */
extern void pgconn_confirm(PgConn *conn);

/* Something is wrong beyond the connection: don't hurry with the next. */
extern void pgconn_slow_down(PgConn *conn);

/* Drop the connection soon, from no matter where, and make it again. */
extern void pgconn_doom(PgConn *conn, const char *why);
extern void pgconn_stop(PgConn *conn);

#endif
