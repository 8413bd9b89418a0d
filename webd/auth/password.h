/*
 * password.h
 *	  Hashing passwords (argon2id) without holding up the loop.
 *
 * A hash takes 64 MB and a good part of a second's tenth on purpose: two
 * threads do them, and the line before them is short.
 */
#ifndef WEBD_PASSWORD_H
#define WEBD_PASSWORD_H

#include <sodium.h>
#include <stdbool.h>
#include <sys/queue.h>

#define MIN_PASSWORD	   10
#define MAX_PASSWORD	   128
#define PASSWORD_HASH_SIZE crypto_pwhash_STRBYTES

typedef struct PasswordJob PasswordJob;
typedef void (*PasswordDone)(PasswordJob *job);

/* To be embedded in what it is for. */
struct PasswordJob
{
	STAILQ_ENTRY(PasswordJob) link;
	char password[MAX_PASSWORD + 1];
	char hash[PASSWORD_HASH_SIZE]; /* to compare with, or made */
	bool is_check;
	bool is_right; /* it was the password; or the hash could be made */
	PasswordDone done;
};

extern bool password_start(void);
extern void password_stop(void);

/* False when too many wait already; else it is done later, by the loop. */
extern bool password_submit(PasswordJob *job);

/* A hash that no password has: who is not there takes as long as others. */
extern const char *password_nobody(void);

/* Make a hash here and now. */
extern bool password_hash(const char *password, char hash[PASSWORD_HASH_SIZE]);

/* NULL, or what a password must be. */
extern const char *password_problem(const char *password);

#endif
