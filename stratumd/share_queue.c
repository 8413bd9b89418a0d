/*
 * share_queue.c
 *	  Shares on their way to the database and its verdicts on the way back.
 *
 * A share is in one of two places: in the queue, or in the batch of a submit
 * connection.  A batch whose connection dies before its answer goes back to
 * the head of the queue and is sent again: what had been committed comes back
 * as duplicate then, and counts once.  Nothing is dropped: when the queue is
 * full no more is read from miners, and what waits too long is answered so.
 */
#include "share_queue.h"

#include <arpa/inet.h>
#include <endian.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "loop.h"
#include "memory.h"
#include "pipeline.h"

/* The format of chimera.submit_shares. */
#define BATCH_VERSION	  1
#define BATCH_MAX_SHARES  4096
#define BATCH_HEADER_SIZE 4
#define BATCH_RECORD_SIZE 48

#define MAX_WAITING		65536 /* shares; then reading from miners pauses */
#define RESUME_WAITING	(MAX_WAITING / 2)
#define MAX_AGE_S		30.0 /* waiting for the database */
#define RETRY_PAUSE_S	0.5
#define SHARES_PER_SLAB 256

/* A connection that carries one batch at a time. */
typedef struct Submitter
{
	Pipeline pipeline;
	PgCommand command;
	char name[24];
	Share *batch; /* in the order of its records */
	int count;
	double paused_until;
	uint8_t *buffer;
} Submitter;

/* shares are taken in this isolation only, whatever the role's default is */
static const PipelineSetup setup[] = {
	{NULL, "SET default_transaction_isolation = 'read committed'"},
	{"submit", "SELECT chimera.submit_shares($1::bytea)"},
	{NULL, NULL},
};

static Submitter *submitters;
static int submitter_count;
static ShareDone on_done;
static Share *first_waiting;
static Share *last_waiting;
static int waiting = 0;
static Share *free_shares;

/* ---------- shares ---------- */

Share *
share_new(void)
{
	Share *share;

	if (free_shares == NULL)
	{
		Share *slab = memory_alloc(sizeof(Share) * SHARES_PER_SLAB);

		for (int i = 0; i < SHARES_PER_SLAB; i++)
		{
			slab[i].next = free_shares;
			free_shares = &slab[i];
		}
	}
	share = free_shares;
	free_shares = share->next;
	return share;
}

void
share_free(Share *share)
{
	share->next = free_shares;
	free_shares = share;
}

static void
share_finish(Share *share, ShareResult result)
{
	on_done(share, result);
	session_end_answer(share->session);
	share_free(share);
}

/* ---------- the queue ---------- */

static void
pace_reading(void)
{
	if (waiting >= MAX_WAITING)
		sessions_hold_reading(true);
	else if (waiting <= RESUME_WAITING)
		sessions_hold_reading(false);
}

void
share_queue_add(Share *share)
{
	session_begin_answer(share->session);
	share->queued_at = clock_now();
	share->may_be_stored = false;
	share->next = NULL;
	if (first_waiting)
		last_waiting->next = share;
	else
		first_waiting = share;
	last_waiting = share;
	waiting++;
	pace_reading();
}

static Share *
take_first(void)
{
	Share *share = first_waiting;

	first_waiting = share->next;
	waiting--;
	return share;
}

/* Put a batch back, to be sent again before all others. */
static void
put_back(Submitter *submitter)
{
	Share *last = submitter->batch;

	while (last->next)
		last = last->next;
	last->next = first_waiting;
	if (first_waiting == NULL)
		last_waiting = last;
	first_waiting = submitter->batch;
	waiting += submitter->count;
	submitter->batch = NULL;
	submitter->count = 0;
}

void
share_queue_expire(double now)
{
	while (first_waiting && now - first_waiting->queued_at > MAX_AGE_S)
	{
		Share *share = take_first();

		share_finish(share,
					 share->may_be_stored ? SHARE_UNANSWERED : SHARE_NOT_SENT);
	}
	pace_reading();
}

/* ---------- answers ---------- */

/*
 * Its job may have become stale since it was sent first: "stale" would then
 * say that it is not stored, which nobody knows.
 */
static ShareResult
result_for_miner(const Share *share, ShareResult result)
{
	return share->may_be_stored && result == SHARE_STALE ? SHARE_UNANSWERED
														 : result;
}

/* Answer the whole batch: with results, a byte a share, or all alike. */
static void
finish_batch(Submitter *submitter, const uint8_t *results, ShareResult alike)
{
	Share *next;

	submitter->count = 0;
	for (Share *share = submitter->batch; share; share = next)
	{
		next = share->next;
		share_finish(share,
					 results ? result_for_miner(share, (ShareResult) *results++)
							 : alike);
	}
	submitter->batch = NULL;
}

static bool
is_sound(const Submitter *submitter, const PGresult *result)
{
	return PQntuples(result) == 1 && PQnfields(result) == 1 &&
		   PQfformat(result, 0) == 1 && !PQgetisnull(result, 0, 0) &&
		   PQgetlength(result, 0, 0) == submitter->count;
}

