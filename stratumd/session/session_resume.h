/*
 * session_resume.h
 *	  Sessions that ended a short while ago, for miners that come back.
 *
 * A miner that reconnects and names its session gets the same extranonce1, so
 * that what it is hashing stays good, and what it was sent stays known.
 */
#ifndef STRATUMD_SESSION_RESUME_H
#define STRATUMD_SESSION_RESUME_H

#include "session/session.h"

#define SESSION_RESUME_LIFETIME_S (10 * 60)

/* Keep what is worth keeping of a session that ends. */
extern void session_resume_remember(Session *session);

/* Give a new session what is kept of the one of that id; false: nothing. */
extern bool session_resume_take(Session *session, uint64_t id);
extern void session_resume_forget_network(const Network *network);
extern void session_resume_expire(double now);

#endif
