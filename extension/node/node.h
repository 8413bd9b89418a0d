/*
 * node.h
 *	  JSON-RPC to a coin's node, over libcurl, from a background worker.
 *
 * Several calls may be under way at once (a long poll beside others).  All
 * waiting is done in node_wait(), which also returns when the process's latch
 * is set: a worker answers a shutdown at once, even in a long poll.
 */
#ifndef CHIMERA_NODE_H
#define CHIMERA_NODE_H

#include "postgres.h"

#include "node/json.h"

/* error codes of bitcoin's protocol.h that workers act on */
#define NODE_ERROR_MISC					  (-1)
#define NODE_ERROR_INVALID_ADDRESS_OR_KEY (-5)
#define NODE_ERROR_INVALID_PARAMETER	  (-8)
#define NODE_ERROR_DESERIALIZATION		  (-22)

typedef struct NodeAddress
{
	const char *url;		 /* http(s)://host:port[/path], no credentials */
	const char *user;		 /* or NULL */
	const char *password;	 /* or NULL */
	const char *cookie_file; /* user:password, read for each call; or NULL */
} NodeAddress;

typedef struct NodeClient NodeClient;
typedef struct NodeCall NodeCall;

typedef enum NodeOutcome
{
	NODE_PENDING,
	NODE_OK,
	NODE_RPC_ERROR, /* the node answered with an error */
	NODE_UNREACHABLE, /* no answer, or one that makes no sense */
} NodeOutcome;

/*
 * Make jansson allocate in the current memory context, so that an ERROR leaks
 * nothing.  Once a process, in a worker only.
 */
extern void node_use_palloc_for_json(void);

/*
 * A client in its own memory context below 'parent'.  When that goes, so do
 * connections and calls.
 */
extern NodeClient *node_create(MemoryContext parent,
							   const NodeAddress *address);
extern void node_destroy(NodeClient *node);

/*
 * Start a call.  'params' is a JSON array, which the call takes over;
 * timeout_ms 0 waits for ever (long poll).
 */
extern NodeCall *node_call_start(NodeClient *node, const char *method, json_t *params,
								 int timeout_ms);

/*
 * Let calls proceed until one finishes, the process's latch is set (it is then
 * reset) or timeout_ms has passed; -1 for no limit.  Serves interrupts.
 */
extern void node_wait(NodeClient *node, long timeout_ms);

/* Start a call and wait for its end, for not much longer than timeout_ms. */
extern NodeCall *node_call(NodeClient *node, const char *method, json_t *params,
						   int timeout_ms);

extern NodeOutcome node_call_outcome(const NodeCall *call);

/* The 'result' member of a call that is NODE_OK; lives as long as the call. */
extern json_t *node_call_result(const NodeCall *call);

/* For NODE_RPC_ERROR: the node's code.  For both kinds of error: what to say. */
extern int node_call_error_code(const NodeCall *call);
extern const char *node_call_error(const NodeCall *call);

/* End a call, finished or not. */
extern void node_call_free(NodeCall *call);

#endif
