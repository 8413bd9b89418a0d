/*
 * rpc.h
 *	  JSON-RPC calls to a coin's nodes, over libcurl, from a worker or a
 *	  backend.
 *
 * Several calls to several nodes may be in progress at once (for example next
 * to a long poll): all of them proceed while any of them is waited for.  All
 * waits serve interrupts and the process's latch, so a worker responds to a
 * shutdown at once, even in a long poll, and a backend to the cancellation of
 * its statement.
 */
#ifndef CHIMERA_RPC_H
#define CHIMERA_RPC_H

#include "postgres.h"

#include "node/json.h"
#include "node/rpc_answer.h"

typedef struct NodeAddress
{
	int node_id;			 /* of chimera.network_nodes */
	const char *url;		 /* http(s)://host:port[/path], no credentials */
	const char *user;		 /* or NULL */
	const char *password;	 /* or NULL */
	const char *cookie_file; /* user:password, read for each call; or NULL */
} NodeAddress;

typedef struct NodeLoop NodeLoop;
typedef struct NodeClient NodeClient;
typedef struct NodeCall NodeCall;

/*
 * Make jansson allocate in the current memory context, so that an ERROR leaks
 * nothing.  A worker does this once; a backend, where others may use jansson
 * too, borrows and returns the allocators.
 */
extern void node_use_palloc_for_json(void);

typedef struct JsonAllocators
{
	json_malloc_t allocate;
	json_free_t release;
} JsonAllocators;

extern JsonAllocators node_borrow_palloc_for_json(void);
extern void node_return_json_allocators(JsonAllocators before);

/*
 * The loop that runs the calls to nodes, in its own memory context below
 * 'parent'.  Deleting that context releases nodes, connections and calls.
 */
extern NodeLoop *node_loop_create(MemoryContext parent);

/* A node to be called; deleting it ends its calls. */
extern NodeClient *node_create(NodeLoop *loop, const NodeAddress *address);
extern void node_destroy(NodeClient *node);

/*
 * Start a call.  'params' is a JSON array, which the call takes over.  With
 * timeout_ms 0 it has no timeout (long poll).
 */
extern NodeCall *node_call_start(NodeClient *node, const char *method,
								 json_t *params, int timeout_ms);

/* The same on its own connection, for calls that must not wait for others. */
extern NodeCall *node_call_start_apart(NodeClient *node, const char *method,
									   json_t *params, int timeout_ms);

/*
 * Let calls proceed until one finishes, the process's latch is set (it is then
 * reset) or timeout_ms has passed; -1 for no limit.  Serves interrupts.  True
 * when it was the latch.
 */
extern bool node_wait(NodeLoop *loop, long timeout_ms);

/* Start a call and wait for its end, not much longer than timeout_ms. */
extern NodeCall *
node_call(NodeClient *node, const char *method, json_t *params, int timeout_ms);

extern NodeOutcome node_call_outcome(const NodeCall *call);

/* The 'result' member of a call that is NODE_OK; lives as long as the call. */
extern json_t *node_call_result(const NodeCall *call);

/* The node's code, for NODE_RPC_ERROR; a message, for both kinds of error. */
extern int node_call_error_code(const NodeCall *call);
extern const char *node_call_error(const NodeCall *call);

/* End a call, finished or not. */
extern void node_call_free(NodeCall *call);

#endif
