/*
 * sign_in.h
 *	  Signing up, in and out, and showing the session.
 */
#ifndef WEBD_SIGN_IN_H
#define WEBD_SIGN_IN_H

#include "http/request.h"

extern void sign_in_init(bool secure_cookies);

/* Run a request for one of these. */
extern void sign_in_run(Request *request);

#endif
