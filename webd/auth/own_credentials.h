/*
 * own_credentials.h
 *	  A user's new password, and new API tokens.
 */
#ifndef WEBD_OWN_CREDENTIALS_H
#define WEBD_OWN_CREDENTIALS_H

#include "http/request.h"

extern void account_init(void);
extern void account_change_password(Request *request);
extern void account_add_token(Request *request);

#endif
