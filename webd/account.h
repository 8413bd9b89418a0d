/*
 * account.h
 *	  Signing up, in and out, passwords and tokens: what takes more than one
 *	  call of a routine, or a secret that is made here.
 */
#ifndef WEBD_ACCOUNT_H
#define WEBD_ACCOUNT_H

#include "request.h"

extern void account_init(bool secure_cookies);
extern void account_run(Request *request);
extern void account_free_flow(void *flow);

#endif
