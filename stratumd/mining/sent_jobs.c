/*
 * sent_jobs.c
 *	  Which jobs a session was sent, and at which difficulty.
 */
#include "mining/sent_jobs.h"

#include <stdlib.h>

#include "memory.h"

SentRange *
sent_jobs_find(const SentJobs *history, int64_t job_id)
{
	for (int i = history->count - 1; i >= 0; i--)
	{
		SentRange *range = &history->ranges[i];

		if (job_id >= range->first_job && job_id <= range->last_job &&
			network_knows_job(range->network, job_id))
			return range;
	}
	return NULL;
}

int64_t
sent_jobs_newest(const SentJobs *history)
{
	int64_t newest = 0;

	for (int i = 0; i < history->count; i++)
		if (history->ranges[i].last_job > newest)
			newest = history->ranges[i].last_job;
	return newest;
}

static void
drop_forgotten(SentJobs *history)
{
	int kept = 0;

	for (int i = 0; i < history->count; i++)
	{
		SentRange *range = &history->ranges[i];

		if (range->last_job >= network_oldest_job(range->network))
			history->ranges[kept++] = *range;
	}
	history->count = kept;
}

static bool
continues_range(const SentRange *range, const SentRange *sent)
{
	return range->network == sent->network &&
		   range->last_job <= sent->first_job &&
		   range->difficulty == sent->difficulty &&
		   range->version_mask == sent->version_mask;
}

void
sent_jobs_add(SentJobs *history, const SentRange *sent)
{
	SentRange *last =
		history->count > 0 ? &history->ranges[history->count - 1] : NULL;

	if (last && continues_range(last, sent))
	{
		last->last_job = sent->last_job;
		return;
	}
	drop_forgotten(history);
	history->ranges = memory_resize(
		history->ranges, sizeof(SentRange) * (size_t) (history->count + 1));
	history->ranges[history->count++] = *sent;
}

void
sent_jobs_forget(SentJobs *history, const Network *network)
{
	int kept = 0;

	for (int i = 0; i < history->count; i++)
		if (history->ranges[i].network != network)
			history->ranges[kept++] = history->ranges[i];
	history->count = kept;
}

void
sent_jobs_clear(SentJobs *history)
{
	free(history->ranges);
	history->ranges = NULL;
	history->count = 0;
}
