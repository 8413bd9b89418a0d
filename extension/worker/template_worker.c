/*
 * template_worker.c
 *	  Follows a network's node and makes jobs of its templates; one a network.
 *
 * A long poll stands open at the node, so that a new tip is known at once
 * (after a start, from the first new tip on: see keep_long_poll).  Beside it
 * the node is asked for its best block now and then (a long poll may be lost,
 * or the node have none), and for a fresh template whenever the job is older
 * than chimera.template_refresh_interval.  A new tip becomes a job with
 * clean_jobs immediately; new transactions wait for the refresh.
 *
 * When the node fails, the worker says so, waits, and begins anew with the
 * check that it is on the configured chain.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "pgstat.h"
#include "postmaster/bgworker.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "chain/endian.h"
#include "chain/hex.h"
#include "job/job.h"
#include "node/node.h"
#include "settings.h"
#include "worker/network.h"
#include "worker/worker_main.h"

typedef struct TemplateWorker
{
	const Network *network;
	NodeClient *node;
	MemoryContext round; /* what lives until the next template */
	LastJob last;
	TimestampTz published_at; /* the last job; 0 before any */
	NodeCall *long_poll;	  /* or NULL */

	/*
	 * The tip upon which the node holds a long poll, ours or one that we or a
	 * worker before us have hung up on; zeros: none.
	 */
	uint8 long_poll_tip[32];
} TemplateWorker;

/* ---------- asking the node ---------- */

static json_t *
template_request(const TemplateWorker *worker, const char *longpollid)
{
	json_t *rules = json_array();
	json_t *request;

	for (int i = 0; i < worker->network->template_rules_count; i++)
		json_array_append_new(rules,
							  json_string(worker->network->template_rules[i]));
	request = json_pack("[{s:o, s:[s, s, s], s:s*}]", "rules", rules,
						"capabilities", "coinbasetxn", "workid", "coinbase/append",
						"longpollid", longpollid);
	return request;
}

/* Say why a call failed; false when it did. */
static bool
call_succeeded(const NodeCall *call)
{
	if (node_call_outcome(call) == NODE_OK)
		return true;
	worker_status_failing("%s", node_call_error(call));
	return false;
}

/* Is the node on the chain that the network's settings name? */
static bool
node_is_on_chain(TemplateWorker *worker)
{
	NodeCall *call = node_call(worker->node, "getblockhash",
							   json_pack("[i]", 0), chimera_node_timeout_ms);
	bool ok = call_succeeded(call);

	if (ok)
	{
		const char *genesis = json_string_value(node_call_result(call));

		ok = genesis && strcmp(genesis, worker->network->genesis_hash) == 0;
		if (!ok)
			worker_status_failing(
				"the node is on another chain: its block 0 is %.64s",
				genesis ? genesis : "no hash");
	}
	node_call_free(call);
	return ok;
}

/* ---------- template -> job ---------- */

static bool
job_is_due(const TemplateWorker *worker, const BlockTemplate *template)
{
	return !worker->last.exists || worker->published_at == 0 ||
		   memcmp(worker->last.prevhash, template->prevhash, 32) != 0 ||
		   TimestampDifferenceExceeds(worker->published_at,
									  GetCurrentTimestamp(),
									  chimera_template_refresh_interval_ms);
}

static bool
publish(TemplateWorker *worker, BlockTemplate *template)
{
	Job job;
	const char *error =
		job_publish(worker->network, template, &worker->last, &job);

	if (error)
	{
		worker_status_failing("%s", error);
		return false;
	}
	worker->published_at = GetCurrentTimestamp();
	if (job.clean_jobs)
		worker_wake(WORKER_BLOCK, &worker->network->network_id);
	return true;
}

/*
 * Leave a long poll open upon that template's tip, if the node has one.
 *
 * Upon each tip only one is opened and abandoned: a node of Bitcoin Core's
 * family doesn't notice that its client has hung up, and an abandoned long
 * poll holds one of its few RPC threads (four, unless told) until the tip
 * moves.  Opened anew with every refresh, or by every worker that is started
 * upon the same tip, they would hold them all, and no block could be sent.
 */
static void
keep_long_poll(TemplateWorker *worker, const BlockTemplate *template)
{
	if (memcmp(worker->long_poll_tip, template->prevhash, 32) == 0 ||
		template->longpollid == NULL)
		return;
	if (worker->long_poll)
		node_call_free(worker->long_poll);
	worker->long_poll =
		node_call_start(worker->node, "getblocktemplate",
						template_request(worker, template->longpollid), 0);
	memcpy(worker->long_poll_tip, template->prevhash, 32);
}

