/*
 * sent_jobs.h
 *	  What a session was sent: which jobs, at which difficulty.
 *
 * A share is credited at the difficulty that its job was sent with.  Jobs of a
 * network are sent in the order of their ids, so one range holds all jobs that
 * were sent in a row at the same difficulty and version mask; a session has a
 * few ranges.  Ranges whose jobs the network has forgotten are dropped.
 */
#ifndef STRATUMD_SENT_JOBS_H
#define STRATUMD_SENT_JOBS_H

#include <stdbool.h>
#include <stdint.h>

#include "mining/network.h"

typedef struct SentRange
{
	Network *network;
	int64_t first_job;
	int64_t last_job;
	double difficulty;
	uint32_t version_mask; /* bits the miner may roll, 0 for none */
} SentRange;

typedef struct SentJobs
{
	SentRange *ranges; /* oldest first */
	int count;
} SentJobs;

/* The range that a job was sent in, known to its network or not; or NULL. */
extern SentRange *sent_jobs_find(const SentJobs *history, int64_t job_id);

/* The newest job that was sent, 0 when none was. */
extern int64_t sent_jobs_newest(const SentJobs *history);

/* Note that a job, of first_job = last_job, is being sent. */
extern void sent_jobs_add(SentJobs *history, const SentRange *sent);

/* Forget a network's jobs: its ids have started anew. */
extern void sent_jobs_forget(SentJobs *history, const Network *network);
extern void sent_jobs_clear(SentJobs *history);

#endif
