/*
 * address_record.h
 *	  The connections of one address: no more than are allowed, and how they
 *	  have behaved.
 *
 * An IPv6 host has a network of 64 bits to itself as a rule, so that counts as
 * one address.  How an address has behaved is remembered for a while after its
 * last connection, so that it can't begin anew by reconnecting.
 */
#ifndef STRATUMD_ADDRESS_RECORD_H
#define STRATUMD_ADDRESS_RECORD_H

#include <stdbool.h>

#include "net/peer.h"

#include <sys/queue.h>

typedef struct Crowd Crowd;

/* Where a line stands: login_turns.c. */
typedef enum LineState
{
	LINE_EMPTY,
	LINE_READY,
	LINE_DOUBTFUL,
	LINE_BUSY,
	LINE_RESTING,
	LINE_STATES /* how many there are */
} LineState;

/* What of an address waits for the database on the connection for logins. */
typedef struct CrowdLine
{
	TAILQ_ENTRY(CrowdLine) link;
	Crowd *crowd;
	struct Turn *first;
	struct Turn *last;
	LineState state;
	int under_way;
	double allowance;  /* what it may ask for at once... */
	double allowed_at; /* ...at this time; 0: it has never asked */
} CrowdLine;

/*
 * Submissions, of a crowd those since the last window ended; reputation.c counts
 * them.
 */
typedef struct CrowdRecord
{
	int good;
	int bad;
} CrowdRecord;

/* Connections that an address may have; 0: any number. */
extern void crowd_set_limit(int limit);

/*
 * Count a connection; false: its address has as many as it may.  The crowd it
 * is counted in is left again by crowd_leave.
 */
extern bool crowd_join(const Peer *peer, Crowd **crowd);
extern void crowd_leave(Crowd *crowd);
extern CrowdRecord *crowd_record(Crowd *crowd);
extern CrowdLine *crowd_line(Crowd *crowd);

/* The names without an accepted share that its connections have authorized. */
extern int *crowd_new_names(Crowd *crowd);

/* Whether most of its submissions were bad. */
extern bool crowd_is_doubtful(const Crowd *crowd);

/* Forget addresses that have been away for long. */
extern void crowds_expire(double now);

#endif
