/*
 * template_worker.c
 *	  Follows a network's nodes and creates jobs from their templates; one
 *	  worker per network.
 *
 * node_choice.c chooses the node.  A long poll is kept open at that node, so
 * that a new tip is known at once (after a start, from the first new tip on:
 * see keep_long_poll).  In addition, the node's best block is requested
 * periodically (a long poll may be lost, or the node may not support it), and
 * a new template whenever the job is older than
 * chimera.template_refresh_interval.  A new tip becomes a job with clean_jobs
 * immediately; new transactions wait for the refresh.
 *
 * The refresh also shows that templates are still available.  The accountant
 * stops a network whose newest job is older than template_max_age_s
 * (retire_jobs.c), since it runs even if this worker does not; the next job
 * here starts the network again.  This worker stops it earlier if the jobs are
 * known to be worthless: the chain has advanced and no node returns a
 * template, or the templates demand what the pool cannot do.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "pgstat.h"
#include "postmaster/bgworker.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "byte_order.h"
#include "chain/hex.h"
#include "instant.h"
#include "job/job.h"
#include "job/job_stop.h"
#include "job/template_demands.h"
#include "node/rpc.h"
#include "settings.h"
#include "node/network.h"
#include "template/node_choice.h"
#include "worker/worker_main.h"

/* how long jobs that are known to be worthless are mined */
#define WORTHLESS_WAIT_MS 10000

/* templates in a row that do not build on the node's own tip */
#define MISMATCHES_MAX 3

typedef struct TemplateWorker
{
	const Network *network;
	NodeChoice *choice;
	NodeCandidate *followed; /* the node whose templates are used; or NULL */
	LastJob last;
	Instant published_at;	 /* of the last job */
	Instant tip_polled_at;	 /* when the best block was last known */
	int64 wall_clock_ahead;	 /* of the monotonic one, in us */
	int mismatches;			 /* see MISMATCHES_MAX */
	NodeCall *long_poll;	 /* at the followed node, or NULL */
	Instant worthless_since; /* since when; INSTANT_NEVER: not known to be */
	bool is_stopped;		 /* for that reason, since the last job */
	bool children_moved;	 /* the tips of its children, since the last job */
} TemplateWorker;

/* ---------- template -> job ---------- */

/* The next job must come well before a job is too old. */
static int
refresh_interval_ms(const TemplateWorker *worker)
{
	int64 limit = (int64) worker->network->template_max_age_s * 1000 / 3;

	return (int) Min(limit, chimera_template_refresh_interval_ms);
}

/* The time left of an interval that began then, in ms. */
static long
ms_left(Instant began, int interval_ms)
{
	return instant_ms_left(instant_after_ms(began, interval_ms));
}

static bool
job_is_due(const TemplateWorker *worker, const BlockTemplate *template)
{
	return !worker->last.exists || worker->children_moved ||
		   memcmp(worker->last.prevhash, template->prevhash, 32) != 0 ||
		   ms_left(worker->published_at, refresh_interval_ms(worker)) == 0;
}

/* The parents' jobs carry this network's. */
static void
wake_parents(const TemplateWorker *worker)
{
	pg_uuid_t *parents;
	int count = parents_read(&worker->network->network_id, &parents);

	for (int i = 0; i < count; i++)
		worker_wake(WORKER_TEMPLATE, &parents[i]);
}

static bool
publish_job(TemplateWorker *worker, BlockTemplate *template)
{
	Job job;
	const char *error =
		job_publish(worker->network, template, &worker->last, &job);

	if (error)
	{
		node_choice_leave(worker->choice, "%s", error);
		return false;
	}
	worker->published_at = instant_now();
	worker->is_stopped = false;
	worker->children_moved = false;
	if (job.clean_jobs)
	{
		worker_wake(WORKER_BLOCK, &worker->network->network_id);
		wake_parents(worker);
	}
	return true;
}

/*
 * Keep a long poll open on the template's tip, if the node supports that.
 *
 * At most one is opened and abandoned per node and tip: a node of Bitcoin
 * Core's family does not notice that its client has disconnected, and an
 * abandoned long poll occupies one of its few RPC threads (four by default)
 * until the tip moves.  If one were opened with every refresh, by every worker
 * that starts on the same tip, or each time the node is used again, they would
 * occupy all threads, and no block could be submitted.
 */
static void
keep_long_poll(TemplateWorker *worker, const BlockTemplate *template)
{
	NodeCandidate *node = worker->followed;

	if (memcmp(node->long_poll_tip, template->prevhash, 32) == 0 ||
		template->longpollid == NULL)
		return;
	if (worker->long_poll)
		node_call_free(worker->long_poll);
	worker->long_poll = node_call_start(
		node->client, "getblocktemplate",
		template_request(worker->network, template->longpollid), 0);
	memcpy(node->long_poll_tip, template->prevhash, 32);
}

