/*
 * peer.h
 *	  The address at the other end of a connection.
 *
 * Limits, bans, the log and the database use this address.  Behind a load
 * balancer it is the one in the PROXY header, not the balancer's.
 */
#ifndef STRATUMD_PEER_H
#define STRATUMD_PEER_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

#define PEER_HOST_LENGTH INET6_ADDRSTRLEN
#define PEER_TEXT_LENGTH (PEER_HOST_LENGTH + 16) /* with the port */

typedef struct Peer
{
	uint16_t family;	 /* AF_INET or AF_INET6 */
	uint16_t port;		 /* in host byte order */
	uint8_t address[16]; /* in network byte order; IPv4 uses the first four */
} Peer;

extern void peer_set_ipv4(Peer *peer, const uint8_t address[4], uint16_t port);

/* An IPv4 address mapped into IPv6 is stored as IPv4. */
extern void peer_set_ipv6(Peer *peer, const uint8_t address[16], uint16_t port);

/* False when the socket is no longer connected. */
extern bool peer_of_socket(int fd, Peer *peer);

/* The address as text, in a buffer of PEER_HOST_LENGTH. */
extern const char *peer_host(const Peer *peer, char *buffer);

/* The address and port for the log, in a buffer of PEER_TEXT_LENGTH. */
extern const char *peer_text(const Peer *peer, char *buffer);

#endif
