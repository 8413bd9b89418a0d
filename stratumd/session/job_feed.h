/*
 * job_feed.h
 *	  Passes jobs from the database to networks and their sessions.
 */
#ifndef STRATUMD_JOB_FEED_H
#define STRATUMD_JOB_FEED_H

#include <libpq-fe.h>
#include <stdbool.h>

/* The columns to select from chimera.stratum_jobs and stratum_job. */
#define JOB_FEED_COLUMNS                                           \
	"job_id, network_id, clean_jobs, notify_params, version_mask," \
	" difficulty_cap, is_renewal"

/* Take the newest jobs of all networks. */
extern void job_feed_take_newest(const PGresult *result);

/* Take a new job; false if the row does not exist. */
extern bool job_feed_take_next(const PGresult *result);

#endif
