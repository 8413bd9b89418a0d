/*
 * credential_steps.h
 *	  Requests that handle passwords or tokens in several steps.
 *
 * A step calls a routine of the database or hashes a password, and its
 * completion starts the next one.
 */
#ifndef WEBD_CREDENTIAL_STEPS_H
#define WEBD_CREDENTIAL_STEPS_H

#include <jansson.h>

#include "auth/password.h"
#include "http/request.h"

#define MAX_CALL_VALUES 5

typedef struct CredentialSteps
{
	Request *request;
	PasswordJob job;
	char secret[TOKEN_SIZE]; /* the text of a new cookie or token */
	Caller caller;			 /* with the new cookie */
	char token_hash[HASH_SIZE];
	const char *values[MAX_CALL_VALUES]; /* of the call under way */
} CredentialSteps;

/* Attach the state to the request, which frees it. */
extern CredentialSteps *credential_steps_new(Request *request);

/* A statement that calls a routine with the named arguments. */
#define CREDENTIAL_STATEMENT(routine, ...)                                     \
	database_statement(routine,                                                \
					   sizeof((const char *[]){__VA_ARGS__}) / sizeof(char *), \
					   (const char *[]){__VA_ARGS__})

extern void
credential_steps_call(Request *request, const Statement *statement, int count,
					  const char *const *values, DatabaseDone done);
extern void credential_steps_refuse(Request *request, Problem problem);

/* An argument of the request, by name. */
extern const char *
credential_steps_argument(const Request *request, const char *name);

/* Takes over the reference to json. */
extern Response *credential_steps_json(unsigned status, json_t *json);

/* The object that the database returned; if NULL, the request has failed. */
extern json_t *credential_steps_read_object(Request *request, const char *value,
											const Problem *problem);

extern void credential_steps_hash(CredentialSteps *steps, const char *password,
								  PasswordDone done);

/* Whether the hash could be computed; if not, the request has failed. */
extern bool credential_steps_was_hashed(PasswordJob *job, Request *request);

/* Compare with the hash that the database returned: {"password_hash": text or
 * null}. */
extern void credential_steps_compare(Request *request, const char *password,
									 const char *value, const Problem *problem,
									 PasswordDone done);

#endif
