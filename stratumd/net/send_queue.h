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

typedef struct OutputChunk OutputChunk;

typedef struct Output
{
	OutputChunk *first;
	OutputChunk *last;
	size_t length; /* bytes not yet sent */
	double since;  /* when it was last empty, while it is not */
} Output;

typedef enum OutputResult
{
	OUTPUT_SENT,	/* all of it */
	OUTPUT_BLOCKED, /* the wire takes no more now */
	OUTPUT_FAILED	/* the peer is gone */
} OutputResult;

extern void output_append(Output *output, const char *data, size_t length);
extern void output_append_buffer(Output *output, Buffer *buffer);
extern OutputResult output_send(Output *output, Wire *wire);
extern void output_clear(Output *output);

#endif
