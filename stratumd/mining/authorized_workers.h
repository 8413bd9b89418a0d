/*
 * authorized_workers.h
 *	  The names that may submit on a connection.
 *
 * A farm's proxy authorizes a thousand of them, so they are found by
 * bisection.  A worker without a number is a rig without an accepted share:
 * the database inserts its row with the first one (first_share.c).
 */
#ifndef STRATUMD_AUTHORIZED_WORKERS_H
#define STRATUMD_AUTHORIZED_WORKERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct FirstShares;

typedef struct Worker
{
	char *name;		  /* as the miner writes it */
	int32_t miner_id; /* 0 or less: it has no number yet */

	/*
	 * while it has no number: how the database spells account and rig, and its
	 * shares that wait for the number
	 */
	char *account;
	char *rig;
	struct FirstShares *first_shares;
} Worker;

typedef struct Workers
{
	Worker *list; /* in the order of their logins */
	int *by_name; /* places in the list */
	int count;
} Workers;

/* The worker of that name, or NULL. */
extern Worker *
workers_find(const Workers *workers, const char *name, size_t length);

/* The worker of that name; it is added if it does not exist. */
extern Worker *workers_get(Workers *workers, const char *name);
extern void workers_clear(Workers *workers);

static inline bool
worker_is_new(const Worker *worker)
{
	return worker->miner_id <= 0;
}

/* Set the names by which the database will insert it, or its number. */
extern void
worker_set_names(Worker *worker, const char *account, const char *rig);
extern void worker_set_number(Worker *worker, int32_t miner_id);

#endif
