/*
 * arguments.h
 *	  Reads a routine's arguments from a request's path, query and body.
 *
 * Only their form is checked here; the database checks what they mean.  JSON is
 * passed to it as the client wrote it.  A network may be given as "network" or
 * as "network_id", in the query and in the body.
 */
#ifndef WEBD_ARGUMENTS_H
#define WEBD_ARGUMENTS_H

#include <stddef.h>

#include "http/problem.h"
#include "http/routes.h"

typedef struct Arguments
{
	int count;
	char *values[MAX_ARGUMENTS]; /* as text for libpq; NULL is null */
} Arguments;

/* The parts of a request that contain arguments. */
typedef struct ArgumentSource
{
	const Uri *uri;
	const char *body; /* body_length bytes, followed by a '\0' */
	size_t body_length;
	const char *session_hash; /* a bytea as text; NULL: no session */
} ArgumentSource;

/* Sets the problem if it returns false.  Call arguments_free in either case. */
extern bool arguments_read(Arguments *arguments, const Route *route,
						   const ArgumentSource *source, Problem *problem);

/* The value of one of the route's arguments, by name. */
extern const char *
arguments_get(const Arguments *arguments, const Route *route, const char *name);

extern void arguments_free(Arguments *arguments);

#endif
