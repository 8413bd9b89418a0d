/*
 * first_share.c
 *	  Shares of rigs that the database has not seen yet.
 *
 * They take turns with the logins (login_turns.c), at most one per rig.  A
 * share whose response is lost with the connection is sent again: if it had
 * been stored, the rig has its number, and the share is a duplicate.
 */
#include "database/first_share.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "access/address_record.h"
#include "database/login_link.h"
#include "database/login_turns.h"
#include "database/presence.h"
#include "database/server_id.h"
#include "log.h"
#include "loop.h"
#include "memory.h"

#define BATCH_SIZE (BATCH_HEADER_BYTES + BATCH_RECORD_BYTES)

/* The shares of one worker; freed with the worker. */
typedef struct FirstShares
{
	LoginTurn turn;
	PgCommand command;
	Session *session;
	int place;	   /* of the worker: its list may move in memory */
	bool is_asked; /* waiting for its turn, or under way */
	ShareLane waiting;
} FirstShares;

static ShareDone on_done;

void
first_share_start(ShareDone done)
{
	on_done = done;
}

static Worker *
worker_of(const FirstShares *first)
{
	return &first->session->workers.list[first->place];
}

static void
finish_share(Share *share, ShareResult result)
{
	Session *session = share->session;

	on_done(share, result);
	share_free(share);
	session->logins--;
	if (session->state == SESSION_CLOSED && session->logins == 0)
		presence_session_ended(session);
	session_end_response(session);
}

/* The worker has its number: its shares go the usual way. */
static void
hand_over_shares(FirstShares *first)
{
	while (first->waiting.first)
	{
		Share *share = lane_take_first(&first->waiting);
		Session *session = share->session;
		bool may_be_stored = share->may_be_stored;

		share->miner_id = worker_of(first)->miner_id;
		share_queue_add(share);
		share->may_be_stored = may_be_stored;
		session->logins--;
		session_end_response(session);
	}
}

/* Send the next share if one waits; this may free the session. */
static void
send_next(FirstShares *first)
{
	first->is_asked = false;
	if (!worker_is_new(worker_of(first)))
		hand_over_shares(first);
	else if (first->waiting.first)
	{
		first->is_asked = true;
		login_turns_add(&first->turn, first->session->connections);
	}
}

static void
finish_first(FirstShares *first, ShareResult result)
{
	Session *session = first->session;
	Share *share = lane_take_first(&first->waiting);

	/* keep the session until the next share has been handled */
	session_begin_response(session);
	finish_share(share, result);
	send_next(first);
	session_end_response(session);
}

static void
take_result(FirstShares *first, const PGresult *result)
{
	int32_t miner_id;

	if (PQntuples(result) != 1 || PQgetisnull(result, 0, 0))
	{
		finish_first(first, SHARE_FAILED);
		return;
	}
	miner_id = (int32_t) strtol(PQgetvalue(result, 0, 1), NULL, 10);
	if (miner_id > 0)
	{
		if (first->session->state != SESSION_CLOSED)
			(*address_record_new_names(first->session->connections))--;
		worker_set_number(worker_of(first), miner_id);
	}
	finish_first(first,
				 (ShareResult) strtol(PQgetvalue(result, 0, 0), NULL, 10));
}

static void
take_failure(FirstShares *first, const PGresult *result)
{
	bool retry = pg_may_retry(result);

	log_error("could not submit the first share of a miner%s: %s",
			  retry ? ", retrying" : "", pg_error_text(result));
	if (!retry)
	{
		finish_first(first, SHARE_FAILED);
		return;
	}
	login_turns_pause();
	login_turns_return(&first->turn);
}

static void
share_answered(PgCommand *command, PgOutcome outcome, const PGresult *result)
{
	FirstShares *first = container_of(command, FirstShares, command);

	login_turns_end(&first->turn);
	switch (outcome)
	{
		case PG_DONE:
			take_result(first, result);
			break;
		case PG_FAILED:
			take_failure(first, result);
			break;
		case PG_LOST:
			first->waiting.first->may_be_stored = true;
			login_turns_return(&first->turn);
			break;
	}
}

/* A batch of one share, as the text of a bytea. */
static void
encode_batch(const Share *share, char out[2 * BATCH_SIZE + 3])
{
	uint8_t bytes[BATCH_SIZE];

	share_encode(share_encode_version(bytes), share);
	out[0] = '\\';
	out[1] = 'x';
	for (int i = 0; i < BATCH_SIZE; i++)
		snprintf(out + 2 + 2 * i, 3, "%02x", bytes[i]);
}

static void
send_first(LoginTurn *turn)
{
	FirstShares *first = container_of(turn, FirstShares, turn);
	const Worker *worker = worker_of(first);
	char session[24];
	char batch[2 * BATCH_SIZE + 3];
	const char *values[] = {
		server_id(),	 session,	  first->place == 0 ? "t" : "f",
		worker->account, worker->rig, batch};
	PgParameters parameters = {.count = 6, .values = values};

	if (first->session->is_banned)
	{
		login_turns_end(turn);
		finish_first(first, SHARE_BANNED);
		return;
	}
	snprintf(session, sizeof(session), "%" PRIu64, first->session->number);
	encode_batch(first->waiting.first, batch);
	first->command.done = share_answered;
	login_link_send(&first->command, "first share", &parameters);
}

static void
expire_first(LoginTurn *turn, bool is_unavailable UNUSED)
{
	FirstShares *first = container_of(turn, FirstShares, turn);
	Session *session = first->session;

	session_begin_response(session);
	first->is_asked = false;
	while (first->waiting.first)
	{
		Share *share = lane_take_first(&first->waiting);

		finish_share(share,
					 share->may_be_stored ? SHARE_UNANSWERED : SHARE_NOT_SENT);
	}
	session_end_response(session);
}

static FirstShares *
first_shares_of(Session *session, Worker *worker)
{
	FirstShares *first = worker->first_shares;

	if (first == NULL)
	{
		first = memory_zalloc(sizeof(FirstShares));
		first->session = session;
		first->place = (int) (worker - session->workers.list);
		first->turn.send = send_first;
		first->turn.expire = expire_first;
		worker->first_shares = first;
	}
	return first;
}

void
first_share_add(Share *share, Worker *worker)
{
	Session *session = share->session;
	FirstShares *first = first_shares_of(session, worker);

	session_begin_response(session);
	session->logins++;
	share->queued_at = clock_now();
	share->may_be_stored = false;
	lane_append(&first->waiting, share);
	if (!first->is_asked)
		send_next(first);
}
