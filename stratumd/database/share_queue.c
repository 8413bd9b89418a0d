/*
 * share_queue.c
 *	  Carries shares to the database and its decisions back.
 *
 * A share is either in a lane or in the batch of a submit connection.  A batch
 * whose connection is lost before its response goes back to the head of its
 * lane and is sent again: shares that were committed come back as duplicates,
 * and count once.  Nothing is dropped: when a lane is full, reading from its
 * miners stops, and a share that waits too long gets an error.
 */
#include "database/share_queue.h"

#include <stdio.h>
#include <stdlib.h>

#include "database/throttle.h"
#include "log.h"
#include "loop.h"
#include "memory.h"
#include "pipeline.h"
#include "session/read_scheduler.h"

#define MAX_WAITING			65536 /* shares per lane */
#define RESUME_WAITING		(MAX_WAITING / 2)
#define MAX_AGE_S			30.0 /* waiting for the database */
#define RETRY_PAUSE_S		0.5
#define DOUBTFUL_MAX_SHARES 32	/* per batch */
#define DOUBTFUL_PATIENCE_S 0.1 /* then it goes first */

/* A connection that carries one batch at a time. */
typedef struct Submitter
{
	Pipeline pipeline;
	PgCommand command;
	char name[24];
	ShareLane batch; /* in the order of the records */
	ShareLane *lane; /* where its batch is from */
	double sent_at;
	double paused_until;
	uint8_t *buffer;
} Submitter;

/*
 * chimera.submit_shares requires this isolation level, whatever the role's
 * default is
 */
static const PipelineSetup setup[] = {
	{NULL, "SET default_transaction_isolation = 'read committed'"},
	{"submit", "SELECT chimera.submit_shares($1::bytea)"},
	{NULL, NULL},
};

static Submitter *submitters;
static int submitter_count;
static ShareDone on_done;
static ShareLane lanes[TRUST_LEVELS];
static ShareLane *const trusted = &lanes[SESSION_TRUSTED];
static ShareLane *const doubtful = &lanes[SESSION_DOUBTFUL];
static double doubtful_sent_at = 0;
static Throttle doubtful_throttle;

/* ---------- the queue ---------- */

static void
share_finish(Share *share, ShareResult result)
{
	on_done(share, result);
	session_end_response(share->session);
	share_free(share);
}

static void
pace_reading(void)
{
	for (int trust = 0; trust < TRUST_LEVELS; trust++)
	{
		if (lanes[trust].count >= MAX_WAITING)
			read_scheduler_hold((SessionTrust) trust, true);
		else if (lanes[trust].count <= RESUME_WAITING)
			read_scheduler_hold((SessionTrust) trust, false);
	}
}

/* New sessions are trusted with their first few shares. */
static ShareLane *
lane_of(const Session *session)
{
	if (session_trust(session) == SESSION_TRUSTED ||
		(session->credit == SESSION_FIRST_CREDIT &&
		 session->responses_owed <= session->credit))
		return trusted;
	return doubtful;
}

void
share_queue_add(Share *share)
{
	session_begin_response(share->session);
	share->queued_at = clock_now();
	share->may_be_stored = false;
	lane_append(lane_of(share->session), share);
	pace_reading();
}

/* Put a batch back, to be sent again before the rest of its lane. */
static void
put_back(Submitter *submitter)
{
	lane_put_back(submitter->lane, &submitter->batch);
}

static void
expire_lane(ShareLane *lane, double now)
{
	while (lane->first && now - lane->first->queued_at > MAX_AGE_S)
	{
		Share *share = lane_take_first(lane);

		share_finish(share,
					 share->may_be_stored ? SHARE_UNANSWERED : SHARE_NOT_SENT);
	}
}

void
share_queue_expire(double now)
{
	for (int trust = 0; trust < TRUST_LEVELS; trust++)
		expire_lane(&lanes[trust], now);
	pace_reading();
}

/* ---------- answers ---------- */

/* Answer a whole batch: with one result per share, or all alike. */
static void
finish_batch(Submitter *submitter, const uint8_t *results, ShareResult alike)
{
	while (submitter->batch.first)
	{
		Share *share = lane_take_first(&submitter->batch);

		share_finish(share, results ? (ShareResult) *results++ : alike);
	}
}

static bool
is_sound(const Submitter *submitter, const PGresult *result)
{
	return PQntuples(result) == 1 && PQnfields(result) == 1 &&
		   PQfformat(result, 0) == 1 && !PQgetisnull(result, 0, 0) &&
		   PQgetlength(result, 0, 0) == submitter->batch.count;
}

static void
batch_committed(Submitter *submitter, const PGresult *result)
{
	if (is_sound(submitter, result))
	{
		finish_batch(submitter, (uint8_t *) PQgetvalue(result, 0, 0), 0);
		return;
	}
	log_error("chimera.submit_shares returned a result of the wrong length for"
			  " %d shares",
			  submitter->batch.count);
	finish_batch(submitter, NULL, SHARE_FAILED);
}

static void
batch_failed(Submitter *submitter, const PGresult *result)
{
	bool retry = pg_may_retry(result);

	log_error("could not submit a batch of %d shares%s: %s",
			  submitter->batch.count, retry ? ", retrying" : "",
			  pg_error_text(result));
	if (!retry)
	{
		finish_batch(submitter, NULL, SHARE_FAILED);
		return;
	}
	submitter->paused_until = clock_now() + RETRY_PAUSE_S;
	put_back(submitter);
}

