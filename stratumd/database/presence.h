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
extern const char *register_server_id(void);

/* The connection is ready, or the pool was made anew: say who is there. */
extern void register_hello(Pipeline *pipeline);

/* The connection is gone, and with it what was said. */
extern void register_lost(void);

/* Whether the database knows of us and of every session. */
extern bool register_is_known(void);

/* A session has ended, and no login of its is under way any more. */
extern void register_ended(const Session *session);

/* Send what waits; called in each iteration. */
extern void register_dispatch(Pipeline *pipeline);

#endif
