/*
 * job_delivery.h
 *	  Which jobs a session is sent, and at which difficulty.
 */
#ifndef STRATUMD_JOB_DELIVERY_H
#define STRATUMD_JOB_DELIVERY_H

#include "session/session.h"

/* Begin once the session is subscribed and authorized; else do nothing. */
extern void job_delivery_start_if_ready(Session *session);
extern void job_delivery_stop(Session *session);

/* Send a network's newest job to all who work on it. */
extern void job_delivery_broadcast(Network *network, bool clean_jobs);

/* Send it to those whose difficulty waits for a job like it. */
extern void job_delivery_send_renewal(Network *network);

/* The session's listener serves another network now: go there. */
extern void job_delivery_follow(Session *session);

/* Work on a network of its own, or, NULL, on the listener's. */
extern void job_delivery_choose(Session *session, Network *choice);

/* The listener has work again: send the job that was held back. */
extern void job_delivery_resume(Session *session);

/* A network's job ids have started anew. */
extern void job_delivery_forget_network(const Network *network);

/* An extranonce1 is given: jobs that are there have the start difficulty. */
extern void job_delivery_begin_credit(Session *session);

/* Whether the miner has, or has asked for, a difficulty. */
extern bool job_delivery_has_chosen(const Session *session);

/* The miner asks for a difficulty; it gets the nearest that is allowed. */
extern void job_delivery_wish(Session *session, double difficulty);

/* The miner wants no difficulty below this. */
extern void job_delivery_set_floor(Session *session, double difficulty);

/* The listeners' limits may have changed. */
extern void job_delivery_apply_limits(void);

typedef struct AcceptedShare
{
	int64_t job_id;
	double difficulty; /* that it is credited at */
	double queued_at;
} AcceptedShare;

extern void
job_delivery_share_accepted(Session *session, const AcceptedShare *share);

/* Whether its pace is no fault of the miner's: it was not told better yet. */
extern bool job_delivery_excuses_haste(const Session *session);

/*
 * Look at what time does to a session; is_measured: shares could be accepted of
 * late.
 */
extern void job_delivery_check(Session *session, double now, bool is_measured);

#endif
