/*
 * reputation.h
 *	  Judges how miners behave, and bans those that behave badly.
 *
 * Good shares earn a connection credit: more responses that it may wait for,
 * and a lane ahead of connections without good shares (share_queue.c). Bad
 * shares cost credit.  An address whose submissions are mostly bad is banned,
 * except for those of its connections that are authorized and have behaved
 * well.  What can happen to an honest miner does not count: stale shares, a
 * share that is sent again because its response was lost, a difficulty that
 * firmware rounds down.  A dialect is not an attack either: a miner whose
 * submissions cannot be read, or that rolls bits it may not roll, earns
 * nothing by them, and waits longer than others.
 */
#ifndef STRATUMD_REPUTATION_H
#define STRATUMD_REPUTATION_H

#include <libpq-fe.h>

#include "database/share_queue.h"
#include "session/session.h"
#include "share_result.h"

/* The database has decided about a share. */
extern void reputation_judge(const Share *share, ShareResult result);

/* A line without meaning; if it leads to a ban, what is in the ban's reason. */
extern void reputation_bad_share(Session *session, const char *what);

/* A request in an unknown dialect. */
extern void reputation_odd_line(Session *session);

/* False if the session's address is banned; then the session is dismissed. */
extern bool reputation_enforce_ban(Session *session);

/* False if a session may not send another line; then it is dismissed. */
extern bool reputation_admit_line(Session *session);

/* Dismiss the sessions that chimera.stratum_banned_sessions lists. */
extern void reputation_dismiss_listed(const PGresult *result);

#endif
