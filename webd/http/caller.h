/*
 * caller.h
 *	  Identifies the caller by cookie or bearer token, and checks the CSRF
 *token.
 *
 * The database stores only the SHA-256 of cookies and tokens.  Only the client
 * sees the secrets themselves.
 */
#ifndef WEBD_CALLER_H
#define WEBD_CALLER_H

#include <stdbool.h>

#define SECRET_BYTES 32
#define SECRET_SIZE	 44 /* as base64url, with '\0' */
#define TOKEN_PREFIX "chm_"
#define TOKEN_SIZE	 (SECRET_SIZE + sizeof(TOKEN_PREFIX) - 1)
#define HASH_SIZE	 67 /* a bytea as text: "\x", 64 digits, '\0' */
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
	char csrf_token[SECRET_SIZE]; /* with a cookie */
} Caller;

/*
 * Read the headers Cookie and Authorization, either of which may be NULL.  A
 * token takes precedence over a cookie; a malformed one counts as none.
 */
extern void
caller_read(Caller *caller, const char *cookies, const char *authorization);

/* Whether the header X-CSRF-Token, which may be NULL, matches the cookie. */
extern bool caller_has_csrf_token(const Caller *caller, const char *csrf_token);

/* Create a cookie and its caller, or a token and its hash. */
extern void caller_make_cookie(char cookie[SECRET_SIZE], Caller *caller);
extern void caller_make_token(char token[TOKEN_SIZE], char hash[HASH_SIZE]);

#endif
