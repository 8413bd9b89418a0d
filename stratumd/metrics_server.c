/*
 * metrics_server.c
 *	  A minimal HTTP responder for GET /metrics on a loopback port.
 *
 * It does what a scraper needs: one request per connection, and few
 * connections at once; a new one replaces the oldest.  Only clients on this
 * machine can connect.
 */
#include "metrics_server.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "listen_socket.h"
#include "log.h"
#include "loop.h"
#include "metrics.h"

#define MAX_CLIENTS		 8
#define MAX_REQUEST_SIZE 4096
#define MAX_PAGE_SIZE	 16384

typedef struct Client
{
	ev_io readable;
	int fd; /* -1: free */
	size_t length;
	char request[MAX_REQUEST_SIZE + 1];
} Client;

static Client clients[MAX_CLIENTS];
static int next_client = 0;
static ev_io acceptable;

static void
client_close(Client *client)
{
	if (client->fd < 0)
		return;
	ev_io_stop(main_loop, &client->readable);
	close(client->fd);
	client->fd = -1;
}

/* The page fits into the socket's buffer; if not, the scraper asks again. */
static void
send_all(int fd, const char *text, size_t length)
{
	if (send(fd, text, length, MSG_NOSIGNAL) != (ssize_t) length)
		log_debug("metrics: a response was cut off");
	shutdown(fd, SHUT_WR);
}

static void
send_response(int fd, const char *status, const char *body, size_t length)
{
	static char text[MAX_PAGE_SIZE + 256];
	int head = snprintf(text, sizeof(text),
						"HTTP/1.1 %s\r\n"
						"Content-Type: text/plain; version=0.0.4\r\n"
						"Content-Length: %zu\r\n"
						"Connection: close\r\n\r\n",
						status, length);

	memcpy(text + head, body, length);
	send_all(fd, text, (size_t) head + length);
}

static bool
begins_with(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

static void
respond(const Client *client)
{
	static const char missing[] = "Only GET /metrics is available.\n";
	static char page[MAX_PAGE_SIZE];

	if (begins_with(client->request, "GET /metrics "))
		send_response(client->fd, "200 OK", page,
					  metrics_write(page, sizeof(page)));
	else
		send_response(client->fd, "404 Not Found", missing,
					  sizeof(missing) - 1);
}

static void
read_request(struct ev_loop *loop UNUSED, ev_io *watcher, int events UNUSED)
{
	Client *client = watcher->data;
	ssize_t got = read(client->fd, client->request + client->length,
					   MAX_REQUEST_SIZE - client->length);

	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (got <= 0)
	{
		client_close(client);
		return;
	}
	client->length += (size_t) got;
	client->request[client->length] = '\0';
	if (strstr(client->request, "\r\n\r\n"))
		respond(client);
	else if (client->length < MAX_REQUEST_SIZE)
		return;
	client_close(client);
}

static void
accept_client(struct ev_loop *loop, ev_io *watcher, int events UNUSED)
{
	int fd = accept4(watcher->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	Client *client = &clients[next_client];

	if (fd < 0)
		return;
	next_client = (next_client + 1) % MAX_CLIENTS;
	client_close(client);
	client->fd = fd;
	client->length = 0;
	ev_io_init(&client->readable, read_request, fd, EV_READ);
	client->readable.data = client;
	ev_io_start(loop, &client->readable);
}

bool
metrics_server_start(int port)
{
	const char *problem;
	int fd = listen_socket_open(LOOPBACK_ADDRESS, port, LISTEN_PLAIN, &problem);

	if (fd < 0)
	{
		log_error("could not listen on port %d for --metrics: %s", port,
				  problem);
		return false;
	}
	for (int i = 0; i < MAX_CLIENTS; i++)
		clients[i].fd = -1;
	ev_io_init(&acceptable, accept_client, fd, EV_READ);
	ev_io_start(main_loop, &acceptable);
	log_info("serving metrics on http://%s:%d/metrics", LOOPBACK_ADDRESS, port);
	return true;
}
