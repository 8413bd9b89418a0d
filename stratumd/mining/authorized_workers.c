/*
 * authorized_workers.c
 *	  The names that may submit on a connection.
 */
#include "mining/authorized_workers.h"

#include <stdlib.h>
#include <string.h>

#include "memory.h"

static int
compare_names(const Worker *worker, const char *name, size_t length)
{
	int order = strncmp(worker->name, name, length);

	if (order != 0)
		return order;
	return worker->name[length] != '\0';
}

/* The place in by_name where the name is or would be. */
static int
find_place(const Workers *workers, const char *name, size_t length)
{
	int low = 0;
	int high = workers->count;

	while (low < high)
	{
		int middle = low + (high - low) / 2;
		const Worker *worker = &workers->list[workers->by_name[middle]];

		if (compare_names(worker, name, length) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

Worker *
workers_find(const Workers *workers, const char *name, size_t length)
{
	int place = find_place(workers, name, length);
	Worker *worker;

	if (place == workers->count)
		return NULL;
	worker = &workers->list[workers->by_name[place]];
	return compare_names(worker, name, length) == 0 ? worker : NULL;
}

static void
make_room(Workers *workers)
{
	size_t count = (size_t) workers->count;

	/* the capacity is the next power of two */
	if ((count & (count - 1)) != 0)
		return;
	count = count ? 2 * count : 1;
	workers->list = memory_resize(workers->list, sizeof(Worker) * count);
	workers->by_name = memory_resize(workers->by_name, sizeof(int) * count);
}

Worker *
workers_get(Workers *workers, const char *name)
{
	int place = find_place(workers, name, strlen(name));
	Worker *worker = workers_find(workers, name, strlen(name));

	if (worker)
		return worker;
	make_room(workers);
	memmove(workers->by_name + place + 1, workers->by_name + place,
			sizeof(int) * (size_t) (workers->count - place));
	workers->by_name[place] = workers->count;
	worker = &workers->list[workers->count++];
	*worker = (Worker){.name = memory_strdup(name)};
	return worker;
}

void
workers_clear(Workers *workers)
{
	for (int i = 0; i < workers->count; i++)
	{
		Worker *worker = &workers->list[i];

		free(worker->name);
		free(worker->account);
		free(worker->rig);
		free(worker->first_shares);
	}
	free(workers->list);
	free(workers->by_name);
	*workers = (Workers){0};
}

void
worker_set_names(Worker *worker, const char *account, const char *rig)
{
	free(worker->account);
	free(worker->rig);
	worker->account = memory_strdup(account);
	worker->rig = memory_strdup(rig);
}

void
worker_set_number(Worker *worker, int32_t miner_id)
{
	worker->miner_id = miner_id;
	if (worker_is_new(worker))
		return;
	free(worker->account);
	free(worker->rig);
	worker->account = NULL;
	worker->rig = NULL;
}
