/*
 * job_delivery.h
 *	  Which jobs a session is sent, and at which difficulty.
 */
#ifndef STRATUMD_JOB_DELIVERY_H
#define STRATUMD_JOB_DELIVERY_H

#include "session/session.h"

/* Begin if the session is subscribed and authorized; else do nothing. */
extern void job_delivery_start_if_ready(Session *session);
extern void job_delivery_stop(Session *session);

/* Send a network's newest job to all sessions on it. */
extern void job_delivery_broadcast(Network *network, bool clean_jobs);

/* Send it to the sessions whose difficulty changes with it. */
extern void job_delivery_send_renewal(Network *network);

/* The session's listener serves another network: move the session there. */
extern void job_delivery_follow(Session *session);

/* Mine on a network of its own, or with NULL on the listener's. */
extern void job_delivery_choose(Session *session, Network *choice);

/* The listener has jobs again: send the one that was held back. */
extern void job_delivery_resume(Session *session);

/* A network's job ids have restarted. */
extern void job_delivery_forget_network(const Network *network);

/* The session has an extranonce1: existing jobs get the starting difficulty. */
extern void job_delivery_begin_credit(Session *session);

/* Whether the miner has, or has chosen, a difficulty. */
extern bool job_delivery_has_chosen(const Session *session);

/* The miner chooses a difficulty; it gets the nearest one within the limits. */
extern void job_delivery_choose_difficulty(Session *session, double difficulty);

/* The miner accepts no difficulty below this one. */
extern void job_delivery_set_floor(Session *session, double difficulty);

/* The limits of listeners may have changed. */
extern void job_delivery_apply_limits(void);

typedef struct AcceptedShare
{
	int64_t job_id;
	double difficulty; /* that it is credited at */
	double queued_at;
} AcceptedShare;

extern void
job_delivery_share_accepted(Session *session, const AcceptedShare *share);

/*
 * Whether the pool, not the miner, causes its pace: a higher difficulty has
 * not been sent yet.
 */
extern bool job_delivery_excuses_pace(const Session *session);

/*
 * Do what is due once a second.  is_measured: shares could be accepted since
 * the last time.
 */
extern void job_delivery_check(Session *session, double now, bool is_measured);

#endif
