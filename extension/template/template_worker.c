/*
 * template_worker.c
 *	  Follows a network's nodes and makes jobs of their templates; one a
 * network.
 *
 * Which node is used is node_choice.c's matter.  At that node a long poll
 * stands open, so that a new tip is known at once (after a start, from the
 * first new tip on: see keep_long_poll).  Beside it the node is asked for its
 * best block now and then (a long poll may be lost, or the node have none),
 * and for a fresh template whenever the job is older than
 * chimera.template_refresh_interval.  A new tip becomes a job with clean_jobs
 * immediately; new transactions wait for the refresh.
 *
 * The refresh also tells that there still are templates: a network whose
 * newest job is older than template_max_age_s is stopped, by the accountant
 * (retire_jobs.c), since it lives when this worker doesn't; the next job here
 * starts it again.  Sooner, and here, it is stopped when the jobs are known to
 * be worth nothing: the chain has gone on and no node gives a template, or their
 * templates demand what the pool can't do.
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

/* how long jobs that are known to be worth nothing are mined on */
#define WORTHLESS_WAIT_MS 10000

/* templates in a row that are not of the node's own tip */
#define MISMATCHES_MAX 3

typedef struct TemplateWorker
{
	const Network *network;
	NodeChoice *choice;
	NodeCandidate *followed; /* whose templates are taken; or NULL */
	LastJob last;
	Instant published_at;	 /* the last job */
	Instant tip_polled_at;	 /* when the best block was last heard of */
	int64 wall_clock_ahead;	 /* of the monotonic one, in us */
	int mismatches;			 /* see MISMATCHES_MAX */
	NodeCall *long_poll;	 /* at the node that is followed, or NULL */
	Instant worthless_since; /* the jobs are; INSTANT_NEVER: not known */
	bool is_stopped;		 /* for that reason, since the last job */
} TemplateWorker;

/* ---------- template -> job ---------- */

/* A job must be far from too old when the next one comes. */
static int
refresh_interval_ms(const TemplateWorker *worker)
{
	int64 limit = (int64) worker->network->template_max_age_s * 1000 / 3;

	return (int) Min(limit, chimera_template_refresh_interval_ms);
}

/* How long until an interval that began then is over, in ms. */
static long
ms_left(Instant began, int interval_ms)
{
	return instant_ms_left(instant_after_ms(began, interval_ms));
}

static bool
job_is_due(const TemplateWorker *worker, const BlockTemplate *template)
{
	return !worker->last.exists ||
		   memcmp(worker->last.prevhash, template->prevhash, 32) != 0 ||
		   ms_left(worker->published_at, refresh_interval_ms(worker)) == 0;
}

static bool
publish(TemplateWorker *worker, BlockTemplate *template)
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
	if (job.clean_jobs)
		worker_wake(WORKER_BLOCK, &worker->network->network_id);
	return true;
}

/*
 * Leave a long poll open upon that template's tip, if the node has one.
 *
 * At a node only one is opened and abandoned upon each tip: a node of Bitcoin
 * Core's family doesn't notice that its client has hung up, and an abandoned
 * long poll holds one of its few RPC threads (four, unless told) until the tip
 * moves.  Opened anew with every refresh, by every worker that is started upon
 * the same tip, or each time the node is gone back to, they would hold them
 * all, and no block could be sent.
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

/* Make a job of a good template, if one is due. */
static void
take_template(TemplateWorker *worker, BlockTemplate *template)
{
	if (job_is_due(worker, template) && !publish(worker, template))
		return;
	worker->choice->height_wanted = template->height;
	worker->tip_polled_at = instant_now();
	keep_long_poll(worker, template);
}

/* ---------- following the node that is used ---------- */

/* An answered getblocktemplate, or NULL on any failure. */
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

/* Ask for the node's best block; false on any failure. */
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
						  "the node's best block hash is no hash");
		ok = false;
	}
	else
		reverse32(hash, hash);
	node_call_free(call);
	return ok;
}

/*
 * Take a template, which should build upon that block.  If it doesn't, the tip
 * may just have moved; but a node whose templates are not of its own tip, time
 * after time, is not to be mined for.
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
				node_choice_leave(worker->choice,
								  "the node's template does not build upon "
								  "its own best block");
			return;
		}
	}
	worker->mismatches = 0;
	take_template(worker, template);
}

/* Fetch a template, which should build upon that block. */
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

/* Look whether the tip has moved, and take a template if so. */
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
 * Take what the long poll brought, without a question more; it is opened anew
 * from there.
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
 * The age of the newest job, by which work is stopped, goes by the wall clock:
 * when that is put forward, a job is due.
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

/* Ask the node what it is time to ask. */
static void
follow_node(TemplateWorker *worker)
{
	if (long_poll_ended(worker))
		take_long_poll(worker);
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

/* ---------- jobs that are worth nothing ---------- */

/* Why they are, by what the nodes said last; NULL: they may be mined on. */
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
			return "a block would have to meet demands that the pool can't";
		if (node->tip.known && node->tip.height >= worker->last.height)
			return "the chain has a new tip, and no node gives a template";
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
	ereport(LOG, (errmsg("chimera: the work of %s is stopped: %s",
						 worker->network->name, reason)));
}

/* ---------- changing the node ---------- */

/* Another node is used, or none: what was begun at the former one ends. */
static void
let_go(TemplateWorker *worker)
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

	let_go(worker);
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
			let_go(&worker);
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
