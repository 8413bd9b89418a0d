/*
 * method_configure.h
 *	  mining.configure [extensions, parameters]: what both sides can do.
 */
#ifndef STRATUMD_METHOD_CONFIGURE_H
#define STRATUMD_METHOD_CONFIGURE_H

#include "protocol/request.h"
#include "session/session.h"

extern void method_configure(Session *session, const Request *request);

#endif
