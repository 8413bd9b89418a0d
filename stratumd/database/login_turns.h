/*
 * login_turns.h
 *	  The order in which logins go to the database, address by address.
 *
 * Each address has a line of its own, and the lines take turns, so that ten
 * thousand logins from one address do not delay one from another.  The logins
 * of an address that are under way, and those in the long run, are limited.
 * Addresses that have behaved badly go last, one login at a time with a pause
 * after each: a flood that reconnects whenever it is closed would otherwise
 * log in more often than it submits.
 */
#ifndef STRATUMD_LOGIN_TURNS_H
#define STRATUMD_LOGIN_TURNS_H

#include <stdbool.h>

#include "access/address_record.h"

typedef struct LoginTurn LoginTurn;

/* Embedded in a login or a first share. */
struct LoginTurn
{
	LoginTurn *next;
	AddressConnections *connections;
	double queued_at;
	double sent_at;
	bool is_doubtful; /* when it was sent */

	/*
	 * Its turn has come; the sender calls login_turns_end after the response.
	 */
	void (*send)(LoginTurn *turn);

	/* It has waited too long, and is no longer in the line. */
	void (*expire)(LoginTurn *turn, bool is_unavailable);
};

extern void login_turns_init(void);

/* Append to its address's line; set the other members before. */
extern void login_turns_add(LoginTurn *turn, AddressConnections *connections);

/* Put it at the head again: the response was lost. */
extern void login_turns_return(LoginTurn *turn);

/* The database cannot answer now: send nothing for a moment. */
extern void login_turns_pause(void);

/* Send what may go now. */
extern void login_turns_dispatch(void);

/* It was answered or will be sent again: another one may go. */
extern void login_turns_end(LoginTurn *turn);

/* Give up on what has waited too long; is_unavailable: for the database. */
extern void login_turns_expire(double now, bool is_unavailable);
extern bool login_turns_are_empty(void);

#endif