/* Create a job from a good template, if one is due. */
static void
take_template(TemplateWorker *worker, BlockTemplate *template)
{
	if (job_is_due(worker, template) && !publish_job(worker, template))
		return;
	worker->choice->height_wanted = template->height;
	worker->tip_polled_at = instant_now();
	keep_long_poll(worker, template);
}

/* ---------- following the node that is used ---------- */

/* A getblocktemplate's template, or NULL on any failure. */
static BlockTemplate *
read_answer(TemplateWorker *worker, const NodeCall *call)
{
	static const NodeTip any_tip = {0};
	BlockTemplate *template;
	const char *error =
		check_template(call, worker->network, &any_tip, &template);

	if (error)
		node_choice_leave(worker->choice, "%s", error);
	return error ? NULL : template;
}

/* Get the node's best block; false on any failure. */
static bool
ask_best_block(TemplateWorker *worker, uint8 hash[32])
{
	NodeCall *call = node_call(worker->followed->client, "getbestblockhash",
							   json_array(), chimera_node_timeout_ms);
	bool ok = node_call_outcome(call) == NODE_OK;
	const char *hex = ok ? json_string_value(node_call_result(call)) : NULL;

	worker->tip_polled_at = instant_now();
	if (!ok)
		node_choice_leave(worker->choice, "%s", node_call_error(call));
	else if (hex == NULL || !hex_to_bytes(hex, strlen(hex), hash, 32))
	{
		node_choice_leave(worker->choice,
						  "the node's best block hash is not a hash");
		ok = false;
	}
	else
		reverse32(hash, hash);
	node_call_free(call);
	return ok;
}

/*
 * Use a template that should build on the given block.  If it does not, the
 * tip may just have moved; but a node whose templates repeatedly do not build
 * on its own tip is not mined for.
 */
static void
take_if_upon(TemplateWorker *worker, BlockTemplate *template,
			 const uint8 expected[32])
{
	uint8 best[32];

	if (memcmp(template->prevhash, expected, 32) != 0)
	{
		if (!ask_best_block(worker, best))
			return;
		if (memcmp(template->prevhash, best, 32) != 0)
		{
			if (++worker->mismatches >= MISMATCHES_MAX)
				node_choice_leave(
					worker->choice,
					"the node's template does not build on its own best block");
			return;
		}
	}
	worker->mismatches = 0;
	take_template(worker, template);
}

/* Fetch a template that should build on the given block. */
static void
fetch_template(TemplateWorker *worker, const uint8 expected[32])
{
	NodeCall *call = node_call(worker->followed->client, "getblocktemplate",
							   template_request(worker->network, NULL),
							   chimera_node_timeout_ms);
	BlockTemplate *template = read_answer(worker, call);

	if (template)
		take_if_upon(worker, template, expected);
	node_call_free(call);
}

/* Use a new template if the tip has moved. */
static void
poll_tip(TemplateWorker *worker)
{
	uint8 best[32];

	if (ask_best_block(worker, best) &&
		memcmp(best, worker->last.prevhash, 32) != 0)
		fetch_template(worker, best);
}

static bool
long_poll_ended(const TemplateWorker *worker)
{
	return worker->long_poll &&
		   node_call_outcome(worker->long_poll) != NODE_PENDING;
}

/*
 * Use the long poll's template without further checks; that opens the next
 * long poll.
 */
static void
take_long_poll(TemplateWorker *worker)
{
	NodeCall *call = worker->long_poll;
	BlockTemplate *template;

	worker->long_poll = NULL;
	memset(worker->followed->long_poll_tip, 0, 32);
	template = read_answer(worker, call);
	if (template)
		take_template(worker, template);
	node_call_free(call);
}

/*
 * The accountant judges the age of the newest job by the wall clock: when that
 * is set forward, a job is due.
 */
static void
look_at_clock(TemplateWorker *worker)
{
	int64 ahead = GetCurrentTimestamp() - instant_now();
	int64 step_ms = (ahead - worker->wall_clock_ahead) / 1000;

	if (step_ms > refresh_interval_ms(worker))
		worker->published_at = INSTANT_LONG_AGO;
	worker->wall_clock_ahead = ahead;
}

/*
 * Have children got new tips, or has one come or gone?  Their jobs are then as
 * urgent as the network's own, but not more often than once per interval: the
 * tips of several children become one job.
 */
static void
look_at_children(TemplateWorker *worker)
{
	if (!worker->children_moved &&
		ms_left(worker->published_at, chimera_merge_interval_ms) == 0)
		worker->children_moved =
			children_tips(&worker->network->network_id) != worker->last.tips;
}

/* Make the call to the node that is due, if any. */
static void
follow_node(TemplateWorker *worker)
{
	look_at_children(worker);
	if (long_poll_ended(worker))
		take_long_poll(worker);
	else if (worker->children_moved)
		fetch_template(worker, worker->last.prevhash);
	else if (ms_left(worker->published_at, refresh_interval_ms(worker)) <= 0)
		fetch_template(worker, worker->last.prevhash);
	else if (ms_left(worker->tip_polled_at, chimera_tip_poll_interval_ms) <= 0)
		poll_tip(worker);
}

