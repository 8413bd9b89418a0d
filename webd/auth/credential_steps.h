/*
 * credential_steps.h
 *	  Requests that take several steps: calls of routines and hashes, each the
 *	  completion of the one before.
 */
#ifndef WEBD_CREDENTIAL_STEPS_H
#define WEBD_CREDENTIAL_STEPS_H

#include <jansson.h>

#include "auth/password.h"
#include "http/request.h"

#define MAX_STEPS_VALUES 5

typedef struct CredentialSteps
{
	Request *request;
	PasswordJob job;
	char secret[TOKEN_SIZE]; /* a new cookie's or token's text */
	Caller caller;			 /* with the new cookie */
	char token_hash[HASH_SIZE];
	const char *values[MAX_STEPS_VALUES]; /* of the call under way */
} CredentialSteps;

/* The request's state; it is freed with the request. */
extern CredentialSteps *credential_steps_new(Request *request);

/* The statement of a routine by its arguments' names. */
#define STEPS_STATEMENT(routine, ...)                                          \
	database_statement(routine,                                                \
					   sizeof((const char *[]){__VA_ARGS__}) / sizeof(char *), \
					   (const char *[]){__VA_ARGS__})

extern void
credential_steps_call(Request *request, const Statement *statement, int count,
					  const char *const *values, PoolDone done);
extern void credential_steps_refuse(Request *request, Problem problem);

/* An argument of the request's by its name. */
extern const char *
credential_steps_param(const Request *request, const char *name);

/* The reference is taken over. */
extern Response *credential_steps_json(unsigned status, json_t *json);

/* The database's object, or NULL and the request has failed. */
extern json_t *credential_steps_read_object(Request *request, const char *value,
											const Problem *problem);

extern void credential_steps_hash(CredentialSteps *steps, const char *password,
								  PasswordDone done);

/* False, and the request has failed, when the hash could not be made. */
extern bool credential_steps_was_hashed(PasswordJob *job, Request *request);

/* Compare with the database's {"password_hash": text or null}. */
extern void credential_steps_compare(Request *request, const char *password,
									 const char *value, const Problem *problem,
									 PasswordDone done);

#endif
