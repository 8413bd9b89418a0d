/*
 * presence.h
 *	  Tells the database which sessions are connected: chimera.stratum_hello
 *	  and chimera.end_sessions, on the connection for logins.
 */
#ifndef STRATUMD_PRESENCE_H
#define STRATUMD_PRESENCE_H

#include <stdbool.h>

#include "pipeline.h"
#include "session/session.h"

/* The events of the connection for logins; for login_link_start. */
extern const PipelineEvents presence_events;

/* The pool was re-created and knows nothing of the sessions: report them. */
extern void presence_announce(void);

/* Whether the database knows this process and all its sessions. */
extern bool presence_is_confirmed(void);

/* A session has ended, and none of its logins is under way. */
extern void presence_session_ended(const Session *session);

/* Send what waits; called in each iteration. */
extern void presence_dispatch(void);

#endif
