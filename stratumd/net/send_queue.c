/*
 * send_queue.c
 *	  The bytes that a connection has still to send.
 *
 * Chunks come from two free lists, with and without room for bytes of their
 * own.  A response usually stays in a chunk for one iteration of the event
 * loop, so a few chunks serve all sessions.
 */
#include "net/send_queue.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "counters.h"
#include "loop.h"
#include "memory.h"

#define OWN_CHUNK_SIZE	1000
#define MAX_FREE_CHUNKS 4096 /* of each kind; further chunks are freed */
#define MAX_IOVECS		64

struct SendQueueChunk
{
	SendQueueChunk *next;
	SharedBuffer *shared; /* NULL: the bytes are in data */
	size_t start;		  /* first byte not yet sent */
	size_t end;
	char data[];
};

typedef struct ChunkPool
{
	SendQueueChunk *free;
	int count;
	size_t room; /* bytes in a chunk's data */
} ChunkPool;

static ChunkPool own_pool = {.room = OWN_CHUNK_SIZE};
static ChunkPool shared_pool = {.room = 0};

static SendQueueChunk *
take_chunk(ChunkPool *pool)
{
	SendQueueChunk *chunk = pool->free;

	if (chunk == NULL)
		return memory_alloc(sizeof(SendQueueChunk) + pool->room);
	pool->free = chunk->next;
	pool->count--;
	return chunk;
}

static void
give_chunk(SendQueueChunk *chunk)
{
	ChunkPool *pool = chunk->shared ? &shared_pool : &own_pool;

	shared_buffer_unref(chunk->shared);
	if (pool->count == MAX_FREE_CHUNKS)
	{
		free(chunk);
		return;
	}
	chunk->next = pool->free;
	pool->free = chunk;
	pool->count++;
}

static SendQueueChunk *
add_chunk(SendQueue *output, SharedBuffer *shared)
{
	SendQueueChunk *chunk = take_chunk(shared ? &shared_pool : &own_pool);

	if (output->first == NULL)
		output->since = clock_now();
	chunk->next = NULL;
	chunk->shared = shared;
	chunk->start = 0;
	chunk->end = shared ? shared->length : 0;
	if (output->last)
		output->last->next = chunk;
	else
		output->first = chunk;
	output->last = chunk;
	return chunk;
}

void
send_queue_append(SendQueue *output, const char *data, size_t length)
{
	output->length += length;
	while (length > 0)
	{
		SendQueueChunk *chunk = output->last;
		size_t part;

		if (chunk == NULL || chunk->shared || chunk->end == OWN_CHUNK_SIZE)
			chunk = add_chunk(output, NULL);
		part = OWN_CHUNK_SIZE - chunk->end;
		if (part > length)
			part = length;
		memcpy(chunk->data + chunk->end, data, part);
		chunk->end += part;
		data += part;
		length -= part;
	}
}

void
send_queue_append_buffer(SendQueue *output, SharedBuffer *buffer)
{
	if (buffer->length == 0)
		return;
	add_chunk(output, shared_buffer_ref(buffer));
	output->length += buffer->length;
}

static int
gather_vectors(const SendQueue *output, struct iovec *vectors)
{
	int count = 0;

	for (SendQueueChunk *chunk = output->first; chunk && count < MAX_IOVECS;
		 chunk = chunk->next)
	{
		char *data = chunk->shared ? chunk->shared->data : chunk->data;

		vectors[count].iov_base = data + chunk->start;
		vectors[count].iov_len = chunk->end - chunk->start;
		count++;
	}
	return count;
}

static void
drop_sent(SendQueue *output, size_t sent)
{
	output->length -= sent;
	while (sent > 0)
	{
		SendQueueChunk *chunk = output->first;
		size_t part = chunk->end - chunk->start;

		if (part > sent)
		{
			chunk->start += sent;
			return;
		}
		sent -= part;
		output->first = chunk->next;
		if (output->first == NULL)
			output->last = NULL;
		give_chunk(chunk);
	}
}

SendQueueResult
send_queue_send(SendQueue *output, Transport *transport)
{
	struct iovec vectors[MAX_IOVECS];

	while (output->first)
	{
		ssize_t sent =
			transport_send(transport, vectors, gather_vectors(output, vectors));

		if (sent >= 0)
		{
			counters.bytes_sent += (uint64_t) sent;
			drop_sent(output, (size_t) sent);
		}
		else if (errno == EAGAIN || errno == EWOULDBLOCK)
			return OUTPUT_BLOCKED;
		else if (errno != EINTR)
			return OUTPUT_FAILED;
	}
	return OUTPUT_SENT;
}

void
send_queue_clear(SendQueue *output)
{
	while (output->first)
	{
		SendQueueChunk *chunk = output->first;

		output->first = chunk->next;
		give_chunk(chunk);
	}
	output->last = NULL;
	output->length = 0;
}
