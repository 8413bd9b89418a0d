/*
 * node_choice.c
 *	  Chooses which of a network's nodes a worker uses.
 *
 * The template worker and the block worker make a choice each.  All nodes are
 * checked periodically, including the one in use, by calls that nothing waits
 * for: a slow node delays nobody.  The checks of a node follow one another: is
 * it on the network's chain; is it synced; and, only if it would then be used,
 * does it return a template that a block can be built from.  A mere standby
 * gets only the cheap first two.
 *
 * The rules:
 *
 * - The good node with the lowest number is used, once it has returned a
 *   template.  While none is used, a better node that has not responded yet is
 *   waited for, but not for long.
 * - A node is abandoned if a call to it fails or takes too long, if a check
 *   finds a problem, or if it has been more than one block behind another good
 *   node in several checks (it is cut off, or follows another branch) and that
 *   one has a template.
 * - A better node is used again once it is good and not behind.
 */
#include "postgres.h"

#include "lib/stringinfo.h"

#include "job/template_bounds.h"
#include "settings.h"
#include "template/node_choice.h"

/* checks in a row after which a node that is behind is abandoned */
#define BEHIND_LOOKS 3

/* how long to wait for a better node's first response */
#define BETTER_NODE_WAIT_MS 1000

NodeChoice *
node_choice_create(const Network *network, bool with_templates,
				   const int *interval_ms)
{
	NodeChoice *choice = palloc0(sizeof(NodeChoice));

	choice->network = network;
	choice->with_templates = with_templates;
	choice->interval_ms = interval_ms;
	choice->loop = node_loop_create(CurrentMemoryContext);
	choice->count = network->node_count;
	choice->nodes = palloc0(sizeof(NodeCandidate) * choice->count);
	choice->unused_since = instant_now();
	for (int i = 0; i < choice->count; i++)
	{
		NodeCandidate *node = &choice->nodes[i];

		node->number = i + 1;
		node->address = &network->nodes[i];
		node->client = node_create(choice->loop, node->address);
	}
	return choice;
}

/* ---------- what is known of a node ---------- */

static void
end_look(NodeChoice *choice, NodeCandidate *node)
{
	if (node->call)
		node_call_free(node->call);
	node->call = NULL;
	node->step = LOOK_NONE;
	node->look_at = instant_in_ms(node->good ? *choice->interval_ms
											 : chimera_node_retry_interval_ms);
}

static void
note_trouble(NodeChoice *choice, NodeCandidate *node, const char *trouble)
{
	strlcpy(node->trouble, trouble, sizeof(node->trouble));
	node->good = false;
	node->looked = true;
	node->behind = 0;
	if (choice->used == node)
	{
		choice->used = NULL;
		choice->unused_since = instant_now();
	}
	end_look(choice, node);
}

/* The node has no problem, as far as that matters. */
static void
note_good(NodeChoice *choice, NodeCandidate *node)
{
	node->trouble[0] = '\0';
	end_look(choice, node);
}

/* May it still turn out to be good without another check? */
static bool
is_undecided(const NodeCandidate *node)
{
	return !node->looked || (node->good && node->step == LOOK_TEMPLATE);
}

/* A good node that is more than a block ahead of this one, or NULL. */
static const NodeCandidate *
node_ahead(const NodeChoice *choice, const NodeCandidate *node)
{
	for (int i = 0; i < choice->count; i++)
	{
		const NodeCandidate *other = &choice->nodes[i];

		if (other != node && other->good && !other->trouble[0] &&
			tip_ahead(&other->tip, &node->tip) > 1)
			return other;
	}
	return NULL;
}

/* Would the node replace the one in use? */
static bool
is_wanted(const NodeChoice *choice, const NodeCandidate *node)
{
	const NodeCandidate *used = choice->used;

	if (!node->good || node == used)
		return false;
	if (used)
	{
		if (used->behind >= BEHIND_LOOKS &&
			tip_ahead(&node->tip, &used->tip) > 1)
			return true;
		return node->number < used->number &&
			   tip_ahead(&used->tip, &node->tip) == 0;
	}
	if (instant_ms_left(
			instant_after_ms(choice->unused_since, BETTER_NODE_WAIT_MS)) == 0)
		return true;
	for (int i = 0; i < node->number - 1; i++)
		if (is_undecided(&choice->nodes[i]))
			return false;
	return true;
}

