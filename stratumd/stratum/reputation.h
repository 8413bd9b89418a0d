/*
 * reputation.h
 *	  How miners behave, and what comes of it.
 *
 * Good shares earn a connection credit: more answers that it may wait for, and
 * a lane before those that have shown none (share_queue.c); bad ones lose it.
 * An address whose submissions are mostly bad is banned, which spares those
 * of its connections that are authorized and have not been bad themselves.
 * What can befall an honest miner says nothing of it: stale work, a share that
 * is sent again because its answer was lost, a difficulty that its firmware
 * rounds down.  Nor is a dialect an attack: a miner whose submissions can't be
 * read or roll what they may not earns nothing by them, and waits for others.
 */
#ifndef STRATUMD_REPUTATION_H
#define STRATUMD_REPUTATION_H

#include <libpq-fe.h>

#include "database/share_queue.h"
#include "session/session.h"

/* The database has answered for a share. */
extern void reputation_judge(const Share *share, ShareResult result);

/* A line that means nothing; what was wrong is told if it ends in a ban. */
extern void reputation_bad_share(Session *session, const char *what);

/* A request in a dialect that is not understood. */
extern void reputation_odd_line(Session *session);

/* Tell a miner that it is banned, and close. */
extern void reputation_dismiss(Session *session, const char *reason);

/* Whether a session's address is not banned; else it is dismissed. */
extern bool reputation_enforce_ban(Session *session);

/* Whether a line may be taken from a session; else it is sent away. */
extern bool reputation_admit_line(Session *session);

/* Dismiss those that chimera.stratum_banned_sessions names. */
extern void reputation_dismiss_listed(const PGresult *result);

#endif
