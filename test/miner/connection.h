/*
 * connection.h
 *	  A TCP connection of lines that never blocks: writes wait in memory until
 *	  the socket accepts them, reads return line by line.
 */
#ifndef MINER_CONNECTION_H
#define MINER_CONNECTION_H

#include <stdbool.h>
#include <stddef.h>

typedef struct ByteBuffer
{
	char *data;
	size_t length;
	size_t size;
} ByteBuffer;

typedef struct Connection
{
	int fd; /* -1: closed */
	bool connecting;
	bool at_end; /* the peer has sent all it will send */
	ByteBuffer in;
	ByteBuffer out;
	char error[128]; /* why it is closed */
} Connection;

/* Start to connect; false, with an error, if that fails at once. */
extern bool
connection_open(Connection *connection, const char *host, const char *port);
extern void connection_close(Connection *connection);

/* Queue a line; a newline is added. */
extern void connection_send_line(Connection *connection, const char *line);

/*
 * Wait up to timeout_ms for the socket, then read and write what it can take.
 * False, with an error, once the connection failed or ended.
 */
extern bool connection_serve(Connection *connection, int timeout_ms);

/* The next whole line without its newline, which the caller frees, or NULL. */
extern char *connection_next_line(Connection *connection);

#endif
