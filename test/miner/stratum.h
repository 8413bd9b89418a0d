/*
 * stratum.h
 *	  One miner's side of Stratum V1.
 *
 * On a connection the miner configures (if it rolls versions), subscribes and
 * authorizes, as pooler's cpuminer does.  Difficulty, extranonce1 and version
 * mask take effect with the job that follows them.  Submissions are answered
 * in any order, by their ids.
 */
#ifndef MINER_STRATUM_H
#define MINER_STRATUM_H

#include <stdbool.h>
#include <stdint.h>

#include "connection.h"
#include "job.h"
#include "options.h"
#include "report.h"
#include "work.h"

/* unanswered submissions: beyond this the miner waits */
#define MAX_PENDING 1024

typedef struct Submission
{
	int64_t id; /* 0: this place is free */
	FoundShare share;
} Submission;

typedef struct Stratum
{
	Options *options;
	Report *report;
	Connection connection;
	int64_t next_submission_id;

	bool authorized;
	bool refused;	/* permanently: reconnecting is useless */
	bool reconnect; /* the pool asked for a new connection */
	char session[256];
	uint8_t extranonce1[EXTRANONCE1_SIZE];
	size_t extranonce1_length;
	size_t extranonce2_length;
	double difficulty;
	uint32_t version_mask;

	Job job;
	bool job_is_new; /* the main loop has not taken it up yet */

	Submission pending[MAX_PENDING];
	int pending_count;
} Stratum;

extern void stratum_init(Stratum *stratum, Options *options, Report *report);

/* Open a connection and queue the greeting. */
extern bool stratum_connect(Stratum *stratum);

/* Close it; unanswered submissions are reported as such. */
extern void stratum_disconnect(Stratum *stratum);

/* Handle all complete lines; false if the pool sends nonsense. */
extern bool stratum_handle_lines(Stratum *stratum);

/* Queue a submission.  There must be room: pending_count < MAX_PENDING. */
extern void stratum_submit(Stratum *stratum, const FoundShare *share);

#endif
