/*
 * arguments.h
 *	  A request's path, query and body as a routine's arguments.
 *
 * Only their form is checked here, what they mean is the database's matter.
 * JSON goes to it as the client wrote it.  A network may be given as "network"
 * or as "network_id", in the query and in the body.
 */
#ifndef WEBD_ARGUMENTS_H
#define WEBD_ARGUMENTS_H

#include <stddef.h>

#include "http/problem.h"
#include "http/routes.h"

typedef struct Arguments
{
	int count;
	char *values[MAX_ARGUMENTS]; /* as libpq wants them; NULL is null */
} Arguments;

/* Where arguments come from. */
typedef struct ArgumentSource
{
	const Uri *uri;
	const char *body; /* of body_length bytes, and a '\0' behind them */
	size_t body_length;
	const char *session_hash; /* as bytea in text; NULL: there is none */
} ArgumentSource;

/* False with the problem; arguments_free is due in either case. */
extern bool arguments_read(Arguments *params, const Route *route,
						   const ArgumentSource *source, Problem *problem);

/* A value by the name of its argument; it must be one of the route's. */
extern const char *
arguments_get(const Arguments *params, const Route *route, const char *name);

extern void arguments_free(Arguments *params);

#endif
