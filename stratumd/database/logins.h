/*
 * logins.h
 *	  Asking the database who a miner is: chimera.authorize, pipelined.
 */
#ifndef STRATUMD_LOGINS_H
#define STRATUMD_LOGINS_H

#include "database/login_turns.h"
#include "pipeline.h"
#include "session/session.h"

typedef enum LoginResult
{
	LOGIN_ACCEPTED,
	LOGIN_REFUSED,		/* error says why */
	LOGIN_FAILED,		/* an error of the database, in the log */
	LOGIN_TIMED_OUT,	/* its turn did not come in time */
	LOGIN_DATABASE_DOWN /* nor was the database there when that time was over */
} LoginResult;

/* What the database says of one who is let in. */
typedef struct LoginGrant
{
	int32_t miner_id;	 /* not above 0: the rig has none yet */
	const char *account; /* and rig, as the database spells them */
	const char *rig;
	double difficulty;	/* that its password asks for, or 0 */
	const char *notice; /* to be told to the miner, or NULL */
	const char *choice; /* a network of its own, or NULL: the listener's */
	const char *asked;	/* the network its password asks for, or NULL */
} LoginGrant;

typedef struct Login
{
	LoginTurn turn;
	PgCommand command;
	Session *session;
	RequestId id;
	unsigned long sent_after; /* so many reads of stratum_sessions */
	char *user;
	char *password;
} Login;

/* The login is freed after. */
typedef void (*LoginDone)(const Login *login, LoginResult result,
						  const LoginGrant *grant, const char *error);

extern void logins_start(LoginDone done);

/* Ask for a session; LoginDone gets the result. */
extern void logins_ask(Session *session, const RequestId *id, const char *user,
					   const char *password);

/* Send what waits; called in each iteration. */
extern void logins_dispatch(void);

/* Give up on what has waited too long. */
extern void logins_expire(double now);
extern bool logins_are_idle(void);

#endif
