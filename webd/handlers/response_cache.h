/*
 * response_cache.h
 *	  Cache of public responses, so that many viewers cause one database call.
 *
 * A request that arrives while the same call is under way waits for its result.
 */
#ifndef WEBD_RESPONSE_CACHE_H
#define WEBD_RESPONSE_CACHE_H

#include "http/request.h"

/* Respond to a request for a public route, from the cache or the database. */
extern void response_cache_serve(Request *request);

#endif
