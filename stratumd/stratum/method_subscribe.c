/*
 * method_subscribe.c
 *	  mining.subscribe [agent, previous session]: an extranonce1 for a miner.
 */
#include "stratum/method_subscribe.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "protocol/hex.h"
#include "session/extranonce.h"
#include "session/job_delivery.h"
#include "session/response.h"
#include "session/session_resume.h"
#include "stratum/method_authorize.h"

#define EXTRANONCE2_SIZE  8 /* bytes, as coinbases leave room for */
#define SESSION_ID_DIGITS 16

/* It must be unpredictable: whoever knows it can resume the session. */
static uint64_t
new_session_id(void)
{
	uint64_t id = 0;

	while (id == 0)
		if (getrandom(&id, sizeof(id), 0) != (ssize_t) sizeof(id))
			id = 0;
	return id;
}

static void
respond_subscribed(Session *session, const RequestId *id)
{
	char result[256];

	snprintf(result, sizeof(result),
			 "[[[\"mining.set_difficulty\",\"%016" PRIx64 "\"],"
			 "[\"mining.notify\",\"%016" PRIx64 "\"]],\"%08" PRIx32 "\",%d]",
			 session->id, session->id, session->extranonce1, EXTRANONCE2_SIZE);
	respond_json(session, id, result);
}

static bool
resume_previous(Session *session, const Request *request)
{
	const char *previous = request_string(request, 1);
	uint64_t id;

	return previous != NULL && strlen(previous) == SESSION_ID_DIGITS &&
		   hex_to_uint64(previous, SESSION_ID_DIGITS, &id) &&
		   session_resume_take(session, id);
}

static bool
subscribe_new(Session *session)
{
	if (!extranonce_take(&session->extranonce1))
		return false;
	session->id = new_session_id();
	job_delivery_begin_credit(session);
	return true;
}

void
method_subscribe(Session *session, const Request *request)
{
	if (session->is_waiting)
	{
		respond_error(session, &request->id, STRATUM_OTHER,
					  "already subscribing");
		return;
	}
	if (!session->is_subscribed && !resume_previous(session, request) &&
		!subscribe_new(session))
	{
		/* the response waits until the database leases more */
		session->subscribe_id = request->id;
		session_begin_response(session);
		extranonce_wait(session);
		return;
	}
	session->is_subscribed = true;
	respond_subscribed(session, &request->id);
	method_authorize_start_jobs(session);
}

/* A waiting session can be given a value now. */
void
method_subscribe_finish(Session *session)
{
	if (subscribe_new(session))
	{
		session->is_subscribed = true;
		respond_subscribed(session, &session->subscribe_id);
		method_authorize_start_jobs(session);
	}
	session_end_response(session);
}
