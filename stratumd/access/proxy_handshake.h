/*
 * proxy_handshake.h
 *	  Connections of a load balancer until it has said whom they are for.
 *
 * A listener with PROXY protocol takes a connection's address from the header
 * that comes before all else, TLS included.  A newcomer waits for it, and goes
 * without an answer when it does not come in time or is not one.
 */
#ifndef STRATUMD_PROXY_HANDSHAKE_H
#define STRATUMD_PROXY_HANDSHAKE_H

#include "access/listener.h"
#include "net/peer.h"

/* Takes the socket over; all of the header has been read, and nothing more. */
typedef void (*NewcomerDone)(Listener *listener, int fd, const Peer *peer);

/* The peer is the socket's own. */
extern void proxy_handshake_open(Listener *listener, int fd, const Peer *peer,
								 NewcomerDone done);
extern int proxy_handshakes_count(void);

/* Give up on those that have waited too long. */
extern void proxy_handshakes_expire(double now);

#endif
