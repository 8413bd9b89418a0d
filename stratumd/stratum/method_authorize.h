/*
 * method_authorize.h
 *	  What logins.c tells when the database has answered.
 */
#ifndef STRATUMD_METHOD_AUTHORIZE_H
#define STRATUMD_METHOD_AUTHORIZE_H

#include "database/logins.h"

extern void
method_authorize_done(const Login *login, LoginResult result,
					  const LoginGrant *admission, const char *error);

#endif
