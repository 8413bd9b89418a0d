/*
 * listen.c
 *	  Listening sockets.
 */
#include "http/listen.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "listen_socket.h"
#include "log.h"

#define MAX_PORT 65535

/*
 * Split "[::1]:80" or "127.0.0.1:80" into address and port, the address without
 * brackets.
 */
static bool
split_address(const char *where, char *address, size_t size, int *port)
{
	const char *colon = strrchr(where, ':');
	size_t length = colon ? (size_t) (colon - where) : 0;
	char *end;
	long number;

	if (length > 2 && where[0] == '[' && where[length - 1] == ']')
	{
		where++;
		length -= 2;
	}
	if (length == 0 || length >= size)
		return false;
	memcpy(address, where, length);
	address[length] = '\0';
	number = strtol(colon + 1, &end, 10);
	*port = (int) number;
	return end > colon + 1 && *end == '\0' && number >= 0 && number <= MAX_PORT;
}

int
listen_on_address(const char *where)
{
	const char *problem = "not an ADDRESS:PORT";
	char address[64];
	int port;
	int fd = -1;

	if (split_address(where, address, sizeof(address), &port))
		fd = listen_socket_open(address, port, LISTEN_PLAIN, &problem);
	if (fd < 0)
		log_error("could not listen on %s: %s", where, problem);
	else
		log_info("listening on %s", where);
	return fd;
}

int
listen_on_loopback(int port)
{
	char where[32];

	snprintf(where, sizeof(where), LOOPBACK_ADDRESS ":%d", port);
	return listen_on_address(where);
}