static void
wait_for_nodes(TemplateWorker *worker)
{
	long sleep_ms = node_choice_sleep_ms(worker->choice);

	if (worker->choice->used)
	{
		long ms =
			Min(ms_left(worker->published_at, refresh_interval_ms(worker)),
				ms_left(worker->tip_polled_at, chimera_tip_poll_interval_ms));
		long merge_ms =
			ms_left(worker->published_at, chimera_merge_interval_ms);

		if (merge_ms > 0)
			ms = Min(ms, merge_ms);
		sleep_ms = sleep_ms < 0 ? ms : Min(sleep_ms, ms);
	}
	if (worker->worthless_since != INSTANT_NEVER && !worker->is_stopped)
	{
		long ms = ms_left(worker->worthless_since, WORTHLESS_WAIT_MS);

		sleep_ms = sleep_ms < 0 ? ms : Min(sleep_ms, ms);
	}
	if (sleep_ms != 0 && !long_poll_ended(worker))
		node_wait(worker->choice->loop, sleep_ms);
	CHECK_FOR_INTERRUPTS();
	worker_reload_settings();
}

/* ---------- worthless jobs ---------- */

/*
 * The reason why the jobs are worthless, by the nodes' last responses; NULL if
 * they may be mined.
 */
static const char *
why_worthless(const TemplateWorker *worker)
{
	const NodeChoice *choice = worker->choice;

	if (choice->used || !worker->last.exists)
		return NULL;
	for (int i = 0; i < choice->count; i++)
	{
		const NodeCandidate *node = &choice->nodes[i];

		if (is_unmet_demand(node->trouble))
			return "a block would have to meet demands that the pool cannot";
		if (node->tip.known && node->tip.height >= worker->last.height)
			return "the chain has a new tip, and no node returns a template";
	}
	return NULL;
}

static void
stop_worthless_work(TemplateWorker *worker)
{
	const char *reason = why_worthless(worker);

	if (reason == NULL)
	{
		worker->worthless_since = INSTANT_NEVER;
		return;
	}
	if (worker->worthless_since == INSTANT_NEVER)
		worker->worthless_since = instant_now();
	if (worker->is_stopped ||
		ms_left(worker->worthless_since, WORTHLESS_WAIT_MS) > 0)
		return;
	job_stop(worker->network, reason);
	worker->is_stopped = true;
	ereport(LOG, (errmsg("network \"%s\" is stopped: %s", worker->network->name,
						 reason)));
}

/* ---------- changing the node ---------- */

/* Another node is used, or none: end the calls to the previous one. */
static void
stop_following(TemplateWorker *worker)
{
	if (worker->long_poll)
		node_call_free(worker->long_poll);
	worker->long_poll = NULL;
	worker->followed = NULL;
	worker->mismatches = 0;
}

static void
take_offer(TemplateWorker *worker)
{
	NodeChoice *choice = worker->choice;

	stop_following(worker);
	node_choice_use(choice, choice->offered);
	worker->followed = choice->used;
	take_template(worker, choice->template);
}

static void
poll_templates(const WorkerArguments *arguments)
{
	TemplateWorker worker = {.published_at = INSTANT_LONG_AGO,
							 .tip_polled_at = INSTANT_LONG_AGO,
							 .worthless_since = INSTANT_NEVER};
	MemoryContext round;

	worker.network = network_read(&arguments->network_id);
	if (worker.network == NULL || worker.network->node_count == 0)
		return;
	job_read_last(worker.network, &worker.last);
	worker.wall_clock_ahead = GetCurrentTimestamp() - instant_now();
	worker.choice = node_choice_create(worker.network, true,
									   &chimera_node_retry_interval_ms);
	if (worker.last.exists)
		for (int i = 0; i < worker.choice->count; i++)
			memcpy(worker.choice->nodes[i].long_poll_tip, worker.last.prevhash,
				   32);
	round = AllocSetContextCreate(CurrentMemoryContext, "chimera template",
								  ALLOCSET_DEFAULT_SIZES);
	MemoryContextSwitchTo(round);

	for (;;)
	{
		node_choice_tend(worker.choice);
		if (worker.choice->offered)
			take_offer(&worker);
		else if (worker.choice->used)
		{
			look_at_clock(&worker);
			follow_node(&worker);
		}
		if (worker.choice->used == NULL)
			stop_following(&worker);
		stop_worthless_work(&worker);
		node_choice_show(worker.choice);
		MemoryContextReset(round);
		wait_for_nodes(&worker);
	}
}

void
chimera_template_main(Datum arg)
{
	WorkerArguments arguments;

	memcpy(&arguments, MyBgworkerEntry->bgw_extra, sizeof(arguments));
	worker_run(WORKER_TEMPLATE, &arguments, poll_templates);
}
