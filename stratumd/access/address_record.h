/*
 * address_record.h
 *	  The connections of one address: how many there may be, and how they have
 *	  behaved.
 *
 * An IPv6 host usually has a /64 to itself, so a /64 counts as one address.
 * The behaviour of an address is remembered for a while after its last
 * connection, so that reconnecting does not reset it.
 */
#ifndef STRATUMD_ADDRESS_RECORD_H
#define STRATUMD_ADDRESS_RECORD_H

#include <stdbool.h>

#include "net/peer.h"

#include <sys/queue.h>

typedef struct AddressConnections AddressConnections;

/* The list that a line is in: login_turns.c. */
typedef enum LineState
{
	LINE_EMPTY,
	LINE_READY,
	LINE_DOUBTFUL,
	LINE_BUSY,
	LINE_THROTTLED,
	LINE_STATES /* how many there are */
} LineState;

/* The logins of an address that wait for the database. */
typedef struct AddressLine
{
	TAILQ_ENTRY(AddressLine) link;
	AddressConnections *connections;
	struct LoginTurn *first;
	struct LoginTurn *last;
	LineState state;
	int under_way;
	double allowance;  /* logins that it may send at once... */
	double allowed_at; /* ...as of this time; 0: it has never sent one */
} AddressLine;

/*
 * Counts of submissions, for an address those since the last window ended;
 * reputation.c maintains them.
 */
typedef struct AddressRecord
{
	int good;
	int bad;
} AddressRecord;

/* The most connections of an address; 0: any number. */
extern void address_record_set_limit(int limit);

/*
 * Count a connection; false if its address has reached the limit.  Each one
 * counted is given back by address_record_leave.
 */
extern bool
address_record_join(const Peer *peer, AddressConnections **connections);
extern void address_record_leave(AddressConnections *connections);
extern AddressRecord *address_record_get(AddressConnections *connections);
extern AddressLine *address_record_line(AddressConnections *connections);

/* How many names without an accepted share its connections have authorized. */
extern int *address_record_new_names(AddressConnections *connections);

/* Whether most of its submissions were bad. */
extern bool address_record_is_doubtful(const AddressConnections *connections);

/* Forget addresses that had no connection for a long time. */
extern void address_records_expire(double now);

#endif
