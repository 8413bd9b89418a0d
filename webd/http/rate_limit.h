/*
 * rate_limit.h
 *	  Limits the rate of requests per address with a token bucket for each.
 */
#ifndef WEBD_RATE_LIMIT_H
#define WEBD_RATE_LIMIT_H

#include <stdbool.h>

/* rate is in requests per second, 0: unlimited.  A burst may have the requests
 * of five seconds. */
extern void rate_limit_start(int rate);

/* Whether one more request is allowed; for IPv6, a /64 counts as one address.
 */
extern bool rate_limit_take(const char *address);

#endif
