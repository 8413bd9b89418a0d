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

typedef struct AddressConnections AddressConnections;

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
typedef struct AddressLine
{
	TAILQ_ENTRY(AddressLine) link;
	AddressConnections *crowd;
	struct LoginTurn *first;
	struct LoginTurn *last;
	LineState state;
	int under_way;
	double allowance;  /* what it may ask for at once... */
	double allowed_at; /* ...at this time; 0: it has never asked */
} AddressLine;

/*
 * Submissions, of a crowd those since the last window ended; reputation.c
 * counts them.
 */
typedef struct AddressRecord
{
	int good;
	int bad;
} AddressRecord;

/* Connections that an address may have; 0: any number. */
extern void address_record_set_limit(int limit);

/*
 * Count a connection; false: its address has as many as it may.  The crowd it
 * is counted in is left again by address_record_leave.
 */
extern bool address_record_join(const Peer *peer, AddressConnections **crowd);
extern void address_record_leave(AddressConnections *crowd);
extern AddressRecord *address_record_get(AddressConnections *crowd);
extern AddressLine *address_record_line(AddressConnections *crowd);

/* The names without an accepted share that its connections have authorized. */
extern int *address_record_new_names(AddressConnections *crowd);

/* Whether most of its submissions were bad. */
extern bool address_record_is_doubtful(const AddressConnections *crowd);

/* Forget addresses that have been away for long. */
extern void address_records_expire(double now);

#endif
