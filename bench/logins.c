/*
 * logins.c
 *	  logins: how long a login takes while one address requests very many.
 *
 * The flood's connections come from 127.0.0.1 and send all their logins at
 * once, each with a new name; the responses are left unread in the kernel's
 * buffers.  Honest logins come from 127.0.0.2, one after the other, before and
 * during the flood.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/die.h"
#include "common/histogram.h"

#define MAX_CONNECTIONS 10000
#define MAX_NAMES		1000
#define LOGIN_BYTES		128
#define PAUSE_US		50000 /* between two honest logins */

typedef struct Options
{
	int port;
	int connections;
	int names;
	int seconds;
} Options;

static int
connect_from(const char *address, int port)
{
	struct sockaddr_in from = {.sin_family = AF_INET};
	struct sockaddr_in to = {.sin_family = AF_INET,
							 .sin_port = htons((uint16_t) port)};
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	inet_pton(AF_INET, address, &from.sin_addr);
	inet_pton(AF_INET, "127.0.0.1", &to.sin_addr);
	if (fd < 0 || bind(fd, (struct sockaddr *) &from, sizeof(from)) != 0 ||
		connect(fd, (struct sockaddr *) &to, sizeof(to)) != 0)
		die_errno("could not connect to the pool");
	return fd;
}

static void
send_all(int fd, const char *text, size_t length)
{
	while (length > 0)
	{
		ssize_t sent = send(fd, text, length, MSG_NOSIGNAL);

		if (sent < 0)
			die_errno("could not send to the pool");
		text += sent;
		length -= (size_t) sent;
	}
}

/* Open a connection with all its logins in flight. */
static int
open_flooder(const Options *options, int number)
{
	int fd = connect_from("127.0.0.1", options->port);
	char *text = allocate((size_t) options->names, LOGIN_BYTES);
	int length = 0;

	for (int i = 0; i < options->names; i++)
		length +=
			snprintf(text + length, LOGIN_BYTES,
					 "{\"id\":%d,\"method\":\"mining.authorize\",\"params\":"
					 "[\"flood%d_%d_%d.r\",\"x\"]}\n",
					 i, (int) getpid(), number, i);
	send_all(fd, text, (size_t) length);
	free(text);
	return fd;
}

/* Nanoseconds from an honest login's sending to its answer. */
static int64_t
log_in(const Options *options)
{
	static int number = 0;
	int fd = connect_from("127.0.0.2", options->port);
	char text[1024];
	size_t length = 0;
	int64_t began = clock_ns();
	int64_t took;

	snprintf(text, sizeof(text),
			 "{\"id\":1,\"method\":\"mining.authorize\",\"params\":"
			 "[\"honest%d_%d.r\",\"x\"]}\n",
			 (int) getpid(), number++);
	send_all(fd, text, strlen(text));
	do
	{
		ssize_t got = recv(fd, text + length, sizeof(text) - 1 - length, 0);

		if (got <= 0)
			die("the pool closed the connection of an honest login");
		length += (size_t) got;
		text[length] = '\0';
	} while (strchr(text, '\n') == NULL);
	took = clock_ns() - began;
	if (strstr(text, "\"result\":true") == NULL)
		die("an honest login was refused: %s", text);
	close(fd);
	return took;
}

static void
measure(const Options *options, const char *what)
{
	Histogram *histogram = allocate(1, sizeof(Histogram));
	int64_t end = clock_ns() + (int64_t) options->seconds * NS_PER_S;

	while (clock_ns() < end)
	{
		histogram_add(histogram, log_in(options));
		usleep(PAUSE_US);
	}
	printf("| %s | %llu | %.1f | %.1f | %.1f |\n", what,
		   (unsigned long long) histogram->count,
		   ns_to_ms(histogram_quantile(histogram, 0.5)),
		   ns_to_ms(histogram_quantile(histogram, 0.99)),
		   ns_to_ms(histogram->max));
	free(histogram);
}

int
main(int argc, char **argv)
{
	Options options;
	char what[64];

	if (argc != 5)
		die("usage: logins PORT CONNECTIONS NAMES SECONDS");
	options.port = (int) parse_number("port", argv[1], 1, 65535);
	options.connections =
		(int) parse_number("connections", argv[2], 1, MAX_CONNECTIONS);
	options.names = (int) parse_number("names", argv[3], 1, MAX_NAMES);
	options.seconds = (int) parse_number("seconds", argv[4], 1, 3600);

	printf("| one address asks for | honest logins | p50 ms | p99 | longest |\n"
		   "|---|--:|--:|--:|--:|\n");
	measure(&options, "nothing");
	for (int i = 0; i < options.connections; i++)
		open_flooder(&options, i);
	snprintf(what, sizeof(what), "%d logins of new names",
			 options.connections * options.names);
	measure(&options, what);
	return 0;
}
