/*
 * metrics.h
 *	  What this process has done, in numbers for Prometheus.
 *
 * Whoever does a thing counts it here; metrics_server.c shows the numbers.
 */
#ifndef STRATUMD_METRICS_H
#define STRATUMD_METRICS_H

#include <stddef.h>
#include <stdint.h>

#include "database/share_queue.h"

typedef struct Metrics
{
	uint64_t sessions_opened;
	uint64_t sessions_refused; /* none left, in all or for the address */
	uint64_t banned_refused;   /* by an address that is banned */
	uint64_t sessions_slow;	   /* closed: too slow, or silent */
	uint64_t sessions_fast;	   /* closed: too many lines */
	uint64_t sessions_foreign; /* closed: another protocol */
	uint64_t sessions_banned;  /* closed because of a ban */
	uint64_t bans;			   /* that this process has decided */
	uint64_t proxy_refused;	   /* without a valid PROXY header */
	uint64_t lines;
	uint64_t bytes_received; /* as miners sent them, before TLS */
	uint64_t bytes_sent;
	uint64_t shares[SHARE_RESULTS]; /* by the database's answer */
	uint64_t shares_refused;		/* without asking the database */
} Metrics;

extern Metrics metrics;

/* The numbers as Prometheus' text; its length, or 0 if it does not fit. */
extern size_t metrics_write(char *text, size_t size);

#endif
