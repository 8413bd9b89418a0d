/*
 * presence.h
 *	  What the database is told of who is connected: chimera.stratum_hello and
 *	  chimera.end_sessions, on the connection that carries logins.
 */
#ifndef STRATUMD_PRESENCE_H
#define STRATUMD_PRESENCE_H

#include <stdbool.h>

#include "pipeline.h"
#include "session/session.h"

/* This process as the database knows it, a uuid made at its start. */
extern const char *presence_server_id(void);

/* The connection is ready, or the pool was made anew: say who is there. */
extern void presence_hello(Pipeline *pipeline);

/* The connection is gone, and with it what was said. */
extern void presence_forget(void);

/* Whether the database knows of us and of every session. */
extern bool presence_is_confirmed(void);

/* A session has ended, and no login of its is under way any more. */
extern void presence_session_ended(const Session *session);

/* Send what waits; called in each iteration. */
extern void presence_dispatch(Pipeline *pipeline);

#endif