/*
 * A full batch of doubtful shares is a flood, or the first seconds of a
 * stratumd: leave the database time for the others.
 */
static void
throttle_flood(const Submitter *submitter)
{
	if (submitter->lane == doubtful &&
		submitter->batch.count == DOUBTFUL_MAX_SHARES)
		throttle_from(&doubtful_throttle, submitter->sent_at);
}

static void
batch_done(PgCommand *command, PgOutcome outcome, const PGresult *result)
{
	Submitter *submitter = container_of(command, Submitter, command);

	throttle_flood(submitter);
	switch (outcome)
	{
		case PG_DONE:
			batch_committed(submitter, result);
			break;
		case PG_FAILED:
			batch_failed(submitter, result);
			break;
		case PG_LOST:
			for (Share *share = submitter->batch.first; share;
				 share = share->next)
				share->may_be_stored = true;
			log_info("lost the connection with a batch of %d shares under way,"
					 " retrying",
					 submitter->batch.count);
			put_back(submitter);
			break;
	}
}

/* ---------- batches ---------- */

/*
 * Move shares from a lane to the batch, and encode them; returns the length.
 * Shares of banned miners are not worth sending.
 */
static int
fill_batch(Submitter *submitter, ShareLane *lane, int most)
{
	uint8_t *out = share_encode_version(submitter->buffer);

	submitter->lane = lane;
	while (lane->first && submitter->batch.count < most)
	{
		Share *share = lane_take_first(lane);

		if (share->session->is_banned)
		{
			share_finish(share, SHARE_BANNED);
			continue;
		}
		out = share_encode(out, share);
		lane_append(&submitter->batch, share);
	}
	return (int) (out - submitter->buffer);
}

static void
send_batch(Submitter *submitter, ShareLane *lane, int most)
{
	int length = fill_batch(submitter, lane, most);
	const char *values[] = {(char *) submitter->buffer};
	PgParameters parameters = {
		.count = 1, .values = values, .lengths = &length, .is_binary = true};

	if (submitter->batch.first == NULL)
		return;
	log_debug("%s sends %d shares", submitter->name, submitter->batch.count);
	submitter->command.done = batch_done;
	submitter->sent_at = clock_now();
	pipeline_send(&submitter->pipeline, &submitter->command, "submit",
				  &parameters);
}

static bool
is_free(const Submitter *submitter, double now)
{
	return submitter->pipeline.is_ready && submitter->batch.first == NULL &&
		   now >= submitter->paused_until;
}

/*
 * Whether no doubtful batch is under way, and the pause after the last one is
 * over.
 */
static bool
doubtful_may_go(void)
{
	if (!throttle_is_over(&doubtful_throttle))
		return false;
	for (int i = 0; i < submitter_count; i++)
		if (submitters[i].batch.first && submitters[i].lane == doubtful)
			return false;
	return doubtful->first != NULL;
}

/* Trusted shares go first, but cannot delay the others forever. */
static void
send_next(Submitter *submitter, double now)
{
	bool may_go = doubtful_may_go();
	bool is_due = now - doubtful_sent_at > DOUBTFUL_PATIENCE_S;

	if (trusted->first && !(may_go && is_due))
		send_batch(submitter, trusted, BATCH_MAX_SHARES);
	else if (may_go)
	{
		doubtful_sent_at = now;
		send_batch(submitter, doubtful, DOUBTFUL_MAX_SHARES);
	}
}

/* A session that has given good shares meanwhile is no longer doubtful. */
static void
promote_doubtful(void)
{
	while (doubtful->first &&
		   session_trust(doubtful->first->session) == SESSION_TRUSTED)
		lane_append(trusted, lane_take_first(doubtful));
}

void
share_queue_dispatch(void)
{
	double now;

	if (trusted->first == NULL && doubtful->first == NULL)
		return;
	promote_doubtful();
	now = clock_now();
	for (int i = 0; i < submitter_count; i++)
		if (is_free(&submitters[i], now))
			send_next(&submitters[i], now);
	pace_reading();
}

bool
share_queue_is_idle(void)
{
	for (int i = 0; i < submitter_count; i++)
		if (submitters[i].batch.first)
			return false;
	return trusted->first == NULL && doubtful->first == NULL;
}

bool
share_queue_is_served(void)
{
	for (int i = 0; i < submitter_count; i++)
		if (submitters[i].pipeline.is_ready)
			return true;
	return false;
}

/* ---------- connections ---------- */

static void
ignore_event(void *owner UNUSED)
{
}

static const PipelineEvents events = {.ready = ignore_event,
									  .lost = ignore_event};

void
share_queue_start(const char *conninfo, int connections, ShareDone done)
{
	on_done = done;
	throttle_init(&doubtful_throttle);
	submitter_count = connections;
	submitters = memory_zalloc(sizeof(Submitter) * (size_t) connections);
	for (int i = 0; i < connections; i++)
	{
		Submitter *submitter = &submitters[i];

		snprintf(submitter->name, sizeof(submitter->name), "submit %d", i + 1);
		submitter->buffer = memory_alloc(BATCH_HEADER_BYTES +
										 BATCH_MAX_SHARES * BATCH_RECORD_BYTES);
		submitter->pipeline.conn.name = submitter->name;
		submitter->pipeline.conn.conninfo = conninfo;
		submitter->pipeline.setup = setup;
		submitter->pipeline.events = &events;
		pipeline_start(&submitter->pipeline);
	}
}

void
share_queue_stop(void)
{
	for (int i = 0; i < submitter_count; i++)
		pipeline_stop(&submitters[i].pipeline);
}
