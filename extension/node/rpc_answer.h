/*
 * rpc_answer.h
 *	  A node's response: an HTTP body read as JSON-RPC.
 */
#ifndef CHIMERA_RPC_ANSWER_H
#define CHIMERA_RPC_ANSWER_H

#include "postgres.h"

#include "node/json.h"

/* of the node's text that is shown, including the terminator */
#define NODE_TEXT_MAX_BYTES 200

/* error codes of bitcoin's protocol.h that workers act on */
#define NODE_ERROR_MISC					  (-1)
#define NODE_ERROR_WALLET				  (-4)
#define NODE_ERROR_INVALID_ADDRESS_OR_KEY (-5)
#define NODE_ERROR_INSUFFICIENT_FUNDS	  (-6)
#define NODE_ERROR_INVALID_PARAMETER	  (-8)
#define NODE_ERROR_UNLOCK_NEEDED		  (-13)
#define NODE_ERROR_WALLET_NOT_FOUND		  (-18)
#define NODE_ERROR_WALLET_NOT_SPECIFIED	  (-19)
#define NODE_ERROR_DESERIALIZATION		  (-22)
#define NODE_ERROR_ALREADY_IN_CHAIN		  (-27)
#define NODE_ERROR_IN_WARMUP			  (-28)
#define NODE_ERROR_METHOD_NOT_FOUND		  (-32601)

typedef enum NodeOutcome
{
	NODE_PENDING,
	NODE_OK,
	NODE_RPC_ERROR,	  /* the node answered with an error */
	NODE_UNREACHABLE, /* no answer, or one that makes no sense */
} NodeOutcome;

typedef struct RpcAnswer
{
	NodeOutcome outcome;
	json_t *document; /* the whole response, which contains 'result' */
	json_t *result;	  /* NODE_OK only */
	int error_code;	  /* NODE_RPC_ERROR only */
	char error[NODE_TEXT_MAX_BYTES]; /* from node_printable() */
} RpcAnswer;

/*
 * Read a body, of any bytes, that came with the given HTTP status.  The
 * document is allocated by jansson's current allocator.
 */
extern void rpc_answer_read(RpcAnswer *answer, const char *body, size_t length,
							long http_status);

/* Record that the response is missing or unusable. */
extern void rpc_answer_failed(RpcAnswer *answer, const char *format, ...)
	pg_attribute_printf(2, 3);

/*
 * What a node says, made fit to be stored and shown: a palloc'd copy of its
 * beginning in printable ASCII, which no encoding refuses and no line of the
 * log can be made up with.
 */
extern char *node_printable(const char *text);

#endif
