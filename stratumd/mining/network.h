/*
 * network.h
 *	  The networks, and the jobs each has sent recently.
 *
 * Nothing here depends on the coin: a network is an id, the ids of the jobs
 * that miners may still submit for, the newest job as it is sent, and the
 * sessions that mine on it.  The database decides whether a job is stale; a
 * job is kept here for NETWORK_JOB_LIFETIME_S after its successor, longer than
 * the database accepts shares for it.
 */
#ifndef STRATUMD_NETWORK_H
#define STRATUMD_NETWORK_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "net/shared_buffer.h"

#define NETWORK_ID_LENGTH	   36 /* a uuid as text */
#define NETWORK_JOB_LIFETIME_S (15 * 60)

struct Session;

typedef struct KnownJob
{
	int64_t job_id;
	double superseded_at; /* of the newest: 0 */
} KnownJob;

typedef LIST_HEAD(SessionList, Session) SessionList;

/*
 * What the chosen difficulties of a network's sessions wait for:
 * difficulty_choice.c.
 */
typedef enum NetworkWants
{
	NETWORK_WANTS_NOTHING,
	NETWORK_WANTS_MARK,
	NETWORK_WANTS_JOB /* and a new job soon */
} NetworkWants;

typedef struct Network
{
	LIST_ENTRY(Network) link;
	char id[NETWORK_ID_LENGTH + 1];
	double hashes_per_difficulty; /* 0: the database did not say */
	KnownJob *jobs;				  /* by id, the newest last */
	int count;
	int capacity;
	uint32_t
		configured_mask;   /* bits that may be rolled while no job has a mask */
	uint32_t version_mask; /* of the newest job */
	double difficulty_cap; /* of the newest job; infinity: no cap */
	char *notify_params;   /* of the newest job */
	SharedBuffer *notify[2]; /* the newest job, rendered for each clean_jobs */
	SessionList sessions;	 /* that are sent its jobs */

	/* for difficulty_choice.c */
	NetworkWants wants;
	bool is_asked;		/* a question is under way */
	double ask_after;	/* no question before this time */
	double renew_after; /* no renewed job before this time */
} Network;

/* A job as chimera.stratum_job returns it. */
typedef struct JobRow
{
	int64_t job_id;
	const char *network_id;
	const char *notify_params;
	uint32_t version_mask;
	double difficulty_cap;
	bool clean_jobs;
	bool is_renewal;
} JobRow;

typedef enum JobNews
{
	JOB_KNOWN,	 /* not newer than the newest one */
	JOB_NEW,	 /* now the newest one */
	JOB_RESTARTS /* new, and the jobs known before are void */
} JobNews;

/* The network of that id; it is created at its first use. */
extern Network *network_get(const char *id);
extern Network *networks_first(void);
extern Network *networks_next(const Network *network);

/*
 * Add a job.  is_state: it is certainly the newest of its network, so a lower
 * id than the newest known means that the database was set back.
 */
extern JobNews
network_add_job(Network *network, const JobRow *row, bool is_state);
extern bool network_has_job(const Network *network);
extern bool network_knows_job(const Network *network, int64_t job_id);
extern int64_t network_newest_job(const Network *network);

/* The lowest id known; INT64_MAX without jobs. */
extern int64_t network_oldest_job(const Network *network);

/* The newest job's mining.notify, rendered once; the network owns it. */
extern SharedBuffer *network_notify(Network *network, bool clean_jobs);
extern void networks_expire_jobs(double now);

/* Forget the jobs of all networks: their ids are void. */
extern void networks_forget_jobs(void);

#endif
