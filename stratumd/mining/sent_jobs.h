/*
 * sent_jobs.h
 *	  Which jobs a session was sent, and at which difficulty.
 *
 * A share is credited at the difficulty that its job was sent with.  The jobs
 * of a network are sent in the order of their ids, so one range stands for all
 * jobs in a row with the same difficulty and version mask, and a session has
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
	uint32_t version_mask; /* bits that the miner may roll; 0: none */
} SentRange;

typedef struct SentJobs
{
	SentRange *ranges; /* oldest first */
	int count;
} SentJobs;

/* The range with a job that its network still knows, or NULL. */
extern SentRange *sent_jobs_find(const SentJobs *history, int64_t job_id);

/* The newest job that was sent; 0: none. */
extern int64_t sent_jobs_newest(const SentJobs *history);

/* Note that a job is being sent; first_job and last_job are the same. */
extern void sent_jobs_add(SentJobs *history, const SentRange *sent);

/* Forget a network's jobs: its ids have restarted. */
extern void sent_jobs_forget(SentJobs *history, const Network *network);
extern void sent_jobs_clear(SentJobs *history);

#endif
