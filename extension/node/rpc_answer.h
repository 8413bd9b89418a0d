/*
 * rpc_answer.h
 *	  A node's response: an HTTP body read as JSON-RPC.
 */
#ifndef CHIMERA_RPC_ANSWER_H
#define CHIMERA_RPC_ANSWER_H

#include "postgres.h"

#include "node/rpc.h"

/* of what is shown of a node's words, with the terminator */
#define NODE_TEXT_MAX_BYTES 200

typedef struct RpcAnswer
{
	NodeOutcome outcome;
	json_t *document; /* the whole answer, which 'result' is a part of */
	json_t *result;	  /* NODE_OK only */
	int error_code;	  /* NODE_RPC_ERROR only */
	char error[NODE_TEXT_MAX_BYTES]; /* as node_printable()'s */
} RpcAnswer;

/*
 * Read a body, of any bytes, that came with that HTTP status.  The document is
 * made by jansson's allocator of the moment.
 */
extern void rpc_answer_read(RpcAnswer *answer, const char *body, size_t length,
							long http_status);

/* There is no answer, or one that makes no sense. */
extern void rpc_answer_failed(RpcAnswer *answer, const char *format, ...)
	pg_attribute_printf(2, 3);

#endif
