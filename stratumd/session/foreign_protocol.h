/*
 * foreign_protocol.h
 *	  Connections that speak another protocol at a plain port: TLS, HTTP, a load
 *	  balancer's PROXY header.
 *
 * Somebody has mistaken the port: a miner that tries TLS first, a balancer's
 * health check, a browser.  It is closed at once, and that says nothing of the
 * address it comes from.
 */
#ifndef STRATUMD_FOREIGN_PROTOCOL_H
#define STRATUMD_FOREIGN_PROTOCOL_H

#include "session/session.h"

/* The first bytes of such a protocol that are looked at. */
#define FOREIGN_PROTOCOL_BYTES 8

/* If these bytes of a session are such a protocol's, finish it; else false. */
extern bool
foreign_protocol_dismiss(Session *session, const char *bytes, size_t length);

/* The same for the bytes that a session is about to send first. */
extern bool foreign_protocol_dismiss_first(Session *session);

#endif
