/*
 * own_credentials.h
 *	  Changing a user's own password, and creating API tokens.
 */
#ifndef WEBD_OWN_CREDENTIALS_H
#define WEBD_OWN_CREDENTIALS_H

#include "http/request.h"

/* Prepare the statements; once, before the first request. */
extern void own_credentials_init(void);
extern void own_credentials_change_password(Request *request);
extern void own_credentials_add_token(Request *request);

#endif