static void
batch_committed(Submitter *submitter, const PGresult *result)
{
	if (is_sound(submitter, result))
	{
		finish_batch(submitter, (uint8_t *) PQgetvalue(result, 0, 0), 0);
		return;
	}
	log_error("chimera.submit_shares gave an answer of a wrong length to %d"
			  " shares",
			  submitter->count);
	finish_batch(submitter, NULL, SHARE_FAILED);
}

static void
batch_failed(Submitter *submitter, const PGresult *result)
{
	bool retry = pg_may_retry(result);

	log_error("a batch of %d shares failed%s: %s", submitter->count,
			  retry ? ", it is sent again" : "", pg_error_text(result));
	if (!retry)
	{
		finish_batch(submitter, NULL, SHARE_FAILED);
		return;
	}
	submitter->paused_until = clock_now() + RETRY_PAUSE_S;
	put_back(submitter);
}

static void
batch_done(PgCommand *command, PgOutcome outcome, const PGresult *result)
{
	Submitter *submitter = container_of(command, Submitter, command);

	switch (outcome)
	{
		case PG_DONE:
			batch_committed(submitter, result);
			break;
		case PG_FAILED:
			batch_failed(submitter, result);
			break;
		case PG_LOST:
			for (Share *share = submitter->batch; share; share = share->next)
				share->may_be_stored = true;
			log_info("a batch of %d shares lost its connection, it is sent"
					 " again",
					 submitter->count);
			put_back(submitter);
			break;
	}
}

/* ---------- batches ---------- */

static uint8_t *
put_uint32(uint8_t *out, uint32_t value)
{
	uint32_t wire = htonl(value);

	return mempcpy(out, &wire, sizeof(wire));
}

static uint8_t *
put_uint64(uint8_t *out, uint64_t value)
{
	uint64_t wire = htobe64(value);

	return mempcpy(out, &wire, sizeof(wire));
}

static uint8_t *
put_double(uint8_t *out, double value)
{
	uint64_t bits;

	memcpy(&bits, &value, sizeof(bits));
	return put_uint64(out, bits);
}

static uint8_t *
put_share(uint8_t *out, const Share *share)
{
	out = put_uint64(out, (uint64_t) share->job_id);
	out = put_uint32(out, (uint32_t) share->miner_id);
	out = put_uint32(out, share->extranonce1);
	out = put_uint64(out, share->extranonce2);
	out = put_uint32(out, share->ntime);
	out = put_uint32(out, share->nonce);
	out = put_uint32(out, share->version_mask);
	out = put_uint32(out, share->version_bits);
	return put_double(out, share->difficulty);
}

/* Move shares from the queue to the batch; the length of its encoding. */
static int
fill_batch(Submitter *submitter)
{
	Share **link = &submitter->batch;
	uint8_t *out = put_uint32(submitter->buffer, BATCH_VERSION);

	while (first_waiting && submitter->count < BATCH_MAX_SHARES)
	{
		Share *share = take_first();

		out = put_share(out, share);
		*link = share;
		link = &share->next;
		submitter->count++;
	}
	*link = NULL;
	return (int) (out - submitter->buffer);
}

static void
send_batch(Submitter *submitter)
{
	int length = fill_batch(submitter);
	const char *values[] = {(char *) submitter->buffer};
	PgParameters parameters = {
		.count = 1, .values = values, .lengths = &length, .is_binary = true};

	log_debug("%s sends %d shares", submitter->name, submitter->count);
	submitter->command.done = batch_done;
	pipeline_send(&submitter->pipeline, &submitter->command, "submit",
				  &parameters);
}

void
share_queue_dispatch(void)
{
	double now;

	if (first_waiting == NULL)
		return;
	now = clock_now();
	for (int i = 0; i < submitter_count && first_waiting; i++)
	{
		Submitter *submitter = &submitters[i];

		if (submitter->pipeline.is_ready && submitter->batch == NULL &&
			now >= submitter->paused_until)
			send_batch(submitter);
	}
	pace_reading();
}

bool
share_queue_is_idle(void)
{
	for (int i = 0; i < submitter_count; i++)
		if (submitters[i].batch)
			return false;
	return first_waiting == NULL;
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
ignore(void *owner UNUSED)
{
}

static const PipelineEvents events = {.ready = ignore, .lost = ignore};

void
share_queue_start(const char *conninfo, int connections, ShareDone done)
{
	on_done = done;
	submitter_count = connections;
	submitters = memory_zalloc(sizeof(Submitter) * (size_t) connections);
	for (int i = 0; i < connections; i++)
	{
		Submitter *submitter = &submitters[i];

		snprintf(submitter->name, sizeof(submitter->name), "submit %d", i + 1);
		submitter->buffer = memory_alloc(BATCH_HEADER_SIZE +
										 BATCH_MAX_SHARES * BATCH_RECORD_SIZE);
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
