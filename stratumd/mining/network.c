/*
 * network.c
 *	  The networks, and the jobs each has sent recently.
 *
 * Networks are few and never freed, so sessions, histories and listeners may
 * keep pointers to them.
 */
#include "mining/network.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "loop.h"
#include "memory.h"
#include "protocol/notification.h"

static LIST_HEAD(, Network) networks = LIST_HEAD_INITIALIZER(networks);

Network *
network_get(const char *id)
{
	Network *network;

	LIST_FOREACH(network, &networks, link)
	{
		if (strcmp(network->id, id) == 0)
			return network;
	}

	network = memory_zalloc(sizeof(Network));
	snprintf(network->id, sizeof(network->id), "%s", id);
	LIST_INIT(&network->sessions);
	LIST_INSERT_HEAD(&networks, network, link);
	return network;
}

Network *
networks_first(void)
{
	return LIST_FIRST(&networks);
}

Network *
networks_next(const Network *network)
{
	return LIST_NEXT(network, link);
}

bool
network_has_job(const Network *network)
{
	return network->count > 0;
}

int64_t
network_newest_job(const Network *network)
{
	return network->jobs[network->count - 1].job_id;
}

int64_t
network_oldest_job(const Network *network)
{
	return network->count > 0 ? network->jobs[0].job_id : INT64_MAX;
}

static int
compare_jobs(const void *a, const void *b)
{
	int64_t left = ((const KnownJob *) a)->job_id;
	int64_t right = ((const KnownJob *) b)->job_id;

	return (left > right) - (left < right);
}

bool
network_knows_job(const Network *network, int64_t job_id)
{
	KnownJob key = {.job_id = job_id};

	return network->count > 0 &&
		   bsearch(&key, network->jobs, (size_t) network->count,
				   sizeof(KnownJob), compare_jobs) != NULL;
}

static void
drop_rendered(Network *network)
{
	for (int clean = 0; clean <= 1; clean++)
	{
		shared_buffer_unref(network->notify[clean]);
		network->notify[clean] = NULL;
	}
}

static void
append_job(Network *network, int64_t job_id)
{
	if (network->count > 0)
		network->jobs[network->count - 1].superseded_at = clock_now();

	if (network->count == network->capacity)
	{
		network->capacity = network->capacity ? network->capacity * 2 : 32;
		network->jobs = memory_resize(
			network->jobs, sizeof(KnownJob) * (size_t) network->capacity);
	}
	network->jobs[network->count++] = (KnownJob){.job_id = job_id};
}

JobNews
network_add_job(Network *network, const JobRow *row, bool is_state)
{
	JobNews news = JOB_NEW;

	if (network->count > 0 && row->job_id <= network_newest_job(network))
	{
		if (!is_state || row->job_id == network_newest_job(network))
			return JOB_KNOWN;
		network->count = 0;
		news = JOB_RESTARTS;
	}

	append_job(network, row->job_id);
	drop_rendered(network);
	free(network->notify_params);
	network->notify_params = memory_strdup(row->notify_params);
	network->version_mask = row->version_mask;
	network->difficulty_cap = row->difficulty_cap;
	return news;
}

SharedBuffer *
network_notify(Network *network, bool clean_jobs)
{
	SharedBuffer **notify = &network->notify[clean_jobs];

	if (*notify == NULL)
		*notify = notification_job(network_newest_job(network),
								   network->notify_params, clean_jobs);
	return *notify;
}

void
networks_forget_jobs(void)
{
	Network *network;

	LIST_FOREACH(network, &networks, link)
	{
		network->count = 0;
	}
}

void
networks_expire_jobs(double now)
{
	Network *network;

	LIST_FOREACH(network, &networks, link)
	{
		int old = 0;

		while (old < network->count - 1 &&
			   now - network->jobs[old].superseded_at > NETWORK_JOB_LIFETIME_S)
			old++;
		if (old == 0)
			continue;
		network->count -= old;
		memmove(network->jobs, network->jobs + old,
				sizeof(KnownJob) * (size_t) network->count);
	}
}
