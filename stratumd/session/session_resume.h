/*
 * session_resume.h
 *	  Keeps sessions that ended recently, for miners that reconnect.
 *
 * A miner that reconnects and names its session gets the same extranonce1 and
 * the history of its jobs, so that what it is hashing stays valid.
 */
#ifndef STRATUMD_SESSION_RESUME_H
#define STRATUMD_SESSION_RESUME_H

#include "session/session.h"

#define SESSION_RESUME_LIFETIME_S (10 * 60)

/* Keep what a later session can resume. */
extern void session_resume_remember(Session *session);

/* Restore the session of that id into a new one; false if it does not exist. */
extern bool session_resume_take(Session *session, uint64_t id);
extern void session_resume_forget_network(const Network *network);
extern void session_resume_expire(double now);

#endif
