/*
 * send_queue.h
 *	  The bytes that a connection has still to send.
 *
 * A queue of chunks: small responses are collected in chunks of the queue,
 * jobs are shared buffers that it refers to.  An empty queue owns no memory.
 */
#ifndef STRATUMD_SEND_QUEUE_H
#define STRATUMD_SEND_QUEUE_H

#include <stdbool.h>
#include <stddef.h>

#include "net/shared_buffer.h"
#include "net/transport.h"

typedef struct SendQueueChunk SendQueueChunk;

typedef struct SendQueue
{
	SendQueueChunk *first;
	SendQueueChunk *last;
	size_t length; /* bytes not yet sent */
	double since;  /* when it was last empty; valid while it is not */
} SendQueue;

typedef enum SendQueueResult
{
	OUTPUT_SENT,	/* all of it */
	OUTPUT_BLOCKED, /* the transport takes no more now */
	OUTPUT_FAILED	/* the connection is broken */
} SendQueueResult;

extern void
send_queue_append(SendQueue *output, const char *data, size_t length);
extern void send_queue_append_buffer(SendQueue *output, SharedBuffer *buffer);
extern SendQueueResult send_queue_send(SendQueue *output, Transport *transport);
extern void send_queue_clear(SendQueue *output);

#endif
