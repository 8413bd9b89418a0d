/*
 * session.h
 *	  A miner's connection: its life, its state, its bytes.
 *
 * Only session.c changes Session.state.  stratum.c and the methods know what
 * the lines mean; job_delivery.c, which jobs are sent.
 *
 * Each response that the database owes refers to its session
 * (session_begin_response, session_end_response), so a session outlives its
 * connection until the last one has come; a response to a closed session is
 * dropped.
 */
#ifndef STRATUMD_SESSION_H
#define STRATUMD_SESSION_H

#include "net/shared_buffer.h"
#include "session/session_struct.h"

typedef void (*SessionHook)(Session *session);

/* What the layers above do for a session; main.c sets them. */
typedef struct SessionHooks
{
	/* before the first line without TLS; true: it finished the session */
	bool (*first_bytes)(Session *session);

	void (*line)(Session *session, const char *line, size_t length);
	SessionHook line_too_long; /* the line was discarded */
	SessionHook closed;		   /* the session's state still exists */
} SessionHooks;

/* The hooks must stay valid. */
extern void sessions_init(const SessionHooks *hooks);

/* Open a session for a connection that was admitted and counted. */
extern void session_open(Listener *listener, int fd, const Peer *peer,
						 AddressConnections *connections);

/* Stop reading; close when everything owed to the miner has been sent. */
extern void session_finish(Session *session);
extern void session_close(Session *session, const char *why);

/* Queue bytes; they are sent at the end of the event loop's iteration. */
extern void session_write(Session *session, const char *data, size_t length);
extern void session_write_buffer(Session *session, SharedBuffer *buffer);

/* The database owes the session a response, has given it. */
extern void session_begin_response(Session *session);
extern void session_end_response(Session *session);

/* Send what is queued; called once in each iteration. */
extern void sessions_flush(void);
extern bool sessions_have_unsent(void);

extern int sessions_count(void);

extern Session *sessions_first(void);
extern Session *sessions_next(Session *session);

#endif
