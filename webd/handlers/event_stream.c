/*
 * event_stream.c
 *	  Endless responses to clients that read at their own pace.
 *
 * MHD asks for data when the socket can take some.  If there is none, the
 * connection is suspended until there is.
 */
#include "handlers/event_stream.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>

#include "log.h"
#include "memory.h"
#include "counters.h"
#include "http/mhd_loop.h"
#include "loop.h"

#define MAX_BACKLOG_BYTES (256 * 1024)
#define SOCKET_BYTES	  (64 * 1024) /* send buffer; the kernel doubles it */
#define BLOCK_BYTES		  4096		  /* that MHD requests at once */
#define UUID_SIZE		  37

typedef struct Stream
{
	LIST_ENTRY(Stream) link;
	struct MHD_Connection *connection;
	StreamOwner owner;
	StrBuf backlog;
	size_t taken; /* bytes of the backlog that MHD has */
	bool is_suspended;
	bool is_over;
	char network_id[UUID_SIZE]; /* "": all networks */
} Stream;

static LIST_HEAD(, Stream) streams = LIST_HEAD_INITIALIZER(streams);
static int stream_count = 0;

static ssize_t
read_stream(void *cls, uint64_t position UNUSED, char *buffer, size_t size)
{
	Stream *stream = cls;
	size_t left = stream->backlog.length - stream->taken;

	if (left == 0)
	{
		if (stream->is_over)
			return MHD_CONTENT_READER_END_OF_STREAM;
		stream->is_suspended = true;
		MHD_suspend_connection(stream->connection);
		return 0;
	}
	if (left > size)
		left = size;
	memcpy(buffer, stream->backlog.data + stream->taken, left);
	stream->taken += left;
	if (stream->taken == stream->backlog.length)
	{
		strbuf_free(&stream->backlog);
		stream->taken = 0;
	}
	return (ssize_t) left;
}

static void
free_stream(void *cls)
{
	Stream *stream = cls;

	LIST_REMOVE(stream, link);
	stream_count--;
	strbuf_free(&stream->backlog);
	free(stream);
}

static int
socket_of(struct MHD_Connection *connection)
{
	return MHD_get_connection_info(connection,
								   MHD_CONNECTION_INFO_CONNECTION_FD)
		->connect_fd;
}

Response *
event_stream_open(struct MHD_Connection *connection, const StreamOwner *owner,
				  const StrBuf *text, const char *network_id)
{
	Stream *stream = memory_zalloc(sizeof(Stream));
	struct MHD_Response *response = MHD_create_response_from_callback(
		MHD_SIZE_UNKNOWN, BLOCK_BYTES, read_stream, stream, free_stream);

	int size = SOCKET_BYTES;

	if (response == NULL)
		memory_exhausted();
	setsockopt(socket_of(connection), SOL_SOCKET, SO_SNDBUF, &size,
			   sizeof(size));
	stream->connection = connection;
	stream->owner = *owner;
	strbuf_add(&stream->backlog, text->data, text->length);
	if (network_id)
		snprintf(stream->network_id, sizeof(stream->network_id), "%s",
				 network_id);
	LIST_INSERT_HEAD(&streams, stream, link);
	stream_count++;
	return response_stream(response, "text/event-stream");
}

static void
resume_stream(Stream *stream)
{
	if (!stream->is_suspended)
		return;
	stream->is_suspended = false;
	MHD_resume_connection(stream->connection);
	mhd_loops_wake();
}

/* Close the connection without sending the rest of the backlog. */
static void
drop_stream(Stream *stream)
{
	stream->is_over = true;
	shutdown(socket_of(stream->connection), SHUT_RDWR);
	resume_stream(stream);
}

static bool
wants_network(const Stream *stream, const char *network_id)
{
	return network_id == NULL || stream->network_id[0] == '\0' ||
		   strcmp(stream->network_id, network_id) == 0;
}

void
event_streams_send(const StrBuf *text, const char *network_id)
{
	Stream *stream;

	LIST_FOREACH(stream, &streams, link)
	{
		if (stream->is_over || !wants_network(stream, network_id))
			continue;
		if (stream->backlog.length + text->length > MAX_BACKLOG_BYTES)
		{
			log_debug("dropping a client that does not read its events");
			counters.streams_dropped++;
			drop_stream(stream);
			continue;
		}
		strbuf_add(&stream->backlog, text->data, text->length);
		resume_stream(stream);
	}
}

void
event_streams_end_all(void)
{
	Stream *stream;

	LIST_FOREACH(stream, &streams, link)
	{
		stream->is_over = true;
		resume_stream(stream);
	}
}

int
event_streams_count(void)
{
	return stream_count;
}

int
event_streams_of_address(const StreamOwner *owner)
{
	const Stream *stream;
	int count = 0;

	LIST_FOREACH(stream, &streams, link)
	{
		count += !stream->is_over && stream->owner.address == owner->address;
	}
	return count;
}

int
event_streams_of_session(const StreamOwner *owner)
{
	const Stream *stream;
	int count = 0;

	if (owner->session[0] == '\0')
		return 0;
	LIST_FOREACH(stream, &streams, link)
	{
		count += !stream->is_over &&
				 strcmp(stream->owner.session, owner->session) == 0;
	}
	return count;
}

static bool
is_closed(const Stream *stream)
{
	char byte;
	ssize_t length =
		recv(socket_of(stream->connection), &byte, 1, MSG_PEEK | MSG_DONTWAIT);

	return length == 0 || (length < 0 && errno != EAGAIN && errno != EINTR);
}

void
event_streams_drop_closed(void)
{
	Stream *stream;

	LIST_FOREACH(stream, &streams, link)
	{
		if (!stream->is_over && is_closed(stream))
			drop_stream(stream);
	}
}
