/*
 * feed.h
 *	  What the database tells: listeners, sessions, jobs, bans, extranonce1
 *	  leases.
 */
#ifndef STRATUMD_FEED_H
#define STRATUMD_FEED_H

#include <stdbool.h>

#include "mining/network.h"

extern void feed_start(const char *conninfo);

/* Lease extranonce1 values ahead of need; called in each iteration. */
extern void feed_lease_extranonces(void);

/* Ask which sessions have a network of their own. */
extern void feed_read_sessions(void);

/* Ask for the limits and for who is banned when that is due. */
extern void feed_check_bans(double now);

/* Whether the database can be asked now. */
extern bool feed_is_ready(void);

/* Ask for the mark of a network's choices (difficulty_choice.h), maybe with a
 * new job. */
extern void feed_ask_mark(const Network *network, bool renew);

/* How often feed_read_sessions asked. */
extern unsigned long feed_session_reads(void);
extern void feed_stop(void);

#endif
