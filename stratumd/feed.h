/*
 * feed.h
 *	  What the database tells: listeners, jobs, extranonce1 leases.
 */
#ifndef STRATUMD_FEED_H
#define STRATUMD_FEED_H

extern void feed_start(const char *conninfo);

/* Lease extranonce1 values ahead of need; called in each iteration. */
extern void feed_lease_extranonces(void);
extern void feed_stop(void);

#endif
