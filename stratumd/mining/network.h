/*
 * network.h
 *	  The networks and the jobs each has handed out of late.
 *
 * Nothing of a coin is known here: a network is an id, a row of job ids that
 * miners may still submit for, the newest job as it is sent, and the sessions
 * that work on it.  Whether a job is stale the database decides; a job is kept
 * here for NETWORK_JOB_LIFETIME_S after another has taken its place, longer
 * than the database takes shares for it.
 */
#ifndef STRATUMD_NETWORK_H
#define STRATUMD_NETWORK_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "net/shared_buffer.h"

#define NETWORK_ID_LENGTH	   36 /* a uuid's text */
#define NETWORK_JOB_LIFETIME_S (15 * 60)

struct Session;

typedef struct KnownJob
{
	int64_t job_id;
	double superseded_at; /* of the newest: 0 */
} KnownJob;

typedef LIST_HEAD(SessionList, Session) SessionList;

/* What the difficulties chosen by a network's sessions wait for:
 * difficulty_choice.c. */
typedef enum NetworkWants
{
	NETWORK_WANTS_NOTHING,
	NETWORK_WANTS_MARK,
	NETWORK_WANTS_JOB /* as well, soon */
} NetworkWants;

typedef struct Network
{
	LIST_ENTRY(Network) link;
	char id[NETWORK_ID_LENGTH + 1];
	double hashes_per_difficulty; /* 0: the database doesn't say */
	KnownJob *jobs;				  /* by id, the newest last */
	int count;
	int capacity;
	uint32_t configured_mask; /* bits that may be rolled if no job says
							   * otherwise */
	uint32_t version_mask;	  /* of the newest job */
	double difficulty_cap;	  /* of the newest job; infinity: none */
	char *notify_params;	  /* of the newest job */
	SharedBuffer *notify[2];  /* the newest job rendered, by clean_jobs */
	SessionList sessions;	  /* those that are sent its jobs */

	/* difficulty_choice.c */
	NetworkWants wants;
	bool is_asked;		/* a question is on its way */
	double ask_after;	/* no question earlier */
	double renew_after; /* nor for a job */
} Network;

/* A job as chimera.stratum_job gives it. */
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
	JOB_KNOWN,	 /* it is not newer than the newest */
	JOB_NEW,	 /* it is the newest now */
	JOB_RESTARTS /* new, and all that was known is not true any more */
} JobNews;

/* The network of that id, made when it is met for the first time. */
extern Network *network_get(const char *id);
extern Network *networks_first(void);
extern Network *networks_next(const Network *network);

/*
 * Take a job in.  is_state says that it is the newest of its network for sure:
 * an id below ours then means that the database was set back.
 */
extern JobNews
network_add_job(Network *network, const JobRow *row, bool is_state);
extern bool network_has_job(const Network *network);
extern bool network_knows_job(const Network *network, int64_t job_id);
extern int64_t network_newest_job(const Network *network);

/* The lowest id that is known; above all when there are no jobs. */
extern int64_t network_oldest_job(const Network *network);

/* The newest job's mining.notify, rendered once; the network keeps it. */
extern SharedBuffer *network_notify(Network *network, bool clean_jobs);
extern void networks_expire_jobs(double now);

/* All of them, of all networks: none is true any more. */
extern void networks_forget_jobs(void);

#endif
