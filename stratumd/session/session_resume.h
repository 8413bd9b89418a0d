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

#define GONE_LIFETIME_S (10 * 60)

/* Keep what is worth keeping of a session that ends. */
extern void gone_remember(Session *session);

/* Give a new session what is kept of the one of that id; false: nothing. */
extern bool gone_resume(Session *session, uint64_t id);
extern void gone_forget_network(const Network *network);
extern void gone_expire(double now);

#endif
