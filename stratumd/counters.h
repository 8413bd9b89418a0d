/*
 * counters.h
 *	  What this process has done, counted since it started.
 *
 * The code that does a thing counts it here; metrics.c shows the numbers.
 */
#ifndef STRATUMD_COUNTERS_H
#define STRATUMD_COUNTERS_H

#include <stdint.h>

#include "share_result.h"

typedef struct Counters
{
	uint64_t sessions_opened;
	uint64_t sessions_refused; /* a connection limit was reached */
	uint64_t banned_refused;   /* the address is banned */
	uint64_t sessions_slow;	   /* closed: too slow, or silent */
	uint64_t sessions_fast;	   /* closed: too many lines */
	uint64_t sessions_foreign; /* closed: another protocol */
	uint64_t sessions_banned;  /* closed because of a ban */
	uint64_t bans;			   /* that this process has decided */
	uint64_t proxy_refused;	   /* without a valid PROXY header */
	uint64_t lines;
	uint64_t bytes_received; /* from miners, without TLS's overhead */
	uint64_t bytes_sent;
	uint64_t shares[SHARE_RESULTS]; /* by result */
	uint64_t shares_refused;		/* without asking the database */
} Counters;

extern Counters counters;

#endif
