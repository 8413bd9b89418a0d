/*
 * proxy_handshake.h
 *	  Connections of a load balancer whose PROXY header has not come yet.
 *
 * On a listener with the PROXY protocol, the header before everything else,
 * including TLS, has the client's address.  A connection without a valid
 * header in time is closed without a response.
 */
#ifndef STRATUMD_PROXY_HANDSHAKE_H
#define STRATUMD_PROXY_HANDSHAKE_H

#include "access/listener.h"
#include "net/peer.h"

/* Takes the socket over; exactly the header has been read from it. */
typedef void (*ProxyHandshakeDone)(Listener *listener, int fd,
								   const Peer *peer);

/* The peer is the socket's own address. */
extern void proxy_handshake_open(Listener *listener, int fd, const Peer *peer,
								 ProxyHandshakeDone done);
extern int proxy_handshakes_count(void);

/* Close those that have waited too long. */
extern void proxy_handshakes_expire(double now);

#endif
