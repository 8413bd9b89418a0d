/*
 * foreign_protocol.h
 *	  Connections that speak another protocol at a plain port: TLS, HTTP, a
 *	  load balancer's PROXY header.
 *
 * Somebody used the wrong port: a miner that tries TLS first, a balancer's
 * health check, a browser.  The connection is closed at once, which does not
 * count against its address.
 */
#ifndef STRATUMD_FOREIGN_PROTOCOL_H
#define STRATUMD_FOREIGN_PROTOCOL_H

#include "session/session.h"

/* How many first bytes are examined. */
#define FOREIGN_PROTOCOL_BYTES 8

/* Finish the session if these bytes belong to such a protocol; else false. */
extern bool
foreign_protocol_dismiss(Session *session, const char *bytes, size_t length);

/* The same for the bytes that a session is about to send first. */
extern bool foreign_protocol_dismiss_first(Session *session);

#endif
