/*
 * set_password.h
 *	  webd --set-password: the operator lets an account sign in.
 */
#ifndef WEBD_SET_PASSWORD_H
#define WEBD_SET_PASSWORD_H

#include <stdbool.h>

/* The exit code; complaints go to standard error. */
extern int
set_password(const char *database, const char *account, bool is_admin);

#endif
