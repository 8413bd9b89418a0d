/*
 * connection.c
 *	  A TCP connection of lines that never blocks.
 */
#include "connection.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define READ_SIZE	  (16 * 1024)
#define MAX_LINE_SIZE (1024 * 1024)

static bool
fail(Connection *connection, const char *error)
{
	snprintf(connection->error, sizeof(connection->error), "%s", error);
	return false;
}

static void
buffer_append(ByteBuffer *buffer, const char *data, size_t length)
{
	if (buffer->length + length > buffer->size)
	{
		buffer->size = 2 * (buffer->length + length);
		buffer->data = realloc(buffer->data, buffer->size);
		if (buffer->data == NULL)
			abort();
	}
	memcpy(buffer->data + buffer->length, data, length);
	buffer->length += length;
}

static void
buffer_remove(ByteBuffer *buffer, size_t length)
{
	buffer->length -= length;
	memmove(buffer->data, buffer->data + length, buffer->length);
}

static int
open_socket(const struct addrinfo *address)
{
	int fd = socket(address->ai_family,
					address->ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int on = 1;

	if (fd < 0)
		return -1;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (connect(fd, address->ai_addr, address->ai_addrlen) == 0 ||
		errno == EINPROGRESS)
		return fd;
	close(fd);
	return -1;
}

bool
connection_open(Connection *connection, const char *host, const char *port)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
	struct addrinfo *addresses;
	int status = getaddrinfo(host, port, &hints, &addresses);

	if (status != 0)
		return fail(connection, gai_strerror(status));
	for (struct addrinfo *a = addresses; a != NULL && connection->fd < 0;
		 a = a->ai_next)
		connection->fd = open_socket(a);
	freeaddrinfo(addresses);
	if (connection->fd < 0)
		return fail(connection, strerror(errno));
	connection->connecting = true;
	connection->at_end = false;
	return true;
}

void
connection_close(Connection *connection)
{
	if (connection->fd >= 0)
		close(connection->fd);
	connection->fd = -1;
	connection->in.length = 0;
	connection->out.length = 0;
}

void
connection_send_line(Connection *connection, const char *line)
{
	buffer_append(&connection->out, line, strlen(line));
	buffer_append(&connection->out, "\n", 1);
}

static bool
finish_connect(Connection *connection)
{
	int error = 0;
	socklen_t length = sizeof(error);

	getsockopt(connection->fd, SOL_SOCKET, SO_ERROR, &error, &length);
	if (error != 0)
		return fail(connection, strerror(error));
	connection->connecting = false;
	return true;
}

static bool
is_transient(int error)
{
	return error == EAGAIN || error == EWOULDBLOCK || error == EINTR;
}

static bool
read_some(Connection *connection)
{
	char data[READ_SIZE];
	ssize_t got = read(connection->fd, data, sizeof(data));

	if (got < 0)
		return is_transient(errno) || fail(connection, strerror(errno));

	/* lines that came before the end are still to be handled */
	if (got == 0)
		connection->at_end = true;
	buffer_append(&connection->in, data, (size_t) got);
	if (connection->in.length > MAX_LINE_SIZE)
		return fail(connection, "the pool's line is too long");
	return true;
}

static bool
write_some(Connection *connection)
{
	ByteBuffer *out = &connection->out;
	ssize_t put = send(connection->fd, out->data, out->length, MSG_NOSIGNAL);

	if (put < 0)
		return is_transient(errno) || fail(connection, strerror(errno));
	buffer_remove(out, (size_t) put);
	return true;
}

bool
connection_serve(Connection *connection, int timeout_ms)
{
	struct pollfd poll_fd = {.fd = connection->fd, .events = POLLIN};

	if (connection->at_end)
		return fail(connection, "the pool closed the connection");
	if (connection->connecting || connection->out.length > 0)
		poll_fd.events |= POLLOUT;
	if (poll(&poll_fd, 1, timeout_ms) <= 0)
		return true;

	if (connection->connecting && !finish_connect(connection))
		return false;
	if (poll_fd.revents & (POLLIN | POLLHUP | POLLERR) &&
		!read_some(connection))
		return false;
	return connection->out.length == 0 || write_some(connection);
}

char *
connection_next_line(Connection *connection)
{
	ByteBuffer *in = &connection->in;
	char *newline = in->length > 0 ? memchr(in->data, '\n', in->length) : NULL;
	size_t length;
	char *line;

	if (newline == NULL)
		return NULL;
	length = (size_t) (newline - in->data);
	line = strndup(in->data, length);
	buffer_remove(in, length + 1);
	return line;
}
