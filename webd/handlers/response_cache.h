/*
 * response_cache.h
 *	  Public answers, kept for a moment: many viewers, one question.
 *
 * Who asks while the same is being asked waits for that answer.
 */
#ifndef WEBD_RESPONSE_CACHE_H
#define WEBD_RESPONSE_CACHE_H

#include "http/request.h"

/* Answer a public route's request by its routine, or from memory. */
extern void response_cache_ask(Request *request);

#endif
