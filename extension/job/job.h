/*
 * job.h
 *	  Making jobs of templates, and storing them.
 */
#ifndef CHIMERA_JOB_H
#define CHIMERA_JOB_H

#include "postgres.h"

#include "chain/coinbase.h"
#include "chain/merkle.h"
#include "job/template.h"
#include "node/network.h"

typedef struct Job
{
	int64 job_id;
	int64 kept_from; /* the oldest job whose blocks are handed in */
	bool clean_jobs;
	Coinbase coinbase;
	uint8 merkle_branch[MERKLE_BRANCH_MAX][32];
	size_t merkle_steps;
} Job;

/* What a template worker knows of the job it made last. */
typedef struct LastJob
{
	bool exists;
	int64 height;
	uint8 prevhash[32];
	int64 template_id;	/* 0 when that is not known */
	uint64 fingerprint; /* of the template's transactions */
} LastJob;

/*
 * Build the coinbase and the merkle branch.  NULL error, or why the template
 * can't be mined on with the network's settings.  Uses up template->txids.
 */
extern const char *
job_build(const Network *network, BlockTemplate *template, Job *job);

/*
 * Make, store and announce a job of a template, in a transaction of its own,
 * and retire the jobs it supersedes.  Returns NULL, or why there is no job.
 */
extern const char *job_publish(const Network *network, BlockTemplate *template,
							   LastJob *last, Job *job);

/* Take up where an earlier worker stopped; in a transaction of its own. */
extern void job_read_last(const Network *network, LastJob *last);

#endif
