/*
 * sign_in.h
 *	  Signing up, in and out, and who is signed in.
 */
#ifndef WEBD_SIGN_IN_H
#define WEBD_SIGN_IN_H

#include "http/request.h"

extern void sign_in_init(bool secure_cookies);
extern void sign_in_run(Request *request);

#endif
