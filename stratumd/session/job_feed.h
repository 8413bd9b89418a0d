/*
 * job_feed.h
 *	  Jobs as the database gives them, to networks and their miners.
 */
#ifndef STRATUMD_JOB_FEED_H
#define STRATUMD_JOB_FEED_H

#include <libpq-fe.h>
#include <stdbool.h>

/* What is to be selected of chimera.stratum_jobs and stratum_job. */
#define JOB_FEED_COLUMNS                                           \
	"job_id, network_id, clean_jobs, notify_params, version_mask," \
	" difficulty_cap, is_renewal"

/* Take the newest jobs of all networks. */
extern void job_feed_take_newest(const PGresult *result);

/* Take a job that has just been made; false: there is none. */
extern bool job_feed_take_next(const PGresult *result);

#endif
