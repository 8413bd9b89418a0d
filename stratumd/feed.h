/*
 * feed.h
 *	  What the database sends: listeners, sessions, jobs, bans, leases of
 *	  extranonce1 values.
 */
#ifndef STRATUMD_FEED_H
#define STRATUMD_FEED_H

extern void feed_start(const char *conninfo);

/* Lease extranonce1 values in advance; called in each iteration. */
extern void feed_lease_extranonces(void);

/* Ask which sessions have a network of their own. */
extern void feed_read_sessions(void);

/* Read the limits and the bans if that is due. */
extern void feed_check_bans(double now);

/* Ask for the marks of chosen difficulties; called in each iteration. */
extern void feed_ask_marks(void);
extern void feed_stop(void);

#endif
