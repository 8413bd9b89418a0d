/*
 * job_feed.c
 *	  Passes jobs from the database to networks and their sessions.
 */
#include "session/job_feed.h"

#include <math.h>
#include <stdlib.h>

#include "log.h"
#include "mining/network.h"
#include "session/job_delivery.h"
#include "session/session_resume.h"

static JobRow
read_job(const PGresult *result, int row)
{
	return (JobRow){
		.job_id = strtoll(PQgetvalue(result, row, 0), NULL, 10),
		.network_id = PQgetvalue(result, row, 1),
		.clean_jobs = *PQgetvalue(result, row, 2) == 't',
		.notify_params = PQgetvalue(result, row, 3),
		.version_mask =
			(uint32_t) strtoul(PQgetvalue(result, row, 4), NULL, 10),
		.difficulty_cap = PQgetisnull(result, row, 5)
							  ? INFINITY
							  : strtod(PQgetvalue(result, row, 5), NULL),
		.is_renewal = *PQgetvalue(result, row, 6) == 't',
	};
}

/*
 * Jobs before one that was found by reading the state may have been missed,
 * among them one with a new tip: miners are told to drop their jobs.
 */
static void
take_job(const JobRow *row, bool is_state)
{
	Network *network = network_get(row->network_id);

	switch (network_add_job(network, row, is_state))
	{
		case JOB_KNOWN:
			return;
		case JOB_NEW:
			break;
		case JOB_RESTARTS:
			log_warning("job ids of network %s have restarted", network->id);
			job_delivery_forget_network(network);
			session_resume_forget_network(network);
			break;
	}
	log_debug("job %lld of network %s%s%s", (long long) row->job_id,
			  network->id, row->clean_jobs ? ", clean" : "",
			  row->is_renewal ? ", renewed" : "");
	if (row->is_renewal && !is_state)
		job_delivery_send_renewal(network);
	else
		job_delivery_broadcast(network, row->clean_jobs || is_state);
}

void
job_feed_take_newest(const PGresult *result)
{
	for (int row = 0; row < PQntuples(result); row++)
	{
		JobRow job = read_job(result, row);

		take_job(&job, true);
	}
}

bool
job_feed_take_next(const PGresult *result)
{
	JobRow job;

	if (PQntuples(result) != 1)
		return false;
	job = read_job(result, 0);
	take_job(&job, false);
	return true;
}
