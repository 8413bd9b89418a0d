/*
 * send_queue.h
 *	  What a connection has still to send.
 *
 * A queue of chunks: small answers are gathered in chunks of the queue's own,
 * jobs are referred to.  An empty queue owns no memory.
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
	double since;  /* when it was last empty, while it is not */
} SendQueue;

typedef enum SendQueueResult
{
	OUTPUT_SENT,	/* all of it */
	OUTPUT_BLOCKED, /* the wire takes no more now */
	OUTPUT_FAILED	/* the peer is gone */
} SendQueueResult;

extern void
send_queue_append(SendQueue *output, const char *data, size_t length);
extern void send_queue_append_buffer(SendQueue *output, SharedBuffer *buffer);
extern SendQueueResult send_queue_send(SendQueue *output, Transport *wire);
extern void send_queue_clear(SendQueue *output);

#endif
