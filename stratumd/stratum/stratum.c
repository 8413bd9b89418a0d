/*
 * stratum.c
 *	  Lines from miners: requests to methods.
 */
#include "stratum/stratum.h"

#include <string.h>

#include "database/presence.h"
#include "log.h"
#include "session/extranonce.h"
#include "session/foreign_protocol.h"
#include "session/job_delivery.h"
#include "session/response.h"
#include "session/session_resume.h"
#include "stratum/method_authorize.h"
#include "stratum/method_configure.h"
#include "stratum/method_submit.h"
#include "stratum/method_subscribe.h"
#include "stratum/method_suggest.h"
#include "stratum/reputation.h"

#define MAX_BAD_LINES 10 /* in a row; then the connection is closed */

typedef void (*Method)(Session *session, const Request *request);

static void
method_ping(Session *session, const Request *request)
{
	respond_json(session, &request->id, "\"pong\"");
}

/* mining.set_extranonce is never sent: a session keeps its extranonce1. */
static void
method_extranonce_subscribe(Session *session, const Request *request)
{
	respond_true(session, &request->id);
}

/* Transactions are not sent: a job has the merkle branch instead. */
static void
method_get_transactions(Session *session, const Request *request)
{
	respond_json(session, &request->id, "[]");
}

/* stratumd speaks one version, whichever the miner prefers. */
static void
method_multi_version(Session *session, const Request *request)
{
	respond_true(session, &request->id);
}

static const struct
{
	const char *name;
	Method method;
} methods[] = {
	{"mining.submit", method_submit},
	{"mining.subscribe", method_subscribe},
	{"mining.authorize", method_authorize},
	{"mining.configure", method_configure},
	{"mining.suggest_difficulty", method_suggest_difficulty},
	{"mining.suggest_target", method_suggest_target},
	{"mining.extranonce.subscribe", method_extranonce_subscribe},
	{"mining.get_transactions", method_get_transactions},
	{"mining.multi_version", method_multi_version},
	{"mining.ping", method_ping},
	{"ping", method_ping},
};

static Method
find_method(const char *name)
{
	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
		if (strcmp(methods[i].name, name) == 0)
			return methods[i].method;
	return NULL;
}

static void
call_method(Session *session, const Request *request)
{
	Method method = find_method(request->method);

	if (method)
		method(session, request);
	else
		respond_error(session, &request->id, STRATUM_UNKNOWN_METHOD,
					  "Method not found");
}

/*
 * A request of an unusual form may be a dialect; a line that is not JSON
 * cannot.
 */
static void
refuse_line(Session *session, const RequestId *id, const char *problem)
{
	char peer[PEER_TEXT_LENGTH];

	respond_error(session, id, STRATUM_OTHER, problem);
	if (problem == request_not_json)
		reputation_bad_share(session, problem);
	else
		reputation_odd_line(session);
	if (++session->bad_lines < MAX_BAD_LINES)
		return;
	log_info("%s: closing: %d invalid lines in a row, the last one: %s",
			 peer_text(&session->peer, peer), session->bad_lines, problem);
	session_finish(session);
}

void
stratum_line(Session *session, const char *line, size_t length)
{
	Request request;
	const char *problem;
	Span params[SUBMIT_PARAMS];

	if (!reputation_admit_line(session))
		return;
	if (submit_scanner_scan(line, length, &request.id, params))
	{
		session->bad_lines = 0;
		method_submit_params(session, &request.id, params);
		return;
	}

	switch (request_parse(line, length, &request, &problem))
	{
		case REQUEST_VALID:
			session->bad_lines = 0;
			call_method(session, &request);
			request_free(&request);
			break;
		case REQUEST_INVALID:
			if (!foreign_protocol_dismiss(session, line, length))
				refuse_line(session, &request.id, problem);
			break;
		case REQUEST_RESPONSE:
		case REQUEST_EMPTY:
			break;
	}
}

void
stratum_line_too_long(Session *session)
{
	char peer[PEER_TEXT_LENGTH];

	log_info("%s: closing: line exceeds %d bytes",
			 peer_text(&session->peer, peer), INPUT_MAX_LINE);
	respond_error(session, &request_null_id, STRATUM_OTHER, "line too long");
	reputation_bad_share(session, "line too long");
}

void
stratum_session_closed(Session *session)
{
	job_delivery_stop(session);
	if (session->is_waiting)
	{
		extranonce_stop_waiting(session);
		session_end_response(session);
	}
	session_resume_remember(session);
	method_authorize_session_closed(session);
	/* otherwise when its last login has been answered */
	if (session->workers.count > 0 && session->logins == 0)
		presence_session_ended(session);
}
