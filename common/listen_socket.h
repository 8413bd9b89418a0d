/*
 * listen_socket.h
 *	  Sockets that listen.
 */
#ifndef COMMON_LISTEN_SOCKET_H
#define COMMON_LISTEN_SOCKET_H

#define LOOPBACK_ADDRESS "127.0.0.1"

typedef enum ListenFlags
{
	LISTEN_PLAIN = 0,
	/* another process may open the port before this one closes it */
	LISTEN_SHARES_PORT = 1,
	/* an IPv6 address takes no IPv4 clients */
	LISTEN_IPV6_ONLY = 2
} ListenFlags;

/*
 * A socket, not blocking, that listens on an IP address in numbers; -1 and the
 * problem on failure.
 */
extern int listen_socket_open(const char *address, int port, ListenFlags flags,
							  const char **problem);

#endif