void
node_choice_use(NodeChoice *choice, NodeCandidate *node)
{
	NodeCandidate *left = choice->used;

	if (left && left->behind >= BEHIND_LOOKS &&
		tip_ahead(&node->tip, &left->tip) > 1)
		note_trouble(choice, left, "the node is behind the one in use");
	choice->used = node;
	node->good = true;
	node->behind = 0;
	note_good(choice, node);
	if (choice->count > 1)
		ereport(LOG, (errmsg("chimera: the %s worker of %s uses node %d of %d "
							 "(%s)",
							 choice->with_templates ? "template" : "block",
							 choice->network->name, node->number, choice->count,
							 node->address->url)));
}

void
node_choice_leave(NodeChoice *choice, const char *format, ...)
{
	char trouble[NODE_TROUBLE_BYTES];
	va_list args;

	va_start(args, format);
	vsnprintf(trouble, sizeof(trouble), format, args);
	va_end(args);
	if (choice->used)
		note_trouble(choice, choice->used, trouble);
}

/* ---------- looking ---------- */

static void
begin_step(NodeChoice *choice, NodeCandidate *node, LookStep step)
{
	static const char *const methods[] = {
		[LOOK_CHAIN] = "getblockhash",
		[LOOK_SYNC] = "getblockchaininfo",
		[LOOK_TEMPLATE] = "getblocktemplate",
	};
	json_t *params;

	if (step == LOOK_TEMPLATE)
		params = template_request(choice->network, NULL);
	else if (step == LOOK_CHAIN)
		params = json_pack("[i]", 0);
	else
		params = json_array();
	if (node->call)
		node_call_free(node->call);
	node->step = step;
	node->call = node_call_start(node->client, methods[step], params,
								 chimera_node_timeout_ms);
}

/* The node has proved good: use it or, with templates, offer it. */
static void
offer_node(NodeChoice *choice, NodeCandidate *node, BlockTemplate *template)
{
	if (choice->used && template->height < choice->height_wanted)
	{
		end_look(choice, node);
		return;
	}
	note_good(choice, node);
	if (choice->offered && choice->offered->number < node->number)
		return;
	choice->offered = node;
	choice->template = template;
}

/* A standby that is behind may be used, but only if no other node is good. */
static void
note_lag(const NodeChoice *choice, NodeCandidate *node)
{
	if (choice->used && tip_ahead(&choice->used->tip, &node->tip) > 1)
		strlcpy(node->trouble, "the node is behind the one in use",
				sizeof(node->trouble));
}

/* Continue with a node that is good so far, if that is of any use. */
static void
continue_checks(NodeChoice *choice, NodeCandidate *node)
{
	if (!is_wanted(choice, node))
	{
		note_good(choice, node);
		note_lag(choice, node);
	}
	else if (choice->with_templates)
		begin_step(choice, node, LOOK_TEMPLATE);
	else
		node_choice_use(choice, node);
}

static void
take_sync(NodeChoice *choice, NodeCandidate *node)
{
	const char *trouble = check_sync(node->call, &node->tip);

	if (trouble)
	{
		note_trouble(choice, node, trouble);
		return;
	}
	node->looked = true;
	node->good = true;
	node->behind = node_ahead(choice, node) ? node->behind + 1 : 0;
	continue_checks(choice, node);
}

static void
take_template(NodeChoice *choice, NodeCandidate *node)
{
	BlockTemplate *template;
	const char *trouble =
		check_template(node->call, choice->network, &node->tip, &template);

	if (trouble == NULL)
		trouble = template_bounds_check(choice->network, template);
	if (trouble)
		note_trouble(choice, node, trouble);
	else
		offer_node(choice, node, template);
}

