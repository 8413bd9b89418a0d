/*
 * login_turns.h
 *	  What waits for the database on the connection for logins, address by
 *	  address.
 *
 * Each address has a line of its own, and the lines take turns, so that ten
 * thousand logins of one address don't keep one of another waiting.  An
 * address has only so many under way, and only so many in the long run.  Those
 * that have behaved badly wait for all others, and go one by one with a rest
 * between them: a flood that comes again each time it is closed would log in
 * more often than it submits.
 */
#ifndef STRATUMD_LOGIN_TURNS_H
#define STRATUMD_LOGIN_TURNS_H

#include <stdbool.h>

#include "access/address_record.h"

typedef struct LoginTurn LoginTurn;

/* To be embedded in what waits. */
struct LoginTurn
{
	LoginTurn *next;
	AddressConnections *crowd;
	double queued_at;
	double sent_at;
	bool is_doubtful; /* as it was sent */

	/* It is its turn; login_turns_end is called once it has been answered. */
	void (*send)(LoginTurn *turn);

	/* It has waited too long; it is not in the line any more. */
	void (*expire)(LoginTurn *turn, bool is_away);
};

extern void login_turns_init(void);

/* At the end of its address's line; the other members are set before. */
extern void login_turns_add(LoginTurn *turn, AddressConnections *crowd);

/* At its head: it was sent, and the answer lost. */
extern void login_turns_return(LoginTurn *turn);

/* The database cannot answer now: send nothing for a moment. */
extern void login_turns_pause(void);

/* Send what may go. */
extern void login_turns_dispatch(void);

/* It has been answered, or is to be sent again: another may go. */
extern void login_turns_end(LoginTurn *turn);

/* Give up on what has waited too long; is_away: because of the database. */
extern void login_turns_expire(double now, bool is_away);
extern bool login_turns_are_empty(void);

#endif
