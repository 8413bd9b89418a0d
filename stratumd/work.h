/*
 * work.h
 *	  Which jobs a session is sent, and at which difficulty.
 */
#ifndef STRATUMD_WORK_H
#define STRATUMD_WORK_H

#include "session.h"

/* Begin once the session is subscribed and authorized; else do nothing. */
extern void work_start_if_ready(Session *session);
extern void work_stop(Session *session);

/* Send a network's newest job to all who work on it. */
extern void work_broadcast(Network *network, bool clean_jobs);

/* The session's listener serves another network now: go there. */
extern void work_follow(Session *session);

/* Work on a network of its own, or, NULL, on the listener's. */
extern void work_choose(Session *session, Network *choice);

/* The listener has work again: send the job that was held back. */
extern void work_resume(Session *session);

/* A network's job ids have started anew. */
extern void work_forget_network(const Network *network);

/* The miner asks for a difficulty; it gets the nearest that is allowed. */
extern void work_suggest_difficulty(Session *session, double difficulty);

/* The miner wants no difficulty below this. */
extern void work_set_floor(Session *session, double difficulty);

/* A share was accepted at this difficulty. */
extern void work_share_accepted(Session *session, double difficulty);

/* Look at vardiff's clock; is_measured: shares could be accepted of late. */
extern void work_check_vardiff(Session *session, double now, bool is_measured);

#endif
