/*
 * rate_limit.h
 *	  How many requests an address may make: a bucket of tokens each.
 */
#ifndef WEBD_RATE_LIMIT_H
#define WEBD_RATE_LIMIT_H

#include <stdbool.h>

/* Requests a second, five seconds' worth at once; 0: any number. */
extern void rate_limit_start(int rate);

/* Whether one more request is allowed; for IPv6, a /64 counts as one address. */
extern bool rate_limit_take(const char *address);

#endif
