/*
 * listen_socket.c
 *	  Sockets that listen.
 */
#include "listen_socket.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define BACKLOG 4096 /* the kernel has a limit of its own */

static void
set_option(int fd, int level, int option)
{
	int on = 1;

	setsockopt(fd, level, option, &on, sizeof(on));
}

static int
listen_at(const struct addrinfo *where, ListenFlags flags)
{
	int fd =
		socket(where->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int error;

	if (fd < 0)
		return -1;
	set_option(fd, SOL_SOCKET, SO_REUSEADDR);
	if (flags & LISTEN_SHARES_PORT)
		set_option(fd, SOL_SOCKET, SO_REUSEPORT);
	if ((flags & LISTEN_IPV6_ONLY) && where->ai_family == AF_INET6)
		set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY);
	if (bind(fd, where->ai_addr, where->ai_addrlen) == 0 &&
		listen(fd, BACKLOG) == 0)
		return fd;
	error = errno;
	close(fd);
	errno = error;
	return -1;
}

int
listen_socket_open(const char *address, int port, ListenFlags flags,
				   const char **problem)
{
	struct addrinfo hints = {
		.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE,
		.ai_socktype = SOCK_STREAM,
	};
	struct addrinfo *where;
	char service[16];
	int fd;

	snprintf(service, sizeof(service), "%d", port);
	if (getaddrinfo(address, service, &hints, &where) != 0)
	{
		*problem = "invalid address";
		return -1;
	}
	fd = listen_at(where, flags);
	if (fd < 0)
		*problem = strerror(errno);
	freeaddrinfo(where);
	return fd;
}
