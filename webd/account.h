/*
 * account.h
 *	  A user's new password, and new API tokens.
 */
#ifndef WEBD_ACCOUNT_H
#define WEBD_ACCOUNT_H

#include "request.h"

extern void account_init(void);
extern void account_change_password(Request *request);
extern void account_add_token(Request *request);

#endif
