/*
 * job.h
 *	  Creates jobs from templates and stores them.
 */
#ifndef CHIMERA_JOB_H
#define CHIMERA_JOB_H

#include "postgres.h"

#include "chain/coinbase.h"
#include "chain/merkle.h"
#include "job/children.h"
#include "job/template.h"
#include "node/network.h"

typedef struct Job
{
	int64 job_id;
	int64 kept_from; /* the oldest job whose blocks are still submitted */
	bool clean_jobs;
	Coinbase coinbase;
	uint8 merkle_branch[MERKLE_BRANCH_MAX][32];
	size_t merkle_steps;
	Children children; /* whose jobs it carries */
} Job;

/* What a template worker knows about the last job that it created. */
typedef struct LastJob
{
	bool exists;
	int64 height;
	uint8 prevhash[32];
	int64 template_id;	/* 0 if it is not known */
	uint64 fingerprint; /* of the template's transactions */
	int64 tree_id;		/* of the carried jobs; 0 if it carries none */
	uint64 carried;		/* which jobs those are: Children.jobs */
	uint64 tips;		/* Children.tips */
} LastJob;

/*
 * Build the coinbase and the merkle branch.  Returns NULL, or the reason why
 * the template cannot be mined with the network's settings.  Overwrites
 * template->txids.  Leaves out job->children if the coinbase has no room for
 * them.
 */
extern const char *
job_build(const Network *network, BlockTemplate *template, Job *job);

/*
 * Create, store and announce a job from a template, in its own transaction,
 * and retire the jobs that it supersedes.  Returns NULL, or the reason why no
 * job was created.
 */
extern const char *job_publish(const Network *network, BlockTemplate *template,
							   LastJob *last, Job *job);

/* Continue where an earlier worker stopped; in its own transaction. */
extern void job_read_last(const Network *network, LastJob *last);

#endif
