/*
 * own_credentials.h
 *	  A user's new password, and new API tokens.
 */
#ifndef WEBD_OWN_CREDENTIALS_H
#define WEBD_OWN_CREDENTIALS_H

#include "http/request.h"

extern void own_credentials_init(void);
extern void own_credentials_change_password(Request *request);
extern void own_credentials_add_token(Request *request);

#endif
