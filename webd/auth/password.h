/*
 * password.h
 *	  Hashing passwords (Argon2id) in threads, so that the loop is not blocked.
 *
 * By design, a hash takes 64 MB and nearly a tenth of a second.  Therefore only
 * two threads compute them, and the queue is short.
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

/* Embedded in the struct that the job belongs to. */
struct PasswordJob
{
	STAILQ_ENTRY(PasswordJob) link;
	char password[MAX_PASSWORD + 1];
	char hash[PASSWORD_HASH_SIZE]; /* input if is_check, else the result */
	bool is_check;
	bool is_right; /* the password matches, or the hash was computed */
	PasswordDone done;
};

extern bool password_start(void);
extern void password_stop(void);

/* Enqueue a job, whose done the loop calls later; false if the queue is full.
 */
extern bool password_submit(PasswordJob *job);

/* A hash of a random password, compared with for users that do not exist, so
 * that this takes as long as for others. */
extern const char *password_dummy_hash(void);

/* Hash synchronously; false if memory is exhausted. */
extern bool password_hash(const char *password, char hash[PASSWORD_HASH_SIZE]);

/* NULL, or why the password is not acceptable. */
extern const char *password_problem(const char *password);

#endif
