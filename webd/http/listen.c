/*
 * listen.c
 *	  Listening sockets.
 */
#include "http/listen.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "log.h"

#define BACKLOG	 1024
#define MAX_PORT 65535

/* Split "[::1]:80" or "127.0.0.1:80" into address and port, without brackets.
 */
static bool
split_address(const char *where, char *address, size_t size, const char **port)
{
	const char *colon = strrchr(where, ':');
	size_t length = colon ? (size_t) (colon - where) : 0;

	if (length > 2 && where[0] == '[' && where[length - 1] == ']')
	{
		where++;
		length -= 2;
	}
	if (length == 0 || length >= size)
		return false;
	memcpy(address, where, length);
	address[length] = '\0';
	*port = colon + 1;
	/* getaddrinfo would take 65537 for 1 */
	return strtol(*port, NULL, 10) <= MAX_PORT;
}

static int
open_listener(const struct addrinfo *info)
{
	int on = 1;
	int fd =
		socket(info->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, info->ai_addr, info->ai_addrlen) == 0 &&
		listen(fd, BACKLOG) == 0)
		return fd;
	close(fd);
	return -1;
}

int
listen_on_address(const char *where)
{
	struct addrinfo hints = {.ai_family = AF_UNSPEC,
							 .ai_socktype = SOCK_STREAM,
							 .ai_flags =
								 AI_PASSIVE | AI_NUMERICHOST | AI_NUMERICSERV};
	struct addrinfo *info;
	char address[64];
	const char *port;
	int fd;

	if (!split_address(where, address, sizeof(address), &port) ||
		getaddrinfo(address, port, &hints, &info) != 0)
	{
		log_error("could not listen on %s: not an ADDRESS:PORT", where);
		return -1;
	}
	fd = open_listener(info);
	if (fd < 0)
		log_error("could not listen on %s: %s", where, strerror(errno));
	else
		log_info("listening on %s", where);
	freeaddrinfo(info);
	return fd;
}

int
listen_on_loopback(int port)
{
	char where[32];

	snprintf(where, sizeof(where), "127.0.0.1:%d", port);
	return listen_on_address(where);
}