/* The step's call has ended. */
static void
finish_step(NodeChoice *choice, NodeCandidate *node)
{
	const char *trouble;

	switch (node->step)
	{
		case LOOK_CHAIN:
			trouble = check_chain(node->call, choice->network);
			if (trouble)
				note_trouble(choice, node, trouble);
			else
				begin_step(choice, node, LOOK_SYNC);
			break;
		case LOOK_SYNC:
			take_sync(choice, node);
			break;
		case LOOK_TEMPLATE:
			take_template(choice, node);
			break;
		case LOOK_NONE:
			break;
	}
}

void
node_choice_tend(NodeChoice *choice)
{
	Instant now = instant_now();

	choice->offered = NULL;
	choice->template = NULL;
	for (int i = 0; i < choice->count; i++)
	{
		NodeCandidate *node = &choice->nodes[i];

		if (node->call && node_call_outcome(node->call) != NODE_PENDING)
			finish_step(choice, node);
	}
	for (int i = 0; i < choice->count; i++)
	{
		NodeCandidate *node = &choice->nodes[i];

		if (node->step != LOOK_NONE || node == choice->offered)
			continue;
		if (now >= node->look_at)
			begin_step(choice, node, LOOK_CHAIN);
		else if (is_wanted(choice, node) && choice->offered == NULL)
			continue_checks(choice, node);
	}
}

long
node_choice_sleep_ms(const NodeChoice *choice)
{
	Instant until = INSTANT_NEVER;

	for (int i = 0; i < choice->count; i++)
	{
		const NodeCandidate *node = &choice->nodes[i];

		if (node->step == LOOK_NONE && is_wanted(choice, node))
			return 0;
		if (node->step == LOOK_NONE)
			until = Min(until, node->look_at);
		else if (node_call_outcome(node->call) != NODE_PENDING)
			return 0;
	}
	if (choice->used == NULL)
	{
		Instant waited =
			instant_after_ms(choice->unused_since, BETTER_NODE_WAIT_MS);

		if (instant_ms_left(waited) > 0)
			until = Min(until, waited);
	}
	return until == INSTANT_NEVER ? -1 : instant_ms_left(until);
}

/* ---------- reporting ---------- */

static void
append_troubles(StringInfo text, const NodeChoice *choice)
{
	for (int i = 0; i < choice->count; i++)
	{
		const NodeCandidate *node = &choice->nodes[i];

		if (node->trouble[0] == '\0')
			continue;
		if (text->len > 0)
			appendStringInfoString(text, "; ");
		if (choice->count > 1)
			appendStringInfo(text, "%s: ", node->address->url);
		appendStringInfoString(text, node->trouble);
	}
}

static void
show_nodes(const NodeChoice *choice)
{
	WorkerNodeProblem problems[WORKER_NODES_MAX];
	int count = 0;

	for (int i = 0; i < choice->count && count < WORKER_NODES_MAX; i++)
	{
		const NodeCandidate *node = &choice->nodes[i];

		if (node->trouble[0] == '\0')
			continue;
		problems[count].node_id = node->address->node_id;
		strlcpy(problems[count].text, node->trouble, NODE_TROUBLE_BYTES);
		count++;
	}
	worker_status_nodes(choice->used ? choice->used->address->node_id : 0,
						problems, count);
}

void
node_choice_show(const NodeChoice *choice)
{
	StringInfoData text;

	show_nodes(choice);
	initStringInfo(&text);
	if (choice->used)
	{
		if (choice->count > 1)
			appendStringInfo(&text, "ok, node %d of %d (%s)",
							 choice->used->number, choice->count,
							 choice->used->address->url);
		append_troubles(&text, choice);
		worker_status_works("%s", text.data);
		return;
	}
	for (int i = 0; i < choice->count; i++)
		if (choice->nodes[i].good || !choice->nodes[i].looked)
			return;
	append_troubles(&text, choice);
	worker_status_failing("%s", text.data);
}
