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

typedef struct Params
{
	int count;
	char *values[MAX_ARGUMENTS]; /* as libpq wants them; NULL is null */
} Params;

/* Where arguments come from. */
typedef struct ParamSource
{
	const Uri *uri;
	const char *body; /* of body_length bytes, and a '\0' behind them */
	size_t body_length;
	const char *session_hash; /* as bytea in text; NULL: there is none */
} ParamSource;

/* False with the problem; params_free is due in either case. */
extern bool params_read(Params *params, const Route *route,
						const ParamSource *source, Problem *problem);

/* A value by the name of its argument; it must be one of the route's. */
extern const char *
params_get(const Params *params, const Route *route, const char *name);

extern void params_free(Params *params);

#endif
