/*
 * node_choice.h
 *	  Chooses which of a network's nodes a worker uses.
 */
#ifndef CHIMERA_NODE_CHOICE_H
#define CHIMERA_NODE_CHOICE_H

#include "postgres.h"

#include "instant.h"
#include "node/rpc.h"
#include "node/network.h"
#include "template/node_checks.h"
#include "worker/worker_status.h"

#define NODE_TROUBLE_BYTES WORKER_NODE_PROBLEM_BYTES

/* The current step of a node's checks; its call is in progress. */
typedef enum LookStep
{
	LOOK_NONE,
	LOOK_CHAIN,
	LOOK_SYNC,
	LOOK_TEMPLATE,
} LookStep;

typedef struct NodeCandidate
{
	int number; /* from 1, the best first */
	const NodeAddress *address;
	NodeClient *client;
	LookStep step;
	NodeCall *call;	 /* of the step; NULL with LOOK_NONE */
	Instant look_at; /* when the node is checked again */
	bool looked;	 /* the node has been checked */
	bool good;		 /* on the chain, synced, and not known to fail */
	NodeTip tip;
	int behind; /* in how many checks another node has been ahead */
	char trouble[NODE_TROUBLE_BYTES]; /* or empty */

	/*
	 * The template worker's: the tip of the node's long poll, in progress or
	 * abandoned; zeros if none.
	 */
	uint8 long_poll_tip[32];
} NodeCandidate;

typedef struct NodeChoice
{
	const Network *network;
	NodeLoop *loop;
	NodeCandidate *nodes;
	int count;
	bool with_templates;	/* a node must return a good template to be used */
	const int *interval_ms; /* between two checks of a good node */
	NodeCandidate *used;	/* or NULL */
	Instant unused_since;

	/*
	 * With templates: a node to be used from now on, and its template, in the
	 * memory context in which node_choice_tend() was called.
	 */
	NodeCandidate *offered;
	BlockTemplate *template;
	uint32 height_wanted; /* a lower template is no reason to change */
} NodeChoice;

extern NodeChoice *
node_choice_create(const Network *network, bool with_templates,
				   const int *interval_ms);

/*
 * Process the responses to checks, and start checks that are due; never waits.
 * May change 'used' (to NULL, and to another node if templates are not
 * required) and set 'offered', which the caller either uses at once, by
 * node_choice_use(), or ignores.
 */
extern void node_choice_tend(NodeChoice *choice);

extern void node_choice_use(NodeChoice *choice, NodeCandidate *node);

/* The node in use has failed: it is not used again until it is good. */
extern void node_choice_leave(NodeChoice *choice, const char *format, ...)
	pg_attribute_printf(2, 3);

/* The time until node_choice_tend() has something to start, in ms. */
extern long node_choice_sleep_ms(const NodeChoice *choice);

/*
 * Show in the worker's status which node is used and what problems the others
 * have; or, if none is used and none is about to be, that the worker fails.
 */
extern void node_choice_show(const NodeChoice *choice);

#endif
