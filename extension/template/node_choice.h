/*
 * node_choice.h
 *	  Which of a network's nodes a worker uses.
 */
#ifndef CHIMERA_NODE_CHOICE_H
#define CHIMERA_NODE_CHOICE_H

#include "postgres.h"

#include "instant.h"
#include "node/rpc.h"
#include "node/network.h"
#include "template/node_checks.h"

#define NODE_TROUBLE_BYTES 200

/* What a look at a node has come to; the call of the step is under way. */
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
	Instant look_at; /* when it is to be looked at again */
	bool looked;	 /* it has been looked at */
	bool good;		 /* on the chain, synced, and not known to fail */
	NodeTip tip;
	int behind; /* for how many looks another node has been further */
	char trouble[NODE_TROUBLE_BYTES]; /* or empty */

	/*
	 * The template worker's: the tip upon which the node holds a long poll,
	 * one under way or one that was hung up on; zeros: none.
	 */
	uint8 long_poll_tip[32];
} NodeCandidate;

typedef struct NodeChoice
{
	const Network *network;
	NodeLoop *loop;
	NodeCandidate *nodes;
	int count;
	bool with_templates;	/* a node must give a good template to be used */
	const int *interval_ms; /* between two looks at a good node */
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
 * Take what looks at nodes have brought, and look where it is time; never
 * waits.  May change 'used' (to NULL, and to another node when no template is
 * asked for) and set 'offered', which the caller takes at once, by
 * node_choice_use(), or leaves.
 */
extern void node_choice_tend(NodeChoice *choice);

extern void node_choice_use(NodeChoice *choice, NodeCandidate *node);

/* The node that is used has failed so: it is used no more until it is good. */
extern void node_choice_leave(NodeChoice *choice, const char *format, ...)
	pg_attribute_printf(2, 3);

/* How long node_choice_tend() has nothing to begin, in ms. */
extern long node_choice_sleep_ms(const NodeChoice *choice);

/*
 * Show by the worker's status which node is used and what is wrong with the
 * others; or, when none is, and none can be expected to be in a moment, that
 * the work fails.
 */
extern void node_choice_show(const NodeChoice *choice);

#endif
