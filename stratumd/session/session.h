/*
 * session.h
 *	  A miner's connection: its life, its state, its bytes.
 *
 * This file owns the Session structure and is the only one that changes
 * Session.state.  What the lines mean is known to stratum.c and the methods;
 * which jobs are sent, to job_delivery.c.
 *
 * A session is referred to by what the database still has to answer for it
 * (session_begin_answer, session_end_answer), so it outlives its connection
 * until the last answer has come; an answer to a closed session goes nowhere.
 */
#ifndef STRATUMD_SESSION_H
#define STRATUMD_SESSION_H

#include "session/session_struct.h"

typedef void (*SessionHook)(Session *session);

/* What the layers above do with a session; main.c sets them. */
typedef struct SessionHooks
{
	/* before the first line without TLS; true: the session is finished */
	bool (*first_bytes)(Session *session);

	void (*line)(Session *session, const char *line, size_t length);
	SessionHook line_too_long; /* the line was not kept */
	SessionHook closed;		   /* the session's state is still there */
} SessionHooks;

/* The hooks must stay where they are. */
extern void sessions_init(const SessionHooks *hooks);

/* A connection that is let in; it has been counted in the crowd. */
extern void session_open(Listener *listener, int fd, const Peer *peer,
						 AddressConnections *crowd);

/* Stop listening to the miner; close when all it is owed has been sent. */
extern void session_finish(Session *session);
extern void session_close(Session *session, const char *why);

/* Queue bytes; they are sent at the end of the event loop's iteration. */
extern void session_write(Session *session, const char *data, size_t length);
extern void session_write_buffer(Session *session, SharedBuffer *buffer);

/* The database is asked for an answer, has given it. */
extern void session_begin_answer(Session *session);
extern void session_end_answer(Session *session);

/* Send what has been queued; called once in each iteration. */
extern void sessions_flush(void);
extern bool sessions_have_unsent(void);

extern int sessions_count(void);

extern Session *sessions_first(void);
extern Session *sessions_next(Session *session);

#endif