/* Make a job of an answered call, if one is due; false on any failure. */
static bool
take_template(TemplateWorker *worker, const NodeCall *call)
{
	BlockTemplate *template;
	const char *error;

	if (!call_succeeded(call))
		return false;
	template = template_parse(node_call_result(call), &error);
	if (template == NULL)
	{
		worker_status_failing("%s", error);
		return false;
	}
	if (job_is_due(worker, template) && !publish(worker, template))
		return false;
	keep_long_poll(worker, template);
	worker_status_ok();
	return true;
}

static bool
fetch_template(TemplateWorker *worker)
{
	NodeCall *call =
		node_call(worker->node, "getblocktemplate",
				  template_request(worker, NULL), chimera_node_timeout_ms);
	bool ok = take_template(worker, call);

	node_call_free(call);
	return ok;
}

/* ---------- waiting for a reason to look again ---------- */

static bool
tip_moved(TemplateWorker *worker, bool *moved)
{
	NodeCall *call = node_call(worker->node, "getbestblockhash", json_array(),
							   chimera_node_timeout_ms);
	bool ok = call_succeeded(call);

	if (ok)
	{
		const char *hex = json_string_value(node_call_result(call));
		uint8 hash[32];

		ok = hex && hex_to_bytes(hex, strlen(hex), hash, sizeof(hash));
		if (ok)
		{
			reverse32(hash, hash);
			*moved = memcmp(hash, worker->last.prevhash, 32) != 0;
		}
		else
			worker_status_failing("the node's best block hash is no hash");
	}
	node_call_free(call);
	return ok;
}

static bool
long_poll_ended(const TemplateWorker *worker)
{
	return worker->long_poll &&
		   node_call_outcome(worker->long_poll) != NODE_PENDING;
}

/* Take what the long poll brought; it is opened anew from there. */
static bool
take_long_poll(TemplateWorker *worker)
{
	NodeCall *call = worker->long_poll;
	bool ok;

	worker->long_poll = NULL;
	memset(worker->long_poll_tip, 0, 32);
	ok = take_template(worker, call);
	node_call_free(call);
	return ok;
}

/*
 * Wait until the long poll ends, the tip has moved or the job is to be
 * refreshed, and act on it; false when the node failed.
 */
static bool
follow_node(TemplateWorker *worker)
{
	TimestampTz now = GetCurrentTimestamp();
	TimestampTz refresh_at =
		worker->published_at +
		(TimestampTz) chimera_template_refresh_interval_ms * 1000;
	long refresh_ms = TimestampDifferenceMilliseconds(now, refresh_at);
	bool moved = false;

	/* a template that gave no job because none was due may be just this old */
	if (refresh_ms <= 0)
		return fetch_template(worker);

	if (!long_poll_ended(worker))
		node_wait(worker->node,
				  Min(refresh_ms, chimera_tip_poll_interval_ms));
	worker_reload_settings();
	if (long_poll_ended(worker))
		return take_long_poll(worker);
	if (!tip_moved(worker, &moved))
		return false;
	return moved ? fetch_template(worker) : true;
}

static void
poll_templates(const WorkerArguments *arguments)
{
	TemplateWorker worker = {0};
	MemoryContext context = CurrentMemoryContext;

	worker.network = network_read(&arguments->network_id);
	if (worker.network == NULL || worker.network->node_count == 0)
		return;
	job_read_last(worker.network, &worker.last);
	if (worker.last.exists)
		memcpy(worker.long_poll_tip, worker.last.prevhash, 32);
	worker.round = AllocSetContextCreate(context, "chimera template",
										 ALLOCSET_DEFAULT_SIZES);
	MemoryContextSwitchTo(worker.round);

	for (;;)
	{
		bool ok;

		worker.node = node_create(context, &worker.network->nodes[0]);
		ok = node_is_on_chain(&worker) && fetch_template(&worker);
		while (ok)
		{
			MemoryContextReset(worker.round);
			ok = follow_node(&worker);
		}

		/* the node's connections, the long poll among them, go with it */
		worker.long_poll = NULL;
		node_destroy(worker.node);
		worker_sleep(chimera_node_retry_interval_ms);
	}
}

void
chimera_template_main(Datum arg)
{
	WorkerArguments arguments;

	memcpy(&arguments, MyBgworkerEntry->bgw_extra, sizeof(arguments));
	worker_run(WORKER_TEMPLATE, &arguments, poll_templates);
}
