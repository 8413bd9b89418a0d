/*
 * logins.h
 *	  Asks the database to authorize miners: chimera.authorize, pipelined.
 */
#ifndef STRATUMD_LOGINS_H
#define STRATUMD_LOGINS_H

#include "database/login_turns.h"
#include "pipeline.h"
#include "session/session.h"

typedef enum LoginResult
{
	LOGIN_ACCEPTED,
	LOGIN_REFUSED,		/* error has the reason */
	LOGIN_FAILED,		/* the database reported an error, which the log has */
	LOGIN_TIMED_OUT,	/* its turn did not come in time */
	LOGIN_DATABASE_DOWN /* its turn did not come, and the database is
						 * unavailable */
} LoginResult;

/* What the database grants to a miner. */
typedef struct LoginGrant
{
	int32_t miner_id;	 /* 0 or less: the rig has none yet */
	const char *account; /* and rig, as the database spells them */
	const char *rig;
	double difficulty;	/* that the password asks for, or 0 */
	const char *notice; /* to send to the miner, or NULL */
	const char *choice; /* its own network, or NULL: the listener's */
	const char *asked;	/* the network that the password asks for, or NULL */
} LoginGrant;

typedef struct Login
{
	LoginTurn turn;
	PgCommand command;
	Session *session;
	RequestId id;
	unsigned long sent_after; /* reads of stratum_sessions sent before it */
	char *user;
	char *password;
} Login;

/* The caller frees the login. */
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
