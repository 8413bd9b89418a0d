/*
 * nullpool.c
 *	  A pool that accepts every share unseen: the limit of the wire.
 *
 * One process, one epoll.  It finds the lines in what it has read and the id
 * at the beginning of each, and responds at once, with one write per read.  A
 * real pool does the processing of a share in addition to this.  SIGUSR1 makes
 * it write a new job to every client.
 *
 * usage: nullpool PORT
 */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/queue.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/die.h"

#define BACKLOG		4096
#define MAX_EVENTS	1024
#define READ_SIZE	(64 * 1024)
#define PARTIAL_MAX 2048
#define ANSWER_MAX	2048 /* to one line */
#define ZEROS		"0000000000000000000000000000000000000000000000000000000000000000"

typedef struct Client
{
	TAILQ_ENTRY(Client) link;
	int fd;
	size_t partial_length;
	char partial[PARTIAL_MAX];
} Client;

static char in[PARTIAL_MAX + READ_SIZE];
static char out[READ_SIZE * 4];
static size_t out_length;
static unsigned int extranonce1 = 0;
static TAILQ_HEAD(, Client) clients = TAILQ_HEAD_INITIALIZER(clients);
static volatile sig_atomic_t is_signalled = 0;

static void
append(const char *text, size_t length)
{
	memcpy(out + out_length, text, length);
	out_length += length;
}

static void
answer_subscribe(void)
{
	out_length += (size_t) snprintf(
		out + out_length, ANSWER_MAX,
		"{\"id\":1,\"result\":[[],\"%08x\",8],\"error\":null}\n",
		extranonce1++);
}

static void
answer_authorize(void)
{
	static const char text[] =
		"{\"id\":2,\"result\":true,\"error\":null}\n"
		"{\"id\":null,\"method\":\"mining.set_difficulty\",\"params\":[1e-10]}"
		"\n"
		"{\"id\":null,\"method\":\"mining.notify\",\"params\":[\"1\",\"" ZEROS
		"\",\"00\",\"00\",[],\"20000000\",\"1d00ffff\",\"60000000\",true]}\n";

	append(text, sizeof(text) - 1);
}

/* The line begins with {"id": and maybe spaces, as load sends it. */
static void
answer_share(const char *line)
{
	static const char head[] = "{\"id\":";
	static const char tail[] = ",\"result\":true,\"error\":null}\n";
	const char *id = line + sizeof(head) - 1;
	size_t length = 0;

	while (*id == ' ')
		id++;
	while (id[length] >= '0' && id[length] <= '9')
		length++;
	append(head, sizeof(head) - 1);
	append(id, length);
	append(tail, sizeof(tail) - 1);
}

static void
answer_line(const char *line, size_t length)
{
	if (memmem(line, length, "mining.submit", 13))
		answer_share(line);
	else if (memmem(line, length, "mining.subscribe", 16))
		answer_subscribe();
	else if (memmem(line, length, "mining.authorize", 16))
		answer_authorize();
}

static void
drop(Client *client)
{
	TAILQ_REMOVE(&clients, client, link);
	close(client->fd);
	free(client);
}

/* Waits for a client that does not read its responses; load always does. */
static bool
send_answers(int fd)
{
	size_t sent = 0;

	while (sent < out_length)
	{
		ssize_t part = send(fd, out + sent, out_length - sent, MSG_NOSIGNAL);

		if (part < 0 && errno != EAGAIN && errno != EINTR)
			return false;
		if (part > 0)
			sent += (size_t) part;
	}
	return true;
}

static void
serve(Client *client)
{
	size_t have = client->partial_length;
	ssize_t got = recv(client->fd, in + have, READ_SIZE, 0);
	const char *line = in;
	const char *end = in + have + got;
	const char *newline;

	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (got <= 0)
	{
		drop(client);
		return;
	}
	memcpy(in, client->partial, have);
	out_length = 0;
	while ((newline = memchr(line, '\n', (size_t) (end - line))) != NULL)
	{
		answer_line(line, (size_t) (newline - line));
		line = newline + 1;
	}
	client->partial_length = (size_t) (end - line);
	if (client->partial_length > PARTIAL_MAX || !send_answers(client->fd))
		drop(client);
	else
		memcpy(client->partial, line, client->partial_length);
}

static void
accept_clients(int epoll_fd, int listen_fd)
{
	int fd;
	int on = 1;

	while ((fd = accept4(listen_fd, NULL, NULL, SOCK_NONBLOCK)) >= 0)
	{
		Client *client = allocate(1, sizeof(Client));
		struct epoll_event event = {.events = EPOLLIN, .data.ptr = client};

		client->fd = fd;
		TAILQ_INSERT_TAIL(&clients, client, link);
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
		epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event);
	}
}

/* As long as the notify of bench/new_job.sql's jobs. */
static void
broadcast(void)
{
	static unsigned int job = 1;
	static char hex[2 * 32 * 12 + 1];
	char line[2048];
	int length;
	Client *client;

	memset(hex, 'a', sizeof(hex) - 1);
	length = snprintf(line, sizeof(line),
					  "{\"id\":null,\"method\":\"mining.notify\",\"params\":"
					  "[\"%x\",\"" ZEROS "\",\"%.160s\",\"%.220s\",[\"%.64s\"",
					  ++job, hex, hex, hex);
	for (int step = 1; step < 12; step++)
		length += snprintf(line + length, sizeof(line) - (size_t) length,
						   ",\"%.64s\"", hex);
	length += snprintf(line + length, sizeof(line) - (size_t) length,
					   "],\"20000000\",\"1d00ffff\",\"60000000\",true]}\n");
	TAILQ_FOREACH(client, &clients, link)
	{
		send(client->fd, line, (size_t) length, MSG_NOSIGNAL);
	}
}

static void
on_signal(int number)
{
	(void) number;
	is_signalled = 1;
}

static int
listen_on(int port)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_port = htons((uint16_t) port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	int on = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, (struct sockaddr *) &address, sizeof(address)) != 0 ||
		listen(fd, BACKLOG) != 0)
		die_errno("could not listen");
	return fd;
}

static void
raise_descriptor_limit(void)
{
	struct rlimit limit;

	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

int
main(int argc, char **argv)
{
	struct epoll_event events[MAX_EVENTS];
	struct epoll_event listening = {.events = EPOLLIN};
	int epoll_fd = epoll_create1(0);
	int listen_fd;

	if (argc != 2)
		die("usage: nullpool PORT");
	raise_descriptor_limit();
	listen_fd = listen_on((int) parse_number("PORT", argv[1], 1, 65535));
	epoll_ctl(epoll_fd, EPOLL_CTL_ADD, listen_fd, &listening);
	signal(SIGUSR1, on_signal);
	for (;;)
	{
		int count = epoll_wait(epoll_fd, events, MAX_EVENTS, -1);

		if (is_signalled)
		{
			is_signalled = 0;
			broadcast();
		}
		for (int i = 0; i < count; i++)
			if (events[i].data.ptr == NULL)
				accept_clients(epoll_fd, listen_fd);
			else
				serve(events[i].data.ptr);
	}
}
