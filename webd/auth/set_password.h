/*
 * set_password.h
 *	  webd --set-password: sets the password of an account's web user.
 */
#ifndef WEBD_SET_PASSWORD_H
#define WEBD_SET_PASSWORD_H

#include <stdbool.h>

/* Returns the exit code; errors go to standard error. */
extern int
set_password(const char *database, const char *account, bool is_admin);

#endif
