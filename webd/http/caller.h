/*
 * caller.h
 *	  Who calls: the cookie, the bearer token, and the proof against forgery.
 *
 * The database knows neither cookie nor token, only their SHA-256; what is
 * made here is seen by the client alone.
 */
#ifndef WEBD_CALLER_H
#define WEBD_CALLER_H

#include <stdbool.h>

#define SECRET_BYTES 32
#define SECRET_SIZE	 44 /* as base64url, with '\0' */
#define TOKEN_PREFIX "chm_"
#define TOKEN_SIZE	 (SECRET_SIZE + sizeof(TOKEN_PREFIX) - 1)
#define HASH_SIZE	 67 /* a bytea in text: "\x", 64 digits, '\0' */
#define COOKIE_NAME	 "chimera_session"

typedef enum Credential
{
	CREDENTIAL_NONE,
	CREDENTIAL_COOKIE,
	CREDENTIAL_TOKEN
} Credential;

typedef struct Caller
{
	Credential credential;
	char hash[HASH_SIZE];
	char csrf_token[SECRET_SIZE]; /* of a cookie */
} Caller;

/*
 * From the headers Cookie and Authorization, either of which may be NULL.  A
 * token wins over a cookie; what can be neither counts as none.
 */
extern void
caller_read(Caller *caller, const char *cookies, const char *authorization);

/* Whether the header X-CSRF-Token (or NULL) is the one of the cookie. */
extern bool caller_is_genuine(const Caller *caller, const char *csrf_token);

/* A new cookie or token: its text, and the caller it makes. */
extern void caller_make_cookie(char cookie[SECRET_SIZE], Caller *caller);
extern void caller_make_token(char token[TOKEN_SIZE], char hash[HASH_SIZE]);

#endif
